import Inspect
import SystemPackage
import WalrusEngine
import WalrusFormat

/// A log that nobody else appends to as long as it is open.
public protocol ExclusiveLog: OpenLog {}

extension EngineLog: ExclusiveLog {}

/// The topic that is replayed into, as a look at its directory shows it.
final class ReplayTarget {
    enum Found: Hashable {
        /// With the sum that was asked for, over its entries as they are there.
        case there(EntrySum)
        case missing
        /// What stood there is gone.
        case unknown
    }

    private let scanner: Scanner
    private let log: (any OpenLog)?
    private let topic: TopicName

    /// - Parameter log: nil where it is not open, and only looked at.
    init(_ scanner: Scanner, _ log: (any OpenLog)?, _ topic: TopicName) {
        self.scanner = scanner
        self.log = log
        self.topic = topic
    }

    private func look() throws -> TopicState? { try scanner.scan()?.topic(topic) }

    /// Where the topic ends now, and the running number of its last entry.
    func tail() throws -> (place: EntryPlace?, sequence: UInt64) {
        let state = try look()
        return (state?.end, state?.blocks.last?.stamps?.last.sequence ?? 0)
    }

    /// Looks for a batch that was, or was not, appended.
    ///
    /// Nobody appends in front of what is there, and a batch is there whole or not at all. So it is the
    /// first run of entries behind the place where the topic ended; where others may have appended at
    /// the same time, any run behind it that one batch can be.
    ///
    /// - Parameter sum: over the entries that were found before; goes on with those of the batch.
    func find(_ batch: PendingBatch, continuing sum: EntrySum) throws -> Found {
        guard let state = try look() else { return batch.after == nil ? .missing : .unknown }
        let reader = EntryReader(directory: scanner.directory, topic: state)
        let start = start(batch.after, state)
        var window = Window(batch, sum)
        var first: EntryRow?
        for index in state.blocks.indices[start.index...] {
            let offset = index == start.index ? start.offset : 0
            let goesOn = try unsafe reader.forEach(in: index, start: (offset, 0)) { row, _ in
                first = first ?? row
                window.add(row)
                return !window.isFound && !(start.isExact && batch.isAlone && window.isFull)
            }
            if !goesOn { break }
        }
        if let sum = window.foundSum { return .there(sum) }
        if start.isExact { return .missing }
        // The block that the topic ended in is gone, or it had none. What follows now is what followed
        // then if its number says so; a topic that nobody has read from has lost nothing.
        if first?.stamp?.sequence == batch.sequence + 1 { return .missing }
        let hasReader =
            try log?.topics().contains { $0.name == topic && $0.cursor != nil }
            ?? (state.cursor != nil)
        return hasReader ? .unknown : .missing
    }

    /// Whether a batch that was appended for sure is there, or its reader went into it: what was read may
    /// have been reclaimed.
    func holds(_ batch: PendingBatch) throws -> Bool {
        if case .there = try find(batch, continuing: EntrySum()) { return true }
        guard let state = try look() else { return false }
        if let cursor = state.cursor?.place { return batch.after.map { cursor > $0 } ?? true }
        // Without a block there is no place either: a reader is known, and all that it was to read is gone.
        guard state.blocks.isEmpty else { return false }
        let stored = try StoredFiles(scanner.directory)
        return stored.cursors.value?[topic] != nil || stored.journal.value?.cursors[topic] != nil
    }

    private func start(_ after: EntryPlace?, _ state: TopicState) -> (
        index: Int, offset: Int, isExact: Bool
    ) {
        guard let after else { return (0, 0, false) }
        if let index = state.blockIndex(of: after) { return (index, after.offset, true) }
        let next = state.blocks.firstIndex { ($0.file, $0.slot) > (after.file, after.slot) }
        return (next ?? state.blocks.count, 0, false)
    }

    /// The last entries that were seen, as many as the batch has.
    private struct Window {
        private let batch: PendingBatch
        private let sumBefore: EntrySum
        private var rows: [EntryRow] = []
        private(set) var foundSum: EntrySum?

        init(_ batch: PendingBatch, _ sumBefore: EntrySum) {
            self.batch = batch
            self.sumBefore = sumBefore
        }

        var isFound: Bool { foundSum != nil }
        var isFull: Bool { rows.count == batch.count }

        mutating func add(_ row: EntryRow) {
            if isFull { rows.removeFirst() }
            rows.append(row)
            guard isFull, isOneBatch else { return }
            var sum = EntrySum()
            var whole = sumBefore
            for row in rows {
                sum.add(length: row.length, checksum: row.checksum)
                whole.add(length: row.length, checksum: row.checksum)
            }
            if sum == batch.sum { foundSum = whole }
        }

        /// Headers without room for a stamp say nothing of batches.
        private var isOneBatch: Bool {
            guard rows.allSatisfy({ $0.damage == nil }), let first = rows.first else {
                return false
            }
            guard let stamp = first.stamp else { return rows.allSatisfy { $0.stamp == nil } }
            guard stamp.batchCount == batch.count, stamp.batchIndex == 0 else { return false }
            return rows.enumerated().allSatisfy { index, row in
                row.stamp?.sequence == stamp.sequence + UInt64(index)
            }
        }
    }
}
