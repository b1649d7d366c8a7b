import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// A verb that writes is killed at any moment: what it leaves is the state before or the state after.
///
/// `WALRUS_KILLS` says how often; the moments are the machine's own.
@Suite struct ActionKillTests {
    private static let entries = 200
    private let kills = Host.environment("WALRUS_KILLS").flatMap { Int($0) } ?? 24
    private let log: Log

    init() throws {
        log = try Log()
        let filler = String(repeating: "x", count: 2_000)
        let lines = (1...Self.entries).map { "\($0) \(filler)\n" }.joined()
        let made = try log.run(
            "append", "t", "--lines", "--fsync", "none", input: Array(lines.utf8))
        #expect(made.status == 0)
    }

    /// What a verb that was killed, or ended before that, has done.
    private struct Deed {
        let isDone: Bool
        /// Whether a line says that it began.
        let isNoted: Bool
        let output: String
    }

    private func killed(
        _ arguments: [String], input: [UInt8] = [], within milliseconds: Int,
        environment: [String: String?] = [:], _ random: inout SeededRandom
    ) throws -> Deed {
        let folder = log.path.removingLastComponent()
        let audit = folder.appending("audit.jsonl")
        let process = try Subprocess(
            Subprocess.walrus, [arguments[0], log.path.string] + arguments.dropFirst(),
            input: input, directory: folder,
            environment: environment.merging(["WALRUS_AUDIT": audit.string]) { $1 })
        usleep(UInt32.random(in: 0...UInt32(1_000 * milliseconds), using: &random))
        process.send(SIGKILL)
        let result = try process.wait()
        if result.status != 0, result.status != 128 + Int(SIGKILL) {
            Issue.record("ended with \(result.status): \(result.errors)")
        }
        return Deed(
            isDone: result.status == 0, isNoted: try process.hasBegun(in: audit),
            output: result.text)
    }

