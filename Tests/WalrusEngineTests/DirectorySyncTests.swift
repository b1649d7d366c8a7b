import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Names are made durable when they must be, and entries exactly when the schedule says so.
@Suite struct DirectorySyncTests {
    private struct Step: Hashable {
        let operation: FaultyStorage.Operation
        let name: String
    }

    private final class Log: Sendable {
        private let steps = Mutex<[Step]>([])
        var all: [Step] { steps.withLock { $0 } }
        func add(_ step: Step) { steps.withLock { $0.append(step) } }
    }

    private func logging(_ place: Workplace) -> Log {
        let log = Log()
        place.storage.fail { operation, name in
            log.add(Step(operation: operation, name: name))
            return nil
        }
        return log
    }

    /// `.never` syncs no data file: not for an append, not when a block is full, not on closing.
    @Test func f26NeverMeansNever() throws {
        let place = try Workplace()
        let log = logging(place)
        let walrus = try place.openFaulty(.strictlyAtOnce, .never)
        let large = [UInt8](repeating: 1, count: 4_000_000)
        for _ in 0..<6 { try walrus.append(large, to: "t") }
        try walrus.append(batch: [large, [], large], to: "t")
        #expect(walrus.status("t")?.blocks == 4)
        try walrus.consume("t")
        try walrus.close()
        #expect(!log.all.contains { $0.operation == .sync && DataFileName($0.name) != nil })
    }

    /// What a killed predecessor has left to the system is synced as if it were our own, whether we
    /// write to the file or not.
    @Test(arguments: [FsyncSchedule.milliseconds(1), .each, .never])
    func whatAPredecessorLeftIsSynced(schedule: FsyncSchedule) throws {
        let place = try Workplace()
        let names = ["1763670155020", "1763670155021"]
        for name in names { try place.putEntries([[1]], "t", file: name, slot: 0) }
        let log = logging(place)
        func synced() -> Set<String> {
            Set(log.all.filter { $0.operation == .sync }.map(\.name)).intersection(names)
        }
        let due = schedule == .never ? [] : Set(names)
        let walrus = try place.openFaulty(.strictlyAtOnce, schedule)
        for _ in 0..<10_000 where synced() != due { Clock.sleep(nanoseconds: 1_000_000) }
        #expect(synced() == due)
        try walrus.close()
        #expect(synced() == due)
        // Once all of it is durable, and known to be, opening and closing sync nothing.
        guard schedule != .never else { return }
        place.storage.heal()
        let again = logging(place)
        try place.openFaulty(.strictlyAtOnce, schedule).close()
        #expect(!again.all.contains { $0.operation == .sync && names.contains($0.name) })
    }

    /// Every name that is made, changed or taken away is followed by a sync of the directory: before
    /// the first entry, and before anything that relies on it.
    @Test func f26NamesAreMadeDurable() throws {
        let place = try Workplace()
        try place.putEntries([[1]], "t", file: "1763670155020", slot: 0)
        try place.putEntries([[2]], "t", file: "1763670155021", slot: 99)
        try place.session { _ in }
        let log = logging(place)
        let walrus = try place.openFaulty(.strictlyAtOnce, .never)
        try walrus.append([1], to: "new")
        try walrus.consume("t")
        try walrus.close()
        let steps = log.all
        let named = steps.indices.filter {
            [.create, .rename, .remove].contains(steps[$0].operation)
        }
        #expect(Set(named.map { steps[$0].operation }) == [.create, .rename, .remove])
        for index in named {
            let next = steps[(index + 1)...].first { $0.operation != .remove }
            #expect(next?.operation == .syncDirectory, "\(steps[index])")
        }
        // The snapshot goes before anything else happens.
        #expect(steps.first == Step(operation: .remove, name: DirectoryNames.snapshot))
        // A file goes after the index is there that is right without it.
        let removal = try #require(
            steps.firstIndex { $0.operation == .remove && $0.name == "1763670155020" })
        let index = try #require(
            steps[..<removal].lastIndex {
                $0.operation == .rename
                    && $0.name == DirectoryNames.replacement(of: DirectoryNames.cursorIndex)
            })
        #expect(steps[index..<removal].map(\.operation).contains(.syncDirectory))
        let record = try #require(
            steps[..<index].lastIndex {
                $0.operation == .sync && $0.name == DirectoryNames.cursorJournal
            })
        #expect(record < index)
    }
}
