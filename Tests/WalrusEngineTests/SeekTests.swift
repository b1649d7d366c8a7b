import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct SeekTests {
    private static let file = "1763670155020"

    /// Entries 1 to 12 in three blocks. Numbers 5 to 8 have no stamp; the others have sequence 10 n
    /// and time 100 n.
    private func filled() throws -> Workplace {
        let place = try Workplace()
        for slot in 0..<3 {
            var at = 0
            for number in 4 * slot + 1...4 * slot + 4 {
                let stamp = EntryStamp(
                    sequence: UInt64(10 * number), timestamp: UInt64(100 * number))
                at = try place.putEntry(
                    Array(String(number).utf8), "t", file: Self.file, slot: slot, at: at,
                    stamp: slot == 1 ? nil : stamp)
            }
        }
        return place
    }

    @Test(arguments: [
        (SeekTarget.begin, 1), (.end, 13), (.ordinal(-5), 1), (.ordinal(1), 1), (.ordinal(4), 4),
        (.ordinal(5), 5), (.ordinal(12), 12), (.ordinal(13), 13), (.ordinal(.max), 13),
        (.sequence(0), 1), (.sequence(10), 1), (.sequence(11), 2), (.sequence(40), 4),
        // Those without a number may be meant.
        (.sequence(41), 5), (.sequence(90), 5), (.sequence(91), 10), (.sequence(120), 12),
        (.sequence(121), 13), (.sequence(.max), 13), (.time(0), 1), (.time(300), 3),
        (.time(301), 4),
        (.time(900), 5), (.time(901), 10), (.time(.max), 13),
    ])
    func aTargetIsFound(target: SeekTarget, first: Int) throws {
        let place = try filled()
        try place.session { walrus throws in
            try walrus.consume("t", 6)
            try walrus.seek("t", to: target)
            #expect(walrus.unreadCount(of: "t") == 13 - first)
            #expect(
                try walrus.texts("t", 2) == Array(numbers(1...12).dropFirst(first - 1).prefix(2)))
        }
    }

    /// It survives a crash whatever the consistency, forwards and backwards.
    @Test(arguments: [ReadConsistency.strictlyAtOnce, .atLeastOnce(persistEvery: 100)])
    func seekingIsDurable(consistency: ReadConsistency) throws {
        let place = try filled()
        try place.crashing(consistency) { walrus throws in
            try walrus.consume("t", 3)
            try walrus.seek("t", to: .ordinal(7))
        }
        try place.crashing(consistency) { walrus throws in
            #expect(walrus.unreadCount(of: "t") == 6)
            #expect(try walrus.texts("t", 1) == ["7"])
            try walrus.seek("t", to: .begin)
        }
        try place.session { walrus throws in
            #expect(walrus.unreadCount(of: "t") == 12)
            #expect(try walrus.texts("t") == numbers(1...12))
            try walrus.seek("t", to: .sequence(110))
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.texts("t") == ["11", "12"])
            try walrus.seek("t", to: .end)
            #expect(try walrus.append([1], to: "t").ordinal == 13)
            #expect(try walrus.consume("t").map(\.payload) == [[1]])
        }
    }

    @Test func whatCannotBeRecordedIsNotDone() throws {
        let place = try filled()
        let walrus = try place.openFaulty()
        try walrus.consume("t", 3)
        place.storage.fail { operation, _ in operation == .sync ? .ioError : nil }
        #expect { try walrus.seek("t", to: .end) } throws: { .io ~= $0 }
        place.storage.heal()
        #expect(try walrus.texts("t", 1) == ["4"])
        try walrus.close()
    }

    @Test func damagedEntriesAreNotCounted() throws {
        let place = try filled()
        try place.flip(Self.file, at: 2 * 257 + 256)
        try place.session { walrus throws in
            try walrus.seek("t", to: .ordinal(3))
            #expect(try walrus.texts("t", 1) == ["4"])
            try walrus.seek("t", to: .sequence(30))
            #expect(walrus.unreadCount(of: "t") == 9)
            #expect(try walrus.texts("t", 1) == ["4"])
            try walrus.seek("t", to: .end)
            #expect(walrus.unreadCount(of: "t") == 0)
        }
    }

    @Test func aTopicWithoutStampsIsReadFromItsStart() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.append(batch: [[1], [2], [3]], to: longName)
            try walrus.consume(longName)
            try walrus.seek(longName, to: .sequence(3))
            #expect(walrus.unreadCount(of: longName) == 3)
            try walrus.seek(longName, to: .ordinal(3))
            #expect(try walrus.consume(longName).map(\.payload) == [[3]])
        }
    }

    @Test func aTopicWithoutEntriesHasNoPlace() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.seek("t", to: .end) }
        #expect(try place.names == [DirectoryNames.lock])
    }

    // MARK: - Reading in place

    @Test func anEntryIsReadInPlace() throws {
        struct Refusal: Error {}
        let place = try Workplace()
        try place.session { walrus throws in
            let batch = payloads([5, 0, 10_000])
            let receipt = try walrus.append(batch: batch, to: "t")
            for (index, payload) in batch.enumerated() {
                for checkpoint in [false, true] {
                    let found = try walrus.withNextEntry("t", checkpoint: checkpoint) {
                        span, info in
                        #expect(info.sequence == receipt.sequences.lowerBound + UInt64(index))
                        #expect(info.ordinal == index + 1 && info.timestamp == receipt.timestamp)
                        // The engine may be used meanwhile.
                        #expect(walrus.unreadCount(of: "t") == 3 - index - (checkpoint ? 1 : 0))
                        _ = try walrus.readNext("t", checkpoint: false)
                        return unsafe span.withUnsafeBytes { unsafe Array($0) }
                    }
                    #expect(found == payload)
                }
            }
            #expect(try walrus.withNextEntry("t", checkpoint: true) { _, _ in 1 } == nil)
            try walrus.append([1], to: "t")
            #expect(throws: Refusal.self) {
                try walrus.withNextEntry("t", checkpoint: true) { _, _ in throw Refusal() }
            }
            #expect(walrus.unreadCount(of: "t") == 0)
        }
    }
}
