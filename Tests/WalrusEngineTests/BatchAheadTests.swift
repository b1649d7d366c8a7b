import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Batches that are read ahead while a cursor is made durable.
@Suite struct BatchAheadTests {
    private static let size = 1_000
    private static let payloads = (0..<100).map { [UInt8](repeating: $0, count: size) }

    /// The next batch is read while the cursor behind this one is synced, and once only.
    @Test func theDiskReadsWhileItSyncs() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.append(batch: Self.payloads, to: "t")
        let budget = 10 * Self.size
        let before = place.storage.readCount
        #expect(try walrus.readBatch("t", maxBytes: budget, checkpoint: true).count == 10)
        #expect(place.storage.readCount == before + 1)
        let cameInTime = Event()
        let storage = place.storage
        storage.fail { operation, _ in
            guard operation == .sync else { return nil }
            let limit = Clock.monotonic() + 10_000_000_000
            while storage.readCount < before + 3, Clock.monotonic() < limit { Thread.yield() }
            if storage.readCount == before + 3 { cameInTime.set() }
            return nil
        }
        #expect(try walrus.readBatch("t", maxBytes: budget, checkpoint: true).count == 10)
        #expect(cameInTime.wait(nanoseconds: 0))
        place.storage.fail { _, _ in nil }
        for start in stride(from: 20, to: 100, by: 10) {
            let found = try walrus.readBatch("t", maxBytes: budget, checkpoint: true)
            #expect(found.map(\.payload) == Array(Self.payloads[start..<start + 10]))
        }
        #expect(place.storage.readCount <= before + 10)
        try walrus.close()
    }

    /// Who keeps taking batches has two of them read while one is recorded, and no more than two.
    @Test func twoAreAheadOfWhoGoesOn() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.append(batch: Self.payloads, to: "t")
        let storage = place.storage
        let before = storage.readCount
        for call in 1...10 {
            // Of the first ones nobody knows that more will follow; the last ones are all there.
            let due = call < 3 ? [0, 1, 3][call] : min(call + 2, 10)
            let cameInTime = Event()
            storage.fail { operation, _ in
                guard operation == .sync else { return nil }
                let limit = Clock.monotonic() + 10_000_000_000
                while storage.readCount < before + due, Clock.monotonic() < limit { Thread.yield() }
                if storage.readCount == before + due { cameInTime.set() }
                return nil
            }
            let found = try walrus.readBatch("t", maxBytes: 10 * Self.size, checkpoint: true)
            #expect(found.map(\.payload) == Array(Self.payloads[call * 10 - 10..<call * 10]))
            #expect(cameInTime.wait(nanoseconds: 0), "call \(call)")
        }
        storage.fail { _, _ in nil }
        #expect(try walrus.readBatch("t", maxBytes: .max, checkpoint: true).isEmpty)
        try walrus.close()
    }

    /// What was read ahead is given only to who wants just that.
    @Test func whatIsReadAheadIsWhatComes() throws {
        var random = SeededRandom.fromEnvironment("BatchAheadTests.whatIsReadAhead")
        let place = try Workplace()
        try place.session { walrus throws in
            var all = Self.payloads
            try walrus.append(batch: all, to: "t")
            var at = 0
            for _ in 1...200 {
                var budget = 10 * Self.size
                switch Int.random(in: 0...9, using: &random) {
                case 0:
                    at = Int.random(in: 0..<all.count, using: &random)
                    try walrus.seek("t", to: .ordinal(at + 1))
                case 1:
                    all.append([UInt8](repeating: 7, count: 500))
                    try walrus.append(all[all.count - 1], to: "t")
                case 2: budget = Int.random(in: 0...20_000, using: &random)
                case 3:
                    let entry = try walrus.readNext("t", checkpoint: true)
                    #expect(entry?.payload == (at < all.count ? all[at] : nil))
                    at = min(at + 1, all.count)
                default: break
                }
                let due = ReadBatchTests.expected(all[at...], budget)
                let found = try walrus.readBatch("t", maxBytes: budget, checkpoint: true)
                expectSame(found.map(\.payload), due)
                #expect(found.map(\.ordinal) == Array(at + 1..<at + 1 + due.count))
                at += due.count
            }
        }
    }

    /// Damage in what is read ahead is found when its turn comes, and counted then.
    @Test func damageAheadIsSkipped() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.append(batch: Self.payloads, to: "t")
            let file = try place.dataFiles[0]
            for number in [25, 40] { try place.flip(file, at: number * (Self.size + 256) + 300) }
            var found: [[UInt8]] = []
            while true {
                let entries = try walrus.readBatch(
                    "t", maxBytes: 10 * Self.size, checkpoint: true)
                if entries.isEmpty { break }
                found += entries.map(\.payload)
            }
            let due = Self.payloads.enumerated().filter { ![25, 40].contains($0.offset) }
            expectSame(found, due.map(\.element))
            #expect(walrus.status("t")?.entries == 98)
        }
    }

    /// Entries that share memory are what they say, compared and copied.
    @Test func entriesShareWhatTheyWereReadInto() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.append(batch: [[1, 2, 3], [], [1, 2, 3], [4]], to: "t")
            let together = try walrus.readBatch("t", maxBytes: .max, checkpoint: false)
            let alone = try (0..<4).map { _ in
                try #require(try walrus.readNext("t", checkpoint: true))
            }
            #expect(together == alone && Set(together + alone).count == 4)
            #expect(together.map(\.payload) == [[1, 2, 3], [], [1, 2, 3], [4]])
            #expect(together.map(\.payloadLength) == [3, 0, 3, 1])
            let copies = together.map { entry in
                entry.withPayload { span in
                    unsafe span.withUnsafeBytes { unsafe Array($0) }
                }
            }
            #expect(copies == together.map(\.payload))
            #expect(together[0] != together[2])
        }
    }
}
