import Testing

@testable import Inspect
@testable import WalrusConsole

@Suite struct ChooserTests {
    private func chooser(_ logs: [NamespaceSummary] = Sample.logs) -> (ConsoleModel, [Effect]) {
        var model = Sample.model()
        model.now = Sample.time
        var effects = model.choose(in: "/data/wal")
        effects += model.update(.logs(in: "/data/wal", .success(logs)))
        return (model, effects)
    }

    @Test func enterOpensAndQGoesBack() throws {
        var (model, effects) = chooser()
        #expect(effects == [.listLogs(root: "/data/wal", withWriters: true)])
        #expect(model.screen == .chooser)
        effects = try keys(&model, "j <Enter>")
        #expect(effects.prefix(2) == [.openLog("/data/wal/billing"), .scan(forget: false)])
        #expect(model.screen == .home && model.setup.directory == "/data/wal/billing")
        _ = model.update(.scanned(Sample.state()))
        #expect(model.state != nil)
        effects = try keys(&model, "q")
        #expect(!effects.contains(.quit))
        #expect(model.screen == .chooser && model.state == nil)
        // What an earlier scan says comes too late.
        _ = model.update(.scanned(Sample.state()))
        #expect(model.state == nil)
        #expect(try keys(&model, "q").contains(.quit))
        // Ctrl-C ends it from anywhere.
        _ = try keys(&model, "<Enter>")
        #expect(try keys(&model, "<C-c>").contains(.quit))
    }

    private func keys(_ model: inout ConsoleModel, _ script: String) throws -> [Effect] {
        try Key.script(script).flatMap { model.update(.key($0)) }
    }

    /// Nothing can be opened where there is nothing: it is not on offer.
    @Test func anEmptyListOffersWhatWorks() throws {
        var (model, _) = chooser([])
        func bar(_ model: ConsoleModel) -> String {
            ConsoleView.draw(model).text(row: model.size.rows - 1)
        }
        #expect(!bar(model).contains("Enter") && bar(model).contains("quit"))
        #expect(bar(chooser().0).contains("Enter open"))
        #expect(try keys(&model, "<Enter>") == [.bell])
        #expect(model.notice?.text.contains("no log to open") == true)
    }

    @Test func whatNeedsALogSaysSo() throws {
        var (model, _) = chooser()
        for key in ["2", "5", "a"] {
            let effects = try keys(&model, key)
            #expect(model.screen == .chooser && model.overlay == nil)
            #expect(effects == [] || effects == [.bell])
        }
    }

    @Test func itWatches() {
        var (model, _) = chooser([])
        let later = Sample.time + 1_000_000_000
        #expect(model.update(.tick(later)) == [.listLogs(root: "/data/wal", withWriters: false)])
        // One question at a time.
        #expect(model.update(.tick(later + 5_000_000_000)) == [])
        // The directory's own log opens as soon as it is there, and is no choice to go back to.
        let effects = model.update(.logs(in: "/data/wal", .success([Sample.logs[0]])))
        #expect(effects.first == .openLog("/data/wal/"))
        #expect(model.screen == .home && model.chooser == nil)
        // An answer about another directory is none.
        #expect(model.update(.logs(in: "/other", .success(Sample.logs))) == [])
    }

    @Test func theSelectionStaysWithItsLog() throws {
        var (model, _) = chooser()
        _ = try keys(&model, "j")
        var logs = Sample.logs
        logs.insert(NamespaceSummary(name: "aaa", path: "/data/wal/aaa"), at: 1)
        _ = model.update(.logs(in: "/data/wal", .success(logs)))
        #expect(model.chooser?.selected?.name == "billing")
        _ = model.update(.logs(in: "/data/wal", .success([])))
        #expect(model.chooser?.selected == nil)
        #expect(try keys(&model, "<Enter>") == [.bell])
    }

    @Test func cdGoesElsewhereAndBack() throws {
        var model = Sample.model()
        _ = try Sample.session(&model)
        let there = try keys(&model, ": c d <Space> / t m p <Enter>")
        #expect(there.contains(.listLogs(root: "/tmp", withWriters: true)))
        _ = model.update(.logs(in: "/tmp", .failure(ActionFailure("cannot list"))))
        #expect(model.chooser?.problem == "cannot list")
        let text = FrameText.render(ConsoleView.draw(model))
        #expect(text.contains("cannot list") && text.contains("/tmp"))
    }

    @Test func snapshots() throws {
        var model = Sample.model()
        _ = try Sample.session(&model)
        for (name, start) in [("a.svg", "<svg"), ("a.txt", " walrus"), ("a.json", "{")] {
            let script =
                ": s n a p s h o t <Space> " + name.map { String($0) }.joined(separator: " ")
            let effects = try keys(&model, script + " <Enter>")
            guard case .save(let text, as: name)? = effects.first else {
                Issue.record("\(effects)")
                continue
            }
            // The prompt is not a part of it.
            #expect(text.drop { $0 == "\n" }.hasPrefix(start) && !text.contains(":snapshot"))
        }
        #expect(try keys(&model, ": s a v e <Space> a . p n g <Enter>").contains(.bell))
        _ = model.update(.saved(.failure(ActionFailure("is there already"))))
        #expect(model.notice?.text == "is there already")
    }
}
