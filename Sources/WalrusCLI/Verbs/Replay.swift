import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusFormat
import WalrusIO

struct Replay: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Take entries of a topic into another one, or to a command. Writes.",
        discussion: """
            In their order, up to the last entry there is when it begins; consumes nothing. One of \
            --into, --stdout and --exec says whereto. A run into a topic that was interrupted, however, \
            goes on when it is repeated with the same words: every entry comes once, and in the end \
            counts and checksums of source and target are compared. A command gets an entry at least \
            once; the replay stops at the first that fails, and goes on with that. One that has \
            finished does nothing when it is repeated, unless --restart says so; `walrus replays` \
            lists them. Damaged entries are left out and named; exit status 1.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var wanted: WhereArguments

    @Option(
        parsing: .unconditional,
        help: "begin, cursor, end, N (an ordinal), -N (the last N) or @TIME (UTC, or since 1970).")
    var from: BoundArgument?

    @Option(
        parsing: .unconditional,
        help: "The first entry that is not replayed any more, in the same forms.")
    var to: BoundArgument?

    @Option(parsing: .unconditional, help: "Replay at most so many.")
    var limit: Int?

    @Option(help: ArgumentHelp("Into this topic.", valueName: "TOPIC2"))
    var into: String?

    @Flag(help: "TOPIC2 is the name's bytes in hexadecimal.")
    var intoHex = false

    @Option(
        help: ArgumentHelp("Of the log in this directory; else in DIR.", valueName: "DIR2"),
        completion: .directory)
    var intoDir: String?

    @Option(help: ArgumentHelp("Of the log of this instance key.", valueName: "K"))
    var intoKey: String?

    @Flag(help: "To standard output, as walrus export does.")
    var stdout = false

    @Option(help: "How, with --stdout.")
    var format: ExportFormatArgument = .jsonl

    @Option(
        help: ArgumentHelp(
            """
            To a command of the shell, one process an entry, with the payload on its standard input \
            and WALRUS_TOPIC, WALRUS_ORDINAL, WALRUS_PLACE, WALRUS_SEQUENCE in its environment.
            """, valueName: "CMD"))
    var exec: String?

    @Option(help: ArgumentHelp("So many entries a second at most: 500, or 500/s.", valueName: "N"))
    var rate: RateArgument?

    @Flag(help: "Tell what would be replayed, and do nothing.")
    var dryRun = false

    @Flag(help: "Begin anew, whatever an earlier run has done.")
    var restart = false

    @Option(
        help: """
            Where a run was interrupted and nothing tells any more whether its last batch is there: \
            what is the case.
            """)
    var lastBatch: NamedArgument<WalrusActions.Replay.LastBatch>?

    @OptionGroup var form: OutputArguments

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit must not be below 0") }
        if [into != nil, stdout, exec != nil].count(where: { $0 }) != 1 {
            throw ValidationError("say whereto with one of --into, --stdout and --exec")
        }
        if into == nil, intoDir != nil || intoKey != nil || intoHex {
            throw ValidationError("--into-dir, --into-key and --into-hex go with --into")
        }
        if intoHex, let into, TopicName(hex: into) == nil {
            throw ValidationError("'\(into)' is not pairs of hexadecimal digits")
        }
        if stdout, rate != nil || restart || dryRun || lastBatch != nil {
            throw ValidationError(
                "--rate, --restart, --dry-run and --last-batch do not go with --stdout")
        }
        if exec == "" { throw ValidationError("--exec is empty: name a command") }
        try target?.log.validate()
    }

    /// The topic to replay into, and its log.
    private var target: (name: TopicName, log: LogArguments)? {
        into.map { into in
            (
                intoHex ? TopicName(hex: into) ?? TopicName("") : TopicName(into),
                LogArguments(
                    directory: intoDir ?? log.directory,
                    key: intoKey ?? (intoDir == nil ? log.key : nil))
            )
        }
    }

    func perform() throws {
        let path = try log.existing()
        if stdout { return try export(path) }
        var action = try WalrusActions.Replay(request(path), records: ReplayRecord.root())
        action.rate = rate?.perSecond
        action.restarts = restart
        action.lastBatch = lastBatch?.value
        do {
            if dryRun { return try tellPlan(action) }
            try run(action, path)
        } catch let error as WalrusActions.Replay.NoTopic {
            throw Failure(.nothing, "\(error)")
        } catch let error as ReplayError {
            throw Failure(Self.status(error), "\(error)")
        }
    }

    private func request(_ path: FilePath) throws -> ReplayRequest {
        let whereto: ReplayRequest.Target
        if let target {
            if let refusal = target.name.refusal { throw Failure(.usage, refusal) }
            let path = try target.log.logOrNew(
                else: "name the directory of a log, or one that is not there yet")
            whereto = .topic(target.name, path)
        } else {
            whereto = .command(exec ?? "")
        }
        var request = ReplayRequest(path, topic.name, to: whereto)
        request.query = try wanted.unresolved()
        request.from = from?.bound
        request.to = to?.bound
        request.limit = limit
        return request
    }

    private static func status(_ error: ReplayError) -> Failure.Status {
        switch error {
        case .commandFailed, .uncertain, .sourceChanged, .ordinalsMoved, .otherDirectory,
            .directoryGone, .entriesGone:
            .nothing
        default: .io
        }
    }

    private var words: [String] {
        var words = ["walrus", "replay"] + log.words + topic.words
        func add(_ option: String, _ value: String?) {
            if let value { words += [option, value] }
        }
        add("--where", wanted.text)
        add("--from", from?.text)
        add("--to", to?.text)
        add("--limit", limit.map(String.init))
        add("--into", into)
        if intoHex { words.append("--into-hex") }
        add("--into-dir", intoDir)
        add("--into-key", intoKey)
        add("--exec", exec)
        add("--rate", rate?.text)
        if restart { words.append("--restart") }
        add("--last-batch", lastBatch?.value.rawValue)
        return words
    }

    private func tellPlan(_ action: WalrusActions.Replay) throws {
        guard let survey = try action.survey() else { return }
        try action.plan(survey, command: words).show(form.output)
        try LeftOut(damaged: survey.damaged, undecided: survey.undecided).admit()
    }

    private func run(_ action: WalrusActions.Replay, _ path: FilePath) throws {
        StopSignals.watch()
        let start = Clock.monotonic()
        let line = ProgressLine()
        let plan = WalrusActions.ActionPlan(
            title: "", command: words, lines: [], confirmation: .none)
        let result = try AuditLog().noting(
            .init(
                "replay", target?.log.path ?? path, topic: target?.name ?? topic.name,
                command: plan.commandLine)
        ) {
            defer { line.clear() }
            return try action.run(note: Self.tell) { status in
                if Clock.monotonic() - start > 1_000_000_000 {
                    line.show(
                        "\(Figures.grouped(status.delivered)) replayed, \(Figures.grouped(status.left)) still to be looked at"
                    )
                }
                return !StopSignals.isRequested
            }
        } outcome: {
            $0.outcome(isTopic: into != nil)
        }
        if !result.isNothing || form.output != .text {
            try form.print(result.outcome(isTopic: into != nil))
        }
        StopSignals.endIfRequested()
        try LeftOut(
            damaged: result.damaged, undecided: result.undecided,
            places: result.damagedPlaces.map(\.text)
        ).admit()
        if result.isNothing { throw topic.nothingFound(isQuery: wanted.text != nil) }
    }

    private static func tell(_ notes: [String]) {
        for note in notes { StandardStreams.complain("walrus: note: " + Failure.line(note)) }
    }

    private func export(_ path: FilePath) throws {
        let state = try scanTellingProgress(path)
        let reader = EntryReader(directory: path, topic: try topic.state(in: state))
        let output = StandardOutput()
        StopSignals.watch()
        let outcome = try EntryExport(
            reader,
            .range(
                query: try wanted.query(), from: try from?.point.ordinal(reader) ?? 1,
                to: try to?.point.ordinal(reader), limit: limit), as: format.format
        ).run(to: { try output.write($0) }, progress: { _ in !StopSignals.isRequested })
        try output.flush()
        StopSignals.endIfRequested()
        try state.admitGaps()
        try LeftOut(
            damaged: outcome.damaged, undecided: outcome.undecided,
            places: outcome.damagedRows.map { "\($0.file):\($0.slot)+\($0.offset)" }
        ).admit()
    }
}

/// A point of a range that remembers how it was written: the same words are the same replay.
struct BoundArgument: ExpressibleByArgument {
    let text: String
    let point: StartPoint

    init?(argument: String) {
        guard let point = StartPoint(argument: argument) else { return nil }
        self.point = point
        text = argument
    }

    var bound: ReplayRequest.Bound {
        let point = point
        return ReplayRequest.Bound(text) { try point.ordinal($0) }
    }
}

/// "500", "500/s", "0.5/s".
struct RateArgument: ExpressibleByArgument {
    let text: String
    let perSecond: Double

    init?(argument: String) {
        let number = argument.hasSuffix("/s") ? String(argument.dropLast(2)) : argument
        guard let rate = Double(number), rate > 0, rate.isFinite else { return nil }
        perSecond = rate
        text = argument
    }
}
