internal import WalrusFormat

/// Reads a `Query`, which has the grammar:
///
///     any  = all { ("or" | "||") all }
///     all  = one { ("and" | "&&") one }
///     one  = ("not" | "!") one | "(" any ")" | term
struct QueryParser {
    private static let depthMax = 60

    let characters: [Unicode.Scalar]
    var at = 0
    private var depth = 0

    init(_ text: String) { characters = Array(text.unicodeScalars) }

    mutating func parse() throws(QueryError) -> Query.Expression {
        skipBlanks()
        guard next != nil else { throw error("expected something to look for") }
        let expression = try any()
        guard next == nil else {
            throw next == ")"
                ? error("this ) closes nothing: put text with parentheses in quotes")
                : error("expected and, or, or the end")
        }
        return expression
    }

    // MARK: - Characters

    var next: Unicode.Scalar? { at < characters.count ? characters[at] : nil }

    func error(_ message: String, at place: Int? = nil) -> QueryError {
        QueryError((place ?? at) + 1, message)
    }

    static func isBlank(_ character: Unicode.Scalar) -> Bool {
        character == " " || ("\t"..."\r").contains(character)
    }

    /// Whether a key of a path may hold it without quotes.
    static func isName(_ character: Unicode.Scalar) -> Bool {
        character.properties.isAlphabetic || ("0"..."9").contains(character)
            || "_-$@".unicodeScalars.contains(character)
    }

    mutating func skipBlanks() {
        while let character = next, Self.isBlank(character) { at += 1 }
    }

    /// Whether `text` stands here.
    func stands(_ text: String, at place: Int? = nil) -> Bool {
        characters[(place ?? at)...].starts(with: text.unicodeScalars)
    }

    /// Whether a word ends at `place`.
    func isEnd(_ place: Int) -> Bool {
        place >= characters.count || Self.isBlank(characters[place]) || characters[place] == ")"
    }

    /// Whether `word` stands here as a word of its own.
    private func standsAlone(_ word: String, at place: Int? = nil) -> Bool {
        let start = place ?? at
        let end = start + word.unicodeScalars.count
        return stands(word, at: start) && (isEnd(end) || characters[end] == "(")
    }

    func isOperator(at place: Int) -> Bool {
        ["and", "or", "&&", "||"].contains { standsAlone($0, at: place) }
    }

    func string(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(characters[range]))
    }

    // MARK: - Operators

    private mutating func any() throws(QueryError) -> Query.Expression {
        var parts = [try all()]
        while try takes("or", "||") { parts.append(try all()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func all() throws(QueryError) -> Query.Expression {
        var parts = [try one()]
        while try takes("and", "&&") { parts.append(try one()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    /// Whether one of the words stands here; then goes to what follows, which must be there.
    private mutating func takes(_ words: String...) throws(QueryError) -> Bool {
        skipBlanks()
        guard let word = words.first(where: { standsAlone($0) }) else { return false }
        at += word.unicodeScalars.count
        skipBlanks()
        guard let next, next != ")" else {
            throw error("expected something to look for after \(word)")
        }
        return true
    }

    private mutating func one() throws(QueryError) -> Query.Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthMax else { throw error("nested too deeply") }
        if isOperator(at: at) {
            throw error("expected something to look for before \(string(at..<wordEnd(at)))")
        }
        let isWord = standsAlone("not")
        if isWord || next == "!" {
            at += isWord ? 3 : 1
            skipBlanks()
            guard next != nil else { throw error("expected something to look for after not") }
            return .not(try one())
        }
        guard next == "(" else { return .term(try term()) }
        let start = at
        at += 1
        skipBlanks()
        let expression = try any()
        skipBlanks()
        guard next == ")" else { throw error("expected ) for the ( of column \(start + 1)") }
        at += 1
        return expression
    }

    // MARK: - Words and quoted text

    /// Where the word at `start` ends: at a blank, or a parenthesis that was not opened in it.
    func wordEnd(_ start: Int) -> Int {
        var open = 0
        var end = start
        while end < characters.count, !Self.isBlank(characters[end]) {
            if characters[end] == "(" { open += 1 }
            if characters[end] == ")" {
                if open == 0 { break }
                open -= 1
            }
            end += 1
        }
        return end
    }

    /// Where the quoted text that begins at `start` ends, behind its closing mark; nil when nothing
    /// closes it, or when it is part of a word.
    func quoteEnd(_ start: Int) -> Int? {
        guard start < characters.count, characters[start] == "\"" else { return nil }
        var end = start + 1
        while end < characters.count, characters[end] != "\"" {
            end += characters[end] == "\\" ? 2 : 1
        }
        return end < characters.count ? end + 1 : nil
    }

    /// Words from here to the next operator, as one text.
    mutating func plainText() throws(QueryError) -> TextPattern {
        let start = at
        var end = wordEnd(at)
        while true {
            at = end
            skipBlanks()
            guard let next, next != ")", !isOperator(at: at) else { break }
            guard !startsTerm(at) else {
                throw error("expected and, or, or the end; quote it all to look for it as it is")
            }
            if let mistake = mistake(at: at, isFirst: false) ?? shout(at: at) { throw mistake }
            end = wordEnd(at)
        }
        guard let pattern = TextPattern(string(start..<end)) else {
            throw error("expected something to look for", at: start)
        }
        return pattern
    }

    /// The bytes of the quoted text that begins here and ends before `end`.
    mutating func quoted(to end: Int) throws(QueryError) -> [UInt8] {
        var bytes: [UInt8] = []
        at += 1
        while at < end - 1 {
            let character = characters[at]
            at += 1
            guard character == "\\" else {
                bytes += String(character).utf8
                continue
            }
            let escape = characters[at]
            at += 1
            switch escape {
            case "n": bytes.append(0x0a)
            case "r": bytes.append(0x0d)
            case "t": bytes.append(0x09)
            case "\"", "\\", "/": bytes += String(escape).utf8
            case "x":
                guard at + 2 < end, let byte = Hex.decode(string(at..<at + 2)) else {
                    throw error("expected two hexadecimal digits after \\x")
                }
                bytes += byte
                at += 2
            default:
                throw error(
                    "expected \\n \\t \\r \\\" \\\\ or \\xHH: write \\\\ for a backslash",
                    at: at - 2)
            }
        }
        at = end
        return bytes
    }
}
