import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

@Suite struct ActionTests {
    private static let consume = "/orders<Enter> a 2 <Tab> <BS> 3 <Enter> <Enter>"

    private func acts(_ effects: [Effect]) -> [Int] {
        effects.compactMap { if case .act(let number) = $0 { number } else { nil } }
    }

    private func orders(_ effects: [Effect]) -> [ActionOrder] {
        effects.compactMap { if case .planAction(let order, _) = $0 { order } else { nil } }
    }

    /// The order that the keys come to.
    private func order(_ keys: String) throws -> ActionOrder.Work? {
        var model = Sample.model(write: true)
        let effects = try Sample.session(&model, keys)
        #expect(acts(effects).isEmpty)
        return orders(effects).last?.work
    }

    @Test func nothingIsOnOfferWithoutWrite() throws {
        for keys in ["a 1", "a 2", "a 3", "a 4", "a <Enter>", "a j <Enter>", "<Enter> a 1"] {
            var model = Sample.model()
            let effects = try Sample.session(&model, keys)
            #expect(acts(effects).isEmpty && orders(effects).isEmpty)
            #expect(effects.contains(.bell))
            #expect(model.overlay == nil)
            #expect(model.notice?.text.contains(":write") == true)
        }
    }

    @Test func consumingTakesAPlanAndTheTypedName() throws {
        var model = Sample.model(write: true)
        var effects = try Sample.session(&model, Self.consume)
        #expect(orders(effects).map(\.work) == [.consume(limit: 3, end: .end, out: nil)])
        guard case .plan(let plan) = model.overlay else {
            Issue.record("no plan")
            return
        }
        #expect(plan.focus == .cancel)

        // Applying without the name does nothing.
        effects = try Sample.session(&model, "<Tab> <Enter>")
        #expect(acts(effects).isEmpty)
        #expect(model.acting == nil)
        // The name typed in full, and Enter.
        effects = try Sample.session(&model, "orders <Enter>")
        #expect(acts(effects) == [7])
        #expect(effects.contains(.scan(forget: false)))
        #expect(model.overlay == nil)
        #expect(model.notice?.kind == .done)
    }

    /// The number that is typed is the number: nothing of the proposal stays.
    @Test func theNumberThatIsTyped() throws {
        for (keys, count) in [("3", 3), ("3 0", 30), ("", 1), ("<Right> 3", 13)] {
            var model = Sample.model(write: true)
            let effects = try Sample.session(
                &model, "/orders<Enter> a 2 <Tab> \(keys) <Enter> <Enter>")
            #expect(orders(effects).map(\.work) == [.consume(limit: count, end: .end, out: nil)])
        }
    }

    @Test func theFocusIsOnCancel() throws {
        for keys in [Self.consume, "/orders<Enter> a 4", "/orders<Enter> a 3 <Right> <Enter>"] {
            var model = Sample.model(write: true)
            let effects = try Sample.session(&model, keys + " <Enter>")
            #expect(acts(effects).isEmpty)
            #expect(model.overlay == nil)
        }
    }

    @Test func aWrongNameIsNotEnough() throws {
        for name in ["order", "Orders", "orderss"] {
            var model = Sample.model(write: true)
            let effects = try Sample.session(&model, Self.consume + " \(name) <Enter> <Enter>")
            #expect(acts(effects).isEmpty)
            #expect(effects.contains(.bell))
        }
    }

    /// Letters are no short cuts where a yes is enough.
    @Test func aYesIsTheButton() throws {
        var model = Sample.model(write: true)
        var effects = try Sample.session(&model, "/orders<Enter> a 4 y y e s")
        #expect(acts(effects).isEmpty)
        effects = try Sample.session(&model, "<Tab> <Enter>")
        #expect(acts(effects) == [9])
    }

