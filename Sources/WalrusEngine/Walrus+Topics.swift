internal import Synchronization
public import WalrusFormat
public import WalrusIO

extension Walrus {
    /// Entries that are not consumed. Corresponds to `get_topic_entry_count`.
    public func unreadCount(of topic: TopicName) -> Int {
        registry.find(topic)?.state.withLock { $0.unread } ?? 0
    }

    /// The same for every topic that has, or had, entries. Corresponds to `get_topic_entry_counts`.
    public func unreadCounts() -> [TopicName: Int] {
        var counts: [TopicName: Int] = [:]
        for topic in registry.all {
            topic.state.withLock { state in
                if !state.blocks.isEmpty || state.isReclaimed { counts[topic.name] = state.unread }
            }
        }
        return counts
    }

    /// Bytes that the topic's entries take, headers included. Corresponds to `get_topic_size`.
    public func size(of topic: TopicName) -> Int {
        registry.find(topic)?.state.withLock { $0.size } ?? 0
    }

    /// Every topic that has entries, a cursor or a mark, in the order of names.
    public func topics() -> [TopicStatus] {
        var found: [TopicName: TopicStatus] = [:]
        for topic in registry.all {
            let isClean = marks.isClean(topic.name)
            topic.state.withLock { state in
                guard !state.blocks.isEmpty else { return }
                found[topic.name] = TopicStatus(
                    name: topic.name, entries: state.entries, unread: state.unread,
                    size: state.size, isClean: isClean, blocks: state.blocks.count,
                    cursor: state.cursor.map {
                        state.blocks[$0.block].position(at: $0.offset, sequence: $0.sequence)
                    })
            }
        }
        let hasCursor = Set(cursors.topics)
        for name in hasCursor.union(marks.topics) where found[name] == nil {
            found[name] = TopicStatus(
                name: name, entries: 0, unread: 0, size: 0, isClean: marks.isClean(name), blocks: 0,
                cursor: hasCursor.contains(name) ? .begin : nil)
        }
        return found.values.sorted { $0.name < $1.name }
    }

    /// The files whose sync has failed, with the failure: nothing is written to them any more.
    public var poisonedFiles: [DataFileName: IOError] {
        var poisoned: [DataFileName: IOError] = [:]
        for file in allocator.files { poisoned[file.name] = file.poison }
        return poisoned
    }

    // MARK: - Clean marks

    /// Says that the topic needs work; every append says so too. Durable when it returns.
    /// Corresponds to `mark_topic_dirty`.
    public func markDirty(_ topic: TopicName) throws(EngineError) {
        try mark(topic, isClean: false)
    }

    /// Says that the topic needs no work. Durable when it returns.
    /// Corresponds to `mark_topic_clean`.
    public func markClean(_ topic: TopicName) throws(EngineError) {
        try mark(topic, isClean: true)
    }

    /// An unknown topic is clean. Corresponds to `topic_is_clean`.
    public func isClean(_ topic: TopicName) -> Bool { marks.isClean(topic) }

    private func mark(_ topic: TopicName, isClean: Bool) throws(EngineError) {
        if let refusal = topic.refusal { throw EngineError(.invalidTopic, refusal, topic: topic) }
        try registry.checkOpen()
        try marks.set(topic, isClean: isClean, durably: true)
        // An append may have said so already, no more durably than its entry.
        if !appendContext.syncsEach { try cursors.sync() }
    }
}
