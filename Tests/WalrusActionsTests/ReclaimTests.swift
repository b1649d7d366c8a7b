import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct ReclaimTests {
    /// What is known of every topic: entries and unread ones.
    static func counts(_ path: FilePath) throws -> [TopicName: [Int]] {
        let state = try #require(try Scanner(path).scan())
        var counts: [TopicName: [Int]] = [:]
        for topic in state.topics { counts[topic.name] = [topic.entries, topic.unread] }
        return counts
    }

    static func unread(_ path: FilePath) throws -> [TopicName: Int] {
        try counts(path).mapValues { $0[1] }
    }

    static func dataFiles(_ path: FilePath) throws -> [String] {
        try Directory.list(path).map(\.name).filter { DataFileName($0) != nil }.sorted()
    }

    /// Consumes some topics of a log to their end.
    static func drain(_ path: FilePath, _ topics: [TopicName]) throws {
        try ReplayBench.session(path) { walrus in
            for topic in topics { try walrus.seek(topic, to: .end) }
        }
    }

    @discardableResult
    static func reclaim(_ path: FilePath, to destination: ReclaimAction.Destination = .trash)
        throws -> ReclaimAction.Result
    {
        let action = ReclaimAction(path, to: destination)
        return try action.apply(action.find(#require(try Scanner(path).scan())))
    }

    /// Files of the reference go and come back, and no count changes, for Inspect, for the engine, and
    /// for the reference.
    @Test func strandedFilesOfTheReferenceGoAndComeBack() throws {
        let log = try Fixture("restarts")
        let state = try #require(try Scanner(log.path).scan())
        let names = state.topics.map(\.name)
        for count in 1...names.count {
            try Self.drain(log.path, Array(names[..<count]))
            let before = try Self.counts(log.path)
            let files = try Self.dataFiles(log.path)
            let result = try Self.reclaim(log.path)
            #expect(result.left.isEmpty)
            guard let folder = result.folder else { continue }
            #expect(
                try Self.dataFiles(log.path)
                    == files.filter { name in
                        !result.files.contains { $0.text == name }
                    })
            #expect(try Self.unread(log.path) == before.mapValues { $0[1] })
            let held = try #require(try Scanner(log.path).scan())
            #expect(held.trash?.files == result.files.count)
            #expect(held.findings.contains { $0.kind == .trash && $0.severity == .info })
            #expect(try DataDirectory.namespaces(in: log.path).map(\.name) == [nil])

            let restore = try RestoreAction(log.path, name: nil)
            #expect(restore.folder.name == folder)
            _ = try restore.apply()
            #expect(try Self.dataFiles(log.path) == files)
            #expect(try Self.counts(log.path) == before)
            #expect(try TrashFolder.all(in: log.path).isEmpty)
            let reference = try ReferenceReader(log.path)
            for (topic, counts) in before {
                guard let seen = reference.topics[topic.bytes] else { continue }
                #expect(seen.entries.count - seen.consumed >= counts[1])
            }
            try ReplayBench.session(log.path) { walrus in
                #expect(walrus.recoveryReport.isClean)
                for (topic, counts) in before {
                    #expect(walrus.unreadCount(of: topic) == counts[1])
                }
            }
        }
    }

    /// Without a snapshot and a journal, which the reference does not read, the counts are the same.
    @Test func whatIsPutBackIsConsumedForTheReferenceToo() throws {
        let log = try LogWriter()
        let names = (0..<3).map(LogWriter.name)
        for (index, name) in names.enumerated() {
            try log.entries([[1], [2], [3]], "t", file: name, firstSequence: UInt64(1 + 3 * index))
            if index == 0 { try log.entries([[9]], "gone", file: name, slot: 1, firstSequence: 1) }
        }
        try ReplayBench.session(log.path) { walrus in
            try walrus.seek("t", to: .sequence(5))
            try walrus.seek("gone", to: .end)
        }
        try Self.reclaim(log.path)
        #expect(try Self.dataFiles(log.path) == Array(names[1...]))
        // An engine that knows nothing of the trash writes its own idea of the cursors.
        try ReplayBench.session(log.path) { try $0.append([4], to: "t") }
        _ = try RestoreAction(log.path, name: nil).apply()
        for name in [DirectoryNames.cursorJournal, DirectoryNames.snapshot] {
            try DiskStorage(log.path).remove(name)
        }
        #expect(try Self.counts(log.path) == ["t": [10, 6], "gone": [1, 0]])
        try ReplayBench.session(log.path) { walrus throws in
            #expect(try walrus.readNext("t", checkpoint: false)?.sequence == 5)
            #expect(try walrus.readNext("gone", checkpoint: false) == nil)
        }
    }

    /// Only what is still as it was planned goes.
    @Test func conditionsAreLookedAtAgain() throws {
        let log = try LogWriter()
        for number in 0..<3 {
            try log.entries([[1], [2]], "t", file: LogWriter.name(number))
        }
        try Self.drain(log.path, ["t"])
        let action = ReclaimAction(log.path, to: .trash)
        let finding = action.find(try #require(try Scanner(log.path).scan()))
        #expect(finding.going.map(\.name.text) == [LogWriter.name(0), LogWriter.name(1)])
        #expect(action.plan(finding, naming: ["D"]).confirmation == .yes)
        try ReplayBench.session(log.path) { try $0.seek("t", to: .ordinal(3)) }
        let result = try action.apply(finding)
        #expect(result.files.map(\.text) == [LogWriter.name(0)])
        #expect(result.left.map(\.name.text) == [LogWriter.name(1)])
        try ReplayBench.session(log.path) { try $0.seek("t", to: .begin) }
        #expect(try action.apply(finding).files.isEmpty)
        // Nothing went, so nothing is in the trash for it.
        #expect(try TrashFolder.all(in: log.path).count == 1)
    }

    @Test func whatIsThereIsNeverReplaced() throws {
        let log = try LogWriter()
        for number in 0..<3 { try log.entries([[1]], "t", file: LogWriter.name(number)) }
        try Self.drain(log.path, ["t"])
        try Self.reclaim(log.path)
        try log.entries([[7]], "u", file: LogWriter.name(1))
        let before = try Self.counts(log.path)
        #expect(throws: RestoreAction.Refused.self) {
            try RestoreAction(log.path, name: nil).apply()
        }
        #expect(try Self.counts(log.path) == before)
        #expect(try TrashFolder.all(in: log.path).map(\.files.count) == [2])
    }

    /// A topic goes on behind what is in the trash, also for an engine that finds but the block in front:
    /// what comes back stands where it stood.
    @Test func whatComesBackStandsWhereItStood() throws {
        let log = try LogWriter()
        try log.entries([[1], [2]], "t", file: LogWriter.name(0), firstSequence: 1)
        try log.entries([[5]], "holder", file: LogWriter.name(0), slot: 1, firstSequence: 1)
        try log.entries([[3], [4]], "t", file: LogWriter.name(1), firstSequence: 3)
        try log.entries([[6]], "holder", file: LogWriter.name(2), firstSequence: 2)
        try Self.drain(log.path, ["t"])
        #expect(try Self.reclaim(log.path).files.map(\.text) == [LogWriter.name(1)])
        try DiskStorage(log.path).remove(DirectoryNames.snapshot)
        try ReplayBench.session(log.path) { try $0.append([5], to: "t") }
        _ = try RestoreAction(log.path, name: nil).apply()
        #expect(try Self.counts(log.path)["t"] == [5, 1])
        try ReplayBench.session(log.path) { walrus in
            let all = try walrus.readBatch("t", maxBytes: .max, checkpoint: false, startOffset: 0)
            #expect(all.map { $0.payload[0] } == [1, 2, 3, 4, 5])
        }
    }

    /// A topic went on in a block in front of what is in the trash.
    @Test func whatWouldComeBehindNewerEntriesStaysAway() throws {
        let log = try LogWriter()
        let end = try log.entries([[1], [2]], "t", file: LogWriter.name(0), firstSequence: 1)
        try log.entries([[5]], "holder", file: LogWriter.name(0), slot: 1, firstSequence: 1)
        try log.entries([[3], [4]], "t", file: LogWriter.name(1), firstSequence: 3)
        try log.entries([[6]], "holder", file: LogWriter.name(2), firstSequence: 2)
        try Self.drain(log.path, ["t"])
        #expect(try Self.reclaim(log.path).files.map(\.text) == [LogWriter.name(1)])
        // Another engine may not know that the block in front is full for good.
        try DiskStorage(log.path).remove(DirectoryNames.snapshot)
        try log.entries([[5]], "t", file: LogWriter.name(0), at: end, firstSequence: 5)
        let before = try Self.counts(log.path)
        #expect(throws: RestoreAction.Refused.self) {
            try RestoreAction(log.path, name: nil).apply()
        }
        // Consumed or not: the order would be another one.
        try Self.drain(log.path, ["t"])
        #expect(throws: RestoreAction.Refused.self) {
            try RestoreAction(log.path, name: nil).apply()
        }
        #expect(try Self.counts(log.path)["t"]?[0] == before["t"]?[0])
    }

    @Test func theTrashIsEmptied() throws {
        let log = try LogWriter()
        for number in 0..<4 { try log.entries([[1]], "t", file: LogWriter.name(number)) }
        try ReplayBench.session(log.path) { try $0.seek("t", to: .ordinal(2)) }
        let first = try #require(try Self.reclaim(log.path).folder)
        try Self.drain(log.path, ["t"])
        let second = try #require(try Self.reclaim(log.path).folder)
        #expect(first < second)
        #expect(throws: TrashFolder.Missing.self) { try EmptyTrashAction(log.path, name: "x") }
        let one = try EmptyTrashAction(log.path, name: first)
        #expect(one.files == 1)
        _ = try one.apply()
        #expect(try TrashFolder.all(in: log.path).map(\.name) == [second])
        _ = try EmptyTrashAction(log.path, name: nil).apply()
        #expect(!Directory.exists(log.path.appending(DirectoryNames.trash)))
        #expect(throws: TrashFolder.Missing.self) { try RestoreAction(log.path, name: nil) }
    }

    @Test func deletionLeavesNothing() throws {
        let log = try LogWriter()
        for number in 0..<3 { try log.entries([[1]], "t", file: LogWriter.name(number)) }
        try Self.drain(log.path, ["t"])
        let result = try Self.reclaim(log.path, to: .deletion)
        #expect(result.files.count == 2 && result.folder == nil)
        #expect(!Directory.exists(log.path.appending(DirectoryNames.trash)))
    }
}
