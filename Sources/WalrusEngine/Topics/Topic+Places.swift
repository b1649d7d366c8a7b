internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

extension Topic {
    /// Where the reader has to stand for it to be moved.
    enum Condition {
        case anywhere
        /// Nil: before the first entry.
        case at(EntryPlace?)
    }

    /// Moves the topic's reader; nil when there is nothing to move it in. `record` makes its place
    /// durable, and the greatest running number that it had or passes over. It is called, with the
    /// lock on the topic's readers held, before anyone can see the move.
    func seek(
        to target: SeekTarget, if condition: Condition,
        _ record: (Block, ReadCursor, _ reached: UInt64) throws(EngineError) -> Void
    ) throws(EngineError) -> CursorMove? {
        try consuming.withLock { (consuming: inout Consuming) throws(EngineError) in
            guard !consuming.isClosed else { throw .closed }
            let (blocks, before, left, isMet) = state.withLock { state in
                (
                    state.blocks, state.entries - state.unread, state.cursor?.sequence ?? 0,
                    state.meets(condition)
                )
            }
            guard !blocks.isEmpty else { return nil }
            guard isMet else {
                throw EngineError(
                    .cursorMoved,
                    "its cursor is not where it was: entries were consumed, or it was moved; "
                        + "look again", topic: name)
            }
            let cursor =
                switch target {
                case .begin: ReadCursor.begin
                case .end: try Self.cursor(in: blocks, blocks.count - 1, before: .max)
                case .ordinal(let ordinal): try Self.cursor(in: blocks, beforeOrdinal: ordinal)
                case .sequence(let sequence):
                    try Self.cursor(in: blocks) { $0.sequence < sequence }
                case .time(let time): try Self.cursor(in: blocks) { $0.timestamp < time }
                case .place(let place): try Self.cursor(in: blocks, at: place)
                }
            var reached = max(left, cursor.sequence)
            if cursor.offset == 0, cursor.block > 0 {
                // The number before it is in the block before.
                let end = try Self.cursor(in: blocks, cursor.block - 1, before: .max)
                reached = max(reached, end.sequence)
            }
            try record(blocks[cursor.block], cursor, reached)
            consuming.unrecorded = 0
            state.withLock { $0.move(to: cursor, settled: cursor) }
            return CursorMove(
                before: before, after: cursor.consumed,
                place: blocks[cursor.block].place(at: cursor.offset))
        }
    }

    private static func cursor(in blocks: [Block], at place: EntryPlace)
        throws(EngineError) -> ReadCursor
    {
        if let index = blocks.firstIndex(where: {
            ($0.file.name, $0.frame.slot) == (place.file, place.slot)
        }) {
            let cursor = try cursor(in: blocks, index, before: place.offset)
            if cursor.offset == place.offset { return cursor }
        }
        throw EngineError(
            .noSuchPlace, "no entry of the topic begins or ends at \(place)",
            topic: blocks.first?.frame.topic)
    }

    /// Before the entry that holds the stored byte `target`, and its block. Nil: behind the last one.
    func cursor(atStoredOffset target: Int) throws(EngineError) -> (ReadCursor, Block)? {
        let blocks = state.withLock { $0.blocks }
        var start = 0
        for (index, block) in blocks.enumerated() {
            if target < start + block.used {
                return (try Self.cursor(in: blocks, index, before: target - start), block)
            }
            start += block.used
        }
        return nil
    }

    /// At the last boundary between entries of the block `index` that is not after `offset`.
    private static func cursor(in blocks: [Block], _ index: Int, before offset: Int)
        throws(EngineError) -> ReadCursor
    {
        var cursor = ReadCursor.start(of: index, in: blocks)
        try walk(blocks[index], &cursor) { entry, _ in entry.end <= offset }
        return cursor
    }

    private static func cursor(in blocks: [Block], beforeOrdinal ordinal: Int)
        throws(EngineError) -> ReadCursor
    {
        var before = 0
        for (index, block) in blocks.enumerated() {
            if ordinal <= before + block.entries || index == blocks.count - 1 {
                var cursor = ReadCursor.start(of: index, in: blocks)
                try walk(block, &cursor) { _, before in before + 1 < ordinal }
                return cursor
            }
            before += block.entries
        }
        return .begin
    }

    /// Behind the last entry whose stamp is known to come `before` what is looked for. Stamps never
    /// go back, so nothing from there on is left out that could be meant.
    private static func cursor(
        in blocks: [Block], behind isBefore: (EntryStamp) -> Bool
    ) throws(EngineError) -> ReadCursor {
        for index in blocks.indices.reversed() {
            // The first entry tells of most blocks that they come after.
            if let first = try firstStamp(blocks[index]), !isBefore(first) { continue }
            var cursor = ReadCursor.start(of: index, in: blocks)
            var last: ReadCursor?
            // What cannot tell may stand among those before.
            try walk(
                blocks[index], &cursor,
                stepped: { entry, cursor in
                    if let stamp = entry.stamp, isBefore(stamp) { last = cursor }
                },
                passes: { entry, _ in entry.stamp.map(isBefore) ?? true })
            if let last { return last }
        }
        return .begin
    }

    private static func firstStamp(_ block: Block) throws(EngineError) -> EntryStamp? {
        let bytes = try engineErrors(block.frame.topic) { () throws(IOError) in
            try block.file.bytes(at: block.frame.start, count: Layout.headerSize)
        }
        guard let header = try? EntryHeader.decode(bytes), header.topic == block.frame.topic else {
            return nil
        }
        return header.stamp
    }

    /// Moves `cursor` from the start of the block over its entries, headers alone being read, as
    /// long as `passes` lets each of them; it gets the sound entries of the topic before it too.
    private static func walk(
        _ block: Block, _ cursor: inout ReadCursor,
        stepped: (WalkedEntry, ReadCursor) -> Void = { _, _ in },
        passes: (WalkedEntry, _ before: Int) -> Bool
    ) throws(EngineError) {
        do throws(EngineError) {
            var at = cursor
            try walking(block.file) { walker in
                _ = unsafe try walker.walk(block.frame, verify: false) { entry, _ in
                    guard entry.end <= block.used, passes(entry, at.consumed) else { return false }
                    at.offset = entry.end
                    if !block.damaged.contains(where: { $0.contains(entry.offset) }) {
                        at.consumed += 1
                        at.consumedInBlock += 1
                        at.sequence = entry.stamp?.sequence ?? 0
                    }
                    stepped(entry, at)
                    return true
                }
            }
            cursor = at
        } catch { throw error.of(block.frame.topic) }
    }
}

extension Topic.State {
    /// Whether the reader gets the same entry next as one that stands where the condition says.
    fileprivate func meets(_ condition: Topic.Condition) -> Bool {
        guard case .at(let place) = condition else { return true }
        var expected = ReadCursor.begin
        if let place {
            guard
                let index = blocks.firstIndex(where: {
                    ($0.file.name, $0.frame.slot) == (place.file, place.slot)
                })
            else { return false }
            (expected.block, expected.offset) = (index, place.offset)
        }
        return next(from: cursor ?? .begin) == next(from: expected)
    }
}

extension ReadCursor {
    /// At the start of a block, all before it consumed.
    fileprivate static func start(of index: Int, in blocks: [Block]) -> ReadCursor {
        ReadCursor(
            block: index, offset: 0, consumed: blocks[..<index].reduce(0) { $0 + $1.entries },
            consumedInBlock: 0, sequence: 0)
    }
}