    /// How long the verb takes when nobody kills it, with as much again.
    private func duration(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String?] = [:]
    ) throws -> Int {
        let start = Clock.monotonic()
        let result = try Subprocess.run(
            Subprocess.walrus, [arguments[0], log.path.string] + arguments.dropFirst(),
            input: input, directory: log.path.removingLastComponent(), environment: environment)
        #expect(result.status == 0, "\(result.errors)")
        return min(500, Int((Clock.monotonic() - start) / 500_000) + 1)
    }

    private func count(_ topic: String) throws -> Int {
        try log.topics().first { $0["topic"]?.string == topic }?["entries"]?.int ?? 0
    }

    private func unread() throws -> Int {
        try #require(try log.topic("t")["unread"]?.int)
    }

    @Test func consuming() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.consuming")
        let verb = ["consume", "t", "--yes", "--limit", "150", "--out"]
        let milliseconds = try duration(verb + ["all.raw"])
        let whole = try log.bash("sha256sum <all.raw").text
        var done = 0
        for number in 0..<kills {
            #expect(try log.run("seek", "t", "begin", "--yes").status == 0)
            let deed = try killed(verb + ["\(number).raw"], within: milliseconds, &random)
            let left = try unread()
            #expect(left == Self.entries - 150 || (left == Self.entries && !deed.isDone))
            #expect(left == Self.entries || deed.isNoted)
            let file = try log.bash("sha256sum <\(number).raw 2>/dev/null; rm -f \(number).raw")
                .text
            #expect(file.isEmpty || file == whole)
            // The cursor moves only after the file is there.
            if left < Self.entries { #expect(file == whole) }
            done += left < Self.entries ? 1 : 0
        }
        print("  \(kills) kills of consume, \(done) of them after it was done")
    }

    @Test func seeking() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.seeking")
        #expect(try log.run("consume", "t", "--yes", "--limit", "50", "--out", "f").status == 0)
        let milliseconds = try duration(["seek", "t", "10", "--yes"])
        var now = try unread()
        for number in 0..<kills {
            let ordinal = 20 + number % 150
            let deed = try killed(
                ["seek", "t", "\(ordinal)", "--yes"], within: milliseconds, &random)
            let left = try unread()
            let after = Self.entries - ordinal + 1
            #expect(left == after || (left == now && !deed.isDone))
            #expect(left == now || deed.isNoted)
            now = left
        }
    }

    @Test func appendingABatch() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.appendingABatch")
        let batch = (0..<50).map { "\($0) \(String(repeating: "y", count: 3_000))\n" }.joined()
        let input = Array(batch.utf8)
        let verb = ["append", "u", "--lines", "--batch"]
        let milliseconds = try duration(verb, input: input)
        var entries = 50
        for _ in 0..<kills {
            let deed = try killed(verb, input: input, within: milliseconds, &random)
            let now = try count("u")
            #expect(now == entries + 50 || (now == entries && !deed.isDone))
            #expect(now == entries || deed.isNoted)
            entries = now
        }
        #expect(try log.payloads("u").count == entries)
        #expect(try log.run("check").status == 0)
    }

    /// One by one: a kill leaves those before it, and at least those that were acknowledged.
    @Test func appending() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.appending")
        let verb = ["append", "u", "--lines"]
        let first = (0..<40).map { "first \($0)" }
        let milliseconds = try duration(verb, input: Array(first.joined(separator: "\n").utf8))
        var there = first
        for number in 0..<kills {
            let lines = (0..<40).map { "\(number) \($0)" }
            let deed = try killed(
                verb, input: Array(lines.joined(separator: "\n").utf8), within: milliseconds,
                &random)
            let added = try count("u") - there.count
            try #require((0...40).contains(added))
            #expect(added == 40 || !deed.isDone)
            #expect(added >= deed.output.count { $0 == "\n" })
            #expect(added == 0 || deed.isNoted)
            there += lines.prefix(added)
        }
        #expect(try log.payloads("u") == there.map { Array($0.utf8) })
        #expect(try log.run("check").status == 0)
    }

    /// In batches of a thousand: a kill leaves whole ones.
    @Test func importing() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.importing")
        let lines = (0..<2_500).map { #"{"payload":"\#($0)"}"# + "\n" }.joined()
        try DiskStorage(log.path.removingLastComponent()).replace(
            "lines.jsonl", with: Array(lines.utf8), temporary: "lines.tmp")
        let verb = ["import", "u", "lines.jsonl"]
        let milliseconds = try duration(verb)
        var there = 2_500
        for _ in 0..<kills {
            let deed = try killed(verb, within: milliseconds, &random)
            let added = try count("u") - there
            #expect([0, 1_000, 2_000, 2_500].contains(added))
            #expect(added == 2_500 || !deed.isDone)
            #expect(added == 0 || deed.isNoted)
            there += added
        }
        #expect(try log.run("check").status == 0)
    }

    /// Beside a service, whose engine does it: all of a batch or nothing, and it goes on.
    @Test func actingBesideAService() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.actingBesideAService")
        let runtime: [String: String?] = [
            "XDG_RUNTIME_DIR": log.path.removingLastComponent().string
        ]
        let service = try Subprocess(
            Subprocess.walrus.removingLastComponent().appending("EngineThatServes"),
            ["works", log.path.string, "120"], environment: runtime)
        while try service.output().isEmpty { usleep(1_000) }
        let input = Array((0..<50).map { "\($0)\n" }.joined().utf8)
        let verb = ["append", "u", "--lines", "--batch"]
        let milliseconds = try duration(verb, input: input, environment: runtime)
        var (done, begun) = (1, 1)
        for _ in 0..<kills {
            let deed = try killed(
                verb, input: input, within: milliseconds, environment: runtime, &random)
            done += deed.isDone ? 1 : 0
            begun += deed.isNoted ? 1 : 0
        }
        service.send(SIGTERM)
        #expect(try service.wait().status == 0)
        let there = try count("u")
        #expect(there.isMultiple(of: 50))
        #expect((done...begun).contains(there / 50))
        #expect(
            try log.payloads("u").map { String(decoding: $0, as: UTF8.self) }
                == (0..<there).map { "\($0 % 50)" })
        #expect(try log.run("check").status == 0)
    }

    @Test func marking() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.marking")
        let milliseconds = try duration(["mark", "t", "clean"])
        var isClean = true
        for number in 0..<kills {
            let wanted = number % 2 == 1
            let deed = try killed(
                ["mark", "t", wanted ? "clean" : "dirty"], within: milliseconds, &random)
            let now = try log.topic("t")["clean"] == .bool(true)
            #expect(now == wanted || (now == isClean && !deed.isDone))
            #expect(now == isClean || deed.isNoted)
            isClean = now
        }
    }
}
