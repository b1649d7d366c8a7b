/// A JSON value whose objects keep the order in which they were written, and names that stand twice.
///
/// Our own few lines: Foundation's encoder would cost every start of the program its loading time,
/// and escapes less than a terminal needs.
public enum JSON: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    /// Written to the thousandth; null where it is no number.
    case double(Double)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])

    public static func optional(_ value: Int?) -> JSON { value.map(JSON.int) ?? .null }
    public static func optional(_ value: Double?) -> JSON { value.map(JSON.double) ?? .null }
    public static func optional(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

    // MARK: - Looking

    /// The member of that name; of several the last one, as in JavaScript and jq.
    public subscript(_ name: String) -> JSON? { members.last { $0.0 == name }?.1 }

    /// Every member of an object, in its order; none of what is no object.
    public var members: [(String, JSON)] {
        if case .object(let members) = self { members } else { [] }
    }
    public var items: [JSON] { if case .array(let items) = self { items } else { [] } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var int: Int? { if case .int(let value) = self { value } else { nil } }
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// Of a whole number too.
    public var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    // MARK: - Writing

    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .double(let value):
            let rounded = (value * 1_000).rounded() / 1_000
            text += rounded.isFinite ? "\(rounded)" : "null"
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
            for (index, (name, value)) in members.enumerated() {
                if index > 0 { text += "," }
                Self.write(name, to: &text)
                text += ":"
                value.write(to: &text)
            }
            text += "}"
        }
    }

    /// Everything that could drive a terminal is escaped, not only what JSON demands.
    public static func write(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{200b}"..."\u{200f}",
                "\u{2028}"..."\u{202e}", "\u{2060}"..."\u{206f}", "\u{feff}":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSON: Equatable {
    public static func == (a: JSON, b: JSON) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.double(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): a == b
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a.elementsEqual(b, by: ==)
        default: false
        }
    }
}
