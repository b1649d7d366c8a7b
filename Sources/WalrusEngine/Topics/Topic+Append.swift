internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// What an append needs of the engine.
final class AppendContext: Sendable {
    let allocator: BlockAllocator
    let intents: BatchIntents
    let io: any BatchIO
    let clock: @Sendable () -> UInt64
    /// Entries are made durable before they are acknowledged (`FsyncSchedule.each`).
    let syncsEach: Bool

    init(
        _ allocator: BlockAllocator, _ intents: BatchIntents, _ io: any BatchIO,
        clock: @escaping @Sendable () -> UInt64, syncsEach: Bool
    ) {
        self.allocator = allocator
        self.intents = intents
        self.io = io
        self.clock = clock
        self.syncsEach = syncsEach
    }
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
        try checkNumbers(appending, for: 1)
        let stamp = EntryStamp(
            sequence: appending.lastSequence + 1,
            timestamp: max(context.clock(), appending.lastTimestamp))
        var spoiled: EngineError?
        let isContinued: Bool
        if let writer = writer(&appending), writer.fits(entry) {
            isContinued = true
            do throws(EngineError) { try writer.checkFile() } catch { throw error.of(name) }
            switch write(entry, stamp, with: writer) {
            case .written: break
            case .undone(let error): throw error
            case .spoiled(let error): spoiled = error
            }
        } else {
            isContinued = false
            // Whatever is taken back later is at the end of one block.
            try landAll(&appending)
            spoiled = try startBlock(entry, stamp, &appending, context)
        }
        // A number that may be on disk is not used again, whatever became of its entry.
        appending.lastSequence = stamp.sequence
        if let spoiled {
            sealEnd(&appending)
            throw spoiled
        }
        appending.lastTimestamp = stamp.timestamp
        guard let writer = appending.writer else {
            preconditionFailure("what was written, was written by somebody")
        }
        if context.syncsEach { return .flying(appending.takeOff(writer.block, stamp)) }
        return .published(
            isContinued ? publish(entry.size, stamp) : publish(writer.block, stamp))
    }

    /// Throws where no running numbers are left: an entry with a greater one could not be read. Only
    /// what is on disk can bring a topic there.
    func checkNumbers(_ appending: Appending, for count: Int) throws(EngineError) {
        guard appending.lastSequence <= EntryStamp.sequenceMax - UInt64(count) else {
            throw EngineError(
                .damaged,
                "the topic's last running number is \(appending.lastSequence), and "
                    + "\(EntryStamp.sequenceMax) is the greatest there can be: append to another "
                    + "topic, and look at this one with walrus check", topic: name)
        }
    }

    /// What writes to the block that the topic ends with; nil where it must go on in a new one.
    private func writer(_ appending: inout Appending) -> EntryWriter? {
        if hasNewEnd.load(ordering: .acquiring) {
            // Before the look at the block: what changes after it shows the next time.
            hasNewEnd.store(false, ordering: .releasing)
            appending.writer = nil
            // A reader that came upon damage knows nothing of entries in flight: whatever followed
            // them would be lost with them.
            let last = state.withLock { $0.blocks.last }
            if let last, last.isSealed, appending.flights.last?.block.isSame(as: last) == true {
                sealEnd(&appending)
            }
        }
        if let writer = appending.writer { return writer }
        guard let last = appending.flights.last?.block ?? state.withLock({ $0.blocks.last }),
            !last.isSealed
        else { return nil }
        appending.writer = EntryWriter(last.file, last.frame, used: last.used)
        return appending.writer
    }

    /// Begins a new block with the entry. Returns why it failed, if that left something behind that
    /// could not be taken away.
    private func startBlock(
        _ entry: PendingEntry, _ stamp: EntryStamp, _ appending: inout Appending,
        _ context: AppendContext
    ) throws(EngineError) -> EngineError? {
        var writer: EntryWriter?
        var spoiled: EngineError?
        do throws(EngineError) {
            unsafe try context.allocator.allocate(
                Layout.units(forPayloadLength: entry.payload.count), topic: name
            ) {
                file, start, length in
                let frame = BlockFrame(start: start, length: length, topic: name)
                let new = EntryWriter(file, frame, used: 0)
                let outcome = write(entry, stamp, with: new)
                switch outcome {
                case .written: writer = new
                case .spoiled(let error): spoiled = error
                case .undone: break
                }
                return outcome
            }
        } catch {
            if let spoiled { return spoiled }
            throw error.of(name)
        }
        appending.writer = writer
        return nil
    }

    /// Header and payload in one call.
    private func write(_ entry: PendingEntry, _ stamp: EntryStamp, with writer: EntryWriter)
        -> BlockAllocator.Outcome
    {
        do throws(IOError) {
            try writer.write(entry, stamp)
            return .written
        } catch {
            let failure = EngineError(error, topic: name)
            let start = writer.frame.start + writer.used
            do throws(IOError) {
                try writer.file.erase(start..<start + entry.size)
                return .undone(failure)
            } catch {
                // The first failure is the one to tell: the caller learns that nothing was
                // acknowledged, and the block is not written to again.
                return .spoiled(failure)
            }
        }
    }

    /// Lets readers see another entry, of `size` bytes, in the block that they see last.
    private func publish(_ size: Int, _ stamp: EntryStamp) -> AppendReceipt {
        state.withLock { state in
            let last = state.blocks.count - 1
            state.size += size
            state.blocks[last].used += size
            state.blocks[last].entries += 1
            state.entries += 1
            return state.receipt(stamp, size)
        }
    }

    /// Lets readers see the entry that `block` ends with.
    func publish(_ block: Block, _ stamp: EntryStamp) -> AppendReceipt {
        state.withLock { state in
            var size = block.used
            if let last = state.blocks.last, last.isSame(as: block) {
                size -= last.used
                state.blocks[state.blocks.count - 1].used = block.used
                if block.isSealed { state.blocks[state.blocks.count - 1].isSealed = true }
            } else {
                state.blocks.append(block)
            }
            state.size += size
            state.blocks[state.blocks.count - 1].entries += 1
            state.entries += 1
            return state.receipt(stamp, size)
        }
    }
}

extension Topic.State {
    /// Of the last entry, which takes `size` bytes.
    fileprivate func receipt(_ stamp: EntryStamp, _ size: Int) -> AppendReceipt {
        // In place: a copy of the block would count references with every entry.
        let last = blocks.count - 1
        return AppendReceipt(
            sequence: stamp.sequence, timestamp: stamp.timestamp, ordinal: entries,
            place: blocks[last].place(at: blocks[last].used - size))
    }
}
