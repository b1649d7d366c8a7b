import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat
import WalrusIO

@testable import WalrusTUI

/// Where opening a log would take something away, no dialog leads to a plan.
@Suite struct OpeningLossDialogTests {
    @Test(arguments: [
        "a 1 <Tab> x <Tab> <Tab> <Enter>", "a 2 <Tab> <Enter> <Enter>", "a 3 <Left> <Enter>", "a 4",
        "a 5",
        "a 7 <Enter>",
    ])
    func refused(keys: String) throws {
        var acted = try Acted("multi")
        let topic = try #require(acted.console.model.state?.topics.max { $0.unread < $1.unread })
        let name = DirectoryNames.cursorIndex
        try DiskStorage(acted.fixture.path).replace(
            name, with: [UInt8](repeating: 0xee, count: 100), temporary: "new_" + name)
        let before = try Snapshot(acted.fixture.path)
        try acted.press("g")
        try acted.select(topic.name)
        try acted.press(keys)
        #expect(throws: Acted.NoPlan.self) { try acted.plan() }
        #expect(acted.told.contains("set the damaged \(name) aside"), "\(acted.told)")
        #expect(acted.told.contains("walrus repair"))
        #expect(try Snapshot(acted.fixture.path).changes(since: before) == [])
        #expect(try acted.audit().isEmpty)
    }

    /// What is damaged once there is a plan keeps it from being done.
    @Test func refusedAtTheMomentOfDoing() throws {
        var acted = try Acted("multi")
        let topic = try #require(acted.console.model.state?.topics.max { $0.unread < $1.unread })
        try acted.select(topic.name)
        try acted.press("a 4")
        _ = try acted.plan()
        let name = DirectoryNames.cursorIndex
        try DiskStorage(acted.fixture.path).replace(
            name, with: [UInt8](repeating: 0xee, count: 100), temporary: "new_" + name)
        let before = try Snapshot(acted.fixture.path)
        #expect(try acted.confirm().contains("set the damaged \(name) aside"))
        #expect(try Snapshot(acted.fixture.path).changes(since: before) == [])
        try acted.expectNoted("mark", has: ["\"error\":"])
    }
}
