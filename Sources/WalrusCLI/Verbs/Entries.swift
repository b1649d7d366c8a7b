import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO

struct Entries: Verb {
    static let configuration = CommandConfiguration(
        abstract: "List the entries of a topic, consumed ones included. Consumes nothing.",
        discussion: """
            Damaged entries are left out, with a note on standard error and exit status 1; \
            `walrus check` tells where they are, and --where is:damaged shows them. Exits with 1, \
            as grep does, when no entry is what was asked for.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var wanted: WhereArguments
    @OptionGroup var form: OutputArguments

    @Option(
        parsing: .unconditional,
        help: "begin, cursor, end, N (an ordinal), -N (the last N) or @TIME (UTC, or since 1970).")
    var from: StartPoint = .begin

    @Option(parsing: .unconditional, help: "Print at most so many.")
    var limit: Int?

    @Option(help: "How to print the payload.")
    var payload: PayloadForm = .none

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit must not be below 0") }
    }

    func perform() throws {
        let printed = try EntryListing(
            log: log, topic: topic, query: wanted.query(), format: form.output, payload: payload
        ).print(from: from, limit: limit)
        if printed.count == 0, limit != 0 {
            throw topic.nothingFound(isQuery: wanted.text != nil, printed.miss)
        }
    }
}

struct Peek: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Show what a topic's reader would get next. Consumes nothing.",
        discussion: "Exits with 1 when every entry is consumed.")

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var wanted: WhereArguments
    @OptionGroup var form: OutputArguments

    @Option(parsing: .unconditional, help: "Show at most so many.")
    var limit = 10

    @Option(help: "How to print the payload.")
    var payload: PayloadForm = .text

    func validate() throws {
        if limit < 0 { throw ValidationError("--limit must not be below 0") }
    }

    func perform() throws {
        let query = try wanted.query()
        let listing = EntryListing(
            log: log, topic: topic, query: query, format: form.output, payload: payload)
        if try listing.print(from: .cursor, limit: limit).count == 0, limit > 0 {
            let name = topic.name.shown(ascii: true)
            throw Failure(
                .nothing,
                query == nil
                    ? "every entry of \(name) is consumed"
                    : "no unread entry of \(name) is what --where asks for")
        }
    }
}

/// Prints entries that are on disk.
struct EntryListing {
    let log: LogArguments
    let topic: TopicArguments
    let query: Query?
    let format: OutputFormat
    let payload: PayloadForm

    /// Returns how many were printed, and that there is no entry at `start`.
    func print(from start: StartPoint, limit: Int?) throws
        -> (count: Int, miss: EntryLanding.Miss?)
    {
        let (path, state) = try log.scan()
        let reader = EntryReader(directory: path, topic: try topic.state(in: state))
        var printer = EntryPrinter(format, payload)
        var printed = 0
        var leftOut = LeftOut()
        try printer.begin()
        let first = try start.ordinal(reader)
        let miss = try reader.miss(of: start.point, at: first)
        if limit != 0 {
            let asksForDamage = query?.asksForDamage ?? false
            var result = SearchResult()
            try unsafe reader.forEachMatch(
                of: query ?? .everything, from: first, counting: &result
            ) { _, row, bytes in
                guard row.ordinal != nil || asksForDamage else {
                    leftOut.damaged += 1
                    return true
                }
                try unsafe printer.print(row, bytes, reader)
                printed += 1
                return printed < limit ?? .max
            }
            leftOut.undecided = result.undecided
        }
        try printer.end()
        if printed > 0 { start.admit(miss) }
        try state.admitGaps()
        try leftOut.admit()
        return (printed, miss)
    }
}

extension EntryPrinter {
    /// Prints an entry that is on disk.
    mutating func print(
        _ row: EntryRow, _ bytes: UnsafeRawBufferPointer?, _ reader: EntryReader
    ) throws {
        try print(EntryRecord(row)) { offset, count in
            if let bytes = unsafe bytes { return unsafe Array(bytes[offset..<offset + count]) }
            return try reader.payload(of: row, from: offset, count: count)
        }
    }
}
