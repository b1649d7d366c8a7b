/// Bytes to look for. Text in lower case matches both cases, as in less and vim.
public struct TextPattern: Hashable, Sendable {
    public let bytes: [UInt8]
    let ignoresCase: Bool

    /// Nil when `text` is empty.
    public init?(_ text: String) { self.init(text: Array(text.utf8)) }

    /// Text that is given as its bytes; nil when there are none.
    init?(text bytes: [UInt8]) {
        guard !bytes.isEmpty else { return nil }
        self.bytes = bytes
        ignoresCase = !bytes.contains { $0.isUppercase }
    }

    /// Exactly these bytes; nil when there are none.
    init?(exactly bytes: [UInt8]) {
        guard !bytes.isEmpty else { return nil }
        self.bytes = bytes
        ignoresCase = false
    }

    /// Whether the bytes hold the pattern.
    public func matches(_ haystack: UnsafeRawBufferPointer) -> Bool {
        unsafe first(in: haystack, from: 0) != nil
    }

    public func matches(_ haystack: [UInt8]) -> Bool {
        unsafe haystack.withUnsafeBytes { unsafe matches($0) }
    }

    /// Where the pattern stands first, at `start` or behind it.
    func first(in haystack: UnsafeRawBufferPointer, from start: Int) -> Int? {
        let first = bytes[0]
        let last = haystack.count - bytes.count
        var at = start
        while at <= last {
            if unsafe same(haystack[at], first) {
                var length = 1
                while length < bytes.count, unsafe same(haystack[at + length], bytes[length]) {
                    length += 1
                }
                if length == bytes.count { return at }
            }
            at += 1
        }
        return nil
    }

    @inline(__always)
    private func same(_ byte: UInt8, _ wanted: UInt8) -> Bool {
        byte == wanted || (ignoresCase && byte.isUppercase && byte | 0x20 == wanted)
    }
}

/// What a list is filtered by: text, or with `!` in front everything that does not hold it.
public struct TextFilter: Hashable, Sendable {
    public let isInverse: Bool
    private let pattern: TextPattern

    /// Nil when there is nothing to look for.
    public init?(_ text: String) {
        isInverse = text.hasPrefix("!")
        guard let pattern = TextPattern(isInverse ? String(text.dropFirst()) : text) else {
            return nil
        }
        self.pattern = pattern
    }

    public func keeps(_ bytes: [UInt8]) -> Bool { pattern.matches(bytes) != isInverse }

    /// Where the text stands in `bytes`: nowhere, for a filter that leaves it out.
    public func ranges(in bytes: [UInt8]) -> [Range<Int>] {
        guard !isInverse else { return [] }
        var found: [Range<Int>] = []
        var at = 0
        while let start = unsafe bytes.withUnsafeBytes({ unsafe pattern.first(in: $0, from: at) }) {
            at = start + pattern.bytes.count
            found.append(start..<at)
        }
        return found
    }
}

extension UInt8 {
    var isUppercase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
