import TestSupport
import Testing

@testable import WalrusConsole

@Suite struct ConfigurationTests {
    private func read(_ text: String) -> (ConsoleConfiguration, [String]) {
        let (configuration, problems) = ConsoleConfiguration.read(Array(text.utf8))
        return (configuration, problems.map { $0.description(in: "f") })
    }

    @Test func everySetting() {
        let (configuration, problems) = read(
            """
            # mine
            theme = "light"   # by day
            color = '256'
            refresh = "500ms"
            ascii = true
            mouse = true
            decode = "protoc --decode_raw"

            [columns]
            topics = ["unread", "topic",
                "history", # the graph
            ]
            [colors]
            bad = "#ff0000 bold"
            "badge-live" = "black on yellow"
            [keys.home]
            sort = ["o", "F9"]
            [keys.everywhere]
            pause = "C-p"
            """)
        #expect(problems == [])
        #expect(configuration.theme == "light" && configuration.color == .indexed256)
        #expect(configuration.refresh == 500_000_000)
        #expect(configuration.ascii && configuration.mouse)
        #expect(configuration.decode == "protoc --decode_raw")
        #expect(configuration.columns == [.topics: ["unread", "topic", "history"]])
        #expect(configuration.colors[.bad]?.foreground?.rgb.hex == 0xFF0000)
        #expect(configuration.colors[.badgeLive]?.background?.ansi == .yellow)
        let table = KeyTable(bindings: configuration.bindings)
        #expect(table.command(for: .character("o"), on: .home) == .sort)
        #expect(table.command(for: .function(9), on: .home) == .sort)
        #expect(table.command(for: .character("s"), on: .home) == nil)
        #expect(table.command(for: .control("p"), on: .check) == .pause)
    }

