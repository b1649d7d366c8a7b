public import Inspect
public import WalrusFormat

/// The entries of one topic, of which only a window is held.
public struct EntriesModel: Hashable, Sendable {
    public enum PayloadMode: String, Hashable, Sendable, CaseIterable {
        case auto, text, json, hex, decoded
    }

    /// Which entries the list holds.
    public enum Contents: Hashable, Sendable { case all, matches, marked }

    /// Rows held at once.
    static let windowMax = 400
    /// Matches of a filter held at once.
    static let matchesMax = 1_000
    /// Bytes of a payload loaded to be shown.
    static let payloadMax = 64 << 10

    public let topic: TopicName
    public var rows: [EntryRow] = []
    /// Index into `rows`.
    public var position = ListPosition()
    public var isFollowing = false
    public var mode = PayloadMode.auto
    /// Whether keys go to the payload pane.
    public var isPayloadFocused = false
    /// Whether the payload has the room of the list too.
    public var isPayloadAlone = false
    public var payloadTop = 0
    /// Bytes that are left out at the start of lines that are not wrapped.
    var payloadLeft = 0
    var isWrapped = true
    /// JSON is shown with what is nested so deep or deeper folded; nil: nothing is.
    var foldDepth: Int?
    /// The bytes of the selected entry's payload, as far as they are loaded.
    var payload: LoadedPayload?
    public var contents = Contents.all
    /// What was looked for last: matches are marked on the screen, and `n` goes to the next.
    public var query: Query?
    /// How far the search for the matches is.
    var search: Search?
    /// How many entries the search for the next match has passed, while it goes on.
    var finding: Int?
    /// The request whose rows are awaited.
    var awaited: Int?
    /// The byte that `awaited` looks for, where somebody named one.
    var asked: BytePlace?
    /// What to select once awaited rows are there.
    var landing = Landing.keep

    enum Landing: Hashable, Sendable {
        case keep, first, last
        /// The row with this ordinal, or the one after it.
        case ordinal(Int)
        /// The row at this place, or the one after it.
        case place(EntryPlace)
    }

    struct Search: Hashable, Sendable {
        var scanned = 0
        var undecided = 0
        var next = 1
        var isRunning = true
        var isComplete = false
    }

    struct LoadedPayload: Hashable, Sendable {
        let row: EntryRow
        let bytes: [UInt8]
        /// Nil until the decoder has answered.
        var decoded: Result<[UInt8], DecoderFailure>?
        var isWhole: Bool { bytes.count == row.length }
    }

    public init(topic: TopicName) { self.topic = topic }

    public var selected: EntryRow? {
        rows.indices.contains(position.selected) ? rows[position.selected] : nil
    }

    /// Whether the last of the rows is the last thing of the topic.
    func reachesEnd(of topic: TopicState) -> Bool {
        rows.last.map { EntryPlace(file: $0.file, slot: $0.slot, offset: $0.end) } == topic.end
    }
}

/// Entries that were marked, by topic, in the order of their places. Bounded.
public struct Marks: Hashable, Sendable {
    /// Marks of all topics together.
    static let max = 10_000

    private var rows: [TopicName: [EntryRow]] = [:]

    subscript(topic: TopicName) -> [EntryRow] { rows[topic] ?? [] }

    /// Topics that have any, in the order of names, and how many.
    var counts: [(TopicName, Int)] {
        rows.map { ($0.key, $0.value.count) }.sorted { $0.0 < $1.0 }
    }

    func contains(_ row: EntryRow, of topic: TopicName) -> Bool {
        index(of: row.place, self[topic]).isThere
    }

    /// Marks the entry, or takes its mark away. False: there are too many marks already.
    mutating func toggle(_ row: EntryRow, of topic: TopicName) -> Bool {
        var list = self[topic]
        let (index, isThere) = index(of: row.place, list)
        if isThere {
            list.remove(at: index)
        } else {
            guard rows.values.reduce(0, { $0 + $1.count }) < Self.max else { return false }
            list.insert(row, at: index)
        }
        rows[topic] = list.isEmpty ? nil : list
        return true
    }

    /// Marks the entries that are not marked; takes all their marks away where none is left to mark.
    ///
    /// - Returns: how many were marked, or unmarked; nil: there would be too many marks.
    mutating func toggle(all new: [EntryRow], of topic: TopicName) -> Int? {
        let known = Set(self[topic].map(\.place))
        let missing = new.filter { !known.contains($0.place) }
        if missing.isEmpty {
            let gone = Set(new.map(\.place))
            let left = self[topic].filter { !gone.contains($0.place) }
            rows[topic] = left.isEmpty ? nil : left
            return new.count
        }
        guard rows.values.reduce(0, { $0 + $1.count }) + missing.count <= Self.max else {
            return nil
        }
        rows[topic] = (self[topic] + missing).sorted { $0.place < $1.place }
        return missing.count
    }

    /// The first mark behind a place; the first of all when there is none.
    func next(after place: EntryPlace?, of topic: TopicName) -> EntryRow? {
        let list = self[topic]
        guard let place else { return list.first }
        return list.first { $0.place > place } ?? list.first
    }

    private func index(of place: EntryPlace, _ list: [EntryRow]) -> (Int, isThere: Bool) {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return (low, low < list.count && list[low].place == place)
    }
}
