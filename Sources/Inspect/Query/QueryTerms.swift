internal import WalrusFormat
internal import WalrusJSON

/// The terms of a query.
extension QueryParser {
    static let fields = ["length", "time", "sequence", "seq", "ordinal", "block", "file"]

    /// Whether what stands at `place` is more than a plain word.
    func startsTerm(_ place: Int) -> Bool {
        stands("~/", at: place) || stands("hex:", at: place) || stands("is:", at: place)
            || isPath(place) || field(place) != nil
    }

    mutating func term() throws(QueryError) -> Query.Term {
        if let end = quoteEnd(at), isEnd(end) {
            let start = at
            guard let pattern = TextPattern(text: try quoted(to: end)) else {
                throw error("expected something to look for between the quotes", at: start)
            }
            return .text(pattern)
        }
        if stands("~/") {
            at += 1
            return .regex(try regex())
        }
        if stands("hex:") { return .bytes(try hexBytes()) }
        if stands("is:") { return .state(try state()) }
        if isPath(at) { return try json() }
        if let name = field(at) { return try comparison(of: name) }
        if let mistake = mistake(at: at, isFirst: true) { throw mistake }
        return .text(try plainText())
    }

    private mutating func hexBytes() throws(QueryError) -> TextPattern {
        at += 4
        let end = wordEnd(at)
        guard let bytes = Hex.decode(string(at..<end)), let pattern = TextPattern(exactly: bytes)
        else { throw error("expected pairs of hexadecimal digits, as in hex:1f8b") }
        at = end
        return pattern
    }

    private mutating func state() throws(QueryError) -> Query.State {
        at += 3
        let end = wordEnd(at)
        guard let state = Query.State(rawValue: string(at..<end)) else {
            let names = Query.State.allCases.map { "is:\($0.rawValue)" }
            throw error("expected " + names.joined(separator: ", "), at: at - 3)
        }
        at = end
        return state
    }

    /// From the slash that begins it to the one that ends it, and the flag.
    private mutating func regex() throws(QueryError) -> ByteRegex {
        let start = at + 1
        var end = start
        while end < characters.count, characters[end] != "/" {
            end += characters[end] == "\\" ? 2 : 1
        }
        guard end < characters.count else {
            throw error("expected / at the end of the regular expression", at: characters.count)
        }
        guard end > start else { throw error("expected a regular expression", at: start) }
        at = end + 1
        let ignoresCase = next == "i"
        if ignoresCase { at += 1 }
        guard isEnd(at) else {
            throw error("expected i (for both cases) or a blank; inside, write \\/ for a slash")
        }
        do throws(QueryError) {
            return try ByteRegex(string(start..<end), ignoresCase: ignoresCase)
        } catch { throw QueryError(start + error.column, error.message) }
    }

    // MARK: - JSON

    private func isPath(_ place: Int) -> Bool {
        guard stands(".", at: place), place + 1 < characters.count else { return false }
        let second = characters[place + 1]
        if second == "[" {
            guard place + 2 < characters.count else { return false }
            return characters[place + 2] == "\"" || ("0"..."9").contains(characters[place + 2])
        }
        return Self.isName(second) && !("0"..."9").contains(second)
    }

    private mutating func json() throws(QueryError) -> Query.Term {
        let start = at
        let path = try path()
        let text = string(start..<at)
        skipBlanks()
        if stands("exists"), isEnd(at + 6) {
            at += 6
            return .json(path, .exists)
        }
        if stands("~") {
            at += 1
            skipBlanks()
            guard next == "/" else { throw error("expected /, as in \(text) ~/err/") }
            return .json(path, .matches(try regex()))
        }
        guard let comparison = takeComparison() else {
            throw error(
                "expected == != < <= > >= ~ or exists; to find the text, write \"\(text)\"")
        }
        return .json(path, .compare(comparison, try scalar(comparison)))
    }

