import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Keys are answered while a first look goes on that does not end, and what is known is shown.
@Suite struct FirstLookTests {
    /// A first look that has counted the first blocks of the first file; of a slow directory, so
    /// that nothing ever answers `.scan`.
    private static func look(counted: Int = 4) -> FirstLook {
        let state = Sample.state()
        var look = FirstLook()
        look.files = state.files.enumerated().map { index, file in
            var told = FirstLook.File(name: file.name, size: file.size, allocated: file.allocated)
            if index == 0 {
                told.blocks = file.blocks.map { block in
                    var told = FirstLook.Block(slot: block.slot, units: block.units)
                    told.isCounted = block.slot < counted
                    return told
                }
            }
            return told
        }
        look.topics = state.topics.compactMap { topic in
            let blocks = state.files[0].blocks.filter { $0.topic == topic.name }
            guard !blocks.isEmpty else { return nil }
            var told = FirstLook.Topic(name: topic.name)
            told.blocks = blocks.count
            told.place = BytePlace(file: blocks[0].file, slot: blocks[0].slot, offset: 0)
            for block in blocks where block.slot < counted {
                told.countedBlocks += 1
                told.entries += block.entries
                told.size += block.used
            }
            return told
        }
        look.stage = .walking(bytes: 31_457_280, of: 83_886_080)
        return look
    }

    private static func model(_ columns: Int = 80, _ rows: Int = 24) -> ConsoleModel {
        var model = Sample.model(columns, rows)
        _ = model.start(at: Sample.time)
        _ = model.update(.looking(look()))
        return model
    }

    private func text(_ model: ConsoleModel) -> String { FrameText.render(ConsoleView.draw(model)) }

    @Test(arguments: [(80, 24), (120, 40), (200, 60)])
    func whatIsKnownIsShown(columns: Int, rows: Int) throws {
        let model = Self.model(columns, rows)
        GoldenFile.check(text(model), "first-look-\(columns)x\(rows).txt")
        #expect(text(model).contains("Topics so far 5"))
    }

    @Test func keysAreAnswered() throws {
        var model = Self.model()
        func press(_ keys: String) throws -> [Effect] {
            try Key.script(keys).flatMap { model.update(.key($0)) }
        }
        // Every screen has a key, and says that it waits.
        for (key, screen) in [("3", ConsoleModel.Screen.blocks), ("4", .live), ("5", .check)] {
            _ = try press(key)
            #expect(model.screen == screen)
            #expect(text(model).contains("so far"), "\(screen)")
        }
        let effects = try press("6")
        #expect(model.screen == .hex)
        // The bytes of a file are there, whatever is known of it.
        #expect(effects.contains { if case .loadBytes = $0 { true } else { false } })
        _ = try press("7")
        #expect(model.screen == .bench)
        _ = try press("1 ?")
        #expect(model.overlay == .help(top: 0))
        _ = try press("<Esc>")
        // Topics are filtered, sorted and gone through.
        _ = try press("/ a u d <Enter>")
        #expect(text(model).contains("Topics so far 1 of 5"))
        #expect(text(model).contains("audit"))
        #expect(!text(model).contains("billing"))
        _ = try press("<Esc> s j j")
        #expect(model.home.selected != nil)
        // More is found: what was chosen stays so.
        let chosen = model.home.selected
        _ = model.update(.looking(Self.look(counted: 9)))
        #expect(model.home.selected == chosen)
        // What needs the end says so, and is no claim about the directory.
        _ = try press("<Enter>")
        #expect(model.screen == .entries)
        #expect(!text(model).contains("no entries"))
        #expect(text(model).contains("when the first look"))
        _ = try press("1 a")
        #expect(model.overlay == nil)
        #expect(model.notice?.text.contains("first look") == true)
        _ = try press("3 l")
        #expect(model.notice?.text.contains("first look") == true)
        #expect(try press(":quit<Enter>").contains(.quit))
    }

    /// What was chosen while it went on is what the whole state shows; the rest is as if nobody had
    /// seen the first look.
    @Test func theEndBringsTheRest() throws {
        var model = Self.model()
        for key in try Key.script("j") { _ = model.update(.key(key)) }
        let chosen = try #require(model.home.selected)
        _ = model.update(.scanned(Sample.state()))
        #expect(model.firstLook == nil && model.home.selected == chosen)

        var other = Self.model()
        _ = other.update(.scanned(Sample.state()))
        var plain = Sample.model()
        _ = try Sample.session(&plain)
        #expect(
            text(other).split(separator: "\n").dropFirst()
                == text(plain).split(separator: "\n").dropFirst())
        // What comes late is of no use any more.
        _ = other.update(.looking(Self.look()))
        #expect(other.firstLook == nil)
    }

    /// Nor is it lost on the way over other screens.
    @Test(arguments: ["3 1", "6 1", "4 1", "5 1", "7 1", "3 4 6 1"], ["j", "j j", "G"])
    func whatWasChosenStaysChosen(screens: String, moves: String) throws {
        for endsBefore in [false, true] {
            var model = Self.model()
            for key in try Key.script(moves) { _ = model.update(.key(key)) }
            let chosen = try #require(model.home.selected)
            let keys = try Key.script(screens)
            for key in keys.dropLast() { _ = model.update(.key(key)) }
            if endsBefore { _ = Sample.settle(&model, model.update(.scanned(Sample.state()))) }
            for key in keys.suffix(1) { _ = model.update(.key(key)) }
            if !endsBefore { _ = Sample.settle(&model, model.update(.scanned(Sample.state()))) }
            #expect(model.screen == .home && model.home.selected == chosen, "\(endsBefore)")
        }
    }

    @Test func entriesThatWereAskedForComeAtTheEnd() throws {
        var model = Self.model()
        for key in try Key.script("/orders<Enter> <Enter>") { _ = model.update(.key(key)) }
        #expect(model.entries?.topic == "orders")
        let effects = model.update(.scanned(Sample.state()))
        #expect(effects.contains { if case .loadRows = $0 { true } else { false } })
    }

    /// The work of an answer does not grow with the topics that are not in sight, but for the sort.
    @Test func aFrameIsDrawnFromWhatIsInSight() throws {
        var look = FirstLook()
        look.files = [FirstLook.File(name: Sample.older, size: 1, allocated: 1)]
        look.topics = (0..<20_000).map { index in
            let digits = String(index)
            let zeros = String(repeating: "0", count: 6 - digits.utf8.count)
            return FirstLook.Topic(name: TopicName("t" + zeros + digits))
        }
        var model = Sample.model()
        _ = model.start(at: Sample.time)
        _ = model.update(.looking(look))
        _ = model.update(.key(.character("G")))
        #expect(model.home.selected == "t019999")
        #expect(text(model).contains("t019999"))
        #expect(!text(model).contains("t000001"))
    }
}
