import Inspect
import TestSupport
import Testing
import WalrusFormat

/// The entries of a batch at a topic's end count all or none (`docs/format.md`, section 4).
@Suite struct BatchTests {
    private static let length = 20
    private static let step = 276

    /// Writes members of a batch of `count` entries whose first has sequence `first`.
    @discardableResult
    private func batch(
        _ log: LogWriter, _ members: [Int], of count: Int, first: UInt64 = 3, file: Int = 0,
        slot: Int = 0, at offset: Int = 2 * step
    ) throws -> Int {
        var at = offset
        for member in members {
            at = try log.entry(
                [UInt8](repeating: UInt8(member), count: Self.length), "t",
                file: LogWriter.name(file), slot: slot, at: at,
                stamp: EntryStamp(
                    batchIndex: member, batchCount: count, sequence: first + UInt64(member),
                    timestamp: 9))
        }
        return at
    }

    /// A log with two single entries of "t" in its first block.
    private func begun() throws -> LogWriter {
        let log = try LogWriter()
        try log.entries(
            .init(repeating: [UInt8](repeating: 9, count: Self.length), count: 2), "t",
            firstSequence: 1)
        return log
    }

    private func expect(
        _ log: LogWriter, entries: Int, _ kinds: Finding.Kind...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let state = try #require(try Scanner(log.path).scan())
        let topic = try #require(state.topic("t"))
        #expect(topic.entries == entries, sourceLocation: sourceLocation)
        #expect(state.findings.map(\.kind) == kinds, sourceLocation: sourceLocation)
        let rows = try EntryReader(directory: log.path, topic: topic).rows(from: 1, count: 99)
        #expect(rows.compactMap(\.ordinal).count == entries, sourceLocation: sourceLocation)
    }

    @Test func whole() throws {
        let log = try begun()
        try batch(log, [0, 1, 2], of: 3)
        try expect(log, entries: 5)
    }

    @Test(arguments: [[0], [0, 1], [1, 2], [2]])
    func entriesMissing(members: [Int]) throws {
        let log = try begun()
        try batch(log, members, of: 3)
        // A batch without its beginning also shows as a gap.
        if members[0] == 0 {
            try expect(log, entries: 2, .incompleteBatch)
        } else {
            try expect(log, entries: 2, .incompleteBatch, .sequenceGap)
        }
    }

    @Test func aMemberMissingInTheMiddle() throws {
        let log = try begun()
        try batch(log, [0, 2], of: 3)
        try expect(log, entries: 2, .incompleteBatch, .sequenceGap)
    }

    @Test func aDamagedMember() throws {
        for member in 0..<3 {
            let log = try begun()
            try batch(log, [0, 1, 2], of: 3)
            try log.flip(bit: 0, at: (2 + member) * Self.step + 256)
            try expect(log, entries: 2, member == 2 ? .tornTail : .damagedPayload, .incompleteBatch)
            try log.flip(bit: 0, at: (2 + member) * Self.step + 256)
            try log.flip(bit: 0, at: (2 + member) * Self.step + 240)
            if member == 0 {
                try expect(log, entries: 2, .damagedHeader, .incompleteBatch)
            } else {
                try expect(
                    log, entries: 2, member == 2 ? .tornTail : .damagedHeader, .incompleteBatch)
            }
        }
    }

    /// Inside the log a batch with a damaged member is history: its sound entries count.
    @Test func anotherEntryFollows() throws {
        let log = try begun()
        let at = try batch(log, [0, 1, 2], of: 3)
        try log.entry([1], "t", at: at, stamp: EntryStamp(sequence: 6, timestamp: 9))
        try log.flip(bit: 0, at: 3 * Self.step + 256)
        try expect(log, entries: 5, .damagedPayload)
    }

    @Test func twoBatches() throws {
        let log = try begun()
        let at = try batch(log, [0, 1], of: 2)
        try batch(log, [0], of: 2, first: 5, at: at)
        try expect(log, entries: 4, .incompleteBatch)
        // The end of another batch does not complete it.
        let other = try begun()
        let end = try batch(other, [0], of: 2)
        try batch(other, [1], of: 2, first: 5, at: end)
        // What stands at the end once that is gone must be whole too.
        try expect(other, entries: 2, .incompleteBatch, .incompleteBatch, .sequenceGap)
    }

    @Test func acrossBlocksAndFiles() throws {
        let log = try begun()
        try batch(log, [0, 1], of: 5)
        try expect(log, entries: 2, .incompleteBatch)
        try batch(log, [2], of: 5, slot: 1, at: 0)
        try expect(log, entries: 2, .incompleteBatch)
        try batch(log, [3, 4], of: 5, file: 1, slot: 0, at: 0)
        try expect(log, entries: 7)
        // The block in the middle is lost: the rest goes with it, on both sides.
        try log.zero(at: Layout.unit, count: 300)
        try expect(log, entries: 2, .incompleteBatch, .sequenceGap)
    }

    /// The files with the batch's beginning were consumed and deleted.
    @Test func headReclaimed() throws {
        let log = try begun()
        try batch(log, [0, 1], of: 4)
        try batch(log, [2, 3], of: 4, file: 1, slot: 0, at: 0)
        try log.remove(LogWriter.name(0))
        try expect(log, entries: 2)
        try log.zero(file: LogWriter.name(1), at: Self.step, count: Self.step)
        try expect(log, entries: 0, .incompleteBatch)
    }

    @Test func gaps() throws {
        let log = try begun()
        let at = try log.entry(
            [1], "t", at: 2 * Self.step, stamp: EntryStamp(sequence: 4, timestamp: 9))
        try log.entry([1], "t", at: at, stamp: EntryStamp(sequence: 4, timestamp: 9))
        try log.entry([1], "t", slot: 1, stamp: EntryStamp(sequence: 9, timestamp: 9))
        try expect(log, entries: 5, .sequenceGap, .sequenceGap, .sequenceGap)
    }

    /// A damaged entry explains the gap that it leaves.
    @Test func damageIsNoGap() throws {
        let log = try begun()
        try log.entry([1], "t", at: 2 * Self.step, stamp: EntryStamp(sequence: 3, timestamp: 9))
        try log.flip(bit: 0, at: Self.step + 240)
        try expect(log, entries: 2, .damagedHeader)
    }
}
