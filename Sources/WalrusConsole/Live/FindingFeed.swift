internal import Inspect
internal import WalrusFormat

/// Tells which findings came and went, from one look to the next.
///
/// A look catches a writer in the middle of what it does: what is there in one look and not in the
/// next is no news, and neither is what an append that is under way looks like. A finding is told
/// of when two looks in a row have it at the same place, and that it is gone when two have not. One
/// that comes back before long comes and goes, and is not told of again.
struct FindingFeed: Sendable {
    enum News: Hashable, Sendable {
        case came(Finding)
        case went(Finding)
    }

    private struct Place: Hashable {
        let kind: Finding.Kind
        let file: String?
        let block: Int?
        let offset: Int?

        init(_ finding: Finding) {
            (kind, file) = (finding.kind, finding.file)
            (block, offset) = (finding.block, finding.offset)
        }
    }

    private struct Known {
        let finding: Finding
        /// Whether it came and went before, so that its going is no news.
        let isOld: Bool
    }

    /// Nanoseconds after which a finding that comes back is news.
    static let memory: UInt64 = 600_000_000_000
    private static let goneMax = 1_000

    private var known: [Place: Known] = [:]
    /// In the last look, and not known.
    private var fresh: Set<Place> = []
    /// Known, and not in the last look.
    private var missing: Set<Place> = []
    /// When what is gone went, in nanoseconds since 1970 UTC; the oldest first.
    private var gone: [(place: Place, time: UInt64)] = []
    private var last: (findings: [Finding], isHeld: Bool)?

    /// Takes note of a look.
    ///
    /// - Parameter isHeld: a process has the directory open that may be writing.
    mutating func add(_ state: DirectoryState, isHeld: Bool) -> [News] {
        let isHeld = isHeld || state.metrics != nil
        // The same again is news only if some of it was seen for the first time.
        if let last, last == (state.findings, isHeld), fresh.isEmpty, missing.isEmpty { return [] }
        let isFirst = last == nil
        last = (state.findings, isHeld)
        let (seen, order) = seen(in: state, isHeld: isHeld)
        guard !isFirst else {
            known = seen.mapValues { Known(finding: $0, isOld: false) }
            return []
        }
        gone.removeAll { $0.time + Self.memory < state.time }
        let left = known.filter { seen[$0.key] == nil }
        var news: [News] = []
        for place in order where known[place] == nil && fresh.contains(place) {
            guard let finding = seen[place] else { continue }
            let isOld = gone.contains { $0.place == place }
            known[place] = Known(finding: finding, isOld: isOld)
            if !isOld { news.append(.came(finding)) }
        }
        var went: [Finding] = []
        for (place, old) in left where missing.contains(place) {
            known[place] = nil
            gone.append((place, state.time))
            if !old.isOld { went.append(old.finding) }
        }
        if gone.count > Self.goneMax { gone.removeFirst(gone.count - Self.goneMax) }
        missing = Set(left.keys.filter { known[$0] != nil })
        fresh = Set(order.filter { known[$0] == nil })
        func key(_ finding: Finding) -> (String, Int, Int, String) {
            (finding.file ?? "", finding.block ?? -1, finding.offset ?? -1, finding.kind.rawValue)
        }
        return news + went.sorted { key($0) < key($1) }.map { .went($0) }
    }

    /// The look's findings by their places, and these in the order of the look.
    private func seen(in state: DirectoryState, isHeld: Bool) -> ([Place: Finding], [Place]) {
        let tails = isHeld ? Self.tails(state) : []
        var seen: [Place: Finding] = [:]
        var order: [Place] = []
        for finding in state.findings {
            let place = Place(finding)
            if Self.isOfWrites(finding.kind), known[place] == nil, let file = finding.file,
                let slot = finding.block, tails.contains(Tail(file: file, slot: slot))
            {
                continue
            }
            if seen.updateValue(finding, forKey: place) == nil { order.append(place) }
        }
        return (seen, order)
    }

    private struct Tail: Hashable {
        let file: String
        let slot: Int
    }

    /// The blocks in which a writer goes on, where that matters.
    private static func tails(_ state: DirectoryState) -> Set<Tail> {
        guard state.findings.contains(where: { isOfWrites($0.kind) }) else { return [] }
        return Set(
            state.topics.compactMap { topic in
                topic.blocks.last.map { Tail(file: $0.file.text, slot: $0.slot) }
            })
    }

    /// Whether an append that is under way looks like that.
    private static func isOfWrites(_ kind: Finding.Kind) -> Bool {
        switch kind {
        case .tornTail, .leftoverBytes, .lostRest, .hiddenEntries, .incompleteBatch: true
        default: false
        }
    }
}
