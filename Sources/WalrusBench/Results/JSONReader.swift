/// Reads one JSON value: strict, and no deeper than what this program writes.
package struct JSONReader {
    private let bytes: [UInt8]
    private var at = 0

    private static let deepest = 16

    package static func read(_ text: some Sequence<UInt8>) -> JSONValue? {
        var reader = JSONReader(bytes: Array(text))
        guard let value = reader.value(0) else { return nil }
        reader.skipBlanks()
        return reader.at == reader.bytes.count ? value : nil
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func value(_ depth: Int) -> JSONValue? {
        skipBlanks()
        guard at < bytes.count, depth < Self.deepest else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return array(depth)
        case UInt8(ascii: "\""): return string().map(JSONValue.string)
        case UInt8(ascii: "t"): return take("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return take("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return take("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func object(_ depth: Int) -> JSONValue? {
        guard take("{") else { return nil }
        var members: [JSONValue.Member] = []
        if take("}") { return .object(members) }
        repeat {
            skipBlanks()
            guard let name = string(), take(":"), let value = value(depth + 1) else { return nil }
            members.append(JSONValue.Member(name: name, value: value))
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func array(_ depth: Int) -> JSONValue? {
        guard take("[") else { return nil }
        var values: [JSONValue] = []
        if take("]") { return .array(values) }
        repeat {
            guard let value = value(depth + 1) else { return nil }
            values.append(value)
        } while take(",")
        return take("]") ? .array(values) : nil
    }

    private mutating func number() -> JSONValue? {
        let start = at
        while at < bytes.count, bytes[at] > 0x20, bytes[at] != UInt8(ascii: ","),
            bytes[at] != UInt8(ascii: "}"), bytes[at] != UInt8(ascii: "]")
        {
            at += 1
        }
        let text = bytes[start..<at]
        guard let first = text.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
            text.allSatisfy({ (0x30...0x39).contains($0) || "-+.eE".utf8.contains($0) })
        else { return nil }
        let digits = String(decoding: text, as: UTF8.self)
        if let whole = Int(digits) { return .int(whole) }
        return Double(digits).flatMap { $0.isFinite ? .decimal($0) : nil }
    }

    private mutating func string() -> String? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        at += 1
        var units: [UInt8] = []
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: units, as: UTF8.self)
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                units += Array(String(scalar).utf8)
            default: units.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard at < bytes.count else { return nil }
        at += 1
        switch bytes[at - 1] {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "u"):
            guard let unit = unit() else { return nil }
            guard UTF16.isLeadSurrogate(unit) else { return Unicode.Scalar(unit) }
            guard at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
                bytes[at + 1] == UInt8(ascii: "u")
            else { return nil }
            at += 2
            guard let second = self.unit(), UTF16.isTrailSurrogate(second) else { return nil }
            return String(decoding: [unit, second], as: UTF16.self).unicodeScalars.first
        default: return nil
        }
    }

    private mutating func unit() -> UInt16? {
        guard at + 4 <= bytes.count else { return nil }
        defer { at += 4 }
        return UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
    }

    private mutating func take(_ text: StaticString) -> Bool {
        skipBlanks()
        let wanted = Array("\(text)".utf8)
        guard bytes[at...].starts(with: wanted) else { return false }
        at += wanted.count
        return true
    }

    private mutating func skipBlanks() {
        while at < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[at]) { at += 1 }
    }
}
