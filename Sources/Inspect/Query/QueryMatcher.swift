internal import WalrusFormat
internal import WalrusJSON

/// What can be said of an entry.
public enum Verdict: Hashable, Sendable {
    case yes, no
    /// It cannot be told: the entry's time is not known, or its payload is too long to be read as
    /// JSON.
    case undecided

    init(_ holds: Bool) { self = holds ? .yes : .no }

    var inverse: Verdict {
        switch self {
        case .yes: .no
        case .no: .yes
        case .undecided: .undecided
        }
    }
}

extension Query.Expression {
    /// Kleene's logic: what cannot be told spoils an answer only where it matters.
    func verdict(_ term: (Query.Term) throws -> Verdict) rethrows -> Verdict {
        switch self {
        case .term(let question): return try term(question)
        case .not(let part): return try part.verdict(term).inverse
        case .all(let parts): return try Self.verdict(parts, decisive: .no, term)
        case .any(let parts): return try Self.verdict(parts, decisive: .yes, term)
        }
    }

    private static func verdict(
        _ parts: [Self], decisive: Verdict, _ term: (Query.Term) throws -> Verdict
    ) rethrows -> Verdict {
        var isUndecided = false
        for part in parts {
            let verdict = try part.verdict(term)
            if verdict == decisive { return decisive }
            if verdict == .undecided { isUndecided = true }
        }
        return isUndecided ? .undecided : decisive.inverse
    }
}

/// Asks a query of entries, one after another. Not for two threads at once.
public struct QueryMatcher {
    /// Longer payloads are not read as JSON.
    public static let jsonMax = 4 << 20
    /// Payloads that are not at hand are looked through in pieces of so many bytes.
    private static let step = 1 << 20

    private let expression: Query.Expression
    /// One for each regular expression that is searched for.
    private var searches: [ByteRegex: RegexMatcher] = [:]
    /// The payload in question, when it had to be read whole.
    private var loaded: [UInt8]?

    /// - Parameter query: one without moments before now (`resolved`); such a term is not decided.
    public init(_ query: Query) { expression = query.expression }

    /// - Parameters:
    ///   - payload: all of it, where it is at hand.
    ///   - read: gets a piece of it by place and length; fewer bytes only at its end.
    public mutating func verdict(
        _ row: EntryRow, payload: UnsafeRawBufferPointer?,
        read: (_ offset: Int, _ count: Int) throws -> [UInt8]
    ) throws -> Verdict {
        loaded = nil
        return try expression.verdict { term in
            try unsafe verdict(term, row, payload, read)
        }
    }

    private typealias Read = (Int, Int) throws -> [UInt8]

    private mutating func verdict(
        _ term: Query.Term, _ row: EntryRow, _ payload: UnsafeRawBufferPointer?, _ read: Read
    ) throws -> Verdict {
        switch term {
        case .text(let pattern), .bytes(let pattern):
            if let payload = unsafe payload { return unsafe Verdict(pattern.matches(payload)) }
            // Pieces overlap, so that no match falls between two.
            return try Verdict(
                pieces(row.length, overlap: pattern.bytes.count - 1, read) { pattern.matches($0) })
        case .regex(let regex):
            return try unsafe Verdict(matches(regex, row.length, payload, read))
        case .json(let path, let test):
            guard row.length <= Self.jsonMax else { return .undecided }
            if let payload = unsafe payload { return unsafe json(path, test, payload) }
            let bytes = try loaded ?? read(0, row.length)
            loaded = bytes
            return unsafe bytes.withUnsafeBytes { unsafe json(path, test, $0) }
        case .length(let comparison, let value):
            return Verdict(comparison.holds(row.length, value))
        case .time(let comparison, .at(let time)):
            guard let stamp = row.stamp else { return .undecided }
            return Verdict(comparison.holds(stamp.timestamp, time))
        case .time(_, .ago): return .undecided
        case .sequence(let comparison, let value):
            return Verdict(row.stamp.map { comparison.holds($0.sequence, value) } ?? false)
        case .ordinal(let comparison, let value):
            return Verdict(row.ordinal.map { comparison.holds($0, value) } ?? false)
        case .block(let comparison, let value): return Verdict(comparison.holds(row.slot, value))
        case .file(let comparison, let name): return Verdict(comparison.holds(row.file, name))
        case .state(.damaged): return Verdict(row.damage != nil)
        case .state(.consumed): return Verdict(row.isConsumed)
        case .state(.unread): return Verdict(!row.isConsumed)
        }
    }

