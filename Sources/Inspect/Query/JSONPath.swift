internal import WalrusFormat

/// The way to a value in a JSON document: `.a.b[0]["odd key"]`.
public struct JSONPath: Hashable, Sendable {
    public enum Step: Hashable, Sendable {
        case key([UInt8])
        case index(Int)
    }

    public let steps: [Step]

    public init(_ steps: [Step]) { self.steps = steps }
}

/// A value that a query compares with, or that stands at the end of a path.
public enum JSONScalar: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string([UInt8])
}

/// What stands at a path in a document.
enum JSONLookup: Hashable {
    case scalar(JSONScalar)
    /// An object or an array.
    case container
    case missing
    /// The bytes are no JSON document.
    case invalid
    /// Nested too deeply to be looked into.
    case tooDeep
}

/// Finds the value at a path in one pass over a document, without building anything but that value.
///
/// The whole document is read, so that what is cut off does not pass for JSON, and of a key that
/// stands twice the last one counts, as in JavaScript and jq.
@safe struct JSONScan {
    private static let depthMax = 500

    private let bytes: UnsafeRawBufferPointer
    private let path: [JSONPath.Step]
    private var at = 0
    private var found: JSONLookup = .missing

    static func value(at path: JSONPath, in bytes: UnsafeRawBufferPointer) -> JSONLookup {
        var scan = unsafe JSONScan(bytes: bytes, path: path.steps)
        do throws(Stop) {
            scan.skipSpace()
            try scan.value(depth: 0, matched: 0)
            scan.skipSpace()
            return scan.at == bytes.count ? scan.found : .invalid
        } catch { return error == .tooDeep ? .tooDeep : .invalid }
    }

    private enum Stop: Error { case invalid, tooDeep }

    private init(bytes: UnsafeRawBufferPointer, path: [JSONPath.Step]) {
        unsafe self.bytes = bytes
        self.path = path
    }

    private var next: UInt8? { unsafe at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            at += 1
        }
    }

    private mutating func take(_ byte: UInt8) throws(Stop) {
        guard next == byte else { throw .invalid }
        at += 1
    }

    /// - Parameter matched: how many steps of the path lead here; -1 when this is beside it.
    private mutating func value(depth: Int, matched: Int) throws(Stop) {
        guard depth <= Self.depthMax else { throw .tooDeep }
        let isTarget = matched == path.count
        switch next {
        case UInt8(ascii: "{"):
            if isTarget { found = .container }
            try members(depth, matched)
        case UInt8(ascii: "["):
            if isTarget { found = .container }
            try elements(depth, matched)
        case UInt8(ascii: "\""):
            let raw = try string()
            if isTarget { found = .scalar(.string(try unescaped(raw))) }
        default:
            let start = at
            while let byte = next,
                byte.isLetter || byte.isDigit || byte == 0x2b || byte == 0x2d
                    || byte == 0x2e
            { at += 1 }
            let word = unsafe Array(bytes[start..<at])
            let scalar: JSONScalar
            switch word {
            case Array("null".utf8): scalar = .null
            case Array("true".utf8): scalar = .bool(true)
            case Array("false".utf8): scalar = .bool(false)
            default:
                guard let number = JSONNumber(word) else { throw .invalid }
                scalar = .number(number)
            }
            if isTarget { found = .scalar(scalar) }
        }
    }

    private mutating func members(_ depth: Int, _ matched: Int) throws(Stop) {
        try take(UInt8(ascii: "{"))
        skipSpace()
        if next == UInt8(ascii: "}") {
            at += 1
            return
        }
        while true {
            let raw = try string()
            var inside = -1
            if matched >= 0, matched < path.count, case .key(let key) = path[matched],
                try isKey(raw, key)
            {
                inside = matched + 1
                // An earlier one of the same name is overruled.
                found = .missing
            }
            skipSpace()
            try take(UInt8(ascii: ":"))
            skipSpace()
            try value(depth: depth + 1, matched: inside)
            skipSpace()
            if next == UInt8(ascii: ",") {
                at += 1
                skipSpace()
                continue
            }
            return try take(UInt8(ascii: "}"))
        }
    }

    private mutating func elements(_ depth: Int, _ matched: Int) throws(Stop) {
        try take(UInt8(ascii: "["))
        skipSpace()
        if next == UInt8(ascii: "]") {
            at += 1
            return
        }
        var number = 0
        while true {
            let isOnPath = matched >= 0 && matched < path.count && path[matched] == .index(number)
            try value(depth: depth + 1, matched: isOnPath ? matched + 1 : -1)
            number += 1
            skipSpace()
            if next == UInt8(ascii: ",") {
                at += 1
                skipSpace()
                continue
            }
            return try take(UInt8(ascii: "]"))
        }
    }

    /// Where the characters between the quotation marks stand.
    private mutating func string() throws(Stop) -> Range<Int> {
        try take(UInt8(ascii: "\""))
        let start = at
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                at += 1
                return start..<at - 1
            }
            guard byte >= 0x20 else { throw .invalid }
            at += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw .invalid
    }

    private func isKey(_ raw: Range<Int>, _ key: [UInt8]) throws(Stop) -> Bool {
        guard unsafe bytes[raw].contains(UInt8(ascii: "\\")) else {
            return unsafe bytes[raw].elementsEqual(key)
        }
        return try unescaped(raw) == key
    }

    private func unescaped(_ raw: Range<Int>) throws(Stop) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(raw.count)
        var at = raw.lowerBound
        while at < raw.upperBound {
            let byte = unsafe bytes[at]
            at += 1
            guard byte == UInt8(ascii: "\\") else {
                out.append(byte)
                continue
            }
            guard at < raw.upperBound else { throw .invalid }
            let escape = unsafe bytes[at]
            at += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escape)
            case UInt8(ascii: "b"): out.append(8)
            case UInt8(ascii: "f"): out.append(12)
            case UInt8(ascii: "n"): out.append(10)
            case UInt8(ascii: "r"): out.append(13)
            case UInt8(ascii: "t"): out.append(9)
            case UInt8(ascii: "u"):
                let first = try unit(&at, raw.upperBound)
                var units = [first]
                // Half of a pair stands for itself, as U+FFFD.
                if (0xd800..<0xdc00).contains(first), at + 6 <= raw.upperBound,
                    unsafe bytes[at] == UInt8(ascii: "\\"),
                    unsafe bytes[at + 1] == UInt8(ascii: "u")
                {
                    var ahead = at + 2
                    let second = try unit(&ahead, raw.upperBound)
                    if (0xdc00..<0xe000).contains(second) {
                        units.append(second)
                        at = ahead
                    }
                }
                out += String(decoding: units, as: UTF16.self).utf8
            default: throw .invalid
            }
        }
        return out
    }

    private func unit(_ at: inout Int, _ end: Int) throws(Stop) -> UInt16 {
        guard at + 4 <= end else { throw .invalid }
        let digits = unsafe String(decoding: bytes[at..<at + 4], as: UTF8.self)
        guard let pair = Hex.decode(digits), pair.count == 2 else { throw .invalid }
        at += 4
        return UInt16(pair[0]) << 8 | UInt16(pair[1])
    }
}
