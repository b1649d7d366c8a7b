public import WalrusFormat

/// What is known of an entry but its payload.
public struct EntryInfo: Hashable, Sendable {
    /// The entry's running number in its topic; nil when the reference wrote it.
    public let sequence: UInt64?
    /// When it was appended, in nanoseconds since 1970 UTC; nil when the reference wrote it.
    public let timestamp: UInt64?
    /// 1-based place among the topic's sound entries on disk.
    public let ordinal: Int
    public let file: DataFileName
    /// The first slot of the entry's block in the file, in units.
    public let slot: Int
    /// Bytes from the block's start to the entry's header.
    public let offset: Int
}

/// An entry that was read.
///
/// Entries that were read together share the memory that they were read into, up to 64 KiB with
/// `readNext` and 2 MiB with `readBatch`, unless one alone is longer. It is freed with the last of
/// them: who keeps few of many entries keeps their `payload` rather than the entries.
public struct Entry: Sendable {
    public let info: EntryInfo
    /// The bytes of a payload.
    public let payloadLength: Int
    /// Where the payload begins in what it was read with.
    private let start: Int
    private let bytes: [UInt8]

    /// The payload as an array of its own, which is made with each call. `withPayload` copies nothing.
    public var payload: [UInt8] {
        payloadLength == bytes.count ? bytes : Array(bytes[start..<start + payloadLength])
    }

    /// Gives `body` the payload, not copied. The span ends with the call.
    public func withPayload<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(unsafe bytes.span.bytes.extracting(start..<start + payloadLength))
    }

    /// The entry's running number in its topic; nil when the reference wrote it.
    public var sequence: UInt64? { info.sequence }
    /// When it was appended, in nanoseconds since 1970 UTC; nil when the reference wrote it.
    public var timestamp: UInt64? { info.timestamp }
    /// 1-based place among the topic's sound entries on disk.
    public var ordinal: Int { info.ordinal }
    public var file: DataFileName { info.file }
    /// The first slot of the entry's block in the file, in units.
    public var slot: Int { info.slot }
    /// Bytes from the block's start to the entry's header.
    public var offset: Int { info.offset }

    /// - Parameter bytes: what the entry was read with, which its payload's `range` is inside.
    init(_ info: EntryInfo, _ bytes: [UInt8], _ range: Range<Int>) {
        self.info = info
        self.bytes = bytes
        start = range.lowerBound
        payloadLength = range.count
    }
}

extension Entry: Hashable {
    public static func == (a: Entry, b: Entry) -> Bool {
        a.info == b.info
            && a.bytes[a.start..<a.start + a.payloadLength]
                == b.bytes[b.start..<b.start + b.payloadLength]
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(info)
        withPayload { payload in
            unsafe payload.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        }
    }
}

/// Where a topic's reader is to go on.
public enum SeekTarget: Hashable, Sendable {
    /// The topic's first entry on disk.
    case begin
    /// Behind the last entry.
    case end
    /// The entry with this 1-based place among the topic's sound ones on disk.
    case ordinal(Int)
    /// The first entry with this running number or a greater one (`Entry.sequence`).
    case sequence(UInt64)
    /// The first entry that was appended then or later, in nanoseconds since 1970 UTC.
    case time(UInt64)
    /// The entry that stands there, or the end of the entries of a block.
    case place(EntryPlace)
}

/// What moving a topic's cursor came to.
public struct CursorMove: Hashable, Sendable {
    /// Sound entries on disk that counted as consumed before.
    public let before: Int
    /// Those that do now.
    public let after: Int
    /// Where the reader goes on.
    public let place: EntryPlace

    /// Entries that are delivered no more.
    public var skipped: Int { max(0, after - before) }
    /// Entries that are delivered once more.
    public var repeated: Int { max(0, before - after) }

    package init(before: Int, after: Int, place: EntryPlace) {
        self.before = before
        self.after = after
        self.place = place
    }
}

/// What an acknowledged append got.
public struct AppendReceipt: Hashable, Sendable {
    /// The entry's running number in its topic. On disk only where the topic's name leaves room for
    /// it, which is up to 176 bytes; a longer one's entries are counted.
    public let sequence: UInt64
    /// Nanoseconds since 1970 UTC.
    public let timestamp: UInt64
    /// 1-based place among the topic's sound entries on disk.
    public let ordinal: Int
    public let place: EntryPlace

    package init(sequence: UInt64, timestamp: UInt64, ordinal: Int, place: EntryPlace) {
        self.sequence = sequence
        self.timestamp = timestamp
        self.ordinal = ordinal
        self.place = place
    }
}

/// A topic as it stands.
public struct TopicStatus: Hashable, Sendable {
    public let name: TopicName
    /// Sound entries on disk.
    public let entries: Int
    /// Those of them that are not consumed.
    public let unread: Int
    /// Bytes that its entries take, headers included.
    public let size: Int
    public let isClean: Bool
    public let blocks: Int
    /// Where its reader stands; nil when nothing was ever consumed.
    public let cursor: CursorPosition?

    package init(
        name: TopicName, entries: Int, unread: Int, size: Int, isClean: Bool, blocks: Int,
        cursor: CursorPosition?
    ) {
        self.name = name
        self.entries = entries
        self.unread = unread
        self.size = size
        self.isClean = isClean
        self.blocks = blocks
        self.cursor = cursor
    }
}
