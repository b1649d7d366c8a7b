import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat
import WalrusIO

@testable import WalrusTUI

/// Entries through the dialogs: into another topic, to a mark, into a file.
@Suite struct ReplayDialogTests {
    private func payloads(_ path: FilePath, _ name: TopicName) throws -> [[UInt8]] {
        let state = try #require(try Scanner(path).scan())
        let topic = try #require(state.topic(name))
        let reader = EntryReader(directory: path, topic: topic)
        return try reader.rows(from: 1, count: 10_000).map { try reader.payload(of: $0) }
    }

    private static let name: TopicName = "beta_topic_longer"

    @Test func allOfATopic() throws {
        var acted = try Acted("small")
        let path = acted.fixture.path
        let source = try payloads(path, Self.name)
        try acted.select(Self.name)
        try acted.press("a 6 <Tab> copy <Tab> <Tab> <Tab> <Enter>")
        let plan = try acted.plan()
        #expect(plan.title == "replay \(source.count) entries of \(Self.name) into copy")
        #expect(plan.command == "walrus replay \(path) \(Self.name) --into copy")
        #expect(plan.canStop)
        let told = try acted.confirm()
        #expect(told.contains("replayed \(source.count) entries"))
        #expect(told.contains("source and target agree: checksum"))
        #expect(try payloads(path, "copy") == source)
        try acted.expectNoted("replay", has: ["\"topic\":\"copy\"", "\"entries\":\(source.count)"])
        // Once more comes to nothing, unless it is asked for.
        try acted.press("a 6 <Tab> copy <Tab> <Tab> <Tab> <Enter>")
        #expect(try acted.plan().lines.contains("an earlier run has finished it: nothing to do"))
        #expect(try acted.confirm().contains("was finished at"))
        #expect(try payloads(path, "copy") == source)
        let other = acted.place.path.appending("other").string
        try acted.press("a 6 <Tab> copy <Tab> <Right> <Tab> \(other) <Tab> <Tab> <Right> <Enter>")
        #expect(try acted.plan().command?.hasSuffix("--into-dir \(other) --restart") == true)
        _ = try acted.confirm()
        #expect(try payloads(FilePath(other), "copy") == source)
    }

    @Test func theMatchesOfAQueryAndMarkedEntries() throws {
        var acted = try Acted("small")
        let path = acted.fixture.path
        let source = try payloads(path, Self.name)
        try acted.select(Self.name)
        try acted.press("<Enter> /ordinal<Space><lt>=<Space>9<Enter>")
        try acted.press("a 6 <Tab> <Tab> some <Tab> <Tab> <Tab> <Enter>")
        #expect(try acted.plan().command?.contains("--where 'ordinal <= 9' --into some") == true)
        #expect(try acted.confirm().contains("replayed 9 entries"))
        #expect(try payloads(path, "some") == Array(source[..<9]))
        // The 2nd, the 3rd and the 6th.
        try acted.press("g j m m j j m a 6 <Tab> three <Tab> <Tab> <Tab> <Enter>")
        let plan = try acted.plan()
        #expect(
            plan.command?.contains(
                "--where '(ordinal >= 2 and ordinal <= 3) or ordinal == 6' --from 1") == true
        )
        #expect(try acted.confirm().contains("replayed 3 entries"))
        #expect(try payloads(path, "three") == [source[1], source[2], source[5]])
    }

    /// It stops where it is asked to, and goes on when it is asked for again: every entry once.
    @Test func stoppedAndGoneOn() throws {
        let fixture = try Fixture("small")
        let place = try TempDirectory()
        let source = try payloads(fixture.path, Self.name)
        let runner = ActionRunner(fixture.path, places: ActionPlaces(in: place.path))
        let topic = try #require(try Scanner(fixture.path).scan()?.topic(Self.name))
        func run(rate: String?, stopping: Bool) throws -> String {
            let order = ActionOrder(Self.name, .replay(ReplayOrder(.all, into: "copy", rate: rate)))
            runner.begin()
            let dialog = try runner.plan(order, topic) { _ in }
            guard case .act(let number) = dialog.purpose else { return "" }
            return try runner.act(number) { _ in if stopping { runner.stop() } }.get()
        }
        let first = try run(rate: "100/s", stopping: true)
        #expect(first.hasPrefix("stopped after ") && first.contains("goes on"))
        #expect(try payloads(fixture.path, "copy").count < source.count)
        #expect(try run(rate: nil, stopping: false).contains("in earlier runs"))
        #expect(try payloads(fixture.path, "copy") == source)
        // A plan is done once.
        #expect(throws: ActionFailure.self) { try runner.act(1) { _ in }.get() }
    }

    @Test func toMarks() throws {
        var acted = try Acted("small")
        let path = acted.fixture.path
        let topic = try acted.topic(Self.name)
        let source = try payloads(path, Self.name)
        try acted.select(Self.name)
        try acted.press("<Enter> <Esc> 2 g j j m j j m")
        // Back to the beginning first, so that there is something before the marks.
        try acted.press("a 3 <Right> <Right> <Right> <Enter>")
        _ = try acted.confirm()
        #expect(try acted.topic(Self.name).unread == topic.entries)
        let out = acted.place.path.appending("taken.raw").string
        try acted.press("a 2 <Right> <Right> <Tab> <Tab> \(out) <Enter>")
        #expect(try acted.plan().command?.contains("--limit") == false)
        #expect(try acted.plan().command?.hasSuffix(" --out \(out) --yes") == true)
        #expect(try acted.confirm() == "consumed 3 entries of \(Self.name), written to \(out)")
        #expect(try acted.topic(Self.name).consumed == 3)
        #expect(try Directory.contents(of: FilePath(out)) == source[..<3].flatMap { $0 })
        try acted.expectNoted("consume", has: ["\"last_ordinal\":3"])
        try acted.press("a 3 <Right> <Right> <Tab> <Down> <Enter>")
        _ = try acted.confirm()
        #expect(try acted.topic(Self.name).consumed == 5)
        // The ordinal and the place of what is appended.
        try acted.press("a 1 <Tab> x <Tab> <Tab> <Tab> <Tab> <Enter>")
        let told = try acted.confirm()
        #expect(told.hasPrefix("appended 1 entry to \(Self.name): entry \(topic.entries + 1) at "))
        // Marked entries of this topic into another one.
        try acted.select("alpha")
        try acted.press("a 1 <Left> <Tab> <Right> <Enter>")
        let before = try payloads(path, "alpha")
        #expect(try acted.confirm().hasPrefix("appended 2 entries to alpha"))
        #expect(try payloads(path, "alpha") == before + [source[2], source[5]])
    }
}
