import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusBench
import WalrusEngine
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Append: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Append standard input or a file to a topic, as one entry or many. Writes.",
        discussion: """
            Prints the ordinal of each entry once it is acknowledged: with the default --fsync each, \
            once it is on disk; -o jsonl tells its place too. Stops at the first entry that fails; \
            all before it are kept. With --batch all are appended at once, or none: up to \
            \(Layout.batchEntriesMax) entries, which are read before the log is opened. With --lines, \
            -o json is one document with all of them, -o jsonl a line for each. --editor opens \
            $VISUAL or $EDITOR on an empty file that nobody else can read; the line end that \
            editors put behind the last line is not a part of the entry. An empty input is \
            an entry of no bytes, and a directory that is missing becomes a log; both are noted. One \
            that holds something else becomes a log only with --create.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var form: OutputArguments

    @Argument(
        help: ArgumentHelp("A file, or \"-\", standard input.", valueName: "FILE"),
        completion: .file())
    var source = "-"

    @Flag(help: "Every line is an entry, without its line end.")
    var lines = false

    @Flag(help: "Each entry comes after its length, four bytes little endian, as `export` has it.")
    var lengthPrefixed = false

    @Flag(help: "Append all of them at once, or none.")
    var batch = false

    @Flag(help: "Make a new log where there is none, also beside other files.")
    var create = false

    @Flag(help: "Write the entry in an editor.")
    var editor = false

    @Option(help: "Append this text; with --lines, each of its lines.")
    var text: String?

    @Option(help: "When entries go to disk: each, none, or every so many ms, as 200ms.")
    var fsync: FsyncArgument = FsyncArgument(schedule: .each)

    func validate() throws {
        if lines, lengthPrefixed {
            throw ValidationError("--lines and --length-prefixed exclude each other")
        }
        if editor, lines || lengthPrefixed || batch || source != "-" {
            throw ValidationError("--editor makes one entry: it goes with no other source or form")
        }
        if text != nil, editor || lengthPrefixed || source != "-" {
            throw ValidationError("--text is what is appended: it goes with no other source")
        }
    }

    private var framing: EntryInput.Framing {
        lines ? .lines : lengthPrefixed ? .lengthPrefixed : .whole
    }
    private var isMany: Bool { framing != .whole }
    private var isList: Bool { isMany && form.output == .json }

    private var command: [String] {
        ["walrus", "append"] + log.words + topic.words + (source == "-" ? [] : [source])
            + (lines ? ["--lines"] : []) + (lengthPrefixed ? ["--length-prefixed"] : [])
            + (batch ? ["--batch"] : []) + (create ? ["--create"] : [])
            + (editor ? ["--editor"] : [])
            + (text.map { ["--text", $0] } ?? [])
            + (fsync.schedule == .each ? [] : ["--fsync", fsync.schedule.text])
    }

    /// The entries that the command line itself has.
    private var given: [[UInt8]]? {
        text.map { lines ? EntryInput.lines(of: Array($0.utf8)) : [Array($0.utf8)] }
    }

    func perform() throws {
        if let refusal = topic.name.refusal { throw Failure(.usage, refusal) }
        let path = try log.existingOrNew(creates: create)
        var input = EntryInput(
            source == "-" ? StandardInput() : try StandardInput(FilePath(source)), framing)
        // Read before the log is opened: a slow writer must not hold the lock for nothing.
        let ready =
            try given ?? (editor ? [edit()] : isMany && !batch ? nil : read(&input))
        if framing == .whole, given == nil, ready?.first?.isEmpty ?? false {
            // Mostly a pipe whose writer failed.
            StandardStreams.complain("walrus: note: the input is empty: an entry of no bytes")
        }
        let audit = try AuditLog()
        let subject = AuditLog.Subject(
            "append", path, topic: topic.name, command: ShellWord.line(command))
        let action = AppendAction(topic.name, isBatch: batch)
        let access = LogAccess(path, fsync: fsync.schedule)
        if batch {
            try audit.noting(
                subject, { try access.acting { try action.appendBatch($0, ready ?? []) } },
                outcome: \.outcome
            )
            .receipt.tell(form.output)
            noteNothing(ready?.count ?? 0)
        } else {
            var left = ready?.makeIterator()
            var count = 0
            try appendEach(action, access, audit, subject) {
                let next = left == nil ? try input.next() : left?.next()
                if next != nil { count += 1 }
                return next
            }
            noteNothing(count)
        }
    }

    private func noteNothing(_ count: Int) {
        guard count == 0 else { return }
        StandardStreams.complain("walrus: note: the input is empty: nothing was appended")
    }

    private func appendEach(
        _ action: AppendAction, _ access: LogAccess, _ audit: AuditLog,
        _ subject: AuditLog.Subject, next: () throws -> [UInt8]?
    ) throws {
        let output = StandardOutput()
        var progress = AppendAction.Progress()
        var told = 0
        var isBegun = false
        do {
            _ = try audit.noting(
                subject,
                {
                    try access.acting { log in
                        if isList { try output.write("{\"schema\":1,\"entries\":[") }
                        isBegun = true
                        return try action.appendEach(log, &progress, next: next) { receipt in
                            try tell(receipt, output, isFirst: told == 0)
                            told += 1
                        }
                    }
                }, outcome: { $0 }, soFar: { progress.figures })
            try end(output)
        } catch {
            // What was acknowledged before is still one document.
            if isBegun { try? end(output) }
            let done = progress.appended
            guard done > 0, let failure = error as? IOError, failure.errno != .brokenPipe else {
                throw error
            }
            // Who does not know would append them once more.
            throw Failure(
                .io, "\(counted(done, "entry was", "entries were")) appended; then: \(failure)")
        }
    }

    private func edit() throws -> [UInt8] {
        guard StandardStreams.isInputTerminal, StandardOutput.isTerminal else {
            throw Failure(.usage, "--editor needs a terminal: give the entry on standard input")
        }
        return try Editor.edit(limit: Layout.payloadLengthMax)
    }

    private func read(_ input: inout EntryInput) throws -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var bytes = 0
        while let payload = try input.next() {
            bytes += Layout.headerSize + payload.count
            guard payloads.count < Layout.batchEntriesMax, bytes <= Layout.batchBytesMax else {
                throw Failure(
                    .usage,
                    "a batch holds at most \(Layout.batchEntriesMax) entries and "
                        + "\(Layout.batchBytesMax) bytes with headers; the input has more")
            }
            payloads.append(payload)
        }
        return payloads
    }

    private func end(_ output: StandardOutput) throws(IOError) {
        guard isList else { return }
        try output.write("]}\n")
        try output.flush()
    }

    private func tell(
        _ receipt: AppendReceipt, _ output: StandardOutput, isFirst: Bool
    ) throws(IOError) {
        if form.output == .text {
            try output.write("\(receipt.ordinal)\n")
        } else {
            let isDocument = form.output == .json && !isList
            let object = JSON.object(
                (isDocument ? [("schema", .int(1))] : []) + [
                    ("ordinal", .int(receipt.ordinal)),
                    ("sequence", .int(Int(clamping: receipt.sequence))),
                    ("timestamp", .int(Int(clamping: receipt.timestamp))),
                    ("file", .string(receipt.place.file.text)),
                    ("block", .int(receipt.place.slot)), ("offset", .int(receipt.place.offset)),
                ])
            if isList, !isFirst { try output.write(",") }
            try output.write(object.text + (isList ? "" : "\n"))
        }
        try output.flush()
    }
}

extension BatchReceipt {
    /// An ordinal a line, or an object for all of them, whose place is that of the first.
    fileprivate func tell(_ format: OutputFormat) throws(IOError) {
        let output = StandardOutput()
        if format == .text {
            for ordinal in ordinals { try output.write("\(ordinal)\n") }
        } else {
            var members: [(String, JSON)] = [
                ("schema", .int(1)), ("entries", .int(ordinals.count)),
            ]
            if let place {
                members += [
                    ("first_ordinal", .int(ordinals.lowerBound)),
                    ("first_sequence", .int(Int(clamping: sequences.lowerBound))),
                    ("timestamp", .int(Int(clamping: timestamp))),
                    ("file", .string(place.file.text)), ("block", .int(place.slot)),
                    ("offset", .int(place.offset)),
                ]
            }
            try output.write(JSON.object(members).text + "\n")
        }
        try output.flush()
    }
}

/// A schedule as `walrus` takes it everywhere: "each", "none", "200ms".
struct FsyncArgument: ExpressibleByArgument {
    let schedule: FsyncSchedule

    init(schedule: FsyncSchedule) { self.schedule = schedule }

    init?(argument: String) {
        guard let schedule = FsyncSchedule(text: argument) else { return nil }
        self.schedule = schedule
    }

    var defaultValueDescription: String { schedule.text }
}
