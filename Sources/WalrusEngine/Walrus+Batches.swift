public import WalrusFormat
internal import WalrusIO

/// What an acknowledged batch got.
public struct BatchReceipt: Hashable, Sendable {
    /// The entries' running numbers in their topic (`AppendReceipt.sequence`).
    public let sequences: Range<UInt64>
    /// Nanoseconds since 1970 UTC, the same for all.
    public let timestamp: UInt64
    /// 1-based places among the topic's sound entries on disk.
    public let ordinals: Range<Int>
    /// Where the first of them stands; nil for a batch without entries.
    public let place: EntryPlace?

    package init(
        sequences: Range<UInt64>, timestamp: UInt64, ordinals: Range<Int>, place: EntryPlace?
    ) {
        self.sequences = sequences
        self.timestamp = timestamp
        self.ordinals = ordinals
        self.place = place
    }

    /// That of a batch without entries.
    static let empty = BatchReceipt(sequences: 0..<0, timestamp: 0, ordinals: 0..<0, place: nil)
}

extension Walrus {
    /// Appends all of `payloads` to the topic, or none of them: readers see them all at once, and
    /// neither a failure nor a crash leaves a part of them.
    ///
    /// Up to 2,000 entries and 10 GiB with their headers, across blocks and files. A batch without
    /// entries does nothing at all; its receipt is empty.
    ///
    /// While a batch runs, every other append to its topic throws `.batchInProgress`, and other
    /// topics wait where they need a new block and so does the batch. To a topic whose name is
    /// longer than 176 bytes a batch is made durable whatever the schedule says.
    ///
    /// Throws `.invalidTopic`, `.batchTooLarge` and `.entryTooLarge`, which leave no trace, `.io` and
    /// `.poisoned`, after which the topic is as it was before, but that it may be marked dirty,
    /// `.batchInProgress` and `.closed`.
    /// Corresponds to `batch_append_for_topic`.
    @discardableResult
    public func append(batch payloads: [[UInt8]], to topic: TopicName) throws(EngineError)
        -> BatchReceipt
    {
        let found = try registry.openOrMake(topic)
        try Self.check(batchOf: payloads.lazy.map(\.count), topic)
        guard !payloads.isEmpty else {
            try registry.checkOpen()
            return .empty
        }
        let start = Clock.monotonic()
        // The slow part, before any lock.
        let batch = PendingBatch(payloads)
        do throws(EngineError) {
            let receipt = try marks.dirtying(found, durably: appendContext.syncsEach) {
                () throws(EngineError) in
                try found.append(batch, appendContext)
            }
            recorder.appendedBatch(
                entries: batch.count, bytes: payloads.reduce(0) { $0 + $1.count }, since: start)
            afterAppending()
            return receipt
        } catch {
            recorder.appendFailed()
            // What could not go while the batch was written.
            afterAppending()
            throw error
        }
    }

    /// Throws where a batch of payloads of `lengths` bytes is more than one call takes.
    package static func check(batchOf lengths: some Collection<Int>, _ topic: TopicName)
        throws(EngineError)
    {
        guard lengths.count <= Layout.batchEntriesMax else {
            throw EngineError(
                .batchTooLarge,
                "a batch holds at most \(Layout.batchEntriesMax) entries; this one has "
                    + "\(lengths.count)", topic: topic)
        }
        for (index, length) in lengths.enumerated() where length > Layout.payloadLengthMax {
            throw EngineError(
                .entryTooLarge,
                "an entry holds at most \(Layout.payloadLengthMax) bytes, a file less the header; "
                    + "number \(index) of the batch has \(length)", topic: topic)
        }
        let size = lengths.reduce(0) { $0 + Layout.headerSize + $1 }
        guard size <= Layout.batchBytesMax else {
            throw EngineError(
                .batchTooLarge,
                "a batch holds at most \(Layout.batchBytesMax) bytes with headers; this one has "
                    + "\(size)", topic: topic)
        }
    }
}
