import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

/// Where opening a log would take something away, no verb opens it; a repair does it, and can be undone.
@Suite struct OpeningLossTests {
    /// What is wrong with the log.
    enum Wrong: String, CaseIterable, CustomTestStringConvertible {
        case batch, cursors, marks, journal, intents

        var testDescription: String { rawValue }

        /// What the error names.
        var told: String {
            switch self {
            case .batch: "would erase 2 sound entries of the 3 of a batch of \"t\""
            case .cursors: "set the damaged read_offset_idx_index.db aside"
            case .marks: "set the damaged topic_clean_index.db aside"
            case .journal: "set the damaged \(DirectoryNames.cursorJournal) aside"
            case .intents: "set the damaged \(DirectoryNames.batchIntents) aside"
            }
        }
    }

    private static let verbs = [
        ["append", "t"], ["append", "t", "--batch", "--lines"], ["append", "new"],
        ["consume", "t", "--limit", "1", "--yes"], ["consume", "t", "--limit", "1", "--dry-run"],
        ["seek", "t", "end", "--yes"], ["seek", "t", "begin", "--dry-run"], ["mark", "t", "clean"],
        ["import", "t", "-"], ["replay", "t", "--into", "u"],
        ["replay", "t", "--into", "u", "--dry-run"], ["reclaim", "--yes"],
        ["reclaim", "--dry-run"],
    ]

    private let line = Array("{\"payload\":\"x\"}".utf8)

    /// A log that was closed cleanly, of which something was damaged since.
    private func log(_ wrong: Wrong) throws -> Log {
        let log = try Log()
        try log.append([Array("first".utf8)], to: "other")
        try log.run("append", "t", "--lines", "--batch", input: Array("one\ntwo\nsix\n".utf8))
        if wrong == .batch {
            let entry = try log.entries("t")[1]
            let file = try #require(entry["file"]?.string)
            let start = try #require(entry["offset"]?.int)
            let slot = try #require(entry["block"]?.int)
            let data = try DiskFile(log.path.appending(file), .readWrite)
            try [0xff].write(to: data, at: slot * Layout.unit + start + Layout.headerSize)
        } else {
            let name =
                switch wrong {
                case .cursors: DirectoryNames.cursorIndex
                case .marks: DirectoryNames.cleanIndex
                case .journal: DirectoryNames.cursorJournal
                default: DirectoryNames.batchIntents
                }
            try DiskStorage(log.path).replace(
                name, with: [UInt8](repeating: 0xee, count: 100), temporary: "new_" + name)
        }
        return log
    }

    /// Every byte of every file, but for the lock, which tells who looked last.
    private func contents(_ log: Log) throws -> String {
        try log.bash(
            "cd $log && for f in $(ls -A | grep -v lock_index.db); do echo $f; "
                + "test -d $f || cp --sparse=always $f /dev/stdout | cksum; done"
        ).text
    }

    @Test(arguments: Wrong.allCases, verbs) func refused(wrong: Wrong, verb: [String]) throws {
        let log = try log(wrong)
        let before = try contents(log)
        let result = try Subprocess.run(
            Subprocess.walrus, [verb[0], log.path.string] + verb.dropFirst(), input: line,
            directory: log.path.removingLastComponent())
        result.expectError(
            1, "nothing was done: opening \(log.path) would ",
            wrong.told, "walrus repair \(log.path)", "walrus salvage \(log.path) OUT")
        #expect(try contents(log) == before)
    }

    /// The repair is a plan, keeps the bytes, and gives back each of them; behind it the verbs work.
    @Test(arguments: Wrong.allCases) func repaired(wrong: Wrong) throws {
        let log = try log(wrong)
        let before = try contents(log)
        let state = log.path.removingLastComponent().appending("state").string
        func run(_ arguments: String...) throws -> Subprocess.Result {
            try Subprocess.run(
                Subprocess.walrus, arguments, input: line,
                directory: log.path.removingLastComponent(), environment: ["XDG_STATE_HOME": state])
        }
        // What a run that was killed has left of its bytes goes with the next one.
        let undo = FilePath(state).appending("walrus").appending("undo")
        try log.bash(
            "mkdir -p \(undo)/.draft-999999999-1 && touch \(undo)/.draft-999999999-1/bytes")
        #expect(try run("repair", log.path.string, "--dry-run").status == 0)
        #expect(try contents(log) == before)
        let repaired = try run("repair", log.path.string, "--yes")
        #expect(repaired.status == 0 && repaired.text.contains("--undo 1"), "\(repaired.errors)")
        #expect(try contents(log) != before)
        #expect(try Directory.list(undo).map(\.name) == ["0001"])
        #expect(try run("repair", "--undo", "1", "--dry-run").status == 0)
        #expect(try run("repair", "--undo", "1", "--yes").status == 0)
        #expect(try contents(log) == before)
        #expect(try run("repair", log.path.string, "--yes").status == 0)
        for verb in Self.verbs {
            let result = try Subprocess.run(
                Subprocess.walrus, [verb[0], log.path.string] + verb.dropFirst(), input: line,
                directory: log.path.removingLastComponent(), environment: ["XDG_STATE_HOME": state])
            // Nothing may be there to be consumed, or to be taken away.
            #expect(result.status <= 1, "\(verb): \(result.errors)")
            #expect(!result.errors.contains("walrus repair"), "\(result.errors)")
        }
        #expect(try log.topics().contains { $0["topic"]?.string == "new" })
        // What was written since keeps the bytes from coming back, which a dry run tells too.
        let refusal = try run("repair", "--undo", "2", "--dry-run")
        if wrong == .batch {
            #expect(refusal.status == 1 && refusal.errors.contains("it would be refused"))
        }
    }

    /// What can be read of the batch is taken by a salvage, which says so.
    @Test func salvaged() throws {
        let log = try log(.batch)
        let out = log.path.removingLastComponent().appending("out").string
        let result = try log.run("salvage", out)
        #expect(result.status == 1)
        #expect(
            result.errors.contains(
                "a batch of 3 entries of \"t\" is not whole: its 2 sound entries are copied"),
            "\(result.errors)")
        #expect(result.text.hasPrefix("3 entries in 2 topics"))
        let entries = try Subprocess.run(
            Subprocess.walrus, ["entries", out, "t", "-o", "jsonl", "--payload", "text"]
        ).lines.compactMap { JSONValue($0)?["payload"]?.string }
        #expect(entries == ["one", "six"])
    }

    /// Of a batch that a reader had some of nothing is dropped, so that the log is opened.
    @Test func aBatchThatIsReadFromIsNoLoss() throws {
        let log = try log(.batch)
        let first = try log.run("repair", "--yes")
        #expect(first.status == 0)
        try log.run("append", "t", "--lines", "--batch", input: Array("1\n2\n3\n".utf8))
        #expect(try log.run("consume", "t", "--yes", "--limit", "1").status == 0)
        let entry = try log.entries("t")[1]
        let (file, slot) = (entry["file"]?.string, entry["block"]?.int)
        let start = try #require(entry["offset"]?.int)
        do {
            // Closed again: who holds a file open for writing keeps others out.
            let data = try DiskFile(log.path.appending(try #require(file)), .readWrite)
            let at = try #require(slot) * Layout.unit + start + Layout.headerSize
            try [0xff].write(to: data, at: at)
        }
        #expect(try log.run("append", "t", input: [1]).status == 0)
    }
}
