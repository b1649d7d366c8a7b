import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// What Home and Blocks say of space that may come back, and of what fills the screen.
@Suite struct FreeingTests {
    private func model(_ columns: Int, _ rows: Int, _ state: DirectoryState) -> ConsoleModel {
        var model = Sample.model(columns, rows)
        _ = model.start(at: Sample.time)
        _ = Sample.settle(&model, model.update(.scanned(state)))
        return model
    }

    private func text(_ model: ConsoleModel) -> String {
        FrameText.render(ConsoleView.draw(model))
    }

    /// Topics of one block each, a hundred a file: as a log of very many topics is.
    static func manyTopics(_ count: Int) -> DirectoryState {
        var state = DirectoryState()
        state.time = Sample.time
        for index in 0..<count {
            let digits = String(100_000 + index)
            let name = TopicName("topic-\(digits)")
            let file = DataFileName(String(1_763_640_000_003 + index / 100))!
            if state.files.last?.name != file {
                state.files.append(
                    FileState(
                        name: file, size: Layout.fileSize, allocated: 100 << 20,
                        modified: Int(Sample.time)))
            }
            let read = index % 3
            let slot = index % 100
            state.files[state.files.count - 1].blocks.append(
                BlockState(
                    file: file, slot: slot, units: 1, topic: name, number: 1, used: 1 << 20,
                    entries: 2, damaged: 0, hasLostBytes: false, entriesBefore: 0,
                    reading: read == 0 ? .unread : read == 1 ? .reading : .consumed,
                    unreadSize: (2 - read) << 19, isTail: true, stamps: Sample.stamps(0, 2)))
            var topic = TopicState(name: name)
            (topic.entries, topic.unread, topic.size) = (2, 2 - read, 1 << 20)
            topic.blocks = [
                BlockPlace(
                    file: file, slot: slot, units: 1, used: 1 << 20, entries: 2, entriesBefore: 0)
            ]
            state.topics.append(topic)
        }
        return state
    }

    // MARK: - The sentence

    @Test(arguments: [(80, 24), (120, 40), (200, 60)])
    func whatMustHappenIsSaid(_ size: (Int, Int)) throws {
        let told = text(model(size.0, size.1, Sample.state()))
        #expect(told.contains(" next file 1 (80M) goes after 73,696 entries: audit past 1:5, dead"))
        #expect(told.contains("What frees space"))
        let stranded = text(model(size.0, size.1, Sample.manyFiles(7, isStamped: false)))
        #expect(stranded.contains("is free"))
        #expect(stranded.contains("stranded"))
        let plain = PlainText.lines(.screen, model(80, 24, Sample.manyFiles(7, isStamped: false)))
        #expect(plain.contains { $0.contains("stranded (walrus reclaim frees it)") })
        let empty = text(model(size.0, size.1, DirectoryState()))
        #expect(empty.contains(" next no data file takes space"))
    }

    /// Where nobody knows how far a reader came, the figure is the most there can be.
    @Test func cursorsThatAreLost() throws {
        var state = Sample.state()
        let index = try #require(state.topics.firstIndex { $0.name == "audit" })
        state.topics[index].cursor = nil
        state.recovery.corrections["audit"] = .init(reason: "it is lost", again: nil)
        #expect(text(model(120, 40, state)).contains(" goes after at most "))
        let plain = PlainText.lines(.screen, model(120, 40, state))
        #expect(plain.contains { $0.contains(" goes after at most ") })
        var blocks = model(200, 60, state)
        _ = try Sample.session(&blocks, "3")
        #expect(text(blocks).contains(" past ") && text(blocks).contains("≤"))
        #expect(!text(model(120, 40, Sample.state())).contains("at most"))
    }

    /// The two halves of Check are of one look, or it is said that they are not.
    @Test func aPreviewOfAnEarlierLook() throws {
        var model = model(200, 60, Sample.state())
        _ = try Sample.session(&model, "5")
        #expect(text(model).contains("this engine: with changes"))
        model.restart.preview?.dropped = []
        model.restart.preview?.setAside = []
        #expect(text(model).contains("this engine: as it is, 1 cursor unclear"))
        model.restart.preview?.revision += 1
        #expect(text(model).contains("working out…"))
        #expect(!text(model).contains("this engine: as it is"))
    }

    /// A newest file that is kept for its damage is not called filled.
    @Test func aDamagedNewestFile() throws {
        var state = Sample.state()
        let last = state.files.count - 1
        state.files.removeFirst(last)
        state.files[0].unreadableSlots = [50]
        for screen in ["1", "3"] {
            var model = model(200, 60, state)
            _ = try Sample.session(&model, screen)
            let text = text(model)
            #expect(text.contains("newest file is kept") || text.contains("kept for its damage"))
            #expect(!text.contains("filled"))
        }
    }

    /// Of a log that the reference goes on with, what it deletes depends on since when it runs.
    @Test func aProcessOfTheReference() throws {
        var model = model(200, 60, Sample.manyFiles(9, isStamped: false))
        #expect(model.forecast?.files[0].fate == .stranded)
        #expect(text(model).contains("stranded"))
        let made = try #require(model.state?.files[0].name.milliseconds) * 1_000_000
        _ = model.update(.holders([4_121], began: made))
        #expect(model.forecast?.files[0].fate == .goes)
        #expect(text(model).contains("can go at the reference's next cleaning"))
        _ = model.update(.holders([4_121], began: made + 60_000_000_000))
        #expect(model.forecast?.files[0].fate == .stranded)
        _ = model.update(.holders([]))
        #expect(model.forecast?.owner == .reference(runBegan: nil))
        // An engine of ours that is at work decides otherwise.
        var state = try #require(model.state)
        state.metrics = Sample.metrics
        _ = model.update(.scanned(state))
        #expect(model.forecast?.owner == .thisEngine)
    }

