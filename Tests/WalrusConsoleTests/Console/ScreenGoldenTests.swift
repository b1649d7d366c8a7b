import Testing

@testable import Inspect
@testable import WalrusConsole

/// Whole frames, character by character and style by style.
@Suite struct ScreenGoldenTests {
    struct Scene: Sendable, CustomTestStringConvertible {
        let name: String
        let keys: String
        var write = false
        /// Whether it is drawn on a big terminal too.
        var isWide = false
        var hasDecoder = false
        var testDescription: String { name }
    }

    private static let query =
        "/.status<Space>==<Space>\"err\"<Space>and<Space>not<Space>is:unread<Space>and<Space>err"

    static let scenes = [
        Scene(name: "home", keys: "", isWide: true),
        Scene(name: "home-filtered", keys: "/e t r"),
        Scene(name: "entries-json", keys: "/orders<Enter> <Enter>"),
        Scene(name: "entries-hostile-hex", keys: "/dead<Enter> <Enter> v v v"),
        Scene(name: "entries-damaged", keys: "/audit<Enter> <Enter> g j j"),
        Scene(name: "entries-filtered", keys: "/orders<Enter> <Enter> /err<Enter>"),
        Scene(
            name: "entries-query", keys: "/orders<Enter> <Enter> " + query + "<Enter>", isWide: true
        ),
        Scene(
            name: "entries-query-error",
            keys: "/orders<Enter> <Enter> /.status<Space>=<Space>\"err\"<Enter>", isWide: true),
        Scene(
            name: "entries-marks", keys: "/orders<Enter> <Enter> j m j m m k k y", isWide: true),
        Scene(
            name: "entries-decoded", keys: "/orders<Enter> <Enter> /err<Enter> j", isWide: true,
            hasDecoder: true),
        Scene(name: "entries-decoder-failed", keys: "/orders<Enter> <Enter> j", hasDecoder: true),
        Scene(name: "entries-folded", keys: "/orders<Enter> <Enter> z"),
        Scene(name: "check-filtered", keys: "5 /stray<Enter>"),
        Scene(name: "check", keys: "5"),
        Scene(name: "check-restart", keys: "5 <Tab> j j j j j j", isWide: true),
        Scene(name: "bench", keys: "7 l", isWide: true),
        Scene(name: "bench-asking", keys: "7 <Enter>"),
        Scene(name: "bench-results", keys: "7 <Tab> j m k", isWide: true),
        Scene(name: "help", keys: "?"),
        Scene(name: "palette", keys: ":"),
        Scene(name: "palette-topics", keys: ": t o p i c <Space> <Tab> <Tab> <Left> <Left>"),
        Scene(name: "menu", keys: "a"),
        Scene(name: "menu-write", keys: "/orders<Enter> a j", write: true),
        Scene(name: "write-mode", keys: ":write<Enter> ye"),
        Scene(
            name: "form-append",
            keys: "/orders<Enter> a 1 <Tab> hello<Enter>world<Space>é<Left> <Tab> <Right>",
            write: true),
        Scene(
            name: "form-append-marked",
            keys: "/orders<Enter> <Enter> m j m a 1 <Left>", write: true),
        Scene(
            name: "form-consume", keys: "/orders<Enter> <Enter> a 2 <Right> <Tab> out.jsonl",
            write: true),
        Scene(
            name: "form-seek", keys: "/orders<Enter> a 3 <Tab> @-1h", write: true),
        Scene(
            name: "plan-append", keys: "/orders<Enter> a 1 <Tab> x <Tab> <Tab> <Tab> <Tab> <Enter>",
            write: true),
        Scene(
            name: "plan-consume", keys: "/orders<Enter> a 2 <Tab> <BS> 3 <Enter> <Enter> ord",
            write: true),
        Scene(name: "plan-seek", keys: "/orders<Enter> a 3 <Right> <Enter> <Tab>", write: true),
        Scene(name: "plan-mark", keys: "/orders<Enter> a 4", write: true),
        Scene(name: "acted", keys: "/orders<Enter> a 4 <Tab> <Enter>", write: true),
        Scene(name: "menu-check", keys: "5 a", write: true),
        Scene(
            name: "form-consume-mark",
            keys: "/orders<Enter> <Enter> m j j m j m a 2 <Right> <Right> <Tab> <Down>",
            write: true),
        Scene(
            name: "form-seek-mark",
            keys: "/orders<Enter> <Enter> m j m a 3 <Right> <Right> <Tab>", write: true),
        Scene(name: "form-replay", keys: "/orders<Enter> a 6 <Tab> copy", write: true),
        Scene(
            name: "form-replay-query",
            keys: "/orders<Enter> <Enter> " + query + "<Enter> a 6 <Tab> <Tab> again <Tab> "
                + "<Right> <Tab> /data/wal/other <Tab> 500/s", write: true),
        Scene(
            name: "plan-replay", keys: "/orders<Enter> a 6 <Tab> copy <Tab> <Tab> <Tab> <Enter>",
            write: true),
        Scene(name: "form-reclaim", keys: "a 7 <Right>", write: true),
        Scene(name: "plan-reclaim", keys: "a 7 <Enter>", write: true),
        Scene(name: "plan-reclaim-on", keys: "a 7 <Enter> <PgDn> <Tab>", write: true),
        Scene(name: "form-trash", keys: "a t <Tab>", write: true),
        Scene(name: "plan-restore", keys: "a t <Tab> <Enter>", write: true),
        Scene(name: "form-trash-empty", keys: "a t <Right> <Tab>", write: true),
        Scene(name: "plan-empty-trash", keys: "a t <Right> <Tab> <Enter>", write: true),
        Scene(name: "form-repair", keys: "5 a <Enter> <Down> <Down> <Down>", write: true),
        Scene(name: "plan-repair", keys: "5 a <Enter> <Enter>", write: true),
        Scene(name: "form-undo", keys: "a 9", write: true),
        Scene(name: "plan-undo", keys: "a 9 <Enter> <Tab>", write: true),
        Scene(name: "form-salvage", keys: "a s /data/saved", write: true),
        Scene(name: "plan-salvage", keys: "a s /data/saved <Enter>", write: true),
        Scene(name: "form-backup", keys: "a b", write: true),
        Scene(name: "plan-backup", keys: "a b monday.tar <Enter>", write: true),
        Scene(
            name: "plan-unpack", keys: "a r monday.tar <Tab> /data/wal2 <Enter>", write: true),
        Scene(name: "plan-import", keys: "a i unread.jsonl <Enter>", write: true),
    ]

