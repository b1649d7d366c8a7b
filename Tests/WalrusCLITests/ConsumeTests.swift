import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@Suite struct ConsumeTests {
    private func log(entries: Int, length: Int = 10) throws -> Log {
        let log = try Log()
        let filler = String(repeating: "x", count: length)
        let lines = (1...entries).map { "\($0) \(filler)\n" }.joined()
        let result = try log.run(
            "append", "t", "--lines", "--fsync", "none", input: Array(lines.utf8))
        #expect(result.status == 0)
        return log
    }

    /// An output that is closed takes nothing; and no file of the log comes to be the output.
    @Test(arguments: [">&-", "<&- >&-", "<&- >&- 2>&-", "<&- 2>&- >/dev/full"])
    func aClosedOutputTakesNothing(streams: String) throws {
        let log = try Log()
        try log.append([Array("payload of one".utf8), [2]], to: "t")
        let result = try log.bash(
            """
            export WALRUS_AUDIT=$PWD/audit.jsonl
            "$walrus" consume $log t --to end --yes \(streams); echo $? >status
            cat status; grep -c 'payload of one' audit.jsonl $log/lock_index.db
            """)
        #expect(result.text == "3\naudit.jsonl:0\n\(log.path)/lock_index.db:0\n")
        #expect(try log.run("peek", "t").text.contains("payload of one"))
    }

    @Test func printsThenConsumes() throws {
        let log = try log(entries: 5)
        let listed = try log.entries("t", "--payload", "text")
        let first = try log.run("consume", "t", "--yes", "--limit", "2", "-o", "jsonl")
        #expect(first.status == 0)
        let told = try first.lines.map { try #require(JSONValue($0)) }
        #expect(told.count == 2)
        for (consumed, entry) in zip(told, listed) {
            for field in ["ordinal", "length", "fnv", "file", "block", "offset", "payload"] {
                #expect(consumed[field] == entry[field])
            }
            #expect(consumed["state"] == .string("consumed"))
        }
        #expect(try log.topic("t")["unread"] == .int(3))
        let rest = try log.run("consume", "t", "--yes", "--limit", "99", "-o", "jsonl")
        #expect(rest.lines.compactMap { JSONValue($0)?["ordinal"]?.int } == [3, 4, 5])
        try log.run("consume", "t", "--yes", "--limit", "1").expectError(1, "no unread entry")
        #expect(try log.topic("t")["unread"] == .int(0))
        // Consumed is not gone.
        #expect(try log.entries("t").count == 5)
    }

    /// What nobody can read is passed by, and that is said.
    @Test func damageIsTold() throws {
        let log = try log(entries: 5)
        let entry = try log.entries("t")[2]
        let file = try #require(entry["file"]?.string)
        let start = try #require(entry["offset"]?.int)
        do {
            let data = try DiskFile(log.path.appending(file), .readWrite)
            try [0xff].write(to: data, at: start + Layout.headerSize)
        }
        let plan = try log.run("consume", "t", "--yes", "--limit", "4", "--dry-run")
        #expect(
            plan.text.contains("damaged entry between them is passed by, at \(file):0+\(start)"))
        let result = try log.run("consume", "t", "--yes", "--limit", "4")
        #expect(result.status == 0 && result.lines.count == 4)
        #expect(
            result.errors.contains(
                "1 damaged entry between them is passed by, at \(file):0+\(start)"))
        #expect(try log.topic("t")["unread"] == .int(0))
    }

    /// What could not be handed on whole was not consumed at all.
    @Test func closedPipe() throws {
        let log = try log(entries: 300, length: 3_000)
        let result = try log.bash(
            """
            "$walrus" consume $log t --yes --limit 300 | head -c 100 >/dev/null
            echo "${PIPESTATUS[0]}"
            """)
        #expect(result.text == "141\n" && result.errors.isEmpty)
        #expect(try log.topic("t")["unread"] == .int(300))
        let full = try log.bash("\"$walrus\" consume $log t --yes --limit 1 >/dev/full")
        #expect(full.status == 3)
        #expect(try log.topic("t")["unread"] == .int(300))
    }

    @Test(arguments: [
        (["--to", "4"], 1...3), (["--to", "end"], 1...9), (["--to", "-2"], 1...7),
        (["--to", "end", "--limit", "2"], 1...2), (["--to", "#6"], 1...5),
        (["--to", "@2000-01-01", "--limit", "1"], 0...0), (["--to", "@2100-01-01"], 1...9),
    ])
    func upToAPlace(arguments: [String], ordinals: ClosedRange<Int>) throws {
        let log = try log(entries: 9)
        let result = try Subprocess.run(
            Subprocess.walrus,
            ["consume", log.path.string, "t", "--yes", "-o", "jsonl"] + arguments)
        guard ordinals.lowerBound > 0 else {
            return result.expectError(1, "nothing of t is unread before @")
        }
        let told = result.lines.compactMap { JSONValue($0)?["ordinal"]?.int }
        #expect(told == Array(ordinals))
        #expect(try log.topic("t")["unread"] == .int(9 - ordinals.upperBound))
    }

    @Test func intoAFile() throws {
        let log = try log(entries: 5)
        let first = try log.run("consume", "t", "--yes", "--limit", "2", "--out", "first.raw")
        #expect(first.status == 0 && first.output.isEmpty)
        #expect(first.errors == "consumed 2 entries of t, written to first.raw\n")
        #expect(try log.bash("cat first.raw").text == "1 xxxxxxxxxx2 xxxxxxxxxx")
        // A file that is there, one in the log, one that cannot be made: nothing is consumed.
        try log.run("consume", "t", "--yes", "--limit", "1", "--out", "first.raw")
            .expectError(2, "is there already", "--force")
        try log.run("consume", "t", "--yes", "--limit", "1", "--out", "log/x").expectError(
            2, "lies in")
        try log.run("consume", "t", "--yes", "--limit", "1", "--out", "none/x").expectError(
            3, "No such file")
        #expect(try log.topic("t")["unread"] == .int(3))
        let forced = try log.run(
            "consume", "t", "--yes", "--limit", "1", "--out", "first.raw", "--force", "--format",
            "jsonl")
        #expect(forced.status == 0)
        let record = JSONValue(try log.bash("cat first.raw").text)
        #expect(record?["ordinal"] == .int(3) && record?["payload"] == .string("3 xxxxxxxxxx"))
    }

    @Test func aDryRunWritesNothing() throws {
        let log = try log(entries: 5)
        let before = try log.bash("cat $log/*_index.db | sha256sum; ls -l $log").text
        let result = try log.run("consume", "t", "--yes", "--limit", "2", "--dry-run")
        #expect(result.lines.first == "consume 2 entries of t")
        #expect(result.text.contains("3 entries stay unread"))
        #expect(result.text.contains("entries 1 to 2 count as read, 24 bytes of payload:"))
        #expect(result.text.contains("    1  12 bytes  1 xxxxxxxxxx\n    2  12 bytes  2 xxx"))
        let all = try log.run("consume", "t", "--yes", "--to", "end", "--dry-run")
        #expect(all.lines[4...5] == ["    3  12 bytes  3 xxxxxxxxxx", "    1 more"])
        #expect(all.lines[6] == "    5  12 bytes  5 xxxxxxxxxx")
        #expect(try log.bash("cat $log/*_index.db | sha256sum; ls -l $log").text == before)
    }

    /// A payload drives no terminal, and its length is that of one line.
    @Test func aPlanShowsHarmlessBytes() throws {
        let log = try Log()
        let hostile = Array("\u{1b}[2J\u{202e}\r\n\0é\\".utf8) + [0xff, 0x80]
        try log.append([hostile, Array(repeating: 0x61, count: 5_000), []], to: "t")
        let plan = try log.run("consume", "t", "--yes", "--limit", "3", "--dry-run")
        #expect(plan.lines[2] == "    1  15 bytes  .[2J....\u{e9}\\\\..")
        #expect(plan.lines[3].hasSuffix("aaa...") && plan.lines[3].utf8.count < 100)
        #expect(plan.lines[4] == "    3  0 bytes  ")
    }

    /// A directory of the reference: the cursor that it left, and one that it can read.
    @Test(arguments: ["small", "multi", "restarts", "batch"])
    func ofTheReference(name: String) throws {
        let log = try Log(fixture: name)
        let topic = try #require(try log.topics().max { $0["unread"]!.int! < $1["unread"]!.int! })
        let hex = try #require(topic["topic_hex"]?.string)
        let unread = try #require(topic["unread"]?.int)
        guard unread > 1 else { return }
        let next = try log.run("peek", hex, "--topic-hex", "--limit", "2", "-o", "jsonl")
        let result = try log.run(
            "consume", hex, "--yes", "--topic-hex", "--limit", "1", "-o", "jsonl")
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            JSONValue(result.text)?["offset"]
                == next.lines.first.flatMap { JSONValue($0)?["offset"] })
        let after = try log.run("peek", hex, "--topic-hex", "--limit", "1", "-o", "jsonl")
        #expect(after.lines.first == next.lines.last)
    }

    /// Notes never go into what is acted on.
    @Test func notesInTheLog() throws {
        let log = try log(entries: 3)
        let result = try log.bash("WALRUS_AUDIT=$log/176 \"$walrus\" mark $log t clean")
        #expect(result.status == 3 && result.errors.contains("nothing was done"))
        #expect(try log.topic("t")["clean"] == .bool(false))
    }

    /// Noted: what, of which topic, how many, with the command that was given.
    @Test func isNoted() throws {
        let log = try log(entries: 3)
        let result = try log.bash(
            """
            export WALRUS_AUDIT=$PWD/state/audit.jsonl
            "$walrus" consume $log t --yes --limit 2 >/dev/null
            "$walrus" seek $log t begin --yes >/dev/null
            "$walrus" mark $log t clean >/dev/null
            printf 'a\nb\n' | "$walrus" append $log t --lines --batch >/dev/null
            "$walrus" consume $log none --yes --limit 1
            cat $WALRUS_AUDIT
            """)
        let lines = try result.lines.map { try #require(JSONValue($0)) }
        let actions = ["consume", "seek", "mark", "append", "consume"]
        #expect(lines.map { $0["action"]?.string } == actions.flatMap { [$0, $0] })
        try #require(lines.count == 2 * actions.count)
        for (begin, end) in stride(from: 0, to: lines.count, by: 2).map({
            (lines[$0], lines[$0 + 1])
        }) {
            #expect(begin["event"] == .string("begin") && end["event"] == .string("end"))
            #expect(begin["pid"] == end["pid"] && begin["command"] == end["command"])
        }
        let ends = stride(from: 1, to: lines.count, by: 2).map { lines[$0] }
        #expect(ends.map { $0["topic"]?.string } == ["t", "t", "t", "t", "none"])
        #expect(ends[0]["outcome"]?["entries"] == .int(2))
        #expect(ends[1]["outcome"]?["repeated"] == .int(2))
        #expect(ends[2]["outcome"]?["mark"] == .string("clean"))
        #expect(ends[3]["outcome"]?["entries"] == .int(2))
        #expect(ends[4]["error"]?.string?.contains("no topic none") ?? false)
        #expect(lines[0]["command"] == .string("walrus consume \(log.path) t --limit 2"))
        // Where nothing can be noted nothing is done.
        let refused = try log.bash(
            "WALRUS_AUDIT=/dev/null/audit \"$walrus\" consume $log t --yes --limit 1")
        refused.expectError(3, "nothing was done", "WALRUS_AUDIT")
    }

    @Test func marks() throws {
        let log = try log(entries: 1)
        #expect(try log.topic("t")["clean"] == .bool(false))
        #expect(try log.run("mark", "t", "clean").status == 0)
        #expect(try log.topic("t")["clean"] == .bool(true))
        #expect(try log.run("mark", "t", "dirty").status == 0)
        #expect(try log.topic("t")["clean"] == .bool(false))
        #expect(try log.run("mark", "t", "clean").status == 0)
        // An append makes it dirty again.
        #expect(try log.run("append", "t", input: [1]).status == 0)
        #expect(try log.topic("t")["clean"] == .bool(false))
        #expect(try ReferenceReader(log.path).clean[Array("t".utf8)] == false)
    }
}