    /// The list begins with what the line above it names, and what it leaves out is only counted.
    @Test func theListIsInTheOrderOfTheLine() throws {
        for (state, named) in [
            (Sample.state(), "file 1 "), (Sample.manyFiles(40), "file "),
            (Sample.manyFiles(40, isStamped: false), "stranded"),
        ] {
            let model = model(200, 60, state)
            let forecast = try #require(model.forecast)
            let order = FreeingList.order(forecast)
            #expect(order.sorted() == Array(forecast.files.indices))
            let line = FreeingText.sentence(forecast, model).map(\.text).joined()
            #expect(line.contains(named))
            let free = order.prefix(while: { forecast.files[$0].isFree })
            #expect(free.count == forecast.files.count(where: \.isFree))
            if let next = forecast.next {
                #expect(forecast.files[order[free.count]] == next)
                let number = order[free.count] + 1
                #expect(line.contains("file \(number) "))
            }
            #expect(!text(model).contains("smaller file"))
        }
    }

    /// Every part of the bar has its name: in it, or behind it.
    @Test(arguments: [80, 120, 200], [false, true])
    func everyPartOfTheBarIsNamed(columns: Int, ascii: Bool) {
        let glyphs = ascii ? GlyphSet.ascii : .unicode
        for values in [[80.0, 15, 5], [98, 1, 1], [1, 98, 1], [50, 50, 0]] {
            let names = ["unread 1.2G", "can go 80M", "stranded 40M"]
            let bar = StackedBar(
                zip(names, values).map { name, value in
                    StackedBar.Segment(
                        name, short: String(name.split(separator: " ").last ?? ""), value: value,
                        style: Style(.barGood))
                })
            var grid = Grid(Size(columns: columns, rows: 1), glyphs: glyphs)
            bar.draw(into: &grid, in: Rect(x: 2, y: 0, width: columns - 3, height: 1))
            let text = FrameText.render(grid)
            for (name, value) in zip(names, values) where value > 0 {
                #expect(text.contains(name), "\(columns): \(text)")
            }
        }
    }

    // MARK: - The screens

    @Test(arguments: [(80, 24), (120, 40), (200, 60)], [false, true])
    func frames(_ size: (Int, Int), ascii: Bool) throws {
        let scenes: [(String, String, DirectoryState)] = [
            ("home-reference", "1", Sample.manyFiles(7, isStamped: false)),
            ("blocks-reference", "3 g", Sample.manyFiles(7, isStamped: false)),
            ("home-empty", "1", DirectoryState()),
            ("home-40-topics", "1", Self.manyTopics(40)),
            ("home-20000-topics", "1", Self.manyTopics(20_000)),
            ("blocks-20000-topics", "3 g", Self.manyTopics(20_000)),
        ]
        for (name, keys, state) in scenes where !ascii || state.topics.count < 1_000 {
            var model = model(size.0, size.1, state)
            model.glyphs = ascii ? .ascii : .unicode
            _ = try Sample.session(&model, keys)
            let suffix = "\(size.0)x\(size.1)" + (ascii ? "-ascii" : "")
            GoldenFile.check(text(model), "\(name)-\(suffix).txt")
        }
    }

    /// Where every topic has one block, the map tells how far they are read.
    @Test func aMapOfManyTopics() {
        let state = Self.manyTopics(300)
        let uses = state.files.flatMap { BlockMap.slots(of: $0).map(\.use) }
        for use in [BlockMap.Use.unread, .reading, .consumed] {
            #expect(uses.count { $0 == use } == 100)
        }
    }

    /// Home is of use on every screen: no half of it is blank.
    @Test(arguments: [(120, 40), (200, 60)], [3, 40, 2_000])
    func noHalfScreenIsBlank(_ size: (Int, Int), topics: Int) {
        for state in [Self.manyTopics(topics), Sample.state()] {
            let rows = text(model(size.0, size.1, state)).split(separator: "\n")
            let blank = rows.filter { row in row.allSatisfy { " │".contains($0) } }
            #expect(blank.count < size.1 / 2, "\(blank.count) blank rows of \(size.1)")
        }
    }

    /// What the cursor stands on keeps its sign, and the legend has every sign of the map.
    @Test func theCursorHidesNothing() throws {
        var model = model(120, 40, Sample.state())
        _ = try Sample.session(&model, "3 g l")
        let rows = text(model).split(separator: "\n").map(String.init)
        let map = try #require(rows.first { $0.contains(" 1 1763640000003") })
        #expect(map.contains("▌░✖█"))
        let legend = try #require(rows.first { $0.contains("░ consumed") })
        let others = "│▌".unicodeScalars
        for glyph in map.unicodeScalars where !glyph.isASCII && !others.contains(glyph) {
            #expect(legend.unicodeScalars.contains(glyph), "\(glyph)")
        }
    }
}
