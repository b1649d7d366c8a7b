import Inspect
public import SystemPackage
import TestSupport
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A repair does what its plan says and takes nothing from readers; undoing it gives every byte back,
/// also where either was cut off anywhere.
public enum RepairCheck {
    /// What came of it, so that a test can see that it was about something.
    public struct Outcome {
        public var kinds: [String: Int] = [:]
        public var interruptions = 0

        public init() {}

        public mutating func add(_ other: Outcome) {
            kinds.merge(other.kinds, uniquingKeysWith: +)
            interruptions += other.interruptions
        }
    }

    private struct Place: Hashable {
        let file: DataFileName
        let slot: Int
        let offset: Int
        let length: Int
        let checksum: UInt64
        let isConsumed: Bool
    }

    /// - Parameter cut: which write to stop before, of those that there are; nil: none.
    public static func run(_ bytes: [UInt8], everything: Bool, cut: Int? = nil) throws -> Outcome {
        let log = try DirectoryInput.write(bytes)
        return try withExtendedLifetime(log) {
            try run(log.path, everything: everything, cut: cut)
        }
    }

    public static func run(_ path: FilePath, everything: Bool, cut: Int? = nil) throws -> Outcome {
        var outcome = Outcome()
        let records = try TempDirectory(inMemory: true)
        let store = UndoStore(records.path.appending("undo"))
        let job = RepairJob(path, store: store, command: "walrus repair")
        let offered = try job.plan().repairs
        let plan = try job.plan(only: everything ? offered.map(\.id) : nil)
        for repair in plan.chosen { outcome.kinds[repair.kind.rawValue, default: 0] += 1 }
        guard !plan.chosen.isEmpty else { return outcome }
        let before = try look(path)
        let bytesBefore = try contents(path)
        let number: Int
        do { number = try job.apply(plan) } catch is RepairJob.Failure
            where plan.chosen.contains(where: { [.cursorIndex, .journal].contains($0.kind) })
        {
            // What was in doubt while a file was damaged may be told by the other one: then nothing is done.
            try expectEqual(
                try contents(path), bytesBefore, "the bytes after a repair that was taken back")
            outcome.kinds = ["taken back": 1]
            return outcome
        } catch {
            throw FuzzFailure(
                description: "\(error): \(plan.chosen.map(\.id)), \(plan.changeLines)")
        }
        let after = try look(path)
        try compare(before, after, plan, path)
        try expect(
            try job.plan(only: []).repairs.allSatisfy { left in
                !plan.chosen.contains { $0.id == left.id } || left.kind == .leftover
                    || left.kind == .tail
            }, "what was mended needs no mending")
        let bytesAfter = try contents(path)
        if let cut { try interrupt(store, number, bytesBefore, bytesAfter, path, cut, &outcome) }
        try expect(try store.bring(number, back: true).changed, "there was something to undo")
        try expectEqual(
            try contents(path), bytesBefore, "the bytes after undo \(plan.chosen.map(\.id))")
        try expect(try !store.bring(number, back: true).changed, "nothing was left to undo")
        try expectEqual(try contents(path), bytesBefore, "the bytes after undoing twice")
        _ = try store.bring(number, back: false)
        try expectEqual(try contents(path), bytesAfter, "the bytes after doing it again")
        try compareWithEngine(before: after.state, path, plan)
        return outcome
    }

    /// Cuts either direction off before some write, then goes on in either direction.
    private static func interrupt(
        _ store: UndoStore, _ number: Int, _ old: [String: [UInt64]], _ new: [String: [UInt64]],
        _ path: FilePath, _ cut: Int, _ outcome: inout Outcome
    ) throws {
        var random = SeededRandom(seed: UInt64(cut))
        for isUndo in [true, false, true, false] {
            let limit = Int.random(in: 0...12, using: &random)
            var count = 0
            do {
                _ = try store.bring(number, back: isUndo) {
                    count += 1
                    if count > limit { throw FuzzFailure(description: "cut off") }
                }
            } catch is FuzzFailure { outcome.interruptions += 1 }
            let finishesUndo = Bool.random(using: &random)
            _ = try store.bring(number, back: finishesUndo)
            try expectEqual(
                try contents(path), finishesUndo ? old : new, "the bytes after it was cut off")
            _ = try store.bring(number, back: !isUndo)
        }
        _ = try store.bring(number, back: false)
    }

