internal import Synchronization
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// The persisted cursors and clean marks: the two index files, and the journal of what changed
/// since.
///
/// At every moment the files on disk give what was recorded, whatever write a crash interrupts:
/// `docs/engine.md` has the argument. Records of all topics share one file and one order; those that
/// come while a sync is under way are written together and share the next one.
final class CursorStore: Sendable {
    /// A recorded cursor: where it stands for us, and the same for the reference.
    struct Saved: Hashable, Sendable {
        static let begin = Saved(position: .begin, block: 0)

        var position: CursorPosition
        var stored: StoredCursor

        /// - Parameter block: index of the block among the topic's.
        init(position: CursorPosition, block: Int) {
            self.position = position
            stored = .chain(block, offset: position.offset)
        }

        /// A cursor that the two find at different places: ours in a block that is gone.
        init(position: CursorPosition, stored: StoredCursor) {
            self.position = position
            self.stored = stored
        }
    }

    /// Something to be recorded.
    enum Change: Sendable {
        /// - Parameter reached: the greatest running number that the reader had before it went there;
        ///   0: nothing that the recorded cursors do not tell.
        case cursor(TopicName, Saved, reached: UInt64)
        case mark(TopicName, CleanMark)
    }

    /// What recovery found.
    struct Contents: Sendable {
        var saved: [TopicName: Saved] = [:]
        var marks: [TopicName: CleanMark] = [:]
        var counters: [TopicName: TopicCounter] = [:]
        /// The index files on disk.
        var cursorBase = CursorJournal.Base(index: nil)
        var cleanBase = CursorJournal.Base(index: nil)
        /// Where the journal's sound part ends; nil when it does not continue both indexes.
        var journalEnd: Int?
        /// The journal holds more than what a new one begins with.
        var hasRecords = false
        /// The index on disk is not `saved`, or not `marks`.
        var areCursorsBehind = false
        var areMarksBehind = false

        /// What the topic has to remember, with how far its reader came: to `reached`, or further.
        func consumed(_ topic: TopicName, reached: UInt64 = 0) -> TopicCounter {
            var counter =
                counters[topic]
                ?? TopicCounter(sequence: 0, reclaimed: 0, timestamp: 0, consumed: 0)
            counter.consumed = max(
                counter.consumed, saved[topic]?.position.sequence ?? 0, reached)
            counter.sequence = max(counter.sequence, counter.consumed)
            return counter
        }
    }

    enum Journal {
        /// There is none that continues the indexes on disk.
        case absent
        /// There is one, not opened yet, whose sound part ends at `end`.
        case resting(end: Int)
        /// There are zeros, or nothing, behind its sound part; zeros up to `room` at least.
        case open(any StorageFile, end: Int, room: Int)
        /// It cannot be appended to: all files are written anew before the next record.
        case broken
    }

    struct State {
        var contents: Contents
        var journal: Journal
        /// Topics whose cursor is told by the journal alone, because blocks of theirs are gone for
        /// the index and not yet, for sure, on disk: how many files that concerns.
        var explicit: [TopicName: Int] = [:]
        /// Records were written that no sync has covered.
        var isUnsynced: Bool
        /// Bytes of a journal without records.
        var freshSize: Int
    }

    private final class Request: Sendable {
        let changes: [Change]
        let isDurable: Bool
        let outcome = Mutex<Result<Void, IOError>?>(nil)

        init(_ changes: [Change], isDurable: Bool) {
            self.changes = changes
            self.isDurable = isDurable
        }
    }

    let storage: any Storage
    private let journalSizeMax: Int
    /// Bytes of room that are made at once. On a full disk they let readers go on for a while, and
    /// make way for the index that has to be written before a file can go.
    private static let roomSize = 65_536
    /// What comes while the files are being written: the next one to get hold of them writes it all.
    private let waiting = Mutex<[Request]>([])
    /// Held over writes and syncs.
    let state: Mutex<State>
    private let recorded = Atomic(0)

    init(_ storage: any Storage, _ contents: Contents, journalSizeMax: Int) {
        self.storage = storage
        self.journalSizeMax = journalSizeMax
        state = Mutex(
            State(
                contents: contents,
                journal: contents.journalEnd.map { .resting(end: $0) } ?? .absent,
                isUnsynced: contents.journalEnd != nil && contents.hasRecords,
                freshSize: contents.hasRecords
                    ? CursorJournal.headerSize : contents.journalEnd ?? CursorJournal.headerSize))
    }

    /// Cursors recorded so far.
    var recordCount: Int { recorded.load(ordering: .relaxed) }
    var marks: [TopicName: CleanMark] { state.withLock { $0.contents.marks } }
    var counters: [TopicName: TopicCounter] { state.withLock { $0.contents.counters } }
    var topics: [TopicName] { state.withLock { Array($0.contents.saved.keys) } }

