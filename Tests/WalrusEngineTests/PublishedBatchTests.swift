import Inspect
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A batch that a reader had some of was acknowledged: what is missing of it, or damaged, never takes
/// the rest with it. One that nobody had is all or nothing.
@Suite struct PublishedBatchTests {
    enum End: CaseIterable {
        /// The process is gone, with the journal as it stood.
        case killed
        /// Closed well; the snapshot does not hold, as in a copy of the directory.
        case copied
    }

    private static let files = (0..<3).map { "\(1_763_670_155_020 + $0)" }

    private func live(
        _ end: End, _ place: Workplace, _ consistency: ReadConsistency = .strictlyAtOnce,
        _ work: (Walrus) throws -> Void
    ) throws {
        switch end {
        case .killed: try place.crashing(consistency, work)
        case .copied:
            try place.session(consistency, work)
            try place.storage.remove(DirectoryNames.snapshot)
        }
    }

    /// What the next engine finds unread; Inspect must foretell it.
    private func left(_ place: Workplace, _ comment: Comment) throws -> [UInt8] {
        let before = try #require(try Scanner(place.path).scan())
        return try place.session { walrus throws in
            let report = walrus.recoveryReport
            #expect(report.droppedBatches.isEmpty && report.reconciliations.isEmpty, comment)
            #expect(before.topic("t")?.unread ?? 0 == walrus.unreadCount(of: "t"), comment)
            return try walrus.consume("t").map { $0.payload[0] }
        }
    }

    private func put(
        _ place: Workplace, _ number: Int, of count: Int, file: String, _ slot: Int,
        at index: Int = 0
    ) throws {
        let stamp = EntryStamp(
            batchIndex: number - 1, batchCount: count, sequence: UInt64(number), timestamp: 1)
        try place.putEntry(
            [UInt8(number)], "t", file: file, slot: slot, at: index * 257, stamp: stamp)
    }

