import SystemPackage
import TestSupport
import Testing
import WalrusIO

@Suite struct AppendTests {
    @Test func oneEntry() throws {
        let log = try Log()
        let payloads: [[UInt8]] = [
            Array("hello\n".utf8), [], [0, 0, 10, 0], Array(repeating: 0xff, count: 100_000),
        ]
        try log.append(payloads, to: "t")
        #expect(try log.payloads("t") == payloads)
        #expect(try log.topic("t")["clean"] == .bool(false))
        // The dash is standard input too; a second topic counts for itself.
        #expect(try log.run("append", "u", "-", input: [1]).text == "1\n")
        let told = try log.run("append", "t", "-o", "jsonl", input: [9])
        #expect(JSONValue(told.text)?["ordinal"] == .int(5))
    }

    @Test func lines() throws {
        let log = try Log()
        let long = String(repeating: "x", count: 300_000)
        let input = "one\n\ntwo\r\n\(long)\nlast"
        let result = try log.run("append", "t", "--lines", input: Array(input.utf8))
        #expect(result.status == 0 && result.text == "1\n2\n3\n4\n5\n")
        let expected = ["one", "", "two\r", long, "last"].map { Array($0.utf8) }
        #expect(try log.payloads("t") == expected)
        let more = try log.run("append", "t", "--lines", input: Array("six\n\0\n".utf8))
        #expect(more.text == "6\n7\n")
        #expect(try log.payloads("t") == expected + [Array("six".utf8), [0]])
        // No line, no entry.
        let nothing = try log.run("append", "t", "--lines")
        #expect(nothing.status == 0 && nothing.output.isEmpty)
    }

