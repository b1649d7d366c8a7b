import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// What every console of the kind does: history, themes, configuration.
@Suite struct ConventionsEndToEndTests {
    @Test func commandsAreRememberedByTheirOwnerAlone() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 80, rows: 24)
        func session(_ keys: () throws -> Void) throws {
            try pane.run("clear; \"$walrus\" \(fixture.path); echo \"sta\"\"tus $?\"")
            try pane.wait(for: "Topics 4")
            try keys()
            try pane.press("C-c")
            try pane.wait(for: "status 0")
        }
        try session {
            try pane.type(":check")
            try pane.press("Enter")
            try pane.wait(for: "Findings")
            try pane.type("/secret")
            try pane.press("Escape")
        }
        try session {
            try pane.type(":")
            try pane.press("Up")
            try pane.wait(for: ":check")
        }
        try pane.run("stat -c %a state/walrus/history >mode; cat state/walrus/history >kept")
        #expect(try pane.line(of: "mode") == "600")
        #expect(try pane.line(of: "kept") == "check")
    }

    @Test func aHistoryThatCannotBeKeptIsNoObstacle() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(
            columns: 80, rows: 24, environment: ["XDG_STATE_HOME": "/proc/no/such/place"])
        try pane.run("\"$walrus\" \(fixture.path); echo \"sta\"\"tus $?\"")
        try pane.wait(for: "Topics 4")
        try pane.type(":check")
        try pane.press("Enter")
        try pane.wait(for: "/proc/no")
        try pane.press("C-c")
        try pane.wait(for: "status 0")
    }
}