    /// The middle of three files goes, another topic keeps the first.
    @Test(arguments: End.allCases) func itsMiddleWasReclaimed(end: End) throws {
        let place = try Workplace()
        try place.putEntry([9], "other", file: Self.files[0], slot: 0)
        try put(place, 1, of: 4, file: Self.files[0], 1)
        try put(place, 2, of: 4, file: Self.files[1], 0)
        try put(place, 3, of: 4, file: Self.files[2], 0)
        try put(place, 4, of: 4, file: Self.files[2], 1)
        try live(end, place) { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume("t", 3).map { $0.payload[0] } == [1, 2, 3])
        }
        #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
        #expect(try left(place, "\(end)") == [4])
        #expect(try left(place, "\(end), read") == [])
    }

    /// Its end goes; the next engine must not take the topic for unread.
    @Test(arguments: End.allCases) func itsEndWasReclaimed(end: End) throws {
        let place = try Workplace()
        try place.putEntry([9], "other", file: Self.files[0], slot: 0)
        try put(place, 1, of: 3, file: Self.files[0], 1)
        try put(place, 2, of: 3, file: Self.files[0], 2)
        try put(place, 3, of: 3, file: Self.files[1], 0)
        try place.putEntry([9], "other", file: Self.files[2], slot: 0)
        try live(end, place) { walrus throws in
            #expect(try walrus.consume("t").map { $0.payload[0] } == [1, 2, 3])
        }
        #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
        #expect(try left(place, "\(end)") == [])
        #expect(try left(place, "\(end), again") == [])
    }

    /// Its beginning goes, and the journal is made anew since.
    @Test(arguments: End.allCases) func itsBeginningWasReclaimed(end: End) throws {
        let place = try Workplace()
        for number in 1...3 { try put(place, number, of: 3, file: Self.files[number - 1], 0) }
        try live(end, place) { walrus throws in
            #expect(try walrus.consume("t", 1).map { $0.payload[0] } == [1])
        }
        try place.session { _ throws in }
        #expect(try left(place, "\(end)") == [2, 3])
    }

    /// One byte of an entry that was read, or that was not.
    @Test(arguments: End.allCases, [5, 50]) func anEntryIsDamaged(end: End, index: Int) throws {
        let place = try Workplace()
        try live(end, place) { walrus throws in
            try walrus.append(batch: (0..<100).map { [UInt8($0), 1, 2, 3] }, to: "t")
            #expect(try walrus.consume("t", 10).count == 10)
        }
        try place.flip(try #require(try place.dataFiles.first), at: index * 260 + 256)
        #expect(
            try left(place, "\(end), \(index)")
                == (10..<100).map { UInt8($0) }.filter { $0 != index })
        try place.session { walrus throws in
            #expect(try walrus.append([1], to: "t").sequence == 101)
        }
    }

    /// The reader goes back to the start; what it had was acknowledged all the same, also for the
    /// process after the next.
    @Test(arguments: End.allCases, [0, 2]) func aReaderWentBack(end: End, sessions: Int) throws {
        let place = try Workplace()
        try live(end, place) { walrus throws in
            try walrus.append(batch: (0..<100).map { [UInt8($0), 1, 2, 3] }, to: "t")
            #expect(try walrus.consume("t", 50).count == 50)
            try walrus.seek("t", to: .begin)
        }
        for _ in 0..<sessions {
            try live(end, place) { walrus throws in try walrus.markDirty("u") }
        }
        try place.flip(try #require(try place.dataFiles.first), at: 70 * 260 + 256)
        #expect(try left(place, "\(end)") == (0..<100).map { UInt8($0) }.filter { $0 != 70 })
    }

    /// The same where reads are recorded now and then: what was handed out was acknowledged too.
    @Test(arguments: End.allCases, [7, 1_000]) func aReaderOfAtLeastOnceWentBack(
        end: End, persistEvery: Int
    ) throws {
        let place = try Workplace()
        try live(end, place, .atLeastOnce(persistEvery: persistEvery)) { walrus throws in
            for batch in 0..<2 {
                let entries = (0..<5).map { [UInt8(batch * 5 + $0), 1, 2, 3] }
                try walrus.append(batch: entries, to: "t")
            }
            #expect(try walrus.consume("t", 8).count == 8)
            try walrus.seek("t", to: .begin)
        }
        try place.flip(try #require(try place.dataFiles.first), at: 9 * 260 + 256)
        #expect(try left(place, "\(end)") == [0, 1, 2, 3, 4, 5, 6, 7, 8])
    }

    /// It is moved over a batch to the start of the next block, and back.
    @Test(arguments: End.allCases) func aReaderPassedItBy(end: End) throws {
        let place = try Workplace()
        for number in 1...4 {
            try put(
                place, number, of: 4, file: Self.files[0], (number - 1) / 2, at: (number - 1) % 2)
        }
        try live(end, place) { walrus throws in
            try walrus.seek("t", to: .ordinal(3))
            try walrus.seek("t", to: .begin)
        }
        try place.flip(Self.files[0], at: Layout.unit + 257 + 256)
        #expect(try left(place, "\(end)") == [1, 2, 3])
    }

    /// It goes back, and what it reads again is reclaimed.
    @Test(arguments: End.allCases) func aReaderWentBackBeforeAFileWent(end: End) throws {
        let place = try Workplace()
        try place.putEntry(
            [1], "t", file: Self.files[0], slot: 0, stamp: EntryStamp(sequence: 1, timestamp: 1))
        try place.putEntry([9], "other", file: Self.files[0], slot: 1)
        for index in 0..<3 {
            let stamp = EntryStamp(
                batchIndex: index, batchCount: 3, sequence: UInt64(2 + index), timestamp: 1)
            try place.putEntry(
                [UInt8(2 + index)], "t", file: Self.files[1], slot: index, stamp: stamp)
        }
        try live(end, place) { walrus throws in
            #expect(try walrus.consume("t", 3).map { $0.payload[0] } == [1, 2, 3])
            try walrus.seek("t", to: .begin)
            #expect(try walrus.consume("t", 1).map { $0.payload[0] } == [1])
            #expect(try walrus.consume("other").count == 1)
        }
        #expect(try place.dataFiles == [Self.files[1]])
        try place.flip(Self.files[1], at: 2 * Layout.unit + 256)
        #expect(try left(place, "\(end)") == [2, 3])
    }

    /// Damage comes to the place where the cursor stands. What follows in other blocks was acknowledged.
    @Test(arguments: End.allCases) func itsCursorIsUnclear(end: End) throws {
        let place = try Workplace()
        let sizes = [100, 100, Layout.unit - 1_000, 100, 100]
        try live(end, place) { walrus throws in
            try walrus.append(
                batch: sizes.enumerated().map { index, size in
                    [UInt8](repeating: UInt8(index), count: size)
                }, to: "t")
            #expect(try walrus.consume("t", 2).count == 2)
        }
        let file = try #require(try place.dataFiles.first)
        try place.put(file, [UInt8](repeating: 0xEE, count: 256), at: 356)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.isEmpty)
            let left = try walrus.consume("t").map { $0.payload[0] }
            #expect(Set(left).isSuperset(of: [3, 4]))
        }
    }

    /// The index is damaged; what the journal tells of readers is so all the same.
    @Test(arguments: End.allCases) func theIndexIsDamaged(end: End) throws {
        let place = try Workplace()
        try live(end, place) { walrus throws in
            try walrus.append(batch: (0..<100).map { [UInt8($0), 1, 2, 3] }, to: "t")
            #expect(try walrus.consume("t", 50).count == 50)
        }
        let index = [UInt8](repeating: 0xEE, count: 100)
        try place.storage.replace(DirectoryNames.cursorIndex, with: index, temporary: "x_index.db")
        try place.flip(try #require(try place.dataFiles.first), at: 70 * 260 + 256)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.isEmpty)
            let left = try walrus.consume("t").map { $0.payload[0] }
            let start = end == .killed ? 50 : 0
            #expect(left == (start..<100).map { UInt8($0) }.filter { $0 != 70 })
        }
    }

    /// Two batches with damage, and a reader between them: the second one goes, with its block, and the
    /// first still counts, for Inspect too.
    @Test(arguments: [true, false]) func aReaderBetweenTwo(isLiteral: Bool) throws {
        let place = try Workplace()
        for number in 0..<4 {
            let stamp = EntryStamp(
                batchIndex: number % 2, batchCount: 2, sequence: UInt64(number + 1), timestamp: 1)
            try place.putEntry(
                [UInt8(number)], "t", file: Self.files[0], slot: number / 2, at: number % 2 * 257,
                stamp: stamp)
        }
        let cursor = isLiteral ? StoredCursor.chain(1, offset: 0) : .chain(0, offset: 514)
        try place.storage.replace(
            DirectoryNames.cursorIndex, with: CursorIndexImage.encode(["t": cursor]),
            temporary: "x_index.db")
        for entry in [0, 3] {
            try place.flip(Self.files[0], at: entry / 2 * Layout.unit + entry % 2 * 257 + 256)
        }
        let state = try #require(try Scanner(place.path).scan())
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.map(\.found) == [2])
            #expect(walrus.recoveryReport.entries == 1)
            #expect(state.topic("t")?.entries == 1 && state.topic("t")?.unread == 0)
            #expect(try walrus.consume("t").isEmpty)
        }
    }

    /// A topic whose headers have no room for numbers goes on in its last block, whatever was reclaimed.
    @Test func aLongNameKeepsItsBlock() throws {
        let place = try Workplace()
        let topic = TopicName(String(repeating: "n", count: 200))
        try place.putEntry([1], topic, file: Self.files[0], slot: 0)
        try place.putEntry([9], "other", file: Self.files[1], slot: 0)
        try place.session { walrus throws in
            #expect(try walrus.consume(topic).count == 1)
            try walrus.append([2], to: topic)
        }
        #expect(try place.dataFiles == [Self.files[1]])
        for _ in 0..<3 { try place.session { walrus throws in try walrus.append([3], to: topic) } }
        try place.storage.remove(DirectoryNames.snapshot)
        try place.session { walrus throws in #expect(walrus.recoveryReport.blocks == 2) }
    }

    /// Numbers that were consumed and are gone with their file are no gap, also when the topic's older
    /// blocks are what another process finds.
    @Test(arguments: End.allCases) func whatWasReclaimedIsNoGap(end: End) throws {
        let place = try Workplace()
        try place.putEntry([9], "other", file: Self.files[0], slot: 0)
        for (number, file) in [(1, 0), (2, 1)] {
            try place.putEntry(
                [UInt8(number)], "t", file: Self.files[file], slot: file == 0 ? 1 : 0,
                stamp: EntryStamp(sequence: UInt64(number), timestamp: 1))
        }
        try place.putEntry([9], "other", file: Self.files[2], slot: 0)
        try live(end, place) { walrus throws in #expect(try walrus.consume("t").count == 2) }
        #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
        try live(end, place) { walrus throws in
            #expect(try walrus.append([3], to: "t").sequence == 3)
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume("t").map { $0.payload } == [[3]])
        }
    }

    /// A reader had what came before it, and that is reclaimed; a power loss took its first half. What
    /// was reclaimed says nothing of the batch, which nobody had.
    @Test(arguments: [true, false]) func aTornOneGoes(reclaims: Bool) throws {
        let place = try Workplace()
        try place.putEntry(
            [1], "t", file: Self.files[0], slot: 0, stamp: EntryStamp(sequence: 1, timestamp: 1))
        try place.putEntry(
            [UInt8](repeating: 2, count: Layout.unit - 256 - 600), "t", file: Self.files[1],
            slot: 0,
            stamp: EntryStamp(sequence: 2, timestamp: 1))
        var configuration = place.configuration()
        configuration.reclamation = reclaims ? .immediate : .off
        let walrus = try Walrus(configuration, on: place.storage)
        try walrus.append(
            batch: [[UInt8](repeating: 7, count: 100), [UInt8](repeating: 8, count: 400)], to: "t")
        #expect(try walrus.consume("t", 1).map { $0.payload } == [[1]])
        #expect(try place.dataFiles.count == (reclaims ? 1 : 2))
        place.storage.crash()
        try? walrus.close()
        place.storage.heal()
        try place.put(Self.files[1], [UInt8](repeating: 0, count: 600), at: Layout.unit - 600)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.map(\.found) == [1])
            #expect(try walrus.consume("t").map { $0.payload[0] } == [2])
        }
    }

    /// The same over two files. The first of them is lost whole.
    @Test func aTornOneGoesOverFiles() throws {
        let place = try Workplace()
        try place.putEntry(
            [1], "t", file: Self.files[0], slot: 0, stamp: EntryStamp(sequence: 1, timestamp: 1))
        try place.putEntry([9], "other", file: Self.files[1], slot: 98)
        try place.crashing { walrus throws in
            let size = Layout.unit - 1_000
            try walrus.append(
                batch: [[UInt8](repeating: 7, count: size), [UInt8](repeating: 8, count: size)],
                to: "t")
            #expect(try walrus.consume("t", 1).map { $0.payload } == [[1]])
        }
        #expect(try place.dataFiles.count == 2)
        try place.put(
            Self.files[1], [UInt8](repeating: 0, count: Layout.unit), at: 99 * Layout.unit)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.droppedBatches.map(\.found) == [1])
            #expect(try walrus.consume("t").isEmpty)
        }
    }
}
