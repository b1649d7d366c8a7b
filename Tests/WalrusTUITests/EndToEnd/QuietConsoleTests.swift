import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusIO
import WalrusTUI

/// A console that only looks: nothing changes by it, and next to nothing is used.
@Suite struct QuietConsoleTests {
    @Test func randomKeysChangeNothing() throws {
        let fixture = try Fixture("multi")
        try Snapshot.age(fixture.path)
        let before = try Snapshot(fixture.path)
        var random = SeededRandom.fromEnvironment("QuietConsoleTests.randomKeysChangeNothing")
        let sizes = [(80, 24), (120, 40), (41, 11)].map { Size(columns: $0, rows: $1) }
        for size in sizes {
            var console = HeadlessConsole(
                directory: fixture.path.string,
                setup: ConsoleModel.Setup(directory: "multi"), size: size, glyphs: .unicode)
            console.start()
            for step in 0..<1_500 {
                console.press([Self.key(&random)])
                // Whatever is on the screen can be drawn.
                if step.isMultiple(of: 10) { #expect(console.frame.size == console.model.size) }
                if step.isMultiple(of: 300) {
                    let width = Int.random(in: 1...200, using: &random)
                    let height = Int.random(in: 1...60, using: &random)
                    console.send(.resize(Size(columns: width, rows: height)))
                }
            }
        }
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
    }

    /// Any key, those of the key map more often than others.
    private static func key(_ random: inout SeededRandom) -> Key {
        let bound = KeyMap.bindings.flatMap(\.keys)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return .enter
        case 1: return .escape
        case 2:
            let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789:/ \"é東")
            return .character(letters.randomElement(using: &random) ?? "x")
        default: return bound.randomElement(using: &random) ?? .enter
        }
    }

    @Test func randomKeysInATerminal() throws {
        let fixture = try Fixture("small")
        try Snapshot.age(fixture.path)
        let before = try Snapshot(fixture.path)
        var random = SeededRandom.fromEnvironment("QuietConsoleTests.randomKeysInATerminal")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("\"$walrus\" \(fixture.path); echo \"status $?\"")
        try pane.wait(for: "Topics 4")
        // None that ends or stops the program.
        let keys = [
            "Enter", "Escape", "Up", "Down", "PageUp", "PageDown", "Home", "End", "Tab", "BSpace",
            "F1", "F2", "F3", "F6", "6", "e", "F5", "C-d", "C-u", "C-r", "C-l", "1", "2", "3", "5",
            "a", "c", "f", "F", "g", "G", "j", "k", "n", "N", "p", "s", "S", "v", "m", "M", "'",
            "!", "w", "z", "Z", "y", "Y", "x", "h", "l", "{", "}", "[", "]", "Tab", "/", ":", "?",
            "+", "-", "Space", "é",
        ]
        for _ in 0..<200 { try pane.press(keys.randomElement(using: &random) ?? "j") }
        // Out of whatever it is in, and home.
        try pane.press("Escape", "Escape", "Escape", "C-l", "F1")
        try pane.wait(for: "Topics")
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
        try pane.press("C-c")
        try pane.wait(for: "status 0")
    }

    @Test func idle() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("sh -c 'echo $$ >pid; exec \"$walrus\" \(fixture.path)'")
        try pane.wait(for: "Topics 4")
        let process = try pane.line(of: "pid")
        // The best of some, for others use the machine too: what is asked is what it can do.
        var shares: [Double] = []
        var written: [Int] = []
        var wakes: [Int] = []
        for _ in 0..<4
        where (shares.min() ?? 1) >= 0.05 || (written.min() ?? .max) >= 200
            || (wakes.min() ?? .max) > 12
        {
            let (ticks, bytes, sleeps) = try Self.usage(process)
            let start = Clock.monotonic()
            Clock.sleep(nanoseconds: 3_000_000_000)
            let (ticksAfter, bytesAfter, sleepsAfter) = try Self.usage(process)
            let seconds = Double(Clock.monotonic() - start) / 1e9
            let perSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
            shares.append(Double(ticksAfter - ticks) / perSecond / seconds)
            written.append(bytesAfter - bytes)
            wakes.append(sleepsAfter - sleeps)
        }
        #expect(shares.min() ?? 1 < 0.05, "\(shares)")
        // What wakes a thread is written too, eight bytes each: no more than that goes anywhere.
        #expect(written.min() ?? .max < 200, "\(written)")
        // A tick a second, and what the look says that it begins.
        #expect(wakes.min() ?? .max <= 12, "\(wakes)")
    }

    /// Ticks of processor time used so far, bytes written, and how often the main thread slept.
    private static func usage(_ process: String) throws -> (
        ticks: Int, written: Int, sleeps: Int
    ) {
        let result = try Subprocess.bash(
            "sed 's/.*) //' /proc/\(process)/stat; grep wchar /proc/\(process)/io; "
                + "grep '^voluntary' /proc/\(process)/status")
        try #require(result.lines.count == 3)
        let sleeps = result.lines[2].split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) }
        let fields = result.lines[0].split(separator: " ").map { Int($0) ?? 0 }
        let bytes = result.lines[1].split(separator: " ").last.flatMap { Int($0) }
        // After the name come: state, parent, ...; the twelfth and thirteenth are the times.
        return (fields[11] + fields[12], try #require(bytes), try #require(sleeps))
    }
}
