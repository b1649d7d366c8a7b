/// Reads a regular expression. See `ByteRegex` for the syntax.
struct RegexParser {
    private let characters: [Unicode.Scalar]
    private var at = 0
    private var depth = 0
    private let ignoresCase: Bool

    init(_ source: String, ignoresCase: Bool) {
        characters = Array(source.unicodeScalars)
        self.ignoresCase = ignoresCase
    }

    private var next: Unicode.Scalar? { at < characters.count ? characters[at] : nil }

    private func error(_ message: String, at place: Int? = nil) -> QueryError {
        QueryError((place ?? at) + 1, message)
    }

    mutating func parse() throws(QueryError) -> RegexTree {
        let tree = try alternatives()
        // Only a closing parenthesis ends alternatives before the end.
        guard next == nil else { throw error("this ) closes nothing: write \\) for the character") }
        return tree
    }

    private mutating func alternatives() throws(QueryError) -> RegexTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ByteRegex.depthMax else { throw error("groups are nested too deeply") }
        var parts = [try sequence()]
        while next == "|" {
            at += 1
            parts.append(try sequence())
        }
        return parts.count == 1 ? parts[0] : .either(parts)
    }

    private mutating func sequence() throws(QueryError) -> RegexTree {
        var parts: [RegexTree] = []
        while let character = next, character != "|", character != ")" {
            // A character beyond ASCII is repeated as a whole.
            parts.append(try repeated(try atom()))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func repeated(_ atom: RegexTree) throws(QueryError) -> RegexTree {
        let place = at
        let tree: RegexTree
        switch next {
        case "*": tree = .atLeast(atom, 0)
        case "+": tree = .atLeast(atom, 1)
        case "?": tree = .times(atom, 0...1)
        case "{": return try counted(atom)
        default: return atom
        }
        at += 1
        try refuseSecondRepeat(place)
        return tree
    }

    private mutating func refuseSecondRepeat(_ place: Int) throws(QueryError) {
        if next == "?" { at += 1 }  // Lazy or not, the same payloads match.
        if let again = next, "*+?{".unicodeScalars.contains(again) {
            throw error("nothing to repeat: write \\\(again) for the character")
        }
    }

    private mutating func counted(_ atom: RegexTree) throws(QueryError) -> RegexTree {
        let place = at
        at += 1
        let low = try number()
        var high: Int? = low
        if next == "," {
            at += 1
            high = next == "}" ? nil : try number()
        }
        guard next == "}" else { throw error("expected } at the end of the repetition") }
        at += 1
        try refuseSecondRepeat(place)
        guard let high else { return .atLeast(atom, low) }
        guard low <= high else {
            throw error("the second number is less than the first", at: place)
        }
        return .times(atom, low...high)
    }

    private mutating func number() throws(QueryError) -> Int {
        let place = at
        var value = 0
        while let digit = next, ("0"..."9").contains(digit) {
            value = min(value * 10 + Int(digit.value - 48), 1_001)
            at += 1
        }
        guard at > place else {
            throw error("expected a number: {2}, {2,} or {2,5}; write \\{ for the character")
        }
        guard value <= 1_000 else { throw error("repeat at most 1000 times", at: place) }
        return value
    }

    private mutating func atom() throws(QueryError) -> RegexTree {
        guard let character = next else { return .empty }
        let place = at
        at += 1
        switch character {
        case "(":
            if next == "?" {
                guard at + 1 < characters.count, characters[at + 1] == ":" else {
                    throw error("expected (?: ; look-arounds and flags inside are not supported")
                }
                at += 2
            }
            let tree = try alternatives()
            guard next == ")" else { throw error("expected ) for the ( of column \(place + 1)") }
            at += 1
            return tree
        case "[": return .bytes(try set(place))
        case ".": return .bytes(ByteSet(10...10).inverted)
        case "^": return .begin
        case "$": return .end
        case "*", "+", "?", "{":
            throw error("nothing to repeat: write \\\(character) for the character", at: place)
        case "\\":
            let set = try escape()
            // \x41 is a letter too; \W holds none.
            return .bytes(ignoresCase ? set.foldingCase : set)
        default:
            let bytes = Array(String(character).utf8).map { byte in
                let set = ByteSet(byte...byte)
                return RegexTree.bytes(ignoresCase ? set.foldingCase : set)
            }
            return bytes.count == 1 ? bytes[0] : .sequence(bytes)
        }
    }

    /// What stands behind a backslash.
    private mutating func escape() throws(QueryError) -> ByteSet {
        guard let character = next else { throw error("expected a character after \\") }
        at += 1
        func one(_ byte: UInt8) -> ByteSet { ByteSet(byte...byte) }
        switch character {
        case "d": return Self.digits
        case "D": return Self.digits.inverted
        case "w": return Self.words
        case "W": return Self.words.inverted
        case "s": return Self.spaces
        case "S": return Self.spaces.inverted
        case "n": return one(10)
        case "t": return one(9)
        case "r": return one(13)
        case "f": return one(12)
        case "0": return one(0)
        case "x":
            let digits = String(
                String.UnicodeScalarView(characters[at..<min(at + 2, characters.count)]))
            guard digits.utf8.count == 2, let byte = UInt8(digits, radix: 16) else {
                throw error("expected two hexadecimal digits after \\x")
            }
            at += 2
            return one(byte)
        default:
            guard character.isASCII, !UInt8(character.value).isLetter,
                !UInt8(character.value).isDigit
            else {
                throw error("\\\(character) is not supported", at: at - 2)
            }
            return one(UInt8(character.value))
        }
    }

    /// What stands between brackets.
    private mutating func set(_ start: Int) throws(QueryError) -> ByteSet {
        var set = ByteSet()
        let isInverse = next == "^"
        if isInverse { at += 1 }
        var isFirst = true
        while let character = next, isFirst || character != "]" {
            isFirst = false
            let (low, members) = try setMember()
            guard let low, next == "-", at + 1 < characters.count, characters[at + 1] != "]" else {
                set.formUnion(members)
                continue
            }
            at += 1
            let place = at
            guard let high = try setMember().single, low <= high else {
                throw error("expected the end of a range: not less than its start", at: place)
            }
            set.formUnion(ByteSet(low...high))
        }
        guard next == "]" else { throw error("expected ] for the [ of column \(start + 1)") }
        at += 1
        // Both cases first: [^a] leaves out A as well.
        if ignoresCase { set = set.foldingCase }
        return isInverse ? set.inverted : set
    }

    private mutating func setMember() throws(QueryError) -> (single: UInt8?, ByteSet) {
        guard let character = next else { throw error("expected a character") }
        at += 1
        if character == "\\" {
            let isClass = next.map { Self.classes.contains($0) } ?? false
            let members = try escape()
            return (isClass ? nil : (0...255).first { members.contains($0) }, members)
        }
        guard character.isASCII else {
            throw error(
                "only ASCII in [ ]: write (a|\(character)) for other characters", at: at - 1)
        }
        let byte = UInt8(character.value)
        return (byte, ByteSet(byte...byte))
    }

    private static let classes = "dDwWsS".unicodeScalars
    private static let digits = ByteSet(48...57)
    private static let words: ByteSet = {
        var set = ByteSet(48...57)
        for range: ClosedRange<UInt8> in [65...90, 97...122, 95...95] {
            set.formUnion(ByteSet(range))
        }
        return set
    }()
    private static let spaces: ByteSet = {
        var set = ByteSet(9...13)
        set.insert(32)
        return set
    }()
}