    private func pieces(
        _ length: Int, overlap: Int, _ read: Read, _ isFound: ([UInt8]) throws -> Bool
    ) throws -> Bool {
        for at in stride(from: 0, to: length, by: Self.step) {
            let piece = try read(at, min(Self.step + overlap, length - at))
            if try isFound(piece) { return true }
            if piece.count < min(Self.step, length - at) { break }
        }
        return false
    }

    private mutating func matches(
        _ regex: ByteRegex, _ length: Int, _ payload: UnsafeRawBufferPointer?, _ read: Read
    ) throws -> Bool {
        var search = searches.removeValue(forKey: regex) ?? RegexMatcher(regex)
        defer { searches[regex] = search }
        search.begin()
        if let payload = unsafe payload {
            return unsafe search.feed(payload) || search.hasMatchAtEnd
        }
        let isFound = try pieces(length, overlap: 0, read) { piece in
            unsafe piece.withUnsafeBytes { unsafe search.feed($0) }
        }
        return isFound || search.hasMatchAtEnd
    }

    private mutating func json(
        _ path: JSONPath, _ test: Query.JSONTest, _ payload: UnsafeRawBufferPointer
    ) -> Verdict {
        let scalar: JSONScalar
        switch unsafe JSONLookup(path, in: payload.bytes) {
        case .tooDeep: return .undecided
        case .missing, .invalid: return .no
        case .container:
            // An object is no scalar, whatever that is: all that is sure is that they differ.
            if case .compare(.notEqual, _) = test { return .yes }
            return Verdict(test == .exists)
        case .scalar(let found): scalar = found
        }
        switch test {
        case .exists: return .yes
        case .matches(let regex):
            guard case .string(let text) = scalar else { return .no }
            var search = searches.removeValue(forKey: regex) ?? RegexMatcher(regex)
            defer { searches[regex] = search }
            search.begin()
            let isFound = unsafe text.withUnsafeBytes { unsafe search.feed($0) }
            return Verdict(isFound || search.hasMatchAtEnd)
        case .compare(let comparison, let value):
            switch (scalar, value) {
            case (.number(let a), .number(let b)): return Verdict(comparison.holds(a, b))
            case (.string(let a), .string(let b)):
                return Verdict(comparison.holds(Ordered(bytes: a), Ordered(bytes: b)))
            default:
                switch comparison {
                case .equal: return Verdict(scalar == value)
                case .notEqual: return Verdict(scalar != value)
                default: return .no
                }
            }
        }
    }

    /// Strings in the order of their bytes.
    private struct Ordered: Comparable {
        let bytes: [UInt8]
        static func < (a: Ordered, b: Ordered) -> Bool {
            a.bytes.lexicographicallyPrecedes(b.bytes)
        }
    }
}

extension Query {
    /// Where in the first bytes of a payload the texts, bytes and regular expressions stand that it
    /// asks for: to be marked on a screen. In order, apart from each other, and with bounded work.
    ///
    /// - Parameter budget: steps that regular expressions may take.
    public func ranges(in bytes: [UInt8], budget: Int = 200_000) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var budget = budget
        collect(expression, bytes, &found, &budget)
        found.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        var merged: [Range<Int>] = []
        for range in found {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    private func collect(
        _ expression: Expression, _ bytes: [UInt8], _ found: inout [Range<Int>], _ budget: inout Int
    ) {
        switch expression {
        case .not: break
        case .all(let parts), .any(let parts):
            for part in parts { collect(part, bytes, &found, &budget) }
        case .term(.text(let pattern)), .term(.bytes(let pattern)):
            var at = 0
            while found.count < 1_000,
                let start = unsafe bytes.withUnsafeBytes({
                    unsafe pattern.first(in: $0, from: at)
                })
            {
                at = start + pattern.bytes.count
                found.append(start..<at)
            }
        case .term(.regex(let regex)): found += regex.ranges(in: bytes, budget: &budget)
        case .term: break
        }
    }
}
