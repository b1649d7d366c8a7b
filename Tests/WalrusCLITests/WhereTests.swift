import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

/// Queries, exports and following, from the outside.
@Suite struct WhereTests {
    private func orders() throws -> Log {
        let log = try Log()
        let lines = (1...60).map { number in
            "{\"id\":\(number),\"status\":\"\(number % 10 == 0 ? "err" : "ok")\"}\n"
        }
        let appended = try log.run(
            "append", "orders", "--lines", "--fsync", "none", input: Array(lines.joined().utf8))
        #expect(appended.status == 0)
        #expect(try log.run("consume", "orders", "--yes", "--limit", "25").status == 0)
        return log
    }

    private func ordinals(_ log: Log, _ verb: String, _ arguments: String...) throws -> [Int] {
        let result = try Subprocess.run(
            Subprocess.walrus, [verb, log.path.string, "orders", "-o", "jsonl"] + arguments)
        if !result.lines.isEmpty { #expect(result.errors.isEmpty, "\(result.errors)") }
        return try result.lines.map { try #require(JSONValue($0)?["ordinal"]?.int) }
    }

    @Test func theSameQueryEverywhere() throws {
        let log = try orders()
        let query = ".status == \"err\""
        #expect(try ordinals(log, "entries", "--where", query) == [10, 20, 30, 40, 50, 60])
        #expect(try ordinals(log, "entries", "--where", query, "--limit", "2") == [10, 20])
        #expect(try ordinals(log, "entries", "--where", query, "--from", "-25") == [40, 50, 60])
        #expect(try ordinals(log, "peek", "--where", query) == [30, 40, 50, 60])
        #expect(try ordinals(log, "tail", "--where", query, "-n", "2") == [50, 60])
        #expect(try ordinals(log, "tail", "--exit", "-n", "3") == [58, 59, 60])
        #expect(try ordinals(log, "tail", "-n", "0") == [])
        #expect(try ordinals(log, "entries", "--where", "~/\"id\":5[0-9],/ and not err").count == 9)
        #expect(try ordinals(log, "entries", "--where", "time > -1h and .id <= 3") == [1, 2, 3])
        #expect(try ordinals(log, "entries", "--where", "time < -1h") == [])
        #expect(try ordinals(log, "entries", "--where", "is:unread and seq < 28") == [26, 27])
        // The screen says the same.
        let frame = try log.run(
            "frame", "--screen", "entries", "--topic", "orders", "--keys",
            "/.status<Space>==<Space>\"err\"<Enter>")
        #expect(frame.text.contains("6 of 60"))
        try log.run("peek", "orders", "--where", "nothing").expectError(1, "--where")
        try log.run("entries", "orders", "--where", ".a = 1").expectError(2, "column 4", "expected")
        try log.run("entries", "orders", "--where", "").expectError(2, "column 1")
        try log.run("tail", "none").expectError(1, "no topic")
        try log.run("tail", "orders", "-f", "-o", "json").expectError(2, "jsonl")
    }

    @Test func whatCannotBeToldIsAdmitted() throws {
        let log = try Log(fixture: "small")
        let topic = try #require(try log.topics().first { ($0["entries"]?.int ?? 0) > 0 })
        let name = try #require(topic["topic"]?.string)
        let count = try #require(topic["entries"]?.int)
        // The reference writes no time.
        try log.run("entries", name, "--where", "time > 2020-01-01")
            .expectError(1, "of \(count) entr", "cannot be told")
    }

    @Test func exports() throws {
        let log = try orders()
        func export(_ arguments: String) throws -> Subprocess.Result {
            try log.bash("cd $log/.. && \"$walrus\" export $log orders \(arguments)")
        }
        func contents(_ name: String) throws -> [UInt8] {
            try Directory.contents(of: log.path.removingLastComponent().appending(name)) ?? []
        }
        let err = "--where '.status == \"err\"'"
        #expect(try export("\(err) --out a.jsonl").status == 0)
        let lines = String(decoding: try contents("a.jsonl"), as: UTF8.self).split(separator: "\n")
        #expect(
            try lines.map { try #require(JSONValue($0)?["ordinal"]?.int) } == [
                10, 20, 30, 40, 50, 60,
            ])
        #expect(JSONValue(lines[0])?["payload"]?.string == "{\"id\":10,\"status\":\"err\"}")
        // Nothing is overwritten unasked, nothing is left behind.
        let again = try export("--out a.jsonl")
        #expect(again.status == 2 && again.errors.contains("--force"))
        #expect(try export("--from 59 --out a.jsonl --force").status == 0)
        #expect(try contents("a.jsonl").split(separator: 10).count == 2)
        #expect(
            try export("--from 3 --to 5 --out - --format hex").text
                == [3, 4].map { Hex.encode("{\"id\":\($0),\"status\":\"ok\"}".utf8) + "\n" }
                .joined())
        #expect(try export("--limit 2 --out b.raw").status == 0)
        #expect(
            try contents("b.raw")
                == Array("{\"id\":1,\"status\":\"ok\"}{\"id\":2,\"status\":\"ok\"}".utf8))
        #expect(
            try export("--limit 1 --out - --format length-prefixed").output
                == [22, 0, 0, 0] + Array("{\"id\":1,\"status\":\"ok\"}".utf8))
        // Not into the log, by whatever name.
        for name in ["log/x", "./log/../log/x", "$log/x", "log/x/../y"] {
            let inside = try export("--out \(name) --force")
            #expect(inside.status == 2 || inside.status == 3, "\(name)")
        }
        #expect(try export("--out nowhere/x").status == 3)
        #expect(try export("--out .").status == 3)
        // What is no file stays what it is; what cannot be written whole is not there at all.
        let odd = try log.bash("cd $log/.. && mkfifo pipe && ln -s a.jsonl link")
        #expect(odd.status == 0)
        for name in ["pipe", "link"] {
            let result = try export("--out \(name) --force")
            #expect(result.status == 2 && result.errors.contains("no regular file"), "\(name)")
        }
        #expect(try log.bash("cd $log/.. && test -p pipe && test -L link").status == 0)
        let cut = try log.bash(
            "cd $log/.. && ulimit -f 1 && \"$walrus\" export $log orders --out big.jsonl")
        #expect(cut.status == 3 && cut.errors.contains("big.jsonl"), "\(cut.errors)")
        #expect(try log.bash("test -e $log/../big.jsonl").status == 1)
        let full = try export("--out - >/dev/full")
        #expect(full.status == 3)
        #expect(try log.bash("cd $log/.. && ls -A; ls $log").text.contains(".part") == false)
        let text = [UInt8](repeating: 0xff, count: 5)
        try log.append([text], to: "binary")
        let binary = try log.run("export", "binary", "--out", "-")
        #expect(JSONValue(binary.text)?["payload_base64"]?.string == "//////8=")
    }

    @Test func damagedEntriesAreNamed() throws {
        let log = try orders()
        let entry = try log.entries("orders")[4]
        let file = try #require(entry["file"]?.string)
        let offset = try #require(entry["offset"]?.int)
        let data = try DiskFile(log.path.appending(file), .readWrite)
        let byte = [UInt8(ascii: "X")]
        try unsafe byte.withUnsafeBytes {
            try unsafe data.write(
                at: offset + 256, $0, UnsafeRawBufferPointer(start: nil, count: 0))
        }
        let result = try log.run("export", "orders", "--out", "-", "--format", "raw")
        #expect(result.status == 1 && result.errors.contains("\(file):0+\(offset)"))
        #expect(result.errors.contains("1 damaged entry was left out"))
        let found = try log.run("entries", "orders", "--where", "is:damaged", "-o", "jsonl")
        #expect(found.status == 0 && found.lines.count == 1)
        #expect(JSONValue(found.text)?["ordinal"] == .null)
        #expect(JSONValue(found.text)?["offset"] == .int(offset))
    }

    // MARK: - Following

    /// Waits until the output has that many lines.
    private func wait(_ process: Subprocess, lines: Int) throws -> [Substring] {
        for _ in 0..<600 {
            let output = String(decoding: try process.output(), as: UTF8.self)
            let found = output.split(separator: "\n")
            if found.count >= lines { return found }
            Clock.sleep(nanoseconds: 50_000_000)
        }
        return String(decoding: try process.output(), as: UTF8.self).split(separator: "\n")
    }

    private func ordinals(_ lines: [Substring]) throws -> [Int] {
        try lines.map { try #require(JSONValue($0)?["ordinal"]?.int) }
    }

    @Test func followsWhatIsWritten() throws {
        let log = try orders()
        let tail = try Subprocess(
            Subprocess.walrus,
            ["tail", log.path.string, "orders", "-f", "-n", "1", "-o", "jsonl"])
        #expect(try ordinals(try wait(tail, lines: 1)) == [60])
        // Other topics do not disturb; every append of a writer that comes and goes is told once.
        try log.append([[1], [2]], to: "other")
        for round in 0..<4 {
            try log.append(
                [[UInt8(ascii: "a")], [UInt8(ascii: "b")]], to: "orders", first: 61 + 2 * round)
            let lines = try wait(tail, lines: 3 + 2 * round)
            #expect(try ordinals(lines) == Array(60...62 + 2 * round))
        }
        // A payload over several blocks, and entries behind it.
        var random = SeededRandom(seed: 1)
        try log.append([random.bytes(11_000_000), [UInt8(ascii: "c")]], to: "orders", first: 69)
        #expect(try ordinals(try wait(tail, lines: 11)) == Array(60...70))
        tail.send(2)
        let end = try tail.wait()
        #expect(end.status == 130 && end.errors.isEmpty, "\(end.errors)")
    }

    @Test func followsWhatIsNotThereYet() throws {
        let log = try orders()
        let tail = try Subprocess(
            Subprocess.walrus,
            ["tail", log.path.string, "later", "-f", "-o", "jsonl", "--where", "not b"])
        Clock.sleep(nanoseconds: 100_000_000)
        try log.append(["a", "b", "c"].map { Array($0.utf8) }, to: "later")
        #expect(try ordinals(try wait(tail, lines: 2)) == [1, 3])
        // The log goes away and comes back.
        #expect(try log.bash("mv $log $log.away && sleep 0.3 && mv $log.away $log").status == 0)
        try log.append([Array("d".utf8)], to: "later", first: 4)
        #expect(try ordinals(try wait(tail, lines: 3)) == [1, 3, 4])
        tail.send(15)
        let end = try tail.wait()
        #expect(end.status == 143)
        #expect(end.errors.contains("waiting for it"))
    }

    /// As `tail -f | head -1` does: it ends although nothing more is written.
    @Test func endsWithItsReader() throws {
        let log = try orders()
        let result = try log.bash(
            """
            "$walrus" tail $log orders -f | head -n 1 >/dev/null
            echo "${PIPESTATUS[0]}"
            "$walrus" --help | true
            """)
        #expect(result.text == "141\n" && result.errors.isEmpty, "\(result.errors)")
    }
}
