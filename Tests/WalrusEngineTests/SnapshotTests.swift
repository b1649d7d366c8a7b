import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct SnapshotTests {
    private static let file = "1763670155020"

    /// A directory with something of everything: damage, cursors, several files, a topic that is gone.
    private func fill(_ place: Workplace) throws {
        for slot in 0..<40 {
            try place.putEntries(
                [[UInt8(slot), 1], [UInt8(slot), 2]], TopicName("topic \(slot % 7)"),
                file: "176367015502\(slot / 20)", slot: slot % 20)
        }
        try place.flip("1763670155020", at: 3 * Layout.unit + 256)
        try place.putEntries([[1]], "gone", file: "1763670155010", slot: 0)
        try place.session { walrus throws in
            try walrus.consume("gone")
            try walrus.consume("topic 3", 5)
            try walrus.consume("topic 4")
            try walrus.add(numbers(1...5), to: "topic 1")
            try walrus.add(["x"], to: "new")
            try walrus.markClean("topic 1")
        }
        #expect(try !place.dataFiles.contains("1763670155010"))
    }

    /// Everything that can be seen of an engine.
    private struct View: Hashable {
        let topics: [TopicStatus]
        let damage: [RecoveryReport.Damage]
        let next: [TopicName: Entry]
        let numbers: [UInt64]
        let counts: [Int]

        init(_ walrus: Walrus) throws {
            topics = walrus.topics()
            damage = walrus.recoveryReport.damage
            var next: [TopicName: Entry] = [:]
            for topic in topics {
                next[topic.name] = try walrus.readNext(topic.name, checkpoint: false)
            }
            self.next = next
            let report = walrus.recoveryReport
            counts = [report.files, report.blocks, report.entries, report.damageCount]
            numbers = []
        }
    }

    /// Anybody may give a file a time to come.
    @Test func aTimeToComeKeepsNoSnapshot() throws {
        let place = try Workplace()
        try place.session { try $0.add(["1"], to: "t") }
        let file = try #require(try place.dataFiles.first)
        try shell("touch -d 2035-01-01 '\(place.path)/\(file)'")
        try place.session { #expect(!$0.recoveryReport.isFromSnapshot) }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isFromSnapshot)
            try walrus.add(["2"], to: "t")
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isFromSnapshot)
            #expect(try walrus.texts("t") == ["1", "2"])
        }
        // What writes to it shows all the same.
        try place.putEntry([9], "u", file: file, slot: 1)
        try place.session { walrus throws in
            #expect(!walrus.recoveryReport.isFromSnapshot && walrus.unreadCount(of: "u") == 1)
        }
    }

    @Test func aCleanCloseSavesTheReading() throws {
        let place = try Workplace()
        try fill(place)
        #expect(try place.bytes(DirectoryNames.snapshot) != nil)
        let storage = ReadCountingStorage(place.path)
        let walrus = try Walrus(place.configuration(), on: storage)
        #expect(storage.dataReads == 0)
        #expect(walrus.recoveryReport.isFromSnapshot)
        // From now on it would be out of date.
        #expect(try place.bytes(DirectoryNames.snapshot) == nil)
        let view = try View(walrus)
        try walrus.close()
        try place.removeSnapshot()
        try place.session { walrus throws in
            #expect(!walrus.recoveryReport.isFromSnapshot)
            #expect(walrus.recoveryReport.snapshotRefusal == nil)
            #expect(try View(walrus) == view)
        }
    }

    /// Sessions one after another, opened with a snapshot and without one, cannot be told apart.
    @Test func workGoesOnAsAfterAScan() throws {
        var random = SeededRandom.fromEnvironment("workGoesOnAsAfterAScan")
        let places = [try Workplace(), try Workplace()]
        for place in places { try fill(place) }
        for round in 0..<6 {
            try places[1].removeSnapshot()
            var steps: [(TopicName, Bool, Int)] = []
            for _ in 0..<10 {
                let topic = TopicName("topic \(Int.random(in: 0..<8, using: &random))")
                steps.append(
                    (topic, Bool.random(using: &random), Int.random(in: 1...5, using: &random)))
            }
            var seen: [[[UInt8]]] = []
            for (index, place) in places.enumerated() {
                try place.session { walrus throws in
                    #expect(walrus.recoveryReport.isFromSnapshot == (index == 0))
                    var read: [[UInt8]] = []
                    for (topic, appends, count) in steps {
                        if appends {
                            let receipt = try walrus.append([UInt8(round), 7], to: topic)
                            read.append([UInt8(receipt.sequence), UInt8(receipt.ordinal)])
                        } else {
                            read += try walrus.consume(topic, count).map(\.payload)
                        }
                    }
                    seen.append(read)
                }
            }
            #expect(seen[0] == seen[1])
        }
    }

    // MARK: - Refused

    enum Touch: String, CaseIterable {
        case entry, time, copy, newFile, missingFile, cursorIndex, cleanIndex, journal, noJournal
        case flippedSnapshot, cutSnapshot, emptySnapshot, foreignBoot
    }

    @Test(arguments: Touch.allCases)
    func aDirectoryThatWasTouchedIsScanned(touch: Touch) throws {
        let place = try Workplace()
        let file = Self.file
        try place.putEntries([[1], [2], [3]], "t", file: file, slot: 0)
        try place.putEntries([[4]], "t", file: "1763670155021", slot: 0)
        try place.session { try $0.consume("t", 1) }
        let snapshot = try #require(try place.bytes(DirectoryNames.snapshot))
        var expected: [[UInt8]] = [[2], [3], [4]]
        switch touch {
        case .entry:
            try place.putEntry([5], "t", file: "1763670155021", slot: 0, at: 257)
            expected.append([5])
        case .time: try shell("touch \(place.path)/\(file)")
        case .copy: try shell("cd \(place.path) && cp -a \(file) x && mv x \(file)")
        case .newFile:
            try place.putEntries([[5]], "t", file: "1763670155022", slot: 0)
            expected.append([5])
        case .missingFile:
            try DiskStorage(place.path).remove("1763670155021")
            expected.removeLast()
        case .cursorIndex:
            try place.put(
                DirectoryNames.cursorIndex, CursorIndexImage.encode(["t": .chain(0, offset: 0)]))
            expected.insert([1], at: 0)
        case .cleanIndex:
            try place.put(
                DirectoryNames.cleanIndex,
                CleanIndexImage.encode(["t": CleanMark(isClean: false, generation: 9)]))
        case .journal:
            let image = try #require(try place.bytes(DirectoryNames.cursorJournal))
            try place.put(DirectoryNames.cursorJournal, [0], at: image.count)
        case .noJournal: try DiskStorage(place.path).remove(DirectoryNames.cursorJournal)
        case .flippedSnapshot: try place.flip(DirectoryNames.snapshot, at: snapshot.count / 2)
        case .cutSnapshot:
            try DiskFile(place.path.appending(DirectoryNames.snapshot), .readWrite)
                .truncate(to: snapshot.count - 5)
        case .emptySnapshot:
            try DiskFile(place.path.appending(DirectoryNames.snapshot), .readWrite)
                .truncate(to: 0)
        case .foreignBoot:
            var known = try SnapshotImage.decode(snapshot)
            known.boot = "another run of the system"
            try DiskStorage(place.path).remove(DirectoryNames.snapshot)
            try place.put(DirectoryNames.snapshot, SnapshotImage.encode(known))
        }
        try place.session { walrus throws in
            #expect(!walrus.recoveryReport.isFromSnapshot)
            #expect(walrus.recoveryReport.snapshotRefusal != nil)
            #expect(try walrus.consume("t").map(\.payload) == expected)
            #expect(walrus.isClean("t") == (touch != .cleanIndex))
        }
    }

    /// Where a scan would not find what is known, nothing is saved.
    /// It saves time and holds nothing else: on a full disk the close has done what it promises.
    @Test func aSnapshotThatCannotBeWrittenIsNoFailure() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.append([1], to: "t")
        place.storage.fail { _, name in name.hasSuffix(DirectoryNames.snapshot) ? .noSpace : nil }
        try walrus.close()
        place.storage.heal()
        #expect(try place.storage.contents(of: DirectoryNames.snapshot) == nil)
        try place.session { walrus throws in #expect(walrus.unreadCount(of: "t") == 1) }
    }

    @Test func noSnapshotOfWhatIsInDoubt() throws {
        // A sync that failed.
        var place = try Workplace()
        var walrus = try place.openFaulty(.strictlyAtOnce, .each)
        place.storage.fail { operation, name in
            operation == .sync && DataFileName(name) != nil ? .ioError : nil
        }
        #expect { try walrus.append([1], to: "t") } throws: { .io ~= $0 }
        place.storage.heal()
        #expect { try walrus.close() } throws: { .poisoned ~= $0 }
        #expect(try place.bytes(DirectoryNames.snapshot) == nil)
        // Remains that could not be erased.
        place = try Workplace()
        walrus = try place.openFaulty()
        try walrus.append([1], to: "t")
        place.storage.fail(after: 0, .short(.ioError))
        place.storage.fail { operation, _ in operation == .write ? .ioError : nil }
        #expect { try walrus.append([UInt8](repeating: 1, count: 999), to: "t") } throws: {
            .io ~= $0
        }
        place.storage.heal()
        try walrus.close()
        #expect(try place.bytes(DirectoryNames.snapshot) == nil)
        // Damage that showed while reading.
        place = try Workplace()
        walrus = try place.openFaulty()
        try walrus.add(["1", "2"], to: "t")
        try place.flip(try place.dataFiles[0], at: 256)
        #expect(try walrus.texts("t") == ["2"])
        try walrus.close()
        #expect(try place.bytes(DirectoryNames.snapshot) == nil)
    }

    /// A report lists only so much damage; an opening by the snapshot counts all of it all the same.
    @Test func moreDamageThanIsListed() throws {
        let place = try Workplace()
        var image: [UInt8] = []
        for _ in 0..<1_200 {
            // None has the checksum of its payload.
            image += EntryHeader(
                topic: "t", blockEnd: Layout.unit, checksum: 1, payloadLength: 4, stamp: nil
            ).encoded()
            image += [1, 2, 3, 4]
        }
        try place.put("1763670155020", image, size: Layout.fileSize)
        _ = try place.putEntry([5], "t", file: "1763670155020", slot: 1)
        for isFromSnapshot in [false, true, true] {
            try place.session { walrus throws in
                let report = walrus.recoveryReport
                #expect(report.isFromSnapshot == isFromSnapshot)
                #expect(report.damageCount == 1_200 && report.damage.count == 1_000)
                #expect(walrus.unreadCount(of: "t") == 1)
            }
        }
    }

    /// Without a sync the snapshot is good for this run of the system alone.
    @Test func anUnsyncedSnapshotEndsWithTheSystem() throws {
        func boot(_ schedules: [FsyncSchedule]) throws -> String {
            let place = try Workplace()
            for schedule in schedules {
                let walrus = try place.open(.strictlyAtOnce, schedule)
                if schedule == .never { try walrus.append([1], to: "t") }
                try walrus.close()
            }
            return try SnapshotImage.decode(
                try #require(try place.bytes(DirectoryNames.snapshot))
            ).boot
        }
        #expect(try boot([.never]) == Host.bootID)
        #expect(try boot([.never, .each]) == "")
        #expect(try boot([.never, .each, .never]) == Host.bootID)
    }

    /// No write is later than the snapshot's end: whatever crash comes, it is never older than data.
    @Test func aCrashWhileClosingLeavesNoOldSnapshot() throws {
        func run(_ failing: Int?) throws -> Int {
            let place = try Workplace()
            try place.session { try $0.add(numbers(1...3), to: "t") }
            let walrus = try place.openFaulty()
            let before = place.storage.operationCount
            if let failing { place.storage.fail(after: failing, .crash) }
            try? walrus.add(["4"], to: "t")
            _ = try? walrus.consume("t", 1)
            try? walrus.close()
            let count = place.storage.operationCount - before
            place.storage.heal()
            try place.session { walrus throws in
                let texts = try walrus.texts("t")
                // The last call before the crash may or may not have come through.
                #expect(texts.suffix(2) == (failing == 0 ? ["2", "3"] : ["3", "4"]))
                #expect([3, 4].contains(texts.count))
            }
            return count
        }
        let count = try run(nil)
        #expect(count > 10)
        for failing in 0..<count { _ = try run(failing) }
    }

    // MARK: - Hostile bytes

    @Test func hostileSnapshotsAreErrors() throws {
        var random = SeededRandom.fromEnvironment("hostileSnapshotsAreErrors")
        let place = try Workplace()
        try fill(place)
        let image = try #require(try place.bytes(DirectoryNames.snapshot))
        let known = try SnapshotImage.decode(image)
        #expect(SnapshotImage.encode(known) == image)
        #expect(known.topics.count == 8 && known.damage.count == 1)
        for _ in 0..<3_000 {
            var bytes = Array(image.dropLast(4))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 16..<bytes.count, using: &random)
                bytes[at] = [0, 1, 0x7f, 0xff, bytes[at] &+ 1].randomElement(using: &random)!
            }
            let crc = CRC32C.hash(bytes)
            for shift in stride(from: 0, to: 32, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: crc >> UInt32(shift)))
            }
            // It may well still be sound; it says what it says, then.
            if let snapshot = try? SnapshotImage.decode(bytes) {
                let isSame = SnapshotImage.encode(snapshot) == bytes
                #expect(isSame)
            }
        }
        for count in stride(from: 0, to: image.count, by: 7) {
            #expect { try SnapshotImage.decode(Array(image[..<count])) } throws: {
                $0 is FormatError
            }
        }
    }
}
