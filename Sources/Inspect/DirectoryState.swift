public import WalrusFormat

/// What stood in a directory when it was looked at.
public struct DirectoryState: Sendable {
    /// In the order of their names.
    public var files: [FileState] = []
    /// In the order of their names' bytes.
    public var topics: [TopicState] = []
    /// The most severe first.
    public var findings: [Finding] = []
    /// When it was looked at, in nanoseconds since 1970 UTC.
    public var time: UInt64 = 0
    /// What a running engine says about itself; nil when none does.
    public var metrics: LiveMetrics?
    /// What the log's trash holds; nil when there is none.
    public var trash: TrashSummary?

    /// The same number from one scanner means that nothing but `time` and `metrics` has changed; 0
    /// where nobody knows.
    public internal(set) var revision = 0
    /// What opening would drop and mend.
    var recovery = RecoveryFacts()

    public init() {}

    public var entries: Int { topics.reduce(0) { $0 + $1.entries } }
    public var unread: Int { topics.reduce(0) { $0 + $1.unread } }
    /// Bytes of headers and payloads in all blocks.
    public var size: Int { topics.reduce(0) { $0 + $1.size } }
    /// Bytes that the data files take on disk.
    public var allocated: Int { files.reduce(0) { $0 + $1.allocated } }

    public func topic(_ name: TopicName) -> TopicState? {
        var range = topics.startIndex..<topics.endIndex
        while let middle = range.isEmpty ? nil : range.lowerBound + range.count / 2 {
            if topics[middle].name == name { return topics[middle] }
            range =
                topics[middle].name < name
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    /// How many findings there are of each severity.
    public func count(_ severity: Finding.Severity) -> Int {
        findings.count { $0.severity == severity }
    }
}

/// A data file.
public struct FileState: Hashable, Sendable {
    public let name: DataFileName
    /// Bytes, holes included.
    public var size: Int
    /// Bytes that take space on disk.
    public var allocated: Int
    /// Last change, in nanoseconds since 1970 UTC.
    public var modified: Int
    /// In the order of their slots.
    public var blocks: [BlockState] = []
    /// Slots that are not empty and in which no header can be read.
    public var unreadableSlots: [Int] = []
    /// Whether all of it could be looked at. What is not readable may hold anything.
    public var isReadable = true

    /// The slots that blocks take.
    public var usedSlots: Int { blocks.reduce(0) { $0 + $1.units } }
    /// The slots after the last one with anything in it: where a writer goes on.
    public var freeSlots: Int {
        let end = max(
            blocks.last { !$0.isDropped }.map { $0.slot + $0.units } ?? 0,
            (unreadableSlots.last ?? -1) + 1)
        return max(0, Layout.unitsPerFile - end)
    }
    /// The block that takes the slot.
    public func block(at slot: Int) -> BlockState? {
        guard let block = blocks.last(where: { $0.slot <= slot }) else { return nil }
        return slot < block.slot + block.units ? block : nil
    }
    public var isConsumed: Bool {
        !blocks.isEmpty && blocks.allSatisfy { $0.reading == .consumed }
    }
}

/// A block: a run of slots that holds entries of one topic.
public struct BlockState: Hashable, Sendable {
    /// Where the reader of the topic stands, seen from the block.
    public enum Reading: String, Hashable, Sendable {
        case consumed, reading, unread
    }

    public let file: DataFileName
    public let slot: Int
    public let units: Int
    public let topic: TopicName
    /// The number that the reference gave it when it was allocated, as far as that can be told.
    public var number: UInt64
    /// Bytes of headers and payloads.
    public var used: Int
    /// Sound entries.
    public var entries: Int
    /// Entries that are not sound.
    public var damaged: Int
    /// Whether bytes in it cannot be read as entries.
    public var hasLostBytes: Bool
    /// Whether something in it is damaged and may be worth a look: no engine deletes its file.
    public var isWorthKeeping = false
    /// Sound entries of the topic before this block.
    public var entriesBefore: Int
    public var reading: Reading
    /// Bytes of headers and payloads at or after the cursor.
    public var unreadSize: Int
    /// Whether it is the topic's last block, where a writer goes on.
    public var isTail: Bool
    public var stamps: StampRange?
    /// Whether all of it belongs to a batch that is not whole, which opening erases.
    public internal(set) var isDropped = false

    public var length: Int { units * Layout.unit }
    public var isDamaged: Bool { damaged > 0 || hasLostBytes }
}

/// The first and the last stamp of a run of entries.
public struct StampRange: Hashable, Sendable {
    public var first: EntryStamp
    public var last: EntryStamp
}

/// A topic: its entries on disk and where its reader stands.
public struct TopicState: Hashable, Sendable {
    public let name: TopicName
    /// Sound entries on disk.
    public var entries = 0
    /// Sound entries at or after the persisted cursor.
    public var unread = 0
    /// Bytes of headers and payloads in all blocks.
    public var size = 0
    /// Bytes of headers and payloads at or after the persisted cursor.
    public var unreadSize = 0
    public var damaged = 0
    /// Nil: no mark is stored, which means clean.
    public var mark: CleanMark?
    public var cursor: CursorState?
    /// In the topic's order.
    public var blocks: [BlockPlace] = []
    /// Sound entries before the cursor.
    public var consumed: Int { entries - unread }
    public var isClean: Bool { mark?.isClean ?? true }
}

extension DirectoryState {
    /// Whether the topic may have been read and nothing tells how far: its count of unread entries is the
    /// most there can be.
    public func isCursorLost(_ topic: TopicState) -> Bool {
        guard topic.cursor == nil, let correction = recovery.corrections[topic.name] else {
            return false
        }
        return correction.again == nil
    }

    /// Whether that holds for any topic.
    public var areCursorsLost: Bool {
        recovery.corrections.contains { name, correction in
            correction.again == nil && topic(name).map(isCursorLost) ?? false
        }
    }
}

/// Where a block stands.
public struct BlockPlace: Hashable, Sendable {
    public let file: DataFileName
    public let slot: Int
    public let units: Int
    /// Bytes of headers and payloads.
    public let used: Int
    /// Sound entries in it.
    public let entries: Int
    /// Sound entries of the topic before it.
    public let entriesBefore: Int
    /// Nil: none of its entries has one.
    public internal(set) var stamps: StampRange? = nil

    public var frameStart: Int { slot * Layout.unit }
}

/// The persisted cursor of a topic.
public struct CursorState: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        case index(StoredCursor)
        case journal
    }

    /// Index into the topic's blocks; their count when there is none.
    public let blockIndex: Int
    public let file: DataFileName
    public let slot: Int
    /// Bytes from the block's start to the next entry's header.
    public let offset: Int
    public let source: Source
    /// Whether the stored position really is the start of an entry.
    public let isClear: Bool

    public var place: EntryPlace { EntryPlace(file: file, slot: slot, offset: offset) }
}
