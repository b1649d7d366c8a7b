import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

@Suite struct HomeUpdateTests {
    private func names(_ model: ConsoleModel) -> [String] {
        model.home.order.map { model.state?.topics[$0].name.text ?? "" }
    }

    @Test func startsWithALookAndASearchForOtherProcesses() {
        var model = Sample.model()
        #expect(model.start(at: Sample.time) == [.scan(forget: false), .findHolders])
    }

    @Test func looksAgainAfterTheIntervalAndNotWhileAScanRuns() throws {
        var model = Sample.model()
        _ = model.start(at: Sample.time)
        #expect(model.update(.tick(Sample.time)) == [])
        _ = model.update(.scanned(Sample.state()))
        #expect(model.update(.tick(Sample.time + 870_000_000)) == [])
        // The look before took a little: what is due at the next tick is not put off to the one after.
        #expect(model.update(.tick(Sample.time + 990_000_000)) == [.scan(forget: false)])
        #expect(model.update(.tick(Sample.time + 9_000_000_000)) == [])
        #expect(model.update(.tick(Sample.time + 10_000_000_000)) == [.findHolders])
    }

    /// The parts of the disk that Home and Blocks both name have one number.
    @Test func theSameWordsAreTheSameNumber() throws {
        var model = Sample.model(200, 60)
        _ = try Sample.session(&model)
        // The first file is read, and the last one still gets blocks.
        var state = try #require(model.state)
        for index in state.files.indices {
            for block in state.files[index].blocks.indices {
                state.files[index].blocks[block].reading = .consumed
            }
        }
        state.trash = TrashSummary(folders: 1, files: 2, allocated: 71_303_168)
        _ = model.update(.scanned(state))
        let home = FrameText.render(ConsoleView.draw(model)).split(separator: "\n")[2]
        _ = try Sample.session(&model, "3")
        let blocks = FrameText.render(ConsoleView.draw(model)).split(separator: "\n")[1]
        let forecast = try #require(model.forecast)
        for part in BlocksView.freeParts(forecast) where part.bytes > 0 {
            #expect(home.contains("\(part.name) \(Figures.bytes(part.bytes))"), "\(home)")
            #expect(blocks.contains("\(part.name) \(Figures.bytes(part.bytes))"), "\(blocks)")
        }
        for name in ["can go", "being filled", "in the trash 68M"] {
            #expect(home.contains(name), "\(home)")
        }
        // What is on disk is what the parts sum up to.
        #expect(home.contains(" disk \(Figures.bytes(state.allocated + 71_303_168)) "))
    }

    @Test func aPausedConsoleDoesNotLook() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "p")
        #expect(model.update(.tick(Sample.time + 60_000_000_000)) == [])
        _ = model.update(.key(.character("p")))
        #expect(
            model.update(.tick(Sample.time + 61_000_000_000)).contains(.scan(forget: false)))
    }

    @Test func aFailedScanIsToldAndTriedAgain() {
        var model = Sample.model()
        _ = model.start(at: Sample.time)
        #expect(model.update(.scanFailed("cannot list")) == [])
        #expect(model.notice?.kind == .problem)
        #expect(model.isStale)
        #expect(
            model.update(.tick(Sample.time + 1_000_000_000)).contains(.scan(forget: false)))
    }

    @Test func sortsByUnreadFirstAndByEveryColumn() throws {
        var model = Sample.model()
        _ = try Sample.session(&model)
        #expect(names(model).first == "audit")
        #expect(names(model).last == "billing")
        _ = try Sample.session(&model, "s")
        #expect(model.home.sort == .size)
        _ = try Sample.session(&model, "s s")
        #expect(model.home.sort == .topic)
        #expect(names(model) == (model.state?.topics.map(\.name.text) ?? []))
        _ = try Sample.session(&model, "I")
        #expect(names(model).last == "audit")
        _ = try Sample.session(&model, "s")
        #expect(names(model).first == "metrics")
    }

    @Test func filtersWhileTheTextIsTyped() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "/ o r d")
        #expect(names(model) == ["orders"])
        _ = try Sample.session(&model, "<Enter>")
        #expect(model.overlay == nil)
        #expect(model.home.selected == "orders")
        _ = try Sample.session(&model, "<Esc>")
        #expect(names(model).count == 7)
        // Lower case finds both; upper case only itself.
        _ = try Sample.session(&model, "/ORD<Enter>")
        #expect(names(model).isEmpty)
    }

    @Test func theSelectionStaysWithItsTopic() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "j j")
        let selected = model.home.selected
        #expect(selected != nil && selected != "audit")
        _ = model.update(.scanned(Sample.state(moreOrders: 1_000_000)))
        #expect(model.home.selected == selected)
        _ = try Sample.session(&model, "G")
        #expect(model.home.selected == "billing")
        _ = try Sample.session(&model, "g k k")
        #expect(model.home.selected == model.home.order.first.map { model.state!.topics[$0].name })
    }

    @Test func ratesAreTheDifferenceOfTwoScans() throws {
        var model = Sample.model()
        _ = try Sample.session(&model)
        _ = model.update(.scanned(Sample.state(moreOrders: 500, time: Sample.time + 2_000_000_000)))
        #expect(model.history.mean("orders", of: 1).appended == 250)
        #expect(model.history.mean("metrics", of: 1).appended == 0)
        #expect(model.history.total == [250])
    }

    @Test func historyIsBounded() throws {
        var history = RateHistory()
        for step in 0..<2_000 {
            history.add(
                Sample.state(
                    moreOrders: step, time: Sample.time + UInt64(step) * 1_000_000_000))
        }
        #expect(history.rates["orders"]?.appended.count == RateHistory.capacity)
        #expect(history.total.count <= 600)
        // Topics at rest cost nothing.
        #expect(history.rates["billing"] == nil)
    }

    @Test func theRefreshIntervalHasBounds() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "+ + + + + + + +")
        #expect(model.setup.interval == 125_000_000)
        _ = try Sample.session(&model, String(repeating: "- ", count: 20))
        #expect(model.setup.interval == 64_000_000_000)
    }

    @Test func quitting() throws {
        for keys in ["q", "<C-c>", ": q <Enter>"] {
            var model = Sample.model()
            #expect(try Sample.session(&model, keys).contains(.quit))
        }
        // In a sub-screen q goes back first; Ctrl-C always quits.
        var model = Sample.model()
        #expect(try !Sample.session(&model, "<Enter> q").contains(.quit))
        #expect(model.screen == .home)
        #expect(try Sample.session(&model, "<Enter> ? <C-c>").contains(.quit))
    }
}
