internal import WalrusFormat

/// What precedes every message: 12 bytes.
///
/// | bytes | what |
/// | --- | --- |
/// | 0..<4 | "WSC1" |
/// | 4..<6 | version of the protocol, 1 |
/// | 6..<8 | kind of the message: `ControlRequest.Kind`, `ControlAnswer.Kind` |
/// | 8..<12 | bytes of the message that follows |
public struct ControlFrame: Hashable, Sendable {
    public static let headerSize = 12
    public static let version: UInt16 = 1
    static let magic: UInt32 = 0x3143_5357  // "WSC1"

    public let kind: UInt16
    /// Bytes of the message.
    public let length: Int

    /// Reads a header. The length is what the sender says: it is to be checked against what a
    /// message of the kind may have before anything is done about it.
    public static func decode(_ header: [UInt8]) throws(MalformedMessage) -> ControlFrame {
        guard header.count == headerSize else {
            throw MalformedMessage("a header has \(headerSize) bytes, not \(header.count)")
        }
        var reader = WireReader(header)
        guard try reader.number(UInt32.self, "the magic") == magic else {
            throw MalformedMessage("this is not the control protocol")
        }
        let version = try reader.number(UInt16.self, "the version")
        guard version == Self.version else {
            throw MalformedMessage(
                "version \(version) of the control protocol is not spoken here, "
                    + "only \(Self.version); use a walrus of the service's version")
        }
        let kind = try reader.number(UInt16.self, "the kind")
        return ControlFrame(kind: kind, length: Int(try reader.number(UInt32.self, "the length")))
    }

    /// The header and the message.
    static func encode(kind: UInt16, _ write: (inout WireWriter) -> Void, capacity: Int = 64)
        -> [UInt8]
    {
        var message = WireWriter(capacity: headerSize + capacity)
        message.number(magic)
        message.number(version)
        message.number(kind)
        message.number(UInt32(0))
        write(&message)
        var bytes = message.bytes
        let length = UInt32(bytes.count - headerSize)
        for place in 0..<4 { bytes[8 + place] = UInt8(truncatingIfNeeded: length >> (8 * place)) }
        return bytes
    }
}

/// What a conversation is kept to.
public struct ControlLimits: Hashable, Sendable {
    /// Bytes of a message with entries.
    public static let entriesMax = 64 << 20
    /// Bytes of any other request.
    public static let requestMax = 16 << 10
    /// Bytes of an answer that lists things.
    public static let listMax = 1 << 20
    /// Bytes of any other answer.
    public static let answerMax = 16 << 10
    /// Longer names are in no index of ours, and left out of answers.
    public static let topicLengthMax = 4_096
    /// Bytes of a name, a reason, a path.
    static let textMax = 2_048

    /// Clients at once.
    public var clients = 8
    /// Bytes of messages that arrive, for all clients together. Small messages do not count.
    public var arriving = 96 << 20
    /// Nanoseconds from the first byte of a message to its last.
    public var message: UInt64 = 30_000_000_000
    /// Nanoseconds that a client may take to read an answer.
    public var answer: UInt64 = 10_000_000_000
    /// Nanoseconds between two requests.
    public var idle: UInt64 = 60_000_000_000

    public init() {}
}
