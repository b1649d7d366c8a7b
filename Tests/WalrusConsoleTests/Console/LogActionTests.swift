import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Actions beyond one topic's entries: what their forms come to, and what is seen while they are done.
@Suite struct LogActionTests {
    private func orders(_ effects: [Effect]) -> [ActionOrder] {
        effects.compactMap { if case .planAction(let order, _) = $0 { order } else { nil } }
    }

    private func acts(_ effects: [Effect]) -> Int {
        effects.count { if case .act = $0 { true } else { false } }
    }

    /// The order that the keys come to.
    private func order(_ keys: String) throws -> ActionOrder? {
        var model = Sample.model(write: true)
        let effects = try Sample.session(&model, keys)
        #expect(acts(effects) == 0)
        return orders(effects).last
    }

    @Test func nothingIsOnOfferWithoutWrite() throws {
        let ways = ActionKind.allCases.flatMap {
            ["a \($0.definition.key)", ":\($0.name) <Enter>"]
        }
        for keys in ways {
            var model = Sample.model()
            let effects = try Sample.session(&model, keys)
            #expect(acts(effects) == 0 && orders(effects).isEmpty)
            #expect(effects.contains(.bell) && model.overlay == nil)
            #expect(model.notice?.text.contains(":write") == true)
        }
    }

    /// What the menu offers is a command too, and no key means two things there.
    @Test func commandsAndMenuAreTheSame() throws {
        #expect(Set(ActionKind.allCases.map(\.definition.key)).count == ActionKind.allCases.count)
        for action in ActionKind.allCases {
            #expect(!"jkq".contains(action.definition.key))
            var byKey = Sample.model(write: true)
            var byName = byKey
            _ = try Sample.session(&byKey, "a \(action.definition.key)")
            _ = try Sample.session(&byName, ":\(action.name) <Enter>")
            #expect(byKey.overlay != nil && byKey.overlay == byName.overlay, "\(action)")
        }
    }

