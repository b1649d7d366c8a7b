import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusFormat
import WalrusIO

/// The verbs themselves: what they ask for, print and note.
@Suite struct ReclaimVerbTests {
    private func run(_ words: [String], _ state: TempDirectory) throws -> Subprocess.Result {
        try Subprocess.run(
            Subprocess.walrus, words,
            environment: ["XDG_STATE_HOME": state.path.string, "WALRUS_AUDIT": nil])
    }

    private func audit(_ state: TempDirectory) throws -> [Substring] {
        let bytes = try Directory.contents(of: state.path.appending("walrus/audit.jsonl")) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0[...] }
    }

    @Test func nothingGoesUnasked() throws {
        let log = try LogWriter()
        let state = try TempDirectory()
        for number in 0..<3 { try log.entries([[1]], "t", file: LogWriter.name(number)) }
        try ReclaimTests.drain(log.path, ["t"])
        let before = try Snapshot(log.path)
        let unasked = try run(["reclaim", log.path.string], state)
        #expect(unasked.status == 2 && unasked.errors.contains("--yes"))
        let dry = try run(["reclaim", log.path.string, "--dry-run"], state)
        #expect(dry.status == 0 && dry.lines.count { $0.contains("goes to the trash") } == 2)
        #expect(dry.lines.count { $0.contains("  stays: ") } == 1)
        #expect(try Snapshot(log.path).changes(since: before).isEmpty)
        #expect(try audit(state).isEmpty)

        let done = try run(["reclaim", log.path.string, "--yes", "-o", "json"], state)
        #expect(done.status == 0 && done.text.contains("\"bytes\":"))
        let files = try run(["files", log.path.string], state)
        #expect(files.errors.contains("the trash holds 2 more files"))
        let nothing = try run(["reclaim", log.path.string, "--yes"], state)
        #expect(nothing.status == 1)
        let list = try run(["reclaim", log.path.string, "--list-trash", "-o", "jsonl"], state)
        #expect(list.lines.count == 1)
        #expect(try run(["reclaim", log.path.string, "--restore", "--yes"], state).status == 0)
        #expect(try ReclaimTests.dataFiles(log.path).count == 3)
        let empty = try run(["reclaim", log.path.string, "--empty-trash", "--yes"], state)
        #expect(empty.status == 1 && empty.errors.contains("the trash is empty"))
        // What work that was cut off has left of it goes.
        try Directory.create(TrashFolder.root(of: log.path))
        #expect(try run(["reclaim", log.path.string, "--empty-trash", "--yes"], state).status == 0)
        #expect(!Directory.exists(TrashFolder.root(of: log.path)))
        let lines = try audit(state).dropLast(2)
        #expect(
            lines.map { $0.contains("\"event\":\"begin\"") } == [true, false, true, false])
        #expect(lines.first?.contains("\"command\":\"walrus reclaim \(log.path) --yes\"") ?? false)
        #expect(lines.last?.contains("\"action\":\"reclaim --restore\"") ?? false)
    }

    @Test func aDryReplayDoesNothing() throws {
        let log = try LogWriter()
        let state = try TempDirectory()
        try log.entries([[65], [66], [67]], "t")
        let before = try Snapshot(log.path)
        let words = ["replay", log.path.string, "t", "--into", "u"]
        let dry = try run(words + ["--from", "2", "--dry-run"], state)
        #expect(dry.status == 0 && dry.text.hasPrefix("replay 2 entries of t into u\n"))
        let out = try run(
            ["replay", log.path.string, "t", "--stdout", "--format", "raw", "--limit", "2"], state)
        #expect(out.status == 0 && out.text == "AB")
        #expect(try Snapshot(log.path).changes(since: before).isEmpty)
        #expect(try Directory.list(state.path).isEmpty)
        #expect(try run(words + ["--stdout"], state).status == 2)
        #expect(try run(["replays"], state).status == 1)
        let done = try run(words + ["--rate", "100/s", "-o", "json"], state)
        #expect(done.status == 0 && done.text.contains("\"entries\":3"))
        let list = try run(["replays", "-o", "jsonl"], state)
        let id = try #require(
            list.text.firstRange(of: "\"id\":\"").map {
                String(list.text[$0.upperBound...].prefix(16))
            })
        #expect(try run(words, state).text.contains("was finished at"))
        #expect(try run(["replays", "--forget", id], state).status == 0)
        #expect(try run(words, state).text.hasPrefix("replayed 3 entries"))
    }
}
