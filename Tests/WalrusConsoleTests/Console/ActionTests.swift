import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

@Suite struct ActionTests {
    private static let consume = "/orders<Enter> <Enter> a 2 <BS> 3 <Enter>"

    private func acts(_ effects: [Effect]) -> [ActionDialog] {
        effects.compactMap { if case .act(let plan) = $0 { plan } else { nil } }
    }

    @Test func nothingIsOnOfferWithoutWrite() throws {
        var model = Sample.model()
        let effects = try Sample.session(&model, "a 1")
        #expect(acts(effects).isEmpty)
        #expect(effects.contains(.bell))
        #expect(model.notice?.text.contains(":write") == true)
        for keys in ["a 2", "a <Enter>", "a j <Enter>", "<Enter> a 1", "<Enter> a 2"] {
            var model = Sample.model()
            _ = try Sample.session(&model, keys)
            if case .menu = model.overlay { continue }
            #expect(model.overlay == nil)
        }
    }

    @Test func consumingTakesAPlanAndTheTypedName() throws {
        var model = Sample.model(write: true)
        var effects = try Sample.session(&model, Self.consume)
        guard case .plan(let plan) = model.overlay else {
            Issue.record("no plan")
            return
        }
        #expect(plan.focus == .cancel)
        guard case .consume(let rows) = plan.work else {
            Issue.record("no entries")
            return
        }
        #expect(rows.map(\.ordinal) == [411_128, 411_129, 411_130])

        // Applying without the name does nothing.
        effects = try Sample.session(&model, "<Tab> <Enter>")
        #expect(acts(effects).isEmpty)
        // The name typed in full, and Enter.
        effects = try Sample.session(&model, "orders <Enter>")
        #expect(acts(effects).map(\.topic) == ["orders"])
        #expect(effects.contains(.scan(forget: false)))
        #expect(model.overlay == nil)
        #expect(model.notice?.kind == .done)
    }

    @Test func theFocusIsOnCancel() throws {
        var model = Sample.model(write: true)
        let effects = try Sample.session(&model, Self.consume + " <Enter>")
        #expect(acts(effects).isEmpty)
        #expect(model.overlay == nil)
    }

    @Test func aWrongNameIsNotEnough() throws {
        for name in ["order", "Orders", "orderss"] {
            var model = Sample.model(write: true)
            let effects = try Sample.session(&model, Self.consume + " \(name) <Enter> <Enter>")
            #expect(acts(effects).isEmpty)
            #expect(effects.contains(.bell))
        }
    }

    @Test func anotherProcessBlocksIt() throws {
        var model = Sample.model(write: true)
        _ = try Sample.session(&model, Self.consume)
        _ = model.update(.holders([4_121]))
        let effects = try Sample.session(&model, "orders <Enter>")
        #expect(acts(effects).isEmpty)
        guard case .plan = model.overlay else {
            Issue.record("the plan is gone")
            return
        }
    }

    @Test func appendingTakesAPlanToo() throws {
        var model = Sample.model(write: true)
        let effects = try Sample.session(
            &model, "/orders<Enter> a 1 hello<Space>world <Enter> orders <Enter> <Enter>")
        let plan = try #require(acts(effects).first)
        #expect(plan.work == .append(payload: Array("hello world".utf8)))
    }

    @Test func namesThatCannotBeTypedAreTypedAsShown() throws {
        var model = Sample.model(write: true)
        _ = try Sample.session(&model, "/line<Enter> a 1 x <Enter>")
        let shown = TopicName("line\nend \u{1b}[31m").shown(ascii: false)
        #expect(shown == #"line\nend \e[31m"#)
        for character in shown { _ = model.update(.key(.character(character))) }
        let effects = try Sample.session(&model, "<Enter> <Enter>")
        #expect(acts(effects).count == 1)
    }

    @Test func writeIsSwitchedOnAndOff() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, ": write <Enter>")
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
