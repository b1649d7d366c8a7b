internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

extension Topic {
    /// An entry that was found, and the cursor that stands behind it.
    struct Found: Sendable {
        let entry: Entry
        let after: ReadCursor
    }

    /// A sound entry, and the bytes that it was read with.
    typealias Stored = (entry: StoredEntry, bytes: [UInt8])

    /// The next entry, without consuming it.
    func peek() throws(EngineError) -> Found? {
        try findNext { spot throws(EngineError) in
            let run = try engineErrors(name) { () throws(IOError) in
                try StoredRun.single(spot.block, at: spot.offset)
            }
            return run.entries.first.map { ($0, run.bytes) }
        }
    }

    /// The next entry. `record` makes a cursor durable and is called, with the lock on the topic's
    /// readers held, before anyone can see that the entry was consumed.
    func consume(
        _ consistency: ReadConsistency, _ record: (Block, ReadCursor) throws(EngineError) -> Void
    ) throws(EngineError) -> Found? {
        try consuming.withLock { (consuming: inout Consuming) throws(EngineError) in
            guard !consuming.isClosed else { throw .closed }
            let found = try findNext { spot throws(EngineError) in
                try consuming.ahead.entry(at: spot)
            }
            guard let found else { return nil }
            try checkpoint(1, to: found.after, &consuming, consistency, record)
            return found
        }
    }

    /// Moves the cursor over `count` entries that are about to be handed out, having recorded what
    /// must be on disk before they are.
    ///
    /// Strictly: that they are consumed. At least once: what *earlier* calls handed out, since these
    /// entries must come again if a crash keeps them from the caller. Only a call that hands out more
    /// than may come again at all has to record its own.
    func checkpoint(
        _ count: Int, to after: ReadCursor, _ consuming: inout Consuming,
        _ consistency: ReadConsistency, _ record: (Block, ReadCursor) throws(EngineError) -> Void
    ) throws(EngineError) {
        var unrecorded = 0
        var recorded: ReadCursor? = after
        var settled: ReadCursor? = after
        if case .atLeastOnce(let persistEvery) = consistency, count <= max(1, persistEvery) {
            settled = nil
            unrecorded = consuming.unrecorded + count
            if unrecorded <= max(1, persistEvery) {
                recorded = nil
            } else {
                (recorded, unrecorded) = (state.withLock { $0.cursor }, count)
            }
        }
        if let recorded {
            try record(state.withLock { $0.blocks[recorded.block] }, recorded)
        }
        consuming.unrecorded = unrecorded
        state.withLock { $0.move(to: after, settled: settled) }
    }

    /// Where to look for the next entry: a place that is neither inside damage nor behind the end.
    struct Spot: Sendable {
        let block: Block
        let index: Int
        let offset: Int
        /// Sound entries before it, in the topic and in its block.
        let before: Int
        let beforeInBlock: Int
    }

    /// - Parameters:
    ///   - cursor: nil: where the topic's reader stands.
    ///   - anchor: the block that the cursor stands in, whose index changes when blocks before it
    ///     are reclaimed. Nil once it is reclaimed itself.
    func nextSpot(after cursor: ReadCursor? = nil, in anchor: Block? = nil) -> Spot? {
        state.withLock { state in
            var cursor = cursor ?? state.cursor ?? .begin
            if let anchor {
                guard let moved = state.cursor(cursor, in: anchor) else { return nil }
                cursor = moved
            }
            return state.next(from: cursor).map { next in
                Spot(
                    block: state.blocks[next.block], index: next.block, offset: next.offset,
                    before: cursor.consumed,
                    beforeInBlock: next.block == cursor.block ? cursor.consumedInBlock : 0)
            }
        }
    }

    /// Finds the next sound entry. Nothing of what was acknowledged ever changes, so the bytes are
    /// read without a lock.
    ///
    /// - Parameter read: gives the entry at the spot, nil when it is not sound.
    private func findNext(_ read: (Spot) throws(EngineError) -> Stored?)
        throws(EngineError) -> Found?
    {
        // A second look is needed once per damaged entry that the recovery did not know.
        while let spot = nextSpot() {
            guard let stored = try read(spot) else {
                try learnDamage(spot)
                continue
            }
            return spot.found(stored)
        }
        return nil
    }

    /// An entry that was sound when it was written, or when the directory was opened, is not any
    /// more: takes stock of the rest of its block by the rule of `EntryWalker`.
    func learnDamage(_ spot: Spot) throws(EngineError) {
        var survey: BlockSurvey
        do { survey = try BlockSurvey(spot.block, from: spot.offset) } catch {
            throw error.of(name)
        }
        // The reader found the entry at fault; that must show, or it would come back for ever.
        survey.blame(spot.offset, in: spot.block)
        let missing = spot.block.entries - spot.beforeInBlock - survey.entries
        state.withLock { state in
            // Another reader may have been here meanwhile, and blocks before this one be gone.
            guard
                let index = state.blocks.firstIndex(where: { $0.isSame(as: spot.block) }),
                state.blocks[index].damaged == spot.block.damaged
            else { return }
            spot.block.file.dispute()
            spot.block.file.isPinned = true
            var damage = DamageList()
            for range in spot.block.damaged where range.upperBound <= spot.offset {
                damage.add(range)
            }
            for range in survey.damage.ranges { damage.add(range) }
            state.blocks[index].damaged = damage.ranges
            state.blocks[index].entries -= missing
            state.entries -= missing
            // After a restart nothing behind such a place could be found.
            if survey.lost != nil {
                state.blocks[index].isSealed = true
                hasNewEnd.store(true, ordering: .releasing)
            }
        }
    }
}

extension Topic.State {
    struct Next: Hashable {
        let block: Int
        let offset: Int
    }

    /// The first place, at the cursor or behind it, that is neither inside damage nor behind the end
    /// of a block. Nil: there is none.
    func next(from cursor: ReadCursor) -> Next? {
        var offset = cursor.offset
        for index in cursor.block..<max(cursor.block, blocks.count) {
            offset = blocks[index].skippingDamage(offset)
            if offset < blocks[index].used { return Next(block: index, offset: offset) }
            offset = 0
        }
        return nil
    }
}

extension Topic.Spot {
    /// The cursor that stands here.
    var cursor: ReadCursor {
        ReadCursor(
            block: index, offset: offset, consumed: before, consumedInBlock: beforeInBlock,
            sequence: 0)
    }

    /// The entry that was read at the cursor, here or further on in the same block; the cursor moves
    /// behind it.
    func take(_ stored: StoredEntry, of bytes: [UInt8], at cursor: inout ReadCursor) -> Entry {
        let offset = cursor.offset
        cursor.offset += stored.size
        cursor.consumed += 1
        cursor.consumedInBlock += 1
        cursor.sequence = stored.stamp?.sequence ?? 0
        let info = EntryInfo(
            sequence: stored.stamp?.sequence, timestamp: stored.stamp?.timestamp,
            ordinal: cursor.consumed, file: block.file.name, slot: block.frame.slot,
            offset: offset)
        return Entry(info, bytes, stored.range)
    }

    /// The entry that was read here.
    func found(_ stored: Topic.Stored) -> Topic.Found {
        var after = cursor
        let entry = take(stored.entry, of: stored.bytes, at: &after)
        return Topic.Found(entry: entry, after: after)
    }
}
