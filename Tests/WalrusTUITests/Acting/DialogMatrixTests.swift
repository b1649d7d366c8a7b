import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat
import WalrusIO

@testable import WalrusTUI

/// Every action's dialog, on directories that the reference wrote: what it comes to, what it notes, that
/// nothing else changes, and that the command which the dialog shows does the same as it is printed.
@Suite struct DialogMatrixTests {
    /// Who does what was planned.
    enum Way: CaseIterable, Sendable { case dialog, command }

    /// What of a topic must not change but by what is done to it.
    struct Known: Hashable {
        var entries: Int
        var unread: Int
        var isClean: Bool
    }

    typealias Topics = [TopicName: Known]

    struct Row: Sendable {
        let kind: ActionKind
        /// What leads from the menu to the plan.
        let keys: @Sendable (inout Acted) throws -> Void
        /// What the audit log calls it.
        let action: String
        var prepare: @Sendable (inout Acted) throws -> Void = { _ in }
        var change: @Sendable (inout Topics, TopicName) -> Void = { _, _ in }
        /// Why there is no plan; nil: there is one.
        var refusal: @Sendable (Acted) -> String? = { _ in nil }
        var check: @Sendable (inout Acted) throws -> Void = { _ in }
        /// Whether entries that are all consumed go with it, or come.
        var movesFiles = false
        /// Whether the log is another one by what is done before or after it.
        var preparesLog = false
    }

    /// A new action has a row here.
    @Test func everyActionHasItsRow() {
        #expect(Set(Self.rows.map(\.kind)) == Set(ActionKind.allCases))
    }

    /// Those that take long to read are for the verbs, which do the same (`VerbMatrixTests`).
    @Test(arguments: ["batch", "restarts"]) func theDialog(name: String) throws {
        try run(name, .dialog)
    }

    @Test func theCommandThatItShows() throws { try run("small", .command) }

    private func run(_ name: String, _ way: Way) throws {
        var acted = try Acted(name)
        // The program's own records are those of the console.
        try Directory.create(acted.records)
        _ = try Subprocess.run(
            "/bin/ln", ["-s", "records", acted.place.path.appending("walrus").string])
        let topic = try #require(
            acted.console.model.state?.topics.filter { $0.unread > 2 }.min { $0.size < $1.size })
        for row in Self.rows { try run(row, &acted, topic.name, way) }
        // What the reference wrote is there yet, but for what was reclaimed.
        let state = try #require(try Scanner(acted.fixture.path).scan())
        for (hex, entries) in Dictionary(
            grouping: try acted.fixture.payloads(), by: \.topicHex) where name != "restarts"
        {
            let name = try #require(TopicName(hex: hex))
            let reader = EntryReader(
                directory: acted.fixture.path, topic: try #require(state.topic(name)))
            let rows = try reader.rows(from: 1, count: entries.count)
            #expect(rows.map { Hex.encode($0.checksum) } == entries.map(\.checksum), "\(hex)")
        }
    }

    private func run(
        _ row: Row, _ acted: inout Acted, _ topic: TopicName, _ way: Way
    ) throws {
        let what = Comment(rawValue: "\(acted.fixture.name): \(row.kind), \(way)")
        try row.prepare(&acted)
        let old = Self.topics(acted)
        if row.preparesLog { try acted.press("<C-r>") }
        try acted.select(topic)
        let lines = try acted.audit().count
        try row.keys(&acted)
        let refused = row.refusal(acted) != nil
        if let refusal = row.refusal(acted) {
            #expect(throws: Acted.NoPlan.self, what) { try acted.plan() }
            #expect(acted.told.contains(refusal), "\(what) \(acted.told)")
            #expect(try acted.audit().count == lines, what)
            try acted.press("<Esc> <Esc>")
        } else {
            let plan = try acted.plan()
            #expect(plan.focus == .cancel, what)
            switch way {
            case .dialog:
                let told = try acted.confirm()
                #expect(!told.isEmpty, what)
            case .command:
                try acted.press("<Esc>")
                #expect(try acted.audit().count == lines, what)
                let result = try Subprocess.bash(
                    "walrus() { \"$walrus\" \"$@\"; }; \(try #require(plan.command))",
                    environment: [
                        "XDG_STATE_HOME": acted.place.path.string, "WALRUS_AUDIT": nil,
                    ])
                #expect(result.status == 0, "\(what) \(plan.command ?? "") \(result.errors)")
            }
            #expect(try acted.audit().count == lines + 2, what)
            try acted.expectNoted(row.action, has: ["\"outcome\":"])
        }
        try row.check(&acted)
        if way == .command || row.preparesLog { try acted.press("<C-r>") }
        var expected = old
        row.change(&expected, topic)
        let topics = Self.topics(acted)
        if row.movesFiles {
            #expect(topics.mapValues(\.isClean) == expected.mapValues(\.isClean), what)
            #expect(refused || topics.values.allSatisfy { $0.unread == 0 }, what)
        } else {
            #expect(topics == expected, what)
        }
    }

    private static func topics(_ acted: Acted) -> Topics {
        var topics: Topics = [:]
        for topic in acted.console.model.state?.topics ?? [] {
            topics[topic.name] = Known(
                entries: topic.entries, unread: topic.unread, isClean: topic.isClean)
        }
        return topics
    }
}
