import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct ReclamationTests {
    /// Three data files; new blocks go to the last one.
    private static let files = ["1763670155020", "1763670155021", "1763670155022"]

    /// `a` and `b` have blocks in all files, `c` in the first alone.
    private func fill(_ place: Workplace) throws {
        for (index, file) in Self.files.enumerated() {
            let number = UInt8(index)
            try place.putEntries([[1, number], [2, number]], "a", file: file, slot: 0)
            try place.putEntries([[3, number]], "b", file: file, slot: 1)
            if index == 0 { try place.putEntries([[4, number]], "c", file: file, slot: 2) }
        }
    }

    @Test func f25FilesOfEarlierSessionsGo() throws {
        let place = try Workplace()
        try fill(place)
        try place.session { walrus throws in
            try walrus.consume("a", 4)
            try walrus.consume("b", 2)
        }
        #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
        // The last reader of the first file comes in a later session.
        try place.session { walrus throws in
            try walrus.consume("c")
            #expect(try place.dataFiles == [Self.files[2]])
            #expect(try walrus.consume("a").map(\.payload) == [[1, 2], [2, 2]])
            #expect(walrus.unreadCounts() == ["a": 0, "b": 1, "c": 0])
        }
        // What is consumed already goes when the directory is opened.
        try place.put("1763670155023", [], size: Layout.fileSize)
        try place.session { walrus throws in try walrus.consume("b") }
        try place.session { walrus throws in #expect(walrus.topics().allSatisfy { $0.unread == 0 })
        }
        #expect(try place.dataFiles == ["1763670155023"])
    }

    /// The reference's index counts blocks: it must count without those that are gone.
    @Test func f06CursorsStayWhereTheyAre() throws {
        let place = try Workplace()
        try fill(place)
        try place.session { walrus throws in
            try walrus.consume("a", 3)
            try walrus.consume("b", 1)
            try walrus.consume("c")
            #expect(try place.dataFiles == Array(Self.files[1...]))
            #expect(walrus.status("a")?.entries == 4)
            #expect(try walrus.readNext("a", checkpoint: false)?.ordinal == 2)
            // The index is right before anything else is recorded.
            let image = try #require(try place.bytes(DirectoryNames.cursorIndex))
            #expect(
                try CursorIndexImage.decode(image) == [
                    "a": .chain(0, offset: 258), "b": .chain(0, offset: 0),
                    "c": .chain(0, offset: 0),
                ])
        }
        for name in [DirectoryNames.cursorJournal, DirectoryNames.snapshot] {
            try DiskStorage(place.path).remove(name)
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume("a").map(\.payload) == [[2, 1], [1, 2], [2, 2]])
            #expect(try walrus.consume("b").map(\.payload) == [[3, 1], [3, 2]])
        }
    }

    /// A file in the middle goes; what is behind it and before it stays in order.
    @Test func aFileInTheMiddleGoes() throws {
        let place = try Workplace()
        try fill(place)
        try place.crashing { walrus throws in
            try walrus.consume("a", 5)
            try walrus.consume("b", 2)
            #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
            #expect(try walrus.append([9], to: "a").ordinal == 5)
        }
        try place.session { walrus throws in
            #expect(try walrus.consume("a").map(\.payload) == [[2, 2], [9]])
            #expect(try walrus.consume("b").map(\.payload) == [[3, 2]])
            #expect(try walrus.consume("c").map(\.payload) == [[4, 0]])
        }
    }

    /// A gap in the numbers that reclamation leaves is no damage; any other is still one.
    @Test func aGapThatWasReadIsNoFinding() throws {
        let place = try Workplace()
        for (index, file) in Self.files.enumerated() {
            try place.putEntry(
                [1], "t", file: file, slot: 0,
                stamp: EntryStamp(sequence: UInt64(index + 1), timestamp: 1))
        }
        try place.putEntry([1], "u", file: Self.files[0], slot: 1)
        func gaps() throws -> Int {
            try #require(try Scanner(place.path).scan()).findings.count { $0.kind == .sequenceGap }
        }
        try DiskStorage(place.path).rename(Self.files[1], to: "aside_index.db")
        #expect(try gaps() == 1)
        try DiskStorage(place.path).rename("aside_index.db", to: Self.files[1])
        try place.session { walrus throws in try walrus.consume("t", 2) }
        #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
        #expect(try gaps() == 0)
    }

    /// Peeks, however many, take nothing away.
    @Test func f07PeeksDeleteNothing() throws {
        let place = try Workplace()
        try place.putEntries([[1]], "t", file: Self.files[0], slot: 0)
        try place.putEntries([[2]], "t", file: Self.files[1], slot: 0)
        try place.session { walrus throws in
            for _ in 1...110 {
                #expect(try walrus.readNext("t", checkpoint: false)?.payload == [1])
            }
            #expect(try walrus.reclaim().files == [])
        }
        #expect(try place.dataFiles == Array(Self.files[..<2]))
    }

    @Test func offMeansByHand() throws {
        let place = try Workplace()
        try fill(place)
        var configuration = place.configuration()
        configuration.reclamation = .off
        for _ in 1...2 {
            let walrus = try Walrus(configuration)
            for topic in ["a", "b", "c"] as [TopicName] { try walrus.consume(topic) }
            try walrus.close()
        }
        #expect(try place.dataFiles == Self.files)
        let walrus = try Walrus(configuration)
        let report = try walrus.reclaim()
        #expect(report.files.map(\.text) == Array(Self.files[..<2]) && report.failures == [:])
        let second = try walrus.reclaim()
        #expect(second.files == [] && second.failures == [:])
        try walrus.close()
        #expect { try walrus.reclaim() } throws: { .closed ~= $0 }
        #expect(try place.dataFiles == [Self.files[2]])
    }

    /// The file that new blocks go to stays until its last slot is used.
    @Test func theFileThatIsFilledStays() throws {
        let place = try Workplace()
        for slot in 0..<98 { try place.putEntries([[1]], "t", file: Self.files[0], slot: slot) }
        try place.session { walrus throws in
            try walrus.consume("t")
            try walrus.append([2], to: "u")
            try walrus.consume("u")
            #expect(try place.dataFiles == [Self.files[0]])
            try walrus.append([3], to: "v")
            #expect(try place.dataFiles == [Self.files[0]])
            try walrus.consume("v")
            #expect(try place.dataFiles == [])
            #expect(walrus.topics().map(\.entries) == [0, 0, 0])
        }
        try place.session { walrus throws in
            #expect(try walrus.append([2], to: "u").sequence == 2)
        }
    }

    /// A file that is left with a slot free goes although nobody reads any more.
    @Test func aFileThatIsLeftGoes() throws {
        let place = try Workplace()
        for slot in 0..<99 { try place.putEntries([[1]], "t", file: Self.files[0], slot: slot) }
        try place.session { walrus throws in
            try walrus.consume("t")
            #expect(try place.dataFiles == [Self.files[0]])
            try walrus.append([UInt8](repeating: 1, count: Layout.unit), to: "big")
            #expect(try !place.dataFiles.contains(Self.files[0]))
        }
    }

    // MARK: - Damage

    /// What was never read and may be worth a look keeps its file, whatever the cursor has passed:
    /// a damaged entry, a header that says nothing, an entry behind a wiped header.
    @Test(arguments: ["payload", "last of a full block", "header", "wiped", "found while open"])
    func whatWasNeverReadKeepsItsFile(damage: String) throws {
        let place = try Workplace()
        let large = [UInt8](repeating: 7, count: Layout.unit - 2 * 257 - 256)
        try place.putEntries([[1], [2], large], "t", file: Self.files[0], slot: 0)
        let second = 257
        try place.putEntries([[3]], "t", file: Self.files[1], slot: 0)
        func harm() throws {
            switch damage {
            case "last of a full block": try place.flip(Self.files[0], at: 2 * 257 + 300)
            case "header":
                try place.put(Self.files[0], [UInt8](repeating: 0xff, count: 256), at: second)
            case "wiped":
                try place.put(Self.files[0], [UInt8](repeating: 0, count: 256), at: second)
            default: try place.flip(Self.files[0], at: second + 256)
            }
        }
        if damage != "found while open" { try harm() }
        for round in 1...2 {
            try place.session { walrus throws in
                if round == 1, damage == "found while open" { try harm() }
                try walrus.consume("t")
                #expect(walrus.unreadCount(of: "t") == 0)
                #expect(try walrus.reclaim().files == [])
                try walrus.append([UInt8(round)], to: "t")
            }
            let state = try #require(try Scanner(place.path).scan())
            #expect(ReclaimForecast(state).files[0].obstacle == .damage(slot: 0))
        }
        #expect(try place.dataFiles.first == Self.files[0])
    }

    /// What a crash tore at a topic's end was never acknowledged: a page of it is not there. It counts
    /// as read once the cursor has passed it; a bit that is wrong is no such thing.
    @Test(arguments: [true, false])
    func aTornEntryKeepsItsFileUntilItIsPassed(isTorn: Bool) throws {
        let place = try Workplace()
        let large = [UInt8](repeating: 2, count: 10_000)
        try place.putEntries([[1], large], "t", file: Self.files[0], slot: 0)
        if isTorn {
            try place.put(Self.files[0], [UInt8](repeating: 0, count: 4_096), at: 4_096)
        } else {
            try place.flip(Self.files[0], at: 5_000)
        }
        try place.putEntries([[9]], "u", file: Self.files[1], slot: 0)
        try place.session { walrus throws in
            #expect(try walrus.consume("t").map(\.payload) == [[1]])
            #expect(try walrus.reclaim().files == [])
            try walrus.append([3], to: "t")
            #expect(try walrus.reclaim().files == [])
            #expect(try walrus.consume("t").map(\.payload) == [[3]])
        }
        #expect(try place.dataFiles == (isTorn ? [Self.files[1]] : Array(Self.files.prefix(2))))
    }

    /// At least once: neither an append that ends a file, nor another topic's reader, nor `reclaim`
    /// takes away what a call handed out last, and none records it.
    @Test func whatWasHandedOutLastIsNotReclaimed() throws {
        let place = try Workplace()
        try place.putEntries([[1], [2]], "t", file: Self.files[0], slot: 0)
        try place.putEntries([[8]], "other", file: Self.files[0], slot: 1)
        try place.putEntries([[3], [4]], "t", file: Self.files[1], slot: 0)
        try place.crashing(.atLeastOnce(persistEvery: 10)) { walrus throws in
            #expect(try walrus.consume("other").count == 1)
            #expect(try walrus.readBatch("t", maxBytes: 2, checkpoint: true).count == 2)
            #expect(try walrus.reclaim().files == [])
            #expect(try walrus.readBatch("t", maxBytes: 2, checkpoint: true).count == 2)
            // The first call's entries have reached whoever makes the second.
            #expect(try place.dataFiles.first == Self.files[1])
            #expect(walrus.unreadCount(of: "t") == 0)
        }
        try place.session { walrus throws in
            #expect(try walrus.consume("t").map(\.payload) == [[3], [4]])
        }
    }

    /// What is missing between two files was read and went with the one between them.
    @Test func aReclaimedFileLeavesNoGap() throws {
        let place = try Workplace()
        func stamp(_ number: UInt64) -> EntryStamp { EntryStamp(sequence: number, timestamp: 1) }
        try place.putEntry([1], "t", file: Self.files[0], slot: 0, stamp: stamp(1))
        try place.putEntries([[8]], "holder", file: Self.files[0], slot: 1)
        try place.putEntry([2], "t", file: Self.files[1], slot: 0, stamp: stamp(2))
        try place.putEntries([[9]], "holder", file: Self.files[2], slot: 0)
        try place.session { walrus throws in
            #expect(try walrus.consume("t").map(\.payload) == [[1], [2]])
            try walrus.append([3], to: "t")
        }
        #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
        try place.removeSnapshot()
        #expect(try #require(try Scanner(place.path).scan()).findings.isEmpty)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.gapCount == 0)
            #expect(try walrus.consume("t").map(\.payload) == [[3]])
        }
    }

    @Test func whatNobodyCanReadKeepsItsFile() throws {
        let place = try Workplace()
        try place.putEntries([[1]], "t", file: Self.files[0], slot: 0)
        try place.put(Self.files[0], [0xff], at: 5 * Layout.unit)
        try place.put(Self.files[1], [1, 2, 3], size: 5_000)
        try place.putEntries([[2]], "t", file: Self.files[2], slot: 0)
        for _ in 1...2 {
            try place.session { walrus throws in
                try walrus.consume("t")
                #expect(try walrus.reclaim().files == [])
            }
        }
        #expect(try place.dataFiles == Self.files)
    }

    // MARK: - Numbers

    /// A topic without blocks goes on counting, whatever happens to the journal in between.
    @Test(arguments: ["t", String(repeating: "long", count: 50)])
    func numbersAreNeverUsedAgain(name: String) throws {
        let place = try Workplace()
        let topic = TopicName(name)
        try place.putEntries([[1]], "filler", file: Self.files[0], slot: 0)
        var last = try place.session { walrus throws in
            try walrus.add(numbers(1...10), to: topic)
            return try walrus.append([], to: topic)
        }
        for round in 0..<4 {
            // Makes the file one that is left.
            try place.putEntries([[1]], "filler", file: "176367015503\(round)", slot: 0)
            if round == 1 {
                try place.crashing { walrus throws in try walrus.consume(topic) }
            } else {
                try place.session { walrus throws in
                    try walrus.consume(topic)
                    try walrus.consume("filler")
                }
            }
            try place.session { walrus throws in
                if round == 0 { #expect(walrus.status(topic)?.blocks == 0) }
                #expect(walrus.unreadCount(of: topic) == 0)
                let next = try walrus.append([1], to: topic)
                #expect(next.sequence == last.sequence + 1)
                #expect(next.timestamp >= last.timestamp)
                last = next
                #expect(try walrus.readNext(topic, checkpoint: false)?.payload == [1])
            }
        }
    }

    /// A batch whose first entries were consumed, and are gone, is not one that a crash cut short.
    @Test func aBatchThatIsHalfReadIsWhole() throws {
        let place = try Workplace()
        func stamp(_ index: Int) -> EntryStamp {
            EntryStamp(batchIndex: index, batchCount: 3, sequence: UInt64(2 + index), timestamp: 7)
        }
        try place.putEntry([0], "u", file: Self.files[0], slot: 5)
        try place.putEntry(
            [1], "t", file: Self.files[0], slot: 0,
            stamp: EntryStamp(sequence: 1, timestamp: 7))
        try place.putEntry([2], "t", file: Self.files[1], slot: 0, stamp: stamp(0))
        let next = try place.putEntry([3], "t", file: Self.files[2], slot: 0, stamp: stamp(1))
        try place.putEntry([4], "t", file: Self.files[2], slot: 0, at: next, stamp: stamp(2))
        try place.session { walrus throws in
            #expect(try walrus.consume("t", 2).map(\.payload) == [[1], [2]])
            #expect(try place.dataFiles == [Self.files[0], Self.files[2]])
        }
        try place.removeSnapshot()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume("t").map(\.payload) == [[3], [4]])
        }
    }

    // MARK: - Failures

    @Test func aFileThatCannotBeDeletedIsTriedAgain() throws {
        let place = try Workplace()
        try fill(place)
        let walrus = try place.openFaulty()
        place.storage.fail { operation, _ in operation == .remove ? .notPermitted : nil }
        try walrus.consume("a", 4)
        try walrus.consume("b", 1)
        try walrus.consume("c")
        let file = try #require(DataFileName(Self.files[0]))
        #expect(walrus.reclamationFailures[file]?.errno == .notPermitted)
        #expect(walrus.status("a")?.entries == 4)
        #expect(try walrus.reclaim().failures.keys.contains(file))
        // Cursors are exact although the index on disk counts without the file.
        try walrus.consume("a", 1)
        place.storage.crash()
        try? walrus.close()
        place.storage.heal()
        #expect(try place.dataFiles == Self.files)
        let again = try place.openFaulty()
        #expect(again.recoveryReport.isClean && again.reclamationFailures == [:])
        #expect(try place.dataFiles == Array(Self.files[1...]))
        #expect(try again.consume("a").map(\.payload) == [[2, 2]])
        #expect(try again.consume("b").map(\.payload) == [[3, 1], [3, 2]])
        try again.close()
    }

    /// A close with a file that cannot be deleted: the cursors are exact with it and without it.
    @Test(arguments: [true, false])
    func aFileThatOutlivesAClose(comesBack: Bool) throws {
        let place = try Workplace()
        try fill(place)
        let walrus = try place.openFaulty()
        place.storage.fail { operation, name in
            operation == .remove && DataFileName(name) != nil ? .notPermitted : nil
        }
        try walrus.consume("a", 3)
        try walrus.consume("b", 1)
        try walrus.consume("c")
        try walrus.close()
        place.storage.heal()
        #expect(try place.bytes(DirectoryNames.snapshot) == nil)
        if !comesBack { try DiskStorage(place.path).remove(Self.files[0]) }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume("a").map(\.payload) == [[2, 1], [1, 2], [2, 2]])
            #expect(try walrus.consume("b").map(\.payload) == [[3, 1], [3, 2]])
            #expect(walrus.unreadCount(of: "c") == 0)
        }
    }

    /// Nothing goes while cursors cannot be made durable.
    @Test func nothingGoesWithoutDurableCursors() throws {
        let place = try Workplace()
        try fill(place)
        let walrus = try place.openFaulty(.atLeastOnce(persistEvery: 1_000))
        place.storage.fail { operation, name in
            operation == .sync && name.hasSuffix("_index.db") ? .ioError : nil
        }
        try walrus.consume("a", 4)
        // With the second one, the first has reached its reader.
        try walrus.consume("b", 2)
        try walrus.consume("c")
        #expect(try place.dataFiles == Self.files)
        #expect(!walrus.reclamationFailures.isEmpty)
        #expect { try walrus.reclaim() } throws: { .io ~= $0 }
        place.storage.heal()
        #expect(try walrus.reclaim().files.count == 1)
        #expect(walrus.reclamationFailures == [:])
        try walrus.close()
        try place.session { walrus throws in
            #expect(try walrus.consume("a").map(\.payload) == [[1, 2], [2, 2]])
            #expect(try walrus.consume("b").map(\.payload) == [[3, 2]])
        }
    }
}

extension Workplace {
    /// Writes entries as the reference would, from a block's start.
    func putEntries(_ payloads: [[UInt8]], _ topic: TopicName, file: String, slot: Int) throws {
        var at = 0
        for payload in payloads {
            at = try putEntry(payload, topic, file: file, slot: slot, at: at)
        }
    }

    func removeSnapshot() throws {
        if try bytes(DirectoryNames.snapshot) != nil {
            try DiskStorage(path).remove(DirectoryNames.snapshot)
        }
    }
}
