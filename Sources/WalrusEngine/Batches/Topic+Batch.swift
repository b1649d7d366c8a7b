internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// Bytes of a data file that were written, or may have been.
struct Stretch: Sendable {
    let file: DataFile
    /// From the start of the file.
    let range: Range<Int>
}

extension Topic {
    /// Writes the batch behind the last entry and lets readers see it, all at once. On failure the
    /// topic is as it was before.
    func append(_ batch: PendingBatch, _ context: AppendContext) throws(EngineError)
        -> BatchReceipt
    {
        guard !isBatchRunning.exchange(true, ordering: .acquiring) else {
            throw .batchInProgress(name)
        }
        defer { isBatchRunning.store(false, ordering: .releasing) }
        return try appending.withLock { (appending: inout Appending) throws(EngineError) in
            guard !appending.isClosed else { throw .closed }
            try landAll(&appending)
            try clearDebris(&appending, context)
            // The end moves, or what stands there is not known.
            appending.writer = nil
            try checkNumbers(appending, for: batch.count)
            let stamp = EntryStamp(
                batchCount: batch.count, sequence: appending.lastSequence + 1,
                timestamp: max(context.clock(), appending.lastTimestamp))
            var writer = BatchWriter(batch, stamp, self, context)
            do throws(EngineError) { try writer.run() } catch {
                appending.debris = writer.debris
                appending.spoiled = writer.spoiled
                // What is left of it may tell its numbers: they are not used again.
                if writer.mayRemain { appending.lastSequence += UInt64(batch.count) }
                throw error.of(name)
            }
            appending.lastSequence += UInt64(batch.count)
            appending.lastTimestamp = stamp.timestamp
            let (ordinals, place) = publish(writer)
            return BatchReceipt(
                sequences: stamp.sequence..<stamp.sequence + UInt64(batch.count),
                timestamp: stamp.timestamp, ordinals: ordinals, place: place)
        }
    }

    /// Takes away what a failed batch left behind. Nothing may be written before that: a part of a
    /// batch that other entries follow would pass for entries.
    func clearDebris(_ appending: inout Appending, _ context: AppendContext) throws(EngineError) {
        try eraseDebris(&appending)
        do throws(EngineError) { try appending.spoiled?.checkPoison() } catch {
            throw error.of(name)
        }
        if !EntryStamp.fits(topicLength: name.bytes.count), context.intents.contains(name) {
            try context.intents.remove(name)
        }
    }

    func eraseDebris(_ appending: inout Appending) throws(EngineError) {
        while let stretch = appending.debris.last {
            try engineErrors(name) { () throws(IOError) in
                try stretch.file.eraseBackwards(stretch.range)
            }
            appending.debris.removeLast()
        }
    }

    private func publish(_ writer: BatchWriter) -> (ordinals: Range<Int>, EntryPlace?) {
        state.withLock { state in
            var place = writer.blocks.first?.place(at: 0)
            if let part = writer.plan.tail {
                place = state.blocks.last.map { $0.place(at: $0.used) }
                state.blocks[state.blocks.count - 1].used += part.size
                state.blocks[state.blocks.count - 1].entries += part.entries.count
            }
            state.blocks += writer.blocks
            state.size += writer.size
            let first = state.entries + 1
            state.entries += writer.batch.count
            return (first..<state.entries + 1, place)
        }
    }
}

/// Brings a batch to disk, or nothing of it.
struct BatchWriter {
    let batch: PendingBatch
    let plan: BatchPlan
    /// Bytes, headers included.
    var size: Int {
        plan.blocks.reduce(plan.tail?.size ?? 0) { $0 + $1.part.size }
    }
    /// The new blocks, as they are with the batch in them.
    private(set) var blocks: [Block] = []
    /// What was written and could not be erased after a failure.
    private(set) var debris: [Stretch] = []

    private let stamp: EntryStamp
    private let topic: Topic
    private let context: AppendContext
    private let tail: Block?
    /// Where topics have no room for a stamp.
    private var intent: BatchIntent?
    private var written: [Stretch] = []

    init(_ batch: PendingBatch, _ stamp: EntryStamp, _ topic: Topic, _ context: AppendContext) {
        self.batch = batch
        self.stamp = stamp
        self.topic = topic
        self.context = context
        tail = topic.state.withLock { $0.blocks.last }
        let room = tail.map { $0.isSealed ? 0 : $0.frame.length - $0.used } ?? 0
        plan = BatchPlan(batch.payloads.lazy.map(\.count), room: room)
        if !EntryStamp.fits(topicLength: topic.name.bytes.count) {
            intent = BatchIntent(
                file: tail?.file.name, slot: tail?.frame.slot ?? 0,
                // Nothing of a block that the batch does not go on in is the batch's.
                offset: tail.map { plan.tail == nil ? $0.frame.length : $0.used } ?? 0,
                count: batch.count, lastFile: context.allocator.files.last?.name)
        }
    }

