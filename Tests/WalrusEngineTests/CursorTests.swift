import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct CursorTests {
    /// Polling a drained topic moves no cursor.
    @Test func f02() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.add(numbers(1...10), to: "t")
            #expect(try walrus.texts("t").count == 10)
            for _ in 1...5 {
                #expect(try walrus.readNext("t", checkpoint: true) == nil)
                #expect(try walrus.readBatch("t", maxBytes: .max, checkpoint: true) == [])
            }
        }
        try place.crashing { walrus throws in
            for _ in 1...5 { #expect(try walrus.readNext("t", checkpoint: true) == nil) }
            #expect(walrus.unreadCount(of: "t") == 0)
        }
        try place.session { walrus throws in
            for _ in 1...5 { #expect(try walrus.readNext("t", checkpoint: true) == nil) }
            try walrus.add(["11"], to: "t")
        }
        try place.session { walrus throws in #expect(try walrus.texts("t") == ["11"]) }
    }

    /// Peeking at the end of a finished block touches nothing.
    @Test func f07() throws {
        let place = try Workplace()
        let file = "1763670155020"
        try place.putEntry([1], "t", file: file, slot: 0)
        try place.putEntry([2], "t", file: file, slot: 1)
        try place.session { walrus throws in
            try walrus.consume("t", 1)
            for _ in 1...110 {
                #expect(try walrus.readNext("t", checkpoint: false)?.payload == [2])
            }
        }
        #expect(try place.dataFiles == [file])
        try place.session { walrus throws in
            #expect(try walrus.consume("t").map(\.payload) == [[2]])
        }
    }

    @Test func strictCursorsSurviveACrash() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(numbers(1...10), to: "t") }
        for round in 0..<3 {
            try place.crashing { walrus throws in
                #expect(try walrus.texts("t", 2) == numbers(2 * round + 1...2 * round + 2))
            }
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.journalRecords == 6)
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.texts("t") == numbers(7...10))
        }
    }

    @Test func atLeastOnceDeliversFewAgainAndSkipsNone() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(numbers(1...20), to: "t") }
        try place.crashing(.atLeastOnce(persistEvery: 4)) { walrus throws in
            #expect(try walrus.texts("t", 7) == numbers(1...7))
        }
        // What was recorded last is the fourth, when the fifth was asked for.
        try place.session(.atLeastOnce(persistEvery: 100)) { walrus throws in
            #expect(try walrus.texts("t", 8) == numbers(5...12))
        }
        // A close loses none.
        try place.session { walrus throws in #expect(try walrus.texts("t") == numbers(13...20)) }
    }

    /// A crash between a cursor's record and the return of the call: what the caller never got comes
    /// again, unless that was to be at most once.
    @Test(arguments: [ReadConsistency.strictlyAtOnce, .atLeastOnce(persistEvery: 3)])
    func aReadThatNeverReturns(consistency: ReadConsistency) throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(numbers(1...20), to: "t") }
        let walrus = try place.openFaulty(consistency)
        let isDead = Atomic(false)
        place.storage.fail { operation, name in
            // The record is written; from its sync on nothing works.
            if operation == .sync, name == DirectoryNames.cursorJournal {
                isDead.store(true, ordering: .relaxed)
            }
            return isDead.load(ordering: .relaxed) ? .ioError : nil
        }
        var got: [String] = []
        while let next = try? walrus.texts("t", 1).first { got.append(next) }
        place.storage.crash()
        try? walrus.close()
        #expect(got.count == (consistency == .strictlyAtOnce ? 0 : 3))
        let isStrict = consistency == .strictlyAtOnce
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.journalRecords == 1)
            #expect(try walrus.texts("t") == numbers((isStrict ? 2 : 4)...20))
        }
    }

    @Test func closingWritesWhatTheReferenceReads() throws {
        let place = try Workplace()
        let file = "1763670155020"
        try place.putEntry([1], "two", file: file, slot: 0)
        try place.putEntry([9], "other", file: file, slot: 1)
        try place.putEntry([2, 2], "two", file: file, slot: 2)
        try place.session { walrus throws in try walrus.consume("two") }
        let image = try #require(try place.bytes(DirectoryNames.cursorIndex))
        #expect(try CursorIndexImage.decode(image) == ["two": .chain(1, offset: 258)])
        // And there is a fresh journal.
        let journal = try #require(try place.bytes(DirectoryNames.cursorJournal))
        #expect(
            journal
                == CursorJournal.encodeHeader(
                    cursors: .init(index: image),
                    marks: .init(index: try place.bytes(DirectoryNames.cleanIndex))))
        // Nothing read, nothing written.
        try place.session { walrus throws in #expect(walrus.unreadCount(of: "other") == 1) }
        #expect(try place.bytes(DirectoryNames.cursorIndex) == image)
    }

    @Test func theJournalIsCompacted() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(journalSizeMax: 400)
        try walrus.add(numbers(1...100), to: "t")
        for number in 1...100 {
            #expect(try walrus.texts("t", 1) == [String(number)])
            #expect(try #require(try place.bytes(DirectoryNames.cursorJournal)).count <= 400)
        }
        try walrus.close()
    }

    // MARK: - The two files disagree

    @Test func aDeletedIndexMeansTheStart() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.add(numbers(1...4), to: "t")
            #expect(try walrus.texts("t", 2).count == 2)
        }
        try place.crashing { walrus throws in #expect(try walrus.texts("t", 1) == ["3"]) }
        try DiskStorage(place.path).remove(DirectoryNames.cursorIndex)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.reconciliations.map(\.topic) == ["t"])
            #expect(try walrus.texts("t") == numbers(1...4))
        }
    }

    @Test func theEarlierCursorCounts() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            for topic in ["back", "on", "same"] as [TopicName] {
                try walrus.add(numbers(1...4), to: topic)
            }
        }
        try place.crashing { walrus throws in
            for topic in ["back", "on", "same"] as [TopicName] { try walrus.consume(topic, 2) }
        }
        // Another engine, that knows no journal, writes the index.
        let image = CursorIndexImage.encode([
            "back": .chain(0, offset: 257), "on": .chain(0, offset: 3 * 257),
            "same": .chain(0, offset: 2 * 257),
        ])
        try place.put(DirectoryNames.cursorIndex, image)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.reconciliations.map(\.topic) == ["back", "on"])
            #expect(try walrus.texts("back") == numbers(2...4))
            #expect(try walrus.texts("on") == numbers(3...4))
            #expect(try walrus.texts("same") == numbers(3...4))
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.unreadCounts() == ["back": 0, "on": 0, "same": 0])
        }
    }

    /// A cursor that fits no entry is settled before anything is appended that it could fit.
    @Test func aCursorBehindTheEndSkipsNothing() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(numbers(1...3), to: "t") }
        let image = CursorIndexImage.encode(["t": .chain(0, offset: 5 * 257)])
        try place.put(DirectoryNames.cursorIndex, image)
        try place.crashing { walrus throws in
            #expect(walrus.recoveryReport.reconciliations.count == 1)
            try walrus.add(numbers(4...6), to: "t")
        }
        try place.session { walrus throws in
            #expect(try walrus.texts("t").suffix(3) == ["4", "5", "6"])
        }
    }

    @Test func aCursorWithoutBlocksIsForgotten() throws {
        let place = try Workplace()
        let image = CursorIndexImage.encode(["t": .chain(0, offset: 257)])
        try place.put(DirectoryNames.cursorIndex, image)
        try place.crashing { walrus throws in
            #expect(walrus.topics().map(\.name) == ["t"])
            try walrus.add(numbers(1...3), to: "t")
        }
        try place.session { walrus throws in #expect(try walrus.texts("t") == numbers(1...3)) }
    }

    // MARK: - Damage

    /// What a crash left of the last record, or whatever else stands there, is cut off before the
    /// next record is written: it would be in the way of all that follow.
    @Test(arguments: [0, 300])
    func aTornRecordIsIgnoredAndOverwritten(garbage: Int) throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(numbers(1...5), to: "t") }
        try place.crashing { walrus throws in try walrus.consume("t", 2) }
        let journal = try #require(try place.bytes(DirectoryNames.cursorJournal))
        let torn = try CursorJournal.decode(journal).end - 5
        let file = try DiskFile(place.path.appending(DirectoryNames.cursorJournal), .readWrite)
        try file.truncate(to: torn)
        try place.put(
            DirectoryNames.cursorJournal, [UInt8](repeating: 0xaa, count: garbage), at: torn)
        try place.crashing { walrus throws in
            #expect(walrus.recoveryReport.journalTail != nil)
            #expect(try walrus.texts("t", 2) == ["2", "3"])
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.texts("t") == ["4", "5"])
        }
    }

    /// A record that could not be written whole is taken back at once.
    @Test func aFailedRecordLeavesNoRemains() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(numbers(1...5), to: "t") }
        try place.crashing { walrus throws in
            try walrus.consume("t", 1)
            place.storage.fail(after: 0, .short(.noSpace))
            #expect { try walrus.consume("t", 1) } throws: { .io ~= $0 }
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.texts("t") == numbers(2...5))
        }
    }

    @Test func theSoundPartOfADamagedJournalCounts() throws {
        let place = try Workplace()
        try place.session { walrus throws in try walrus.add(numbers(1...5), to: "t") }
        try place.crashing { walrus throws in try walrus.consume("t", 4) }
        // Into the third record.
        try place.flip(DirectoryNames.cursorJournal, at: CursorJournal.headerSize + 2 * 56 + 20)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.journalRecords == 2)
            #expect(walrus.recoveryReport.journalTail != nil)
            #expect(try walrus.texts("t") == numbers(3...5))
        }
    }

    @Test func aJournalBeyondUseIsSetAside() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.add(numbers(1...3), to: "t")
            try walrus.consume("t", 1)
        }
        try place.flip(DirectoryNames.cursorJournal, at: 3)
        try place.session { walrus throws in
            #expect(
                walrus.recoveryReport.setAside.map(\.newName)
                    == ["damaged1_cursor_journal_index.db"])
            #expect(try walrus.texts("t") == ["2", "3"])
        }
    }

    /// Damaged index files are set aside, and what they held is not used. Nil: they are cut.
    @Test(arguments: [[UInt8](repeating: 0xff, count: 100), [1, 2, 3], nil])
    func f23(garbage: [UInt8]?) throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.add(numbers(1...3), to: "t")
            try walrus.consume("t", 2)
        }
        var damaged: [String: [UInt8]] = [:]
        for name in [DirectoryNames.cursorIndex, DirectoryNames.cleanIndex] {
            let image = try #require(try place.bytes(name))
            damaged[name] = garbage ?? Array(image.dropLast(image.count / 2))
            try DiskStorage(place.path).remove(name)
            try place.put(name, damaged[name] ?? [])
        }
        try place.session { walrus throws in
            let aside = walrus.recoveryReport.setAside
            #expect(Set(aside.map(\.name)).count == 2)
            for file in aside {
                #expect(file.newName.hasSuffix("_index.db"))
                #expect(try place.bytes(file.newName) == damaged[file.name])
            }
            #expect(walrus.isClean("t"))
            #expect(try walrus.texts("t") == numbers(1...3))
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.unreadCount(of: "t") == 0)
        }
    }

    // MARK: - Marks

    @Test func marksCountTheirChanges() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            #expect(walrus.isClean("t"))
            try walrus.markClean("t")
            #expect(try place.bytes(DirectoryNames.cleanIndex) == nil)
            try walrus.add(["1", "2"], to: "t")
            #expect(!walrus.isClean("t"))
            try walrus.markClean("t")
            try walrus.markClean("t")
            #expect(walrus.isClean("t"))
            try walrus.markDirty("other")
        }
        let image = try #require(try place.bytes(DirectoryNames.cleanIndex))
        #expect(
            try CleanIndexImage.decode(image) == [
                "t": CleanMark(isClean: true, generation: 2),
                "other": CleanMark(isClean: false, generation: 1),
            ])
        try place.session { walrus throws in
            #expect(walrus.isClean("t") && !walrus.isClean("other"))
            #expect(walrus.topics().map(\.name) == ["other", "t"])
        }
    }
}
