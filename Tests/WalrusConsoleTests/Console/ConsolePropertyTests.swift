import TestSupport
import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// What must hold whatever is typed, on any screen of any size.
@Suite struct ConsolePropertyTests {
    private static let keys: [Key] =
        KeyMap.bindings.flatMap(\.keys) + [.backspace, .delete, .backTab, .left, .right, .insert]
        + "abcdefghijklmnopqrstuvwxyz0123456789 \"\\é中".map { Key.character($0) }

    private func check(_ frame: Grid, _ model: ConsoleModel) {
        let lines = FrameText.render(frame).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == model.size.rows + 1)
        for line in lines.dropLast() {
            #expect(DisplayWidth.columns(of: String(line)) == model.size.columns)
            let isHarmless = line.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value)
            }
            #expect(isHarmless)
            if model.glyphs.isASCII { #expect(line.utf8.allSatisfy { $0 < 0x7f }) }
        }
    }

    @Test(arguments: [false, true])
    func randomKeysOnRandomScreens(write: Bool) throws {
        var random = SeededRandom.fromEnvironment("console properties")
        for round in 0..<12 {
            var model = Sample.model(
                80, 24, write: write, glyphs: round.isMultiple(of: 2) ? .unicode : .ascii)
            _ = try Sample.session(&model)
            for _ in 0..<120 {
                if Int.random(in: 0..<20, using: &random) == 0 {
                    _ = model.update(
                        .resize(
                            Size(
                                columns: Int.random(in: 0...220, using: &random),
                                rows: Int.random(in: 0...70, using: &random))))
                }
                let key = Self.keys.randomElement(using: &random)!
                let effects = Sample.settle(&model, model.update(.key(key)))
                if !write, !model.setup.canWrite {
                    for effect in effects {
                        if case .act = effect { Issue.record("wrote without being asked to") }
                    }
                }
                check(ConsoleView.draw(model), model)
            }
        }
    }

    @Test func everyBindingIsInTheHelp() throws {
        let model = Sample.model()
        let help = HelpView.lines(model).map { $0.map(\.text).joined() }.joined(separator: "\n")
        for binding in KeyMap.bindings {
            #expect(help.contains(binding.title))
            for key in binding.keys { #expect(help.contains(key.name)) }
            #expect(!binding.keys.isEmpty)
        }
        #expect(Set(KeyMap.bindings.map(\.command)).count == Command.allCases.count)
    }

    @Test func noKeyMeansTwoThings() {
        for screen in ConsoleModel.Screen.allCases {
            var seen: Set<Key> = []
            let scope = Scope(screen)
            for binding in KeyMap.bindings where binding.scope == scope {
                for key in binding.keys { #expect(seen.insert(key).inserted) }
            }
        }
    }

    /// Keys that have destroyed data in other consoles lead to nothing that writes.
    @Test func dangerousKeysDoNothing() throws {
        for key in ["d", "k", "<C-k>", "<Del>", "x", "D", "<C-d>"] {
            var model = Sample.model(write: true)
            let effects = try Sample.session(&model, "\(key) <Enter> \(key) <Enter>")
            for effect in effects {
                if case .act = effect { Issue.record("\(key) writes") }
                if case .planConsume = effect { Issue.record("\(key) plans") }
            }
        }
    }

    @Test func hostileStatesAreDrawn() throws {
        var random = SeededRandom.fromEnvironment("console properties")
        for _ in 0..<20 {
            var state = Sample.state()
            state.topics = (0..<40).map { _ in
                let bytes = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                return TopicState(name: TopicName(bytes: bytes))
            }.sorted { $0.name < $1.name }
            let junk = String(
                decoding: (0..<80).map { _ in UInt8.random(in: 0...255, using: &random) },
                as: UTF8.self)
            state.findings = [Finding(.error, .strayFile, file: junk, junk)]
            // Blocks of topics that the list may not have, anywhere.
            state.files = Sample.manyFiles(Int.random(in: 0...9, using: &random)).files
            for file in state.files.indices {
                state.files[file].blocks.removeAll { _ in
                    Int.random(in: 0..<4, using: &random) == 0
                }
                state.files[file].allocated = Int.random(in: 0...2_000_000_000, using: &random)
                state.files[file].isReadable = Bool.random(using: &random)
            }
            var model = Sample.model(
                Int.random(in: 40...130, using: &random), Int.random(in: 10...50, using: &random))
            _ = model.start(at: Sample.time)
            _ = model.update(.scanned(state))
            for screen in ConsoleModel.Screen.allCases {
                _ = Sample.settle(&model, model.go(to: screen))
                check(ConsoleView.draw(model), model)
                for key in Self.keys.filter({ $0 != .character(":") }).shuffled(using: &random)
                    .prefix(4)
                {
                    _ = Sample.settle(&model, model.update(.key(key)))
                    check(ConsoleView.draw(model), model)
                }
                model.overlay = nil
            }
        }
    }
}
