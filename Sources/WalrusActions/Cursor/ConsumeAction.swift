public import Inspect
internal import WalrusEngine
public import WalrusFormat
internal import WalrusJSON

/// Takes entries out of a topic: hands them on, and then moves its cursor over all of them at once.
///
/// They are read by looking. A kill leaves the cursor where it was, or behind all of them.
public struct ConsumeAction: Sendable {
    public let reader: EntryReader
    /// Where the topic's reader stands; nil: at the first entry.
    public let cursor: EntryPlace?
    /// The ordinals of the entries.
    public let ordinals: Range<Int>
    /// Where the cursor goes.
    public let target: EntryPlace
    /// Damaged entries between these, which nobody gets: how many, and the first.
    public let passed: (count: Int, first: EntryPlace?)

    public var topic: TopicName { reader.topic.name }

    /// Nothing is there to be consumed.
    public struct Nothing: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The entries were handed on, and the cursor was not moved: whoever has them is to know.
    public struct NotConsumed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// The entries are not those of the plan any more.
    public struct Changed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - cursor: where the reader stands, as whoever moves it knows it; nil: at the first entry.
    ///   - limit: how many at most.
    ///   - end: the first entry that is not consumed.
    ///   - known: sound entries of the topic that may be consumed; those behind were not acknowledged
    ///     yet to whoever appends them.
    ///
    /// Throws `Nothing`, `EntryPoint.Missing` and `IOError`.
    public init(
        _ reader: EntryReader, cursor: EntryPlace?, limit: Int? = nil, to end: EntryPoint = .end,
        known: Int = .max
    ) throws {
        self.reader = reader
        self.cursor = cursor
        let topic = reader.topic
        let first = try Self.consumed(reader, cursor) + 1
        var last = min(try reader.ordinal(within: end) - 1, topic.entries, known)
        if let limit { last = min(last, first + min(limit, topic.entries) - 1) }
        guard first <= last else {
            let isRead = first > min(topic.entries, known)
            throw Nothing(
                description: isRead
                    ? "no unread entry in \(topic.name.word)"
                    : "nothing of \(topic.name.word) is unread before \(end.text)")
        }
        ordinals = first..<last + 1
        var target: EntryPlace?
        try unsafe reader.forEach(from: last) { row, _ in
            guard row.ordinal == last else { return row.ordinal == nil }
            target = EntryPlace(file: row.file, slot: row.slot, offset: row.end)
            return false
        }
        guard let target else { throw Self.changed(topic.name) }
        self.target = target
        passed = try topic.damaged > 0 ? Self.damaged(reader, ordinals) : (0, nil)
    }

    private static func damaged(_ reader: EntryReader, _ ordinals: Range<Int>) throws
        -> (count: Int, first: EntryPlace?)
    {
        var passed: (count: Int, first: EntryPlace?) = (0, nil)
        // From the entry before: what is damaged has no ordinal to begin at.
        try unsafe reader.forEach(from: max(1, ordinals.lowerBound - 1)) { row, _ in
            if row.ordinal == nil, !row.isConsumed {
                passed.count += 1
                passed.first = passed.first ?? row.place
            }
            return row.ordinal.map { $0 + 1 < ordinals.upperBound } ?? true
        }
        return passed
    }

    /// What is said of `passed`; nil where there is none.
    private var damage: String? {
        passed.first.map { first in
            counted(
                passed.count, "damaged entry between them is passed by, at \(first)",
                "damaged entries between them are passed by, the first at \(first)")
        }
    }

    /// Sound entries before the cursor.
    static func consumed(_ reader: EntryReader, _ cursor: EntryPlace?) throws -> Int {
        guard let cursor else { return 0 }
        if cursor == reader.topic.cursor?.place { return reader.topic.consumed }
        return try reader.ordinal(of: .place(cursor)) - 1
    }

    private static func changed(_ topic: TopicName) -> Changed {
        Changed(
            description: "the entries of \(topic.word) changed while they were read: nothing was "
                + "consumed; look again")
    }

    /// What becomes of the entries before they count as read.
    public enum Delivery: Hashable, Sendable {
        case nowhere
        /// `payloads`: with them, and not the facts of each entry alone.
        case printed(payloads: Bool)
        /// Into a new file.
        case file(String)