    /// What is wrong is told with its place, and with what is allowed.
    @Test(arguments: [
        ("them = \"dark\"", "f:1:1: no key \"them\": did you mean theme?"),
        ("\n  zzz = 1", "f:2:3: no key \"zzz\": there are theme, color"),
        ("theme = dark", "f:1:9: dark is no value: a text stands in quotes, as \"dark\""),
        ("theme = \"dak\"", "f:1:9: no theme \"dak\": did you mean dark?"),
        ("theme = 1", "f:1:9: theme is a text in quotes"),
        ("ascii = \"yes\"", "f:1:9: ascii is true or false"),
        ("refresh = \"1ms\"", "f:1:11: refresh is"),
        ("theme = \"dark", "f:1:9: the text that begins here has no \" at its end"),
        ("theme = \"é\\x\"", "f:1:12: no \\x in a text"),
        ("theme \"dark\"", "f:1:7: a key is followed by = and a value"),
        ("theme = \"dark\" x", "f:1:16: the line ought to end here"),
        ("theme = \"dark\"\ntheme = \"light\"", "f:2:1: theme is set twice"),
        ("[keys]\nsort = \"x\"", "f:2:1: which keys?"),
        ("[keys.hom]\nsort = \"x\"", "f:2:1: no screen \"hom\": did you mean home?"),
        ("[keys.home]\nsrot = \"x\"", "f:2:1: no command \"srot\": did you mean sort?"),
        ("[keys.home]\nfollow = \"x\"", "f:2:1: follow belongs to [keys.entries]"),
        ("[keys.home]\nsort = [\"x\", \"Hyper\"]", "f:2:14: no key \"Hyper\""),
        ("[keys.home]\nsort = \"C-c\"", "f:2:8: Ctrl-C always quits"),
        (
            "[keys.home]\nsort = [\"y\", \"q\"]",
            "f:2:14: q is the key of quit ([keys.home]) already"
        ),
        ("[keys.home]\nsort = \"p\"", "f:2:8: p is the key of pause ([keys.everywhere]) already"),
        ("[keys.everywhere]\npause = \"s\"", "f:2:9: s is the key of sort ([keys.home]) already"),
        (
            "[columns]\ntopics = [\"topic\", \"sise\"]",
            "f:2:20: no column \"sise\": did you mean size?"
        ),
        ("[columns]\ntopics = [\"topic\", \"topic\"]", "f:2:20: the column topic is there twice"),
        ("[colors]\nbad = \"reddish\"", "f:2:7: no \"reddish\" in a look"),
        ("[colors]\nbadd = \"red\"", "f:2:1: no colour of \"badd\": did you mean bad?"),
        ("[[keys]]", "f:1:1: lists of tables"),
        ("[columns]\ntopics = [\"a\"", "f:2:10: the list that begins here has no ]"),
        ("refresh = 1.5", "f:1:11: 1.5 is no value"),
        ("x = {a = 1}", "f:1:5: tables in braces"),
        ("theme = \"\"\"dark\"\"\"", "f:1:9: texts of several lines"),
    ])
    func mistakes(_ text: String, _ expected: String) {
        let problems = read(text).1
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix(expected) == true, "\(problems)")
    }

    @Test func oneMistakeHidesNoOther() {
        let (configuration, problems) = read("a = 1\nmouse = true\nb\n[colors]\ngood = \"on\"")
        #expect(problems.count == 3 && configuration.mouse)
        #expect(problems.map { $0.prefix(4) } == ["f:1:", "f:3:", "f:5:"])
    }

    @Test func bytesThatAreNoText() {
        let problems = ConsoleConfiguration.read([0x61, 0x0A, 0xC3, 0xA9, 0xFF, 0x0A]).problems
        #expect(problems.map(\.position) == [TextPosition(line: 2, column: 2)])
        #expect(
            ConsoleConfiguration.read([0xEF, 0xBB, 0xBF] + Array("ascii = true".utf8)).problems
                == [])
    }

    @Test func theDefaultFileReadsAsTheDefaults() {
        let example = ConsoleConfiguration().text(isExample: true)
        #expect(ConsoleConfiguration.read(Array(example.utf8)).problems == [])
        // With every setting taken out of its comment it means the same, but for the colour.
        let settings = example.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix("# ") && $0.contains(" = ") ? String($0.dropFirst(2)) : String($0)
        }.filter { !$0.hasPrefix("bad = ") }.joined(separator: "\n")
        let (configuration, problems) = read(settings)
        #expect(problems == [])
        #expect(KeyTable(bindings: configuration.bindings) == KeyTable())
        #expect(configuration.theme == nil && configuration.refresh == 1_000_000_000)
    }

    @Test func everyConfigurationReadsBackAsItself() {
        var random = SeededRandom.fromEnvironment("configuration")
        for _ in 0..<200 {
            var configuration = ConsoleConfiguration()
            configuration.theme =
                Bool.random(using: &random) ? nil : Theme.all.randomElement(using: &random)?.name
            configuration.color = ColorChoice.allCases.randomElement(using: &random) ?? .auto
            configuration.refresh = UInt64.random(in: 100...9_999, using: &random) * 1_000_000
            configuration.ascii = .random(using: &random)
            configuration.mouse = .random(using: &random)
            configuration.decode = String(
                (0..<8).map { _ in "a\"\\ é\u{1B}\n#'".randomElement(using: &random) ?? "x" })
            for table in ConfiguredTable.allCases {
                configuration.columns[table] = table.columns.shuffled(using: &random)
            }
            for role in Role.allCases.shuffled(using: &random).prefix(5) {
                let words = [
                    "red", "#123456 bold", "default on blue", "cyan on #fedcba dim underline",
                ]
                configuration.colors[role] = try? RoleLook(
                    text: words.randomElement(using: &random) ?? "")
            }
            for (index, binding) in KeyMap.bindings.shuffled(using: &random).prefix(6).enumerated()
            {
                // Keys that nothing has.
                configuration.keys[.init(scope: binding.scope, command: binding.command)] =
                    [.function(20 + index), .alt(Character(String(index)))]
            }
            let (back, problems) = read(configuration.text())
            #expect(problems == [])
            #expect(back.bindings == configuration.bindings)
            var (a, b) = (back, configuration)
            (a.keys, b.keys) = ([:], [:])
            #expect(a == b)
        }
    }

    @Test func randomFilesAreReadWithoutHarm() {
        var random = SeededRandom.fromEnvironment("configuration bytes")
        let pieces = [
            "[", "]", "keys.home", "=", "\"", "'", "\n", "\r\n", "#", "theme", "\\u12", "true",
            "1_", ",", " ", "\u{0}", "é",
        ]
        for _ in 0..<3_000 {
            let text = (0..<20).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            for problem in ConsoleConfiguration.read(Array(text.utf8)).problems {
                #expect(problem.position.line >= 1 && problem.position.column >= 1)
                #expect(problem.position.column <= text.unicodeScalars.count + 1)
                #expect(problem.position.line <= lines.count + text.count)
            }
        }
        for _ in 0..<500 {
            let bytes = (0..<60).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = ConsoleConfiguration.read(bytes)
        }
    }

    @Test func aConfigurationHolds() throws {
        var model = Sample.model(120, 40)
        let (configuration, problems) = read(
            """
            theme = "light"
            [columns]
            topics = ["unread", "topic"]
            entries = ["preview", "ordinal"]
            blocks = ["fill", "topic"]
            live = ["unread", "bar", "topic"]
            findings = ["what", "kind"]
            [colors]
            good = "#010203"
            [keys.home]
            sort = "o"
            [keys.live]
            sort = "o"
            """)
        #expect(problems == [])
        model.configure(configuration)
        _ = try Sample.session(&model, "o")
        #expect(model.home.sort == .size)
        let home = FrameText.render(ConsoleView.draw(model))
        #expect(home.contains("UNREAD  TOPIC") && !home.contains("CURSOR"))
        #expect(model.adaptedTheme.look(of: .good).foreground?.rgb.hex == 0x010203)
        _ = try Sample.session(&model, "<Enter>")
        let entries = FrameText.render(ConsoleView.draw(model))
        #expect(entries.contains("PREVIEW") && !entries.contains("OFFSET"))
        func screen(_ key: String) throws -> String {
            _ = try Sample.session(&model, key)
            return FrameText.render(ConsoleView.draw(model))
        }
        let blocks = try screen("3")
        #expect(blocks.contains("FILL") && !blocks.contains("STATE  "))
        let live = try screen("4")
        // The scale stands above the bars, wherever these are.
        let head = try #require(live.split(separator: "\n").first { $0.contains("UNREAD  ") })
        let wanted = ["UNREAD", "1k", "TOPIC"]
        #expect(head.split(separator: " ").map(String.init).filter(wanted.contains) == wanted)
        #expect(!live.contains("TREND"))
        let check = try screen("5")
        #expect(check.contains("WHAT") && !check.contains("SEVERITY"))
        _ = try screen("1")
        // The help tells the keys that hold.
        let help = HelpView.lines(model).map { $0.map(\.text).joined() }
        #expect(help.contains { $0.hasPrefix("  o ") && $0.contains("sort by") })
        #expect(!help.contains { $0.hasPrefix("  s ") && $0.contains("sort by") })
    }

    @Test func tablesHaveAsManyNamesAsColumns() throws {
        for table in ConfiguredTable.allCases {
            #expect(Set(table.columns).count == table.columns.count)
        }
        #expect(HomeView.columnNames.count == HomeView.columns(Sample.model()).count)
        #expect(EntriesView.columnNames.count == EntriesView.columns(Sample.model()).count)
        #expect(
            BlockListPanel.columnNames.count
                == BlockListPanel.columns(Sample.model(), hasTimes: true).count)
        #expect(LiveUnreadView.columnNames.count == LiveUnreadView.columns(isWide: true).count)
        #expect(CheckView.columnNames.count == CheckView.columns([]).count)
    }

    @Test func keysHaveNamesThatReadBack() {
        for key in KeyMap.bindings.flatMap(\.keys) + [
            .control(" "), .alt("x"), .character("<"), .function(12),
        ] {
            #expect(Key(named: key.token) == key, "\(key.token)")
        }
        for name in ["", "xy", "C-", "F0", "F99", " ", "\u{1B}"] {
            #expect(Key(named: name) == nil)
        }
    }

    /// Of a file with several mistakes the bottom line has the first, and how many more there are;
    /// all of them are shown by `:messages`.
    @Test(arguments: [(80, 24), (120, 40)]) func everyMistakeCanBeRead(_ size: (Int, Int)) throws {
        let file = "refresh = \"1 fortnight\"\nthem = 1\n[keys.home]\nsortt = \"x\"\n"
        let problems = ConsoleConfiguration.read(Array(file.utf8)).problems
        #expect(problems.count == 3)
        var model = Sample.model(size.0, size.1)
        _ = try Sample.session(&model)
        model.complain(
            of: try #require(
                ConsoleModel.Notice(
                    problems, name: "config.toml", path: "/home/someone/config.toml")))
        func text() -> String { FrameText.render(ConsoleView.draw(model)) }
        let bottom = text().split(separator: "\n").last ?? ""
        #expect(bottom.contains("config.toml:1:11: refresh"))
        #expect(bottom.contains("(+2 more, walrus config check)"))
        // What is cut says where all of it is.
        #expect(bottom.contains(":messages") == (size.0 < 100))
        for key in try Key.script(":messages<Enter>") { _ = model.update(.key(key)) }
        for problem in problems {
            #expect(text().contains(":\(problem.position.line):\(problem.position.column): "))
        }
        #expect(text().contains("/home/someone/config.toml:4:1:"))
        for key in try Key.script("<Esc>") { _ = model.update(.key(key)) }
        #expect(model.overlay == nil)
    }
}
