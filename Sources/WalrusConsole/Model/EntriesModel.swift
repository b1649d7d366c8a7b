public import Inspect
public import WalrusFormat

/// The entries of one topic, of which only a window is held.
public struct EntriesModel: Hashable, Sendable {
    public enum PayloadMode: String, Hashable, Sendable, CaseIterable {
        case auto, text, json, hex
    }

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
    public var payloadTop = 0
    /// The bytes of the selected entry's payload, as far as they are loaded.
    var payload: LoadedPayload?
    var filter: EntryQuery?
    /// How far the search for the filter is.
    var search: Search?
    /// The request whose rows are awaited.
    var awaited: Int?
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
        var next = 1
        var isRunning = true
        var isComplete = false
    }

    struct LoadedPayload: Hashable, Sendable {
        let row: EntryRow
        let bytes: [UInt8]
    }

    public init(topic: TopicName) { self.topic = topic }

    public var selected: EntryRow? {
        rows.indices.contains(position.selected) ? rows[position.selected] : nil
    }
}
