import SystemPackage
import TestSupport
import Testing

/// Every way to go wrong: the exit status, and one line that says what to do.
@Suite struct ErrorTests {
    private func walrus(_ arguments: String...) throws -> Subprocess.Result {
        try Subprocess.run(Subprocess.walrus, arguments)
    }

    /// A wrong line is a usage error wherever it comes from, and named with its place.
    /// A link in the trash, or in its place, leads to files that are nobody's trash.
    @Test(arguments: [true, false]) func linksAreNoTrash(isRoot: Bool) throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let result = try log.bash(
            """
            "$walrus" append other t --text kept
            if \(isRoot); then mkdir trash; mv other trash; ln -s $PWD/trash $log/.walrus-trash
            else mkdir trash $log/.walrus-trash; mv other trash
            ln -s $PWD/trash/other $log/.walrus-trash/other; fi
            "$walrus" reclaim $log --empty-trash --yes; "$walrus" reclaim $log --list-trash
            "$walrus" peek trash/other t
            """)
        #expect(result.text.contains("kept") && result.errors.contains("the trash is empty"))
    }

    /// A directory of nothing is no log to keep.
    @Test func nothingToBackUp() throws {
        let log = try Log()
        _ = try log.bash("mkdir $log")
        try log.run("backup", "b.tar").expectError(3, "nothing of a log")
        #expect(try log.bash("ls b.tar").status != 0)
    }

    @Test func aLineThatIsNoEntry() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let lines = #"{"payload":"a"}"# + "\n" + #"{"payload":"b\ud800"}"# + "\n"
        try log.run("import", "t", "-", input: Array(lines.utf8))
            .expectError(2, "line 2: at byte 14", "1 entry before it was appended")
        _ = try log.bash("cat >lines", input: Array(lines.utf8))
        try log.run("import", "t", "lines")
            .expectError(2, "line 2: at byte 14", "nothing was appended")
        #expect(try log.payloads("t") == [[1], [0x61]])
    }

    /// Words of the usage are told as they stand there.
    @Test func namesOfArgumentsKeepTheirCase() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        try log.run("reclaim", "x").expectError(2, "walrus: NAME goes with --restore")
    }

    @Test(arguments: ["topics", "files", "blocks", "check", "frame", "console"])
    func missingDirectory(verb: String) throws {
        try walrus(verb, "/no/such/place").expectError(3, "/no/such/place: no such directory")
    }

    @Test func missingDirectoryOfATopic() throws {
        for verb in ["entries", "peek", "append"] {
            try walrus(verb, "/no/such/place", "t").expectError(3, "no such directory")
        }
        try walrus("consume", "/no/such/place", "t", "--limit", "1")
            .expectError(3, "no such directory")
        try walrus("mark", "/no/such/place", "t", "dirty").expectError(3, "no such directory")
    }

    @Test func aFileIsNoDirectory() throws {
        try walrus("topics", "/etc/passwd").expectError(3, "/etc/passwd is not a directory")
        let log = try Log()
        try log.append([[1]], to: "t")
        let file = try #require(try log.bash("ls -d $log/[0-9]*").lines.first)
        try walrus("topics", String(file)).expectError(3, "data file", log.path.string)
    }

    /// A script must not take what could be read for all there is.
    @Test func gapsAreAdmitted() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        try log.bash("printf garbage > $log/read_offset_idx_index.db")
        func expectGap(_ result: Subprocess.Result, _ status: Int, _ name: String) {
            // What could be read is shown all the same.
            #expect(result.status == status)
            #expect(!result.output.isEmpty)
            #expect(result.errors.contains("not all there is"))
            #expect(result.errors.contains(name))
        }
        expectGap(try log.run("topics"), 1, "read_offset_idx_index.db")
        expectGap(try log.run("entries", "t"), 1, "read_offset_idx_index.db")
        try log.bash("rm $log/read_offset_idx_index.db && ln -s /nowhere $log/1999999999999")
        expectGap(try log.run("topics"), 3, "1999999999999")
        expectGap(try log.run("peek", "t"), 3, "1999999999999")
    }

    /// The data files are gone, and an index still knows the topics.
    @Test func missingFilesAreTold() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        try log.bash("rm $log/[0-9]*")
        let check = try log.run("check")
        #expect(check.status == 1)
        #expect(check.text.contains("missing-files"))
    }

    @Test func anEmptyDirectory() throws {
        let log = try Log()
        try log.bash("mkdir $log")
        try log.run("topics").expectError(1, "no topics there")
        try log.run("files").expectError(1, "no data files there")
        try log.run("check").expectError(1, "no log there")
        try log.run("blocks").expectError(1, "no blocks there")
        try log.run("entries", "t").expectError(1, "no topic t")
        let list = try log.run("topics", "-o", "json")
        #expect(list.status == 1)
        #expect(list.text == "{\"schema\":1,\"topics\":[]}\n")
        let check = try log.run("check", "-o", "json")
        #expect(check.status == 1)
        #expect(check.text == "{\"schema\":1,\"findings\":[]}\n")
    }

    @Test func anUnknownTopic() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let before = try Snapshot(log.path)
        try log.run("entries", "nosuch").expectError(1, "no topic nosuch", "walrus topics")
        try log.run("peek", "nosuch").expectError(1, "no topic nosuch")
        try log.run("frame", "--screen", "entries", "--topic", "nosuch")
            .expectError(1, "no topic nosuch")
        #expect(try Snapshot(log.path).changes(since: before) == [])
        try log.run("consume", "nosuch", "--yes", "--limit", "1").expectError(1, "no topic nosuch")
        try log.run("mark", "nosuch", "dirty").expectError(1, "no topic nosuch")
        #expect(try log.topics().count == 1)
    }

    @Test func usage() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        try walrus().expectError(2, "walrus DIR", "walrus --help")
        try walrus("topics").expectError(2, "missing", "DIR", "walrus topics --help")
        try walrus("no-such-verb").expectError(3, "no such verb", "walrus --help")
        try walrus("entries", log.path.string).expectError(2, "TOPIC", "walrus entries --help")
        try log.run("topics", "--bogus").expectError(2, "--bogus", "walrus topics --help")
        try log.run("topics", "-o", "xml").expectError(2, "xml", "jsonl")
        try log.run("topics", "surplus").expectError(2, "surplus")
        for from in ["x", "0", "@yesterday", "--limit", ""] {
            try log.run("entries", "t", "--from", from).expectError(2, "--from", "begin")
        }
        try log.run("entries", "t", "--limit", "-1").expectError(2, "--limit")
        try log.run("entries", "t", "--payload", "xml").expectError(2, "base64")
        try log.run("entries", "zz", "--topic-hex").expectError(2, "hexadecimal")
        try log.run("consume", "t").expectError(2, "--limit")
        try log.run("consume", "t", "--yes", "--limit", "0").expectError(2, "--limit")
        try log.run("mark", "t", "shiny").expectError(2, "shiny", "clean")
        try log.run("append", "t", "a file").expectError(3, "a file", "No such file")
        try log.run("append", "").expectError(2, "at least one byte")
        try log.run("append", String(repeating: "n", count: 217)).expectError(2, "216")
        try log.run("append", "ff", "--topic-hex").expectError(2, "UTF-8")
        try log.run("append", "t", "--fsync", "often").expectError(2, "--fsync", "200ms")
        try log.run("frame", "--size", "0x0").expectError(2, "--size", "120x40")
        try log.run("frame", "--keys", "<Foo>").expectError(2, "<Foo>")
        try log.run("frame", "--theme", "pink").expectError(2, "pink", "dark")
        try log.run("topics", "--key", "..").expectError(2, "leads out")
    }

    @Test func aLockedDirectory() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        // A writer that waits for its next line holds the log.
        let result = try log.bash(
            """
            mkfifo pipe
            "$walrus" append $log t --lines <pipe >out & holder=$!
            exec 3>pipe
            echo first >&3
            until [ -s out ]; do sleep 0.02; done
            echo $holder
            echo x | "$walrus" append $log t; echo "status $?"
            "$walrus" consume $log t --yes --limit 1; echo "status $?"
            "$walrus" mark $log t clean; echo "status $?"
            "$walrus" topics $log -o jsonl >/dev/null; echo "status $?"
            exec 3>&-
            wait $holder
            echo "status $?"
            """)
        let statuses = result.lines.dropFirst().map { $0.split(separator: " ").last }
        #expect(statuses == ["3", "3", "3", "0", "0"])
        let errors = result.errors.split(separator: "\n")
        #expect(errors.count == 3)
        for error in errors { #expect(error.contains(result.lines[0]), "\(error)") }
        #expect(try log.payloads("t") == [[1], Array("first".utf8)])
    }

    @Test func noPermission() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let result = try log.bash(
            """
            # Root may do everything: be nobody.
            as=
            if [ $(id -u) = 0 ]; then as='setpriv --reuid=65534 --regid=65534 --clear-groups'; fi
            $as "$walrus" --version >/dev/null 2>&1 || exit 77
            chmod 755 .
            chmod 700 $log; [ -n "$as" ] || chmod 000 $log
            $as "$walrus" topics $log; echo "status $?"
            chmod 755 $log; chmod 600 $log/*; [ -n "$as" ] || chmod 000 $log/[0-9]*
            $as "$walrus" entries $log t; echo "status $?"
            echo x | $as "$walrus" append $log t; echo "status $?"
            """)
        // Where nobody cannot even run the program there is nothing to try.
        guard result.status != 77 else { return }
        #expect(result.lines.filter { $0.hasPrefix("status") }.allSatisfy { $0 != "status 0" })
        #expect(result.lines.first == "status 3" && result.lines.last == "status 3")
        #expect(result.errors.contains("ermission denied"), "\(result.errors)")
    }

    /// A name that would drive the terminal is told, and does not.
    @Test func hostileNames() throws {
        let result = try walrus("topics", "/no/\u{1b}[31m\nplace")
        result.expectError(3, "no such directory")
        #expect(!result.errors.contains("\u{1b}"))
        let log = try Log()
        try log.append([[1]], to: "t")
        #expect(!(try log.run("entries", "a\u{1b}]0;b")).errors.contains("\u{1b}"))
        #expect(!(try log.run("topics", "-o", "\u{1b}[2J")).errors.contains("\u{1b}"))
    }

    @Test func fullAndClosedOutput() throws {
        let log = try Log()
        try log.append([Array("entry".utf8)], to: "t")
        for command in ["topics $log", "entries $log t -o jsonl", "--help", "frame $log"] {
            let full = try log.bash("\"$walrus\" \(command) >/dev/full")
            #expect(full.status == 3, "\(command)")
            #expect(full.errors.split(separator: "\n").count == (command == "--help" ? 0 : 1))
        }
        // More than a pipe holds, so that the writer meets the closed end.
        let head = try log.bash(
            """
            head -c 300000 /dev/urandom | "$walrus" append $log big >/dev/null
            yes | head -n 1000 | "$walrus" append $log big --lines --fsync none >/dev/null
            "$walrus" entries $log big --payload hex -o jsonl | head -c 10 >/dev/null
            echo "${PIPESTATUS[0]}"
            """)
        #expect(head.errors.isEmpty)
        #expect(head.text == "141\n")
    }
}