    /// The index files as they were left, for the snapshot.
    var bases: (cursors: CursorJournal.Base, marks: CursorJournal.Base) {
        state.withLock { ($0.contents.cursorBase, $0.contents.cleanBase) }
    }

    // MARK: - Records

    /// Records one cursor durably. On failure it is as if it had not been tried.
    func record(_ topic: TopicName, _ saved: Saved, reached: UInt64 = 0) throws(EngineError) {
        try record([.cursor(topic, saved, reached: reached)], durably: true, topic)
    }

    /// Records changes, with a single write and at most a single sync for them and for all that
    /// others have to record at the moment. On failure it is as if it had not been tried.
    func record(_ changes: [Change], durably: Bool, _ topic: TopicName? = nil)
        throws(EngineError)
    {
        guard !changes.isEmpty else { return }
        let request = Request(changes, isDurable: durably)
        waiting.withLock { $0.append(request) }
        state.withLock { state in
            guard request.outcome.withLock({ $0 == nil }) else { return }
            let requests = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            let outcome = Result { () throws(IOError) in try write(requests, &state) }
            for request in requests { request.outcome.withLock { $0 = outcome } }
        }
        let outcome = request.outcome.withLock { $0 }
        guard let outcome else { preconditionFailure("whoever waits for the files is served") }
        try engineErrors(topic) { () throws(IOError) in try outcome.get() }
    }

    private func write(_ requests: [Request], _ state: inout State) throws(IOError) {
        let changes = requests.flatMap(\.changes)
        var bytes: [UInt8] = []
        var counters: [TopicName: TopicCounter] = [:]
        for change in changes {
            switch change {
            case .cursor(let topic, let saved, let reached):
                let known = state.contents.consumed(topic, reached: reached)
                if known.consumed > saved.position.sequence {
                    // Whoever goes back had all the same what there was.
                    if known != state.contents.counters[topic] {
                        bytes += CursorJournal.encode(.counter(topic, known))
                    }
                    counters[topic] = known
                }
                bytes += CursorJournal.encode(.cursor(topic, saved.position))
            case .mark(let topic, let mark): bytes += CursorJournal.encode(.mark(topic, mark))
            }
        }
        try ready(for: bytes.count, &state)
        try append(bytes, durably: requests.contains(where: \.isDurable), &state)
        state.contents.hasRecords = true
        state.contents.counters.merge(counters) { $1 }
        for change in changes {
            switch change {
            case .cursor(let topic, let saved, _):
                state.contents.saved[topic] = saved
                state.contents.areCursorsBehind = true
                recorded.wrappingAdd(1, ordering: .relaxed)
            case .mark(let topic, let mark):
                state.contents.marks[topic] = mark
                state.contents.areMarksBehind = true
            }
        }
    }

    /// Writes records behind the last one. On failure none of them is there.
    func append(_ bytes: [UInt8], durably: Bool, _ state: inout State) throws(IOError) {
        let (file, end, room) = try ready(for: 0, &state)
        let newEnd = end + bytes.count
        var newRoom = room
        if newEnd > room {
            // A sync is cheaper as long as the file does not grow. Without room it works as well.
            newRoom = max(newEnd, min(end + Self.roomSize, sizeLimit(state)))
            try? file.populate(end..<newRoom)
        }
        do throws(IOError) { try bytes.write(to: file, at: end) } catch {
            undo(file, end, &state)
            throw error
        }
        if durably {
            do throws(IOError) { try file.sync() } catch {
                // What the system made of the pages is unknown: this file is not trusted again.
                undo(file, end, &state)
                state.journal = .broken
                throw error
            }
        }
        state.isUnsynced = !durably
        state.journal = .open(file, end: newEnd, room: newRoom)
    }

    /// Takes records back that were not acknowledged: they would skip an entry that nobody got.
    private func undo(_ file: any StorageFile, _ end: Int, _ state: inout State) {
        do throws(IOError) { try file.truncate(to: end) } catch { state.journal = .broken }
    }

    /// Makes records durable that were written without a sync.
    func sync() throws(EngineError) {
        try engineErrors { () throws(IOError) in
            try state.withLock { (state: inout State) throws(IOError) in
                guard state.isUnsynced else { return }
                let (file, _, _) = try ready(for: 0, &state)
                guard state.isUnsynced else { return }
                do throws(IOError) { try file.sync() } catch {
                    state.journal = .broken
                    throw error
                }
                state.isUnsynced = false
            }
        }
    }

    // MARK: - Files

