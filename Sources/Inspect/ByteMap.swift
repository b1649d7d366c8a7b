public import WalrusFormat

/// A named run of bytes.
public struct ByteField: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// A run with others in it: a block, an entry, a header.
        case group
        case number, topic, checksum, stamp, padding, payload
        /// Never written, or nothing yet.
        case free
        /// What cannot be read as anything.
        case lost
    }

    public enum Value: Hashable, Sendable {
        case none
        case text([UInt8])
        case number(UInt64)
        /// A number that is compared, not counted, with that many bytes.
        case hex(UInt64, bytes: Int)
        /// Nanoseconds since 1970 UTC.
        case time(UInt64)
    }

    public let name: String
    public let kind: Kind
    /// 0 for the outermost.
    public let depth: Int
    /// In bytes from the start of the file.
    public let range: Range<Int>
    public let value: Value
    /// What is wrong with it, or with the bytes in it.
    public let problem: String?

    public init(
        _ name: String, _ kind: Kind, depth: Int, _ range: Range<Int>, _ value: Value = .none,
        problem: String? = nil
    ) {
        self.name = name
        self.kind = kind
        self.depth = depth
        self.range = range
        self.value = value
        self.problem = problem
    }
}

/// The fields of the entry, or of whatever else, that a byte is part of.
public struct ByteMap: Hashable, Sendable {
    /// What the byte is part of, in data files.
    public struct Entry: Hashable, Sendable {
        /// Nil: the entry is damaged, or does not count.
        public let ordinal: Int?
        /// Bytes from the block's start to the header.
        public let offset: Int
        /// Header and payload, in bytes from the start of the file.
        public let range: Range<Int>
        public let isConsumed: Bool
    }

    /// The fields, outer ones before those in them.
    public let fields: [ByteField]
    /// The bytes for which these are the fields: another place asks for another map.
    public let range: Range<Int>
    public var topic: TopicName?
    /// The block's first slot.
    public var slot: Int?
    public var entry: Entry?
    /// Where the entry before it begins, if the block has one.
    public var previous: Int?

    public init(_ fields: [ByteField], range: Range<Int>) {
        self.fields = fields
        self.range = range
    }

    /// The index of the innermost field that the byte is part of.
    public func field(at offset: Int) -> Int? {
        fields.indices.filter { fields[$0].range.contains(offset) }
            .max { (fields[$0].depth, $0) < (fields[$1].depth, $1) }
    }
}

extension ByteField {
    /// What a field of that name is, in a few words (`docs/format.md`).
    public var meaning: String {
        Self.meanings[name] ?? ""
    }

    private static let meanings: [String: String] = [
        "block": "a run of slots that belongs to one topic",
        "entry": "a header of 256 bytes and a payload",
        "header": "256 bytes in front of every payload",
        "extension": "what this engine adds where the reference leaves room",
        "meta_len": "length of the metadata: 32, or 32 and the topic's length rounded up to 8",
        "topic": "the topic's name, padded with zeros to a multiple of 8",
        "owned_by": "the topic: up to 7 bytes and their count, or a length and where it stands",
        "next_block_start": "where the block ends, in bytes from the start of the file",
        "checksum": "FNV-1a 64 of the payload",
        "read_size": "length of the payload in bytes",
        "padding": "zero",
        "reserved": "zero",
        "magic": "WSX1: the extension is there",
        "batch_index": "place in the batch, from 0",
        "batch_count": "entries in the batch; 1: appended alone",
        "flags": "zero: none is defined",
        "sequence": "running number in the topic, never used again",
        "timestamp": "when it was appended, UTC",
        "header_crc": "CRC-32C of the 252 bytes before it",
        "payload": "what the application appended",
        "free": "not written yet: zeros up to the end of the block",
        "free slot": "not written yet: a writer may put a block here",
        "unreadable slot": "not empty, and no header in it can be read",
        "unreadable rest": "no header tells where the next entry begins",
        "stored": "position of the reader as the reference stores it",
        "block_index": "index of the block in the topic; with bit 63 set, number of the block",
        "offset": "bytes from the block's start to the next entry's header",
        "generation": "goes up by one with every change",
        "clean": "1: the application said that the topic needs no work",
        "displacements": "table that leads from a key's hash to its entry",
        "keys": "the text of all keys of 8 bytes and more",
        "entries": "24 bytes each: a key and its value",
        "count": "number of entries",
        "crc": "CRC-32C of the rest of the record",
        "kind": "0 a cursor, 1 dirty, 2 clean, 3 what was reclaimed, 4 and 5 an index to come",
    ]
}
