import SystemPackage
import TestSupport
import Testing
import WalrusConsole

@Suite struct FrameTests {
    private static let sizes = [
        (1, 1), (20, 5), (39, 9), (40, 10), (80, 24), (120, 40), (300, 100),
    ]

    @Test(arguments: ConsoleModel.Screen.allCases.map(\.rawValue))
    func sizes(screen: String) throws {
        let log = try Log(fixture: "multi")
        for (columns, rows) in Self.sizes {
            let size = "\(columns)x\(rows)"
            let frame = try log.run("frame", "--screen", screen, "--size", size)
            #expect(frame.status == 0 && frame.errors.isEmpty)
            let lines = frame.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == rows + 1 && lines.last == "", "\(screen) \(size)")
            for line in lines.dropLast() {
                #expect(DisplayWidth.columns(of: String(line)) == columns, "\(size): \(line)")
            }
            let isHarmless = frame.text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.properties.generalCategory != .control
            }
            #expect(isHarmless)
            let ascii = try log.run("frame", "--screen", screen, "--size", size, "--ascii")
            let bytes = ascii.output.split(separator: 0x0a)
            #expect(bytes.count == rows && bytes.allSatisfy { $0.count == columns })
            #expect(ascii.output.allSatisfy { $0 == 0x0a || (0x20..<0x7f).contains($0) })
        }
    }

    @Test func forms() throws {
        let log = try Log(fixture: "small")
        for form in ["text", "ansi", "svg", "json"] {
            for theme in Theme.all.map(\.name) {
                let arguments = ["frame", log.path.string, "-o", form, "--theme", theme]
                let first = try Subprocess.run(Subprocess.walrus, arguments)
                let second = try Subprocess.run(Subprocess.walrus, arguments)
                #expect(first.status == 0 && !first.output.isEmpty)
                #expect(first.output == second.output)
                switch form {
                case "svg":
                    #expect(first.text.hasPrefix("<svg ") && first.text.hasSuffix("</svg>\n"))
                case "json": #expect(JSONValue(first.text) != nil)
                case "ansi": #expect(first.text.contains("\u{1b}["))
                default: #expect(first.text.contains("alpha"))
                }
            }
        }
    }

    @Test func keysAndTopics() throws {
        let log = try Log(fixture: "small")
        let entries = try log.run("frame", "--screen", "entries", "--topic", "beta_topic_longer")
        #expect(entries.text.contains("beta_topic_longer") && entries.text.contains("52 entries"))
        let hex = try log.run(
            "frame", "--screen", "entries", "--topic", "67", "--topic-hex", "--keys", "v v v")
        #expect(hex.text.contains("000000"))
        let help = try log.run("frame", "--keys", "?")
        #expect(help.text.contains("open the topic") && help.text.contains("Everywhere"))
    }

    /// Without a log, or with several, a frame begins with what the console begins with.
    @Test func theListOfLogs() throws {
        let place = try TempDirectory()
        func frame(_ arguments: String...) throws -> Subprocess.Result {
            try Subprocess.run(Subprocess.walrus, ["frame", place.path.string] + arguments)
        }
        let empty = try frame()
        #expect(empty.status == 0 && empty.text.contains("No log here"))
        #expect(!empty.text.contains("Enter"))
        #expect(try frame("--screen", "chooser").text == empty.text)
        #expect(try frame("--screen", "home").text.contains("Topics 0"))
        let log = try Log(fixture: "small")
        for key in ["a", "b"] {
            _ = try Subprocess.bash("cp -r \(log.path) \(place.path)/\(key)")
        }
        let several = try frame()
        #expect(several.status == 0 && several.text.contains("2 logs in this directory"))
        #expect(try frame("--keys", "j <Enter>").text.contains("beta_topic_longer"))
        // A screen of a log, or a topic, needs one.
        #expect(try frame("--screen", "blocks").status == 1)
        #expect(try frame("--topic", "alpha").status == 1)
    }

    /// A frame shows what the console would show, and whatever keys are pressed, does nothing.
    @Test func keysDoNotWrite() throws {
        let log = try Log(fixture: "small")
        let before = try Snapshot(log.path)
        let keys =
            ":write <Enter> yes <Enter> a 1 <Tab> hi <Tab> <Tab> <Tab> <Tab> <Enter> <Tab> <Enter>"
        let frame = try log.run("frame", "--topic", "alpha", "--keys", keys)
        #expect(frame.status == 0 && frame.text.contains("nothing is written without a terminal"))
        let consume = ":write <Enter> yes <Enter> a 2 <Enter> <Enter> <Enter> alpha <Enter>"
        #expect(try log.run("frame", "--topic", "alpha", "--keys", consume).status == 0)
        #expect(try Snapshot(log.path).changes(since: before) == [])
    }

    @Test func readVerbsLeaveNoTrace() throws {
        let log = try Log(fixture: "small")
        try Snapshot.age(log.path)
        let before = try Snapshot(log.path)
        for verb in ["topics", "files", "blocks", "forecast", "check", "frame", "console"] {
            #expect(try log.run(verb).status == 0, "\(verb)")
        }
        for verb in ["entries", "peek"] {
            let result = try log.run(verb, "beta_topic_longer", "--payload", "hex", "-o", "jsonl")
            #expect(result.status == 0)
        }
        for screen in ConsoleModel.Screen.allCases {
            #expect(
                try log.run("frame", "--screen", screen.rawValue, "--keys", "j j ? q").status == 0)
        }
        #expect(try Snapshot(log.path).changes(since: before) == [])
    }
}