    private static func look(_ path: FilePath) throws -> (
        state: DirectoryState, rows: [TopicName: [Place]]
    ) {
        guard let state = try Scanner(path).scan() else {
            throw FuzzFailure(description: "a scan that nobody stops comes to its end")
        }
        var rows: [TopicName: [Place]] = [:]
        for topic in state.topics {
            var places: [Place] = []
            unsafe try EntryReader(directory: path, topic: topic).forEach(from: 1) { row, _ in
                guard row.damage == nil else { return true }
                places.append(
                    Place(
                        file: row.file, slot: row.slot, offset: row.offset, length: row.length,
                        checksum: row.checksum, isConsumed: row.isConsumed))
                return true
            }
            rows[topic.name] = places
        }
        return (state, rows)
    }

    private static func compare(
        _ before: (state: DirectoryState, rows: [TopicName: [Place]]),
        _ after: (state: DirectoryState, rows: [TopicName: [Place]]), _ plan: RepairPlan,
        _ path: FilePath
    ) throws {
        let isIndexLost = plan.chosen.contains { $0.kind == .cursorIndex }
        for (topic, places) in before.rows where !places.isEmpty {
            let now = after.rows[topic] ?? []
            func bare(_ place: Place) -> String {
                "\(place.file):\(place.slot)+\(place.offset) \(place.length) \(place.checksum)"
            }
            try expectEqual(now.map(bare), places.map(bare), "the entries of \(topic.hex)")
            if !isIndexLost {
                try expectEqual(now, places, "the entries of \(topic.hex) that are consumed")
            }
        }
        let there = Set(
            after.state.findings.map {
                "\($0.kind) \($0.file ?? "") \($0.block ?? -1) \($0.offset ?? -1)"
            })
        for finding in plan.chosen.flatMap(\.findings) {
            let identity =
                "\(finding.kind) \(finding.file ?? "") \(finding.block ?? -1) \(finding.offset ?? -1)"
            try expect(!there.contains(identity), "\(finding.message) is gone")
        }
    }

    private static func compareWithEngine(
        before: DirectoryState, _ path: FilePath, _ plan: RepairPlan
    ) throws {
        var configuration = Configuration(
            directory: path, key: nil, fsyncSchedule: .never, reclamation: .off,
            backend: .fileDescriptor)
        configuration.looksForStrangers = false
        configuration.writesMetrics = false
        let walrus = try Walrus(configuration)
        defer { try? walrus.close() }
        let found = Dictionary(
            uniqueKeysWithValues: walrus.topics().map { ($0.name, [$0.entries, $0.unread]) })
        for topic in before.topics where topic.entries > 0 {
            try expectEqual(
                found[topic.name] ?? [0, 0], [topic.entries, topic.unread],
                "entries and unread ones of \(topic.name.hex) for the engine")
        }
        let dropped = walrus.recoveryReport.droppedBatches
        for batch in plan.chosen.filter({ $0.kind == .batch }).flatMap(\.cuts) {
            try expect(
                !dropped.contains { $0.topic == batch.topic }, "no batch is left to be dropped")
        }
    }

    /// What stands in every file, page by page, but for the lock and what a sparse file leaves out.
    private static func contents(_ path: FilePath) throws -> [String: [UInt64]] {
        var found: [String: [UInt64]] = [:]
        for entry in try Directory.list(path)
        where entry.kind == .file && entry.name != DirectoryNames.lock {
            let file = try DiskFile(path.appending(entry.name), .readOnly)
            var sums = [UInt64(try file.size())]
            var at = 0
            while let range = try file.dataRange(from: at) {
                for start in stride(
                    from: range.lowerBound & ~4_095, to: range.upperBound, by: 4_096)
                {
                    let page = try file.read(at: start, count: 4_096)
                    if page.contains(where: { $0 != 0 }) {
                        sums += [UInt64(start), FNV1a.hash(page)]
                    }
                }
                at = range.upperBound
            }
            found[entry.name] = sums
        }
        return found
    }
}
