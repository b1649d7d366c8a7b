/// A value of a result's line, written and read without help (see ARCHITECTURE.md, Decisions).
/// Objects keep the order in which they were written.
package enum JSONValue: Hashable {
    case null
    case bool(Bool)
    case int(Int)
    /// Three decimals are kept.
    case decimal(Double)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package struct Member: Hashable {
        package let name: String
        package let value: JSONValue
    }

    static func members(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.map { Member(name: $0.0, value: $0.1) })
    }

    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    var int: Int? { if case .int(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .decimal(let value): value
        default: nil
        }
    }

    // MARK: - Writing

    var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .decimal(let value): text += Decimals.text(value, 3)
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.name, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// Only ASCII comes out, and nothing that could drive a terminal.
    private static func write(_ value: String, to text: inout String) {
        text += "\""
        for unit in value.utf16 {
            switch unit {
            case 0x22: text += "\\\""
            case 0x5c: text += "\\\\"
            case 0x20..<0x7f: text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        text += "\""
    }
}

/// Numbers with a fixed number of decimals.
enum Decimals {
    static func text(_ value: Double, _ places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "0" }
        var scale = 1
        for _ in 0..<places { scale *= 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + String(scaled) }
        let rest = String(scaled % scale)
        return sign + "\(scaled / scale)."
            + String(repeating: "0", count: places - rest.count) + rest
    }
}
