import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A replay that was finished, or begun, is told of the directories that it was of, and of no others.
@Suite struct FinishedReplayTests {
    private func finished() throws -> (ReplayBench, Replay) {
        let bench = try ReplayBench()
        try bench.append((0..<30).map { [UInt8($0)] }, to: "t")
        let replay = bench.replay("t", into: "copy")
        #expect(try replay.run().delivered == 30)
        return (bench, replay)
    }

    /// Neither the run nor the plan says that it is done; both say why not.
    private func expectRefusal(
        _ replay: Replay, _ isExpected: (ReplayError) -> Bool,
        at location: SourceLocation = #_sourceLocation
    ) {
        for work in [{ _ = try replay.run() }, { _ = try replay.survey() }] {
            let error = #expect(throws: ReplayError.self, sourceLocation: location) { try work() }
            guard let error else { continue }
            #expect(isExpected(error), "\(error)", sourceLocation: location)
            #expect(error.description.contains("--restart"), sourceLocation: location)
        }
    }

    private func move(_ old: FilePath, _ new: FilePath) throws {
        _ = try Subprocess.run("/bin/mv", [old.string, new.string])
    }

    private func files(_ path: FilePath) throws -> [String] {
        try Directory.list(path).map(\.name).filter { DataFileName($0) != nil }
    }

    @Test func aTargetThatIsGone() throws {
        let (bench, replay) = try finished()
        let aside = bench.temp.path.appending("aside")
        try move(bench.target, aside)
        expectRefusal(replay) { $0 == .directoryGone(bench.target) }
        #expect(!Directory.exists(bench.target))
        // Another log has its name.
        try bench.append([[7]], to: "other", in: bench.target)
        expectRefusal(replay) { $0 == .otherDirectory(bench.target) }
        try move(bench.target, bench.temp.path.appending("second"))
        try move(aside, bench.target)
        #expect(try replay.run().finishedBefore != nil)
        #expect(try replay.survey()?.finished != nil)
    }

    @Test func aSourceThatIsACopy() throws {
        let (bench, replay) = try finished()
        let copy = bench.temp.path.appending("copied")
        _ = try Subprocess.run("/bin/cp", ["-a", bench.source.string, copy.string])
        try move(bench.source, bench.temp.path.appending("aside"))
        try move(copy, bench.source)
        expectRefusal(replay) { $0 == .otherDirectory(bench.source) }
    }

    /// The same directory, and another log in it: a number of a directory may be given again.
    @Test(arguments: [TopicName("other"), "copy"])
    func anotherLogInTheSameDirectory(topic: TopicName) throws {
        let (bench, replay) = try finished()
        for entry in try Directory.list(bench.target) where entry.kind == .file {
            try DiskStorage(bench.target).remove(entry.name)
        }
        try bench.append([[7], [8]], to: topic, in: bench.target)
        expectRefusal(replay) { $0 == .entriesGone(30, "copy", bench.target) }
        var anew = replay
        anew.restarts = true
        #expect(try anew.run().delivered == 30)
        #expect(try replay.run().finishedBefore != nil)
    }

    /// What its reader took, and was reclaimed then, is no reason to bring it again; nor is what came after.
    @Test(arguments: [5, 30]) func whatItsReaderTook(count: Int) throws {
        let (bench, replay) = try finished()
        try bench.append([[7], [8]], to: "copy", in: bench.target)
        #expect(try replay.run().finishedBefore != nil)
        try ReplayBench.session(bench.target) { walrus in
            for _ in 0..<count { _ = try walrus.readNext("copy", checkpoint: true) }
        }
        #expect(try replay.run().finishedBefore != nil)
        for name in try files(bench.target) { try DiskStorage(bench.target).remove(name) }
        #expect(try replay.run().finishedBefore != nil)
    }

    /// One that is to go on makes no directory where its own was.
    @Test func anUnfinishedOneMakesNoLog() throws {
        let bench = try ReplayBench()
        try bench.append((0..<2_100).map { [UInt8($0 % 251)] }, to: "t")
        let replay = bench.replay("t", into: "copy")
        var notes: [String] = []
        let stopped = try replay.run(note: { notes += $0 }, goesOn: { $0.delivered == 0 })
        #expect(stopped.isStopped)
        #expect(notes.contains("\(bench.target) was not there: a new log"))
        notes = []
        try move(bench.target, bench.temp.path.appending("aside"))
        expectRefusal(replay) { $0 == .directoryGone(bench.target) }
        #expect(!Directory.exists(bench.target))
        try move(bench.temp.path.appending("aside"), bench.target)
        #expect(try replay.run(note: { notes += $0 }).delivered == 2_100)
        #expect(notes.isEmpty)
        // Nor is a log made for a topic that is not there.
        let none = bench.replay("none", into: "copy", of: bench.temp.path.appending("new"))
        #expect(throws: Replay.NoTopic.self) { try none.run() }
        #expect(!Directory.exists(bench.temp.path.appending("new")))
    }

    /// What is left is what its limit leaves, and with a query the most there can be.
    @Test func whatIsLeft() throws {
        let bench = try ReplayBench()
        try bench.append((0..<6_000).map { [UInt8($0 % 251)] }, to: "t")
        let query = try Query("length == 1")
        for (limit, isQuery, left) in [
            (3_000, false, 1_000), (3_000, true, 1_000), (nil, true, 4_000),
        ] {
            let replay = bench.replay("t", into: "copy") {
                $0.limit = limit
                $0.query = isQuery ? query : nil
            }
            #expect(try replay.run(goesOn: { $0.delivered == 0 }).isStopped)
            let record = try #require(try ReplayRecord.all(in: bench.records).last)
            #expect(record.delivered == 2_000 && record.left == left)
            #expect(try replay.survey()?.entries == left)
            #expect(record.isLeftAtMost == isQuery)
            _ = try replay.run()
            let done = try #require(try ReplayRecord.all(in: bench.records).last)
            #expect(done.left == 0 && !done.isLeftAtMost)
        }
    }
}
