import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Payloads of the given lengths, each of them different.
func payloads(_ lengths: [Int], from first: Int = 0) -> [[UInt8]] {
    lengths.enumerated().map { index, length in
        [UInt8](repeating: UInt8(truncatingIfNeeded: first + index + 1), count: length)
    }
}

/// Expects the same payloads; says of those that differ no more than what helps.
func expectSame(
    _ found: [[UInt8]], _ due: [[UInt8]], _ comment: Comment = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    func shown(_ payloads: [[UInt8]]) -> [String] {
        payloads.map { "\($0.count) x \($0.first ?? 0)" }
    }
    let isSame = found == due
    #expect(
        isSame, "\(comment) found \(shown(found)), due \(shown(due))",
        sourceLocation: sourceLocation)
}

let longName = TopicName(String(repeating: "n", count: 200))

@Suite struct BatchTests {
    @Test(arguments: ["t", longName])
    func aBatchComesBackInOrder(topic: TopicName) throws {
        let place = try Workplace()
        let batch = payloads([3, 0, 1_000, 16 << 10, (16 << 10) + 1, 100_000, 0])
        try place.session { walrus throws in
            #expect(try walrus.append([9], to: topic).sequence == 1)
            let receipt = try walrus.append(batch: batch, to: topic)
            #expect(receipt.sequences == 2..<9 && receipt.ordinals == 2..<9)
            #expect(try walrus.append([8], to: topic).sequence == 9)
            #expect(walrus.unreadCount(of: topic) == 9)
            #expect(!walrus.isClean(topic))
            let found = try walrus.consume(topic, 5)
            expectSame(found.map(\.payload), [[9]] + batch[..<4])
            if topic == "t" {
                #expect(found.dropFirst().allSatisfy { $0.timestamp == receipt.timestamp })
            }
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            expectSame(try walrus.consume(topic).map(\.payload), batch[4...] + [[8]])
        }
        #expect(!(try place.names.contains(DirectoryNames.batchIntents)))
    }

