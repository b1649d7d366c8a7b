import Testing
import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

/// Nothing is said by colour alone: what a reader of bare ASCII text sees tells every state.
@Suite struct ColorlessMeaningTests {
    private func text(
        _ keys: String = "", _ columns: Int = 120, _ change: (inout ConsoleModel) -> Void = { _ in }
    ) throws -> String {
        var model = Sample.model(columns, 40, glyphs: .ascii)
        _ = try Sample.session(&model, keys)
        change(&model)
        return FrameText.render(ConsoleView.draw(model))
    }

    @Test func marksDifferInEverySet() {
        for glyphs in [GlyphSet.unicode, .console, .ascii] {
            let blocks = [
                glyphs.consumed, glyphs.unread, glyphs.cursor, glyphs.tail, glyphs.damaged,
                glyphs.orphan, glyphs.neverWritten,
            ]
            #expect(Set(blocks).count == blocks.count)
            let severities = [Finding.Severity.error, .warning, .info].map {
                CheckView.mark($0, glyphs).0
            }
            #expect(Set(severities).count == 3)
            #expect(glyphs.check != glyphs.warning)
        }
    }

    @Test func statesOfTheConsole() throws {
        let plain = try text()
        let others: [(String, (inout ConsoleModel) -> Void)] = [
            ("WRITE", { $0.setup.canWrite = true }), ("LIVE", { $0.holders = [1] }),
            ("PAUSED", { $0.isPaused = true }), ("cannot be read", { $0.isStale = true }),
            (" + done", { $0.notice = .init(kind: .done, text: "done") }),
            (" ! done", { $0.notice = .init(kind: .problem, text: "done") }),
            ("checksums ok", { $0.state?.findings = [] }),
        ]
        #expect(plain.contains("READ-ONLY"))
        for (word, change) in others {
            let changed = try text("", 120, change)
            #expect(!plain.contains(word) && changed.contains(word), "\(word)")
        }
    }

    @Test func statesOfTopicsAndSelection() throws {
        let lines = try text().split(separator: "\n").map(String.init)
        func line(_ name: String) -> String {
            lines.first { $0.hasPrefix("|") && $0.contains(" \(name) ") } ?? ""
        }
        #expect(line("audit").contains("audit X") && !line("orders").contains("orders X"))
        #expect(line("billing").contains("clean") && line("orders").contains("dirty"))
        #expect(line("audit").contains("|> ") && !line("orders").contains("|> "))
    }

    @Test func statesOfEntries() throws {
        let damaged = try text("/audit<Enter> <Enter> g j j")
        #expect(damaged.contains("damaged") && damaged.contains("BAD"))
        #expect(try text("/orders<Enter> <Enter>").contains("cursor: unread from here on"))
        // Where the cursor is not in sight, the selected entry says on which side it is.
        #expect(try text("/orders<Enter> <Enter> g").contains("consumed"))
        #expect(try text("/orders<Enter> <Enter> G").contains("unread"))
        #expect(try text("/orders<Enter> <Enter> F").contains("FOLLOW"))
        let list = try text("/orders<Enter> <Enter>")
        let payload = try text("/orders<Enter> <Enter> <Tab>")
        #expect(list != payload, "which pane takes the keys")
    }

    @Test func withoutColourEveryStateKeepsAnAttribute() {
        let pairs: [(Role, Role)] = [
            (.good, .bad), (.text, .damaged), (.text, .warning), (.badgeReadOnly, .badgeWrite),
            (.consumed, .unread), (.barGood, .barWarning), (.barGood, .barIdle), (.text, .muted),
        ]
        for (a, b) in pairs {
            for depth in ColorDepth.allCases {
                #expect(
                    Theme.mono.appearance(of: Style(a), depth: depth)
                        != Theme.mono.appearance(of: Style(b), depth: depth), "\(a) \(b)")
            }
        }
    }
}
