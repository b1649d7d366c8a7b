/// What a search has found so far.
public struct SearchResult: Sendable {
    public var rows: [EntryRow] = []
    /// Entries looked at, or in blocks that cannot hold a match.
    public var scanned = 0
    /// Entries of which it cannot be told whether they match (`Verdict.undecided`).
    public var undecided = 0
    /// Whether the search ended at the last entry; otherwise at its limit, or it was stopped.
    public var isComplete = false
    /// The ordinal to go on from.
    public var next = 1

    public init() {}
}

extension EntryReader {
    /// Looks for entries that a query asks for, from `ordinal` on, until `limit` are found.
    ///
    /// - Parameter progress: called about once a block and every thousand entries; returning false
    ///   stops the search.
    public func search(
        _ query: Query, from ordinal: Int = 1, limit: Int, previewMax: Int = 256,
        progress: (SearchResult) -> Bool = { _ in true }
    ) throws -> SearchResult {
        var result = SearchResult()
        try unsafe forEachMatch(
            of: query, from: ordinal, counting: &result, isFull: { $0.rows.count >= limit },
            progress: progress,
            visit: { result, row, payload in
                result.rows.append(try unsafe self.row(row, payload, previewMax: previewMax))
                return result.rows.count - Self.damagedMax < limit
            })
        return result
    }

    /// A search stops before a sound entry, whose ordinal tells where to go on; but it takes no more
    /// damaged ones on the way there than these.
    private static var damagedMax: Int { 10_000 }

    /// Visits the entries that a query asks for, from `ordinal` on.
    ///
    /// - Parameters:
    ///   - result: kept up to date, but for its rows.
    ///   - isFull: asked before every sound entry; true ends the search there.
    ///   - progress: called about once a block and every thousand entries; returning false stops.
    ///   - visit: gets the entry, and its payload where it is at hand; returning false stops.
    public func forEachMatch(
        of query: Query, from ordinal: Int = 1, counting result: inout SearchResult,
        isFull: (SearchResult) -> Bool = { _ in false },
        progress: (SearchResult) -> Bool = { _ in true },
        visit: (inout SearchResult, EntryRow, UnsafeRawBufferPointer?) throws -> Bool
    ) throws {
        var matcher = QueryMatcher(query)
        var isStopped = false
        var told = 0
        result.next = ordinal
        for index in topic.blocks.indices {
            let block = topic.blocks[index]
            let end = block.entriesBefore + block.entries
            // Damaged entries have no ordinal: from the first one on means everything.
            guard ordinal <= 1 || end >= ordinal else { continue }
            guard block.mayMatch(query) else {
                guard !isFull(result) else { return }
                result.scanned += end - max(block.entriesBefore, ordinal - 1)
                result.next = end + 1
                continue
            }
            try unsafe forEach(in: index, from: ordinal) { row, payload in
                if row.ordinal != nil, isFull(result) {
                    isStopped = true
                    return false
                }
                result.scanned += 1
                if let ordinal = row.ordinal { result.next = ordinal + 1 }
                let verdict = try unsafe matcher.verdict(row, payload: payload) { offset, count in
                    try self.payload(of: row, from: offset, count: count)
                }
                if verdict == .undecided { result.undecided += 1 }
                if verdict == .yes { isStopped = try unsafe !visit(&result, row, payload) }
                if result.scanned - told >= 1_000 || row.length > 1 << 20 {
                    told = result.scanned
                    if !progress(result) { isStopped = true }
                }
                return !isStopped
            }
            if isStopped { return }
        }
        result.isComplete = true
    }

    /// The last entry before `ordinal` that a query asks for.
    ///
    /// - Parameter progress: hears how many entries were looked at; returning false stops.
    public func last(
        _ query: Query, before ordinal: Int, previewMax: Int = 256,
        progress: (Int) -> Bool = { _ in true }
    ) throws -> EntryRow? {
        var matcher = QueryMatcher(query)
        var scanned = 0
        for index in topic.blocks.indices.reversed() {
            let block = topic.blocks[index]
            guard block.entriesBefore + 1 < ordinal, block.mayMatch(query) else { continue }
            var found: EntryRow?
            var goesOn = true
            try unsafe forEach(in: index, from: 1) { row, payload in
                if let place = row.ordinal, place >= ordinal { return false }
                let verdict = try unsafe matcher.verdict(row, payload: payload) { offset, count in
                    try self.payload(of: row, from: offset, count: count)
                }
                if verdict == .yes { found = row }
                scanned += 1
                if scanned.isMultiple(of: 1_000) || row.length > 1 << 20 {
                    goesOn = progress(scanned)
                }
                return goesOn
            }
            guard goesOn else { return nil }
            if let found { return try unsafe row(found, nil, previewMax: previewMax) }
        }
        return nil
    }

    /// The row with the first bytes of its payload: previews are for the few rows that match.
    private func row(_ row: EntryRow, _ payload: UnsafeRawBufferPointer?, previewMax: Int) throws
        -> EntryRow
    {
        var row = row
        row.preview =
            if let payload = unsafe payload {
                unsafe Array(payload.prefix(previewMax))
            } else {
                try self.payload(of: row, count: previewMax)
            }
        return row
    }
}

extension BlockPlace {
    /// Whether an entry of the block can match, as far as its place tells.
    func mayMatch(_ query: Query) -> Bool {
        query.expression.verdict { term in
            switch term {
            case .file(let comparison, let name): Verdict(comparison.holds(file, name))
            case .block(let comparison, let number): Verdict(comparison.holds(slot, number))
            default: .undecided
            }
        } != .no
    }
}
