internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// What an append needs of the engine.
struct AppendContext: Sendable {
    let allocator: BlockAllocator
    let intents: BatchIntents
    let clock: @Sendable () -> UInt64
    /// Entries are made durable before they are acknowledged (`FsyncSchedule.each`).
    let syncsEach: Bool
}

/// An entry on its way to disk, as far as it is known before its place is.
@safe struct PendingEntry {
    let payload: UnsafeRawBufferPointer
    let checksum: UInt64

    var size: Int { unsafe Layout.headerSize + payload.count }
}

extension Topic {
    /// Writes the entry behind the last one. On failure the topic is as it was before.
    func append(_ entry: PendingEntry, _ context: AppendContext) throws(EngineError)
        -> AppendReceipt
    {
        guard !isBatchRunning.load(ordering: .acquiring) else { throw .batchInProgress(name) }
        return try appending.withLock { (appending: inout Appending) throws(EngineError) in
            guard !appending.isClosed else { throw .closed }
            try clearDebris(&appending, context)
            let tail = state.withLock { $0.blocks.last }
            let stamp = EntryStamp(
                sequence: appending.lastSequence + 1,
                timestamp: max(context.clock(), appending.lastTimestamp))
            let outcome: Placement
            if let tail, !tail.isSealed, tail.used + entry.size <= tail.frame.length {
                outcome = try continueBlock(tail, entry, stamp, context)
            } else {
                outcome = try startBlock(entry, stamp, context)
            }
            switch outcome {
            case .placed(let block):
                appending.lastSequence = stamp.sequence
                appending.lastTimestamp = stamp.timestamp
                let ordinal = publish(block)
                return AppendReceipt(
                    sequence: stamp.sequence, timestamp: stamp.timestamp, ordinal: ordinal)
            case .spoiled(let error):
                // The number may be on disk: it is not used again.
                appending.lastSequence = stamp.sequence
                throw error
            }
        }
    }

    private enum Placement {
        /// Written: the block as it is with the entry in it.
        case placed(Block)
        /// Failed, and what it wrote could not be taken back.
        case spoiled(EngineError)
    }

    private func continueBlock(
        _ tail: Block, _ entry: PendingEntry, _ stamp: EntryStamp, _ context: AppendContext
    ) throws(EngineError) -> Placement {
        do throws(EngineError) { try tail.file.checkPoison() } catch { throw error.of(name) }
        switch write(entry, stamp, to: tail.file, tail.frame, at: tail.used, context) {
        case .written:
            var block = tail
            block.used += entry.size
            return .placed(block)
        case .undone(let error):
            throw error
        case .spoiled(let error):
            state.withLock { $0.blocks[$0.blocks.count - 1].isSealed = true }
            return .spoiled(error)
        }
    }

    private func startBlock(
        _ entry: PendingEntry, _ stamp: EntryStamp, _ context: AppendContext
    ) throws(EngineError) -> Placement {
        var placed: Block?
        var spoiled: EngineError?
        do throws(EngineError) {
            unsafe try context.allocator.allocate(
                Layout.units(forPayloadLength: entry.payload.count)
            ) {
                file, start, length in
                let frame = BlockFrame(start: start, length: length, topic: name)
                let outcome = write(entry, stamp, to: file, frame, at: 0, context)
                switch outcome {
                case .written:
                    placed = Block(file: file, frame: frame, used: entry.size, entries: 0)
                case .spoiled(let error):
                    spoiled = error
                case .undone: break
                }
                return outcome
            }
        } catch {
            if let spoiled { return .spoiled(spoiled) }
            throw error.of(name)
        }
        guard let placed else { preconditionFailure("an allocation ends written or throws") }
        return .placed(placed)
    }

    /// Header and payload in one call, then the sync if every append has one.
    private func write(
        _ entry: PendingEntry, _ stamp: EntryStamp, to file: DataFile, _ frame: BlockFrame,
        at offset: Int, _ context: AppendContext
    ) -> BlockAllocator.Outcome {
        precondition(offset + entry.size <= frame.length)
        let start = frame.start + offset
        do throws(EngineError) {
            try writeBytes(entry, stamp, to: file, frame, at: start)
            if context.syncsEach { try file.sync() }
            return .written
        } catch {
            let failure = error.of(name)
            do throws(IOError) {
                try file.erase(start..<start + entry.size)
                return .undone(failure)
            } catch {
                // The first failure is the one to tell: the caller learns that nothing was
                // acknowledged, and the block is not written to again.
                return .spoiled(failure)
            }
        }
    }

    private func writeBytes(
        _ entry: PendingEntry, _ stamp: EntryStamp, to file: DataFile, _ frame: BlockFrame,
        at start: Int
    ) throws(EngineError) {
        let header = unsafe EntryHeader(
            topic: name, blockEnd: frame.end, checksum: entry.checksum,
            payloadLength: entry.payload.count,
            stamp: EntryStamp.fits(topicLength: name.bytes.count) ? stamp : nil)
        var failure: IOError?
        unsafe withUnsafeTemporaryAllocation(byteCount: Layout.headerSize, alignment: 8) { bytes in
            unsafe header.encode(into: bytes)
            do throws(IOError) {
                unsafe try file.write(at: start, UnsafeRawBufferPointer(bytes), entry.payload)
            } catch { failure = error }
        }
        if let failure { throw EngineError(failure, topic: name) }
    }

    /// Lets readers see the entry that `block` ends with. Returns its ordinal.
    private func publish(_ block: Block) -> Int {
        state.withLock { state in
            if let last = state.blocks.last, last.file === block.file,
                last.frame.start == block.frame.start
            {
                state.blocks[state.blocks.count - 1].used = block.used
            } else {
                state.blocks.append(block)
            }
            state.blocks[state.blocks.count - 1].entries += 1
            state.entries += 1
            return state.entries
        }
    }
}
