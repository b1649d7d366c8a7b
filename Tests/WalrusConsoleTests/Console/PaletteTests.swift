import TestSupport
import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

@Suite struct PaletteTests {
    private func text(_ model: ConsoleModel) -> String? {
        if case .prompt(let prompt) = model.overlay { prompt.text } else { nil }
    }

    private func model(_ keys: String) throws -> ConsoleModel {
        var model = Sample.model()
        _ = try Sample.session(&model, keys)
        return model
    }

    @Test func everyCommandHasItsNameAndItsHelp() {
        var seen: Set<String> = []
        for command in CommandPalette.commands {
            #expect(!command.title.isEmpty && !command.name.contains(" "))
            for name in [command.name] + command.aliases {
                #expect(seen.insert(name).inserted, "\(name) means two things")
            }
        }
        let help = HelpView.lines(Sample.model()).map { $0.map(\.text).joined() }
            .joined(separator: "\n")
        for command in CommandPalette.commands where !command.hasKey {
            for word in [command.name, command.title] + command.aliases {
                #expect(help.contains(word), "\(word)")
            }
        }
    }

    @Test func tabCompletesCommandsAndTheirArguments() throws {
        #expect(text(try model(": r e a d <Tab>")) == "readonly")
        #expect(text(try model(": w <Tab>")) == "write")
        #expect(text(try model(": t o p <Tab>")) == "topic ")
        #expect(text(try model(": t o p <Tab> b i <Tab>")) == "topic billing")
        // A topic's name alone opens it.
        #expect(text(try model(": o r d <Tab>")) == "orders")
        // As far as all agree; then from one to the next and back.
        #expect(text(try model(": p a <Tab>")) == "pa" + "use")
        #expect(text(try model(": r e <Tab>")) == "readonly")
        #expect(text(try model(": r e d <Tab>")) == "redraw")
        #expect(text(try model(": r e <Tab> <Tab>")) == "replay")
        #expect(text(try model(": r e <Tab> <S-Tab>")) == "redraw")
        var nothing = Sample.model()
        #expect(try Sample.session(&nothing, ": x y z <Tab>").contains(.bell))
        #expect(text(nothing) == "xyz")
    }

    @Test func namesThatCannotBeTypedAreCompleted() throws {
        let completed = try model(": t o p i c <Space> l i n e <Tab>")
        #expect(text(completed) == #"topic line\nend \e[31m"#)
        var opened = completed
        _ = try Sample.session(&opened, "<Enter>")
        #expect(opened.entries?.topic == "line\nend \u{1b}[31m")
    }

    @Test func enterRunsByNameAliasFormAndTopic() throws {
        #expect(try model(": c h e c k <Enter>").screen == .check)
        #expect(try model(": C H E C K <Enter>").screen == .check)
        #expect(try model(": o r d e r s <Enter>").entries?.topic == "orders")
        #expect(try model(": t <Space> b i l l i n g <Enter>").entries?.topic == "billing")
        #expect(try model(": r w <Enter> yes <Enter>").setup.canWrite)
        let at = try model(": o r d e r s <Enter> : 5 0 0 <Enter>")
        #expect(at.entries?.selected?.ordinal == 500)
        #expect(try model(": 5 0 0 <Enter>").notice?.text.contains("open a topic") == true)
    }

    @Test func whatIsUnknownIsToldWithWhatIsNear() throws {
        func notice(_ keys: String) throws -> String {
            try model(keys).notice?.text ?? ""
        }
        #expect(try notice(": c h e k <Enter>").contains("did you mean check?"))
        #expect(try notice(": h o e m <Enter>").contains("did you mean home?"))
        #expect(try notice(": z z z z z z z z <Enter>").contains("Tab"))
        #expect(try notice(": w r i t e <Space> 1 <Enter>").contains("takes nothing"))
        #expect(try notice(": f o l l o w <Enter>").contains("entries"))
        #expect(try notice(": t o p i c <Space> n o n e <Enter>").contains("which topic"))
    }

    @Test func historyIsGoneThroughByWhatWasTyped() throws {
        var model = Sample.model()
        var effects = try Sample.session(
            &model, ": c h e c k <Enter> : h o m e <Enter> : c h e c k <Enter> : h o e <Enter>")
        // What failed is there to be mended, and in no file.
        #expect(model.commandHistory.lines == ["home", "check", "hoe"])
        #expect(!effects.contains(.remember("hoe")))
        #expect(effects.filter { $0 == .remember("check") }.count == 2)
        _ = try Sample.session(&model, ": <Up>")
        #expect(text(model) == "hoe")
        _ = try Sample.session(&model, "<Up>")
        #expect(text(model) == "check")
        _ = try Sample.session(&model, "<Up> <Up>")
        #expect(text(model) == "home")
        _ = try Sample.session(&model, "<Down> <Down> <Down>")
        #expect(text(model) == "")
        // Only lines that begin as what was typed.
        _ = try Sample.session(&model, "h o m <Up>")
        #expect(text(model) == "home")
        _ = try Sample.session(&model, "<Down>")
        #expect(text(model) == "hom")
        // A filter may hold a part of a payload: it is kept for the session, and in no file.
        effects = try Sample.session(&model, "<Esc> 1 / s e c r e t <Enter> /")
        #expect(!effects.contains { if case .remember = $0 { true } else { false } })
        _ = try Sample.session(&model, "<C-u> <Up>")
        #expect(text(model) == "secret")
        #expect(!model.commandHistory.lines.contains("secret"))
    }

