import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Random work while processes die and the power goes at any operation, on a directory that then
/// holds any mixture of what no sync has covered (`CrashStorage`).
@Suite struct PowerLossTests {
    @Test func nothingPromisedIsLost() throws {
        var random = SeededRandom.fromEnvironment("PowerLossTests")
        let rounds = Host.environment("WALRUS_POWER_LOSSES").flatMap { Int($0) } ?? 60
        var summary = PowerLossWorld.Summary()
        for round in 0..<max(1, rounds / 12) {
            // So that the seed of a world that fails makes it the first one.
            let seed = round == 0 ? random.seed : random.next()
            // In half of the worlds files are soon full, and go once they are consumed.
            try run(seed: seed, fullSlots: seed % 2 == 0 ? 85 : 0, sessions: 12, &summary)
        }
        print("  \(summary)")
        #expect(summary.powerLosses > 0 && summary.appended > 0)
        #expect(summary.reclaimed > 0 || rounds < 600)
    }

    /// Worlds that found something: a journal that a dying process had renamed and not synced, and
    /// that the next one built on.
    @Test(arguments: [11_069_358_947_242_596_417])
    func whatWasFoundStaysMended(seed: UInt64) throws {
        var summary = PowerLossWorld.Summary()
        try run(seed: seed, fullSlots: 0, sessions: 12, &summary)
        #expect(summary.sessions == 12)
    }

    private func run(
        seed: UInt64, fullSlots: Int, sessions: Int, _ summary: inout PowerLossWorld.Summary
    ) throws {
        let world = try PowerLossWorld(seed: seed, fullSlots: fullSlots)
        do {
            for _ in 0..<sessions { try world.live() }
            summary.add(world.summary)
        } catch {
            Issue.record("\(world.story): \(error)")
        }
    }
}

extension PowerLossTests {
    /// A mark is durable when the call returns, also where an append has said the same before and
    /// nobody has synced that.
    @Test func aMarkThatIsSetAlreadyIsMadeDurable() throws {
        for seed in 0..<8 {
            var random = SeededRandom(seed: UInt64(seed))
            let crash = try CrashStorage()
            var configuration = Configuration(
                directory: crash.path, key: nil, fsyncSchedule: .never)
            configuration.looksForStrangers = false
            configuration.servesControl = false
            configuration.writesMetrics = false
            let disk = DiskStorage(crash.path)
            let walrus = try Walrus(configuration, on: crash.process(on: disk))
            try walrus.append([1], to: "t")
            try walrus.append([1], to: "u")
            try walrus.markDirty("t")
            crash.kill()
            try? walrus.close()
            try crash.powerLoss(&random)
            let next = try Walrus(configuration, on: crash.process(on: disk))
            #expect(!next.isClean("t"), "seed \(seed)")
            try next.close()
        }
    }
}
