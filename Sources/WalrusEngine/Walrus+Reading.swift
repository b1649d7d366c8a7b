internal import Synchronization
public import WalrusFormat
internal import WalrusIO

extension Walrus {
    /// The topic's next entries: one at least when there is one, 2,000 at most, and not more than
    /// `maxBytes` of payload in all unless the first alone has more.
    ///
    /// With `checkpoint` all of them are consumed, as `readNext` would consume them one by one;
    /// with `strictlyAtOnce` one record on disk does for them all. Damaged entries are skipped.
    ///
    /// With a `startOffset` this looks at any place of the topic and neither asks nor moves its
    /// cursor, whatever `checkpoint` says. The offset counts stored bytes, headers and damaged
    /// entries included, from the start of the topic's first block on disk; reading starts with the
    /// entry that holds that byte, behind the damage when that holds it, and gives nothing behind the
    /// last one.
    ///
    /// Throws `.io`, after which nothing is consumed, and `.closed`. Corresponds to
    /// `batch_read_for_topic`.
    public func readBatch(
        _ topic: TopicName, maxBytes: Int, checkpoint: Bool, startOffset: Int? = nil
    ) throws(EngineError) -> [Entry] {
        try registry.checkOpen()
        guard let found = registry.find(topic) else { return [] }
        let start = Clock.monotonic()
        let budget = Topic.Budget(payloadSize: max(0, maxBytes), io: batchIO)
        let entries: [Entry]
        if let startOffset {
            entries = try found.entries(atStoredOffset: max(0, startOffset), budget)
        } else if checkpoint {
            entries = try reclaiming(found) { () throws(EngineError) in
                try found.consume(budget, configuration.readConsistency, batchAhead) {
                    block, cursor throws(EngineError) in
                    try cursors.record(topic, block.saved(cursor, in: cursor.block))
                }
            }
        } else {
            entries = try found.peek(budget)
        }
        if !entries.isEmpty {
            recorder.readBatch(
                entries: entries.count, bytes: entries.reduce(0) { $0 + $1.payloadLength },
                since: start)
        }
        return entries
    }

    /// The next entry, consumed.
    func consume(_ topic: Topic) throws(EngineError) -> Topic.Found? {
        try reclaiming(topic) { () throws(EngineError) in
            try topic.consume(configuration.readConsistency) {
                block, cursor throws(EngineError) in
                try cursors.record(topic.name, block.saved(cursor, in: cursor.block))
            }
        }
    }

    /// Deletes files that a reader has finished: after a read that is final, and before one whose
    /// entries must come again if they do not reach the caller.
    private func reclaiming<R>(_ topic: Topic, _ read: () throws(EngineError) -> R)
        throws(EngineError) -> R
    {
        let isFinal = configuration.readConsistency == .strictlyAtOnce
        if !isFinal {
            topic.state.withLock { $0.settle() }
            afterReading(topic)
        }
        let result = try read()
        if isFinal { afterReading(topic) }
        return result
    }

    /// Gives `body` the topic's next entry without copying its payload. Nil when all are consumed.
    ///
    /// `checkpoint` as for `readNext`, and done before `body` is called: an entry stays consumed
    /// when `body` throws. No lock is held meanwhile, so `body` may use the engine. The span ends
    /// with the call.
    ///
    /// Throws what `readNext` and `body` throw.
    public func withNextEntry<R>(
        _ topic: TopicName, checkpoint: Bool, _ body: (RawSpan, EntryInfo) throws -> R
    ) throws -> R? {
        try registry.checkOpen()
        guard let topic = registry.find(topic) else { return nil }
        let start = Clock.monotonic()
        let found = checkpoint ? try consume(topic) : try topic.peek()
        guard let found else { return nil }
        recorder.read(bytes: found.entry.payloadLength, since: start)
        return try found.entry.withPayload { payload in try body(payload, found.entry.info) }
    }

    /// Moves the topic's cursor: what stands before it counts as consumed, what stands behind it
    /// as unread, also if it was consumed before. Durable when it returns, whatever the consistency.
    ///
    /// A target before the first entry on disk means that one, a target behind the last one the
    /// end. Entries without a stamp (written by the reference, or with a name over 176 bytes) tell
    /// neither number nor time: `.sequence` and `.time` lead behind the last entry that is known to
    /// come before, so that none is skipped that could be meant. Where no entry has a stamp, that is
    /// the first one.
    ///
    /// A topic without entries has no place to seek: nothing is done. Throws `.noSuchPlace`, `.io`,
    /// after either of which the cursor is where it was, and `.closed`.
    public func seek(_ topic: TopicName, to target: SeekTarget) throws(EngineError) {
        _ = try seek(topic, to: target, if: .anywhere)
    }

    /// Moves the topic's cursor as `seek` does, but only if its reader gets the same entry next as
    /// one that stands at `expected`: nil, or where the topic's `cursor` was when somebody decided on
    /// the move. No other reader comes in between.
    ///
    /// Throws `.cursorMoved` when it does not, and `.noSuchPlace` also where the topic has no
    /// entries; else as `seek`.
    @discardableResult
    public func moveCursor(
        of topic: TopicName, from expected: EntryPlace?, to target: SeekTarget
    ) throws(EngineError) -> CursorMove {
        guard let move = try seek(topic, to: target, if: .at(expected)) else {
            throw EngineError(.noSuchPlace, "it has no entries", topic: topic)
        }
        return move
    }

    private func seek(_ topic: TopicName, to target: SeekTarget, if condition: Topic.Condition)
        throws(EngineError) -> CursorMove?
    {
        try registry.checkOpen()
        guard let found = registry.find(topic) else { return nil }
        let move = try found.seek(to: target, if: condition) {
            block, cursor, reached throws(EngineError) in
            try cursors.record(topic, block.saved(cursor, in: cursor.block), reached: reached)
        }
        afterReading(found)
        return move
    }
}
