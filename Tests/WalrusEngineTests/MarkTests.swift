import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Marks in the journal: what they cost, and what they say after a crash.
@Suite struct MarkTests {
    /// The first append to a topic is one record, however many topics there are.
    @Test func aNewTopicCostsOneRecord() throws {
        func operations(_ topics: Int) throws -> [FaultyStorage.Operation: Int] {
            let place = try Workplace()
            let walrus = try place.openFaulty()
            // One block for all the room that is needed later, and a journal.
            for index in 0..<topics { try walrus.markDirty(TopicName("topic \(index)")) }
            try walrus.add(["1"], to: "old")
            let counts = Tally()
            place.storage.fail { operation, _ in
                counts.add(operation)
                return nil
            }
            try walrus.add(["1"], to: "new")
            let found = counts.values
            try walrus.close()
            return found
        }
        let few = try operations(5)
        #expect(few == [.write: 2])
        #expect(try operations(2_000) == few)
    }

    /// "Clean" is said while an entry is written: who said it knew nothing of the entry.
    @Test(arguments: [FsyncSchedule.never, .each]) func cleanDuringAnAppend(schedule: FsyncSchedule)
        throws
    {
        for isBatch in [false, true] {
            let place = try Workplace()
            let walrus = try place.openFaulty(.strictlyAtOnce, schedule)
            try walrus.append([1], to: "t")
            let calls = Tally()
            place.storage.fail { operation, name in
                guard operation == .write, DataFileName(name) != nil else { return nil }
                if calls.values.isEmpty {
                    calls.add(operation)
                    Thread { try? walrus.markClean("t") }.join()
                }
                return nil
            }
            if isBatch {
                try walrus.append(batch: [[2], [3]], to: "t")
            } else {
                try walrus.append([2], to: "t")
            }
            #expect(calls.values == [.write: 1] && !walrus.isClean("t"))
            place.storage.crash()
            try? walrus.close()
            place.storage.heal()
            try place.session { #expect(!$0.isClean("t")) }
        }
    }

    @Test func marksSurviveACrash() throws {
        let place = try Workplace()
        try place.crashing { walrus throws in
            try walrus.add(["1"], to: "dirty")
            try walrus.add(["1"], to: "clean")
            try walrus.markClean("clean")
        }
        #expect(try place.bytes(DirectoryNames.cleanIndex) == nil)
        let seen = try #require(try Scanner(place.path).scan())
        #expect(seen.topic("dirty")?.mark == CleanMark(isClean: false, generation: 1))
        #expect(seen.topic("clean")?.mark == CleanMark(isClean: true, generation: 2))
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean && walrus.recoveryReport.journalRecords == 3)
            #expect(!walrus.isClean("dirty") && walrus.isClean("clean"))
        }
        let image = try #require(try place.bytes(DirectoryNames.cleanIndex))
        #expect(
            try CleanIndexImage.decode(image) == [
                "dirty": CleanMark(isClean: false, generation: 1),
                "clean": CleanMark(isClean: true, generation: 2),
            ])
    }

    /// A mark is synced where the entry will be before its append returns, and by those who ask.
    @Test func marksAreSyncedWithTheirEntries() throws {
        func syncs(_ schedule: FsyncSchedule) throws -> Int {
            let place = try Workplace()
            let walrus = try place.openFaulty(.strictlyAtOnce, schedule)
            try walrus.markDirty("first")
            let count = Counter()
            place.storage.fail { operation, name in
                if operation == .sync, name == DirectoryNames.cursorJournal { count.add() }
                return nil
            }
            try walrus.add(["1"], to: "t")
            let found = count.value
            try walrus.markClean("t")
            #expect(count.value == found + 1)
            try walrus.close()
            return found
        }
        #expect(try syncs(.each) == 1)
        #expect(try syncs(.never) == 0)
        #expect(try syncs(.milliseconds(60_000)) == 0)
    }

    /// The background sync makes marks durable before entries.
    @Test func theFlusherSyncsMarksFirst() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .milliseconds(5))
        try walrus.markDirty("first")
        let names = Names()
        let seen = Event()
        place.storage.fail { operation, name in
            if operation == .sync {
                names.add(name)
                if DataFileName(name) != nil { seen.set() }
            }
            return nil
        }
        try walrus.add(["1"], to: "t")
        #expect(seen.wait(nanoseconds: 10_000_000_000))
        #expect(names.values.first == DirectoryNames.cursorJournal)
        try walrus.close()
    }

    /// Another engine has changed the index since: dirty wins, and it is reported.
    @Test func dirtyWins() throws {
        let place = try Workplace()
        try place.crashing { walrus throws in
            for topic in ["a", "b", "c"] as [TopicName] { try walrus.markDirty(topic) }
            try walrus.markClean("b")
        }
        let other =
            [
                "a": CleanMark(isClean: true, generation: 4),
                "b": CleanMark(isClean: false, generation: 7),
                "d": CleanMark(isClean: false, generation: 1),
            ] as [TopicName: CleanMark]
        try place.put(DirectoryNames.cleanIndex, CleanIndexImage.encode(other))
        let seen = try #require(try Scanner(place.path).scan())
        for round in 1...2 {
            try place.session { walrus throws in
                #expect(
                    walrus.recoveryReport.reconciledMarks == (round == 1 ? ["a", "b"] : []))
                for topic in ["a", "b", "c", "d"] as [TopicName] {
                    #expect(!walrus.isClean(topic))
                    #expect(seen.topic(topic)?.isClean == false)
                }
            }
        }
        try place.session { try $0.markClean("a") }
        let image = try #require(try place.bytes(DirectoryNames.cleanIndex))
        #expect(
            try CleanIndexImage.decode(image)["a"] == CleanMark(isClean: true, generation: 5))
    }

    @Test func aMarkThatFailsIsNotSet() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.markDirty("t")
        for fault in [FaultyStorage.Fault.error(.noSpace), .short(.ioError)] {
            place.storage.fail(after: 0, fault)
            #expect { try walrus.markClean("t") } throws: { .io ~= $0 }
            #expect(!walrus.isClean("t"))
        }
        try walrus.markClean("t")
        place.storage.crash()
        try? walrus.close()
        place.storage.heal()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean && walrus.isClean("t"))
        }
    }
}
