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
        let outcome = try appending.withLock {
            (appending: inout Appending) throws(EngineError) -> Written in
            guard !appending.isClosed else { throw .closed }
            try clearDebris(&appending, context)
            return try write(entry, &appending, context)
        }
        return switch outcome {
        case .published(let receipt): receipt
        case .flying(let flight): try land(flight)
        }
    }

    /// What is still to be done for an entry that was written.
    private enum Written {
        case published(AppendReceipt)
        /// The sync, for which the lock on the topic's writers is not held.
        case flying(Flight)
    }

    private func write(
        _ entry: PendingEntry, _ appending: inout Appending, _ context: AppendContext
    ) throws(EngineError) -> Written {
        let tail = appending.flights.last?.block ?? state.withLock { $0.blocks.last }
        let stamp = EntryStamp(
            sequence: appending.lastSequence + 1,
            timestamp: max(context.clock(), appending.lastTimestamp))
        let outcome: Placement
        if let tail, !tail.isSealed, tail.used + entry.size <= tail.frame.length {
            outcome = try continueBlock(tail, entry, stamp, context)
        } else {
            // Whatever is taken back later is at the end of one block.
            try landAll(&appending)
            outcome = try startBlock(entry, stamp, context)
        }
        switch outcome {
        case .placed(let block):
            appending.lastSequence = stamp.sequence
            appending.lastTimestamp = stamp.timestamp
            guard context.syncsEach else { return .published(publish(block, stamp)) }
            return .flying(appending.takeOff(block, stamp))
        case .spoiled(let error):
            // The number may be on disk: it is not used again.
            appending.lastSequence = stamp.sequence
            if let tail { seal(tail, &appending) }
            throw error
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
        switch write(entry, stamp, to: tail.file, tail.frame, at: tail.used) {
        case .written:
            var block = tail
            block.used += entry.size
            return .placed(block)
        case .undone(let error):
            throw error
        case .spoiled(let error):
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
                Layout.units(forPayloadLength: entry.payload.count), topic: name
            ) {
                file, start, length in
                let frame = BlockFrame(start: start, length: length, topic: name)
                let outcome = write(entry, stamp, to: file, frame, at: 0)
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

    /// Header and payload in one call.
    private func write(
        _ entry: PendingEntry, _ stamp: EntryStamp, to file: DataFile, _ frame: BlockFrame,
        at offset: Int
    ) -> BlockAllocator.Outcome {
        precondition(offset + entry.size <= frame.length)
        let start = frame.start + offset
        do throws(EngineError) {
            try writeBytes(entry, stamp, to: file, frame, at: start)
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

    /// Lets readers see the entry that `block` ends with.
    func publish(_ block: Block, _ stamp: EntryStamp) -> AppendReceipt {
        let ordinal = state.withLock { state in
            if let last = state.blocks.last, last.isSame(as: block) {
                state.size += block.used - last.used
                state.blocks[state.blocks.count - 1].used = block.used
                if block.isSealed { state.blocks[state.blocks.count - 1].isSealed = true }
            } else {
                state.size += block.used
                state.blocks.append(block)
            }
            state.blocks[state.blocks.count - 1].entries += 1
            state.entries += 1
            return state.entries
        }
        return AppendReceipt(
            sequence: stamp.sequence, timestamp: stamp.timestamp, ordinal: ordinal)
    }
}