    static let sizes = [(80, 24), (120, 40)]

    @Test(arguments: scenes, [false, true])
    func frames(_ scene: Scene, ascii: Bool) throws {
        for (columns, rows) in Self.sizes + (scene.isWide ? [(200, 60)] : []) {
            var model = Sample.model(
                columns, rows, write: scene.write, glyphs: ascii ? .ascii : .unicode)
            model.setup.hasDecoder = scene.hasDecoder
            _ = try Sample.session(&model, scene.keys)
            let frame = ConsoleView.draw(model)
            let name = "\(scene.name)-\(columns)x\(rows)" + (ascii ? "-ascii" : "")
            GoldenFile.check(FrameText.render(frame), "\(name).txt")
            // Styles once: they are the same in both character sets.
            if !ascii { GoldenFile.check(FrameJSON.render(frame), "\(name).json") }
        }
    }

    /// What a terminal is sent for each theme, with all colours and with as few as there may be.
    @Test(arguments: Theme.all.map(\.name))
    func themes(_ theme: String) throws {
        let theme = try #require(Theme.named(theme))
        for (name, keys) in [("home", ""), ("entries", "/audit<Enter> <Enter> g j j")] {
            var model = Sample.model(80, 24)
            _ = try Sample.session(&model, keys)
            let frame = ConsoleView.draw(model)
            for depth in [ColorDepth.trueColor, .ansi8] {
                GoldenFile.check(
                    FrameANSI.render(frame, theme: theme, depth: depth),
                    "theme-\(theme.name)-\(name)-\(depth).ansi")
            }
        }
    }

    @Test(arguments: sizes, [false, true])
    func theChooser(_ size: (Int, Int), ascii: Bool) {
        for (name, logs) in [("chooser", Sample.logs), ("chooser-empty", [])] {
            var model = Sample.model(size.0, size.1, glyphs: ascii ? .ascii : .unicode)
            model.now = Sample.time
            _ = model.choose(in: "/data/wal")
            _ = model.update(.logs(in: "/data/wal", .success(logs)))
            _ = model.update(.key(.down))
            let frame = ConsoleView.draw(model)
            let name = "\(name)-\(size.0)x\(size.1)" + (ascii ? "-ascii" : "")
            GoldenFile.check(FrameText.render(frame), "\(name).txt")
            if !ascii { GoldenFile.check(FrameJSON.render(frame), "\(name).json") }
        }
    }

