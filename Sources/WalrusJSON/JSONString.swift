/// The text of a string or a key, without its escapes.
public struct JSONString: Hashable, Sendable {
    /// U+FFFD stands for half of a surrogate pair.
    public let bytes: [UInt8]
    /// Where in the document the first escape stands that names half of a surrogate pair: RFC 8259
    /// allows them, and no text has such a character. Nil: nowhere.
    public let halfPair: Int?

    /// - Parameter token: a string or a key that `JSONTokens` found in `document`.
    public init(_ token: JSONToken, in document: RawSpan) {
        guard token.hasEscapes else {
            bytes = document.array(token.range)
            halfPair = nil
            return
        }
        var out: [UInt8] = []
        out.reserveCapacity(token.range.count)
        var half: Int?
        var at = token.range.lowerBound
        while at < token.range.upperBound {
            let byte = document.byte(at: at)
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                at += 1
                continue
            }
            let escape = document.byte(at: at + 1)
            guard escape == UInt8(ascii: "u"), let unit = document.codeUnit(at: at + 2) else {
                out.append(Self.control(escape))
                at += 2
                continue
            }
            var units = [unit]
            if UTF16.isLeadSurrogate(unit), at + 12 <= token.range.upperBound,
                document.byte(at: at + 6) == UInt8(ascii: "\\"),
                document.byte(at: at + 7) == UInt8(ascii: "u"),
                let second = document.codeUnit(at: at + 8), UTF16.isTrailSurrogate(second)
            {
                units.append(second)
            } else if UTF16.isSurrogate(unit), half == nil {
                half = at
            }
            out += String(decoding: units, as: UTF16.self).utf8
            at += 6 * units.count
        }
        bytes = out
        halfPair = half
    }

    private static func control(_ escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }
}

extension JSONToken {
    /// Whether a string or a key, without its escapes, is `text`.
    public func isText(_ text: [UInt8], in document: RawSpan) -> Bool {
        if hasEscapes { return JSONString(self, in: document).bytes == text }
        guard range.count == text.count else { return false }
        return text.indices.allSatisfy { document.byte(at: range.lowerBound + $0) == text[$0] }
    }
}

extension RawSpan {
    package func array(_ range: Range<Int>) -> [UInt8] {
        unsafe extracting(range).withUnsafeBytes { unsafe Array($0) }
    }
}
