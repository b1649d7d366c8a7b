import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusEngine
import WalrusFormat
import WalrusIO

struct Consume: Verb {
    static let configuration = CommandConfiguration(
        abstract:
            "Take entries out of a topic: hand them on and move its cursor, for good. Writes.",
        discussion: """
            The entries are printed first, or written to --out in the formats of `walrus export`. \
            Only when all of them are there whole (in a file: durably) the cursor moves, over all \
            of them at once: if the reader of the output goes away, the disk is full, or the \
            process is killed, none is consumed. Into a pipe that means: until all of it was read from \
            the pipe. What its reader does with it nobody can tell; --out is sure. Damaged entries \
            are passed by, as every reader does. The plan is shown before, with the first entries \
            and the last, and the topic's name asked for, unless --yes answers; where standard \
            input is no terminal, as in a script, --yes is needed. Exits with 1 when there was \
            nothing to consume. With --payload none nobody gets the payloads, which the plan says.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var form: OutputArguments

    @Option(parsing: .unconditional, help: "Consume at most so many.")
    var limit: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The first entry that is not consumed: end, N, -N, #SEQ, @TIME or FILE:BLOCK+OFFSET.",
            valueName: "WHERE"))
    var to: StartPoint?

    @Option(help: "How to print the payload.")
    var payload: PayloadForm = .text

    @Option(
        help: ArgumentHelp("Write them to a new file instead of printing them.", valueName: "FILE"),
        completion: .file())
    var out: String?

    @Option(help: "How --out is written; without it, what the end of the file's name says.")
    var format: ExportFormatArgument?

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @OptionGroup var confirm: ConfirmArguments

    func validate() throws {
        if limit == nil, to == nil {
            throw ValidationError("say how many with --limit, or how far with --to")
        }
        if let limit, limit < 1 { throw ValidationError("--limit must be above 0") }
        if let out, out.isEmpty || out == "-" {
            throw ValidationError("--out needs a file; without it the entries are printed")
        }
        if out == nil, format != nil || force {
            throw ValidationError("--format and --force go with --out")
        }
    }

    private var command: [String] {
        ["walrus", "consume"] + log.words + topic.words
            + (limit.map { ["--limit", "\($0)"] } ?? [])
            + (to.map { ["--to", $0.point.text] } ?? [])
            + (out.map { ["--out", $0] } ?? [])
            + (format.map { ["--format", $0.rawValue] } ?? []) + (force ? ["--force"] : [])
            + (out == nil && payload != .text ? ["--payload", payload.rawValue] : [])
            + (out == nil && form.output != .text ? ["-o", form.output.rawValue] : [])
    }

    private var delivery: ConsumeAction.Delivery {
        out.map { .file($0) } ?? .printed(payloads: payload != .none)
    }

    func perform() throws {
        let path = try log.existing()
        if let out, try EntryExport.isInside(FilePath(out), path) {
            throw Failure(.usage, "\(EntryExport.InsideLog(path: FilePath(out)))")
        }
        let access = LogAccess(path)
        var agreed: ConsumeAction?
        if confirm.dryRun || !confirm.yes {
            let state = try topic.state(in: try log.scanToOpen().state)
            let action = try action(path, state, access.cursor(of: state))
            let plan = try action.plan(command: command, delivery: delivery)
            guard try confirm.agree(plan, form) else { return }
            agreed = action
        }
        let subject = AuditLog.Subject(
            "consume", path, topic: topic.name, command: ShellWord.line(command))
        var passed = 0
        let outcome = try AuditLog().noting(subject) {
            // Opened before anything is printed: whoever has the log open consumes from it too.
            try access.acting { log in
                let status = try topic.status(in: log)
                try agreed?.admit(log, known: status.entries)
                let action = try agreed ?? newAction(path, log, known: status.entries)
                passed = action.passed.count
                return try action.apply(log, to: delivery) {
                    try out.map { try write(action, $0) } ?? print(action)
                }
            }
        }
        if out != nil || passed > 0 {
            StandardStreams.complain(Failure.line(outcome.text))
        }
    }

    private func newAction(_ path: FilePath, _ log: any OpenLog, known: Int) throws
        -> ConsumeAction
    {
        let state = try topic.state(in: try scanTellingProgress(path))
        return try action(path, state, try log.cursor(of: topic.name), known: known)
    }

    private func action(
        _ path: FilePath, _ state: TopicState, _ cursor: EntryPlace?, known: Int = .max
    ) throws -> ConsumeAction {
        try ConsumeAction(
            EntryReader(directory: path, topic: state), cursor: cursor, limit: limit,
            to: to?.point ?? .end, known: known)
    }

    /// Prints the entries; how many those were.
    private func print(_ action: ConsumeAction) throws -> Int {
        // What is taken out must be printed whole, or it is lost.
        var printer = EntryPrinter(form.output, payload, isWhole: true)
        printer.output.onWait = {
            StandardStreams.complain(
                "walrus: note: waiting until the reader of the output has taken all of it; the log stays open "
                    + "for that, and Ctrl-C leaves the cursor where it was")
        }
        try printer.begin()
        try unsafe action.reader.forEach(from: action.ordinals.lowerBound) { row, bytes in
            guard let ordinal = row.ordinal else { return true }
            guard ordinal < action.ordinals.upperBound else { return false }
            let whole = unsafe bytes.map { unsafe Array($0) }
            try printer.print(EntryRecord(consumed: row)) { offset, count in
                if let whole { return Array(whole[offset..<offset + count]) }
                return try action.reader.payload(of: row, from: offset, count: count)
            }
            return ordinal + 1 < action.ordinals.upperBound
        }
        try printer.end()
        try printer.output.sync()
        try printer.output.awaitReader()
        return printer.printed
    }

    /// Writes the entries to a file, durably; how many those were.
    private func write(_ action: ConsumeAction, _ out: String) throws -> Int {
        let export = EntryExport(
            action.reader,
            .range(query: nil, from: action.ordinals.lowerBound, to: action.ordinals.upperBound),
            as: format?.format ?? ExportFormat(fileName: out))
        return try writing(out) {
            try export.write(to: FilePath(out), replaces: force).exported
        }
    }
}

extension EntryRecord {
    /// The entry as it is once it is consumed.
    init(consumed row: EntryRow) {
        self.init(
            ordinal: row.ordinal, length: row.length, checksum: row.checksum, file: row.file,
            slot: row.slot, offset: row.offset, isConsumed: true, sequence: row.stamp?.sequence,
            timestamp: row.stamp?.timestamp)
    }
}
