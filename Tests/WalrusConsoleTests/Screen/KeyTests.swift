import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

struct KeyTests {
    @Test("scripts")
    func scripts() throws {
        #expect(
            try Key.script("j j <Enter> <C-d> /err <Esc>") == [
                .character("j"), .character("j"), .enter, .control("d"), .character("/"),
                .character("e"), .character("r"), .character("r"), .escape,
            ])
        #expect(
            try Key.script("a<Space>b<lt><F12><A-x><S-Tab><PgUp>") == [
                .character("a"), .character(" "), .character("b"), .character("<"),
                .function(12), .alt("x"), .backTab, .pageUp,
            ])
        #expect(try Key.script("a < b") == [.character("a"), .character("<"), .character("b")])
        #expect(try Key.script("<>") == [.character("<"), .character(">")])
        #expect(try Key.script("  ").isEmpty)
        #expect(throws: KeyScriptError(token: "Foo")) { try Key.script("j <Foo>") }
    }

    @Test("names")
    func names() {
        #expect(Key.control("r").name == "Ctrl-R")
        #expect(Key.function(5).name == "F5")
        #expect(Key.character("g").name == "g")
        #expect(Key.character(" ").name == "Space")
        #expect(Key.alt("x").name == "Alt-x")
        #expect(Key.pageDown.name == "PgDn")
        #expect(Key.backTab.name == "Shift-Tab")
    }
}

/// The keys that operators know from less, vim, lnav, htop and k9s do here what they do there.
@Suite struct ConventionTests {
    @Test func keysOfOtherPrograms() throws {
        let everywhere: [(String, Command)] = [
            ("1", .home), ("F1", .home), ("5", .check), ("F2", .entries), ("x", .hex), ("j", .down),
            ("k", .up), ("g", .first), ("G", .last), ("C-d", .halfDown), ("C-u", .halfUp),
            ("PgDn", .pageDown), (":", .command), ("?", .help), ("S", .keepFrame), ("p", .pause),
            ("+", .faster), ("-", .slower), ("`", .now), ("C-r", .reread), ("C-l", .redraw),
            ("a", .actions), ("u", .undoLast), ("t", .goToTopic), ("F8", .toggleMouse),
            ("C-z", .suspend), ("C-c", .quit),
        ]
        let own: [(ConsoleModel.Screen, String, Command)] = [
            (.home, "s", .sort), (.home, "I", .reverseSort),
            (.home, "/", .filter), (.home, "!", .inverse), (.home, "n", .next),
            (.home, "N", .previous), (.home, "q", .quit), (.entries, "Space", .mark),
            (.entries, "*", .markAll), (.entries, "F", .follow), (.entries, "v", .payloadMode),
            (.entries, "w", .wrap), (.entries, "e", .expand), (.entries, "y", .copy),
            (.entries, "E", .export), (.entries, "{", .previousBlock), (.entries, "}", .nextBlock),
            (.entries, "Tab", .switchPane), (.blocks, "m", .mapMode), (.blocks, "[", .previousFile),
            (.blocks, "}", .nextBlock), (.live, "Left", .earlier), (.bench, "Space", .mark),
        ]
        for (name, command) in everywhere {
            let key = try #require(Key(named: name))
            for screen in ConsoleModel.Screen.allCases {
                #expect(KeyMap.command(for: key, on: screen) == command, "\(name) on \(screen)")
            }
        }
        for (screen, name, command) in own {
            let key = try #require(Key(named: name))
            #expect(KeyMap.command(for: key, on: screen) == command, "\(name) on \(screen)")
        }
        // What deletes elsewhere writes nothing here.
        let writes: Set<Command> = [.actions, .undoLast, .export, .keepFrame]
        for name in ["d", "k", "c", "C-d", "C-k", "Delete"] {
            let key = try #require(Key(named: name))
            for screen in ConsoleModel.Screen.allCases {
                let command = KeyMap.command(for: key, on: screen)
                #expect(command.map { !writes.contains($0) } ?? true, "\(name) on \(screen)")
            }
        }
    }

