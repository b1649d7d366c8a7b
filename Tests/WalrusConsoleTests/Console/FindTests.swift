import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Looking for entries, and what is done with what was found.
@Suite struct FindTests {
    private func open(_ keys: String, _ topic: String = "orders", decoder: Bool = false) throws
        -> ConsoleModel
    {
        var model = Sample.model()
        model.setup.hasDecoder = decoder
        _ = try Sample.session(&model, "/\(topic)<Enter> <Enter> \(keys)")
        return model
    }

    private func ordinal(_ keys: String) throws -> Int? {
        try open(keys).entries?.selected?.ordinal
    }

    @Test func queriesFilter() throws {
        let model = try open(
            "/.status<Space>==<Space>\"err\"<Space>and<Space>ordinal<Space>><Space>100<Enter>")
        #expect(model.entries?.contents == .matches)
        #expect(model.entries?.rows.first?.ordinal == 108)
        #expect(model.entries?.rows.count == 555 - 11)
    }

    @Test func aMistakeStaysInTheLine() throws {
        var model = try open("/.status<Space>=<Space>1<Enter>")
        guard case .prompt(let prompt)? = model.overlay else {
            Issue.record("the line is closed")
            return
        }
        #expect(prompt.problem?.column == 9 && prompt.text == ".status = 1")
        #expect(model.entries?.contents == .all)
        // It goes with the next key, and the line can be mended.
        _ = try Sample.session(&model, "<BS> <BS> <BS> ==<Space>\"ok\"<Enter>")
        #expect(model.overlay == nil && model.entries?.contents == .matches)
        #expect(model.entries?.query?.text == ".status == \"ok\"")
    }

    @Test func fromMatchToMatch() throws {
        // In the list of matches, and among all entries.
        #expect(try ordinal("g /err<Enter>") == 9)
        #expect(try ordinal("g /err<Enter> n n") == 27)
        #expect(try ordinal("g /err<Enter> n n N") == 18)
        let back = try open("g /err<Enter> n n <Esc>")
        #expect(back.entries?.contents == .all && back.entries?.query?.text == "err")
        var model = try open(":500<Enter> /err<Enter> <Esc> :500<Enter> n")
        #expect(model.entries?.contents == .all)
        let forward = Sample.settle(&model, model.update(.key(.character("N"))))
        let finds = forward.compactMap { effect -> Bool? in
            if case .find(_, _, _, _, let isForward) = effect { isForward } else { nil }
        }
        #expect(finds == [false])
        #expect(try open("n").notice?.kind == .problem)
    }

    @Test func escGoesOutStepByStep() throws {
        var model = try open("/err<Enter> <Tab>")
        func esc() { _ = Sample.settle(&model, model.update(.key(.escape))) }
        esc()
        #expect(model.entries?.isPayloadFocused == false && model.entries?.contents == .matches)
        esc()
        #expect(model.entries?.contents == .all && model.entries?.query != nil)
        esc()
        #expect(model.entries?.query == nil && model.screen == .entries)
        esc()
        #expect(model.screen == .home)
    }

