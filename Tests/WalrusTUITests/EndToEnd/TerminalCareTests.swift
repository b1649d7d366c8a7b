import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusIO

/// The terminal is whole afterwards, whatever happens to the program or to the window.
@Suite struct TerminalCareTests {
    /// Starts the console with the mouse on; a file `status` and one `after` tell how it ended.
    private func start(
        _ pane: Pane, _ fixture: Fixture, _ options: String = "--mouse",
        backtrace: String = "enable=no"
    ) throws -> Int32 {
        try pane.run("stty -g >before")
        try pane.run(
            "sh -c 'echo $$ >pid; export SWIFT_BACKTRACE=\(backtrace); ulimit -c 0; "
                + "exec \"$walrus\" \(fixture.path) \(options)'; echo $? >status; stty -g >after")
        try pane.wait(for: "Topics 4")
        return try #require(Int32(try pane.line(of: "pid")))
    }

    @Test(arguments: [("SEGV", 139), ("ABRT", 134), ("ILL", 132), ("BUS", 135), ("TERM", 143)])
    func aCrashRestoresTheTerminal(signal: String, status: Int) throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        let process = try start(pane, fixture)
        try pane.wait("the mouse") { _ in try pane.isMouseOn() }
        _ = try Subprocess.bash("kill -\(signal) \(process)")
        #expect(try pane.line(of: "status") == "\(status)")
        #expect(try pane.line(of: "after") == (try pane.line(of: "before")))
        try pane.wait("the shell") { lines in !lines.contains { $0.contains("Topics") } }
        #expect(try !pane.isMouseOn())
    }

    /// The handler of Swift's runtime runs a program that makes a backtrace, and returns.
    @Test(arguments: [("SEGV", 139), ("ABRT", 134), ("QUIT", 131)])
    func aBacktraceEndsTheProgram(signal: String, status: Int) throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        let process = try start(
            pane, fixture, "", backtrace: "enable=yes,swift-backtrace=/bin/true")
        _ = try Subprocess.bash("kill -\(signal) \(process)")
        #expect(try pane.line(of: "status") == "\(status)")
        #expect(try pane.line(of: "after") == (try pane.line(of: "before")))
    }

    /// Nothing can put the terminal back after SIGKILL but the next program: the log is as it was, the
    /// next console starts, and what it puts back is whole.
    @Test func killedForGood() throws {
        let fixture = try Fixture("small")
        try Snapshot.age(fixture.path)
        let before = try Snapshot(fixture.path)
        let pane = try Pane(columns: 80, rows: 24)
        let process = try start(pane, fixture)
        for key in ["2", "3", "6", "5", "4"] { try pane.press(key) }
        try pane.wait(for: "Unread")
        _ = try Subprocess.bash("kill -KILL \(process)")
        #expect(try pane.line(of: "status") == "137")
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
        try pane.run("rm status pid after; clear")
        try pane.wait("an empty screen") { lines in !lines.contains { $0.contains("Unread") } }
        _ = try start(pane, fixture)
        try pane.press("5")
        try pane.wait(for: "Findings")
        try pane.press("C-c")
        #expect(try pane.line(of: "status") == "0")
        #expect(try pane.line(of: "after") == (try pane.line(of: "before")))
        #expect(try !pane.isMouseOn())
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
    }

    @Test func theMouse() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        _ = try start(pane, fixture, "")
        #expect(try !pane.isMouseOn())
        try pane.type(":mouse")
        try pane.press("Enter")
        try pane.wait("the mouse") { _ in try pane.isMouseOn() }
        // The third topic of the list: X10's report, whose numbers are one-based characters + 32.
        try pane.wait("the list") { $0.count > 8 && $0[7].contains("│") }
        let row = try pane.lines()[7]
        try pane.click(x: 5, y: 7)
        try pane.wait("the click") { $0[7].contains("▌") }
        try pane.press("Enter")
        let name = row.split(separator: " ").dropFirst().first.map(String.init) ?? "?"
        try pane.wait(for: " \(name) ")
        try pane.wait(for: "looking does not consume")
        try pane.type(":mouse off")
        try pane.press("Enter")
        try pane.wait("no mouse") { _ in try !pane.isMouseOn() }
        try pane.press("C-c")
        #expect(try pane.line(of: "status") == "0")
    }

    @Test func suspendedWithTheMouse() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("\"$walrus\" \(fixture.path) --mouse; echo \"sta\"\"tus $?\"")
        try pane.wait("the mouse") { _ in try pane.isMouseOn() }
        try pane.press("C-z")
        try pane.wait(for: "Stopped")
        #expect(try !pane.isMouseOn())
        try pane.run("fg")
        try pane.wait("the mouse again") { _ in try pane.isMouseOn() }
        try pane.press("q")
        try pane.wait("no mouse") { _ in try !pane.isMouseOn() }
    }

    /// Waits until the pane of that size shows Check as a frame of its own has it.
    private func expectCheck(_ pane: Pane, _ fixture: Fixture, _ columns: Int, _ rows: Int) throws {
        try pane.resize(columns: columns, rows: rows)
        let frame = try Subprocess.run(
            Subprocess.walrus,
            ["frame", fixture.path.string, "--size", "\(columns)x\(rows)", "--keys", "5"])
        let lines = frame.text.split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map { Pane.trimmed($0) }
        try pane.wait(lines.joined(separator: "\n")) { $0.dropFirst() == lines.dropFirst() }
    }

    /// Sizes from one cell to more than anybody has, one after the other: then it fits again.
    @Test func aStormOfSizes() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        let process = try start(pane, fixture)
        var random = SeededRandom.fromEnvironment("TerminalCareTests.aStormOfSizes")
        let sizes = [(1, 1), (20, 5), (60, 20), (300, 80), (2, 40), (200, 2)]
        for step in 0..<60 {
            let (columns, rows) =
                step < sizes.count
                ? sizes[step]
                : (Int.random(in: 1...250, using: &random), Int.random(in: 1...70, using: &random))
            try pane.resize(columns: columns, rows: rows)
            if step.isMultiple(of: 7) { try pane.press("1", "2", "3", "5", "x", "1") }
        }
        // Not Home: rates take two looks, and a frame has one.
        try pane.press("5")
        for (columns, rows) in [(20, 5), (60, 20), (80, 24)] {
            try expectCheck(pane, fixture, columns, rows)
        }
        #expect(kill(process, 0) == 0)
        try pane.press("C-c")
        #expect(try pane.line(of: "status") == "0")
        #expect(try pane.line(of: "after") == (try pane.line(of: "before")))
    }

    @Test(arguments: ["xterm-256color", "screen-256color", "screen", "linux", "vt100"])
    func everyScreenInEveryTerminal(type: String) throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("TERM=\(type) \"$walrus\" \(fixture.path) --mouse; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "Topics 4")
        for (key, text) in [("3", "blocks of 10 MiB"), ("6", "Fields"), ("5", "Findings")] {
            try pane.press(key)
            try pane.wait(for: text)
        }
        try pane.press("C-c")
        try pane.wait(for: "status 0")
        #expect(try !pane.isMouseOn())
    }

    /// GNU screen has its own ideas of a terminal: the console is whole in it, also after a resize, and
    /// leaves nothing behind.
    @Test func insideScreen() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run(
            "mkdir -m 700 sockets; SCREENDIR=$PWD/sockets screen -U -c /dev/null "
                + "\"$walrus\" \(fixture.path); echo \"sta\"\"tus $?\"")
        for (key, text) in [
            ("1", "Topics 4"), ("3", "blocks of 10 MiB"), ("4", "Unread"), ("5", "Findings"),
            ("6", "Fields"), ("7", "Workload"), ("?", "Everywhere"),
        ] {
            try pane.press(key)
            try pane.wait(for: text)
        }
        try pane.press("x", "5")
        for (columns, rows) in [(96, 26), (60, 20), (80, 24)] {
            try expectCheck(pane, fixture, columns, rows)
        }
        try pane.press("C-c")
        try pane.wait(for: "status 0")
    }

    /// Without a screen no terminal is too dumb.
    @Test func plainNeedsNoTerminal() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 100, rows: 40)
        try pane.run("TERM=dumb \"$walrus\" \(fixture.path) --plain; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "home>")
        try pane.type("open")
        try pane.press("Enter")
        try pane.wait(for: "Screen: Entries of beta_topic_longer.")
        try pane.wait(for: "entries>")
        try pane.press("Enter")
        try pane.type("quit")
        try pane.press("Enter")
        try pane.wait(for: "status 0")
    }
}
