internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// What the application has said about topics: whether they need work.
///
/// Lock order: a stripe's lock, which is held over the mark's record so that the changes of one topic
/// come one after another, then `marks`, which is held for a look alone. Topics of different stripes
/// share a sync.
final class CleanMarks: Sendable {
    private final class Stripe: Sendable {
        let isClosed = Mutex(false)
    }

    private let store: CursorStore
    private let registry: TopicRegistry
    private let stripes = (0..<64).map { _ in Stripe() }
    private let marks: Mutex<[TopicName: CleanMark]>

    init(_ store: CursorStore, _ registry: TopicRegistry, _ marks: [TopicName: CleanMark]) {
        self.store = store
        self.registry = registry
        self.marks = Mutex(marks)
    }

    func isClean(_ topic: TopicName) -> Bool {
        marks.withLock { $0[topic]?.isClean ?? true }
    }

    var topics: [TopicName] { marks.withLock { Array($0.keys) } }

    /// Refuses all further changes, once those under way have ended.
    func close() {
        for stripe in stripes { stripe.isClosed.withLock { $0 = true } }
    }

    /// Nothing is written when the mark says so already. Without `durably` the mark is at least as
    /// durable as what is written after it.
    func set(_ topic: TopicName, isClean: Bool, durably: Bool) throws(EngineError) {
        guard self.isClean(topic) != isClean else { return }
        try change(topic, isClean: isClean, durably: durably)
    }

    /// Appends, with the topic dirty before: a crash in between must not leave an entry in a topic
    /// called clean. It is looked at again afterwards: who called it clean meanwhile knew nothing of
    /// the entry.
    func dirtying<Receipt>(
        _ topic: Topic, durably: Bool, _ append: () throws(EngineError) -> Receipt
    ) throws(EngineError) -> Receipt {
        try setDirty(topic, durably)
        let receipt = try append()
        // The entry is acknowledged; should this fail, the next append tells.
        try? setDirty(topic, durably)
        return receipt
    }

    /// Nearly always the topic is known to be dirty.
    private func setDirty(_ topic: Topic, _ durably: Bool) throws(EngineError) {
        guard !topic.isKnownDirty.load(ordering: .acquiring) else { return }
        try change(topic.name, isClean: false, durably: durably)
    }

    private func change(_ topic: TopicName, isClean: Bool, durably: Bool) throws(EngineError) {
        let stripe = stripes[Int(UInt(bitPattern: topic.hashValue) % UInt(stripes.count))]
        try stripe.isClosed.withLock { (isClosed: inout Bool) throws(EngineError) in
            // The directory may be another engine's by now.
            guard !isClosed else { throw .closed }
            let known = registry.find(topic)
            let old = marks.withLock { $0[topic] } ?? CleanMark(isClean: true, generation: 0)
            if old.isClean != isClean {
                let mark = CleanMark(isClean: isClean, generation: old.generation &+ 1)
                known?.isKnownDirty.store(false, ordering: .releasing)
                try store.record([.mark(topic, mark)], durably: durably, topic)
                marks.withLock { $0[topic] = mark }
            }
            known?.isKnownDirty.store(!isClean, ordering: .releasing)
        }
    }
}
