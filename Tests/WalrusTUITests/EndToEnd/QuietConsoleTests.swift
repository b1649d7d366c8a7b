import Glibc
import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat
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

    /// In write mode, on a real log, with a runner that would do it: ten thousand keys change nothing
    /// as long as no confirmation is completed. The key that would complete one is left out.
    @Test func randomKeysInWriteModeChangeNothing() throws {
        let fixture = try Fixture("multi")
        let place = try TempDirectory()
        let mended = try Subprocess.bash(
            """
            # Something to be mended, something that was, and something in the trash.
            for f in *_idx_index.db topic_clean_index.db; do [ -f $f ] && printf x >>$f; done
            t=.walrus-trash/20261120T000000.000Z; mkdir -p $t; truncate -s 1048576000 $t/1700000000000
            """, directory: fixture.path)
        try #require(mended.status == 0, "\(mended.errors)")
        var random = SeededRandom.fromEnvironment("QuietConsoleTests.randomKeysInWriteMode")
        var console = HeadlessConsole(
            directory: fixture.path.string,
            setup: ConsoleModel.Setup(directory: "multi", canWrite: true),
            size: Size(columns: 80, rows: 24), glyphs: .unicode,
            actingWith: place.path.string)
        console.start()
        console.press(try Key.script("a 8 <Down> <Enter> <Tab> <Enter> <Esc>"))
        #expect(console.actions == 1, "\(String(describing: console.model.notice))")
        try Snapshot.age(fixture.path)
        let before = try Snapshot(fixture.path)
        let records = try Snapshot(place.path)
        var (plans, left) = (0, 0)
        var kinds: Set<ActionKind> = []
        let keys = "123456789tsbri".map { Key.character($0) }
        for step in 0..<10_000 {
            // To the menu and into it more often than by chance; home again before too long.
            let key: Key =
                switch step % 40 {
                case 0: .escape
                case 1: .character("1")
                case 2: .character("a")
                case 3: keys.randomElement(using: &random) ?? .enter
                default: Self.key(&random)
                }
            if case .form(let form)? = console.model.overlay { kinds.insert(form.kind) }
            if case .plan(let plan)? = console.model.overlay {
                plans += 1
                if plan.isArmed, key == .enter, case .act = plan.purpose {
                    left += 1
                    continue
                }
            }
            console.press([key])
            if !console.model.setup.canWrite { console.allowWriting() }
        }
        #expect(console.actions == 1)
        #expect(plans > 100 && left > 0, "\(plans) plans, \(left) confirmations left out")
        // All that ask were seen asking; the marks of a topic ask nothing.
        #expect(kinds.union([.markClean, .markDirty]) == Set(ActionKind.allCases), "\(kinds)")
        #expect(try Snapshot(fixture.path).changes(since: before) == [])
        #expect(try Snapshot(place.path).changes(since: records) == [])
    }

    /// What is confirmed is done, by the same runner: the cursor moves, and a line tells of it.
    @Test func whatIsConfirmedIsDoneAndNoted() throws {
        let fixture = try Fixture("small")
        let place = try TempDirectory()
        let records = place.path.appending("records")
        let audit = records.appending("audit.jsonl")
        var console = HeadlessConsole(
            directory: fixture.path.string,
            setup: ConsoleModel.Setup(directory: "small", canWrite: true),
            size: Size(columns: 80, rows: 24), glyphs: .unicode, actingWith: records.string)
        console.start()
        let topic = try #require(console.model.state?.topics.first { $0.unread > 3 })
        func unread() throws -> Int {
            try #require(console.model.state?.topic(topic.name)?.unread)
        }
        let isSelected = console.select(topic.name)
        #expect(isSelected)
        func type(_ keys: String) throws { console.press(try Key.script(keys)) }
        let out = place.path.appending("out.raw").string
        // Cancelled, then with a wrong name, then with the right one.
        try type("a 2 <Tab> <BS> 3 <Tab> \(out) <Enter> <Enter>")
        #expect(console.model.overlay == nil && console.actions == 0)
        try type("a 2 <Tab> <BS> 3 <Tab> \(out) <Enter> wrong <Enter> <Enter> <Esc>")
        #expect(console.actions == 0)
        #expect(try unread() == topic.unread)
        try type("a 2 <Tab> <BS> 3 <Tab> \(out) <Enter>")
        for character in topic.name.text { console.press([.character(character)]) }
        try type("<Enter>")
        let told = FrameText.render(console.frame)
        #expect(told.contains("consumed 3 entries of \(topic.name.text)"))
        #expect(told.contains("written to"))
        try type("<Enter>")
        #expect(console.model.overlay == nil)
        #expect(try unread() == topic.unread - 3)
        #expect(try FileStatus.of(FilePath(out))?.size ?? 0 > 0)
        // Back to the beginning, typed entries, marks.
        try type("a 3 <Right> <Enter> <Tab> <Enter>")
        #expect(try unread() == topic.entries)
        try type("a 1 <Tab> one <Enter> two <Tab> <Right> <Tab> <Right> <Tab> <Tab> <Enter>")
        guard case .plan(let plan)? = console.model.overlay else {
            Issue.record("no plan: \(String(describing: console.model.notice))")
            return
        }
        #expect(plan.title == "append 2 entries to \(topic.name.text)")
        try type("<Tab> <Enter>")
        #expect(try unread() == topic.entries + 2)
        try type("a 4 <Tab> <Enter>")
        #expect(console.model.state?.topic(topic.name)?.isClean == true)
        try type("a 5 <Tab> <Enter>")
        #expect(console.model.state?.topic(topic.name)?.isClean == false)
        let lines = String(decoding: try Directory.contents(of: audit) ?? [], as: UTF8.self)
            .split(separator: "\n")
        let actions = ["consume", "seek", "append", "mark", "mark"]
        #expect(lines.count == 2 * actions.count)
        for (index, line) in lines.enumerated() {
            let event = index % 2 == 0 ? "begin" : "end"
            #expect(line.contains("\"action\":\"\(actions[index / 2])\",\"event\":\"\(event)\""))
        }
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
            "+", "-", "Space", "*", "t", "u", "I", "F8", "é",
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
        where (shares.min() ?? 1) >= 0.05 || (written.min() ?? .max) > 0
            || (wakes.min() ?? .max) > 5
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
        // Nothing is drawn, and nobody is woken: not a byte goes anywhere.
        #expect(written.min() == 0, "\(written)")
        // A tick a second: three or four in that time, and one for the clock's minute.
        #expect(wakes.min() ?? .max <= 5, "\(wakes)")
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
