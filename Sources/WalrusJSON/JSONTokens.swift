/// A part of a JSON document.
public struct JSONToken: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case beginObject, endObject, beginArray, endArray
        /// A member's name; its value comes next.
        case key
        case string, number, yes, no, null
    }

    public let kind: Kind
    /// Its bytes in the document; those of a string without the quotation marks.
    public let range: Range<Int>
    /// Whether a string has escapes, and is not what its bytes say.
    public let hasEscapes: Bool
}

/// The one reader of JSON: the tokens of a document, one after another, as RFC 8259 has them.
///
/// It holds no bytes and builds nothing: the caller gives the same document to every call, and
/// memory does not grow with it. Strings are not checked to be UTF-8.
public struct JSONTokens: Sendable {
    /// Lists in one another that can be followed at most.
    public static let depthMax = 512

    /// How many lists and objects are open.
    public private(set) var depth = 0
    /// Bytes read so far.
    public private(set) var offset = 0

    private enum Expected {
        case value, firstItem, firstKey, key, more, end
    }

    private let limit: Int
    private var expected = Expected.value
    /// A bit for every open list, set for an object.
    private var objects: InlineArray<8, UInt64> = .init(repeating: 0)

    /// - Parameter depth: lists in one another that are followed, 512 at most.
    public init(depth: Int = depthMax) { limit = min(depth, Self.depthMax) }

    /// The next token; nil at the end of the document. What comes after an error means nothing.
    public mutating func next(in bytes: RawSpan) throws(JSONError) -> JSONToken? {
        skipSpace(bytes)
        switch expected {
        case .end:
            guard offset == bytes.byteCount else { throw invalid }
            return nil
        case .more:
            switch peek(bytes) {
            case UInt8(ascii: ","):
                offset += 1
                skipSpace(bytes)
                return isInObject ? try key(bytes) : try value(bytes)
            case UInt8(ascii: "}") where isInObject: return end(.endObject)
            case UInt8(ascii: "]") where !isInObject: return end(.endArray)
            default: throw invalid
            }
        case .firstKey:
            return peek(bytes) == UInt8(ascii: "}") ? end(.endObject) : try key(bytes)
        case .firstItem:
            return peek(bytes) == UInt8(ascii: "]") ? end(.endArray) : try value(bytes)
        case .key: return try key(bytes)
        case .value: return try value(bytes)
        }
    }

    private var invalid: JSONError { JSONError(.invalid, at: offset) }

    private func peek(_ bytes: RawSpan) -> UInt8? {
        offset < bytes.byteCount ? bytes.byte(at: offset) : nil
    }

    private mutating func skipSpace(_ bytes: RawSpan) {
        while let byte = peek(bytes),
            byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
        { offset += 1 }
    }

    // MARK: - Lists

    private var isInObject: Bool {
        depth > 0 && objects[(depth - 1) / 64] & (1 << UInt64((depth - 1) % 64)) != 0
    }

    private mutating func begin(isObject: Bool) throws(JSONError) -> JSONToken {
        guard depth < limit else { throw JSONError(.tooDeep, at: offset) }
        let bit: UInt64 = 1 << UInt64(depth % 64)
        if isObject { objects[depth / 64] |= bit } else { objects[depth / 64] &= ~bit }
        depth += 1
        offset += 1
        expected = isObject ? .firstKey : .firstItem
        return token(isObject ? .beginObject : .beginArray, from: offset - 1)
    }

    private mutating func end(_ kind: JSONToken.Kind) -> JSONToken {
        depth -= 1
        offset += 1
        expected = depth == 0 ? .end : .more
        return token(kind, from: offset - 1)
    }

    private func token(_ kind: JSONToken.Kind, from start: Int) -> JSONToken {
        JSONToken(kind: kind, range: start..<offset, hasEscapes: false)
    }

    // MARK: - What stands in them

    private mutating func key(_ bytes: RawSpan) throws(JSONError) -> JSONToken {
        let token = try string(.key, bytes)
        skipSpace(bytes)
        guard peek(bytes) == UInt8(ascii: ":") else { throw invalid }
        offset += 1
        expected = .value
        return token
    }

    private mutating func value(_ bytes: RawSpan) throws(JSONError) -> JSONToken {
        switch peek(bytes) {
        case UInt8(ascii: "{"): return try begin(isObject: true)
        case UInt8(ascii: "["): return try begin(isObject: false)
        default: break
        }
        expected = depth == 0 ? .end : .more
        switch peek(bytes) {
        case UInt8(ascii: "\""): return try string(.string, bytes)
        case UInt8(ascii: "t"): return try word("true", .yes, bytes)
        case UInt8(ascii: "f"): return try word("false", .no, bytes)
        case UInt8(ascii: "n"): return try word("null", .null, bytes)
        default:
            guard let end = Self.endOfNumber(bytes, from: offset) else { throw invalid }
            let start = offset
            offset = end
            return token(.number, from: start)
        }
    }

    private mutating func word(
        _ word: StaticString, _ kind: JSONToken.Kind, _ bytes: RawSpan
    ) throws(JSONError) -> JSONToken {
        let start = offset
        for byte in "\(word)".utf8 {
            guard peek(bytes) == byte else { throw invalid }
            offset += 1
        }
        return token(kind, from: start)
    }

    private mutating func string(
        _ kind: JSONToken.Kind, _ bytes: RawSpan
    ) throws(JSONError) -> JSONToken {
        guard peek(bytes) == UInt8(ascii: "\"") else { throw invalid }
        offset += 1
        let start = offset
        var hasEscapes = false
        while let byte = peek(bytes), byte >= 0x20 {
            offset += 1
            if byte == UInt8(ascii: "\"") {
                return JSONToken(kind: kind, range: start..<offset - 1, hasEscapes: hasEscapes)
            }
            guard byte == UInt8(ascii: "\\") else { continue }
            hasEscapes = true
            switch peek(bytes) {
            case UInt8(ascii: "u"):
                guard bytes.codeUnit(at: offset + 1) != nil else { throw invalid }
                offset += 5
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
                UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
                offset += 1
            default: throw invalid
            }
        }
        throw invalid
    }

    /// Where the number that begins at `start` ends; nil when none does.
    static func endOfNumber(_ bytes: RawSpan, from start: Int) -> Int? {
        var at = start
        func digits() -> Int {
            let first = at
            while at < bytes.byteCount, bytes.byte(at: at) &- 0x30 < 10 { at += 1 }
            return at - first
        }
        func take(_ wanted: UInt8...) -> Bool {
            guard at < bytes.byteCount, wanted.contains(bytes.byte(at: at)) else { return false }
            at += 1
            return true
        }
        _ = take(UInt8(ascii: "-"))
        let first = at
        let whole = digits()
        guard whole > 0, whole == 1 || bytes.byte(at: first) != UInt8(ascii: "0") else {
            return nil
        }
        if take(UInt8(ascii: ".")), digits() == 0 { return nil }
        if take(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
            if digits() == 0 { return nil }
        }
        return at
    }
}

extension RawSpan {
    /// Traps when it is not inside the span.
    @inline(__always)
    func byte(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// The four hexadecimal digits of an escape, as UTF-16; nil where there are none.
    func codeUnit(at offset: Int) -> UInt16? {
        guard offset + 4 <= byteCount else { return nil }
        var unit: UInt16 = 0
        for at in offset..<offset + 4 {
            let byte = byte(at: at)
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - 0x30
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - 0x57
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - 0x37
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
