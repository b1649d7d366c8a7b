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

    /// Ten thousand keys in write mode: what writes comes of Enter on a plan that was confirmed, with
    /// the focus away from Cancel, and of nothing else; the mode itself comes of a typed yes.
    @Test func nothingIsWrittenUnconfirmed() throws {
        var random = SeededRandom.fromEnvironment("console properties")
        var (plans, acts) = (0, 0)
        var planned: Set<Int> = []
        for round in 0..<40 {
            var model = Sample.model(80, 24, write: round > 0)
            _ = try Sample.session(&model)
            for _ in 0..<250 {
                // Now and then the keys of somebody who means it.
                let script = [
                    "a 4", "a 2 <Enter> <Enter> <Enter>", "a 3 <Right> <Enter>",
                    "a 1 <Tab> x <Tab> <Tab> <Tab> <Tab> <Enter>", "orders", "<Tab>", "<Enter>",
                    "a 6 <Tab> copy <Tab> <Tab> <Tab> <Enter>", "a 7 <Enter>", "a t <Tab> <Enter>",
                    "a t <Right> <Tab> <Enter>",
                    "a 8 <Enter>", "a 9 <Enter>", "a s out <Enter>", "a b out.tar <Enter>",
                    "a r out.tar <Tab> new <Enter>", "a i lines <Enter>",
                    "<Esc> :reclaim <Enter>", "<PgDn>",
                ]
                let isMeant = Int.random(in: 0..<8, using: &random) == 0
                let keys =
                    isMeant
                    ? try Key.script(script.randomElement(using: &random)!)
                    : [Self.keys.randomElement(using: &random)!]
                for key in keys {
                    let (couldWrite, overlay) = (model.setup.canWrite, model.overlay)
                    var effects = model.update(.key(key))
                    for case .act(let number) in effects {
                        acts += 1
                        guard case .plan(let plan) = overlay, plan.isArmed, key == .enter,
                            plan.purpose == .act(number), couldWrite
                        else {
                            Issue.record("\(key) writes from \(String(describing: overlay))")
                            continue
                        }
                    }
                    if !couldWrite, model.setup.canWrite {
                        guard case .plan(let plan) = overlay, plan.typed == "yes" else {
                            Issue.record("\(key) turned write mode on")
                            continue
                        }
                    }
                    // Effects may have more effects, but none of them writes.
                    effects.removeAll { if case .act = $0 { true } else { false } }
                    for effect in Sample.settle(&model, effects) {
                        if case .act = effect { Issue.record("an answer writes") }
                    }
                    if case .plan(let plan) = model.overlay {
                        plans += 1
                        if case .act(let number) = plan.purpose { planned.insert(number) }
                    }
                    if model.acting != nil, Bool.random(using: &random) {
                        _ = model.update(.actionProgress("so far"))
                        check(ConsoleView.draw(model), model)
                        _ = model.update(.acted(.success("done")))
                    }
                }
            }
        }
        #expect(plans > 100 && acts > 0, "\(plans) plans, \(acts) acts: the keys do not get there")
        // Every kind of plan was seen.
        #expect(planned == Set(7...19), "\(planned.sorted())")
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
                if case .planAction = effect { Issue.record("\(key) plans") }
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
