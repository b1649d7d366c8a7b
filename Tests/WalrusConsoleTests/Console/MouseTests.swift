import TestSupport
import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Clicks and the wheel do what keys do, and nothing that writes.
@Suite struct MouseTests {
    private func model(_ keys: String = "", _ columns: Int = 120, _ rows: Int = 40) throws
        -> ConsoleModel
    {
        var model = Sample.model(columns, rows)
        model.isMouseOn = true
        _ = try Sample.session(&model, keys)
        return model
    }

    /// Clicks the first place where the frame shows `text`.
    private func click(_ text: String, _ model: inout ConsoleModel) throws {
        let lines = FrameText.render(ConsoleView.draw(model)).split(separator: "\n")
        let y = try #require(lines.firstIndex { $0.contains(text) }, "\(text)")
        let before = try #require(lines[y].firstRange(of: text)).lowerBound
        let x = DisplayWidth.columns(of: String(lines[y][..<before]))
        _ = Sample.settle(&model, model.update(.mouse(MouseEvent(.press, x: x, y: y))))
    }

    @Test func offItDoesNothing() throws {
        var model = try model()
        model.isMouseOn = false
        let before = ConsoleView.draw(model)
        try click("billing", &model)
        #expect(ConsoleView.draw(model) == before)
        _ = try Sample.session(&model, ":mouse<Enter>")
        #expect(model.isMouseOn)
        try click("billing", &model)
        #expect(model.home.selected?.text == "billing")
        _ = try Sample.session(&model, ":mouse<Space>off<Enter>")
        #expect(!model.isMouseOn)
    }

    @Test func aClickSelectsAndASecondOpens() throws {
        var model = try model()
        try click("billing", &model)
        #expect(model.screen == .home && model.home.selected?.text == "billing")
        try click("billing", &model)
        #expect(model.screen == .entries && model.entries?.topic.text == "billing")
    }

    @Test func headingsSort() throws {
        var model = try model()
        for (title, sort) in [
            ("SIZE", HomeModel.Sort.size), ("ENTRIES", .entries), ("TOPIC", .topic),
        ] {
            try click(title, &model)
            #expect(model.home.sort == sort)
            let isAscending = model.home.isAscending
            try click(title, &model)
            #expect(model.home.sort == sort && model.home.isAscending != isAscending)
        }
    }

    @Test func labelsDoWhatTheirKeysDoUnlessThatWrites() throws {
        var model = try model()
        try click("5 Check  6", &model)
        #expect(model.screen == .check)
        try click("q back", &model)
        #expect(model.screen == .home)
        try click("a actions", &model)
        #expect(model.overlay == nil)
        try click("? help", &model)
        #expect(model.overlay == .help(top: 0))
        _ = model.update(.mouse(MouseEvent(.wheelDown, x: 3, y: 3)))
        #expect(model.overlay == .help(top: 3))
    }

    /// Lines of the form and results are pointed at; nothing is started or stopped.
    @Test func theBench() throws {
        var model = try model("7")
        try click("threads", &model)
        #expect(model.bench.field == 2 && !model.bench.areResultsFocused)
        let rows = model.bench.rows
        #expect(rows.count > 2)
        let third = Figures.grouped(rows[rows.count - 3].entriesPerSecond)
        try click(third, &model)
        #expect(model.bench.areResultsFocused && model.bench.position.selected == 2)
        try click("duration", &model)
        #expect(model.bench.field == 3 && !model.bench.areResultsFocused)
        let layout = BenchLayout(model)
        _ = model.update(
            .mouse(MouseEvent(.wheelUp, x: layout.results.x + 3, y: layout.results.y + 2)))
        #expect(model.bench.areResultsFocused && model.bench.position.selected == 0)
        _ = model.update(.mouse(MouseEvent(.wheelDown, x: layout.form.x + 3, y: layout.form.y + 2)))
        #expect(!model.bench.areResultsFocused && model.bench.field == 6)
        let before = model.bench
        for text in ["Enter", "Enter starts it"] { try click(text, &model) }
        #expect(model.bench == before)
        _ = try Sample.session(&model, "<Enter>")
        #expect(model.bench.isAsking)
        for text in ["Enter", "threads"] { try click(text, &model) }
        #expect(model.bench.isAsking && model.bench.field == 6)
    }

    @Test func rowsOfEntriesAroundTheCursorsLine() throws {
        var model = try model("/orders<Enter> <Enter>")
        let rows = try #require(model.entries?.rows)
        let here = try #require(model.entries?.position.selected)
        for step in [-2, 1, 2] {
            let ordinal = try #require(rows[here + step].ordinal)
            try click(" \(Figures.grouped(ordinal)) ", &model)
            #expect(model.entries?.selected?.ordinal == ordinal)
        }
        let before = model.entries?.selected
        try click("cursor: unread from here on", &model)
        #expect(model.entries?.selected == before)
        // The wheel scrolls what it is over.
        _ = Sample.settle(&model, model.update(.mouse(MouseEvent(.wheelDown, x: 3, y: 6))))
        #expect(model.entries?.position.selected == here + 5)
        try click("Payload #", &model)
        #expect(model.entries?.isPayloadFocused == true)
    }

    @Test func slotsAndBytes() throws {
        var model = try model("/orders<Enter> 3")
        let layout = BlocksLayout(model)
        let x = layout.map.x + 1 + layout.column(of: 2)
        let y = layout.map.y + 2
        _ = Sample.settle(&model, model.update(.mouse(MouseEvent(.press, x: x, y: y))))
        #expect(model.blocks.slot == 2)
        #expect(model.blocks.file == model.state?.files.first?.name)
        _ = try Sample.session(&model, "x")
        let hex = HexLayout(model)
        let column = hex.bytes.x + 2 + HexLayout.column(3)
        _ = Sample.settle(
            &model, model.update(.mouse(MouseEvent(.press, x: column, y: hex.bytes.y + 1))))
        #expect(model.hex.place?.offset == model.hex.top * hex.perLine + 3)
        try click("checksum", &model)
        #expect(model.hex.isTreeFocused)
        let map = try #require(model.hex.map)
        let field = try #require(model.hex.place.flatMap { map.field(at: $0.offset) })
        #expect(map.fields[field].name == "checksum")
    }

    /// Wherever one clicks: nothing is planned, nothing is acted.
    @Test func randomClicks() throws {
        var random = SeededRandom.fromEnvironment("MouseTests.randomClicks")
        for _ in 0..<20 {
            let (columns, rows) = (
                Int.random(in: 1...140, using: &random), Int.random(in: 1...50, using: &random)
            )
            var model = Sample.model(columns, rows, write: true)
            model.isMouseOn = true
            _ = try Sample.session(&model)
            for _ in 0..<60 {
                let action = [MouseEvent.Action.press, .press, .wheelUp, .wheelDown]
                    .randomElement(using: &random)!
                let event = MouseEvent(
                    action, x: Int.random(in: -2...columns + 2, using: &random),
                    y: Int.random(in: -2...rows + 2, using: &random))
                for effect in Sample.settle(&model, model.update(.mouse(event))) {
                    switch effect {
                    case .act, .planAction, .edit, .export, .save:
                        Issue.record("\(event) \(effect)")
                    default: break
                    }
                }
                #expect(ConsoleView.draw(model).size == model.size)
            }
        }
    }
}