        fileprivate var sentence: String {
            switch self {
            case .nowhere: "not exported: no file to write to is named"
            case .printed(true): "printed first"
            case .printed(false): "printed first, without their payloads, which nobody gets"
            case .file(let name): "written to \(name) first, durably"
            }
        }

        /// What has become of so many entries; nil: nothing.
        fileprivate func handedOn(_ count: Int) -> String? {
            switch self {
            case .nowhere: nil
            case .printed: counted(count, "entry was printed", "entries were printed")
            case .file(let name):
                counted(count, "entry was written to \(name)", "entries were written to \(name)")
            }
        }
    }

    /// The plan shows the first of the entries, and the last one.
    ///
    /// - Parameters:
    ///   - command: the words of the command that does the same.
    ///   - delivery: what becomes of the entries.
    ///
    /// Throws `IOError`, and `Changed` where the entries are gone.
    public func plan(command: [String], delivery: Delivery) throws -> ActionPlan {
        let entries = counted(ordinals.count, "entry", "entries")
        let unread = reader.topic.entries - ordinals.upperBound + 1
        let contents = try EntrySample(reader, ordinals)
        guard contents.isWhole else { throw Self.changed(topic) }
        let range =
            ordinals.count == 1
            ? "entry \(ordinals.lowerBound) counts as read"
            : "entries \(ordinals.lowerBound) to \(ordinals.upperBound - 1) count as read"
        return ActionPlan(
            title: "consume \(entries) of \(topic.word)", command: command + ["--yes"],
            lines: ["\(range), \(counted(contents.bytes, "byte", "bytes")) of payload:"]
                + contents.lines + (damage.map { [$0] } ?? []) + [
                    delivery.sentence,
                    "the cursor goes from \(cursor?.text ?? "begin") to \(target)",
                    counted(unread, "entry stays unread", "entries stay unread"),
                    "a seek to \(cursor?.text ?? "begin") takes it back",
                ],
            confirmation: topic.typed("consume \(entries)"), deed: "consume \(entries)",
            figures: figures + [
                ("cursor", .string(target.text)), ("unread_left", .int(unread)),
            ])
    }

    /// Of the plan and of the outcome.
    private var figures: [(String, JSON)] {
        [
            ("entries", .int(ordinals.count)), ("first_ordinal", .int(ordinals.lowerBound)),
            ("last_ordinal", .int(ordinals.upperBound - 1)), ("damaged", .int(passed.count)),
            ("cursor_before", .optional(cursor?.text)),
        ]
    }

    /// Fails unless the topic's reader still stands where it stood when this was planned, and the log
    /// has its entries acknowledged: to be asked before any of them is handed on.
    public func admit(_ log: any OpenLog, known: Int) throws {
        guard try log.cursor(of: topic) == cursor, ordinals.upperBound - 1 <= known else {
            throw Changed(
                description: "the reader of \(topic.word) went on meanwhile: nothing was consumed; "
                    + "look again")
        }
    }

    /// Moves the cursor once `deliver` has handed all of the entries on, durably. It returns how many
    /// those were.
    ///
    /// Throws `NotConsumed` where the cursor could not be moved after that.
    public func apply(
        _ log: any OpenLog, to delivery: Delivery, deliver: () throws -> Int
    ) throws -> ActionOutcome {
        guard try deliver() == ordinals.count else { throw Self.changed(topic) }
        let move: CursorMove
        do throws(EngineError) {
            move = try log.moveCursor(of: topic, from: cursor, to: .place(target))
        } catch {
            guard let handedOn = delivery.handedOn(ordinals.count) else { throw error }
            let state =
                error.code == .unanswered
                ? "it is not known whether they count as consumed (walrus topics tells)"
                : "they were not consumed, and will come again"
            throw NotConsumed(description: "\(handedOn), but \(state): \(error)")
        }
        let file = if case .file(let name) = delivery { ", written to \(name)" } else { "" }
        var outcome = ActionOutcome(
            "consumed \(counted(ordinals.count, "entry", "entries")) of \(topic.word)\(file)"
                + (damage.map { "; \($0)" } ?? ""),
            figures: figures + [("cursor", .string(move.place.text))])
        outcome.cursorMove = CursorChange(
            topic: topic, before: cursor, after: move.place,
            deed: "consume \(counted(ordinals.count, "entry", "entries"))")
        return outcome
    }
}
