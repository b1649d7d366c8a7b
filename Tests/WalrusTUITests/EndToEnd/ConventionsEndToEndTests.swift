import SystemPackage
import TestSupport
import Testing
import WalrusConsole
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

    /// The terminal is asked for its background, and what is typed meanwhile is not lost.
    @Test func theBackgroundDecidesOnTheTheme() throws {
        let fixture = try Fixture("small")
        for (background, selection) in [("#ffffff", RGB(0xDFEAF5)), ("#000000", RGB(0x303030))] {
            let pane = try Pane(columns: 80, rows: 24)
            try pane.set("window-style", "bg=\(background)")
            try pane.run(
                "clear; sleep 1; COLORFGBG= TERM=xterm-256color \"$walrus\" "
                    + "\(fixture.path); echo \"sta\"\"tus $?\"")
            try pane.type("?")
            try pane.wait(for: "Everywhere")
            // A key right after Escape would be one with Alt.
            try pane.press("Escape")
            try pane.wait("home") { lines in !lines.contains { $0.contains("Everywhere") } }
            try pane.wait("the theme for \(background)") { _ in
                try pane.styled().contains("48;5;\(selection.indexed256)")
            }
            try pane.press("q")
            try pane.wait(for: "status 0")
        }
    }
}

/// Choosing among logs, waiting for one, and keeping what is on the screen.
@Suite struct ChooserEndToEndTests {
    @Test func aLogIsChosenLeftAndWaitedFor() throws {
        let fixture = try Fixture("small")
        let pane = try Pane(columns: 100, rows: 24)
        try pane.run(
            "mkdir -p d/two; cp -r --sparse=always \(fixture.path) d/one; rm -rf d/two; "
                + "\"$walrus\" d; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "Logs 1")
        try pane.press("Enter")
        try pane.wait(for: "Topics 4")
        try pane.type(":snapshot d/one/x.txt")
        try pane.press("Enter")
        try pane.wait(for: "where nothing is written")
        try pane.type(":snapshot kept.txt")
        try pane.press("Enter")
        try pane.wait(for: "the screen is in kept.txt")
        try pane.type(":snapshot kept.txt")
        try pane.press("Enter")
        try pane.wait(for: "is there already")
        try pane.press("q")
        try pane.wait(for: "Logs 1")
        try pane.press("q")
        try pane.wait(for: "status 0")
        try pane.run("clear; grep -c 'Topics 4' kept.txt >count; ls d/one | grep -c x.txt >inside")
        #expect(try pane.line(of: "count") == "1")
        #expect(try pane.line(of: "inside") == "0")

        try pane.run("clear; mkdir empty; \"$walrus\" empty; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "Watching")
        _ = try Subprocess.bash("cp --sparse=always \(fixture.path)/* \(pane.path)/empty")
        try pane.wait(for: "Topics 4")
        try pane.press("q")
        try pane.wait(for: "status 0")
    }
}
