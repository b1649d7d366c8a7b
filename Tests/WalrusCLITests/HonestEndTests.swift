import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// What an action could not do, or did not do, is said, and is not noted as done.
@Suite struct HonestEndTests {
    private func log(_ entries: Int = 3) throws -> Log {
        let log = try Log()
        try log.append((1...entries).map { Array("entry \($0)".utf8) }, to: "t")
        return log
    }

    /// A replay of nothing is no finished one: the same words look again.
    @Test func aReplayOfNothing() throws {
        let log = try log()
        let result = try log.bash(
            """
            export XDG_STATE_HOME=$PWD/state
            replay() { "$walrus" replay $log t --where '"later"' --into copy; echo $?; }
            replay 2>&1
            "$walrus" replays >/dev/null 2>&1; echo $?
            "$walrus" append $log t --text 'later' >/dev/null
            replay
            "$walrus" replay $log t --where '"never"' --into copy -o json 2>/dev/null | grep -c '"entries":0'
            """)
        let lines = result.lines
        #expect(lines.prefix(3) == ["walrus: no entry of t is what --where asks for", "1", "1"])
        #expect(lines.dropFirst(3).first?.hasPrefix("replayed 1 entry") == true, "\(result.text)")
        #expect(lines.suffix(2) == ["0", "1"])
    }

    /// An input of nothing, mostly of a pipe whose writer failed, is noted by whoever reads it.
    @Test(arguments: [
        ["import", "t", "-"], ["append", "t", "--lines"], ["append", "t", "--lines", "--batch"],
        ["append", "t", "--length-prefixed"], ["append", "t", "--lines", "--text", ""],
    ])
    func anEmptyInputIsNoted(words: [String]) throws {
        let log = try log()
        let result = try Subprocess.run(
            Subprocess.walrus, [words[0], log.path.string] + words.dropFirst())
        #expect(result.status == 0)
        #expect(result.errors == "walrus: note: the input is empty: nothing was appended\n")
        #expect(try log.topic("t")["entries"] == .int(3))
        let input = words[0] == "import" ? "{\"payload\":\"x\"}\n" : "\u{1}\0\0\0x"
        guard !words.contains("--text") else { return }
        let full = try Subprocess.run(
            Subprocess.walrus, [words[0], log.path.string] + words.dropFirst(),
            input: Array(input.utf8))
        #expect(full.status == 0 && full.errors.isEmpty)
    }

    /// A text has the lines that a file with the same bytes has.
    @Test(arguments: [("a\n\nb\n", 3), ("a\n\nb", 3), ("\n", 1), ("\n\n", 2), ("a", 1)])
    func theLinesOfAText(text: String, count: Int) throws {
        let log = try log()
        _ = try log.run("append", "text", "--lines", "--text", text)
        _ = try log.run("append", "input", "--lines", input: Array(text.utf8))
        #expect(try log.payloads("text") == log.payloads("input"))
        #expect(try log.payloads("text").count == count)
    }

