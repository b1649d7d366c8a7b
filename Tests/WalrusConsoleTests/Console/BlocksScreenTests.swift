import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

@Suite struct BlocksScreenTests {
    static let sizes = [(80, 24), (120, 40), (200, 60), (40, 10), (39, 9)]

    private func model(
        _ columns: Int = 80, _ rows: Int = 24, files: Int? = nil, keys: String,
        glyphs: GlyphSet = .unicode
    ) throws -> ConsoleModel {
        var model = Sample.model(columns, rows, glyphs: glyphs)
        _ = model.start(at: Sample.time)
        _ = Sample.settle(
            &model, model.update(.scanned(files.map(Sample.manyFiles) ?? Sample.state())))
        _ = try Sample.session(&model, keys)
        return model
    }

    // MARK: - Frames

    @Test(arguments: ["3", "3 m", "3 m m"], [false, true])
    func frames(keys: String, ascii: Bool) throws {
        let name = ["3": "blocks", "3 m": "blocks-topic", "3 m m": "blocks-fill"][keys] ?? ""
        for (columns, rows) in Self.sizes {
            let model = try model(columns, rows, keys: keys, glyphs: ascii ? .ascii : .unicode)
            let frame = ConsoleView.draw(model)
            let file = "\(name)-\(columns)x\(rows)" + (ascii ? "-ascii" : "")
            GoldenFile.check(FrameText.render(frame), "\(file).txt")
            if !ascii { GoldenFile.check(FrameJSON.render(frame), "\(file).json") }
        }
    }

