/// A topic's name: bytes, compared as bytes.
///
/// Never a `String`: `String ==` merges the composed and decomposed forms of one word, which are
/// different topics.
public struct TopicName: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ text: some StringProtocol) {
        bytes = Array(text.utf8)
    }

    /// Reads the digits of `hex`; nil unless they are pairs of hexadecimal digits.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.bytes = bytes
    }

    /// The name as text. Bytes that are not UTF-8 come out as U+FFFD: for showing, not for keys.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The name's bytes in lowercase hexadecimal.
    public var hex: String { Hex.encode(bytes) }

    /// What keeps the name from being one that can be appended to, or nil.
    public var refusal: String? {
        if bytes.isEmpty { return "a topic name must have at least one byte" }
        if bytes.count > Layout.topicLengthMax {
            return
                "a topic name has at most \(Layout.topicLengthMax) bytes, this one has \(bytes.count)"
        }
        if !bytes.isUTF8 { return "a topic name must be UTF-8" }
        return nil
    }
}

extension TopicName {
    /// All bytes at once: the engine looks a topic up with every call.
    public func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension TopicName: Comparable {
    public static func < (a: TopicName, b: TopicName) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }
}

extension TopicName: CustomStringConvertible {
    public var description: String { text }
}

extension TopicName: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension [UInt8] {
    /// Whether the bytes are well-formed UTF-8.
    var isUTF8: Bool { String(validating: self, as: UTF8.self) != nil }
}

/// Lowercase hexadecimal text.
public enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The value as 16 digits.
    public static func encode(_ value: UInt64) -> String {
        encode((0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) })
    }

    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[at]), let low = value(digits[at + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
