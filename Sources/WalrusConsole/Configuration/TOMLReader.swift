/// A place in a text file, as editors count: both from 1, columns in Unicode scalars.
public struct TextPosition: Hashable, Sendable {
    public let line: Int
    public let column: Int
}

/// Something wrong in a configuration file, and where.
public struct ConfigurationProblem: Error, Hashable, Sendable {
    public let position: TextPosition
    public let message: String

    /// `FILE:3:5: what is wrong`, as compilers say it and editors jump to.
    public func description(in file: String) -> String {
        "\(file):\(position.line):\(position.column): \(message)"
    }
}

/// A value that a configuration may hold.
enum TOMLValue: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case strings([String])
}

/// One `key = value`, with the tables that it stands in as the beginning of its path.
struct TOMLEntry: Hashable, Sendable {
    let path: [String]
    let keyPosition: TextPosition
    let value: TOMLValue
    let valuePosition: TextPosition
    /// Where each string of an array stands.
    let elementPositions: [TextPosition]
}

/// Reads the part of TOML 1.0 that a configuration needs: tables, bare, quoted and dotted keys,
/// strings of one line, integers, booleans, arrays of strings. Whatever else TOML has is an error
/// that says so; a line that is wrong hides no other.
///
/// The established packages come with Foundation, which is most of a static binary.
struct TOMLReader {
    private(set) var entries: [TOMLEntry] = []
    private(set) var problems: [ConfigurationProblem] = []

    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var line = 1
    private var lineStart = 0
    private var table: [String] = []
    private var seenTables: Set<[String]> = []
    private var seenKeys: Set<[String]> = []

    /// More than any configuration has; the rest of a file is not looked at.
    private static let sizeMax = 1 << 20

    init(_ bytes: [UInt8]) {
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        scalars = Array(String(decoding: bytes.prefix(Self.sizeMax), as: UTF8.self).unicodeScalars)
        if let broken = Self.invalid(bytes) {
            problems.append(ConfigurationProblem(position: broken, message: "is not UTF-8"))
            return
        }
        while at < scalars.count {
            do throws(ConfigurationProblem) { try readLine() } catch {
                problems.append(error)
                while let scalar = peek, !Self.isLineEnd(scalar) { at += 1 }
            }
        }
    }

    /// Where the first byte stands that belongs to no scalar.
    private static func invalid(_ bytes: ArraySlice<UInt8>) -> TextPosition? {
        var walk = UTF8Walk(bytes)
        var (line, column) = (1, 1)
        while let step = walk.next() {
            switch step {
            case .invalid: return TextPosition(line: line, column: column)
            case .scalar("\n"): (line, column) = (line + 1, 1)
            case .scalar: column += 1
            }
        }
        return nil
    }

    // MARK: - Lines

