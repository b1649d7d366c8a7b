import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@Suite struct SidecarTests {
    private func scan(_ log: LogWriter) throws -> DirectoryState {
        try #require(try Scanner(log.path).scan())
    }

    /// Three blocks of "t" (4, 3 and 2 entries of 100 bytes) in two files, one of "u".
    private func filled() throws -> LogWriter {
        let log = try LogWriter()
        func some(_ count: Int) -> [[UInt8]] {
            .init(repeating: [UInt8](repeating: 5, count: 100), count: count)
        }
        try log.entries(some(4), "t", slot: 0)
        try log.entries(some(1), "u", slot: 1)
        try log.entries(some(3), "t", slot: 2)
        try log.entries(some(2), "t", file: LogWriter.name(1), slot: 0)
        return log
    }

    private static let step = 356

    static let cursors: [(StoredCursor, consumed: Int, kind: Finding.Kind?)] = [
        (.chain(0, offset: 0), 0, nil),
        (.chain(0, offset: 356), 1, nil),
        (.chain(0, offset: 4 * 356), 4, nil),
        (.chain(1, offset: 0), 4, nil),
        (.chain(1, offset: 2 * 356), 6, nil),
        (.chain(2, offset: 2 * 356), 9, nil),
        (.chain(3, offset: 0), 9, nil),
        (.chain(77, offset: 0), 9, nil),
        (.tail(blockID: 1, offset: 356), 1, nil),
        (.tail(blockID: 3, offset: 3 * 356), 7, nil),
        (.tail(blockID: 4, offset: 0), 7, nil),
        (.tail(blockID: 4, offset: 2 * 356), 9, nil),
        // Off by an empty block: only the first of the topic has an entry there.
        (.chain(1, offset: 4 * 356), 4, .cursorShifted),
        (.chain(3, offset: 2 * 356), 9, .cursorShifted),
        (.chain(0, offset: 5), 0, .cursorUnclear),
        (.chain(1, offset: 357), 5, .cursorUnclear),
        (.chain(9, offset: 357), 0, .cursorUnclear),
        (.tail(blockID: 2, offset: 356), 1, .cursorUnclear),
        (.tail(blockID: 99, offset: 3 * 356), 3, .cursorUnclear),
        (.tail(blockID: 99, offset: 1), 0, .cursorUnclear),
        (StoredCursor(blockIndex: .max, offset: .max), 0, .cursorUnclear),
        (StoredCursor(blockIndex: .max >> 1, offset: .max), 0, .cursorUnclear),
    ]

    /// But for what the reference would make of these cursors, which `FixtureTests` look at.
    private func cursorFindings(_ state: DirectoryState) -> [Finding.Kind] {
        state.findings.map(\.kind).filter { $0 != .referenceLoses }
    }

    @Test(arguments: cursors.indices)
    func everyFormOfCursor(index: Int) throws {
        let (cursor, consumed, kind) = Self.cursors[index]
        let log = try filled()
        try log.cursors(["t": cursor, "gone": .chain(3, offset: 9)])
        let state = try scan(log)
        let topic = try #require(state.topic("t"))
        #expect(topic.entries == 9 && topic.consumed == consumed)
        #expect(topic.unreadSize == (9 - consumed) * Self.step)
        #expect(cursorFindings(state) == (kind.map { [$0] } ?? []))
        #expect(topic.cursor?.isClear == (kind != .cursorUnclear))
        #expect(topic.cursor?.source == .index(cursor))
        // Known from the index alone.
        #expect(state.topic("gone")?.entries == 0 && state.topic("gone")?.cursor == nil)
        #expect(state.topic("u")?.unread == 1)

        // Read again after the index was written anew: no probe was there in the first walk.
        let scanner = Scanner(log.path)
        try log.cursors(["t": .chain(0, offset: 0)])
        _ = try scanner.scan()
        try log.cursors(["t": cursor])
        #expect(try scanner.scan()?.topic("t")?.consumed == consumed)
    }

    @Test func marks() throws {
        let log = try filled()
        try log.marks([
            "t": CleanMark(isClean: false, generation: 1),
            "gone": CleanMark(isClean: true, generation: 7),
        ])
        let state = try scan(log)
        #expect(state.topic("t")?.isClean == false && state.topic("u")?.isClean == true)
        #expect(state.topic("gone")?.mark == CleanMark(isClean: true, generation: 7))
        #expect(state.findings.isEmpty)
    }

    private func position(_ number: Int, _ slot: Int, _ offset: Int) -> CursorPosition {
        CursorPosition(
            file: DataFileName(LogWriter.name(number)), slot: slot, offset: offset, sequence: 1)
    }

    @Test func aJournalGoesOnFromTheIndex() throws {
        let log = try filled()
        try log.cursors(["t": .chain(0, offset: 356), "u": .chain(1, offset: 0)])
        for (position, consumed, kind) in [
            (position(0, 2, 356), 5, nil), (position(0, 0, 0), 0, nil), (.begin, 0, nil),
            (position(1, 0, 2 * 356), 9, nil), (position(7, 0, 0), 9, nil),
            // Its block was reclaimed: what follows is unread.
            (position(0, 1, 356), 4, nil), (position(-1, 5, 712), 0, nil),
            (position(0, 2, 357), 5, Finding.Kind.cursorUnclear),
        ] {
            try log.journal([("t", position)])
            let state = try scan(log)
            #expect(state.topic("t")?.consumed == consumed, "\(position)")
            #expect(state.topic("t")?.cursor?.source == .journal)
            #expect(state.topic("u")?.consumed == 1)
            #expect(cursorFindings(state) == (kind.map { [$0] } ?? []))
        }
    }

    /// Another engine wrote the index since: the earlier of the two counts.
    @Test func aStaleJournal() throws {
        let log = try filled()
        try log.cursors(["t": .chain(1, offset: 356)])
        try log.journal([("t", position(0, 2, 356))], stale: true)
        #expect(cursorFindings(try scan(log)).isEmpty)
        try log.journal([("t", position(0, 0, 356))], stale: true)
        var state = try scan(log)
        #expect(state.topic("t")?.consumed == 1)
        #expect(cursorFindings(state) == [.journalReconciled])
        try log.journal([("t", position(1, 0, 356))], stale: true)
        state = try scan(log)
        #expect(state.topic("t")?.consumed == 5)
        #expect(cursorFindings(state) == [.journalReconciled])
        try log.journal([("u", position(0, 1, 356))], stale: true)
        state = try scan(log)
        #expect(state.topic("u")?.consumed == 0)
        #expect(cursorFindings(state) == [.journalReconciled])
    }

    @Test func aTornJournal() throws {
        let log = try filled()
        let records = [("t" as TopicName, position(0, 0, 356)), ("t", position(0, 2, 356))]
        try log.journal(records, torn: 1)
        let state = try scan(log)
        #expect(state.topic("t")?.consumed == 1)
        #expect(cursorFindings(state) == [.damagedJournal])
        #expect(state.findings[0].severity == .warning)
        try log.journal(records, torn: 2 * 56 + 1)
        #expect(try scan(log).findings.map(\.severity) == [.error])
    }

    /// F23, and every other way to damage an index: told, never fatal, and the rest is read.
    @Test func f23DamagedIndexes() throws {
        let log = try filled()
        let cursorImage = CursorIndexImage.encode([
            "t": .chain(1, offset: 0), "12345678": .chain(0, offset: 0),
        ])
        let cleanImage = CleanIndexImage.encode(["t": CleanMark(isClean: false, generation: 1)])
        for length in 0..<cursorImage.count {
            try log.sidecar(DirectoryNames.cursorIndex, Array(cursorImage[..<length]))
            try log.sidecar(
                DirectoryNames.cleanIndex, Array(cleanImage[..<min(length, cleanImage.count - 1)]))
            let state = try scan(log)
            #expect(
                cursorFindings(state)
                    == (length == 0 ? [] : [.damagedCursorIndex, .damagedCleanIndex]))
            #expect(state.topic("t")?.unread == 9)
        }
        for name in [DirectoryNames.cursorIndex, DirectoryNames.cleanIndex] {
            try log.sidecar(name, [UInt8](repeating: 0xff, count: 4_096))
        }
        #expect(
            try scan(log).findings.map(\.kind) == [.damagedCursorIndex, .damagedCleanIndex])
        var image = cursorImage
        image[0] ^= 1
        try log.sidecar(DirectoryNames.cursorIndex, image)
        try log.sidecar(DirectoryNames.cleanIndex, cleanImage)
        let state = try scan(log)
        #expect(cursorFindings(state) == [.indexTable])
        #expect(state.topic("t")?.consumed == 4)
    }

    /// Sound entries whose keys all fall into one bucket: no seed may be searched for.
    @Test func anIndexOfCollidingKeys() throws {
        let count = 64
        var map: [TopicName: StoredCursor] = [:]
        for number in 0..<count { map[TopicName("k\(number)")] = .chain(0, offset: 0) }
        // Keys with eight bytes and more stand in slot order; inline ones may stand in any.
        var image = CursorIndexImage.encode(map)
        for at in 0..<4 * count { image[at] = 0xff }
        let log = try filled()
        try log.sidecar(DirectoryNames.cursorIndex, image)
        let state = try scan(log)
        #expect(cursorFindings(state) == [.indexTable])
        #expect(state.topics.count == count + 2)
    }
}
