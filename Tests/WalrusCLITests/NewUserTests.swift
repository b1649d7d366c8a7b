import SystemPackage
import TestSupport
import Testing

/// What somebody who has never seen the program types, and what it says.
@Suite struct NewUserTests {
    private func walrus(_ arguments: String...) throws -> Subprocess.Result {
        try Subprocess.run(Subprocess.walrus, arguments)
    }

    @Test func aMistypedVerbIsRecognized() throws {
        for words in [["topic"], ["topic", "/tmp"], ["entires", "/tmp", "t"], ["forcast"]] {
            let result = try Subprocess.run(Subprocess.walrus, words)
            result.expectError(2, "\(words[0]): no such verb", "did you mean walrus ")
        }
        try walrus("topic").expectError(2, "walrus topics?")
        try walrus("nothing-like-it").expectError(3, "no such directory, and no such verb")
        // A directory of that name is meant, where there is one.
        let log = try Log()
        try log.append([[1]], to: "t")
        let named = try log.bash("mv $log topic; \"$walrus\" topic")
        #expect(named.status == 0 && named.text.contains(" t "))
    }

    @Test func theVersionIsAVerbToo() throws {
        let verb = try walrus("version")
        let option = try walrus("--version")
        #expect(verb.status == 0 && verb.output == option.output)
    }

    @Test func sizesAreReadAlike() throws {
        let log = try Log()
        let bench = ["bench", "append", "--duration", "0.01", "--dir", log.path.string]
        for size in ["1M", "1MiB", "1mb", "1048576", "0x100000"] {
            let result = try Subprocess.run(
                Subprocess.walrus, bench + ["--size", "1K", "--max-disk", size, "-o", "json"])
            #expect(result.status == 0, "\(size): \(result.errors)")
            try log.bash("rm -rf $log")
        }
        for size in ["1X", "-1", "1.5G", "G", ""] {
            let result = try Subprocess.run(Subprocess.walrus, bench + ["--max-disk=\(size)"])
            #expect(result.status == 2, "\(size)")
        }
        try log.append([Array("hello".utf8)], to: "t")
        let hex = try log.run("hex", "--topic", "t", "--entry", "1", "--length", "1K", "-o", "json")
        #expect(JSONValue(hex.text)?["length"] == .int(1_024))
        #expect(try log.run("entries", "t", "--where", "length < 1KiB").status == 0)
    }