    private var peek: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }
    private var position: TextPosition { TextPosition(line: line, column: at - lineStart + 1) }
    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r"
    }

    private func fail(_ message: String, at place: TextPosition? = nil) -> ConfigurationProblem {
        ConfigurationProblem(position: place ?? position, message: message)
    }

    private mutating func skipBlanks() {
        while peek == " " || peek == "\t" { at += 1 }
    }

    private mutating func newLine() {
        if peek == "\r" { at += 1 }
        if peek == "\n" { at += 1 }
        line += 1
        lineStart = at
    }

    private mutating func readLine() throws(ConfigurationProblem) {
        skipBlanks()
        guard let scalar = peek else { return }
        switch scalar {
        case "#": try skipComment()
        case "[": try readHeader()
        case "\n", "\r": break
        default: try readEntry()
        }
        skipBlanks()
        if peek == "#" { try skipComment() }
        guard let end = peek else { return }
        guard Self.isLineEnd(end) else { throw fail("the line ought to end here") }
        newLine()
    }

    private mutating func skipComment() throws(ConfigurationProblem) {
        while let scalar = peek, !Self.isLineEnd(scalar) {
            if scalar.value < 0x20, scalar != "\t" { throw fail("a control character") }
            at += 1
        }
    }

    private mutating func readHeader() throws(ConfigurationProblem) {
        let start = position
        at += 1
        if peek == "[" { throw fail("lists of tables ([[ ]]) are not used here", at: start) }
        skipBlanks()
        let path = try readPath()
        guard peek == "]" else { throw fail("a table's name ends with ]") }
        at += 1
        table = path
        if !seenTables.insert(path).inserted {
            throw fail("the table [\(path.joined(separator: "."))] is there twice", at: start)
        }
    }

    private mutating func readEntry() throws(ConfigurationProblem) {
        let start = position
        let path = table + (try readPath())
        guard peek == "=" else { throw fail("a key is followed by = and a value") }
        at += 1
        skipBlanks()
        let valueStart = position
        var elements: [TextPosition] = []
        let value = try readValue(&elements)
        guard seenKeys.insert(path).inserted else {
            throw fail("\(path.joined(separator: ".")) is set twice", at: start)
        }
        entries.append(
            TOMLEntry(
                path: path, keyPosition: start, value: value, valuePosition: valueStart,
                elementPositions: elements))
    }

    /// `a`, `a.b`, `"a".b`, and the blanks after it.
    private mutating func readPath() throws(ConfigurationProblem) -> [String] {
        var path: [String] = []
        while true {
            if peek == "\"" || peek == "'" {
                path.append(try readString())
            } else {
                let start = at
                while let scalar = peek, Self.isBare(scalar) { at += 1 }
                guard at > start else {
                    throw fail("a key is made of letters, digits, - and _, or stands in quotes")
                }
                path.append(text(start..<at))
            }
            skipBlanks()
            guard peek == "." else { return path }
            at += 1
            skipBlanks()
        }
    }

    private static func isBare(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    private func text(_ range: Range<Int>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars[range])
        return text
    }

    // MARK: - Values

    private mutating func readValue(_ elements: inout [TextPosition])
        throws(ConfigurationProblem) -> TOMLValue
    {
        switch peek {
        case "\"", "'": return .string(try readString())
        case "[": return .strings(try readStrings(&elements))
        case "{": throw fail("tables in braces are not used here: write [table] above the keys")
        case nil, "\n", "\r", "#": throw fail("a value is missing")
        default: return try readWord()
        }
    }

    /// An integer or a boolean.
    private mutating func readWord() throws(ConfigurationProblem) -> TOMLValue {
        let start = at
        let place = position
        while let scalar = peek,
            Self.isBare(scalar) || scalar == "+" || scalar == "." || scalar == ":"
        {
            at += 1
        }
        let word = text(start..<at)
        switch word {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: break
        }
        let digits = word.replacing("_", with: "")
        let unsigned = digits.drop { $0 == "-" || $0 == "+" }
        if let value = Int(digits), digits.count - unsigned.count <= 1, !word.hasPrefix("_"),
            !word.hasSuffix("_"), !word.contains("__"),
            unsigned.count == 1 || !unsigned.hasPrefix("0")
        {
            return .integer(value)
        }
        if word.isEmpty {
            throw fail("a value is a \"text\", a whole number, true, false or a list")
        }
        throw fail("\(word) is no value: a text stands in quotes, as \"\(word)\"", at: place)
    }

    /// `["a", "b"]`, over several lines if need be.
    private mutating func readStrings(_ elements: inout [TextPosition])
        throws(ConfigurationProblem) -> [String]
    {
        let start = position
        at += 1
        var strings: [String] = []
        while true {
            try skipBlanksAndLines()
            if peek == "]" { break }
            guard peek == "\"" || peek == "'" else {
                if peek == nil { throw fail("the list that begins here has no ]", at: start) }
                throw fail("a list holds texts in quotes")
            }
            elements.append(position)
            strings.append(try readString())
            try skipBlanksAndLines()
            if peek == "]" { break }
            guard peek == "," else {
                if peek == nil { throw fail("the list that begins here has no ]", at: start) }
                throw fail("the texts of a list are parted by commas")
            }
            at += 1
        }
        at += 1
        return strings
    }

    private mutating func skipBlanksAndLines() throws(ConfigurationProblem) {
        while true {
            skipBlanks()
            if peek == "#" { try skipComment() }
            guard let end = peek, Self.isLineEnd(end) else { return }
            newLine()
        }
    }

    private mutating func readString() throws(ConfigurationProblem) -> String {
        let quote = scalars[at]
        let start = position
        at += 1
        if at + 1 < scalars.count, scalars[at] == quote, scalars[at + 1] == quote {
            throw fail("texts of several lines are not used here", at: start)
        }
        var string = ""
        while let scalar = peek, scalar != quote {
            if Self.isLineEnd(scalar) { break }
            if scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F {
                throw fail("a control character: write it as \\u\(Self.hex(scalar))")
            }
            at += 1
            string.unicodeScalars.append(
                scalar == "\\" && quote == "\"" ? try readEscape() : scalar)
        }
        guard peek == quote else {
            throw fail("the text that begins here has no \(quote) at its end", at: start)
        }
        at += 1
        return string
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// What follows a backslash.
    private mutating func readEscape() throws(ConfigurationProblem) -> Unicode.Scalar {
        guard let scalar = peek, !Self.isLineEnd(scalar) else { throw fail("a \\ before nothing") }
        at += 1
        switch scalar {
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "\"", "\\": return scalar
        case "u", "U":
            let count = scalar == "u" ? 4 : 8
            let digits = text(at..<min(scalars.count, at + count))
            guard digits.count == count, digits.allSatisfy(\.isHexDigit),
                let value = UInt32(digits, radix: 16), let found = Unicode.Scalar(value)
            else { throw fail("\\\(scalar) takes \(count) hexadecimal digits of a character") }
            at += count
            return found
        default:
            at -= 1
            throw fail("no \\\(scalar) in a text: \\\\ is a backslash, or take '...'")
        }
    }
}