    @Test func themes() throws {
        #expect(try model(": t h e m e <Space> l i <Tab> <Enter>").theme == .light)
        #expect(
            try model(": t h e m e <Space> d a r c k <Enter>").notice?.text
                .contains("did you mean dark?") == true)
        // What the terminal says counts until somebody has chosen.
        var model = Sample.model()
        model.isThemeAutomatic = true
        _ = model.update(.background(isLight: true))
        #expect(model.theme == .light)
        _ = try Sample.session(&model, ": t h e m e <Space> m o n o <Enter>")
        _ = model.update(.background(isLight: true))
        #expect(model.theme == .mono)
    }

    @Test func historyIsBounded() {
        var history = LineHistory()
        for line in 0..<1_000 { history.add("line \(line)") }
        history.add("line 900")
        #expect(history.lines.count == LineHistory.capacity)
        #expect(history.lines.last == "line 900" && history.lines.first == "line 800")
    }

    @Test func thereAreNeverMoreCandidatesThanAnybodyReads() throws {
        var state = Sample.state()
        state.topics = (0..<20_000).map { TopicState(name: .init("topic-\(100_000 + $0)")) }
        var model = Sample.model()
        _ = model.start(at: Sample.time)
        _ = model.update(.scanned(state))
        _ = try Sample.session(&model, ": t o p i c <Space> t o")
        #expect(
            CommandPalette.candidates(for: "topic to", model).count == CommandPalette.candidatesMax)
        _ = try Sample.session(&model, "<Tab> <Tab> <S-Tab> <S-Tab>")
        #expect(text(model) == "topic topic-100198")
    }
}

@Suite struct LineEditorTests {
    private func edited(_ text: String, _ keys: String) throws -> (String, Int) {
        var line = LineEditor(text)
        for key in try Key.script(keys) {
            let isTaken = line.press(key)
            #expect(isTaken)
        }
        return (line.text, line.cursor)
    }

    @Test func keysOfAnEditor() throws {
        #expect(try edited("abc", "<Left> x") == ("abxc", 3))
        #expect(try edited("abc", "<C-a> x <C-e> y") == ("xabcy", 5))
        #expect(try edited("abc", "<Home> x <End> y") == ("xabcy", 5))
        #expect(try edited("abc", "<Home> <Del> <BS>") == ("bc", 0))
        #expect(try edited("one two  three", "<C-w> <C-w>") == ("one ", 4))
        #expect(try edited("one two", "<A-b> <C-u>") == ("two", 0))
        #expect(try edited("one two", "<A-b> <C-k>") == ("one ", 4))
        #expect(try edited("one two", "<Home> <A-f> !") == ("one! two", 4))
        #expect(try edited("", "<BS> <Del> <Left> <Right> <C-w> <C-u> <C-k>") == ("", 0))
    }

    /// A proposal gives way to what is typed; who moves in it, edits it.
    @Test(arguments: [
        ("3", "3"), ("3 0", "30"), ("<BS> 3", "3"), ("<Del>", ""), ("<C-u>", ""),
        ("<Left> 3", "133"), ("<End> 2", "132"), ("<Home> <BS> 3", "313"), ("3 <BS>", ""),
    ])
    func aProposal(keys: String, text: String) throws {
        var line = LineEditor("13", isSelected: true)
        #expect(line.isSelected)
        for key in try Key.script(keys) { _ = line.press(key) }
        #expect(line.text == text && !line.isSelected)
        var kept = LineEditor("13", isSelected: true)
        let isTaken = kept.press(.pageUp)
        #expect(!isTaken && kept.isSelected)
    }

    @Test func aCombiningMarkJoinsItsBase() throws {
        var line = LineEditor("ae")
        for key in [Key.left, .character("\u{301}")] { _ = line.press(key) }
        #expect(line.text == "a\u{301}e" && line.cursor == 1)
        _ = line.press(.backspace)
        #expect(line.text == "e" && line.cursor == 0)
    }

    @Test func randomKeysKeepTheCursorInside() throws {
        var random = SeededRandom.fromEnvironment("line editor")
        let keys = try Key.script(
            "a b é \u{301} <Space> 中 <Left> <Right> <Home> <End> <BS> <Del> <C-a> <C-e> <C-w> <C-u> "
                + "<C-k> <A-b> <A-f>")
        var line = LineEditor()
        for _ in 0..<5_000 {
            _ = line.press(keys.randomElement(using: &random) ?? .left)
            #expect((0...line.text.count).contains(line.cursor))
            let under = line.underCursor.map { String($0) } ?? ""
            #expect(line.beforeCursor + under + line.afterCursor == line.text)
        }
    }

    @Test func aPasteEnds() {
        var line = LineEditor()
        for _ in 0..<10_000 { _ = line.press(.character("中")) }
        #expect(line.text.utf8.count <= LineEditor.bytesMax)
    }

    @Test func nearestWords() {
        let words = ["check", "home", "entries", "theme"]
        #expect(Nearest.word(to: "chekc", among: words) == "check")
        #expect(Nearest.word(to: "HOEM", among: words) == "home")
        #expect(Nearest.word(to: "entris", among: words) == "entries")
        #expect(Nearest.word(to: "q", among: words) == nil)
        #expect(Nearest.distance(Array("abc"), Array("")) == 3)
        #expect(Nearest.distance(Array("ca"), Array("ac")) == 1)
    }
}
