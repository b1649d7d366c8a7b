import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusFormat

@testable import Inspect

/// What a scan has found before it ends is true as far as it goes.
@Suite struct FirstLookTests {
    private struct Seen: Sendable {
        var looks: [FirstLook] = []
        var shares: [(done: Int, total: Int)] = []
    }

    private func watch(_ scanner: Scanner) throws -> (DirectoryState, Seen, FirstLook) {
        let notes = FirstLookNotes()
        // A build for Thread Sanitizer has another of that name.
        let seen = Synchronization.Mutex(Seen())
        let state = try scanner.scan(
            progress: { progress in
                seen.withLock { $0.shares.append((progress.done, progress.total)) }
                return true
            },
            stage: { stage in
                seen.withLock { $0.looks.append(notes.look(at: stage)) }
            }, notes: notes)
        return (try #require(state), seen.withLock { $0 }, notes.look())
    }

    @Test(arguments: ["small", "multi"])
    func itGrowsToTheWhole(name: String) throws {
        let fixture = try Fixture(name)
        let (state, seen, last) = try watch(Scanner(fixture.path))
        for look in seen.looks {
            #expect(look.files.map(\.name) == state.files.map(\.name))
            #expect(look.allocated == state.allocated)
            #expect(look.entries <= last.entries && look.countedBlocks <= look.blocks)
            #expect(look.topics.map(\.name) == look.topics.map(\.name).sorted())
        }
        #expect(last.blocks == state.files.reduce(0) { $0 + $1.blocks.count })
        #expect(last.countedBlocks == last.blocks)
        let withBlocks = state.topics.filter { !$0.blocks.isEmpty }
        #expect(last.topics.map(\.name) == withBlocks.map(\.name))
        #expect(last.topics.map(\.entries) == withBlocks.map(\.entries))
        #expect(last.topics.map(\.size) == withBlocks.map(\.size))
    }

    /// A file of 1000 MiB with a few bytes in each of its blocks is a few bytes to be read.
    @Test func progressIsOverWhatIsThere() throws {
        let log = try LogWriter()
        try log.create()
        for slot in 0..<6 {
            try log.entry(
                [UInt8](repeating: 7, count: 3_000), TopicName("t\(slot)"), slot: slot)
        }
        let (state, seen, _) = try watch(Scanner(log.path))
        let total = try #require(seen.shares.last?.total)
        #expect(state.topics.count == 6 && total >= 6 * 3_000)
        // What the file system gives out in its own pieces.
        #expect(total <= max(state.allocated, 6 * 64 << 10), "\(total) of \(state.allocated)")
        #expect(seen.shares.allSatisfy { $0.done <= $0.total && $0.total == total })
        #expect(seen.shares.map(\.done).max() == total)
    }
}
