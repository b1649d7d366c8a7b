import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// A benchmark in the console, in a real terminal: run, stopped, and left behind.
@Suite struct BenchEndToEndTests {
    @Test func runStopAndQuit() throws {
        let fixture = try Fixture("small")
        let before = try Trace.all(in: fixture.path)
        let pane = try Pane(columns: 120, rows: 40)
        let scratch = pane.path.appending("scratch")
        func left() throws -> [String] { try Directory.list(scratch).map(\.name) }
        try pane.run(
            "mkdir scratch; TMPDIR=$PWD/scratch \"$walrus\" \(fixture.path); echo \"status $?\"")
        try pane.wait(for: "Topics 4")
        try pane.press("7")
        try pane.wait(for: "Results 0")
        // One second, without the floor.
        try pane.press("j", "j", "j", "h", "h", "G", "l", "Enter")
        try pane.wait(for: "Start it?")
        #expect(try left().isEmpty)
        try pane.press("Enter")
        try pane.wait(for: "Results 1")
        #expect(try left().isEmpty)
        // A long one, which is stopped; keys are answered meanwhile.
        try pane.press("g", "j", "j", "j", "h", "Enter")
        try pane.wait(for: "Start it?")
        try pane.press("Enter")
        try pane.wait(for: "in all")
        try pane.press("?")
        try pane.wait(for: "measure the engine")
        try pane.press("Escape")
        try pane.wait(for: "in all")
        try pane.press("s")
        try pane.wait(for: "Results 2")
        #expect(try left().isEmpty)
        let kept = try Directory.contents(of: pane.path.appending("state/walrus/bench.jsonl"))
        #expect(kept?.count(where: { $0 == UInt8(ascii: "\n") }) == 2)
        // One that runs when the console is left goes with it.
        try pane.press("Enter")
        try pane.wait(for: "Start it?")
        try pane.press("Enter")
        try pane.wait(for: "in all")
        try pane.press("C-c")
        try pane.wait(for: "status 0")
        #expect(try left().isEmpty)
        #expect(try Trace.all(in: fixture.path) == before)
    }
}
