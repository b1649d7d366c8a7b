internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

extension Topic {
    /// How much one call reads at most.
    struct Budget {
        var count = Layout.batchEntriesMax
        /// Bytes of payload; the first entry comes whatever its size.
        var payloadSize: Int
        let io: any BatchIO

        /// What is to be read from the spot on, `taken` entries with `takenSize` bytes being there.
        func need(at spot: Topic.Spot, taken: Int = 0, takenSize: Int = 0) -> StoredRun.Need {
            let (count, size) = (count - taken, payloadSize - takenSize)
            return StoredRun.Need(
                count: count, payloadSize: size, isFirstFree: taken == 0,
                readSize: Topic.readSize(spot.block, count: count, payloadSize: size))
        }
    }

    /// The next entries, without consuming them.
    func peek(_ budget: Budget) throws(EngineError) -> [Entry] {
        try find(budget, isElsewhere: false) { () throws(EngineError) in
            state.withLock { state in
                let cursor = state.cursor ?? .begin
                return state.blocks.isEmpty ? nil : (cursor, state.blocks[cursor.block])
            }
        }
    }

    /// The entries from the one on that holds the stored byte `offset`, counted from the start of
    /// the topic's first block on disk.
    func entries(atStoredOffset offset: Int, _ budget: Budget) throws(EngineError) -> [Entry] {
        try find(budget, isElsewhere: true) { () throws(EngineError) in
            try cursor(atStoredOffset: offset)
        }
    }

    /// What comes behind the place that `start` gives. Nothing, and the place is gone: it was reclaimed
    /// in between, and what comes after it is found from another one.
    private func find(
        _ budget: Budget, isElsewhere: Bool,
        from start: () throws(EngineError) -> (ReadCursor, Block)?
    ) throws(EngineError) -> [Entry] {
        while let (cursor, block) = try start() {
            let entries = try findMany(
                after: cursor, in: block, budget, isElsewhere: isElsewhere
            ).entries
            let isThere = state.withLock { $0.cursor(cursor, in: block) != nil }
            if !entries.isEmpty || isThere { return entries }
        }
        return []
    }

    /// The next entries, all of them consumed or none. `record` as for a single one.
    func consume(
        _ budget: Budget, _ consistency: ReadConsistency, _ reader: BatchAhead,
        _ record: (Block, ReadCursor) throws(EngineError) -> Void
    ) throws(EngineError) -> [Entry] {
        try consuming.withLock { (consuming: inout Consuming) throws(EngineError) in
            guard !consuming.isClosed else { throw .closed }
            let start = state.withLock { $0.cursor } ?? .begin
            let ahead = consuming.batchAhead
            consuming.batchAhead = nil
            let found = try findMany(after: start, budget, ahead)
            guard !found.entries.isEmpty else { return [] }
            // Who goes on where the last batch ended is likely to do so again.
            let goesOn = consuming.batchEnd == start
            var next: BatchAhead.Job?
            try checkpoint(found.entries.count, to: found.after, &consuming, consistency) {
                block, cursor throws(EngineError) in
                if goesOn, let spot = nextSpot(after: found.after) {
                    next = reader.start(spot, budget.need(at: spot), after: ahead)
                }
                try record(block, cursor)
            }
            consuming.batchAhead = next
            consuming.batchEnd = found.after
            return found.entries
        }
    }

    /// What is read of a block into one piece of memory, at most and at least.
    private static let readSizeMax = 2 << 20
    private static let readSizeMin = 4_096

    /// - Parameters:
    ///   - ahead: what was read ahead, perhaps of these entries.
    ///   - block: the one that the cursor stands in, where no lock keeps it from being reclaimed.
    ///   - isElsewhere: the cursor is not that of the topic's reader, whose counts must not
    ///     change by what is found there.
    private func findMany(
        after cursor: ReadCursor, in block: Block? = nil, _ budget: Budget,
        _ ahead: BatchAhead.Job? = nil, isElsewhere: Bool = false
    ) throws(EngineError) -> (entries: [Entry], after: ReadCursor) {
        var cursor = cursor
        var block = block
        var entries: [Entry] = []
        var pieces = ReadPieces()
        var ahead = ahead
        var left = budget.payloadSize
        while entries.count < budget.count, left >= 0,
            let spot = nextSpot(after: cursor, in: block)
        {
            let need = budget.need(
                at: spot, taken: entries.count, takenSize: budget.payloadSize - left)
            let there = ahead?.take(at: spot, count: need.count, payloadSize: left)
            ahead = nil
            let run: StoredRun
            if let there {
                run = there
            } else {
                run = try engineErrors(name) { () throws(IOError) in
                    try pieces.fetch(
                        min(left, Self.readSizeMax), from: spot, then: { blocks(after: spot) },
                        budget.io)
                    return try StoredRun(spot.block, at: spot.offset, need, pieces.take(at: spot))
                }
            }
            if !run.entries.isEmpty {
                (cursor, block) = (spot.cursor, spot.block)
                entries.reserveCapacity(entries.count + run.entries.count)
            }
            for stored in run.entries {
                entries.append(spot.take(stored, of: run.bytes, at: &cursor))
                left -= stored.payloadLength
            }
            if run.isEnough { break }
            guard run.entries.isEmpty else { continue }
            if isElsewhere {
                (cursor, block) = (try spot.behindDamage(), spot.block)
            } else {
                try learnDamage(spot)
            }
        }
        return (entries, cursor)
    }

    /// The bytes that hold so much of a block's entries, if they are as long as they are on average
    /// there, and the header behind them.
    fileprivate static func readSize(_ block: Block, count: Int, payloadSize: Int) -> Int {
        let payload = min(payloadSize, readSizeMax)
        let average = max(1, block.used / max(1, block.entries) - Layout.headerSize)
        let headers = min(count, payload / average + 1) + 1
        let size = payload + Layout.headerSize * headers
        return min(max(size, readSizeMin), readSizeMax)
    }

    /// The blocks that come next.
    private func blocks(after spot: Spot) -> [Block] {
        state.withLock { state in
            guard spot.index < state.blocks.count, state.blocks[spot.index].isSame(as: spot.block)
            else { return [] }
            return Array(state.blocks[(spot.index + 1)...].prefix(16))
        }
    }
}

extension Topic.Spot {
    /// Where reading resumes behind the unsound entry here.
    fileprivate func behindDamage() throws(EngineError) -> ReadCursor {
        let survey = try BlockSurvey(block, from: offset)
        let damage = survey.damage.ranges.first { $0.contains(offset) }
        return ReadCursor(
            block: index, offset: damage?.upperBound ?? block.used, consumed: before,
            consumedInBlock: beforeInBlock, sequence: 0)
    }
}
