public import WalrusFormat
internal import WalrusJSON

/// What entries to look for: a question that can be asked of every entry of a topic.
///
///     timeout                          text in the payload; lower case matches both cases
///     "a \"quoted\" text"              the same, with \n \t \r \" \\ \xHH
///     ~/err(or)? [0-9]{3}/i            a regular expression (`ByteRegex`)
///     hex:1f8b                         bytes
///     .status == "err"                 a field of a JSON payload; also != < <= > >= ~ exists
///     .items[0].price >= 5
///     length > 10K   seq == 2000   ordinal <= 5   block == 3   file == 1763670155020
///     time >= 2026-11-20T12:00   time > -1h
///     is:unread   is:consumed   is:damaged
///     A and B   A or B   not A   ( )   also && || !
///
/// Plain words are one text, with the blanks between them, up to the next `and` or `or`.
public struct Query: Hashable, Sendable {
    /// As it was typed.
    public let text: String
    public let expression: Expression

    public indirect enum Expression: Hashable, Sendable {
        case term(Term)
        case not(Expression)
        case all([Expression])
        case any([Expression])
    }

    public enum Term: Hashable, Sendable {
        case text(TextPattern)
        case bytes(TextPattern)
        case regex(ByteRegex)
        case json(JSONPath, JSONTest)
        /// Bytes of payload.
        case length(Comparison, Int)
        case time(Comparison, Moment)
        case sequence(Comparison, UInt64)
        case ordinal(Comparison, Int)
        case block(Comparison, Int)
        case file(Comparison, DataFileName)
        case state(State)
    }

    public enum JSONTest: Hashable, Sendable {
        case exists
        case compare(Comparison, JSONScalar)
        /// The value is a string in which the expression is found.
        case matches(ByteRegex)
    }

    public enum State: String, Hashable, Sendable, CaseIterable {
        case unread, consumed, damaged
    }

    public enum Moment: Hashable, Sendable {
        /// Nanoseconds since 1970 UTC.
        case at(UInt64)
        /// Seconds before now.
        case ago(Int)
    }

    /// In the order in which they are looked for: `<=` before `<`.
    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"

        func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
            switch self {
            case .equal: a == b
            case .notEqual: a != b
            case .lessOrEqual: a <= b
            case .greaterOrEqual: a >= b
            case .less: a < b
            case .greater: a > b
            }
        }
    }

    /// Reads a query. Fails with the place of the mistake and what was expected there.
    public init(_ text: String) throws(QueryError) {
        var parser = QueryParser(text)
        expression = try parser.parse()
        self.text = text
    }

    /// The question that every entry answers with yes.
    public static let everything = Query(text: "", .all([]))

    init(text: String, _ expression: Expression) {
        self.text = text
        self.expression = expression
    }

    /// The same question with moments before `now` (nanoseconds since 1970 UTC) made fixed ones.
    public func resolved(now: UInt64) -> Query {
        Query(text: text, Self.resolved(expression, now))
    }

    private static func resolved(_ expression: Expression, _ now: UInt64) -> Expression {
        switch expression {
        case .term(.time(let comparison, .ago(let seconds))):
            let (span, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
            return .term(.time(comparison, .at(overflow || span > now ? 0 : now - span)))
        case .term: return expression
        case .not(let part): return .not(resolved(part, now))
        case .all(let parts): return .all(parts.map { resolved($0, now) })
        case .any(let parts): return .any(parts.map { resolved($0, now) })
        }
    }

    /// Whether it asks for damaged entries: others may leave them out.
    public var asksForDamage: Bool {
        expression.contains { if case .state(.damaged) = $0 { true } else { false } }
    }
}

extension Query.Expression {
    func contains(_ isWanted: (Query.Term) -> Bool) -> Bool {
        switch self {
        case .term(let term): isWanted(term)
        case .not(let part): part.contains(isWanted)
        case .all(let parts), .any(let parts): parts.contains { $0.contains(isWanted) }
        }
    }
}

