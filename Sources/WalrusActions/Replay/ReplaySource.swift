import Inspect
import SystemPackage
import WalrusFormat
import WalrusIO

/// The range of a replay, as entries to be read one after another.
struct ReplaySource {
    /// Its topic ends where the range does, and its reader stands where it stood in the beginning.
    let reader: EntryReader
    let query: Query
    /// That of the end of the range.
    let endOrdinal: Int

    /// Where a new replay begins, and where it will end.
    static func range(_ request: ReplayRequest, _ reader: EntryReader) throws -> (
        first: EntryPlace, end: EntryPlace
    )? {
        guard let end = reader.topic.end else { return nil }
        func place(_ ordinal: Int) throws -> EntryPlace {
            // Damaged entries have no ordinal: from the first one on means everything.
            if ordinal <= 1, let block = reader.topic.blocks.first {
                return EntryPlace(file: block.file, slot: block.slot, offset: 0)
            }
            return try reader.rows(from: ordinal, count: 1, previewMax: 0).first?.place ?? end
        }
        return (
            try place(request.from?.ordinal(reader) ?? 1),
            try request.to.map { try place($0.ordinal(reader)) } ?? end
        )
    }

    /// - Throws: `ReplayError.sourceChanged` when the end is not there any more.
    init(
        _ directory: FilePath, _ topic: TopicState, query: Query, end: EntryPlace,
        cursor: EntryPlace?, left: Int?
    ) throws {
        // A cursor that stood in a file that is gone stood in front of all that is left.
        let then = topic.withCursor(at: cursor) ?? topic.withCursor(at: nil) ?? topic
        let whole = EntryReader(directory: directory, topic: then)
        let ordinal = try whole.ordinal(file: end.file, slot: end.slot, offset: end.offset)
        guard let cut = then.cut(at: end, entries: ordinal - 1) else {
            throw ReplayError.sourceChanged(expected: left ?? 0, found: 0)
        }
        reader = EntryReader(directory: directory, topic: cut)
        self.query = query
        endOrdinal = ordinal
    }

    /// A position in front of the entry at `place`.
    func position(at place: EntryPlace) throws -> ReplayPosition {
        var position = ReplayPosition()
        position.next = place
        position.ordinal = try ordinal(of: place)
        position.left = max(0, endOrdinal - position.ordinal)
        return position
    }

    /// Fails unless what is left of the range is what was left of it then.
    func check(_ position: ReplayPosition) throws {
        guard let next = position.next else { return }
        let isThere = reader.topic.blockIndex(of: next) != nil
        let ordinal = isThere ? try ordinal(of: next) : endOrdinal
        guard isThere || position.left == 0, endOrdinal - ordinal == position.left else {
            throw ReplayError.sourceChanged(
                expected: position.left, found: isThere ? endOrdinal - ordinal : 0)
        }
        guard ordinal == position.ordinal || !query.asksForOrdinals else {
            throw ReplayError.ordinalsMoved
        }
    }

    func ordinal(of place: EntryPlace) throws -> Int {
        try reader.ordinal(file: place.file, slot: place.slot, offset: place.offset)
    }

    /// What a visitor gets of an entry that is to be replayed: where the replay is in front of it, and
    /// the payload where it is at hand.
    typealias Visit = (ReplayPosition, EntryRow, UnsafeRawBufferPointer?) throws -> Bool

    /// Visits the sound entries that the query asks for, from `position` on; returning false stops.
    ///
    /// - Parameters:
    ///   - limit: entries to be visited at most.
    ///   - damaged: hears of each damaged entry that is left out.
    ///   - goesOn: asked now and then.
    /// - Returns: the position behind the last of them; nil when somebody stopped it.
    func forEach(
        from position: ReplayPosition, limit: Int, damaged: (EntryRow) -> Void = { _ in },
        goesOn: (SearchResult) -> Bool, visit: Visit
    ) throws -> ReplayPosition? {
        var now = position
        var visited = 0
        var isStopped = false
        guard let next = position.next, limit > 0 else { return Self.end(of: position) }
        let ordinal = try ordinal(of: next)
        var result = SearchResult()
        try unsafe reader.forEachMatch(
            of: query, from: ordinal, counting: &result,
            isFull: { _ in visited >= limit },
            progress: { result in
                isStopped = isStopped || !goesOn(result)
                return !isStopped
            },
            visit: { result, row, payload in
                now.undecided = position.undecided + result.undecided
                guard let ordinal = row.ordinal else {
                    now.damaged += 1
                    damaged(row)
                    return true
                }
                now.next = row.place
                now.ordinal = ordinal
                now.left = endOrdinal - ordinal
                visited += 1
                isStopped = try unsafe !visit(now, row, payload)
                return !isStopped
            })
        guard !isStopped else { return nil }
        now.undecided = position.undecided + result.undecided
        return Self.end(of: now)
    }

    private static func end(of position: ReplayPosition) -> ReplayPosition {
        var end = position
        end.next = nil
        end.left = 0
        return end
    }

    /// The payload, which has the checksum that was found when it was looked at.
    func payload(of row: EntryRow, _ atHand: UnsafeRawBufferPointer?) throws -> [UInt8] {
        if let atHand = unsafe atHand { return unsafe Array(atHand) }
        let bytes = try reader.payload(of: row)
        guard bytes.count == row.length, FNV1a.hash(bytes) == row.checksum else {
            throw ReplayError.changedWhileRead(row.place)
        }
        return bytes
    }
}