    /// What the command line itself has: as the console gives it for what was typed there.
    @Test func text() throws {
        let log = try Log()
        #expect(try log.run("append", "t", "--text", "it's\n$HOME").text == "1\n")
        #expect(
            try log.run("append", "t", "--text", "a\n\nb", "--lines", "--batch").text == "2\n3\n4\n"
        )
        let expected = ["it's\n$HOME", "a", "", "b"].map { Array($0.utf8) }
        #expect(try log.payloads("t") == expected)
        try log.run("append", "t", "file", "--text", "x").expectError(2, "no other source")
    }

    @Test func namesOfTopics() throws {
        let log = try Log()
        let names = ["a b/c", "caf\u{e9}", "cafe\u{301}", String(repeating: "n", count: 216), "-"]
        for name in names {
            #expect(try log.run("append", "--", name, input: Array(name.utf8)).status == 0)
        }
        let odd = "00090a"
        #expect(try log.run("append", odd, "--topic-hex", input: [5]).text == "1\n")
        let topics = try log.topics()
        #expect(topics.count == 6 && topics.allSatisfy { $0["entries"] == .int(1) })
        for topic in topics {
            let hex = try #require(topic["topic_hex"]?.string)
            let entry = try log.run("entries", hex, "--topic-hex", "-o", "jsonl")
            #expect(JSONValue(entry.text)?["ordinal"] == .int(1))
        }
    }

    private func append(_ words: String..., input: [UInt8] = [1]) throws -> Subprocess.Result {
        try Subprocess.run(Subprocess.walrus, ["append"] + words, input: input)
    }

    /// A new directory is told; no path to one is made, and nothing else is taken for a log.
    @Test func newDirectory() throws {
        let log = try Log()
        let path = log.path.string
        let first = try append(path, "t")
        #expect(first.text == "1\n" && first.errors.contains("note: \(path) was not there"))
        let second = try append(path, "t")
        #expect(second.text == "2\n" && second.errors.isEmpty)
        try append(path + "/x/y", "t").expectError(3, "no such directory")
        try append(path + "/x/y", "t", "--create").expectError(3, "no such directory")
        #expect(try log.bash("ls -d $log/*/").output.isEmpty)
        #expect(try append(path, "t", "--key", "k").errors.contains("was not there"))
        // What is there and holds something else; what was made for the purpose.
        _ = try log.bash("mkdir other empty && touch other/file empty/lock_index.db")
        let parent = log.path.removingLastComponent()
        try append(parent.appending("other").string, "t").expectError(1, "--create")
        #expect(try append(parent.appending("other").string, "t", "--create").status == 0)
        #expect(try append(parent.appending("empty").string, "t").text == "1\n")
        let lines = Array(#"{"payload":"a"}"#.utf8)
        try Subprocess.run(
            Subprocess.walrus, ["import", path + "2/x", "t", "-"], input: lines
        ).expectError(3, "no such directory")
        let imported = try Subprocess.run(
            Subprocess.walrus, ["import", path + "2", "t", "-"], input: lines)
        #expect(imported.status == 0 && imported.errors.contains("was not there"))
    }

    /// An empty input may be a pipe whose writer failed: it is an entry, and that is told.
    @Test func emptyInput() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let empty = try log.run("append", "t")
        #expect(empty.text == "2\n" && empty.errors.contains("note: the input is empty"))
        let meant = try log.run("append", "t", "--text", "")
        #expect(meant.text == "3\n" && meant.errors.isEmpty)
        #expect(try log.payloads("t") == [[1], [], []])
    }

    /// Who comes while another one is at work waits for it, as far as that is short.
    @Test func atTheSameMoment() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let held = try log.bash(
            """
            mkfifo slow; "$walrus" append $log t --lines <slow >told & exec 3>slow; echo a >&3
            until [ -s told ]; do sleep 0.01; done
            (sleep 0.3; echo b >&3) & exec 3>&-
            "$walrus" append $log t --text c && "$walrus" reclaim $log --yes; wait
            """)
        #expect(held.text.hasPrefix("4\n") && !held.errors.contains("in use"), "\(held.errors)")
        let many = try log.bash(
            """
            for n in 1 2 3 4 5 6; do
                ("$walrus" append $log u --text $n && "$walrus" mark $log u clean) >/dev/null &
            done
            wait
            """)
        #expect(many.errors.isEmpty)
        #expect(try log.payloads("u").count == 6)
        // Who keeps it is named, and what to do.
        let kept = try log.bash(
            """
            mkfifo pipe; "$walrus" append $log t --lines <pipe >kept & exec 3>pipe; echo x >&3
            until [ -s kept ]; do sleep 0.01; done; "$walrus" append $log t --text c; echo $?; exec 3>&-; wait
            """)
        #expect(kept.text == "3\n")
        #expect(kept.errors.contains("wait until it ends, stop it"))
        #expect(!kept.errors.contains("servesControl"))
    }

    /// The disk is full, or a file may not grow: what was acknowledged stays, and nothing else.
    @Test func noSpace() throws {
        let log = try Log()
        try log.append([Array("first".utf8)], to: "t")
        // Blocks of 1 KiB: the file may not be written past 100 KB.
        let result = try log.bash(
            """
            ulimit -f 100
            yes 0123456789012345678901234567890123456789 | head -n 10000 |
                "$walrus" append $log t --lines >acknowledged
            status=$?
            wc -l <acknowledged
            exit $status
            """)
        #expect(result.status == 3)
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        let acknowledged = try #require(result.lines.first.flatMap { Int($0) })
        #expect(acknowledged > 0)
        let entries = try log.payloads("t")
        #expect(entries.count >= acknowledged + 1 && entries.count <= acknowledged + 2)
        #expect(entries[0] == Array("first".utf8) && entries[1].count == 40)
        // Once there is room again it goes on.
        let next = try log.run("append", "t", input: [1])
        #expect(next.status == 0 && next.text == "\(entries.count + 1)\n")
        #expect(try log.payloads("t").last == [1])
        #expect(try log.run("check").status == 0)
    }

    @Test func fullDisk() throws {
        let log = try Log()
        let result = try log.bash(
            """
            mkdir disk
            mount -t tmpfs -o size=2m none disk 2>/dev/null || exit 77
            trap 'umount disk' EXIT
            yes "$(head -c 5000 /dev/zero | tr '\\0' x)" | head -n 2000 |
                "$walrus" append disk t --lines >acknowledged
            echo "status $?"
            wc -l <acknowledged
            "$walrus" entries disk t -o jsonl | wc -l
            "$walrus" check disk >/dev/null; echo "status $?"
            """)
        // Only root may mount.
        guard result.status != 77 else { return }
        try #require(result.lines.count == 4, "\(result.text)\(result.errors)")
        #expect(result.lines[0] == "status 3")
        #expect(result.errors.contains("No space left") && result.errors.contains("free some"))
        #expect(Int(result.lines[1]) ?? 0 > 100)
        #expect(Int(result.lines[2]) ?? 0 >= Int(result.lines[1]) ?? .max)
        #expect(result.lines[3] == "status 0")
    }

    /// What `export` wrote goes back in as it was.
    @Test func lengthPrefixedAndFiles() throws {
        let log = try Log()
        let payloads: [[UInt8]] = [
            Array("one".utf8), [], [10, 0, 255], Array(repeating: 7, count: 70_000),
        ]
        try log.append(payloads, to: "t")
        #expect(try log.run("export", "t", "--out", "all.lp").status == 0)
        let copied = try log.run("append", "copy", "all.lp", "--length-prefixed")
        #expect(copied.text == "1\n2\n3\n4\n", "\(copied.errors)")
        #expect(try log.payloads("copy") == payloads)
        let whole = try log.run("append", "whole", "all.lp")
        #expect(whole.text == "1\n")
        #expect(try log.payloads("whole").first?.count == 70_006 + 16)
        // A pipe with a name, as a shell makes it.
        let piped = try log.bash(
            "\"$walrus\" append $log piped --lines <(printf 'a\\nb\\n')")
        #expect(piped.text == "1\n2\n", "\(piped.errors)")
        try log.run("append", "t", "none").expectError(3, "No such file")
        try log.run("append", "t", ".").expectError(3, "directory")
        // Cut off in the middle: what came before is there, the rest is not.
        let cut = try log.run(
            "append", "u", "--length-prefixed", input: [1, 0, 0, 0, 65, 2, 0, 0, 0, 66])
        #expect(cut.status == 2 && cut.text == "1\n" && cut.errors.contains("within entry 2"))
        #expect(try log.payloads("u") == [[65]])
    }

    @Test func batches() throws {
        let log = try Log()
        let batch = try log.run("append", "t", "--lines", "--batch", input: Array("a\nb\nc\n".utf8))
        #expect(batch.text == "1\n2\n3\n", "\(batch.errors)")
        let told = try log.run(
            "append", "t", "--lines", "--batch", "-o", "json", input: Array("d\ne\n".utf8))
        let value = try #require(JSONValue(told.text))
        let entries = try log.entries("t")
        #expect(value["entries"] == .int(2) && value["first_ordinal"] == .int(4))
        for field in ["file", "block", "offset"] { #expect(value[field] == entries[3][field]) }
        // More than a batch holds, or cut off: nothing of it is there.
        let many = Array(String(repeating: "x\n", count: 2_001).utf8)
        try log.run("append", "t", "--lines", "--batch", input: many).expectError(2, "2000 entries")
        try log.run("append", "t", "--length-prefixed", "--batch", input: [1, 0, 0, 0, 65, 9])
            .expectError(2, "within entry 2")
        #expect(try log.entries("t").count == 5)
        #expect(try log.run("append", "t", "--lines", "--batch").status == 0)
        #expect(try log.entries("t").count == 5)
    }

    @Test func placesAreTold() throws {
        let log = try Log()
        let told = try (0..<3).map { number in
            try #require(JSONValue(try log.run("append", "t", "-o", "jsonl", input: [number]).text))
        }
        for (told, entry) in zip(told, try log.entries("t")) {
            for field in ["ordinal", "file", "block", "offset", "sequence", "timestamp"] {
                #expect(told[field] == entry[field])
            }
        }
    }

    @Test func formsThatExcludeEachOther() throws {
        let log = try Log()
        try log.run("append", "t", "--lines", "--length-prefixed").expectError(2, "exclude")
        try log.run("append", "t", "--editor", "--batch").expectError(2, "--editor")
        try log.run("append", "t", "--editor").expectError(2, "needs a terminal")
        #expect(!Directory.exists(log.path))
    }
}