    /// The journal, with room for `count` more bytes.
    @discardableResult
    func ready(for count: Int, _ state: inout State) throws(IOError) -> (
        any StorageFile, end: Int, room: Int
    ) {
        switch state.journal {
        case .open(let file, let end, let room)
        where count == 0 || end + count <= sizeLimit(state):
            return (file, end, room)
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
        guard !file.isReadOnly else {
            // A link: what it leads to stays as it is, and a file of our own comes in its place.
            state.journal = .broken
            return try ready(for: count, &state)
        }
        // A torn last record would hide everything that is written behind it.
        if try file.size() > end { try file.truncate(to: end) }
        state.journal = .open(file, end: end, room: end)
        return (file, end, end)
    }

    /// The journal may become as long as what a rewrite costs, so that the costs of a record do not
    /// grow with the number of topics; but not longer than what is read.
    private func sizeLimit(_ state: State) -> Int {
        var size = state.freshSize
        for base in [state.contents.cursorBase, state.contents.cleanBase]
        where base.length != .max { size += Int(clamping: base.length) }
        return min(max(journalSizeMax, size), Layout.indexSizeMax)
    }

    /// Brings the indexes up to date and begins a new journal, if there is anything to write.
    func compact() throws(EngineError) {
        try engineErrors { () throws(IOError) in
            try state.withLock { (state: inout State) throws(IOError) in
                if needsRewrite(state) { try rewrite(&state) }
            }
        }
    }

    private func needsRewrite(_ state: State) -> Bool {
        if case .broken = state.journal { return true }
        let contents = state.contents
        return contents.hasRecords || contents.areCursorsBehind || contents.areMarksBehind
    }

    /// The indexes first, then the journal. In between, the old journal continues the new indexes
    /// as well: it says so, and they hold all that it says.
    private func rewrite(_ state: inout State) throws(IOError) {
        if state.contents.areCursorsBehind {
            let image = CursorIndexImage.encode(state.contents.saved.mapValues(\.stored))
            try announce(.nextCursorIndex(.init(index: image)), &state)
            try replaceCursorIndex(with: image, &state)
        }
        if state.contents.areMarksBehind {
            let image = CleanIndexImage.encode(state.contents.marks)
            try announce(.nextCleanIndex(.init(index: image)), &state)
            try replace(DirectoryNames.cleanIndex, with: image)
            state.contents.cleanBase = CursorJournal.Base(index: image)
            state.contents.areMarksBehind = false
        }
        try beginJournal(&state)
    }

    /// Tells the journal of the index that comes next. One that cannot be told is put out of use: it
    /// is then one of another index, which says no more than the new one does.
    private func announce(_ record: CursorJournal.Record, _ state: inout State) throws(IOError) {
        switch state.journal {
        case .absent, .broken:
            state.journal = .broken
        case .resting, .open:
            do throws(IOError) {
                try append(CursorJournal.encode(record), durably: true, &state)
            } catch {
                state.journal = .broken
                throw error
            }
        }
    }

    /// The journal must have been told of `image`, or be out of use.
    func replaceCursorIndex(with image: [UInt8], _ state: inout State) throws(IOError) {
        // Whatever becomes of it: which of the two is there is not known before the end.
        state.contents.areCursorsBehind = true
        do throws(IOError) { try replace(DirectoryNames.cursorIndex, with: image) } catch {
            guard error.errno == .noSpace, giveRoomBack(&state) else { throw error }
            try replace(DirectoryNames.cursorIndex, with: image)
        }
        state.contents.cursorBase = CursorJournal.Base(index: image)
        state.contents.areCursorsBehind = false
    }

    /// Gives the disk what the journal has behind its records. Whether there was anything.
    private func giveRoomBack(_ state: inout State) -> Bool {
        guard case .open(let file, let end, let room) = state.journal, room > end,
            (try? file.truncate(to: end)) != nil
        else { return false }
        state.journal = .open(file, end: end, room: end)
        return true
    }

    private func replace(_ name: String, with image: [UInt8]) throws(IOError) {
        // The next opening would set it aside, and what it says would be lost.
        guard image.count <= Layout.indexSizeMax else {
            throw IOError("replace", storage.path.appending(name), .fileTooLarge)
        }
        try storage.replace(name, with: image, temporary: DirectoryNames.replacement(of: name))
    }

    private func beginJournal(_ state: inout State) throws(IOError) {
        let contents = state.contents
        var image = CursorJournal.encodeHeader(
            cursors: contents.cursorBase, marks: contents.cleanBase)
        // The index has places alone, and damage can make one unclear.
        for topic in Set(contents.counters.keys).union(contents.saved.keys) {
            let counter = contents.consumed(topic)
            guard counter.sequence > 0 else { continue }
            image += CursorJournal.encode(.counter(topic, counter))
        }
        for topic in state.explicit.keys {
            guard let saved = contents.saved[topic] else { continue }
            image += CursorJournal.encode(.cursor(topic, saved.position))
        }
        // Should it fail, which of the two is there is not known.
        state.journal = .broken
        try replace(DirectoryNames.cursorJournal, with: image)
        state.journal = .resting(end: image.count)
        state.freshSize = image.count
        state.isUnsynced = false
        state.contents.hasRecords = false
    }
}

extension [UInt8] {
    func write(to file: any StorageFile, at offset: Int) throws(IOError) {
        unsafe try span.bytes.withUnsafeBytes { (bytes) throws(IOError) in
            unsafe try file.write(at: offset, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