    @Test func anEmptyBatchDoesNothing() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            let receipt = try walrus.append(batch: [], to: "t")
            #expect(receipt.sequences.isEmpty && receipt.ordinals.isEmpty)
            #expect(walrus.topics() == [] && walrus.isClean("t"))
        }
        #expect(try place.names == [DirectoryNames.lock])
    }

    @Test func theLimitsAreRefused() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            func code(_ batch: [[UInt8]], _ topic: TopicName = "t") -> EngineError.Code? {
                do throws(EngineError) {
                    try walrus.append(batch: batch, to: topic)
                    return nil
                } catch { return error.code }
            }
            #expect(code(Array(repeating: [], count: 2_001)) == .batchTooLarge)
            // The same array again and again: no memory to speak of.
            let large = [UInt8](repeating: 1, count: 11 << 20)
            #expect(code(Array(repeating: large, count: 1_000)) == .batchTooLarge)
            // Headers count: without them these would be 10 GiB and one byte less than that.
            let tenth = [UInt8](repeating: 1, count: 10 << 20)
            #expect(code(Array(repeating: tenth, count: 1_024)) == .batchTooLarge)
            let shorter = Array(tenth.dropLast())
            #expect(code([shorter] + Array(repeating: tenth, count: 1_023)) == .batchTooLarge)
            #expect(code([[1]], "") == .invalidTopic)
            #expect(walrus.topics() == [] && walrus.isClean("t"))
            #expect(try place.dataFiles == [])
            #expect(code(Array(repeating: [], count: 2_000)) == nil)
            #expect(walrus.unreadCount(of: "t") == 2_000)
        }
    }

    /// 10 GiB with headers are taken, a byte more is not.
    @Test func theLastByteThatFits() throws {
        var lengths = Array(repeating: Layout.unit - Layout.headerSize, count: 1_024)
        try Walrus.check(batchOf: lengths, "t")
        lengths[7] += 1
        #expect(throws: EngineError.self) { try Walrus.check(batchOf: lengths, "t") }
        try Walrus.check(batchOf: [Layout.payloadLengthMax, 0], "t")
        #expect(throws: EngineError.self) {
            try Walrus.check(batchOf: [0, Layout.payloadLengthMax + 1], "t")
        }
    }

    /// Zero-length entries, ones that fill a block to the last byte, and ones over 10 MiB.
    @Test(arguments: ["t", longName])
    func aBatchGoesAcrossBlocks(topic: TopicName) throws {
        let place = try Workplace()
        let exact = Layout.unit - Layout.headerSize
        let batch = payloads([
            0, 5_000_000, exact - 5_000_000 - 2 * Layout.headerSize - 258, 0, exact, 0, 0,
            exact - 512, 1, Layout.unit + 1, 7, exact,
        ])
        try place.session { walrus throws in
            try walrus.append([1, 2], to: topic)
            try walrus.append(batch: batch, to: topic)
            try walrus.append([3], to: topic)
            #expect(walrus.status(topic)?.blocks == 8)
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(
                walrus.size(of: topic)
                    == (batch.count + 2) * 256 + batch.reduce(3) { $0 + $1.count })
            let found = try walrus.consume(topic)
            expectSame(found.map(\.payload), [[1, 2]] + batch + [[3]])
            #expect(found.map(\.slot) == [0, 0, 0, 0, 1, 2, 3, 3, 3, 4, 5, 5, 7, 8])
        }
    }

    /// What does not fit the rest of a file goes into the next one.
    @Test(arguments: ["t", longName])
    func aBatchGoesAcrossFiles(topic: TopicName) throws {
        let place = try Workplace()
        try place.putEntry([1], "old", file: "1763670155020", slot: 97)
        let batch = payloads([8_000_000, 8_000_000, Layout.unit, 100, 8_000_000])
        try place.session { walrus throws in
            try walrus.append(batch: batch, to: topic)
            #expect(try place.dataFiles.count == 2)
            let found = try walrus.consume(topic)
            expectSame(found.map(\.payload), batch)
            #expect(found.map(\.slot) == [98, 99, 0, 0, 0])
        }
    }

    // MARK: - Concurrency

    /// While a batch runs, the topic takes nothing else; other topics do.
    @Test func aSecondAppendIsRefused() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.append([1], to: "t")
        try walrus.append([1], to: "u")
        let (began, goOn) = (Event(), Event())
        place.storage.fail { operation, name in
            if operation == .write, DataFileName(name) != nil {
                began.set()
                _ = goOn.wait(nanoseconds: 60_000_000_000)
            }
            return nil
        }
        let thread = WalrusIO.Thread { _ = try? walrus.append(batch: [[2], [3]], to: "t") }
        #expect(began.wait(nanoseconds: 60_000_000_000))
        #expect { try walrus.append(batch: [[4]], to: "t") } throws: { .batchInProgress ~= $0 }
        #expect { try walrus.append([5], to: "t") } throws: { .batchInProgress ~= $0 }
        // Nothing of the batch is seen before all of it is.
        #expect(walrus.unreadCount(of: "t") == 1)
        goOn.set()
        thread.join()
        try walrus.append([6], to: "t")
        try walrus.append([2], to: "u")
        #expect(try walrus.consume("t").map(\.payload) == [[1], [2], [3], [6]])
        try walrus.close()
    }

    /// Readers see all of a batch or nothing of it.
    @Test func readersSeeWholeBatches() throws {
        let place = try Workplace()
        let walrus = try place.open()
        let (batches, size) = (40, 7)
        let isDone = Counter()
        let partial = Counter()
        Thread.forEach(4, threads: 4) { index in
            if index == 0 {
                for number in 0..<batches {
                    // Now and then one that needs a new block.
                    let length = number % 8 == 0 ? 1_600_000 : 100
                    _ = try? walrus.append(
                        batch: payloads(Array(repeating: length, count: size)), to: "t")
                }
                isDone.add()
                return
            }
            while isDone.value == 0 {
                if !walrus.unreadCount(of: "t").isMultiple(of: size) { partial.add() }
                let status = walrus.status("t")
                if !(status?.entries ?? 0).isMultiple(of: size) { partial.add() }
            }
        }
        #expect(partial.value == 0)
        #expect(walrus.unreadCount(of: "t") == batches * size)
        try walrus.close()
    }

    /// Batches of many topics at once: every block whole, and no empty slot before a used one.
    @Test func manyTopicsAtOnce() throws {
        let place = try Workplace()
        let walrus = try place.open()
        let failures = Counter()
        Thread.forEach(4, threads: 4) { index in
            for round in 0..<3 {
                let batch = payloads(
                    [4_000_000, 4_000_000, 4_000_000], from: 16 * index + 4 * round)
                do { try walrus.append(batch: batch, to: TopicName("t\(index)")) } catch {
                    failures.add()
                }
            }
        }
        #expect(failures.value == 0)
        try walrus.close()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            var slots: [Int] = []
            for index in 0..<4 {
                let found = try walrus.consume(TopicName("t\(index)"))
                #expect(
                    found.map { Int($0.payload[0]) }
                        == [0, 1, 2].flatMap { round in
                            (1...3).map { 16 * index + 4 * round + $0 }
                        })
                slots += found.map(\.slot)
            }
            #expect(Set(slots) == Set(0..<Set(slots).count))
        }
    }
}