    private mutating func path() throws(QueryError) -> JSONPath {
        var steps: [JSONPath.Step] = []
        while true {
            if next == "[" || stands(".[") {
                if next == "." { at += 1 }
                at += 1
                steps.append(try bracketed())
            } else if next == "." {
                at += 1
                let start = at
                while let character = next, Self.isName(character) { at += 1 }
                guard at > start else { throw error("expected a field's name after the point") }
                steps.append(.key(Array(string(start..<at).utf8)))
            } else {
                return JSONPath(steps)
            }
            guard steps.count <= 100 else { throw error("the path is too long") }
        }
    }

    private mutating func bracketed() throws(QueryError) -> JSONPath.Step {
        let step: JSONPath.Step
        let start = at
        if let end = quoteEnd(at) {
            step = .key(try quoted(to: end))
        } else {
            while let digit = next, ("0"..."9").contains(digit) { at += 1 }
            guard let index = Int(string(start..<at)) else {
                throw error("expected a number or a name in quotes", at: start)
            }
            step = .index(index)
        }
        guard next == "]" else { throw error("expected ]") }
        at += 1
        return step
    }

    private mutating func scalar(_ comparison: Query.Comparison) throws(QueryError) -> JSONScalar {
        let start = at
        if let end = quoteEnd(at), isEnd(end) { return .string(try quoted(to: end)) }
        let end = wordEnd(at)
        let word = string(at..<end)
        at = end
        if let number = JSONNumber(Array(word.utf8)) { return .number(number) }
        let value: JSONScalar
        switch word {
        case "null": value = .null
        case "true": value = .bool(true)
        case "false": value = .bool(false)
        default:
            throw error("expected a number, a text in quotes, true, false or null", at: start)
        }
        guard comparison == .equal || comparison == .notEqual else {
            throw error("\(word) compares with == and != alone", at: start)
        }
        return value
    }

    // MARK: - Fields of the entry

    /// The field that is compared at `place`.
    private func field(_ place: Int) -> String? {
        Self.fields.first { name in
            guard stands(name, at: place) else { return false }
            var at = place + name.unicodeScalars.count
            while at < characters.count, Self.isBlank(characters[at]) { at += 1 }
            return Query.Comparison.allCases.contains { stands($0.rawValue, at: at) }
        }
    }

    private mutating func takeComparison() -> Query.Comparison? {
        let found = Query.Comparison.allCases.first { stands($0.rawValue) }
        guard let found else { return nil }
        at += found.rawValue.unicodeScalars.count
        skipBlanks()
        return found
    }

    private mutating func comparison(of name: String) throws(QueryError) -> Query.Term {
        at += name.unicodeScalars.count
        skipBlanks()
        guard let comparison = takeComparison() else { throw error("expected a comparison") }
        let start = at
        at = wordEnd(at)
        let word = string(start..<at)
        func expected(_ what: String) -> QueryError { error("expected \(what)", at: start) }
        switch name {
        case "length":
            guard let count = ByteSize.parse(word) else {
                throw expected("a number of bytes, as in 500, 10K or 2M")
            }
            return .length(comparison, count)
        case "time":
            guard let moment = Self.moment(word) else {
                throw expected("a time in UTC, as in 2026-11-20T12:00, or before now, as in -1h")
            }
            return .time(comparison, moment)
        case "file":
            guard let file = DataFileName(word) else {
                throw expected("the name of a data file, as in 1763670155020")
            }
            guard comparison == .equal || comparison == .notEqual else {
                throw error("a file compares with == and != alone", at: start)
            }
            return .file(comparison, file)
        case "seq", "sequence":
            guard let value = UInt64(word) else { throw expected("a number") }
            return .sequence(comparison, value)
        default:
            guard let value = Int(word), value >= 0 else { throw expected("a number") }
            return name == "block" ? .block(comparison, value) : .ordinal(comparison, value)
        }
    }

    private static func moment(_ text: String) -> Query.Moment? {
        if let seconds = Timestamp.seconds(ago: text) { return .ago(seconds) }
        return Timestamp.parse(text).map { .at($0) }
    }
}
