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
public struct Entry: Hashable, Sendable {
    public let payload: [UInt8]
    public let info: EntryInfo

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

    init(_ info: EntryInfo, _ payload: [UInt8]) {
        self.payload = payload
        self.info = info
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
}
