import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// The program in a real terminal.
@Suite struct ConsoleEndToEndTests {
    /// What `walrus frame` draws of the same state, as a pane shows it.
    private func frame(_ fixture: Fixture, _ columns: Int, _ rows: Int, _ arguments: String...)
        throws -> [String]
    {
        let result = try Subprocess.run(
            Subprocess.walrus,
            ["frame", fixture.path.string, "--size", "\(columns)x\(rows)"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return result.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { Pane.trimmed($0) }
    }

    /// Waits until the pane shows `frame`. The header has a clock in the pane, and none in a frame.
    private func expect(
        _ pane: Pane, toShow frame: [String], at location: SourceLocation = #_sourceLocation
    ) throws {
        try pane.wait(frame.joined(separator: "\n"), at: location) { lines in
            lines.count == frame.count && lines.dropFirst() == frame.dropFirst()
                && lines.first?.contains("walrus") == true
        }
    }

    @Test(arguments: [(80, 24), (120, 40)])
    func aTour(columns: Int, rows: Int) throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: columns, rows: rows)
        try pane.run("\"$walrus\" \(fixture.path); echo \"status $?\"")
        try pane.wait(for: "Topics 4")
        // A bigger home has a graph in it that grows while one looks.
        if rows == 24 { try expect(pane, toShow: try frame(fixture, columns, rows)) }

        let entries = ["--screen", "entries", "--topic", "beta_topic_longer"]
        func shows(_ keys: String, size: (Int, Int)? = nil) throws {
            let (columns, rows) = size ?? (columns, rows)
            let result = try Subprocess.run(
                Subprocess.walrus,
                ["frame", fixture.path.string, "--size", "\(columns)x\(rows)", "--keys", keys]
                    + entries)
            let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
            try expect(pane, toShow: lines.dropLast().map { Pane.trimmed($0) })
        }
        try pane.press("Enter")
        try shows("")
        // The map, the bytes, and back to another entry: one cursor.
        try pane.press("3")
        try shows("3")
        try pane.press("m", "x", "l", "l")
        try shows("3 m x l l")
        try pane.press("]", "Enter")
        let way = "3 m x l l ] <Enter> "
        try shows(way)
        try pane.press("v", "v", "v", "j", "j")
        try shows(way + "v v v j j")
        try pane.resize(100, 30)
        try shows(way + "v v v j j", size: (100, 30))
        try pane.resize(columns, rows)
        try pane.press("?")
        try shows(way + "v v v j j ?")
        try pane.press("Escape")
        try shows(way + "v v v j j")
        try pane.press("/", "x", "Enter")
        try shows(way + "v v v j j / x <Enter>")
        try pane.press("5")
        try expect(pane, toShow: try frame(fixture, columns, rows, "--screen", "check"))
        try pane.press("q")
        try pane.wait(for: "Topics")
        try pane.press("q")
        try pane.wait(for: "status 0")
    }

