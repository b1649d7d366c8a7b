internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// The persisted cursors: `read_offset_idx_index.db`, and the journal of what changed since.
///
/// At every moment the two on disk give the cursors that were recorded, whatever write a crash
/// interrupts: `docs/engine.md` has the argument. The lock is held over writes and syncs, because
/// records of all topics share one file and one order.
final class CursorStore: Sendable {
    /// A recorded cursor: where it stands for us, and the same for the reference.
    struct Saved: Hashable, Sendable {
        static let begin = Saved(position: .begin, block: 0)

        var position: CursorPosition
        /// Index of the block among the topic's.
        var block: Int

        var stored: StoredCursor { .chain(block, offset: position.offset) }
    }

    private enum Journal {
        /// There is none that continues the index on disk.
        case absent
        /// There is one, not opened yet, whose sound part ends at `end`.
        case resting(end: Int)
        case open(any StorageFile, end: Int)
        /// It cannot be appended to: both files are written anew before the next record.
        case broken
    }

    private struct State {
        var saved: [TopicName: Saved]
        var journal: Journal
        /// The index file on disk.
        var base: CursorJournal.Base
        /// The index on disk is not `saved`.
        var isIndexBehind: Bool
    }

    private let storage: any Storage
    private let journalSizeMax: Int
    private let state: Mutex<State>
    private let recorded = Atomic(0)

    /// - Parameters:
    ///   - journalEnd: where the journal's sound part ends; nil when it does not continue the index.
    ///   - isIndexBehind: the cursors are not those in the index alone.
    init(
        _ storage: any Storage, _ saved: [TopicName: Saved], base: CursorJournal.Base,
        journalEnd: Int?, isIndexBehind: Bool, journalSizeMax: Int
    ) {
        self.storage = storage
        self.journalSizeMax = journalSizeMax
        state = Mutex(
            State(
                saved: saved, journal: journalEnd.map { .resting(end: $0) } ?? .absent, base: base,
                isIndexBehind: isIndexBehind))
    }

    /// Cursors recorded so far.
    var recordCount: Int { recorded.load(ordering: .relaxed) }

    var topics: [TopicName] { state.withLock { Array($0.saved.keys) } }

    /// Records one cursor durably. On failure it is as if it had not been tried.
    func record(_ topic: TopicName, _ saved: Saved) throws(EngineError) {
        try record([(topic, saved)])
    }

    /// Records cursors durably, with a single write and a single sync.
    func record(_ changes: [(topic: TopicName, saved: Saved)]) throws(EngineError) {
        guard !changes.isEmpty else { return }
        try state.withLock { (state: inout State) throws(EngineError) in
            do throws(IOError) { try append(changes, &state) } catch {
                throw EngineError(error, topic: changes.count == 1 ? changes[0].topic : nil)
            }
        }
    }

    /// Writes the index and begins a new journal, if there is anything to write.
    func compact() throws(EngineError) {
        try engineErrors { () throws(IOError) in
            try state.withLock { (state: inout State) throws(IOError) in
                if state.isIndexBehind { try rewrite(&state) }
            }
        }
    }

    private func append(
        _ changes: [(topic: TopicName, saved: Saved)], _ state: inout State
    ) throws(IOError) {
        let records = changes.flatMap {
            CursorJournal.encodeRecord(topic: $0.topic, position: $0.saved.position)
        }
        let (file, end) = try ready(for: records.count, &state)
        do throws(IOError) {
            try records.write(to: file, at: end)
        } catch {
            undo(file, end, &state)
            throw error
        }
        do throws(IOError) { try file.sync() } catch {
            // What the system made of the pages is unknown: this file is not trusted again.
            undo(file, end, &state)
            state.journal = .broken
            throw error
        }
        state.journal = .open(file, end: end + records.count)
        state.isIndexBehind = true
        for (topic, saved) in changes { state.saved[topic] = saved }
        recorded.wrappingAdd(changes.count, ordering: .relaxed)
    }

    /// Takes a record back that was not acknowledged: it would skip an entry that nobody got.
    private func undo(_ file: any StorageFile, _ end: Int, _ state: inout State) {
        do throws(IOError) { try file.truncate(to: end) } catch {
            state.journal = .broken
            state.isIndexBehind = true
        }
    }

    /// The journal, with room for `count` more bytes.
    private func ready(for count: Int, _ state: inout State)
        throws(IOError) -> (any StorageFile, end: Int)
    {
        switch state.journal {
        case .open(let file, let end) where end + count <= journalSizeMax:
            return (file, end)
        case .open, .broken:
            try rewrite(&state)
        case .absent:
            try beginJournal(&state)
        case .resting:
            break
        }
        guard case .resting(let end) = state.journal else {
            preconditionFailure("a journal that was just written rests")
        }
        let file = try storage.open(DirectoryNames.cursorJournal)
        // A torn last record would hide everything that is written behind it.
        if try file.size() > end { try file.truncate(to: end) }
        state.journal = .open(file, end: end)
        return (file, end)
    }

    /// The index first, then the journal. In between, the old journal is one of another index: it
    /// is reconciled with the new one, which holds all that the journal says.
    private func rewrite(_ state: inout State) throws(IOError) {
        state.journal = .broken
        state.isIndexBehind = true
        let image = CursorIndexImage.encode(state.saved.mapValues(\.stored))
        try storage.replace(
            DirectoryNames.cursorIndex, with: image,
            temporary: DirectoryNames.replacement(of: DirectoryNames.cursorIndex))
        state.base = CursorJournal.Base(index: image)
        try beginJournal(&state)
        state.isIndexBehind = false
    }

    private func beginJournal(_ state: inout State) throws(IOError) {
        let header = CursorJournal.encodeHeader(state.base)
        try storage.replace(
            DirectoryNames.cursorJournal, with: header,
            temporary: DirectoryNames.replacement(of: DirectoryNames.cursorJournal))
        state.journal = .resting(end: header.count)
    }
}

extension [UInt8] {
    func write(to file: any StorageFile, at offset: Int) throws(IOError) {
        unsafe try span.bytes.withUnsafeBytes { (bytes) throws(IOError) in
            unsafe try file.write(at: offset, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
