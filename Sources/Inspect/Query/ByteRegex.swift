/// A regular expression over bytes, whose search takes time in proportion to the input, whatever the
/// pattern: it is an automaton, not a backtracking search. A pattern typed in haste, or sent by
/// someone else in a script, must not hang a console; Swift's own `Regex` would, and it works on
/// well-formed strings alone.
///
/// The syntax: literals, `.` (every byte but a line feed), `[a-z]`, `[^a-z]`, `\d \w \s \D \W \S`,
/// `\n \t \r \f \0 \xHH`, groups `( )` and `(?: )`, `|`, `* + ?`, `{m}`, `{m,}`, `{m,n}`, and `^`
/// and `$` for the beginning and the end of the payload. A character beyond ASCII is the sequence
/// of its bytes. There are no captures, look-arounds or back references.
public struct ByteRegex: Hashable, Sendable {
    public let source: String
    public let ignoresCase: Bool
    let program: [Instruction]
    let start: Int

    enum Instruction: Hashable, Sendable {
        /// One of these bytes, then the next instruction.
        case bytes(ByteSet, next: Int)
        case fork(Int, Int)
        case begin(next: Int)
        case end(next: Int)
        case match
    }

    /// A pattern whose program would be longer is refused: it bounds memory and the work a byte.
    static let instructionsMax = 5_000
    static let depthMax = 100

    /// Fails with what was expected where; columns are 1-based characters of the pattern.
    public init(_ source: String, ignoresCase: Bool = false) throws(QueryError) {
        self.source = source
        self.ignoresCase = ignoresCase
        var parser = RegexParser(source, ignoresCase: ignoresCase)
        let tree = try parser.parse()
        var compiler = RegexCompiler()
        let match = compiler.add(.match)
        start = compiler.compile(tree, next: match)
        guard !compiler.isTooLong else {
            throw QueryError(1, "the regular expression is too long: repeat less, or look for less")
        }
        program = compiler.program
    }

    public static func == (a: ByteRegex, b: ByteRegex) -> Bool {
        a.source == b.source && a.ignoresCase == b.ignoresCase
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        hasher.combine(ignoresCase)
    }
}

/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}
    init(_ range: ClosedRange<UInt8>) { for byte in range { insert(byte) } }

    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }

    mutating func insert(_ byte: UInt8) {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    mutating func formUnion(_ other: ByteSet) {
        words.0 |= other.words.0
        words.1 |= other.words.1
        words.2 |= other.words.2
        words.3 |= other.words.3
    }

    var inverted: ByteSet {
        var set = self
        set.words = (~words.0, ~words.1, ~words.2, ~words.3)
        return set
    }

    /// With both cases of every ASCII letter in it.
    var foldingCase: ByteSet {
        var set = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
            if contains(letter) { set.insert(letter & 0xdf) }
            if contains(letter & 0xdf) { set.insert(letter) }
        }
        return set
    }

    static func == (a: ByteSet, b: ByteSet) -> Bool { a.words == b.words }
    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// What a pattern says.
indirect enum RegexTree {
    case empty
    case bytes(ByteSet)
    case begin, end
    case sequence([RegexTree])
    case either([RegexTree])
    case times(RegexTree, ClosedRange<Int>)
    case atLeast(RegexTree, Int)
}

/// Thompson's construction, from the end of the pattern to its beginning.
private struct RegexCompiler {
    var program: [ByteRegex.Instruction] = []
    var isTooLong = false
    private var steps = 0

    mutating func add(_ instruction: ByteRegex.Instruction) -> Int {
        guard program.count < ByteRegex.instructionsMax else {
            isTooLong = true
            return 0
        }
        program.append(instruction)
        return program.count - 1
    }

    /// Returns where the program of `tree` begins, which goes on at `next`.
    mutating func compile(_ tree: RegexTree, next: Int) -> Int {
        // Nothing, repeated a thousand times a thousand times, adds no instruction.
        steps += 1
        if steps > 4 * ByteRegex.instructionsMax { isTooLong = true }
        guard !isTooLong else { return 0 }
        switch tree {
        case .empty: return next
        case .bytes(let set): return add(.bytes(set, next: next))
        case .begin: return add(.begin(next: next))
        case .end: return add(.end(next: next))
        case .sequence(let parts):
            return parts.reversed().reduce(next) { compile($1, next: $0) }
        case .either(let parts):
            let starts = parts.map { compile($0, next: next) }
            return starts.dropLast().reversed().reduce(starts[starts.count - 1]) {
                add(.fork($1, $0))
            }
        case .times(let part, let range):
            var start = next
            for count in stride(from: range.upperBound, to: 0, by: -1) {
                guard !isTooLong else { return 0 }
                start = compile(part, next: start)
                if count > range.lowerBound { start = add(.fork(start, next)) }
            }
            return start
        case .atLeast(let part, let count):
            let loop = add(.fork(0, next))
            let body = compile(part, next: loop)
            guard !isTooLong else { return 0 }
            program[loop] = .fork(body, next)
            var start = count == 0 ? loop : body
            for _ in 1..<max(1, count) { start = compile(part, next: start) }
            return start
        }
    }
}
