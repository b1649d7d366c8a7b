public import WalrusFormat
internal import WalrusIO

extension Walrus {
    /// Appends `payload` to the topic, which begins with its first entry.
    ///
    /// Throws `.invalidTopic` and `.entryTooLarge`, which leave no trace, `.io` and `.poisoned`,
    /// after which the topic is as it was before, but that it may be marked dirty, and `.closed`. With `FsyncSchedule.each` the entry
    /// is durable when this returns; one sync may serve several topics.
    ///
    /// Corresponds to `append_for_topic`.
    @discardableResult
    public func append(_ payload: [UInt8], to topic: TopicName) throws(EngineError) -> AppendReceipt
    {
        unsafe try append(payload.span.bytes, to: topic)
    }

    /// Appends the bytes of `payload` without a copy.
    @discardableResult
    public func append(_ payload: RawSpan, to topic: TopicName) throws(EngineError)
        -> AppendReceipt
    {
        unsafe try payload.withUnsafeBytes { (bytes) throws(EngineError) in
            unsafe try append(bytes, to: topic)
        }
    }

    private func append(_ payload: UnsafeRawBufferPointer, to topic: TopicName)
        throws(EngineError) -> AppendReceipt
    {
        let found = try registry.openOrMake(topic)
        guard payload.count <= Layout.payloadLengthMax else {
            throw EngineError(
                .entryTooLarge,
                "an entry holds at most \(Layout.payloadLengthMax) bytes, a file less the header; "
                    + "this one has \(payload.count)", topic: topic)
        }
        let start = Clock.monotonic()
        // The slow part, before any lock.
        let entry = unsafe PendingEntry(payload: payload, checksum: FNV1a.hash(payload))
        do throws(EngineError) {
            let receipt = try marks.dirtying(found, durably: appendContext.syncsEach) {
                () throws(EngineError) in
                try found.append(entry, appendContext)
            }
            recorder.appended(bytes: payload.count, since: start)
            afterAppending()
            return receipt
        } catch {
            recorder.appendFailed()
            throw error
        }
    }

    /// The topic's next entry; nil when all are consumed.
    ///
    /// Without `checkpoint` this changes nothing: the same entry comes again. With it the entry is
    /// consumed, once for all concurrent readers, as durably as `ReadConsistency` says; the lock on
    /// the topic's readers, and no other of the topic, is held over the cursor's sync.
    /// Damaged entries are skipped.
    ///
    /// Throws `.io`, after which the entry is not consumed, and `.closed`. Corresponds to
    /// `read_next`.
    public func readNext(_ topic: TopicName, checkpoint: Bool) throws(EngineError) -> Entry? {
        try registry.checkOpen()
        guard let found = registry.find(topic) else { return nil }
        let start = Clock.monotonic()
        let entry = checkpoint ? try consume(found)?.entry : try found.peek()?.entry
        if let entry { recorder.read(bytes: entry.payloadLength, since: start) }
        return entry
    }
}
