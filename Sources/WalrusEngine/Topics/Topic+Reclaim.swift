internal import Synchronization
internal import WalrusFormat

extension Topic {
    /// What an append would go on from.
    struct End {
        let lastSequence: UInt64
        let lastTimestamp: UInt64
        /// Running numbers that no sound entry on disk has.
        let missing: UInt64
        /// Nothing is appended to the last block any more, if that is one of those in question.
        let isSealed: Bool
    }

    /// Lets nothing more be appended to the topic's last block, if that is in one of `files` and
    /// consumed. Nil when somebody is appending.
    func sealEnd(in files: [DataFile]) -> End? {
        appending.withLockIfAvailable { appending in
            let isFlying = appending.flights.contains { flight in
                files.contains { $0 === flight.block.file }
            }
            return state.withLock { state in
                if let last = state.blocks.last, !isFlying,
                    state.isConsumed(last.file, slot: last.frame.slot),
                    files.contains(where: { $0 === last.file })
                {
                    state.blocks[state.blocks.count - 1].isSealed = true
                    appending.writer = nil
                }
                let entries = UInt64(state.entries)
                return End(
                    lastSequence: appending.lastSequence, lastTimestamp: appending.lastTimestamp,
                    missing: max(appending.lastSequence, entries) - entries, isSealed: !isFlying)
            }
        }
    }

    /// What is to be recorded before the topic loses its blocks in `files`, all of them consumed. Nil
    /// when it has none there. The lock on the topic's readers is held.
    func planRemoval(of files: [DataFile], _ end: End) -> CursorStore.Release? {
        state.withLock { state in
            var after = state
            after.remove(files)
            guard let cursor = state.settled, after.blocks.count < state.blocks.count else {
                return nil
            }
            // A block that stays is one that the cursor is found in with the others and without
            // them. Where it stood in one that goes and none follows, it names that one still.
            let position =
                after.settled.flatMap { moved in
                    let block = after.blocks[moved.block]
                    return block.isSame(as: state.blocks[cursor.block]) || moved.offset == 0
                        ? block.position(at: moved.offset, sequence: cursor.sequence) : nil
                }
                ?? state.blocks[cursor.block].position(
                    at: cursor.offset, sequence: cursor.sequence)
            let stored = StoredCursor.chain(
                after.settled?.block ?? 0, offset: after.settled?.offset ?? 0)
            return CursorStore.Release(
                topic: name, saved: CursorStore.Saved(position: position, stored: stored),
                counter: TopicCounter(
                    sequence: end.lastSequence,
                    reclaimed: end.missing + UInt64(state.entries - after.entries),
                    timestamp: end.lastTimestamp, consumed: 0))
        }
    }
}

extension Topic.State {
    /// The index of the block that begins in the slot.
    private func index(of file: DataFile, slot: Int) -> Int? {
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if (blocks[middle].file.name, blocks[middle].frame.slot) < (file.name, slot) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < blocks.count, blocks[low].file === file, blocks[low].frame.slot == slot else {
            return nil
        }
        return low
    }

    /// The cursor, which stands in `block`, as it is now that blocks before it may be gone. Nil when
    /// that one is gone itself.
    func cursor(_ cursor: ReadCursor, in block: Block) -> ReadCursor? {
        if cursor.block < blocks.count, blocks[cursor.block].isSame(as: block) { return cursor }
        guard let index = index(of: block.file, slot: block.frame.slot) else { return nil }
        var moved = cursor
        moved.block = index
        moved.consumed = blocks[..<index].reduce(cursor.consumedInBlock) { $0 + $1.entries }
        return moved
    }

    /// Whether there is a block of the topic in the slot and nothing of it is left to be read.
    func isConsumed(_ file: DataFile, slot: Int) -> Bool {
        guard let settled, let index = index(of: file, slot: slot) else { return false }
        return index < settled.block
            || index == settled.block && blocks[index].isConsumed(at: settled.offset)
    }

    /// The files, no longer filled, of blocks that were consumed since the last call. A block that
    /// the reader stands at the end of comes with every call.
    mutating func takeFinishedFiles() -> [DataFile] {
        guard let cursor = settled, cursor.block < blocks.count else { return [] }
        var files: [DataFile] = []
        func add(_ file: DataFile) {
            if !file.isFilling, files.last !== file { files.append(file) }
        }
        for index in min(finishedBlocks, cursor.block)..<cursor.block { add(blocks[index].file) }
        finishedBlocks = cursor.block
        if blocks[cursor.block].isConsumed(at: cursor.offset) { add(blocks[cursor.block].file) }
        return files
    }

    /// Forgets the blocks in `files`, all of them consumed.
    mutating func remove(_ files: [DataFile]) {
        let goes = blocks.map { block in files.contains { $0 === block.file } }
        let old = blocks
        blocks = zip(old, goes).filter { !$0.1 }.map(\.0)
        guard blocks.count < old.count else { return }
        for (block, goes) in zip(old, goes) where goes {
            entries -= block.entries
            size -= block.used
        }
        // What came before a block that is gone must not be written to again while that may come
        // back with a power loss: it would stand behind what is written now.
        if goes.last == true, !blocks.isEmpty { blocks[blocks.count - 1].isSealed = true }
        finishedBlocks -= goes[..<finishedBlocks].count { $0 }
        isReclaimed = blocks.isEmpty
        let left = blocks
        shift { cursor in
            guard let last = left.last else { return nil }
            var moved = cursor
            for index in 0..<moved.block where goes[index] { moved.consumed -= old[index].entries }
            moved.block -= goes[..<cursor.block].count { $0 }
            guard goes[cursor.block] else { return moved }
            // All that was in its block was consumed: it stands before what follows.
            moved.consumed -= old[cursor.block].entries
            moved.offset = 0
            moved.consumedInBlock = 0
            if moved.block == left.count {
                // Nothing follows: it stands at the end of what is left.
                moved.block -= 1
                moved.offset = last.used
                moved.consumedInBlock = last.entries
            }
            return moved
        }
    }
}