    /// A replay that is refused says so alone, and names no option that it has not.
    @Test func aRefusedReplayMakesNothing() throws {
        let log = try log()
        let result = try log.bash(
            """
            export XDG_STATE_HOME=$PWD/state
            mkdir other; echo >other/file
            "$walrus" replay $log t --into c --into-dir other 2>&1; echo $?
            "$walrus" replay $log t --into c --into-dir other --dry-run >/dev/null 2>&1; echo $?
            "$walrus" replay $log t --into c --into-dir new 2>&1 >/dev/null; echo $?
            mv new moved
            "$walrus" replay $log t --into c --into-dir new 2>&1; echo $?
            ls -d new 2>/dev/null
            """)
        let folder = log.path.removingLastComponent()
        #expect(
            result.lines == [
                "walrus: other holds no log; name the directory of a log, or one that is not there yet",
                "1", "1", "walrus: note: \(folder)/new was not there: a new log", "0",
                "walrus: \(folder)/new, which this replay goes into, is not there any more; "
                    + "--restart begins anew", "1",
            ], "\(result.text)")
    }

    /// With a query what is left is the most there can be.
    @Test func whatReplaysHaveLeft() throws {
        let log = try log(20)
        let result = try log.bash(
            """
            export XDG_STATE_HOME=$PWD/state
            "$walrus" replay $log t --where 'length > 0' --exec 'test $WALRUS_ORDINAL != 3' 2>/dev/null
            "$walrus" replay $log t --limit 9 --exec 'test $WALRUS_ORDINAL != 3' 2>/dev/null
            "$walrus" replays
            "$walrus" replays -o jsonl
            """)
        let told = result.lines.dropFirst()
        #expect(told.first?.contains("  at most 18  ") == true, "\(result.text)")
        #expect(told.dropFirst().first?.contains("         7  ") == true, "\(result.text)")
        #expect(told.dropFirst(2).first?.contains("\"left_at_most\":true") == true)
        #expect(told.last?.contains("\"left\":7,\"left_at_most\":false") == true)
    }

    /// A pipe is no index: without one the readers would stand at their beginnings.
    @Test(arguments: [
        "read_offset_idx_index.db", "topic_clean_index.db", "cursor_journal_index.db",
    ])
    func aPipeInThePlaceOfAFile(name: String) throws {
        let log = try log()
        let result = try log.bash(
            """
            rm -f $log/\(name); mkfifo $log/\(name)
            "$walrus" append $log t --text x; echo $?; stat -c %F $log/\(name); ls -A $log | grep -c new_
            """)
        #expect(result.lines == ["3", "fifo", "0"])
        #expect(result.errors.contains("it is no regular file: move it away"))
        #expect(try log.run("check").text.contains("unreadable-file"))
    }

    /// Consume tells what it waits for; whatever ends it leaves the cursor, a reader that comes has the entries.
    @Test(arguments: [10, 300_000]) func aReaderThatDoesNotRead(length: Int) throws {
        let log = try log()
        try log.append([[UInt8](repeating: 0x78, count: length)], to: "t", first: 4)
        func consume(_ end: String) throws -> Subprocess.Result {
            try log.bash(
                """
                rm -f pipe err; mkfifo pipe; exec 9<>pipe
                "$walrus" consume $log t --to end --yes >pipe 2>err 9>&- & consumer=$!
                until grep -q 'Ctrl-C leaves the cursor' err; do sleep 0.01; done
                \(end)
                wait $consumer; echo $?; cat err
                """)
        }
        let cut = try consume("kill -TERM $consumer")
        #expect(cut.lines.first != "0")
        #expect(try log.topic("t")["unread"] == .int(4))
        let read = try consume("exec 8<pipe 9>&-; cat <&8 >out")
        #expect(read.lines.first == "0", "\(read.text)")
        #expect(read.text.split(separator: "note:").count == 2)
        #expect(try log.topic("t")["unread"] == .int(0))
    }

    /// Whoever was there first in a service that has the log open: what was printed was not consumed.
    @Test func refusedInTheEnd() throws {
        let place = try TempDirectory()
        let log = place.path.appending("wal")
        try Directory.create(log)
        let runtime: [String: String?] = ["XDG_RUNTIME_DIR": place.path.string]
        let service = try Subprocess(
            Subprocess.walrus.removingLastComponent().appending("EngineThatServes"),
            ["works", log.string, "1000"], environment: runtime)
        while try service.output().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
        var environment = runtime
        environment["log"] = log.string
        environment["WALRUS_AUDIT"] = place.path.appending("audit").string
        let result = try Subprocess.bash(
            """
            "$walrus" append $log mine --lines --batch >/dev/null 2>&1 < <(printf 'one\\ntwo\\n')
            mkfifo pipe
            "$walrus" consume $log mine --to end --yes >pipe 2>err & consumer=$!
            exec 8<pipe; read -rN1 first <&8
            "$walrus" seek $log mine end --yes 2>/dev/null
            cat <&8 >out; wait $consumer; echo $?; grep -c consumed out; cat err
            """, directory: place.path, environment: environment)
        service.send(SIGTERM)
        _ = try service.wait()
        let lines = result.lines
        #expect(lines.dropFirst().first == "3", "\(result.text)")
        #expect(lines.dropFirst(2).first == "2")
        #expect(result.text.contains("2 entries were printed, but they were not consumed"))
        #expect(result.text.contains("cursor is not where it was"))
    }
}
