/// What all entries of a block agree on: where it stands and whose it is.
public struct BlockFrame: Hashable, Sendable {
    /// Bytes from the start of the file; a multiple of `Layout.unit`.
    public let start: Int
    /// Bytes; a multiple of `Layout.unit`.
    public let length: Int
    public let topic: TopicName

    public init(start: Int, length: Int, topic: TopicName) {
        self.start = start
        self.length = length
        self.topic = topic
    }

    public var end: Int { start + length }
    /// The first slot it takes in its file.
    public var slot: Int { start / Layout.unit }
    public var units: Int { length / Layout.unit }
}

/// Why an entry is not sound.
public enum EntryDamage: Error, Hashable, Sendable {
    /// The header is sound, the payload does not have its checksum.
    case payload(stored: UInt64, computed: UInt64)
    /// The header does not say what the format demands.
    case header(FormatError)
    /// The header is sound by itself, but does not belong into its block.
    case misplaced(FormatError)
}

extension EntryDamage: CustomStringConvertible {
    public var description: String {
        switch self {
        case .payload(let stored, let computed):
            "payload has checksum \(Hex.encode(computed)), its header says \(Hex.encode(stored))"
        case .header(let error): "header damaged: \(error)"
        case .misplaced(let error): "header does not belong here: \(error)"
        }
    }
}

/// One entry that a walk came by.
public struct WalkedEntry: Sendable {
    /// Bytes from the block's start to the entry's header.
    public let offset: Int
    /// Bytes of payload.
    public let payloadLength: Int
    /// FNV-1a 64 of the payload as read; what the header says when payloads are not verified.
    public let checksum: UInt64
    public let stamp: EntryStamp?
    /// Nil: the entry is sound.
    public let damage: EntryDamage?

    package init(
        offset: Int, payloadLength: Int, checksum: UInt64, stamp: EntryStamp?,
        damage: EntryDamage?
    ) {
        self.offset = offset
        self.payloadLength = payloadLength
        self.checksum = checksum
        self.stamp = stamp
        self.damage = damage
    }

    /// Where the next header stands, from the block's start.
    public var end: Int { offset + Layout.headerSize + payloadLength }
}

/// How a walk ended.
public struct WalkEnd: Hashable, Sendable {
    /// Where the entries end, from the block's start: what the block has used.
    public var offset: Int
    /// The header there is damaged and does not say how long its entry is: what follows in the
    /// block cannot be read. Nil when the block just ends.
    public var lost: EntryDamage?
    /// The visitor asked to stop before the end.
    public var stopped = false
}
