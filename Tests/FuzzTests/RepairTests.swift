import FuzzTargets
import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// Repairs of directories as fuzzing makes them: each is done, compared, undone and done again.
@Suite struct RepairTests {
    private static let corpus = FilePath(#filePath).removingLastComponent().appending("Corpus")

    /// - Parameter everything: also what may be taken away only by name.
    @Test(arguments: [false, true]) func whatFuzzingFound(everything: Bool) throws {
        let folder = Self.corpus.appending("directory")
        for (number, name) in try Directory.list(folder).map(\.name).sorted().enumerated() {
            // Each is looked at one way or the other.
            guard number.isMultiple(of: 2) == everything else { continue }
            let bytes = try #require(try Directory.contents(of: folder.appending(name)))
            #expect(throws: Never.self, "\(name)") {
                try RepairCheck.run(bytes, everything: everything, cut: number)
            }
        }
    }

    @Test func atRandom() throws {
        var random = SeededRandom.fromEnvironment("RepairTests.atRandom")
        var sum = RepairCheck.Outcome()
        let rounds = Host.environment("WALRUS_REPAIRS").flatMap { Int($0) } ?? 60
        for round in 0..<rounds {
            let bytes = random.bytes(Int.random(in: 20...600, using: &random))
            do {
                sum.add(
                    try RepairCheck.run(
                        bytes, everything: Bool.random(using: &random),
                        cut: round % 3 == 0 ? round : nil))
            } catch { Issue.record("round \(round): \(error)") }
        }
        // Or it was about nothing. Few rounds need not come by every kind.
        let kinds = [
            "cursor-index", "clean-index", "journal", "journal-tail", "batch-intents", "cursors",
            "batch", "tail", "leftover",
        ]
        let found = kinds.filter { sum.kinds[$0] ?? 0 > 0 }
        #expect(found.count >= (rounds < 600 ? 5 : kinds.count), "\(sum)")
        #expect(sum.interruptions > 0)
    }
}
