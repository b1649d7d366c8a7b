internal import Synchronization
internal import WalrusFormat

/// Finds topics by name. Its locks are held for the look-up alone.
final class TopicRegistry: Sendable {
    /// The topics of some names. Each part has a lock, so that threads that work on different topics
    /// seldom change the same memory: with every call, that would cost more than the look-up.
    private final class Part: Sendable {
        let topics = Mutex<[TopicName: Topic]>([:])
        /// Keeps the next object off the lock's line in the processor's cache.
        private let room: InlineArray<8, Int> = .init(repeating: 0)
    }

    private let parts = (0..<32).map { _ in Part() }
    private let isClosed = Atomic(false)

    init(_ topics: [TopicName: Topic]) {
        for (name, topic) in topics { part(of: name).topics.withLock { $0[name] = topic } }
    }

    private func part(of name: TopicName) -> Part {
        // The ends are what the names of many topics differ in.
        var mixed = 0
        for index in max(0, name.bytes.count - 4)..<name.bytes.count {
            mixed = mixed &* 31 &+ Int(name.bytes[index])
        }
        return parts[mixed & 31]
    }

    /// Nil when nothing is known of the topic.
    func find(_ name: TopicName) -> Topic? {
        part(of: name).topics.withLock { $0[name] }
    }

    /// The topic, to be appended to.
    func openOrMake(_ name: TopicName) throws(EngineError) -> Topic {
        // That it is there tells nothing of its name: what stands on disk may be anybody's.
        if let known = find(name), known.refusal == nil { return known }
        if let refusal = name.refusal { throw EngineError(.invalidTopic, refusal, topic: name) }
        return try part(of: name).topics.withLock {
            (topics: inout [TopicName: Topic]) throws(EngineError) in
            // Under the lock: what is made before `close` asks for it is among what that returns.
            try checkOpen()
            if let topic = topics[name] { return topic }
            let topic = Topic(name)
            topics[name] = topic
            return topic
        }
    }

    func checkOpen() throws(EngineError) {
        guard !isClosed.load(ordering: .acquiring) else { throw .closed }
    }

    var all: [Topic] { parts.flatMap { $0.topics.withLock { Array($0.values) } } }

    /// Lets no topic be made any more. Returns those there are, or nil if it was closed before.
    func close() -> [Topic]? {
        isClosed.exchange(true, ordering: .acquiringAndReleasing) ? nil : all
    }
}