    mutating func run() throws(EngineError) {
        if plan.tail != nil { try tail?.file.checkPoison() }
        do throws(EngineError) {
            if let intent { try context.intents.set(topic.name, intent) }
            if let part = plan.tail, let tail {
                try write(part, to: tail.file, tail.frame, tail.used)
            }
        } catch {
            _ = undo()
            throw error
        }
        guard !plan.blocks.isEmpty else {
            do throws(EngineError) { return try finish() } catch {
                _ = undo()
                throw error
            }
        }
        var writer = self
        defer { self = writer }
        // Nobody else gets a block before this is done or undone: so its blocks stand together, and
        // if it fails there is nothing behind the slots that become free again.
        try context.allocator.allocateMany(for: topic.name) { (take) throws(EngineError) in
            for (part, units) in writer.plan.blocks {
                let (file, start) = try take(units)
                try writer.write(part, units, to: file, at: start)
            }
            try writer.finish()
        } undo: {
            writer.undo()
        }
    }

    private mutating func write(
        _ part: BatchPlan.Part, _ units: Int, to file: DataFile, at start: Int
    )
        throws(EngineError)
    {
        if var intent, intent.lastFile.map({ $0 < file.name }) ?? true {
            intent.lastFile = file.name
            self.intent = intent
            try context.intents.set(topic.name, intent)
        }
        if let before = blocks.last?.file ?? (plan.tail == nil ? nil : tail?.file), before !== file,
            !hasDurableBlock
        {
            // A power loss that takes all that is in the first file would leave what looks like a
            // batch whose beginning was consumed and reclaimed: nothing of the topic stands before.
            try before.sync()
        }
        let frame = BlockFrame(start: start, length: units * Layout.unit, topic: topic.name)
        try write(part, to: file, frame, 0)
        blocks.append(
            Block(file: file, frame: frame, used: part.size, entries: part.entries.count))
    }

    private mutating func write(
        _ part: BatchPlan.Part, to file: DataFile, _ frame: BlockFrame, _ offset: Int
    ) throws(EngineError) {
        precondition(offset + part.size <= frame.length)
        let start = frame.start + offset
        // Noted before it is tried: what fails may have been written in part.
        written.append(Stretch(file: file, range: start..<start + part.size))
        try engineErrors { () throws(IOError) in
            try batch.write(part.entries, to: file, frame, at: offset) { index in
                intent == nil ? stamp.next(index) : nil
            }
        }
    }

    /// A power loss leaves something of the topic from before the batch, whatever else it takes.
    private var hasDurableBlock: Bool {
        topic.state.withLock { $0.blocks.contains { !$0.file.hasUnsyncedWrites } }
    }

    /// A file with a part of the batch that nobody can sync any more, so neither that it is erased.
    var spoiled: DataFile? {
        written.first { $0.file.poison != nil && !$0.file.isForgotten }?.file
    }

    /// Whether something of a batch that failed may be on disk, now or after a power loss.
    var mayRemain: Bool { !debris.isEmpty || written.contains { $0.file.poison != nil } }

    /// Makes the batch durable as far as that is demanded.
    private func finish() throws(EngineError) {
        // Without its intent a batch that has no stamps counts however much of it a power loss has
        // left: it must be on disk before.
        guard context.syncsEach || intent != nil else { return }
        var files: [DataFile] = []
        for stretch in written where stretch.file !== files.last { files.append(stretch.file) }
        if files.count > 1 { DataFile.syncMany(files, context.io) }
        for file in files { try file.sync() }
        if intent != nil { try context.intents.remove(topic.name) }
    }

    /// Erases what was written. Returns whether nothing is left of it.
    private mutating func undo() -> Bool {
        debris = written
        // From the end, so that a crash in between leaves a batch that is not whole.
        while let stretch = debris.last {
            do throws(IOError) { try stretch.file.eraseBackwards(stretch.range) } catch {
                return false
            }
            debris.removeLast()
        }
        // If that fails the topic's next append tries again before it writes anything. Where the erasure
        // may not get to disk, the next opening needs the intent.
        if intent != nil, spoiled == nil { try? context.intents.remove(topic.name) }
        return true
    }
}

extension EntryStamp {
    /// The stamp of the entry `index` of a batch with this stamp.
    fileprivate func next(_ index: Int) -> EntryStamp {
        EntryStamp(
            batchIndex: index, batchCount: batchCount, sequence: sequence + UInt64(index),
            timestamp: timestamp)
    }
}
