internal import WalrusFormat
public import WalrusIO

/// Entries that come as a stream of bytes.
public struct EntryInput: Sendable {
    public enum Framing: Hashable, Sendable {
        /// All of it is one entry.
        case whole
        /// Every line is one, without its line end.
        case lines
        /// Each comes after its length, in four bytes, little endian: as an export has it.
        case lengthPrefixed
    }

    /// What comes is not what was announced.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    private var input: StandardInput
    private let framing: Framing
    private var isRead = false
    /// Entries given so far.
    public private(set) var count = 0

    public init(_ input: StandardInput, _ framing: Framing) {
        self.input = input
        self.framing = framing
    }

    /// The lines of a text that is there whole, as `Framing.lines` has them: what ends with a line end has
    /// no empty line behind it.
    public static func lines(of text: [UInt8]) -> [[UInt8]] {
        let end = UInt8(ascii: "\n")
        let whole = text.last == end ? text.dropLast() : text[...]
        guard !text.isEmpty else { return [] }
        return whole.split(separator: end, omittingEmptySubsequences: false).map(Array.init)
    }

    /// The next entry; nil at the end.
    ///
    /// Throws `Malformed`, and `IOError`.
    public mutating func next() throws -> [UInt8]? {
        let entry =
            switch framing {
            case .whole: try whole()
            case .lines: try line()
            case .lengthPrefixed: try prefixed()
            }
        if entry != nil { count += 1 }
        return entry
    }

    private mutating func whole() throws -> [UInt8]? {
        guard !isRead else { return nil }
        isRead = true
        guard let bytes = try input.all(limit: Layout.payloadLengthMax) else {
            throw Malformed(
                description: "an entry holds at most \(Layout.payloadLengthMax) bytes")
        }
        return bytes
    }

    private mutating func line() throws -> [UInt8]? {
        switch try input.line(limit: Layout.payloadLengthMax) {
        case .line(let bytes): return bytes
        case .end: return nil
        case .tooLong:
            throw Malformed(
                description:
                    "a line is longer than an entry can be: \(Layout.payloadLengthMax) bytes")
        }
    }

    private mutating func prefixed() throws -> [UInt8]? {
        let head = try input.bytes(4)
        guard !head.isEmpty else { return nil }
        guard head.count == 4 else { throw cutOff("its length") }
        let length = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= Layout.payloadLengthMax else {
            throw Malformed(
                description: "entry \(count + 1) of the input says that it has \(length) bytes; an "
                    + "entry holds at most \(Layout.payloadLengthMax)")
        }
        let payload = try input.bytes(length)
        guard payload.count == length else { throw cutOff("its \(length) bytes") }
        return payload
    }

    private func cutOff(_ part: String) -> Malformed {
        Malformed(description: "the input ends within entry \(count + 1), in \(part)")
    }
}
