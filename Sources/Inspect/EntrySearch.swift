/// Text to look for in payloads. Lower case matches both cases, as in less and vim.
public struct EntryQuery: Hashable, Sendable {
    public let text: String
    private let needle: [UInt8]
    private let ignoresCase: Bool

    /// Nil when `text` is empty.
    public init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self.text = text
        needle = Array(text.utf8)
        ignoresCase = !needle.contains { $0.isUppercase }
    }

    var length: Int { needle.count }

    /// Whether the bytes hold the text.
    public func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= needle.count else { return false }
        let first = needle[0]
        let last = bytes.count - needle.count
        var at = 0
        while at <= last {
            if unsafe same(bytes[at], first) {
                var length = 1
                while length < needle.count, unsafe same(bytes[at + length], needle[length]) {
                    length += 1
                }
                if length == needle.count { return true }
            }
            at += 1
        }
        return false
    }

    public func matches(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe matches($0) }
    }

    @inline(__always)
    private func same(_ byte: UInt8, _ wanted: UInt8) -> Bool {
        byte == wanted || (ignoresCase && byte.isUppercase && byte | 0x20 == wanted)
    }
}

extension UInt8 {
    fileprivate var isUppercase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
}

/// What a search has found so far.
public struct SearchResult: Sendable {
    public var rows: [EntryRow] = []
    /// Entries looked at.
    public var scanned = 0
    /// Whether the search ended at the last entry; otherwise at its limit, or it was stopped.
    public var isComplete = false
    /// The ordinal to go on from.
    public var next = 1

    public init() {}
}

extension EntryReader {
    /// Looks for entries whose payload matches, from `ordinal` on, until `limit` are found.
    ///
    /// - Parameter progress: called about once a block and every thousand entries; returning false
    ///   stops the search.
    public func search(
        _ query: EntryQuery, from ordinal: Int = 1, limit: Int, previewMax: Int = 256,
        progress: (SearchResult) -> Bool = { _ in true }
    ) throws -> SearchResult {
        var result = SearchResult()
        result.next = ordinal
        var isStopped = false
        // Previews are for the few rows that match, not for all that are passed.
        try unsafe forEach(from: ordinal) { row, payload in
            result.scanned += 1
            if let ordinal = row.ordinal { result.next = ordinal + 1 }
            let isFound: Bool
            if let payload = unsafe payload {
                isFound = unsafe query.matches(payload)
            } else {
                isFound = try matches(query, row)
            }
            if isFound {
                var row = row
                row.preview =
                    if let payload = unsafe payload {
                        unsafe Array(payload.prefix(previewMax))
                    } else {
                        try self.payload(of: row, count: previewMax)
                    }
                result.rows.append(row)
            }
            if result.scanned.isMultiple(of: 1_000) || row.length > 1 << 20 {
                isStopped = !progress(result)
            }
            return !isStopped && result.rows.count < limit
        }
        result.isComplete = !isStopped && result.rows.count < limit
        return result
    }

    /// Looks through a payload too long for the window, piece by piece.
    private func matches(_ query: EntryQuery, _ row: EntryRow) throws -> Bool {
        let step = 1 << 20
        var at = 0
        while at < row.length {
            // Pieces overlap, so that no match falls between two.
            let piece = try payload(of: row, from: at, count: step + query.length - 1)
            guard !piece.isEmpty else { return false }
            if query.matches(piece) { return true }
            at += step
        }
        return false
    }
}
