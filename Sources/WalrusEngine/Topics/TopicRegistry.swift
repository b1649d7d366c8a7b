internal import Synchronization
internal import WalrusFormat

/// Finds topics by name. Its lock is held for the look-up alone.
final class TopicRegistry: Sendable {
    private struct State {
        var topics: [TopicName: Topic]
        var isClosed = false
    }

    private let state: Mutex<State>

    init(_ topics: [TopicName: Topic]) {
        state = Mutex(State(topics: topics))
    }

    /// Nil when nothing is known of the topic.
    func find(_ name: TopicName) -> Topic? {
        state.withLock { $0.topics[name] }
    }

    /// The topic, to be appended to.
    func openOrMake(_ name: TopicName) throws(EngineError) -> Topic {
        // That it is there tells nothing of its name: what stands on disk may be anybody's.
        if let known = find(name), known.refusal == nil { return known }
        if let refusal = name.refusal { throw EngineError(.invalidTopic, refusal, topic: name) }
        return try state.withLock { (state: inout State) throws(EngineError) in
            guard !state.isClosed else { throw .closed }
            if let topic = state.topics[name] { return topic }
            let topic = Topic(name)
            state.topics[name] = topic
            return topic
        }
    }

    func checkOpen() throws(EngineError) {
        guard !state.withLock({ $0.isClosed }) else { throw .closed }
    }

    var all: [Topic] { state.withLock { Array($0.topics.values) } }

    /// Lets no topic be made any more. Returns those there are, or nil if it was closed before.
    func close() -> [Topic]? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            return Array(state.topics.values)
        }
    }
}
