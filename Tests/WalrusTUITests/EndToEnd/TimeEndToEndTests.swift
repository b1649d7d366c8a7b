import SystemPackage
import TestSupport
import Testing

/// Pausing, going back and playing, in a real terminal.
@Suite struct TimeEndToEndTests {
    /// A log that is appended to between looks: what was there before is shown again.
    @Test func pauseScrubAndGoOn() throws {
        let pane = try Pane(columns: 120, rows: 40)
        try pane.run("seq 10 | \"$walrus\" append log t --lines --create; echo \"ma\"\"de $?\"")
        try pane.wait(for: "made 0")
        try pane.run("clear; \"$walrus\" log --refresh 200ms; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "10 entries")
        func append(_ name: String) throws {
            _ = try Subprocess.bash(
                "seq 10 | \"$walrus\" append '\(pane.path)/log' \(name) --lines", input: [])
        }
        try append("u")
        try pane.wait(for: "20 entries")
        try pane.wait(for: "Topics 2")
        try pane.press("p")
        try pane.wait(for: "PAUSED")
        try append("v")
        // Back to where there was one topic: on Home, and on the map and on Live.
        for _ in 0..<200 {
            try pane.press("<")
            if try pane.lines().contains(where: { $0.contains("Topics 1 ") }) { break }
        }
        try pane.wait(for: "Topics 1 ")
        try pane.wait("the past") { lines in
            lines[0].contains("PAUSED") && lines[0].contains("10 entries")
        }
        try pane.press("3")
        try pane.wait(for: "1 file, blocks of 10 MiB")
        try pane.press("4")
        try pane.wait(for: "Unread 10 ")
        // And forward, step by step, to what it was when it was paused.
        for _ in 0..<200 {
            try pane.press(">")
            if try pane.lines().contains(where: { $0.contains("Unread 20 ") }) { break }
        }
        try pane.wait(for: "Unread 20 ")
        try pane.type(":at -1h")
        try pane.press("Enter")
        try pane.wait(for: "the console remembers looks at")
        try pane.wait(for: "Unread 10 ")
        // Now, with what came meanwhile.
        try pane.press("`")
        try pane.wait(for: "Unread 30 ")
        try pane.wait("no pause") { !$0[0].contains("PAUSED") }
        try pane.press("C-c")
        try pane.wait(for: "status 0")
    }

    @Test func aRecordingIsPlayed() throws {
        let pane = try Pane(columns: 120, rows: 40)
        try pane.run(
            "seq 10 | \"$walrus\" append log t --lines --create; "
                + "(sleep 1; seq 10 | \"$walrus\" append log u --lines) & "
                + "\"$walrus\" record log --out a.rec --interval 200ms --count 20; echo \"ma\"\"de $?\""
        )
        try pane.wait(for: "made 0")
        try pane.run("clear; \"$walrus\" --play a.rec; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "20/20")
        try pane.wait(for: "20 entries")
        try pane.type(":at -1h")
        try pane.press("Enter")
        try pane.wait(for: "the recording begins at")
        try pane.wait(for: "1/20")
        try pane.wait(for: "10 entries")
        // It plays by itself to the end, and the second topic comes.
        try pane.press("p")
        try pane.wait(for: "PLAYING")
        try pane.wait(for: "20/20")
        try pane.wait(for: "Topics 2")
        try pane.wait(for: "RECORDED")
        try pane.press("<", "<")
        try pane.wait(for: "18/20")
        try pane.press("3")
        try pane.wait(for: "blocks of 10 MiB")
        try pane.press("2")
        try pane.wait(for: "a recording holds no payloads")
        try pane.press("C-c")
        try pane.wait(for: "status 0")
        // From a time on.
        try pane.run("clear; \"$walrus\" --play a.rec --at=-2s; echo \"sta\"\"tus $?\"")
        try pane.wait("a frame in the middle") { lines in
            (5...14).contains { number in lines.contains { $0.contains(" \(number)/20") } }
        }
        try pane.press("q")
        try pane.wait(for: "status 0")
        try pane.run("clear; \"$walrus\" --play a.rec --at=1970-01-01; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "status 1")
        try pane.wait(for: "the recording begins at")
    }
}
