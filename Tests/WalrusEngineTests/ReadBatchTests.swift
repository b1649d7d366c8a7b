import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct ReadBatchTests {
    /// A batch that spans blocks reads them at once, through the ring where there is one.
    @Test(arguments: StorageBackend.allCases)
    func piecesOfSeveralBlocks(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let files = ["1763670155020", "1763670155021"]
        var all: [[UInt8]] = []
        for file in files {
            for slot in 0..<5 {
                var at = 0
                for number in 0..<3 {
                    let payload = [UInt8](repeating: UInt8(all.count), count: 700 * number)
                    at = try place.putEntry(payload, "t", file: file, slot: slot, at: at)
                    all.append(payload)
                }
            }
        }
        let walrus = try place.open()
        let inOneBlock = try walrus.readBatch("t", maxBytes: 0, checkpoint: false)
        #expect(inOneBlock.count == 1 && walrus.metrics.counters.ringOperations == 0)
        // What a block begins with is damaged, and its piece is not where reading goes on.
        try place.flip(files[0], at: 2 * Layout.unit + 10)
        all.remove(at: 6)
        for budget in [5_000, 12_000, 1 << 20] {
            let found = try walrus.readBatch("t", maxBytes: budget, checkpoint: false)
            expectSame(found.map(\.payload), Self.expected(all[...], budget))
        }
        let uses = walrus.metrics.ring == .used && backend == .fileDescriptor
        #expect((walrus.metrics.counters.ringOperations >= 10) == uses)
        var found: [[UInt8]] = []
        while case let entries = try walrus.readBatch("t", maxBytes: 9_000, checkpoint: true),
            !entries.isEmpty
        {
            found += entries.map(\.payload)
        }
        expectSame(found, all)
        // The damage keeps the first file; of the second nothing passes for damaged.
        #expect(walrus.status("t")?.entries == 29)
        try walrus.close()
    }

    /// Every entry once and in order, whatever the byte budget, also where it ends inside a block.
    @Test func f03() throws {
        var random = SeededRandom.fromEnvironment("f03")
        let place = try Workplace()
        let file = "1763670155020"
        var all: [[UInt8]] = []
        // Several blocks, the last one sealed by the next session.
        for slot in 0..<4 {
            var at = 0
            for number in 0..<100 {
                let payload = [UInt8](
                    repeating: UInt8(number), count: Int.random(in: 0...600, using: &random))
                at = try place.putEntry(payload, "t", file: file, slot: slot, at: at)
                all.append(payload)
            }
        }
        try place.session { walrus throws in
            try walrus.append(batch: Array(all[..<50]), to: "t")
            all += all[..<50]
            var found: [[UInt8]] = []
            while true {
                let budget = Int.random(in: 0...20_000, using: &random)
                let due = Self.expected(all[found.count...], budget)
                let peeked = try walrus.readBatch("t", maxBytes: budget, checkpoint: false)
                expectSame(peeked.map(\.payload), due)
                // Now and then the next ones come singly.
                let entries =
                    Bool.random(using: &random)
                    ? try walrus.readBatch("t", maxBytes: budget, checkpoint: true)
                    : try walrus.readNext("t", checkpoint: true).map { [$0] } ?? []
                #expect(
                    entries.map(\.ordinal)
                        == Array(found.count + 1..<found.count + 1 + entries.count))
                #expect(Array(peeked.prefix(entries.count)) == entries)
                found += entries.map(\.payload)
                #expect(walrus.unreadCount(of: "t") == all.count - found.count)
                if entries.isEmpty { break }
            }
            expectSame(found, all)
        }
    }

    /// What a call should give of the entries that are left.
    static func expected(_ left: ArraySlice<[UInt8]>, _ budget: Int) -> [[UInt8]] {
        var size = 0
        let due = left.prefix(Layout.batchEntriesMax).prefix { payload in
            size += payload.count
            return size <= budget
        }
        return due.isEmpty ? Array(left.prefix(1)) : Array(due)
    }

    /// Zero-length entries are entries, and take nothing of the budget.
    @Test func f04() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.append(batch: [[], [], [7], [], []], to: "t")
            for due in [[[], []], [[7]], [[], []], []] as [[[UInt8]]] {
                let found = try walrus.readBatch("t", maxBytes: 0, checkpoint: true)
                expectSame(found.map(\.payload), due)
            }
            #expect(walrus.unreadCount(of: "t") == 0)
        }
    }

    @Test func atMostTwoThousandAtOnce() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            for _ in 1...2 {
                try walrus.append(batch: Array(repeating: [1], count: 1_500), to: "t")
            }
            #expect(try walrus.readBatch("t", maxBytes: .max, checkpoint: true).count == 2_000)
            #expect(try walrus.readBatch("t", maxBytes: .max, checkpoint: true).count == 1_000)
            #expect(try walrus.readBatch("t", maxBytes: .max, checkpoint: true).isEmpty)
            #expect(try walrus.readBatch("none", maxBytes: .max, checkpoint: true).isEmpty)
        }
    }

    /// Persisted before more than that many are unrecorded, in single and batch reads mixed.
    @Test(arguments: [(1, 1), (5, 2), (8, 2), (9, 2), (25, 1), (100, 26)])
    func f19(persistEvery: Int, again: Int) throws {
        let place = try Workplace()
        try place.session { try $0.append(batch: Array(repeating: [1], count: 40), to: "t") }
        try place.crashing(.atLeastOnce(persistEvery: persistEvery)) { walrus throws in
            var found: [Int] = []
            for budget in [5, 3, 0, 9] {
                found += try walrus.readBatch("t", maxBytes: budget, checkpoint: true).map(
                    \.ordinal)
                found += try walrus.consume("t", 2).map(\.ordinal)
            }
            #expect(found == Array(1...26))
        }
        try place.session { walrus throws in
            #expect(try walrus.consume("t").map(\.ordinal) == Array(27 - again...40))
        }
    }

    /// One record for them all, and before they are handed out.
    @Test func aStrictBatchIsOneRecord() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.add(numbers(1...9), to: "t")
        try walrus.consume("t", 1)
        let (writes, syncs) = (Counter(), Counter())
        place.storage.fail { operation, _ in
            if operation == .write { writes.add() }
            if operation == .sync { syncs.add() }
            return nil
        }
        #expect(try walrus.readBatch("t", maxBytes: 3, checkpoint: true).text == numbers(2...4))
        #expect(writes.value == 1 && syncs.value == 1)
        place.storage.fail { operation, _ in operation == .sync ? .ioError : nil }
        #expect { try walrus.readBatch("t", maxBytes: 3, checkpoint: true) } throws: { .io ~= $0 }
        place.storage.heal()
        #expect(walrus.unreadCount(of: "t") == 5)
        #expect(try walrus.readBatch("t", maxBytes: 3, checkpoint: true).text == numbers(5...7))
        place.storage.crash()
        try? walrus.close()
        place.storage.heal()
        try place.session { walrus throws in #expect(try walrus.texts("t") == numbers(8...9)) }
    }

    /// Concurrent consumers in batches and singly: every entry once.
    @Test func consumersShareATopic() throws {
        let place = try Workplace()
        let walrus = try place.open()
        let found = Counter()
        let total = 1_200
        Thread.forEach(4, threads: 4) { index in
            do {
                if index == 0 {
                    for _ in 0..<total / 30 {
                        try walrus.append(batch: Array(repeating: [1, 2], count: 30), to: "t")
                    }
                    return
                }
                while found.value < total {
                    let entries =
                        index == 1
                        ? try walrus.consume("t", 1)
                        : try walrus.readBatch("t", maxBytes: 30, checkpoint: true)
                    for _ in entries { found.add() }
                }
            } catch { Issue.record(error) }
        }
        #expect(found.value == total)
        #expect(walrus.unreadCount(of: "t") == 0)
        try walrus.close()
    }

    @Test func damageIsSkipped() throws {
        let place = try Workplace()
        try place.session { try $0.add(numbers(0...9), to: "t") }
        let file = try place.dataFiles[0]
        let size = 257
        try place.flip(file, at: 2 * size + 256)
        try place.session { walrus throws in
            // And some that comes while it is open: a payload, and a header that tells no length.
            try place.flip(file, at: 4 * size + 256)
            #expect(
                try walrus.readBatch("t", maxBytes: 3, checkpoint: false, startOffset: 3 * size)
                    .text
                    == ["3", "5", "6"])
            #expect(walrus.unreadCount(of: "t") == 9)
            #expect(
                try walrus.readBatch("t", maxBytes: 5, checkpoint: true).text == [
                    "0", "1", "3", "5", "6",
                ])
            #expect(walrus.unreadCount(of: "t") == 3)
            try place.put(file, [UInt8](repeating: 0xff, count: 200), at: 8 * size)
            #expect(
                try walrus.readBatch("t", maxBytes: 100, checkpoint: false, startOffset: 7 * size)
                    .text
                    == ["7"])
            try walrus.add(["10"], to: "t")
            #expect(try walrus.readBatch("t", maxBytes: 100, checkpoint: true).text == ["7"])
            try walrus.add(["11"], to: "t")
            #expect(try walrus.readBatch("t", maxBytes: 100, checkpoint: true).text == ["11"])
            #expect(walrus.unreadCount(of: "t") == 0)
        }
    }

    /// Few reads, not one or two for each entry.
    @Test func readingAheadSavesCalls() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.append(batch: payloads(Array(repeating: 1_000, count: 2_000)), to: "t")
        let large = payloads([3_000_000, 10])
        try walrus.append(batch: large, to: "t")
        let before = place.storage.readCount
        #expect(try walrus.readBatch("t", maxBytes: 100, checkpoint: true).count == 1)
        #expect(place.storage.readCount == before + 1)
        #expect(try walrus.readBatch("t", maxBytes: .max, checkpoint: true).count == 2_000)
        #expect(place.storage.readCount <= before + 10)
        #expect(
            try walrus.readBatch("t", maxBytes: .max, checkpoint: true).map(\.payload) == large[
                1...] + [])
        try walrus.seek("t", to: .ordinal(2_001))
        let reads = place.storage.readCount
        expectSame(
            try walrus.readBatch("t", maxBytes: 1, checkpoint: true).map(\.payload), [large[0]])
        #expect(place.storage.readCount <= reads + 3)
        try walrus.close()
    }

    // MARK: - Start offsets

    @Test func aStartOffsetLooksAnywhere() throws {
        let place = try Workplace()
        let file = "1763670155020"
        // Starts at 0, 266, 532 in the first block; 788, 1144 in the second.
        let all = payloads([10, 10, 0, 100, 5])
        var at = 0
        for payload in all[..<3] {
            at = try place.putEntry(payload, "t", file: file, slot: 0, at: at)
        }
        at = 0
        for payload in all[3...] {
            at = try place.putEntry(payload, "t", file: file, slot: 2, at: at)
        }
        try place.session { walrus throws in
            try walrus.consume("t", 4)
            let starts = [0, 266, 532, 788, 1_144]
            let end = walrus.size(of: "t")
            #expect(end == 1_405)
            for offset in -1...end + 1 {
                let first = starts.lastIndex { $0 <= max(0, offset) } ?? 0
                let due = offset < end ? Array(all[first...].prefix(2)) : []
                let found = try walrus.readBatch(
                    "t", maxBytes: due.reduce(0) { $0 + $1.count }, checkpoint: true,
                    startOffset: offset)
                expectSame(Array(found.map(\.payload).prefix(2)), due, "\(offset)")
                #expect(found.first?.ordinal == (due.isEmpty ? nil : first + 1))
            }
            // It moves no cursor.
            #expect(try walrus.consume("t").map(\.payload) == [all[4]])
        }
    }
}

extension [Entry] {
    var text: [String] { map { String(decoding: $0.payload, as: UTF8.self) } }
}
