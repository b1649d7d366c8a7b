public import Inspect
public import WalrusEngine
public import WalrusFormat
public import WalrusJSON

/// Appends entries to a topic, one by one or all at once.
public struct AppendAction: Sendable {
    public let topic: TopicName
    /// Whether readers get all of them or none.
    public let isBatch: Bool

    public init(_ topic: TopicName, isBatch: Bool) {
        self.topic = topic
        self.isBatch = isBatch
    }

    /// - Parameters:
    ///   - state: the topic as it is; nil when there is none yet.
    ///   - command: the words of the command that does the same.
    public func plan(_ payloads: [[UInt8]], _ state: TopicState?, command: [String]) -> ActionPlan {
        let bytes = payloads.reduce(0) { $0 + $1.count }
        let entries = counted(payloads.count, "entry", "entries")
        var lines = [
            "\(entries), \(counted(bytes, "byte", "bytes")) of payload, "
                + (isBatch
                    ? "as one batch: readers get all of them or none"
                    : "each durable before the next"),
            state.map { "the topic has \(counted($0.entries, "entry", "entries")) by now" }
                ?? "the topic is new",
        ]
        if state?.isClean ?? false { lines.append("the topic is marked dirty") }
        return ActionPlan(
            title: "append \(entries) to \(topic.word)", command: command, lines: lines,
            confirmation: .yes)
    }

    /// How far appending one by one has come.
    public struct Progress: Sendable {
        public fileprivate(set) var appended = 0
        public fileprivate(set) var first: AppendReceipt?
        public fileprivate(set) var last: AppendReceipt?

        public init() {}

        public var figures: [(String, JSON)] {
            var figures: [(String, JSON)] = [("entries", .int(appended))]
            if let first, let last {
                figures += [
                    ("first_ordinal", .int(first.ordinal)), ("last_ordinal", .int(last.ordinal)),
                    ("place", .string(first.place.text)),
                ]
            }
            return figures
        }
    }

    /// Appends what `next` gives until that is nil, and tells of each once it is acknowledged.
    /// Whatever is thrown on the way, `progress` says how far it came.
    public func appendEach(
        _ log: any OpenLog, _ progress: inout Progress, next: () throws -> [UInt8]?,
        told: (AppendReceipt) throws -> Void = { _ in }
    ) throws -> ActionOutcome {
        while let payload = try next() {
            let receipt = try log.append(payload, to: topic)
            progress.appended += 1
            progress.first = progress.first ?? receipt
            progress.last = receipt
            try told(receipt)
        }
        return outcome(
            progress.appended, progress.first.map { ($0.ordinal, $0.place) }, progress.figures)
    }

    /// Appends all of them, or none.
    public func appendBatch(_ log: any OpenLog, _ payloads: [[UInt8]]) throws -> (
        receipt: BatchReceipt, outcome: ActionOutcome
    ) {
        let receipt = try log.append(batch: payloads, to: topic)
        var figures: [(String, JSON)] = [("entries", .int(receipt.ordinals.count))]
        if let place = receipt.place {
            figures += [
                ("first_ordinal", .int(receipt.ordinals.lowerBound)),
                ("last_ordinal", .int(receipt.ordinals.upperBound - 1)),
                ("place", .string(place.text)),
            ]
        }
        let first = receipt.place.map { (receipt.ordinals.lowerBound, $0) }
        return (receipt, outcome(receipt.ordinals.count, first, figures))
    }

    private func outcome(
        _ count: Int, _ first: (ordinal: Int, place: EntryPlace)?, _ figures: [(String, JSON)]
    ) -> ActionOutcome {
        let beginning = first.map { ": entry \($0.ordinal) at \($0.place)" } ?? ""
        return ActionOutcome(
            "appended \(counted(count, "entry", "entries")) to \(topic.word)\(beginning)",
            figures: figures)
    }
}