    @Test func replays() throws {
        let first = "/orders<Enter> a 6 "
        let rest = " <Tab> <Tab> <Tab> <Enter>"
        #expect(
            try order(first + "<Tab> copy" + rest)?.work == .replay(ReplayOrder(.all, into: "copy"))
        )
        #expect(
            try order(first + "<Left> <Tab> copy" + rest)?.work
                == .replay(ReplayOrder(.unread, into: "copy")))
        #expect(
            try order(
                first + "<Tab> copy <Tab> <Right> <Tab> /tmp/x <Tab> 500/s <Tab> <Right> <Enter>")?
                .work
                == .replay(
                    ReplayOrder(
                        .all, into: "copy", directory: "/tmp/x", rate: "500/s", restarts: true)))
        #expect(
            try order(first + "<Right> <Tab> err <Tab> copy" + rest)?.work
                == .replay(ReplayOrder(.query(try Query("err")), into: "copy")))
        // No topic, no query, no directory.
        for keys in [
            "<Tab>" + rest, "<Right> <Tab> length<Space>> <Tab> copy" + rest,
            "<Tab> copy <Tab> <Right> <Tab> <Tab> <Tab> <Enter>",
        ] { #expect(try order(first + keys) == nil) }
        // What one has before one's eyes: the query, and the marked entries.
        var model = Sample.model(write: true)
        var effects = try Sample.session(
            &model, "/orders<Enter> <Enter> /err<Enter> a 6 <Tab> <Tab> copy" + rest)
        #expect(
            orders(effects).last?.work
                == .replay(ReplayOrder(.query(try Query("err")), into: "copy")))
        effects = try Sample.session(&model, "<Esc> <Esc> m j m a 6 <Tab> copy" + rest)
        #expect(
            orders(effects).last?.work
                == .replay(ReplayOrder(.marked(model.marks["orders"]), into: "copy")))
        #expect(model.marks["orders"].count == 2)
    }

    @Test func marksAreTargets() throws {
        var model = Sample.model(write: true)
        var effects = try Sample.session(
            &model,
            "/orders<Enter> <Enter> m j j m a 2 <Right> <Right> <Tab> <Down> <Tab> o.raw <Enter>")
        let second = try #require(model.marks["orders"].last)
        let behind = EntryPlace(file: second.file, slot: second.slot, offset: second.end)
        #expect(
            orders(effects).map(\.work)
                == [.consume(limit: nil, end: .place(behind), out: "o.raw")])
        effects = try Sample.session(&model, "<Esc> a 3 <Right> <Right> <Tab> <Down> <Enter>")
        #expect(orders(effects).map(\.work) == [.seek(.place(second.place))])
    }

    @Test func ordersForTheLog() throws {
        let folder = "20261121T082024.823Z"
        let expected: [(String, ActionOrder.Work)] = [
            ("a 7 <Enter>", .reclaim(deletes: false)),
            ("a 7 <Right> <Enter>", .reclaim(deletes: true)),
            ("a t <Tab> <Enter>", .restoreTrash(folder)),
            ("a t <Tab> <Down> <Enter>", .restoreTrash("20261119T230511.004Z")),
            ("a t <Right> <Tab> <Enter>", .emptyTrash(nil)),
            ("a t <Right> <Tab> <Down> <Enter>", .emptyTrash(folder)),
            ("a 8 <Enter>", .repair(only: nil)),
            ("5 a <Enter> <Down> <Down> <Enter>", .repair(only: ["tail:1763640000003:7"])),
            ("a 9 <Enter>", .undo(4, finish: false)),
            ("a 9 <End> <Enter>", .undo(2, finish: true)),
            ("a s /tmp/out <Enter>", .salvage(to: "/tmp/out")),
            ("a b m.tar <Enter>", .backup(to: "m.tar")),
        ]
        for (keys, work) in expected {
            #expect(try order(keys) == ActionOrder(nil, work), "\(keys)")
        }
        for keys in ["a s <Enter>", "a b <Enter>"] { #expect(try order(keys) == nil) }
    }

    /// Where nothing is found that could be chosen, there is nothing to ask.
    @Test func nothingToChooseFrom() throws {
        for action in [ActionKind.trash, .repair, .undo] {
            var model = Sample.model(write: true)
            _ = try Sample.session(&model)
            let first = try Key.script("a \(action.definition.key)").flatMap {
                model.update(.key($0))
            }
            #expect(first == [.findChoices(action)])
            #expect(model.update(.choices(action, [])) == [.bell])
            #expect(model.overlay == nil && model.notice?.kind == .problem)
        }
    }

    /// A plan that nobody wants any more is not shown when it comes, and no other is taken for it.
    @Test func aPlanThatIsCancelledWhileItIsMade() throws {
        var model = Sample.model(write: true)
        _ = try Sample.session(&model, "a b m.tar")
        #expect(model.update(.key(.enter)).count == 1)
        _ = model.update(.actionProgress("reading: 10%"))
        #expect(model.update(.key(.escape)) == [.stopAction])
        // Until the answer is there nothing else can be asked.
        for key in try Key.script("<Esc> <Enter> a 7") { #expect(model.update(.key(key)).isEmpty) }
        let plan = Sample.plan(ActionOrder(nil, .backup(to: "m.tar")))
        #expect(model.update(.planned(plan)).isEmpty && model.overlay == nil)
        _ = try Sample.session(&model, "a b m.tar")
        _ = model.update(.key(.enter))
        _ = model.update(.key(.escape))
        #expect(model.update(.acted(.failure(ActionFailure("stopped")))).isEmpty)
        #expect(model.overlay == nil && model.notice == nil)
    }

    @Test func aLongActionIsLeftRunningAndStopped() throws {
        var model = Sample.model(write: true)
        _ = try Sample.session(&model, "a b m.tar <Enter> <Tab>")
        #expect(model.update(.key(.enter)) == [.act(17)])
        #expect(model.overlay == .acting)
        // Enter once more, by mistake, does nothing to it; one looks around.
        #expect(model.update(.key(.enter)).isEmpty && model.overlay == nil)
        _ = try Sample.session(&model, "5 1")
        _ = model.update(.actionProgress("copying: 40%"))
        #expect(FrameText.render(ConsoleView.draw(model)).contains("copying: 40%"))
        // It is in the way of leaving, and of any other action, but not of Ctrl-C.
        for keys in ["q", "a", ":reclaim <Enter>", ":cd <Enter>", ":cd<Space>/tmp <Enter>"] {
            let effects = try Sample.session(&model, keys)
            #expect(!effects.contains(.quit) && model.overlay == .acting, "\(keys)")
            _ = model.update(.key(.escape))
        }
        #expect(model.update(.key(.control("c"))) == [.quit])
        _ = try Sample.session(&model, "a")
        for key in try Key.script("s y <Tab>") { #expect(model.update(.key(key)).isEmpty) }
        #expect(model.update(.key(.enter)) == [.stopAction])
        #expect(model.update(.key(.enter)).isEmpty)
        let end = model.update(.acted(.failure(ActionFailure("stopped; no archive was made"))))
        #expect(end.contains(.scan(forget: false)) && model.acting == nil && model.overlay == nil)
        #expect(model.notice?.text == "stopped; no archive was made")
    }

    /// One that is short cannot be stopped.
    @Test func aShortActionIsNotStopped() throws {
        var model = Sample.model(write: true)
        _ = try Sample.session(&model, "a 4 <Tab>")
        _ = model.update(.key(.enter))
        for key in try Key.script("<Tab> <Enter>") { #expect(model.update(.key(key)).isEmpty) }
        #expect(model.acting != nil)
    }

    /// What does not fit in the bottom line has a box, but not in the way of somebody who types.
    @Test func longOutcomesAreShownWhole() throws {
        let long = String(repeating: "word ", count: 30) + "end"
        for result in [
            Result<String, ActionFailure>.success("done\nand more"), .success(long),
            .failure(ActionFailure(long)),
        ] {
            var model = Sample.model(write: true)
            _ = try Sample.session(&model, "a 4 <Tab>")
            _ = model.update(.key(.enter))
            _ = model.update(.acted(result))
            guard case .report = model.overlay else {
                Issue.record("no report of \(result)")
                continue
            }
            let shown = FrameText.render(ConsoleView.draw(model))
            #expect(shown.contains("end") || shown.contains("and more"))
            _ = model.update(.key(.enter))
            #expect(model.overlay == nil)
            // The same while a command is being typed.
            _ = try Sample.session(&model, "a 4 <Tab>")
            for key in try Key.script("<Enter> <Esc> : t h") { _ = model.update(.key(key)) }
            _ = model.update(.acted(result))
            guard case .prompt(let prompt) = model.overlay else {
                Issue.record("the prompt is gone")
                continue
            }
            #expect(prompt.text == "th" && model.notice != nil)
        }
    }

    /// A command can be typed as it is shown: what is broken into lines is all of it.
    @Test func commandsAreShownWhole() {
        for text in [
            #"walrus append /data 'two  blanks' $'\x1b\\' --lines"#,
            String(repeating: "x", count: 333), String(repeating: "a b  ", count: 60),
        ] {
            let lines = ScrolledLines.command(text, Style(.text), width: 50)
            #expect(lines.allSatisfy { $0.columns <= 50 })
            #expect(lines.map { $0[1].text }.joined() == text)
        }
    }

    /// A plan is read to its end, whatever the screen.
    @Test(arguments: [(80, 24), (120, 40), (40, 12)])
    func longPlansScroll(_ columns: Int, _ rows: Int) throws {
        var model = Sample.model(columns, rows, write: true)
        _ = try Sample.session(&model, "a 7 <Enter>")
        var seen = ""
        var last: Overlay?
        while model.overlay != last {
            let frame = FrameText.render(ConsoleView.draw(model))
            #expect(frame.contains("[ Cancel ]"))
            seen += frame
            last = model.overlay
            _ = model.update(.key(.pageDown))
        }
        for number in 0..<40 { #expect(seen.contains("17952107\(10_000 + number)"), "\(number)") }
        // To the last word of the last line.
        #expect(seen.contains(" back "))
    }
}
