import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusIO

struct Export: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Copy entries of a topic to a file outside of the log. Consumes nothing.",
        discussion: """
            The file is written beside its place, synced and renamed: it is there whole or not at \
            all. An existing one is left alone without --force. Formats: jsonl (as `walrus entries \
            -o jsonl`, with payload, or payload_base64 where it is not UTF-8), raw (payloads, \
            nothing between them), length-prefixed (four bytes little endian before each payload), \
            hex (a line a payload). Damaged entries are left out and named; exit status 1. Where \
            no entry is what was asked for, the file is empty and the exit status 0.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var wanted: WhereArguments

    @Option(
        parsing: .unconditional,
        help: "begin, cursor, end, N (an ordinal), -N (the last N) or @TIME (UTC, or since 1970).")
    var from: StartPoint = .begin

    @Option(
        parsing: .unconditional,
        help: "The first entry that is not exported any more, in the same forms.")
    var to: StartPoint = .end

    @Option(parsing: .unconditional, help: "Export at most so many.")
    var limit: Int?

    @Option(
        help: ArgumentHelp("Where to: a file, or - for standard output.", valueName: "FILE"),
        completion: .file())
    var out: String

    @Option(help: "How; without it, what the end of the file's name says (.raw, .hex), else jsonl.")
    var format: ExportFormatArgument?

    @Flag(help: "Replace the file if it is there.")
    var force = false

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit must not be below 0") }
        if out.isEmpty { throw ValidationError("--out is empty: name a file, or -") }
    }

    func perform() throws {
        let query = try wanted.query()
        if out != "-", try EntryExport.isInside(FilePath(out), log.path) {
            throw Failure(.usage, "\(EntryExport.InsideLog(path: FilePath(out)))")
        }
        let (path, state) = try log.scan()
        let reader = EntryReader(directory: path, topic: try topic.state(in: state))
        let export = EntryExport(
            reader,
            .range(
                query: query, from: try from.ordinal(reader), to: try to.ordinal(reader),
                limit: limit),
            as: format?.format ?? (out == "-" ? .jsonl : ExportFormat(fileName: out)))
        StopSignals.watch()
        let outcome = try write(export)
        StopSignals.endIfRequested()
        if out != "-" { StandardStreams.complain("exported \(outcome.sentence) to \(out)") }
        try state.admitGaps()
        try LeftOut(
            damaged: outcome.damaged, undecided: outcome.undecided,
            places: outcome.damagedRows.map { "\($0.file):\($0.slot)+\($0.offset)" }
        ).admit()
    }

    private func write(_ export: EntryExport) throws -> EntryExport.Outcome {
        let start = Clock.monotonic()
        let line = ProgressLine()
        defer { line.clear() }
        let progress: (EntryExport.Outcome) -> Bool = { outcome in
            if Clock.monotonic() - start > 1_000_000_000 {
                line.show(
                    "\(Figures.grouped(outcome.exported)) exported of \(Figures.grouped(outcome.scanned)) read"
                )
            }
            return !StopSignals.isRequested
        }
        if out == "-" {
            let output = StandardOutput()
            let outcome = try export.run(to: { try output.write($0) }, progress: progress)
            try output.flush()
            return outcome
        }
        return try writing(out) {
            try export.write(to: FilePath(out), replaces: force, progress: progress)
        }
    }
}

/// Says what to do about a file that cannot be made.
func writing<R>(_ out: String, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as IOError where error.errno == .fileExists {
        throw Failure(.usage, "\(out) is there already: name another file, or --force")
    } catch let error as IOError where error.errno == .notSupported {
        throw Failure(
            .usage, "\(out) is no regular file: name another one")
    }
}

/// The formats, as an option.
enum ExportFormatArgument: String, ExpressibleByArgument, CaseIterable {
    case jsonl, raw
    case lengthPrefixed = "length-prefixed"
    case hex

    var format: ExportFormat {
        switch self {
        case .jsonl: .jsonl
        case .raw: .raw
        case .lengthPrefixed: .lengthPrefixed
        case .hex: .hex
        }
    }
}