    @Test func negativeNumbersAreValues() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        try log.run("tail", "t", "-n", "-1").expectError(2, "-n must not be below 0")
        try log.run("hex", "--topic", "t", "--entry", "1", "--offset", "-1")
            .expectError(2, "'-1' is invalid")
        try log.run("hex", "--topic", "t", "--entry", "-1").expectError(2, "from 1 on")
    }

    /// As grep does: 1 where nothing is what was asked for.
    @Test func nothingFoundIsNoSuccess() throws {
        let log = try Log()
        try log.append([Array("one".utf8), Array("two".utf8)], to: "t")
        for verb in ["entries", "tail"] {
            let found = try log.run(verb, "t", "--where", "two")
            #expect(found.status == 0 && found.lines.count == 1)
            try log.run(verb, "t", "--where", "three").expectError(1, "no entry of t")
            let document = try log.run(verb, "t", "--where", "three", "-o", "json")
            #expect(document.status == 1)
            #expect(document.text == "{\"schema\":1,\"entries\":[]}\n")
        }
        try log.run("entries", "t", "--from", "end").expectError(1, "no entry of t")
        #expect(try log.run("entries", "t", "--limit", "0").status == 0)
        let help = try walrus("help", "entries").text.replacing("\n", with: " ")
        #expect(help.contains("Exits with 1"))
    }

    @Test func linesInOneDocument() throws {
        let log = try Log()
        let result = try log.run(
            "append", "t", "--lines", "-o", "json", input: Array("a\nb\n".utf8))
        let entries = try #require(JSONValue(result.text)?["entries"]?.array)
        #expect(result.lines.count == 1 && entries.compactMap { $0["ordinal"]?.int } == [1, 2])
        let lines = try log.run(
            "append", "t", "--lines", "-o", "jsonl", input: Array("c\nd\n".utf8))
        #expect(lines.lines.count == 2)
        let none = try log.run("append", "t", "--lines", "-o", "json")
        #expect(none.text == "{\"schema\":1,\"entries\":[]}\n")
    }

    @Test func damageIsSeenAndNamedOnce() throws {
        let log = try Log()
        #expect(try log.run("demo").status == 0)
        let topics = try log.run("topics")
        #expect(topics.lines[0].contains("DAMAGED"))
        let export = try log.bash("\"$walrus\" export $log audit --out out.jsonl")
        #expect(export.status == 1)
        let lines = export.errors.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0] == "exported 1195 entries, 67610 bytes of payload to out.jsonl")
        #expect(lines[1].contains("1 damaged entry was left out (") && lines[1].contains(":2+"))
        let sound = try Log(fixture: "small")
        #expect(try !sound.run("topics").text.contains("DAMAGED"))
        // The damaged entry is the one that can be acted on, not the topic visited last.
        let menu = try log.run("frame", "--keys", "/billing<Enter> 5 a")
        #expect(menu.text.contains("Actions on audit"))
    }

    @Test func aCutFileIsAFinding() throws {
        let log = try Log()
        #expect(try log.run("demo").status == 0)
        try log.bash("truncate -s 40M $log/1*")
        let check = try log.run("check", "-o", "json")
        let findings = try #require(JSONValue(check.text)?["findings"]?.array)
        let lost = findings.filter { $0["kind"]?.string == "cursor-lost" }
        #expect(lost.count == 2)
        #expect(lost.contains { $0["message"]?.string?.contains("\"snapshots\"") == true })
    }

    @Test func refusalsSayWhatToDo() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let full = try log.bash("\"$walrus\" topics $log >/dev/full")
        full.expectError(3, "free some space where the output goes")
        #expect(!full.errors.contains("acknowledged"))
        let script = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .removingLastComponent().appending("scripts/fuzz")
        let fuzz = try Subprocess.bash("'\(script)' 1.5")
        #expect(fuzz.status == 2 && fuzz.errors.contains("no number of minutes"))
    }

    @Test func noColorIsRespectedByFrames() throws {
        let log = try Log(fixture: "small")
        let command = "\"$walrus\" frame $log -o ansi"
        #expect(try log.bash(command).text.contains("38;2;"))
        let plain = try log.bash("NO_COLOR=1 " + command)
        #expect(!plain.text.contains("38;") && plain.text.contains("\u{1b}[0;1m"))
        #expect(try log.bash("NO_COLOR=1 " + command + " --color 256").text.contains("38;5;"))
        let svg = try log.bash("NO_COLOR=1 \"$walrus\" frame $log -o svg")
        let colored = try log.run("frame", "-o", "svg")
        #expect(svg.status == 0 && svg.output != colored.output)
    }

    /// Without a screen: what is typed at a terminal may come through a pipe as well.
    @Test func thePlainConsole() throws {
        let log = try Log(fixture: "small")
        let before = try Snapshot(log.path)
        let words = """
            list
            find beta
            open
            list
            read
            actions
            check
            nonsense
            help
            quit
            list
            """
        let result = try Subprocess.run(
            Subprocess.walrus, [log.path.string, "--plain"], input: Array(words.utf8))
        #expect(result.status == 0 && result.errors.isEmpty)
        let lines = result.lines
        #expect(lines.contains("Screen: Home."))
        #expect(lines.contains { $0.hasPrefix("Topic 4 of 4: ") })
        #expect(lines.contains { $0.hasPrefix("Topic 1 of 1: beta_topic_longer. ") })
        #expect(lines.contains("Screen: Entries of beta_topic_longer."))
        #expect(lines.contains { $0.hasPrefix("Entry: number ") })
        #expect(lines.contains("Screen: Check."))
        #expect(lines.contains { $0.hasPrefix("Problem: no command or topic \"nonsense\"") })
        #expect(lines.contains { $0.hasPrefix("Problem: that needs the screen") })
        // What comes after quit is not read.
        #expect(lines.last?.hasPrefix("quit: ") == true)
        let isSpeakable = result.text.unicodeScalars.allSatisfy {
            $0 == "\n"
                || ($0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value)
                    && !(0x2500...0x28ff).contains($0.value))
        }
        #expect(isSpeakable)
        #expect(try Snapshot(log.path).changes(since: before) == [])
        try walrus(log.path.string, "--plain", "--write").expectError(2, "only looks")
    }
}