/// What is wrong with a query, and where.
public struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// 1-based, in characters (Unicode scalars).
    public let column: Int
    /// What was expected.
    public let message: String

    public init(_ column: Int, _ message: String) {
        self.column = column
        self.message = message
    }

    public var description: String { "column \(column): \(message)" }
}

// MARK: - As text

extension Query: CustomStringConvertible {
    /// A text that reads as the same expression.
    public var description: String { Self.text(expression, inside: .or) }

    private enum Level: Int { case or, and, not }

    private static func text(_ expression: Expression, inside level: Level) -> String {
        func join(_ parts: [Expression], _ own: Level, _ word: String) -> String {
            // A list inside a list of its kind was in parentheses, and stays a list of its own.
            let text = parts.map {
                switch ($0, own) {
                case (.any, .or): "(" + Self.text($0, inside: .or) + ")"
                default: Self.text($0, inside: own == .or ? .and : .not)
                }
            }.joined(separator: " \(word) ")
            return level.rawValue > own.rawValue ? "(\(text))" : text
        }
        switch expression {
        case .term(let term): return term.description
        case .not(let part): return "not " + text(part, inside: .not)
        case .all(let parts): return join(parts, .and, "and")
        case .any(let parts): return join(parts, .or, "or")
        }
    }
}

extension Query.Term: CustomStringConvertible {
    public var description: String {
        switch self {
        case .text(let pattern): Self.quoted(pattern.bytes)
        case .bytes(let pattern): "hex:" + Hex.encode(pattern.bytes)
        case .regex(let regex): Self.text(regex)
        case .json(let path, .exists): "\(path) exists"
        case .json(let path, .compare(let comparison, let value)):
            "\(path) \(comparison.rawValue) \(Self.text(value))"
        case .json(let path, .matches(let regex)): "\(path) \(Self.text(regex))"
        case .length(let comparison, let value): "length \(comparison.rawValue) \(value)"
        case .time(let comparison, .at(let time)):
            "time \(comparison.rawValue) \(Timestamp.text(time))"
        case .time(let comparison, .ago(let seconds)): "time \(comparison.rawValue) -\(seconds)s"
        case .sequence(let comparison, let value): "seq \(comparison.rawValue) \(value)"
        case .ordinal(let comparison, let value): "ordinal \(comparison.rawValue) \(value)"
        case .block(let comparison, let value): "block \(comparison.rawValue) \(value)"
        case .file(let comparison, let name): "file \(comparison.rawValue) \(name)"
        case .state(let state): "is:\(state.rawValue)"
        }
    }

    private static func text(_ regex: ByteRegex) -> String {
        "~/\(regex.source)/" + (regex.ignoresCase ? "i" : "")
    }

    private static func text(_ value: JSONScalar) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): value.text
        case .string(let bytes): quoted(bytes)
        }
    }

    static func quoted(_ bytes: [UInt8]) -> String {
        var text = "\""
        let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
        var plain: [UInt8] = []
        for byte in bytes {
            let escape: String? =
                switch byte {
                case UInt8(ascii: "\""): "\\\""
                case UInt8(ascii: "\\"): "\\\\"
                case 0x0a: "\\n"
                case 0x0d: "\\r"
                case 0x09: "\\t"
                case ..<0x20, 0x7f: "\\x" + Hex.encode([byte])
                case 0x80... where !isUTF8: "\\x" + Hex.encode([byte])
                default: nil
                }
            guard let escape else {
                plain.append(byte)
                continue
            }
            text += String(decoding: plain, as: UTF8.self) + escape
            plain = []
        }
        return text + String(decoding: plain, as: UTF8.self) + "\""
    }
}

extension JSONPath: CustomStringConvertible {
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += (text.isEmpty ? "." : "") + "[\(index)]"
            case .key(let key):
                let name = String(decoding: key, as: UTF8.self)
                if !name.isEmpty, Array(name.utf8) == key,
                    name.unicodeScalars.allSatisfy(QueryParser.isName)
                {
                    text += "." + name
                } else {
                    text += (text.isEmpty ? "." : "") + "[\(Query.Term.quoted(key))]"
                }
            }
        }
        return text
    }
}