    @Test func suspendAndComeBack() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("stty -g >before; \"$walrus\" \(fixture.path)")
        try pane.wait(for: "Topics 4")
        let first = try pane.lines()
        for _ in 0..<2 {
            try pane.press("C-z")
            try pane.wait(for: "Stopped")
            try pane.run("stty -g >stopped; echo sto''pped")
            try pane.wait(for: "stopped")
            #expect(try pane.line(of: "stopped") == (try pane.line(of: "before")))
            try pane.run("fg")
            try pane.wait("the console again") { $0.dropFirst() == first.dropFirst() }
        }
        try pane.press("q")
        // What is typed before the shell is back is dropped with the console's own keys.
        try pane.wait("the shell again") { $0.contains { $0.contains("stty -g >stopped") } }
        try pane.run("stty -g >after")
        #expect(try pane.line(of: "after") == (try pane.line(of: "before")))
    }

    @Test(arguments: [("TERM", 143), ("HUP", 129), ("INT", 130)])
    func aSignalRestoresTheTerminal(signal: String, status: Int) throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("stty -g >before")
        try pane.run(
            "sh -c 'echo $$ >pid; exec \"$walrus\" \(fixture.path)'; echo $? >status; stty -g >after"
        )
        try pane.wait(for: "Topics 4")
        let process = try #require(Int32(try pane.line(of: "pid")))
        _ = try Subprocess.bash("kill -\(signal) \(process)")
        #expect(try pane.line(of: "status") == "\(status)")
        #expect(try pane.line(of: "after") == (try pane.line(of: "before")))
        // The screen that was there before is there again.
        try pane.wait("the shell") { lines in !lines.contains { $0.contains("Topics") } }
    }

    @Test func terminals() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        for type in ["dumb", "no-such-terminal", ""] {
            try pane.run("clear; TERM='\(type)' \"$walrus\" \(fixture.path); echo \"status $?\"")
            try pane.wait(for: "status 3")
            #expect(try pane.lines().count { $0.hasPrefix("walrus: ") } == 1)
            // What to do instead is said.
            if type == "dumb" {
                #expect(try pane.lines().contains { $0.contains("`walrus DIR --plain`") })
            }
        }
        for type in ["linux", "screen", "xterm", "vt100"] {
            try pane.run("clear; TERM=\(type) \"$walrus\" \(fixture.path); echo \"status $?\"")
            try pane.wait(for: "Topics 4")
            try pane.press("q")
            try pane.wait(for: "status 0")
        }
        let ascii = try frame(fixture, 80, 24, "--ascii")
        for locale in ["LC_ALL=C", "LC_ALL= LANG=C LC_CTYPE=C", "LC_ALL=no_SUCH"] {
            try pane.run("clear; \(locale) \"$walrus\" \(fixture.path); echo \"status $?\"")
            try expect(pane, toShow: ascii)
            try pane.press("q")
            try pane.wait(for: "status 0")
        }
    }

    @Test func aLostTerminalEndsTheProgram() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("trap '' HUP; sh -c 'echo $$ >pid; exec \"$walrus\" \(fixture.path)'")
        try pane.wait(for: "Topics 4")
        let process = try #require(Int32(try pane.line(of: "pid")))
        try pane.hangUp()
        try pane.waitForEnd(of: process)
    }

    @Test func appendThroughTheDialog() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 120, rows: 40)
        let before = try Snapshot(fixture.path)
        // Without --write there is nothing to be done.
        try pane.run("\"$walrus\" \(fixture.path); echo \"sta\"\"tus $?\"")
        try pane.waitForLook()
        try pane.press("a", "1")
        try pane.wait(for: "--write")
        try pane.press("q")
        try pane.wait(for: "status 0")
        #expect(try Snapshot(fixture.path).changes(since: before) == [])

        try pane.run("clear; \"$walrus\" \(fixture.path) --write; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "Topics 4")
        try pane.press("Enter")
        try pane.wait(for: "52 entries")
        func plan() throws {
            try pane.press("a", "1")
            try pane.wait(for: "append to beta_topic_longer")
            try pane.press("Tab")
            try pane.type("hello from the console")
            try pane.press("Tab", "Tab", "Tab", "Tab", "Enter")
            try pane.wait(for: "append 1 entry to beta_topic_longer")
        }
        // The focus is on Cancel, and no letter is a short cut.
        try plan()
        try pane.type("y")
        try pane.press("Enter")
        try pane.wait("no plan") { lines in !lines.contains { $0.contains("Cancel") } }
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
        try plan()
        try pane.press("Tab", "Enter")
        try pane.wait(for: "appended 1 entry to beta_topic_longer: entry 53")
        try pane.press("G")
        try pane.wait(for: "hello from the console")
        try pane.wait(for: "53 entries")
        try pane.press("q", "q")
        try pane.wait(for: "status 0")
        let entries = try Subprocess.bash(
            "\"$walrus\" entries \(fixture.path) beta_topic_longer --payload text --from -1")
        #expect(entries.text.contains("hello from the console"))
    }

    /// Finds entries, marks some and takes them out: a file is made where one was asked for, and
    /// nowhere else.
    @Test func findMarkAndExport() throws {
        let fixture = try Fixture("small")
        let before = try Snapshot(fixture.path)
        let pane = try Pane(columns: 120, rows: 40)
        try pane.run("\"$walrus\" \(fixture.path); echo \"sta\"\"tus $?\"")
        try pane.wait(for: "Topics 4")
        try pane.press("Enter")
        try pane.wait(for: "52 entries")
        try pane.press("/")
        try pane.type("ordinal <= 9 and length >")
        try pane.press("Enter")
        try pane.wait(for: "expected a number of bytes")
        try pane.press("C-u")
        try pane.type("ordinal <= 9")
        try pane.press("Enter")
        try pane.wait(for: "9 of 52")
        try pane.press("m", "m", "E")
        try pane.wait(for: "export 2 entries to file (")
        try pane.type("\(fixture.path)/two.jsonl")
        try pane.press("Enter")
        try pane.wait(for: "lies in the directory of a log")
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
        try pane.press("E")
        try pane.type("two.jsonl")
        try pane.press("Enter")
        try pane.wait(for: "2 entries")
        try pane.wait(for: "to two.jsonl")
        try pane.press("M")
        try pane.wait(for: "Marked 2")
        try pane.press("q", "q")
        try pane.wait(for: "status 0")
        try pane.run("wc -l <two.jsonl >lines")
        #expect(try pane.line(of: "lines") == "2")
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
    }
}
