import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// What does not fit goes as a whole, or is marked as cut: the rest of a number is another number.
@Suite struct WholeFiguresTests {
    private func bar(_ model: ConsoleModel) -> String {
        ConsoleView.draw(model).text(row: model.size.rows - 1)
    }

    private func model(_ keys: String, columns: Int = 120, rows: Int = 40) throws -> ConsoleModel {
        var model = Sample.model(columns, rows)
        _ = try Sample.session(&model, keys)
        return model
    }

    @Test func piecesEndWithAMark() {
        for width in 1...16 {
            var grid = Grid(Size(columns: 20, rows: 1))
            let used = grid.put(
                [StyledText("seq "), StyledText("1,572,872", .muted)], x: 0, y: 0, width: width)
            let shown = String(grid.text(row: 0).prefix(width))
            #expect(used <= width)
            #expect(width >= 13 ? shown.hasPrefix("seq 1,572,872") : shown.hasSuffix("…"))
        }
    }

    @Test func factsGoToTheNextLineWhole() {
        let facts = ["1,572,872 bytes", "fnv 35774e179b79de20", "seq 14"]
        #expect(PayloadText.whole(facts, width: 80).count == 1)
        for width in 20...60 {
            let lines = PayloadText.whole(facts, width: width)
            #expect(lines.flatMap { $0.split(separator: " ") }.count == 6)
            #expect(lines.allSatisfy { $0.utf8.count <= width })
            #expect(facts.allSatisfy { fact in lines.contains { $0.contains(fact) } })
        }
    }

    @Test func aLongWordFillsItsLine() {
        let lines = PayloadText.prose(String(repeating: "x", count: 100), width: 40, ascii: true)
        #expect(lines.map(\.utf8.count) == [40, 40, 20])
    }

    /// In ASCII a name is made of escapes: where not even one fits, its start is better than nothing.
    @Test func aCutNameKeepsAStart() {
        let grid = Grid(Size(columns: 20, rows: 1), glyphs: .ascii)
        let name = TopicName("注文").shown(ascii: true)
        #expect(grid.fit(name, width: 9, truncating: .middle).text == "\\u{6ce8}~")
        #expect(grid.fit(name, width: 5, truncating: .middle).text == "\\u{6~")
    }

    @Test func aPanelCountsWhatItLists() {
        let rows = (0..<20).map { [TableCell.text("t\($0)"), .text("\($0)")] }
        for (width, title) in [(40, "READ TO END 6/20,000"), (24, "TO END 6/20,000")] {
            var grid = Grid(Size(columns: width + 4, rows: 8))
            PanelTable.draw(
                ["READ TO END", "ENTRIES"], short: "TO END", rows, more: 20_001, heads: 1, &grid,
                Rect(x: 2, y: 0, width: width, height: 8))
            #expect(grid.text(row: 0).contains(title), "\(grid.text(row: 0))")
        }
    }

    @Test func aSparklineTellsOfAllItsValues() {
        let values = (0..<60).map { $0 == 3 ? 9.0 : 1.0 }
        for columns in 1..<60 {
            let shown = Sparkline.squeeze(values, into: columns)
            #expect(shown.count == columns && shown.contains(9))
        }
        #expect(Sparkline.squeeze(values, into: 60) == values)
    }

    // MARK: - The key bar

    /// The names of the screens stay where there is room for them, and what is on offer is what works.
    @Test func theBarFollowsWhatIsOpen() throws {
        for keys in ["1", "/orders<Enter> <Enter>", "3", "4", "5", "6", "7"] {
            let text = bar(try model(keys))
            #expect(text.contains("2 Entries") && text.contains("7 Bench"), "\(text)")
        }
        #expect(!bar(try model("7")).contains("stop"))
        #expect(bar(try model("7 <Enter>")).contains("Enter start it"))
        #expect(bar(try model("5", columns: 200)).contains("Tab restart"))
        let restart = bar(try model("5 <Tab>", columns: 200))
        #expect(restart.contains("Tab findings") && !restart.contains("go there"))
        for (keys, hint) in [("?", "scroll"), ("a", "close"), ("3 ?", "scroll")] {
            let text = bar(try model(keys))
            #expect(text.contains(hint) && !text.contains("Entries"), "\(text)")
        }
        #expect(bar(try model("p")).contains("p go on"))
        #expect(bar(try model("p", columns: 200)).contains("< > time"))
    }

    @Test func helpBeginsWithTheScreen() throws {
        for (keys, title) in [("?", "Home"), ("3 ?", "Blocks"), ("7 ?", "Bench")] {
            let lines = FrameText.render(ConsoleView.draw(try model(keys))).split(separator: "\n")
            #expect(lines[2].contains(" \(title) "), "\(lines[2])")
        }
    }

    // MARK: - Places

    @Test func placesHaveOneNotation() throws {
        let model = try model("1")
        let files = try #require(model.state).files.map(\.name.text)
        let (first, last) = (files[0], files[files.count - 1])
        #expect(model.shortened("from \(first):7+2097152 to") == "from 1:7+0x200000 to")
        #expect(
            model.shortened("\(last):3+0x1F, \(last):4.")
                == "\(files.count):3+0x1F, \(files.count):4.")
        for text in [
            "", first, "\(first):", "\(first)x:1", "1\(first):1", "9999999999999:1+2", "a:1+2",
        ] { #expect(model.shortened(text) == text) }
    }

    // MARK: - The space on disk

    /// Pages and blocks that no entry fills were not read.
    @Test func slackIsNotRead() throws {
        var state = Sample.state()
        for file in state.files.indices {
            for block in state.files[file].blocks.indices {
                state.files[file].blocks[block].used = 300
                state.files[file].blocks[block].reading = .unread
                state.files[file].blocks[block].unreadSize = 300
            }
        }
        var model = Sample.model(200, 60)
        _ = try Sample.session(&model)
        _ = model.update(.scanned(state))
        let line = ConsoleView.draw(model).text(row: 2)
        #expect(line.contains("around entries"), "\(line)")
        #expect(!line.contains("read, in the same files"))
    }

    /// A topic's last block is read like any other.
    @Test func aLastBlockTellsHowFarItIsRead() throws {
        let blocks = try #require(try model("1").state).files.flatMap(\.blocks)
        let last = try #require(blocks.first { BlockMap.use(of: $0) == .tail })
        #expect(BlockMap.reading(of: last) != .tail)
        let screen = FrameText.render(
            ConsoleView.draw(try model("3 ] l l", columns: 200, rows: 60)))
        #expect(screen.contains("unread, last") || screen.contains("being read, last"))
    }
}
