public import WalrusFormat
public import WalrusJSON

/// What is told of an entry, wherever it comes from, in the form that scripts rely on.
public struct EntryRecord: Hashable, Sendable {
    public let ordinal: Int?
    /// Bytes of payload.
    public let length: Int
    public let checksum: UInt64
    public let file: DataFileName
    public let slot: Int
    public let offset: Int
    public let isConsumed: Bool
    public let sequence: UInt64?
    /// Nanoseconds since 1970 UTC.
    public let timestamp: UInt64?
    /// Nil: the entry is sound.
    public let damage: EntryDamage?

    public init(
        ordinal: Int?, length: Int, checksum: UInt64, file: DataFileName, slot: Int, offset: Int,
        isConsumed: Bool, sequence: UInt64?, timestamp: UInt64?,
        damage: EntryDamage? = nil
    ) {
        self.ordinal = ordinal
        self.length = length
        self.checksum = checksum
        self.file = file
        self.slot = slot
        self.offset = offset
        self.isConsumed = isConsumed
        self.sequence = sequence
        self.timestamp = timestamp
        self.damage = damage
    }

    public init(_ row: EntryRow) {
        self.init(
            ordinal: row.ordinal, length: row.length, checksum: row.checksum, file: row.file,
            slot: row.slot, offset: row.offset, isConsumed: row.isConsumed,
            sequence: row.stamp?.sequence, timestamp: row.stamp?.timestamp, damage: row.damage)
    }

    /// "consumed" or "unread", by where the reader stands; "damaged" is passed by either way.
    public var state: String {
        damage != nil ? "damaged" : isConsumed ? "consumed" : "unread"
    }

    /// The checksum that its header says, where the payload has another one.
    public var storedChecksum: UInt64? {
        if case .payload(let stored, _) = damage { stored } else { nil }
    }

    /// The members of its object, but for the payload.
    public var members: [(String, JSON)] {
        var members: [(String, JSON)] = [
            ("ordinal", .optional(ordinal)), ("length", .int(length)),
            ("fnv", .string(Hex.encode(checksum))), ("file", .string(file.text)),
            ("block", .int(slot)), ("offset", .int(offset)),
            ("state", .string(state)),
        ]
        if let damage { members.append(("damage", .string("\(damage)"))) }
        if let storedChecksum {
            members.append(("stored_fnv", .string(Hex.encode(storedChecksum))))
        }
        if let sequence { members.append(("sequence", .int(Int(clamping: sequence)))) }
        if let timestamp { members.append(("timestamp", .int(Int(clamping: timestamp)))) }
        return members
    }
}

/// A payload, piece by piece: none is held in memory whole.
public struct PayloadPieces {
    /// Bytes of a piece; a multiple of three, for base 64.
    private static let size = 3 << 16

    public typealias Read = (_ offset: Int, _ count: Int) throws -> [UInt8]

    private let length: Int
    private let read: Read

    public init(length: Int, _ read: @escaping Read) {
        self.length = length
        self.read = read
    }

    public func eachPiece(_ body: ([UInt8]) throws -> Void) throws {
        for at in stride(from: 0, to: length, by: Self.size) {
            try body(try read(at, min(Self.size, length - at)))
        }
    }

    /// The same, but no character is cut in two by the end of a piece.
    public func eachText(_ body: ([UInt8]) throws -> Void) throws {
        var rest: [UInt8] = []
        var done = 0
        try eachPiece { piece in
            done += piece.count
            let bytes = rest + piece
            let end = done >= length ? bytes.count : bytes.count - Self.openTail(bytes)
            rest = Array(bytes[end...])
            try body(Array(bytes[..<end]))
        }
    }

    /// Whether all of it is UTF-8.
    public func isText() throws -> Bool {
        var isText = true
        try eachText { isText = isText && String(validating: $0, as: UTF8.self) != nil }
        return isText
    }

    /// How many bytes at the end begin a character that is not all there.
    private static func openTail(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xc0 == 0x80 { continue }
            let length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return length > back ? back : 0
        }
        return 0
    }
}
