import TestSupport
import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// A console at rest composes no frame; one where something moves composes each.
@Suite struct RestTests {
    private static let second: UInt64 = 1_000_000_000

    /// What changes a value cannot stand in the macro.
    private func expect(_ holds: Bool, at location: SourceLocation = #_sourceLocation) {
        #expect(holds, sourceLocation: location)
    }

    private struct Session {
        var model: ConsoleModel
        private var observer = Observer()
        private(set) var time = Sample.time
        var state = Sample.state()

        init(_ size: Size, screen: String) throws {
            model = Sample.model(size.columns, size.rows)
            state.revision = 1
            _ = model.start(at: time)
            _ = model.update(.observed(observer.observe(state)))
            for key in try Key.script(screen) { settle(model.update(.key(key))) }
        }

        /// A second goes by, and there is a look. Returns whether anything of it is to be drawn.
        mutating func look() -> Bool {
            time += second
            let tick = model.step(.tick(time))
            state.time = time
            let look = model.step(.observed(observer.observe(state)))
            settle(look.effects)
            let holders = model.step(.holders([]))
            return tick.isSeen || look.isSeen || holders.isSeen
        }

        /// What a restart would do is asked again for as long as it is told of another look.
        private mutating func settle(_ effects: [Effect]) {
            for effect in effects {
                guard effect == .previewRestart else {
                    _ = Sample.settle(&model, [effect])
                    continue
                }
                var preview = Sample.preview(of: state)
                preview.revision = state.revision
                _ = model.update(.previewed(preview))
            }
        }

        var frame: Grid { ConsoleView.draw(model) }
    }

    @Test(
        arguments: ["1", "2", "3", "4", "5", "6", "7", "1?"])
    func nothingIsDrawnAtRest(screen: String) throws {
        var session = try Session(Size(columns: 120, rows: 40), screen: screen)
        // Two looks make the first rate.
        for _ in 0..<3 { _ = session.look() }
        var drawn = 0
        var shown = session.frame
        for step in 0..<62 {
            let minute = session.time / Self.second / 60
            if session.look() {
                drawn += 1
                shown = session.frame
                let isNewMinute = session.time / Self.second / 60 > minute
                #expect(isNewMinute, "look \(step) was drawn for nothing")
            } else if step.isMultiple(of: 15) {
                #expect(session.frame == shown, "look \(step) changed what was not drawn")
            }
        }
        // The clock has minutes.
        #expect((1...2).contains(drawn))
    }

    @Test func whatMovesIsDrawnUntilItHasLeft() throws {
        var session = try Session(Size(columns: 120, rows: 40), screen: "1")
        for _ in 0..<3 { _ = session.look() }
        session.state = Sample.state(moreOrders: 500)
        session.state.revision = 2
        expect(session.look())
        // The graphs move on for as long as they show it.
        for _ in 0..<30 { expect(session.look()) }
        let more = LiveHistory.capacity
        for _ in 0..<more { _ = session.look() }
        let seen = (0..<50).count { _ in session.look() }
        #expect(seen <= 1)
    }

    @Test func whatIsNewIsDrawn() throws {
        var session = try Session(Size(columns: 80, rows: 24), screen: "1")
        for _ in 0..<3 { _ = session.look() }
        expect(!session.look())
        expect(session.model.step(.holders([4_121])).isSeen)
        expect(!session.model.step(.holders([4_121])).isSeen)
        expect(session.model.step(.key(.character("j"))).isSeen)
        expect(!session.model.step(.scanProgress(.joining(topics: 1, of: 7))).isSeen)
        // A directory that comes back after it could not be read is news, though nothing changed.
        expect(session.model.step(.scanFailed("gone")).isSeen)
        expect(session.look())
        expect(!session.look())
        // Paused, the header says for how long.
        expect(session.model.step(.key(.character("p"))).isSeen)
        expect(session.model.step(.tick(session.time + 5 * Self.second)).isSeen)
    }

    @Test func theListOfLogsIsDrawnWhenItChanges() {
        var model = Sample.model()
        model.now = Sample.time
        _ = model.choose(in: "/data/wal")
        expect(model.step(.logs(in: "/data/wal", .success([]))).isSeen)
        var time = Sample.time
        func again(_ logs: [NamespaceSummary]) -> Bool {
            time += Self.second
            let tick = model.step(.tick(time))
            return model.step(.logs(in: "/data/wal", .success(logs))).isSeen || tick.isSeen
        }
        for _ in 0..<20 { expect(!again([])) }
        expect(again(Array(Sample.logs.dropFirst())))
        // Its ages are a clock of their own.
        expect((0..<120).contains { _ in !again(Array(Sample.logs.dropFirst())) })
    }

    /// The thread that took a look knows whether anybody is to be woken for it.
    @Test func aLookThatFoundNothingIsNoNews() {
        var observer = Observer()
        var state = Sample.state()
        state.revision = 1
        expect(!observer.observe(state).isRest)
        state.time += Self.second
        expect(observer.observe(state).isRest)
        state.revision = 2
        expect(!observer.observe(state).isRest)
        state.metrics = Sample.metrics
        expect(!observer.observe(state).isRest)
        // An engine tells of itself each time.
        expect(!observer.observe(state).isRest)
        state.metrics = nil
        expect(!observer.observe(state).isRest)
        expect(observer.observe(state).isRest)
        state.findings.removeLast()
        expect(!observer.observe(state).isRest)
    }

    /// Of a file that no look tells of, the bytes are read again when it has changed, and not else.
    @Test func bytesAreReadAgainWhenTheFileChanged() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, ":file<Space>stray.txt<Enter>")
        #expect(model.screen == .hex && model.hex.page?.file == "stray.txt")
        let effects = model.update(.scanned(Sample.state(time: Sample.time + 1_000_000_000)))
        #expect(effects.contains(.checkVersion(of: "stray.txt")))
        #expect(!effects.contains { if case .loadBytes = $0 { true } else { false } })
        let version = model.hex.page?.window.version
        #expect(model.update(.version(of: "stray.txt", version)) == [])
        let log = try LogWriter()
        try log.create()
        let other = try ByteInspector(log.path).version(of: LogWriter.first)
        let again = model.update(.version(of: "stray.txt", other))
        #expect(again.contains { if case .loadBytes = $0 { true } else { false } })
    }
}
