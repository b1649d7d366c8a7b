import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

@Suite struct EntriesUpdateTests {
    private func open(_ keys: String = "", _ topic: String = "orders") throws -> ConsoleModel {
        var model = Sample.model()
        _ = try Sample.session(&model, "/\(topic)<Enter> <Enter> \(keys)")
        return model
    }

    @Test func opensAtTheCursorWithItsPayload() throws {
        let model = try open()
        #expect(model.screen == .entries)
        #expect(model.entries?.selected?.ordinal == 412_331 - 1_204 + 1)
        #expect(model.entries?.payload?.row == model.entries?.selected)
        #expect((model.entries?.rows.count ?? 0) <= EntriesModel.windowMax)
    }

    @Test func aConsumedTopicOpensAtItsEnd() throws {
        let model = try open("", "billing")
        #expect(model.entries?.selected?.ordinal == 18_402)
    }

    @Test func goesToTheEndsAndToAnOrdinal() throws {
        #expect(try open("g").entries?.selected?.ordinal == 1)
        #expect(try open("g G").entries?.selected?.ordinal == 412_331)
        #expect(try open(":5000<Enter>").entries?.selected?.ordinal == 5_000)
        #expect(try open("g c").entries?.selected?.ordinal == 411_128)
        #expect(try open(":999999999<Enter>").entries?.selected?.ordinal == 412_331)
    }

    @Test func scrollingReachesEveryEntryInOrder() throws {
        var model = try open("g")
        var last = 1
        for _ in 0..<1_200 {
            _ = Sample.settle(&model, model.update(.key(.down)))
            let ordinal = try #require(model.entries?.selected?.ordinal)
            #expect(ordinal == last + 1)
            last = ordinal
        }
        for _ in 0..<600 {
            _ = Sample.settle(&model, model.update(.key(.up)))
            let ordinal = try #require(model.entries?.selected?.ordinal)
            #expect(ordinal == last - 1)
            last = ordinal
        }
    }

    @Test func damagedEntriesStandInTheList() throws {
        let model = try open("g", "audit")
        #expect(model.entries?.rows[2].ordinal == nil)
        #expect(model.entries?.rows[2].damage != nil)
        #expect(model.entries?.rows[3].ordinal == 3)
    }

    @Test func followStaysAtTheNewest() throws {
        var model = try open("F")
        #expect(model.entries?.selected?.ordinal == 412_331)
        let effects = model.update(
            .scanned(Sample.state(moreOrders: 70, time: Sample.time + 1_000_000_000)))
        _ = Sample.settle(&model, effects)
        #expect(model.entries?.selected?.ordinal == 412_401)
        // A movement ends it.
        _ = Sample.settle(&model, model.update(.key(.up)))
        #expect(model.entries?.isFollowing == false)
        let more = model.update(
            .scanned(Sample.state(moreOrders: 90, time: Sample.time + 2_000_000_000)))
        _ = Sample.settle(&model, more)
        #expect(model.entries?.selected?.ordinal == 412_400)
    }

    @Test func filtersPayloadsAndGoesOn() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "/orders<Enter> <Enter> /err<Enter>")
        let rows = try #require(model.entries?.rows)
        #expect(rows.count == 555)
        #expect(rows.allSatisfy { ($0.ordinal ?? 0) % 9 == 0 })
        #expect(model.entries?.search?.isComplete == true)
        #expect(model.entries?.search?.scanned == 5_000)
        // An empty filter ends it.
        _ = try Sample.session(&model, "/ <C-u> <Enter>")
        #expect(model.entries?.query == nil && model.entries?.contents == .all)
        #expect((model.entries?.rows.count ?? 0) > 300)
    }

    @Test func answersToOldQuestionsAreIgnored() throws {
        var model = try open()
        let kept = model.entries?.rows
        #expect(model.update(.rows(request: 1, [])).isEmpty)
        #expect(model.entries?.rows == kept)
        var result = SearchResult()
        result.isComplete = true
        #expect(model.update(.matches(request: 99, result, isFinal: true)).isEmpty)
        #expect(model.entries?.rows == kept)
    }

    @Test func payloadModesGoRound() throws {
        var model = try open()
        for mode in [EntriesModel.PayloadMode.text, .json, .hex, .auto] {
            _ = Sample.settle(&model, model.update(.key(.character("v"))))
            #expect(model.entries?.mode == mode)
        }
    }

    @Test func theFocusedPayloadScrollsInsideItself() throws {
        var model = try open("<Tab>")
        let selected = model.entries?.selected
        _ = try Sample.session(&model, "j j")
        #expect(model.entries?.selected == selected)
        #expect(model.entries?.payloadTop == 2)
        _ = try Sample.session(&model, "g")
        #expect(model.entries?.payloadTop == 0)
        _ = try Sample.session(&model, "G G")
        let top = try #require(model.entries?.payloadTop)
        let layout = EntriesLayout(model)
        let lines = PayloadView.lines(model, width: layout.payloadWidth).count
        #expect(top == max(0, lines - layout.payloadHeight))
    }

    @Test func readingThatFailsIsTold() throws {
        var model = try open()
        _ = model.update(.failed(request: nil, "cannot read"))
        #expect(model.notice?.text == "cannot read")
    }

    @Test func theCheckScreenLeadsToTheEntry() throws {
        var model = Sample.model()
        let effects = try Sample.session(&model, "5 <Enter>")
        let places = effects.compactMap { effect in
            if case .loadPlace(_, _, let place, _) = effect { place } else { nil }
        }
        #expect(places == [EntryPlace(file: Sample.older, slot: 1, offset: 218_331)])
        #expect(model.screen == .entries)
        #expect(model.entries?.topic == "audit")
        #expect(model.entries?.selected?.ordinal == 1)
        // One that is about no block leads to the bytes of its file.
        _ = try Sample.session(&model, "5 j <Enter>")
        #expect(model.screen == .hex && model.hex.place?.file == "read_offset_idx_index.db.tmp")
    }
}