    @Test(arguments: [1, 20, 200])
    func manyFiles(count: Int) throws {
        for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
            let model = try model(columns, rows, files: count, keys: "3 G")
            let frame = ConsoleView.draw(model)
            GoldenFile.check(FrameText.render(frame), "blocks-\(count)-\(columns)x\(rows).txt")
        }
    }

    @Test func noFiles() throws {
        var model = Sample.model()
        _ = model.start(at: Sample.time)
        _ = model.update(.scanned(DirectoryState()))
        for key in try Key.script("3 j l ] } m c <Tab> <Enter> G g [ {") {
            _ = Sample.settle(&model, model.update(.key(key)))
            let text = FrameText.render(ConsoleView.draw(model))
            #expect(text.contains("no data file"))
        }
    }

    // MARK: - The cursor

    @Test func everyMovement() throws {
        for (columns, rows) in [(40, 12), (80, 24), (120, 40)] {
            var model = try model(columns, rows, files: 20, keys: "3 g")
            let perRow = BlocksLayout(model).perRow
            #expect(model.blockCursor == 0)
            let moves: [(String, Int)] = [
                ("h", 0), ("k", 0), ("l l l", 3), ("j", 3 + perRow), ("k", 3), ("]", 103),
                ("] ]", 303), ("[", 203), ("h h h h", 199), ("[ [ [", 99 % perRow),
            ]
            for (keys, place) in moves {
                _ = try Sample.session(&model, keys)
                #expect(model.blockCursor == place, "\(columns): \(keys)")
                let line = model.blockCursor / perRow
                let layout = BlocksLayout(model)
                #expect((model.blocks.top..<model.blocks.top + layout.mapRows).contains(line))
            }
            _ = try Sample.session(&model, "G")
            #expect(model.blockFile?.index == 19 && model.selectedBlock?.isTail == true)
            _ = try Sample.session(&model, "j j j ]")
            #expect(model.blockFile?.index == 19)
        }
    }

    @Test func theTopicsBlocks() throws {
        var model = try model(files: 20, keys: "3 g")
        let topic = try #require(model.selectedBlock?.topic)
        let places = try #require(model.state?.topic(topic)?.blocks)
        for place in places.prefix(60) {
            #expect(model.selectedBlock?.slot == place.slot)
            #expect(model.selectedBlock?.file == place.file)
            _ = try Sample.session(&model, "}")
        }
        _ = try Sample.session(&model, "{ {")
        #expect(model.selectedBlock?.slot == places[58].slot)
        // To where the topic is read.
        _ = try Sample.session(&model, "c")
        let cursor = try #require(model.state?.topic(topic)?.cursor)
        #expect(model.selectedBlock?.slot == cursor.slot && model.blocks.file == cursor.file)
    }

    /// Reclaimed files take the cursor along to what is left.
    @Test func filesGo() throws {
        var model = try model(files: 20, keys: "3 g ] ] l l")
        var state = try #require(model.state)
        let next = state.files[5].name
        state.files.removeFirst(5)
        _ = model.update(.scanned(state))
        #expect(model.blocks.file == next && model.blocks.slot == 0)
        state.files = []
        _ = model.update(.scanned(state))
        #expect(FrameText.render(ConsoleView.draw(model)).contains("no data file"))
    }

    // MARK: - One cursor

    @Test func homeAndEntriesLeadToTheBlock() throws {
        // From Home: the block that the topic's reader stands in.
        var model = try model(keys: "/orders<Enter> 3")
        #expect(model.selectedBlock?.topic == "orders")
        let cursor = try #require(model.state?.topic("orders")?.cursor)
        #expect(model.selectedBlock?.slot == cursor.slot)
        // From a selected entry: its block.
        _ = try Sample.session(&model, "1 / <C-u> deadletter <Enter> <Enter> 3")
        let row = try #require(model.entries?.selected)
        #expect(model.blocks.file == row.file && model.blocks.slot == row.slot)
        // And back: Home and Entries show what the map points at.
        _ = try Sample.session(&model, "1 <Esc> 3 g l l")
        let topic = try #require(model.selectedBlock?.topic)
        let effects = try Sample.session(&model, "<Enter>")
        #expect(model.screen == .entries && model.entries?.topic == topic)
        let isAsked = effects.contains { effect in
            if case .loadPlace(_, _, let place, _) = effect {
                return place.slot == 2 && place.file == Sample.older && place.offset == 0
            }
            return false
        }
        #expect(isAsked)
        _ = try Sample.session(&model, "3 g l l 1")
        #expect(model.home.selected == topic)
    }

    @Test func aFindingLeadsToItsBlock() throws {
        let model = try model(keys: "5 j k 3")
        #expect(model.blocks.file == Sample.older && model.blocks.slot == 1)
    }

    // MARK: - What it says

    @Test func everyFigureIsTheForecasts() throws {
        for count in [1, 2, 20] {
            var model = try model(200, 60, files: count, keys: "3 g")
            for _ in 0..<count {
                let forecast = try #require(model.forecast)
                let index = try #require(model.blockFile?.index)
                let text = FrameText.render(ConsoleView.draw(model))
                let file = forecast.files[index]
                #expect(text.contains("\(Figures.bytes(file.allocated)) of 1000M"))
                for holder in file.holders {
                    #expect(text.contains(Figures.grouped(holder.unread)))
                    #expect(text.contains(Figures.grouped(holder.entriesToRead)))
                }
                for topic in forecast.topics {
                    #expect(text.contains("\(topic.filesAlone)/\(topic.files)"))
                }
                if let next = forecast.next {
                    #expect(
                        text.contains(
                            "goes after \(plural(next.entriesToRead, "entry", "entries"))"))
                }
                _ = try Sample.session(&model, "]")
            }
        }
    }

    @Test func usesAreToldApart() {
        let state = Sample.manyFiles(20)
        let forecast = ReclaimForecast(state)
        let uses = Set(
            zip(state.files, forecast.files).flatMap { file, forecast in
                BlockMap.slots(of: file, fate: forecast.fate).map(\.use)
            })
        #expect(uses == Set(BlockMap.Use.allCases))
        for glyphs in [GlyphSet.unicode, .console, .ascii] {
            #expect(
                Set(uses.map { $0.glyph(glyphs) }).count == BlockMap.Use.allCases.count)
        }
    }
}