    @Test func whatTheyDo() throws {
        var model = Sample.model()
        model.now = Sample.time
        func prompt() -> String? {
            if case .prompt(let prompt) = model.overlay { prompt.text } else { nil }
        }
        _ = try Sample.session(&model, "t")
        #expect(prompt() == "topic ")
        _ = try Sample.session(&model, "ord<Tab><Enter>")
        #expect(model.screen == .entries && model.entries?.topic == "orders")
        let effects = try Sample.session(&model, "S<Enter>")
        let name = effects.lazy.compactMap { effect -> String? in
            if case .save(_, let name) = effect { name } else { nil }
        }.first
        #expect(name == "walrus-entries-120203.svg")
        _ = try Sample.session(&model, "u")
        #expect(model.notice?.text.contains("read-only") == true && model.overlay == nil)
        _ = try Sample.session(&model, "<F8>")
        #expect(model.isMouseOn)
    }

    @Test func marks() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, ":orders<Enter>g<Space>")
        #expect(model.marks["orders"].count == 1)
        _ = try Sample.session(&model, "/.status<Space>==<Space>\"err\"<Enter>*")
        let matches = try #require(model.entries?.rows.count)
        let marked = model.marks["orders"].count
        #expect(matches > 1 && marked == matches + 1)
        let places = model.marks["orders"].map(\.place)
        #expect(places == places.sorted())
        _ = try Sample.session(&model, "*")
        #expect(model.marks["orders"].count == 1)
        // Never more than there may be.
        var marks = Marks()
        let topic = TopicState(name: "orders", entries: 20_000)
        let many = Sample.rows(topic, from: 1, count: 9_000)
        let count = marks.toggle(all: many, of: "orders")
        #expect(count == 9_000)
        let tooMany = marks.toggle(
            all: Sample.rows(topic, from: 9_001, count: 9_000), of: "orders")
        #expect(tooMany == nil)
        #expect(marks["orders"].count == 9_000)
    }

    @Test func thePayloadAlone() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, ":orders<Enter>")
        let both = EntriesLayout(model)
        _ = try Sample.session(&model, "e")
        let alone = EntriesLayout(model)
        #expect(alone.list.isEmpty && alone.payload.height > both.payload.height)
        #expect(!FrameText.render(ConsoleView.draw(model)).contains("PREVIEW"))
        _ = try Sample.session(&model, "<Esc>")
        #expect(model.screen == .entries && EntriesLayout(model).list == both.list)
        _ = try Sample.session(&model, "e e")
        #expect(EntriesLayout(model).list == both.list)
    }

    @Test func blocksOfATopic() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, ":audit<Enter>")
        let topic = try #require(model.entriesTopic)
        func target(_ key: Character) -> EntryPlace? {
            for case .loadPlace(_, _, let place, _) in model.update(.key(.character(key))) {
                return place
            }
            return nil
        }
        let row = try #require(model.entries?.selected)
        let next = topic.blocks.first { ($0.file, $0.slot) > (row.file, row.slot) }
        let before = topic.blocks.last {
            ($0.file, $0.slot, 0) < (row.file, row.slot, row.offset)
        }
        let onward = target("}")
        #expect(onward == next.map { EntryPlace(file: $0.file, slot: $0.slot, offset: 0) })
        let back = target("{")
        #expect(back == before.map { EntryPlace(file: $0.file, slot: $0.slot, offset: 0) })
    }

    /// A sequence that no entry has leads to the next one, and that is said.
    @Test func aSequenceThatIsNotThere() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, ":orders<Enter>")
        func go(to sequence: Int, landing ordinal: Int) throws {
            var effects: [Effect] = []
            for key in try Key.script(":seq<Space>\(sequence)<Enter>") {
                effects += model.update(.key(key))
            }
            for case .locate(let id, let topic, .sequence(let wanted), let count) in effects {
                #expect(wanted == UInt64(sequence))
                let rows = Sample.rows(topic, from: 1, count: count)
                let miss: EntryLanding.Miss? =
                    sequence == ordinal
                    ? nil : .init(.next, "no sound entry has the number \(sequence)")
                let landing = EntryLanding(ordinal: ordinal, miss: miss)
                _ = model.update(.located(request: id, landing, rows))
            }
        }
        try go(to: 7, landing: 9)
        #expect(model.entries?.selected?.ordinal == 9)
        #expect(model.notice?.kind == .problem)
        #expect(model.notice?.text == "no sound entry has the number 7: at the next")
        #expect(FrameText.render(ConsoleView.draw(model)).contains("the number 7"))
        try go(to: 12, landing: 12)
        #expect(model.entries?.selected?.ordinal == 12 && model.notice == nil)
    }
}