    @Test func formsComeToOrders() throws {
        let first = "/orders<Enter> "
        #expect(
            try order(first + "a 1 <Tab> a<Enter>b<BS>c <Tab> <Tab> <Tab> <Tab> <Enter>")
                == .append(.typed([Array("a\nc".utf8)]), isBatch: false))
        #expect(
            try order(first + "a 1 <Tab> a<Enter>b <Tab> <Right> <Tab> <Right> <Tab> <Tab> <Enter>")
                == .append(.typed([Array("a".utf8), Array("b".utf8)]), isBatch: true))
        #expect(
            try order(first + "a 1 <Right> <Right> <Tab> /tmp/f <Tab> <Left> <Tab> <Enter>")
                == .append(.file("/tmp/f", .lengthPrefixed), isBatch: false))
        #expect(
            try order(first + "a 2 <Right> <Tab> f.raw <Enter>")
                == .consume(limit: nil, end: .end, out: "f.raw"))
        #expect(try order(first + "a 3 <Right> <Enter>") == .seek(.begin))
        #expect(try order(first + "a 3 <Left> <Enter>") == .seek(.end))
        #expect(try order(first + "a 3 <Tab> \\#2000 <Enter>") == nil)
        #expect(try order(first + "a 3 <Tab> #2000 <Enter>") == .seek(.sequence(2_000)))
        #expect(try order(first + "a 5") == .mark(clean: false))
        // Nothing that is no number, no place, no file.
        for keys in [
            "a 2 <Tab> x <Enter> <Enter>", "a 3 <Tab> x <Enter>",
            "a 1 <Right> <Right> <Enter> <Enter> <Enter> <Enter>",
        ] {
            #expect(try order(first + keys) == nil)
        }
    }

    /// From the list of entries: the one under the cursor, and those that were marked.
    @Test func entriesAreAtHand() throws {
        var model = Sample.model(write: true)
        var effects = try Sample.session(&model, "/orders<Enter> <Enter> j j")
        let row = try #require(model.entries?.selected)
        let ordinal = try #require(row.ordinal)
        effects = try Sample.session(&model, "a 2 <Right> <Enter> <Enter>")
        #expect(
            orders(effects).map(\.work)
                == [.consume(limit: nil, end: .ordinal(ordinal + 1), out: nil)])
        effects = try Sample.session(&model, "<Esc> a 3 <Enter>")
        #expect(orders(effects).map(\.work) == [.seek(.place(row.place))])
        effects = try Sample.session(&model, "<Esc> m j m a 1 <Left> <Tab> <Enter>")
        guard
            case .append(.marked(let topic, let rows), isBatch: false) = orders(effects).last?.work
        else {
            Issue.record("\(orders(effects))")
            return
        }
        #expect(topic.name == "orders" && rows.count == 2 && rows.contains(row))
    }

    @Test func anEditorIsAskedForAndItsTextPlanned() throws {
        var model = Sample.model(write: true)
        let effects = try Sample.session(&model, "/orders<Enter> a 1 <Right> <Enter> <Tab> <Enter>")
        #expect(effects.contains(.edit("orders")))
        #expect(orders(effects).isEmpty)
        let more = model.update(.edited("orders", .success([1, 2])))
        #expect(orders(more).map(\.work) == [.append(.typed([[1, 2]]), isBatch: false)])
        #expect(model.update(.edited("orders", .failure(ActionFailure("gone")))) == [.bell])
        #expect(model.overlay == nil)
    }

    /// What is written in an editor may be as many entries as it has lines, in a batch too.
    @Test func anEditorMakesLinesToo() throws {
        var model = Sample.model(write: true)
        let keys = "/orders<Enter> a 1 <Right> <Tab> <Right> <Tab> <Right> <Enter>"
        #expect(try Sample.session(&model, keys).contains(.edit("orders")))
        let more = model.update(.edited("orders", .success(Array("a\n\nb".utf8))))
        #expect(orders(more).map(\.work) == [.append(.typed([[97], [98]]), isBatch: true)])
        var empty = Sample.model(write: true)
        _ = try Sample.session(&empty, keys)
        #expect(empty.update(.edited("orders", .success([10, 10]))) == [.bell])
        #expect(empty.overlay == nil)
    }

    @Test func aPlanThatComesTooLateIsDropped() throws {
        var model = Sample.model(write: true)
        _ = try Sample.session(&model)
        let plan = ActionDialog(
            .act(1), title: "t", lines: [], command: nil, confirmation: .yes)
        model.setup.canWrite = false
        #expect(model.update(.planned(plan)) == [.bell])
        #expect(model.overlay == nil)
    }

    @Test func writeIsSwitchedOnByAYesAndOff() throws {
        var model = Sample.model()
        for keys in [":write <Enter> <Enter>", ":write <Enter> y <Enter> <Enter> <Esc>"] {
            _ = try Sample.session(&model, keys)
            #expect(!model.setup.canWrite && model.overlay == nil)
        }
        _ = try Sample.session(&model, ": write <Enter> yes <Enter>")
        #expect(model.setup.canWrite)
        _ = try Sample.session(&model, ": readonly <Enter>")
        #expect(!model.setup.canWrite)
        _ = try Sample.session(&model, ": nonsense <Enter>")
        #expect(model.notice?.kind == .problem)
    }

    @Test func aFailureIsTold() throws {
        var model = Sample.model(write: true)
        _ = try Sample.session(&model)
        #expect(model.update(.acted(.failure(ActionFailure("locked by 12")))) == [.bell])
        #expect(model.notice == ConsoleModel.Notice(kind: .problem, text: "locked by 12"))
    }
}
