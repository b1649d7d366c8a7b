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

    /// Runs the verb until it is killed, or ends before that. Whether it ended well.
    private func killed(
        _ arguments: [String], input: [UInt8] = [], within milliseconds: Int,
        _ random: inout SeededRandom
    ) throws -> Bool {
        let process = try Subprocess(
            Subprocess.walrus, [arguments[0], log.path.string] + arguments.dropFirst(),
            input: input, directory: log.path.removingLastComponent())
        usleep(UInt32.random(in: 0...UInt32(1_000 * milliseconds), using: &random))
        process.send(SIGKILL)
        let result = try process.wait()
        if result.status != 0, result.status != 128 + Int(SIGKILL) {
            Issue.record("ended with \(result.status): \(result.errors)")
        }
        return result.status == 0
    }

    /// How long the verb takes when nobody kills it, with as much again.
    private func duration(_ arguments: [String], input: [UInt8] = []) throws -> Int {
        let start = Clock.monotonic()
        let result = try Subprocess.run(
            Subprocess.walrus, [arguments[0], log.path.string] + arguments.dropFirst(),
            input: input, directory: log.path.removingLastComponent())
        #expect(result.status == 0, "\(result.errors)")
        return min(500, Int((Clock.monotonic() - start) / 500_000) + 1)
    }

    private func unread() throws -> Int {
        try #require(try log.topic("t")["unread"]?.int)
    }

    @Test func consuming() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.consuming")
        let verb = ["consume", "t", "--limit", "150", "--out"]
        let milliseconds = try duration(verb + ["all.raw"])
        let whole = try log.bash("sha256sum <all.raw").text
        var done = 0
        for number in 0..<kills {
            #expect(try log.run("seek", "t", "begin", "--yes").status == 0)
            let ended = try killed(verb + ["\(number).raw"], within: milliseconds, &random)
            let left = try unread()
            #expect(left == Self.entries - 150 || (left == Self.entries && !ended))
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
        #expect(try log.run("consume", "t", "--limit", "50", "--out", "f").status == 0)
        let milliseconds = try duration(["seek", "t", "10", "--yes"])
        var now = try unread()
        for number in 0..<kills {
            let ordinal = 20 + number
            let ended = try killed(
                ["seek", "t", "\(ordinal)", "--yes"], within: milliseconds, &random)
            let left = try unread()
            let after = Self.entries - ordinal + 1
            #expect(left == after || (left == now && !ended))
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
            let ended = try killed(verb, input: input, within: milliseconds, &random)
            let now = try #require(try log.topic("u")["entries"]?.int)
            #expect(now == entries + 50 || (now == entries && !ended))
            entries = now
        }
        #expect(try log.payloads("u").count == entries)
        #expect(try log.run("check").status == 0)
    }

    @Test func marking() throws {
        var random = SeededRandom.fromEnvironment("ActionKillTests.marking")
        let milliseconds = try duration(["mark", "t", "clean"])
        var isClean = true
        for number in 0..<kills {
            let wanted = number % 2 == 1
            let ended = try killed(
                ["mark", "t", wanted ? "clean" : "dirty"], within: milliseconds, &random)
            let now = try log.topic("t")["clean"] == .bool(true)
            #expect(now == wanted || (now == isClean && !ended))
            isClean = now
        }
    }
}
