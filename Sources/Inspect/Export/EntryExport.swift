public import SystemPackage
internal import WalrusFormat
public import WalrusIO
internal import WalrusJSON

/// In what form entries leave a log.
public enum ExportFormat: String, Hashable, Sendable, CaseIterable {
    /// An object a line, as `walrus entries -o jsonl` has it, with `payload` when that is UTF-8 and
    /// `payload_base64` when it is not.
    case jsonl
    /// The payloads one after another, with nothing between them.
    case raw
    /// Each payload after its length: four bytes, little endian.
    case lengthPrefixed = "length-prefixed"
    /// A line of hexadecimal digits a payload.
    case hex

    /// What a file of that name is for.
    public init(fileName: String) {
        switch fileName.split(separator: ".").last {
        case "raw", "bin": self = .raw
        case "lp": self = .lengthPrefixed
        case "hex": self = .hex
        default: self = .jsonl
        }
    }
}

/// Takes entries out of a topic, to somewhere outside of the log.
public struct EntryExport: Sendable {
    public enum Selection: Sendable {
        /// Those that a query asks for, or all; ordinals from `from` up to and without `to`.
        case range(query: Query?, from: Int = 1, to: Int? = nil, limit: Int? = nil)
        case rows([EntryRow])
    }

    public struct Outcome: Sendable {
        public var exported = 0
        /// Bytes of payload.
        public var bytes = 0
        /// Entries looked at.
        public var scanned = 0
        public var undecided = 0
        /// Damaged entries that were left out: how many, and the first of them.
        public var damaged = 0
        public var damagedRows: [EntryRow] = []
        /// False: it was stopped.
        public var isComplete = false

        /// "3 entries, 57 bytes of payload", and what was left out.
        public var sentence: String {
            "\(exported) \(exported == 1 ? "entry" : "entries"), \(bytes) bytes of payload"
        }
    }

    /// Damaged entries that are named.
    private static let damagedMax = 20

    public let reader: EntryReader
    public let selection: Selection
    public let format: ExportFormat

    public init(_ reader: EntryReader, _ selection: Selection, as format: ExportFormat) {
        self.reader = reader
        self.selection = selection
        self.format = format
    }

    /// Hands the entries, in their form, to `sink`. Damaged ones are left out and named, unless the
    /// query asks for damage or they were chosen one by one.
    ///
    /// - Parameter progress: called about every thousand entries; returning false stops.
    public func run(
        to sink: ([UInt8]) throws -> Void, progress: (Outcome) -> Bool = { _ in true }
    ) throws -> Outcome {
        var outcome = Outcome()
        switch selection {
        case .rows(let rows):
            for row in rows {
                outcome.scanned += 1
                try unsafe add(row, nil, &outcome, sink)
                guard outcome.scanned % 100 != 0 || progress(outcome) else { return outcome }
            }
            outcome.isComplete = true
        case .range(let query, let from, let to, let limit):
            let takesDamaged = query?.asksForDamage ?? false
            var result = SearchResult()
            var isStopped = false
            try unsafe reader.forEachMatch(
                of: query ?? .everything, from: from, counting: &result,
                isFull: { result in
                    outcome.exported >= limit ?? .max || result.next >= to ?? .max
                },
                progress: { result in
                    outcome.scanned = result.scanned
                    isStopped = !progress(outcome)
                    return !isStopped
                },
                visit: { _, row, payload in
                    if row.damage != nil, !takesDamaged {
                        outcome.damaged += 1
                        if outcome.damagedRows.count < Self.damagedMax {
                            outcome.damagedRows.append(row)
                        }
                    } else {
                        try unsafe add(row, payload, &outcome, sink)
                    }
                    return true
                })
            outcome.scanned = result.scanned
            outcome.undecided = result.undecided
            outcome.isComplete = !isStopped
        }
        return outcome
    }

    private func add(
        _ row: EntryRow, _ payload: UnsafeRawBufferPointer?, _ outcome: inout Outcome,
        _ sink: ([UInt8]) throws -> Void
    ) throws {
        let whole = unsafe payload.map { unsafe Array($0) }
        let pieces = PayloadPieces(length: row.length) { offset, count in
            if let whole { return Array(whole[offset..<min(offset + count, whole.count)]) }
            let piece = try reader.payload(of: row, from: offset, count: count)
            // A file that was cut off under us must not give a shorter entry.
            guard piece.count == count else {
                throw IOError(
                    "read", reader.directory.appending(row.file.text),
                    at: row.payloadStart + offset,
                    .ioError)
            }
            return piece
        }
        switch format {
        case .raw: try pieces.eachPiece(sink)
        case .lengthPrefixed:
            let length = UInt32(clamping: row.length)
            try sink((0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
            try pieces.eachPiece(sink)
        case .hex:
            try pieces.eachPiece { try sink(Array(Hex.encode($0).utf8)) }
            try sink([UInt8(ascii: "\n")])
        case .jsonl:
            let isText = try pieces.isText()
            let name = isText ? "payload" : "payload_base64"
            try sink(
                Array(
                    "\(JSON.object(EntryRecord(row).members).text.dropLast()),\"\(name)\":\"".utf8))
            if isText {
                try pieces.eachText { text in
                    var quoted = ""
                    JSON.write(String(decoding: text, as: UTF8.self), to: &quoted)
                    try sink(Array(quoted.utf8.dropFirst().dropLast()))
                }
            } else {
                try pieces.eachPiece { try sink(Base64.encode($0)) }
            }
            try sink(Array("\"}\n".utf8))
        }
        outcome.exported += 1
        outcome.bytes += row.length
    }

    /// Whether a file at `path` would lie in the directory of the log, or below it.
    public static func isInside(_ path: FilePath, _ directory: FilePath) throws(IOError) -> Bool {
        guard let own = try FileStatus.of(directory)?.identity else { return false }
        var folder = path.removingLastComponent()
        if folder.isEmpty { folder = "." }
        var last: FileIdentity?
        while let here = try FileStatus.of(folder)?.identity, here != last {
            if here == own { return true }
            last = here
            folder.append("..")
        }
        return false
    }

    /// Writes the entries to a new file, durably: it is there whole, or not at all.
    ///
    /// - Parameter replaces: whether a file of that name gives way.
    public func write(
        to path: FilePath, replaces: Bool, progress: (Outcome) -> Bool = { _ in true }
    ) throws -> Outcome {
        guard try !Self.isInside(path, reader.directory), !DataDirectory.isInLog(path) else {
            throw InsideLog(path: path)
        }
        let file = try OutputFile(path, replaces: replaces)
        let outcome = try run(to: { try file.write($0) }, progress: progress)
        if outcome.isComplete { try file.finish() }
        return outcome
    }

    /// A file of ours in the log's directory would be taken for one of the log.
    public struct InsideLog: Error, Hashable, Sendable, CustomStringConvertible {
        public let path: FilePath
        public init(path: FilePath) { self.path = path }
        public var description: String {
            "\(path) lies in the directory of a log: name a file somewhere else"
        }
    }
}
