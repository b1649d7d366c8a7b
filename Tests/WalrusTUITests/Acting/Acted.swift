import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat
import WalrusIO

@testable import WalrusTUI

/// A console in write mode on a copy of a directory that the reference wrote, with a place for what it
/// notes.
struct Acted {
    let fixture: Fixture
    let place: TempDirectory
    var console: HeadlessConsole

    var records: FilePath { place.path.appending("records") }

    init(_ name: String) throws {
        fixture = try Fixture(name)
        place = try TempDirectory()
        console = HeadlessConsole(
            directory: fixture.path.string,
            setup: ConsoleModel.Setup(directory: name, canWrite: true),
            size: Size(columns: 120, rows: 40), glyphs: .unicode,
            actingWith: place.path.appending("records").string)
        console.start()
    }

    mutating func press(_ keys: String) throws { console.press(try Key.script(keys)) }

    mutating func type(_ text: String) { console.press(text.map { .character($0) }) }

    /// The plan that is shown.
    func plan() throws -> ActionDialog {
        guard case .plan(let plan)? = console.model.overlay else {
            throw NoPlan(notice: told)
        }
        return plan
    }

    struct NoPlan: Error {
        let notice: String
    }

    /// What the last action came to.
    var told: String {
        if case .report(let report)? = console.model.overlay {
            return report.lines.joined(separator: "\n")
        }
        return console.model.notice?.text ?? ""
    }

    /// Confirms the plan that is shown, and closes what is told of it.
    mutating func confirm() throws -> String {
        let plan = try plan()
        #expect(plan.focus == .cancel)
        if case .typed(let word) = plan.confirmation { type(word) } else { try press("<Tab>") }
        try press("<Enter>")
        let told = told
        if case .report? = console.model.overlay { try press("<Enter>") }
        return told
    }

    func topic(_ name: TopicName) throws -> TopicState {
        try #require(console.model.state?.topic(name))
    }

    /// Selects a topic, at home.
    mutating func select(_ name: TopicName) throws {
        try press("1")
        let isThere = console.select(name)
        try #require(isThere)
    }

    /// The lines of the audit log.
    func audit() throws -> [String] {
        let bytes = try Directory.contents(of: records.appending("audit.jsonl")) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Checks that the last action is noted: that it begins, and what came of it.
    func expectNoted(
        _ action: String, has parts: [String] = [],
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let lines = try audit().suffix(2)
        let events = ["begin", "end"]
        try #require(lines.count == events.count, sourceLocation: location)
        for (line, event) in zip(lines, events) {
            #expect(line.contains("\"action\":\"\(action)\""), sourceLocation: location)
            #expect(line.contains("\"event\":\"\(event)\""), sourceLocation: location)
        }
        for part in parts {
            #expect(lines.last?.contains(part) == true, "\(part)", sourceLocation: location)
        }
    }
}