    @Test func escStopsASearch() throws {
        var model = try open("g")
        for key in try Key.script("/err<Enter>") { _ = model.update(.key(key)) }
        let id = try #require(model.entries?.awaited)
        var part = SearchResult()
        part.scanned = 2_000
        part.next = 2_001
        part.rows = Sample.rows(try #require(model.entriesTopic), from: 9, count: 1)
        _ = model.update(.matches(request: id, part, isFinal: false))
        let effects = model.update(.key(.escape))
        guard case .cancel(let after)? = effects.first else {
            Issue.record("nothing is stopped")
            return
        }
        #expect(after > id)
        // What comes late is not taken.
        _ = model.update(.matches(request: id, part, isFinal: true))
        #expect(model.entries?.rows.count == 1 && model.entries?.search?.isRunning == false)
        // And it goes on where it was.
        let more = model.update(.key(.character("n")))
        guard case .search(_, _, _, let from, _)? = more.first else {
            Issue.record("the search does not go on")
            return
        }
        #expect(from == 2_001 && model.entries?.rows.count == 1)
    }

    @Test func whatIsNotDecidedIsCounted() throws {
        let model = try open("/time<Space>><Space>-1h<Enter>", "deadletter")
        #expect(model.entries?.search?.undecided == 0)
        let audit = try open("g /not<Space>time<Space>==<Space>5<Enter>", "audit")
        #expect(audit.entries?.search?.undecided == 1)
        let frame = FrameText.render(ConsoleView.draw(audit))
        #expect(frame.contains("1 not decided"))
    }

    @Test func theInverse() throws {
        var model = try open("/err<Enter> !")
        #expect(model.entries?.query?.text == "not (err)")
        #expect(model.entries?.rows.first?.ordinal == 1)
        _ = try Sample.session(&model, "!")
        #expect(model.entries?.query?.text == "err")
        var home = Sample.model()
        _ = try Sample.session(&home, "/r<Enter>")
        let kept = home.home.order.count
        _ = try Sample.session(&home, "!")
        #expect(home.home.order.count == 7 - kept && home.home.filter == "!r")
        _ = try Sample.session(&home, "! n")
        #expect(home.home.order.count == kept && home.selectedTopicRow == 1)
    }

    @Test func findingsAreFiltered() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "5 /stray<Enter>")
        #expect(model.shownFindings.map(\.kind) == [.strayFile])
        let frame = FrameText.render(ConsoleView.draw(model))
        #expect(frame.contains("Findings 1 of 3") && frame.contains("is not a file of the log"))
        _ = try Sample.session(&model, "!")
        #expect(model.shownFindings.count == 2)
        _ = try Sample.session(&model, "<Esc>")
        #expect(model.shownFindings.count == 3 && model.screen == .check)
    }

    @Test func places() throws {
        #expect(try ordinal(":begin<Enter>") == 1)
        #expect(try ordinal("g :end<Enter>") == 412_331)
        #expect(try ordinal("g :cursor<Enter>") == 411_128)
        #expect(try ordinal(":-100<Enter>") == 412_232)
        #expect(try ordinal(":-1<Enter>") == 412_331)
        #expect(try ordinal(":-9223372036854775808<Enter>") == 1)
        #expect(try ordinal(":seq<Space>777<Enter>") == 777)
        #expect(try ordinal(":@2020-01-01<Enter>") == 1)
        #expect(try open(":@soon<Enter>").notice?.kind == .problem)
        var model = try open("")
        let effects = try Sample.session(&model, ":block<Space>1:7+0x2A<Enter>")
        let places = effects.compactMap { effect in
            if case .loadPlace(_, let topic, let place, _) = effect {
                (topic.name, place)
            } else {
                nil
            }
        }
        #expect(places.map(\.0) == ["orders"])
        #expect(places.map(\.1) == [EntryPlace(file: Sample.older, slot: 7, offset: 42)])
        // A block of another topic opens that one; a slot inside a block is of that block.
        _ = try Sample.session(&model, ":block<Space>\(Sample.newer.text):3<Enter>")
        #expect(model.entries?.topic == "orders")
        _ = try Sample.session(&model, ":block<Space>1:3<Enter>")
        #expect(model.entries?.topic == "billing")
        for wrong in ["9:1", "1:99", "1", "1:2+x", "1:2+-5"] {
            _ = try Sample.session(&model, ":block<Space>\(wrong)<Enter>")
            #expect(model.notice?.kind == .problem, "\(wrong)")
        }
        var home = Sample.model()
        _ = try Sample.session(&home, ":2000<Enter>")
        #expect(home.notice?.kind == .problem)
    }

    @Test func marks() throws {
        var model = try open(":10<Enter> m m")
        #expect(model.marks["orders"].compactMap(\.ordinal) == [10, 11])
        #expect(model.entries?.selected?.ordinal == 12)
        _ = try Sample.session(&model, "'")
        #expect(model.entries?.selected?.ordinal == 10)
        _ = try Sample.session(&model, "' M")
        #expect(model.entries?.contents == .marked && model.entries?.rows.count == 2)
        let frame = FrameText.render(ConsoleView.draw(model))
        #expect(frame.contains("Marked 2") && frame.contains("*11"))
        _ = try Sample.session(&model, "g m")
        #expect(model.entries?.rows.compactMap(\.ordinal) == [11])
        _ = try Sample.session(&model, "m")
        #expect(model.entries?.contents == .all && model.marks["orders"].isEmpty)
        #expect(try open("'").notice?.kind == .problem)
        #expect(try open("M").notice?.kind == .problem)
    }

    @Test func whatIsExported() throws {
        func orders(_ keys: String) throws -> [ExportOrder] {
            var model = try open(keys)
            return try Sample.session(&model, "E out.jsonl<Enter>").compactMap { effect in
                if case .export(let order) = effect { order } else { nil }
            }
        }
        let one = try orders(":5<Enter>")
        guard case .rows(let rows)? = one.first?.selection else {
            Issue.record("not the selected entry")
            return
        }
        #expect(rows.map(\.ordinal) == [5] && one.first?.file == "out.jsonl")
        guard case .matches(let query)? = try orders("/err<Enter>").first?.selection else {
            Issue.record("not the matches")
            return
        }
        #expect(query.text == "err")
        guard case .rows(let marked)? = try orders(":5<Enter> m m /err<Enter>").first?.selection
        else {
            Issue.record("not the marked ones")
            return
        }
        #expect(marked.count == 2)
        // Without a name nothing is done, and Esc leaves.
        var model = try open("")
        #expect(
            try !Sample.session(&model, "E <Enter> E x <Esc>").contains {
                if case .export = $0 { true } else { false }
            })
    }

    @Test func copies() throws {
        var model = try open(":5<Enter>")
        let copied = try Sample.session(&model, "y Y").compactMap { effect -> [UInt8]? in
            if case .copy(let bytes, _) = effect { bytes } else { nil }
        }
        #expect(copied == [Sample.payload("orders", 5), Array("1763640000003:7+1820".utf8)])
        #expect(model.notice?.kind == .done)
        _ = model.update(.copied(false, "x"))
        #expect(model.notice?.kind == .problem)
    }

    @Test func decoding() throws {
        var model = try open(":9<Enter>", decoder: true)
        let isEven = (model.entries?.payload?.bytes.count ?? 0).isMultiple(of: 2)
        let frame = FrameText.render(ConsoleView.draw(model))
        #expect(frame.contains(isEven ? "decoded" : "decoder: no answer within 2 s"))
        for mode in [EntriesModel.PayloadMode.text, .json, .hex, .decoded, .auto] {
            _ = try Sample.session(&model, "v")
            #expect(model.entries?.mode == mode)
        }
        // Moving on asks anew; a payload is asked about once.
        let effects = try Sample.session(&model, "j v k")
        #expect(effects.count { if case .decode = $0 { true } else { false } } == 1)
        // A late answer to another payload is not taken.
        let row = try #require(model.entries?.rows.first)
        let before = model.entries?.payload
        _ = model.update(.decoded(row, .success([65])))
        #expect(model.entries?.payload == before)
    }

    @Test func wrappingAndFolding() throws {
        var model = try open("g w <Right> <Right> <Left>")
        #expect(model.entries?.isWrapped == false && model.entries?.payloadLeft == 16)
        _ = try Sample.session(&model, "w z")
        #expect(model.entries?.payloadLeft == 0 && model.entries?.foldDepth == 1)
        let lines = PayloadView.lines(model, width: 60).map { $0.map(\.text).joined() }
        #expect(lines.contains("  \"total\": { 1 field }"))
        _ = try Sample.session(&model, "z Z")
        #expect(model.entries?.foldDepth == nil)
        #expect(try open("z", "billing").notice?.kind == .problem)
    }

    /// Following keeps to the query: the newest match is selected, and new ones come.
    @Test func followingKeepsToTheQuery() throws {
        var model = Sample.model(120, 40)
        _ = try Sample.session(&model, "/orders<Enter> <Enter> /err<Enter> F")
        let before = try #require(model.entries)
        #expect(before.contents == .matches && before.isFollowing)
        #expect(before.position.selected == before.rows.count - 1)
        let later = Sample.state(moreOrders: 100, time: Sample.time + 1_000_000_000)
        _ = Sample.settle(&model, model.update(.scanned(later)))
        let after = try #require(model.entries)
        #expect(after.contents == .matches && after.rows.count > before.rows.count)
        #expect(after.position.selected == after.rows.count - 1)
        #expect(after.rows.allSatisfy { $0.preview.contains(UInt8(ascii: "e")) })
    }
}
