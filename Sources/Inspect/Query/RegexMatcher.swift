/// Runs a `ByteRegex` over bytes that come in pieces.
///
/// Sets of places in the program become states of a deterministic automaton as they turn up, and are
/// kept while there are few: most inputs need a handful. Time: at most the program's length for each
/// byte, usually one look into a table. Memory: bounded by `statesMax`.
struct RegexMatcher {
    /// States kept; when there are more, all are forgotten and found again.
    private static let statesMax = 256

    private struct State {
        /// Instructions that wait for a byte, or for the end.
        let places: [Int]
        let isMatch: Bool
        /// Whether it matches when the input ends here.
        let isMatchAtEnd: Bool
        /// The state after each byte, -1 where it has not been asked for yet; 256 of them.
        var next: [Int32]
    }

    private let regex: ByteRegex
    /// Whether a match may begin at any byte, or only at the first one.
    private let isSearch: Bool
    private var states: [State] = []
    private var numbers: [[Int]: Int] = [:]
    /// The state after everything that was fed.
    private var current = 0
    /// The state before the first byte, once there is one.
    private var first: Int?
    private var seen: [Bool]

    init(_ regex: ByteRegex, isSearch: Bool = true) {
        self.regex = regex
        self.isSearch = isSearch
        seen = Array(repeating: false, count: regex.program.count)
    }

    /// Forgets what was fed. `atStart`: the bytes to come are the first ones.
    mutating func begin(atStart: Bool = true) {
        if let known = atStart ? first : nil {
            current = known
            return
        }
        makeRoom()
        let (places, isMatch) = close([regex.start], atStart: atStart, atEnd: false)
        guard atStart else {
            current = number(places, isMatch)
            return
        }
        // Before the first byte `^` and `$` may both hold: a state of its own.
        let atEnd = close([regex.start], atStart: true, atEnd: true).isMatch
        current = states.count
        first = current
        states.append(
            State(places: places, isMatch: isMatch, isMatchAtEnd: atEnd, next: Self.unknown))
    }

    private mutating func makeRoom() {
        guard states.count >= Self.statesMax else { return }
        states.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        first = nil
    }

    private static let unknown = [Int32](repeating: -1, count: 256)

    /// Whether what was fed holds a match already, whatever follows.
    var hasMatch: Bool { states[current].isMatch }
    /// Whether it does when nothing follows.
    var hasMatchAtEnd: Bool { states[current].isMatch || states[current].isMatchAtEnd }
    /// Whether nothing that follows could match any more.
    var isDead: Bool { states[current].places.isEmpty && !isSearch }

    /// Takes in more bytes. Returns true as soon as there is a match.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if hasMatch { return true }
        for at in 0..<bytes.count {
            step(unsafe bytes[at])
            if states[current].isMatch { return true }
        }
        return false
    }

    mutating func step(_ byte: UInt8) {
        let known = states[current].next[Int(byte)]
        current = known >= 0 ? Int(known) : find(byte)
    }

    private mutating func find(_ byte: UInt8) -> Int {
        var targets: [Int] = []
        for place in states[current].places {
            if case .bytes(let set, let next) = regex.program[place], set.contains(byte) {
                targets.append(next)
            }
        }
        if isSearch { targets.append(regex.start) }
        let (places, isMatch) = close(targets, atStart: false, atEnd: false)
        guard states.count < Self.statesMax else {
            makeRoom()
            return number(places, isMatch)
        }
        let found = number(places, isMatch)
        states[current].next[Int(byte)] = Int32(found)
        return found
    }

    private mutating func number(_ places: [Int], _ isMatch: Bool) -> Int {
        let key = isMatch ? places + [-1] : places
        if let known = numbers[key] { return known }
        let atEnd = isMatch || close(places, atStart: false, atEnd: true).isMatch
        numbers[key] = states.count
        states.append(
            State(places: places, isMatch: isMatch, isMatchAtEnd: atEnd, next: Self.unknown))
        return states.count - 1
    }

    /// Everything that can be reached without a byte, in the order of the program.
    private mutating func close(_ starts: [Int], atStart: Bool, atEnd: Bool)
        -> (places: [Int], isMatch: Bool)
    {
        var waiting = starts
        var touched: [Int] = []
        var places: [Int] = []
        var isMatch = false
        while let place = waiting.popLast() {
            guard !seen[place] else { continue }
            seen[place] = true
            touched.append(place)
            switch regex.program[place] {
            case .bytes: places.append(place)
            case .fork(let a, let b):
                waiting.append(a)
                waiting.append(b)
            case .begin(let next): if atStart { waiting.append(next) }
            case .end(let next):
                places.append(place)
                if atEnd { waiting.append(next) }
            case .match: isMatch = true
            }
        }
        for place in touched { seen[place] = false }
        places.sort()
        return (places, isMatch)
    }
}

extension ByteRegex {
    /// Whether the bytes hold a match.
    public func matches(_ bytes: [UInt8]) -> Bool {
        var matcher = RegexMatcher(self)
        matcher.begin()
        return unsafe bytes.withUnsafeBytes { unsafe matcher.feed($0) } || matcher.hasMatchAtEnd
    }

    /// Where matches stand: the longest from each place on, none of them empty.
    ///
    /// - Parameter budget: steps that may be taken; matches behind them are not found.
    func ranges(in bytes: [UInt8], budget: inout Int) -> [Range<Int>] {
        var matcher = RegexMatcher(self, isSearch: false)
        var found: [Range<Int>] = []
        var start = 0
        while start < bytes.count, budget > 0 {
            matcher.begin(atStart: start == 0)
            var end = start
            var at = start
            while at < bytes.count, budget > 0, !matcher.isDead {
                matcher.step(bytes[at])
                at += 1
                budget -= 1
                if matcher.hasMatch || (at == bytes.count && matcher.hasMatchAtEnd) { end = at }
            }
            budget -= 1
            if end > start { found.append(start..<end) }
            start = max(end, start + 1)
        }
        return found
    }
}
