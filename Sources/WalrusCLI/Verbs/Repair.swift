import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusIO
import WalrusJSON

struct RepairVerb: Verb {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Mend what check finds: indexes, torn ends, parts of batches; undo it. Writes.",
        discussion: """
            Shows a plan first: each repair with its name, what it changes and how sure it is. Without \
            --only all are made but the doubtful ones, which take away what may have been an entry \
            once. No sound entry is touched, and no unread one passed by. What is overwritten is kept \
            in $XDG_STATE_HOME/walrus/undo, and --undo puts it back as long as nobody has changed it \
            since. After a crash, --undo or --finish completes the work in either direction.
            """)

    @Argument(
        help: ArgumentHelp("The data directory.", valueName: "DIR"), completion: .directory)
    var directory: String?

    @Option(help: "The instance key: its log lies in a folder of its own in DIR.")
    var key: String?

    @Option(help: ArgumentHelp("Make these repairs only, by name.", valueName: "NAME,..."))
    var only: String?

    @Option(
        help: ArgumentHelp("Put back what the repair with this number changed.", valueName: "N"))
    var undo: Int?

    @Option(
        help: ArgumentHelp("Finish the repair with this number, that was cut off.", valueName: "N"))
    var finish: Int?

    @Flag(help: "List the repairs that can be undone.")
    var list = false

    @OptionGroup var confirm: ConfirmArguments
    @OptionGroup var form: OutputArguments

    func validate() throws {
        let others = [undo != nil, finish != nil, list].count { $0 }
        if others > 1 { throw ValidationError("--undo, --finish and --list exclude each other") }
        if (directory == nil) != (others == 1) {
            throw ValidationError(
                others == 1
                    ? "--undo, --finish and --list take no directory: the record names it"
                    : "which directory? walrus repair DIR")
        }
        if only?.split(whereSeparator: { $0 == "," || $0 == " " }).isEmpty == true {
            throw ValidationError("--only names no repair")
        }
    }

    func perform() throws {
        guard let root = UserFiles.undo else {
            throw Failure(.io, "nothing can be kept for undo: set XDG_STATE_HOME or HOME")
        }
        let store = UndoStore(root)
        if let number = undo ?? finish { return try bring(number, in: store) }
        if list { return try list(store) }
        try repair(LogArguments(directory: directory ?? "", key: key), store)
    }

    private func repair(_ log: LogArguments, _ store: UndoStore) throws {
        try log.validate()
        let path = try log.existing()
        let ids = only.map { $0.split { $0 == "," || $0 == " " }.map(String.init) }
        let words = log.words
        let line = ProgressLine()
        defer { line.clear() }
        let progress: RepairJob.Progress = { progress in
            line.show("reading: \(Figures.percent(progress.done, of: progress.total))")
            return true
        }
        let draft = RepairJob(path, store: store, command: "")
        let plan = try draft.plan(only: ids, progress: progress)
        line.clear()
        let action = plan.action(on: words, only: ids)
        if let reason = plan.idleReason, !confirm.dryRun {
            guard plan.repairs.isEmpty, plan.left.isEmpty else { throw Failure(.nothing, reason) }
            return try form.print(ActionOutcome(reason, figures: [("repairs", .int(0))]))
        }
        guard try confirm.agree(action, form) else { return }
        let job = RepairJob(path, store: store, command: action.commandLine)
        try form.print(
            try AuditLog().noting(
                .init("repair", path, command: action.commandLine)
            ) {
                let number = try job.apply(plan, progress: progress)
                line.clear()
                return plan.outcome(undo: number)
            })
    }

    private func bring(_ number: Int, in store: UndoStore) throws {
        let action = try UndoAction(number, in: store, finishes: undo == nil)
        do { try action.admit() } catch {
            guard confirm.dryRun else { throw error }
            _ = try confirm.agree(action.plan, form)
            throw Failure(.nothing, "it would be refused: \(error)")
        }
        guard try confirm.agree(action.plan, form) else { return }
        try form.print(
            try AuditLog().noting(
                .init(action.name, action.directory, command: action.plan.commandLine)
            ) { try action.apply() })
    }

    private func list(_ store: UndoStore) throws {
        let (records, unusable) = try store.list()
        try Report(form.output).print(
            "undo", records,
            [.init("N", number: true), .init("STATE"), .init("KEPT", number: true), .init("WHAT")],
            members: { record in
                .object([
                    ("number", .int(record.number)), ("state", .string(record.state.rawValue)),
                    ("time", .int(Int(clamping: record.time))),
                    ("directory", .string(record.directory.string)),
                    ("command", .string(record.command)), ("bytes", .int(record.size)),
                ])
            },
            cells: {
                [
                    String($0.number), $0.state.rawValue, String($0.size),
                    VisibleText($0.command, mode: .escape, limit: 200).text,
                ]
            })
        for record in unusable { StandardStreams.complain("walrus: " + Failure.line(record.why)) }
    }
}
