import SystemPackage
import TestSupport
import Testing

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

    /// A directory is made, a path is not.
    @Test func newDirectory() throws {
        let log = try Log()
        #expect(try log.run("append", "t", input: [1]).status == 0)
        let deep = log.path.appending("x/y").string
        try Subprocess.run(Subprocess.walrus, ["append", deep, "t"], input: [1])
            .expectError(3, "no such directory")
        #expect(try log.bash("ls -d $log/*/").output.isEmpty)
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
}
