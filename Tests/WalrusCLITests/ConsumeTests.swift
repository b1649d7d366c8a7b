import Glibc
import SystemPackage
import TestSupport
import Testing

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

    @Test func printsThenConsumes() throws {
        let log = try log(entries: 5)
        let listed = try log.entries("t", "--payload", "text")
        let first = try log.run("consume", "t", "--limit", "2", "-o", "jsonl")
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
        let rest = try log.run("consume", "t", "--limit", "99", "-o", "jsonl")
        #expect(rest.lines.compactMap { JSONValue($0)?["ordinal"]?.int } == [3, 4, 5])
        try log.run("consume", "t", "--limit", "1").expectError(1, "no unread entry")
        #expect(try log.topic("t")["unread"] == .int(0))
        // Consumed is not gone.
        #expect(try log.entries("t").count == 5)
    }

    /// What went into a pipe that nobody reads any more was not delivered.
    @Test func closedPipe() throws {
        let log = try log(entries: 300, length: 3_000)
        let result = try log.bash(
            """
            "$walrus" consume $log t --limit 300 | head -c 100 >/dev/null
            echo "${PIPESTATUS[0]}"
            """)
        #expect(result.text == "141\n" && result.errors.isEmpty)
        // A pipe holds 64 KiB: what it took counts as printed.
        let unread = try #require(try log.topic("t")["unread"]?.int)
        #expect(unread >= 300 - 65_536 / 3_000 - 2 && unread < 300)
        let full = try log.bash("\"$walrus\" consume $log t --limit 1 >/dev/full")
        #expect(full.status == 3)
        #expect(try log.topic("t")["unread"] == .int(unread))
    }

    /// Killed at any moment: every entry is printed at least once, and at most one twice.
    @Test func killed() throws {
        let log = try log(entries: 400)
        var random = SeededRandom.fromEnvironment("ConsumeTests.killed")
        var printed: [Int] = []
        for _ in 0..<6 {
            let process = try Subprocess(
                Subprocess.walrus,
                ["consume", log.path.string, "t", "--limit", "400", "-o", "jsonl"])
            // Somewhere in the middle of it, as far as one can aim.
            let target = Int.random(in: 1...50, using: &random)
            while try process.output().count(where: { $0 == 0x0a }) < target { usleep(1_000) }
            process.send(SIGKILL)
            let result = try process.wait()
            let told = result.lines.compactMap { JSONValue($0)?["ordinal"]?.int }
            if let last = printed.last, let first = told.first {
                #expect(first == last || first == last + 1)
            }
            #expect(told == Array((told.first ?? 0)..<(told.first ?? 0) + told.count))
            printed += told
        }
        let next = try log.run("peek", "t", "--limit", "1", "-o", "jsonl")
        guard next.status == 0 else {
            #expect(printed.last == 400)
            return
        }
        let first = try #require(JSONValue(next.text)?["ordinal"]?.int)
        #expect(first == printed.last || first == (printed.last ?? 0) + 1)
        #expect(Set(printed) == Set(1...(printed.last ?? 0)))
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
