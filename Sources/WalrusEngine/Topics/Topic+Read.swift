internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

extension Topic {
    /// An entry that was found, and the cursor that stands behind it.
    struct Found: Sendable {
        let entry: Entry
        let after: ReadCursor
    }

    /// The next entry, without consuming it.
    func peek() throws(EngineError) -> Entry? { try findNext()?.entry }

    /// The next entry. `record` makes the cursor behind it durable and is called, with the lock on
    /// the topic's readers held, before anyone can see that it was consumed.
    func consume(
        recordEvery: Int, _ record: (Block, ReadCursor) throws(EngineError) -> Void
    ) throws(EngineError) -> Entry? {
        try consuming.withLock { (consuming: inout Consuming) throws(EngineError) in
            guard !consuming.isClosed else { throw .closed }
            guard let found = try findNext() else { return nil }
            if consuming.unrecorded + 1 >= recordEvery {
                let block = state.withLock { $0.blocks[found.after.block] }
                try record(block, found.after)
                consuming.unrecorded = 0
            } else {
                consuming.unrecorded += 1
            }
            state.withLock { $0.cursor = found.after }
            return found.entry
        }
    }

    /// Where to look for the next entry: a place that is neither inside damage nor behind the end.
    private struct Spot {
        let block: Block
        let index: Int
        let offset: Int
        /// Sound entries before it, in the topic and in its block.
        let before: Int
        let beforeInBlock: Int
    }

    private func nextSpot() -> Spot? {
        state.withLock { state in
            let cursor = state.cursor ?? .begin
            var offset = cursor.offset
            for index in cursor.block..<max(cursor.block, state.blocks.count) {
                let block = state.blocks[index]
                offset = block.skippingDamage(offset)
                if offset < block.used {
                    return Spot(
                        block: block, index: index, offset: offset, before: cursor.consumed,
                        beforeInBlock: index == cursor.block ? cursor.consumedInBlock : 0)
                }
                offset = 0
            }
            return nil
        }
    }

    /// Finds the next sound entry. Nothing of what was acknowledged ever changes, so the bytes are
    /// read without a lock.
    private func findNext() throws(EngineError) -> Found? {
        // A second look is needed once per damaged entry that the recovery did not know.
        while let spot = nextSpot() {
            let stored = try engineErrors(name) { () throws(IOError) in
                try StoredEntry.read(spot.block, at: spot.offset)
            }
            guard let stored else {
                try learnDamage(spot)
                continue
            }
            let entry = Entry(
                payload: stored.payload, sequence: stored.header.stamp?.sequence,
                timestamp: stored.header.stamp?.timestamp, ordinal: spot.before + 1,
                file: spot.block.file.name, slot: spot.block.frame.slot, offset: spot.offset)
            let after = ReadCursor(
                block: spot.index, offset: spot.offset + Layout.headerSize + stored.payload.count,
                consumed: spot.before + 1, consumedInBlock: spot.beforeInBlock + 1,
                sequence: stored.header.stamp?.sequence ?? 0)
            return Found(entry: entry, after: after)
        }
        return nil
    }

    /// An entry that was sound when it was written, or when the directory was opened, is not any
    /// more: takes stock of the rest of its block by the rule of `EntryWalker`.
    private func learnDamage(_ spot: Spot) throws(EngineError) {
        var survey: BlockSurvey
        do { survey = try BlockSurvey(spot.block, from: spot.offset) } catch {
            throw error.of(name)
        }
        // The reader found the entry at fault; that must show, or it would come back for ever.
        survey.blame(spot.offset, in: spot.block)
        let missing = spot.block.entries - spot.beforeInBlock - survey.entries
        state.withLock { state in
            // Another reader may have been here meanwhile.
            guard state.blocks[spot.index].damaged == spot.block.damaged else { return }
            state.blocks[spot.index].damaged =
                spot.block.damaged.filter { $0.upperBound <= spot.offset }
                + survey.damage.ranges
            state.blocks[spot.index].entries -= missing
            state.entries -= missing
            // After a restart nothing behind such a place could be found.
            if survey.lost != nil { state.blocks[spot.index].isSealed = true }
        }
    }
}

/// An entry as it stands on disk, header and payload sound.
struct StoredEntry {
    let header: EntryHeader
    let payload: [UInt8]

    /// Small entries come with one call of the system.
    private static let firstRead = 4_096

    /// The entry at `offset` of `block`; nil when it is not sound.
    static func read(_ block: Block, at offset: Int) throws(IOError) -> StoredEntry? {
        let start = block.frame.start + offset
        let count = min(firstRead, block.used - offset)
        guard count >= Layout.headerSize else { return nil }
        let first = try block.file.bytes(at: start, count: count)
        guard first.count >= Layout.headerSize, let header = try? EntryHeader.decode(first),
            header.topic == block.frame.topic, header.blockEnd == block.frame.end,
            offset + Layout.headerSize + header.payloadLength <= block.used
        else { return nil }
        let payload: [UInt8]
        if Layout.headerSize + header.payloadLength <= first.count {
            payload = Array(first[Layout.headerSize..<Layout.headerSize + header.payloadLength])
        } else {
            payload = try block.file.bytes(
                at: start + Layout.headerSize, count: header.payloadLength)
        }
        guard payload.count == header.payloadLength, FNV1a.hash(payload) == header.checksum else {
            return nil
        }
        return StoredEntry(header: header, payload: payload)
    }
}