    /// A benchmark that runs, on screens of every size.
    @Test(arguments: [(80, 24), (120, 40), (200, 60), (60, 15)], [false, true])
    func aBenchmark(_ size: (Int, Int), ascii: Bool) throws {
        var model = Sample.model(size.0, size.1, glyphs: ascii ? .ascii : .unicode)
        _ = try Sample.session(&model, "7 <Enter> <Enter>")
        for step in Sample.benchSteps { _ = model.update(.benchStep(step)) }
        let frame = ConsoleView.draw(model)
        let name = "bench-running-\(size.0)x\(size.1)" + (ascii ? "-ascii" : "")
        GoldenFile.check(FrameText.render(frame), "\(name).txt")
        if !ascii { GoldenFile.check(FrameJSON.render(frame), "\(name).json") }
    }

    /// What is being found out, what is being done, seen and not, and what it came to.
    @Test(arguments: sizes, [false, true])
    func anActionThatTakesLong(_ size: (Int, Int), ascii: Bool) throws {
        var model = Sample.model(size.0, size.1, write: true, glyphs: ascii ? .ascii : .unicode)
        func check(_ name: String) {
            let frame = ConsoleView.draw(model)
            let name = "\(name)-\(size.0)x\(size.1)" + (ascii ? "-ascii" : "")
            GoldenFile.check(FrameText.render(frame), "\(name).txt")
            if !ascii { GoldenFile.check(FrameJSON.render(frame), "\(name).json") }
        }
        func press(_ keys: String) throws {
            for key in try Key.script(keys) { _ = model.update(.key(key)) }
        }
        _ = try Sample.session(&model, "a b monday.tar")
        try press("<Enter>")
        _ = model.update(.actionProgress("reading: 41%"))
        check("action-wait")
        _ = model.update(.planned(Sample.plan(ActionOrder(nil, .backup(to: "monday.tar")))))
        try press("<Tab> <Enter>")
        _ = model.update(.actionProgress("copying: 12%\u{1b}[2J"))
        check("action-running")
        try press("<Esc>")
        check("action-hidden")
        try press("a <Tab> <Enter>")
        check("action-stopping")
        _ = model.update(
            .acted(
                .success(
                    "2739123 entries in 7 topics are in monday.tar, 44195328 bytes: every byte of the log\n"
                        + "the log has 2 findings: its damage is in the archive too\u{1b}[31m")))
        check("action-report")
    }

    @Test func tinyScreens() throws {
        for (columns, rows) in [(39, 9), (20, 5), (40, 10), (60, 15)] {
            for ascii in [false, true] {
                var model = Sample.model(columns, rows, glyphs: ascii ? .ascii : .unicode)
                _ = try Sample.session(&model)
                let name = "home-\(columns)x\(rows)" + (ascii ? "-ascii" : "")
                GoldenFile.check(
                    FrameText.render(ConsoleView.draw(model)), "\(name).txt")
            }
        }
    }

    @Test func theFirstFrameShowsHowFarTheScanIs() throws {
        var model = Sample.model()
        _ = model.start(at: Sample.time)
        _ = model.update(.scanProgress(.walking(bytes: 314_572_800, of: 1_048_576_000)))
        GoldenFile.check(FrameText.render(ConsoleView.draw(model)), "first-scan-80x24.txt")
    }

    @Test(arguments: sizes)
    func aLiveDirectory(columns: Int, rows: Int) throws {
        for ascii in [false, true] {
            var model = Sample.model(columns, rows, glyphs: ascii ? .ascii : .unicode)
            _ = try Sample.session(&model)
            for step in 1...40 {
                let time = Sample.time + UInt64(step) * 1_000_000_000
                let wave = abs(step % 20 - 10)
                let state = Sample.state(
                    moreOrders: step * 100 + wave * 30, time: time, metrics: Sample.metrics)
                _ = model.update(.scanned(state))
            }
            _ = model.update(.holders([4_121, 4_122]))
            let name = "home-live-\(columns)x\(rows)" + (ascii ? "-ascii" : "")
            GoldenFile.check(FrameText.render(ConsoleView.draw(model)), "\(name).txt")
        }
    }

    @Test func latencies() {
        let figures: [(UInt64, String)] = [
            (0, "0ns"), (812, "812ns"), (999, "999ns"), (1_000, "1.0µs"), (9_940, "9.9µs"),
            (9_960, "10µs"), (81_250, "81µs"), (999_400, "999µs"), (999_600, "1.0ms"),
            (12_700_000, "13ms"), (1_500_000_000, "1.5s"), (61_000_000_000, "1m"),
        ]
        for (value, text) in figures { #expect(Figures.latency(value, ascii: false) == text) }
        #expect(Figures.latency(12_000, ascii: true) == "12us")
    }
}
