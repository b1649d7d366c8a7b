import Testing

@testable import Inspect
@testable import WalrusConsole

/// The console in labelled lines.
@Suite struct PlainTests {
    /// What is said to each of the lines.
    private func session(_ words: [String]) throws -> String {
        var model = Sample.model(200, 60)
        _ = try Sample.session(&model)
        var said = PlainText.lines(.screen, model)
        for line in words {
            let (effects, reply) = model.plain(line)
            _ = Sample.settle(&model, effects)
            said += ["", "> \(line)"] + PlainText.lines(reply, model)
        }
        return said.joined(separator: "\n") + "\n"
    }

    @Test(arguments: [
        ("home", ["", "last", "previous", "2", "99", "find e", "all", "list"]),
        (
            "entries",
            ["topic orders", "next", "read", "find .status == \"err\"", "find .a ==", "all"]
        ),
        ("check", ["check", "list", "open", "back"]),
        ("blocks", ["blocks", "next", "read", "last"]),
        ("hex", ["hex", "next", "read"]),
        ("bench", ["bench", "next", "compare", "list", "compare", "9", "open", "back"]),
        ("others", ["help", "theme mono", "actions", "xyzzy", "quit"]),
    ])
    func sessions(name: String, words: [String]) throws {
        GoldenFile.check(try session(words), "plain-\(name).txt")
    }

    /// All that the Live screen shows: throughput, the engine's own figures, latencies with their
    /// source, what is unread and when it is drained, events. The same in the past, which says so.
    @Test(arguments: [true, false])
    func live(hasEngine: Bool) throws {
        var model = try LiveScreenTests.model(200, 60, hasEngine: hasEngine)
        var said: [String] = []
        for line in ["live", "list", "read", "at -20s", "where", "now", "where"] {
            let (effects, reply) = model.plain(line)
            _ = Sample.settle(&model, effects)
            said += ["> \(line)"] + PlainText.lines(reply, model) + [""]
        }
        let text = said.joined(separator: "\n")
        GoldenFile.check(text, "plain-live\(hasEngine ? "" : "-no-engine").txt")
        for topic in try #require(model.state).topics {
            #expect(text.contains("\(topic.name.shown(ascii: false)): unread \(topic.unread)"))
        }
        #expect(text.contains("drains in") && text.contains("Event at "))
        #expect(text.contains("Latency of append: p50") == hasEngine)
    }

    /// A line that is heard says all that it means: nothing is drawn, and no screen is silent.
    @Test func everyScreenSpeaks() throws {
        for screen in ConsoleModel.Screen.allCases where screen != .chooser {
            let said = try session([screen.rawValue, "list", "next", "previous", "read", "where"])
            #expect(said.contains("Screen: \(screen.title)"), "\(screen)")
            for scalar in said.unicodeScalars {
                #expect(!(0x2500...0x28FF).contains(scalar.value), "\(screen) \(scalar)")
                #expect(scalar == "\n" || scalar.value >= 0x20)
            }
        }
    }

    /// What the lines say are the numbers that the screen shows.
    @Test func theSameNumbers() throws {
        var model = Sample.model(200, 60)
        _ = try Sample.session(&model)
        let lines = PlainText.lines(.list, model).joined(separator: "\n")
        for topic in try #require(model.state).topics {
            #expect(lines.contains("\(Figures.grouped(topic.unread)) unread of"))
        }
    }
}
