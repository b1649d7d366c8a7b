import SystemPackage
import TestSupport
import Testing
import WalrusFormat

@Suite struct EntriesTests {
    /// Ordinals that `walrus entries` prints.
    private func ordinals(_ log: Log, _ arguments: String...) throws -> [Int] {
        let result = try Subprocess.run(
            Subprocess.walrus, ["entries", log.path.string, "t", "-o", "jsonl"] + arguments)
        // Nothing there is no success, as with grep.
        let isEmpty = result.lines.isEmpty && arguments != ["--limit", "0"]
        #expect(result.status == (isEmpty ? 1 : 0), "\(result.errors)")
        let isTold = result.errors.hasPrefix("walrus: note: ") && !isEmpty
        #expect(isTold || result.errors.isEmpty != isEmpty, "\(result.errors)")
        return try result.lines.map { try #require(JSONValue($0)?["ordinal"]?.int) }
    }

    private func log(entries: Int, consumed: Int) throws -> Log {
        let log = try Log()
        let lines = (1...entries).map { "entry \($0)\n" }.joined()
        #expect(try log.run("append", "t", "--lines", input: Array(lines.utf8)).status == 0)
        if consumed > 0 {
            #expect(try log.run("consume", "t", "--yes", "--limit", "\(consumed)").status == 0)
        }
        return log
    }

    @Test func from() throws {
        let log = try log(entries: 9, consumed: 4)
        #expect(try ordinals(log) == Array(1...9))
        #expect(try ordinals(log, "--from", "begin") == Array(1...9))
        #expect(try ordinals(log, "--from", "cursor") == Array(5...9))
        #expect(try ordinals(log, "--from", "end") == [])
        #expect(try ordinals(log, "--from", "7") == [7, 8, 9])
        #expect(try ordinals(log, "--from", "10") == [])
        #expect(try ordinals(log, "--from", "999999999999") == [])
        #expect(try ordinals(log, "--from", "-2") == [8, 9])
        #expect(try ordinals(log, "--from=-2") == [8, 9])
        #expect(try ordinals(log, "--from", "-99") == Array(1...9))
        #expect(try ordinals(log, "--from", "\(Int.min)") == Array(1...9))
        // By time, where the entries tell theirs: in seconds, milliseconds or nanoseconds.
        let times = try log.entries("t").map { try #require($0["timestamp"]?.int) }
        #expect(times == times.sorted())
        #expect(try ordinals(log, "--from", "@\(times[5])").first ?? 0 <= 6)
        #expect(try ordinals(log, "--from", "@\(times[5] + 1)").allSatisfy { $0 > 6 })
        #expect(try ordinals(log, "--from", "@0") == Array(1...9))
        #expect(try ordinals(log, "--from", "@2020-01-01T00:00:00Z") == Array(1...9))
        #expect(try ordinals(log, "--from", "@\(times[8] / 1_000_000_000 + 2)") == [])
        #expect(try ordinals(log, "--from", "@9999-01-01") == [])
    }

    /// What the console says of the same place.
    @Test func aPlaceThatIsNotThere() throws {
        let log = try log(entries: 9, consumed: 9)
        for (from, fact) in [
            ("10", "there are 9 entries"), ("cursor", "every entry is read"),
            ("#10", "the last running number is 9"),
            ("@9999-01-01", "nothing was appended then or later"),
        ] {
            try log.run("entries", "t", "--from", from).expectError(1, "no entry of t", fact)
        }
        let more = try log.run("entries", "t", "--from", "-99", "-o", "jsonl")
        #expect(more.status == 0 && more.lines.count == 9)
        #expect(more.errors == "walrus: note: there are 9 entries: from the first\n")
        let few = try log.run("entries", "t", "--from", "-9", "-o", "jsonl")
        #expect(few.status == 0 && few.errors.isEmpty)
        // A time is a bound, and no entry's name.
        #expect(try log.run("entries", "t", "--from", "@0").errors.isEmpty)
    }

    @Test func limit() throws {
        let log = try log(entries: 5, consumed: 2)
        #expect(try ordinals(log, "--limit", "0") == [])
        #expect(try ordinals(log, "--limit", "1") == [1])
        #expect(try ordinals(log, "--limit", "99") == Array(1...5))
        #expect(try ordinals(log, "--from", "cursor", "--limit", "2") == [3, 4])
        #expect(try ordinals(log, "--from", "-3", "--limit", "1") == [3])
        let json = try log.run("entries", "t", "--limit", "0", "-o", "json")
        #expect(json.text == "{\"schema\":1,\"entries\":[]}\n")
    }

    @Test func states() throws {
        let log = try log(entries: 5, consumed: 2)
        let states = try log.entries("t").map { $0["state"]?.string }
        #expect(states == ["consumed", "consumed", "unread", "unread", "unread"])
        let peek = try log.run("peek", "t", "-o", "jsonl", "--limit", "1")
        #expect(JSONValue(peek.text)?["ordinal"] == .int(3))
        #expect(JSONValue(peek.text)?["payload"] == .string("entry 3"))
        #expect(try log.run("consume", "t", "--yes", "--limit", "9").lines.count == 3)
        try log.run("peek", "t").expectError(1, "every entry")
    }

    @Test func payloads() throws {
        let log = try Log()
        let hostile = Array("\u{1b}[2J\u{7}\"\\\n\t\u{202e}\u{0}é".utf8) + [0xff, 0x80]
        try log.append([[], hostile], to: "t")
        let none = try log.entries("t")
        #expect(none[1].names?.contains("payload") == false)
        #expect(none[1]["fnv"]?.string == Hex.encode(FNV1a.hash(hostile)))
        #expect(none[0]["fnv"]?.string == "cbf29ce484222325" && none[0]["length"]?.int == 0)
        let text = try log.entries("t", "--payload", "text")
        #expect(text[0]["payload"]?.string == "")
        #expect(text[1]["payload"]?.string == String(decoding: hostile, as: UTF8.self))
        #expect(try log.payloads("t") == [[], hostile])
        let base64 = try log.bash(
            "printf '%s' \"$(cat)\" | base64 -d",
            input: Array(
                (try log.entries("t", "--payload", "base64")[1]["payload"]?.string ?? "").utf8))
        #expect(base64.output == hostile)
        // In no form does a byte reach a terminal that would drive it.
        for form in ["none", "text", "hex", "base64"] {
            for output in ["text", "json", "jsonl"] {
                let result = try log.run("entries", "t", "--payload", form, "-o", output)
                #expect(result.status == 0)
                #expect(result.output.allSatisfy { $0 == 0x0a || $0 >= 0x20 && $0 != 0x7f })
                #expect(!result.text.unicodeScalars.contains("\u{202e}"))
            }
        }
        #expect(try log.run("entries", "t", "--payload", "text").lines.count == 2)
    }

    /// Payloads that are read in pieces, with characters that lie across the pieces' ends.
    @Test func bigPayloads() throws {
        let log = try Log()
        let text = Array(String(repeating: "aé東🐋", count: 200_000).utf8)
        var random = SeededRandom(seed: 5)
        let binary = random.bytes(12_000_003)
        try log.append([text, binary, [7]], to: "t")
        let entries = try log.entries("t")
        #expect(entries.map { $0["length"]?.int } == [text.count, binary.count, 1])
        #expect(entries[1]["fnv"]?.string == Hex.encode(FNV1a.hash(binary)))
        let told = try log.entries("t", "--payload", "text", "--limit", "1")
        #expect(told[0]["payload"]?.string == String(decoding: text, as: UTF8.self))
        #expect(try log.payloads("t") == [text, binary, [7]])
        let base64 = try log.bash(
            """
            "$walrus" entries $log t --from 2 --limit 1 --payload base64 -o jsonl |
                sed 's/.*"payload":"//; s/".*//' | base64 -d
            """)
        #expect(base64.output == binary)
        // A line for people is cut; what is consumed is not.
        let line = try log.run("entries", "t", "--payload", "text", "--limit", "1")
        #expect(line.output.count < 10_000 && line.text.contains("more bytes"))
        let consumed = try log.run("consume", "t", "--yes", "--limit", "1")
        #expect(consumed.text.hasSuffix(String(decoding: text, as: UTF8.self) + "\n"))
    }

    @Test func keys() throws {
        let log = try Log()
        #expect(try log.run("append", "t", "--key", "a b", input: [1]).status == 0)
        #expect(try log.run("append", "t", "--key", "c", "--create", input: [2, 3]).status == 0)
        #expect(try log.bash("ls $log").text == "a_b\nc\n")
        let result = try log.run("entries", "t", "--key", "c", "-o", "jsonl")
        #expect(JSONValue(result.text)?["length"] == .int(2))
        try log.run("topics").expectError(1, "--key", "a_b", "c")
        let logs = try #require(JSONValue(try log.run("namespaces", "-o", "json").text))
        #expect(logs["namespaces"]?.array?.map { $0["namespace"]?.string } == ["a_b", "c"])
        #expect(logs["namespaces"]?.array?.map { $0["topics"] } == [.int(1), .int(1)])
        // The console shows the list, and so does the frame of it.
        #expect(try log.run("console").text.contains("Logs 2"))
        #expect(try log.run("frame", "--screen", "chooser").text.contains("a_b"))
        try log.run("topics", "--key", "nosuch").expectError(3, "no such directory")
        // What the folder is called is a key that leads to the same folder.
        #expect(try log.run("topics", "--key", "a_b").status == 0)
        #expect(try log.run("frame", "--key", "c").status == 0)
        #expect(try log.run("consume", "t", "--yes", "--limit", "1", "--key", "c").status == 0)
    }
}
