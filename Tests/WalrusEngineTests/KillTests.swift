import Glibc
import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A process that works with an engine is killed at any moment, again and again.
///
/// `WALRUS_SEED` decides what is done, and how. The moment of a kill is the machine's own, so the
/// same seed may need some tries.
@Suite struct KillTests {
    private struct Life {
        let schedule: String
        let backend: String
        let every: Int
        let reclamation: String

        init(_ random: inout SeededRandom) {
            schedule = ["each", "each", "3", "200", "never"].randomElement(using: &random)!
            backend = ["fd", "mmap"].randomElement(using: &random)!
            every = [1, 1, 2, 7, 50].randomElement(using: &random)!
            reclamation = ["immediate", "immediate", "off"].randomElement(using: &random)!
        }

        var arguments: [String] {
            [schedule, backend, every == 1 ? "strict" : "\(every)", reclamation]
        }
    }

    private static let program = Subprocess.walrus.removingLastComponent()
        .appending("EngineToBeKilled")
    /// Kills after which another directory is taken.
    private static let killsPerDirectory = 18

    @Test func nothingPromisedIsLost() throws {
        var random = SeededRandom.fromEnvironment("nothingPromisedIsLost")
        let kills = Host.environment("WALRUS_KILLS").flatMap { Int($0) } ?? 36
        var left = kills
        var first = 0
        while left > 0 {
            try killRepeatedly(min(left, Self.killsPerDirectory), first: first, &random)
            first += Self.killsPerDirectory
            left -= Self.killsPerDirectory
        }
    }

    private func killRepeatedly(_ kills: Int, first: Int, _ random: inout SeededRandom) throws {
        let place = try Workplace()
        var truth = KillTruth()
        // Most of the first file's slots are behind this one: a file is soon full, and soon goes.
        let entry = KilledEntry.batch(life: 1_000_000, call: 0, count: 1)
        let topic: TopicName = "small 0"
        _ = try place.putEntry(
            entry[0].payload(in: topic), topic, file: "1763670155020", slot: 80,
            stamp: EntryStamp(sequence: 1, timestamp: 1))
        truth.isThere(entry, topic)
        var isReclaimed = false
        for number in first..<first + kills {
            let life = Life(&random)
            let story = "seed \(random.seed), kill \(number), \(life.arguments)"
            isReclaimed = isReclaimed || life.reclamation == "immediate"
            do {
                try truth.replay(try liveAndDie(life, number, place.path, &random))
                try verify(&truth, place, life, isReclaimed, &random)
            } catch {
                Issue.record(
                    "\(story): \(error); the directory: \(try keep(place, random.seed, number))")
                return
            }
        }
        print("  \(kills) kills: \(truth.summary)")
        #expect(truth.acknowledged > 0)
    }

    /// Everything that the process said until it was killed.
    private func liveAndDie(
        _ life: Life, _ number: Int, _ path: FilePath, _ random: inout SeededRandom
    ) throws -> String {
        let milliseconds = UInt64.random(in: 10...150, using: &random)
        let waits = Int.random(in: 0..<5, using: &random) > 0
        let child = try Subprocess(
            Self.program, [path.string] + life.arguments + ["\(number)", "\(random.next())"])
        // Mostly not before it works, however busy the machine is; sometimes while it opens.
        let deadline = Clock.monotonic() + 20_000_000_000
        while waits, Clock.monotonic() < deadline,
            String(decoding: try child.output(), as: UTF8.self).firstRange(of: "opened") == nil
        {
            Clock.sleep(nanoseconds: 1_000_000)
        }
        Clock.sleep(nanoseconds: milliseconds * 1_000_000)
        child.send(SIGKILL)
        let result = try child.wait()
        if result.status != 128 + Int(SIGKILL) {
            throw KillTruth.Broken(
                description: "ended by itself, \(result.status): \(result.errors)"
                    + (result.lines.last.map(String.init) ?? ""))
        }
        return result.text
    }

    /// Half of the times on a copy, so that the next process opens what this one left.
    private func verify(
        _ truth: inout KillTruth, _ place: Workplace, _ life: Life, _ isReclaimed: Bool,
        _ random: inout SeededRandom
    ) throws {
        let isCopy = Bool.random(using: &random)
        let examined = isCopy ? try Workplace() : place
        if isCopy { try shell("cp -a --sparse=always \(place.path)/. \(examined.path)") }
        // Inspect first: opening mends.
        guard let scanned = try Scanner(examined.path).scan() else { return }
        var configuration = examined.configuration()
        configuration.reclamation = .off
        configuration.backend = StorageBackend.allCases.randomElement(using: &random)!
        let walrus = try Walrus(configuration)
        defer { try? walrus.close() }
        let report = walrus.recoveryReport
        guard report.setAside.isEmpty, report.reconciliations.isEmpty,
            report.reconciledMarks.isEmpty
        else { throw KillTruth.Broken(description: "opening reports \(report)") }
        try truth.verify(walrus, scanned, every: life.every, isReclaimed: isReclaimed)
    }

    /// A copy for whoever looks for the reason.
    private func keep(_ place: Workplace, _ seed: UInt64, _ number: Int) throws -> FilePath {
        let kept = place.path.removingLastComponent().appending("walrus-killed-\(seed)-\(number)")
        try shell("rm -rf \(kept) && cp -a --sparse=always \(place.path) \(kept)")
        return kept
    }
}
