import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Single calls and batches on the same topic, one after another and at once.
@Suite struct MixedCallsTests {
    @Test(arguments: StorageBackend.allCases, ["t", longName])
    func singleCallsAndBatchesInTurn(backend: StorageBackend, topic: TopicName) throws {
        let place = try Workplace(backend)
        var (written, read) = (0, 0)
        for _ in 0..<3 {
            try place.session { walrus throws in
                for round in 0..<6 {
                    let count = [1, 5, 1, 0, 12, 2][round]
                    let batch = (0..<count).map { Array("\(written + $0)".utf8) }
                    if count == 1 {
                        try walrus.append(batch[0], to: topic)
                    } else {
                        try walrus.append(batch: batch, to: topic)
                    }
                    written += count
                    let most = [3, 1, 0, 2, 4, 6][round]
                    let texts =
                        round.isMultiple(of: 2)
                        ? try walrus.texts(topic, most)
                        : try walrus.readBatch(topic, maxBytes: most, checkpoint: true).text
                    #expect(texts == (read..<read + texts.count).map(String.init))
                    read += texts.count
                    #expect(walrus.unreadCount(of: topic) == written - read)
                }
            }
        }
        try place.session { walrus throws in
            #expect(try walrus.texts(topic) == (read..<written).map(String.init))
            // Drained, and filled again.
            for text in ["a", "b"] {
                #expect(try walrus.readNext(topic, checkpoint: true) == nil)
                try walrus.append(batch: [Array(text.utf8)], to: topic)
                #expect(try walrus.texts(topic) == [text])
            }
        }
    }

    /// A budget counts payload alone, and is used to the last byte; also where blocks meet.
    @Test func budgetsAreExact() throws {
        let place = try Workplace()
        for slot in 0..<4 {
            try place.putEntries(
                (0..<5).map { [UInt8](repeating: UInt8(5 * slot + $0), count: 100) }, "t",
                file: "1763670155020", slot: slot)
        }
        try place.session { walrus throws in
            var read = 0
            for (budget, count) in [
                (300, 3), (500, 5), (1, 1), (350, 3), (0, 1), (-1, 1), (99, 1), (100, 1), (299, 2),
                (Int.max, 2), (.max, 0),
            ] {
                let found = try walrus.readBatch("t", maxBytes: budget, checkpoint: true)
                #expect(found.map { Int($0.payload[0]) } == Array(read..<read + count))
                read += count
            }
            #expect(read == 20)
        }
    }

    /// Batches and single entries of many threads on one topic, while one reads in batches: what
    /// was acknowledged comes once, batches whole and unbroken, and what was refused never.
    @Test(arguments: StorageBackend.allCases)
    func manyWritersOfOneTopic(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.open(.atLeastOnce(persistEvery: 10))
        let (acknowledged, refused, writers) = (Counter(), Counter(), Counter())
        let found = Names()
        Thread.forEach(6, threads: 6) { index in
            do {
                guard index > 0 else {
                    while true {
                        let isLast = writers.value == 5
                        let texts = try walrus.readBatch("t", maxBytes: 100, checkpoint: true).text
                        texts.forEach(found.add)
                        if isLast, texts.isEmpty { return }
                    }
                }
                defer { writers.add() }
                for round in 0..<60 {
                    // The place in it, and the number of those that belong together.
                    let count = (index + round) % 3 + 1
                    let batch = (0..<count).map { Array("\(index) \(round) \($0) \(count)".utf8) }
                    do throws(EngineError) {
                        if count == 1 {
                            try walrus.append(batch[0], to: "t")
                        } else {
                            try walrus.append(batch: batch, to: "t")
                        }
                        for _ in batch { acknowledged.add() }
                    } catch {
                        #expect(error.code == .batchInProgress && error.topic == "t")
                        refused.add()
                    }
                }
            } catch { Issue.record(error) }
        }
        let texts = found.values
        #expect(texts.count == acknowledged.value && Set(texts).count == texts.count)
        let entries = texts.map { $0.split(separator: " ").compactMap { Int($0) } }
        for (at, entry) in entries.enumerated() where entry[2] > 0 {
            #expect(
                Array(entries[at - 1]) == [entry[0], entry[1], entry[2] - 1, entry[3]],
                "\(entry) follows \(entries[at - 1])")
        }
        let calls = entries.count { $0[2] == 0 }
        #expect(calls + refused.value == 5 * 60 && entries.count { $0[2] == $0[3] - 1 } == calls)
        try walrus.close()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean && walrus.unreadCount(of: "t") == 0)
            #expect(walrus.status("t")?.entries == acknowledged.value)
        }
    }

    /// A tiny batch, a large one, and again: what comes back has the right size and fill.
    @Test func tinyAndLargeBatchesInTurn() throws {
        let place = try Workplace()
        let batches = (0..<3).flatMap {
            [payloads([1], from: $0), payloads([900_000, 1_300_000])]
        }
        try place.session { walrus throws in
            for batch in batches { try walrus.append(batch: batch, to: "t") }
            expectSame(
                try walrus.readBatch("t", maxBytes: 1, checkpoint: true).map(\.payload), batches[0])
        }
        try place.session { walrus throws in
            expectSame(try walrus.consume("t").map(\.payload), Array(batches.joined().dropFirst()))
        }
    }
}
