internal import Synchronization
public import SystemPackage
internal import WalrusControl
public import WalrusEngine
public import WalrusFormat
internal import WalrusIO

/// A log that another process has open with our engine, and acts on for us over its socket
/// (`docs/engine.md`, "Control").
///
/// Cursors and marks are durable when a call returns; entries as soon as that process makes them so,
/// which `notes` tell. A call throws `.refused` where that process would not or could not
/// act and nothing was done, `.unanswered` where it is not known whether something was; else as the
/// engine's.
public final class RemoteLog: OpenLog {
    private let directory: FilePath
    private let state: Mutex<State>

    private struct State {
        var conversation: Conversation?
        var isClosed = false
    }

    /// Times that a request is sent again which there was no room for.
    private static let attempts = 40

    private init(_ directory: FilePath, _ conversation: Conversation) {
        self.directory = directory
        name = conversation.name
        notes = [conversation.introduction]
        state = Mutex(State(conversation: conversation))
    }

    /// The process that has `directory` open, if it serves others. Nil: none does that we may talk
    /// to.
    ///
    /// - Parameter holders: the processes that have it open, as far as they are known.
    ///
    /// Throws `.refused` when it has no time for us.
    public static func find(_ directory: FilePath, holders: [Int]) throws(EngineError) -> RemoteLog?
    {
        try Conversation.begin(directory, holders).map { RemoteLog(directory, $0) }
    }

    /// "pid 4121 (orders-service)"
    public let name: String
    public let notes: [String]

    public func append(_ payload: [UInt8], to topic: TopicName) throws(EngineError)
        -> AppendReceipt
    {
        try checkSize([payload], topic)
        let receipt = try appended(.append(topic, payload))
        guard let place = receipt.place else { throw Self.strange }
        return AppendReceipt(
            sequence: receipt.sequence, timestamp: receipt.timestamp, ordinal: receipt.ordinal,
            place: place)
    }

    public func append(batch payloads: [[UInt8]], to topic: TopicName) throws(EngineError)
        -> BatchReceipt
    {
        guard payloads.count <= Layout.batchEntriesMax else {
            throw EngineError(
                .batchTooLarge,
                "a batch holds at most \(Layout.batchEntriesMax) entries; this one has "
                    + "\(payloads.count)", topic: topic)
        }
        try checkSize(payloads, topic)
        let receipt = try appended(.appendBatch(topic, payloads))
        return BatchReceipt(
            sequences: receipt.sequence..<receipt.sequence + UInt64(receipt.count),
            timestamp: receipt.timestamp,
            ordinals: receipt.ordinal..<receipt.ordinal + receipt.count, place: receipt.place)
    }

    private func appended(_ request: ControlRequest) throws(EngineError) -> ControlReceipt {
        guard case .appended(let receipt) = try ask(request) else { throw Self.strange }
        return receipt
    }

    private func checkSize(_ payloads: [[UInt8]], _ topic: TopicName) throws(EngineError) {
        let size = ControlRequest.size(payloads, topic)
        guard size > ControlLimits.entriesMax else { return }
        throw EngineError(
            payloads.count == 1 ? .entryTooLarge : .batchTooLarge,
            "through another process at most \(ControlLimits.entriesMax) bytes go at once, and this "
                + "takes \(size); close the log there first", topic: topic)
    }

    public func cursor(of topic: TopicName) throws(EngineError) -> EntryPlace? {
        guard case .cursor(let place) = try ask(.cursor(topic)) else { throw Self.strange }
        return place
    }

    public func moveCursor(
        of topic: TopicName, from expected: EntryPlace?, to target: SeekTarget
    ) throws(EngineError) -> CursorMove {
        let request = ControlRequest.moveCursor(topic, from: expected, to: ControlTarget(target))
        guard case .moved(let move) = try ask(request) else { throw Self.strange }
        return CursorMove(before: move.before, after: move.after, place: move.place)
    }

    public func mark(_ topic: TopicName, clean: Bool) throws(EngineError) {
        guard case .done = try ask(.mark(topic, isClean: clean)) else { throw Self.strange }
    }

    public func topics() throws(EngineError) -> [TopicStatus] {
        var topics: [TopicStatus] = []
        while true {
            let last = topics.last?.name
            guard case .topics(let page, let hasMore) = try ask(.topics(after: last)) else {
                throw Self.strange
            }
            topics += page.map(TopicStatus.init)
            guard hasMore else { return topics }
            // Or it would go on for ever.
            guard let next = page.last?.name, last.map({ $0 < next }) ?? true else {
                throw Self.strange
            }
        }
    }

    public func reclaim() throws(EngineError) -> ReclaimReport {
        guard case .reclaimed(let reclaimed) = try ask(.reclaim) else { throw Self.strange }
        return ReclaimReport(
            files: reclaimed.files,
            failures: Dictionary(
                reclaimed.kept.map { ($0.file, EngineError($0.failure)) },
                uniquingKeysWith: { first, _ in first }))
    }

    public func close() {
        state.withLock { $0 = State(conversation: nil, isClosed: true) }
    }

    private static let strange = EngineError(
        .unanswered, "the other process answers what was not asked; look whether it was done")

    /// One after another: a conversation has no room for two.
    private func ask(_ request: ControlRequest) throws(EngineError) -> ControlAnswer {
        try state.withLock { (state: inout State) throws(EngineError) in
            guard !state.isClosed else { throw EngineError(.closed, "the log is closed") }
            for attempt in 1... {
                // It sends away who asks nothing for a while.
                if state.conversation?.isUsable != true {
                    state.conversation = nil
                    state.conversation = try Conversation.begin(directory, [])
                }
                guard let conversation = state.conversation else {
                    throw EngineError(
                        .refused, "\(name) does not serve \(directory) any more", path: directory)
                }
                do throws(ControlFailure) { return try conversation.ask(request) } catch {
                    guard error.code == ControlFailure.Code.busy.rawValue, attempt < Self.attempts
                    else { throw EngineError(error) }
                }
                state.conversation = nil
                Clock.sleep(nanoseconds: 50_000_000)
            }
            throw Self.strange
        }
    }
}

extension TopicStatus {
    fileprivate init(_ topic: ControlTopic) {
        self.init(
            name: topic.name, entries: topic.entries, unread: topic.unread, size: topic.size,
            isClean: topic.isClean, blocks: topic.blocks, cursor: topic.cursor)
    }
}

extension ControlTarget {
    fileprivate init(_ target: SeekTarget) {
        self =
            switch target {
            case .begin: .begin
            case .end: .end
            case .ordinal(let ordinal): .ordinal(ordinal)
            case .sequence(let sequence): .sequence(sequence)
            case .time(let time): .time(time)
            case .place(let place): .place(place)
            }
    }
}

extension EngineError {
    /// The engine's own error as it is; what went wrong on the way as a refusal.
    init(_ failure: ControlFailure) {
        self.init(
            Code(rawValue: failure.code) ?? .refused, failure.reason, topic: failure.topic,
            path: failure.path.map { FilePath(String(decoding: $0, as: UTF8.self)) },
            offset: failure.offset, errno: failure.errno.map { Errno(rawValue: $0) },
            holders: failure.holders)
    }
}
