internal import Inspect
internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

// What is done to the log as a whole. None of it goes through another process: who has the log open is
// named, and nothing is done.
extension ActionPlanner {
    /// - Parameter needsAlone: whether it is refused where another process has the log open.
    func planned(
        _ plan: ActionPlan, _ verb: String, canStop: Bool = false, needsAlone: Bool = true,
        _ apply: @escaping @Sendable (ActionControl) throws -> ActionOutcome
    ) -> PlannedAction {
        var plan = plan
        if needsAlone, let holder = DataDirectory.writers(of: directory).first {
            plan.lines.append(
                "process \(holder) has the log open: this is refused until it is closed there")
        }
        return PlannedAction(
            plan: plan, verb: verb, directory: directory, topic: nil,
            canStop: canStop, apply: apply)
    }

    // MARK: - Reclaim, and the trash

    func reclaim(_ deletes: Bool, _ control: ActionControl) throws -> PlannedAction {
        let action = ReclaimAction(directory, to: deletes ? .deletion : .trash)
        let finding = action.find(try control.look(Scanner(directory)))
        guard !finding.going.isEmpty else {
            let staying = finding.staying.map {
                "\($0.name.text) stays: \(ReclaimAction.reason($0))"
            }
            throw ActionFailure(
                (["nothing to take away"] + staying).joined(separator: "\n"))
        }
        return planned(action.plan(finding, naming: [directory.string]), "reclaim") { control in
            let result = try action.apply(finding, note: control.note)
            control.note(result.left.map { "\($0.name.text) stays: \($0.reason)" })
            return ReclaimAction.outcome(result)
        }
    }

    func trashFolders() throws -> [FormOption] {
        try TrashFolder.all(in: directory).reversed().filter { !$0.files.isEmpty }.map { folder in
            FormOption(
                .name(folder.name),
                "\(folder.name)  \(plural(folder.files.count, "file")), "
                    + "\(plural(folder.allocated, "byte"))")
        }
    }

    func restore(_ folder: String) throws -> PlannedAction {
        let action = try RestoreAction(directory, name: folder)
        let finding = try action.find()
        try finding.admit()
        return planned(
            action.plan(finding, naming: [directory.string]), "reclaim --restore"
        ) { try action.apply(note: $0.note) }
    }

    func empty(_ folder: String?) throws -> PlannedAction {
        let action = try EmptyTrashAction(directory, name: folder)
        return planned(
            action.plan(naming: [directory.string], name: folder), "reclaim --empty-trash",
            needsAlone: false
        ) { _ in try action.apply() }
    }

    // MARK: - Repair, and back

    private func store() throws -> UndoStore {
        guard let root = places.undo else {
            throw ActionFailure("nothing can be kept for undo: set XDG_STATE_HOME or HOME")
        }
        return UndoStore(root)
    }

    private static func progress(_ control: ActionControl) -> RepairJob.Progress {
        { control.goesOn("reading: \(Figures.percent($0.done, of: $0.total))") }
    }

    func repairs(_ control: ActionControl) throws -> [FormOption] {
        let plan = try RepairJob(directory, store: store(), command: "")
            .plan(progress: Self.progress(control))
        if plan.repairs.isEmpty, let reason = plan.idleReason { throw ActionFailure(reason) }
        return plan.repairs.map { repair in
            FormOption(
                .name(repair.id), "\(repair.id) (\(repair.certainty.rawValue)): \(repair.deed)")
        }
    }

    func repair(only ids: [String]?, _ control: ActionControl) throws -> PlannedAction {
        let store = try store()
        let plan = try RepairJob(directory, store: store, command: "")
            .plan(only: ids, progress: Self.progress(control))
        if let reason = plan.idleReason {
            throw ActionFailure(
                plan.repairs.isEmpty ? reason : "only doubtful repairs are left: choose one by name"
            )
        }
        let action = plan.action(on: [directory.string], only: ids)
        let job = RepairJob(directory, store: store, command: action.commandLine)
        return planned(action, "repair") { control in
            // Once it has begun to write it is not to be stopped, and before that it is short.
            let number = try job.apply(plan) { progress in
                _ = Self.progress(control)(progress)
                return true
            }
            control.note(["undo in the menu of actions puts them back too: it is number \(number)"])
            return plan.outcome(undo: number)
        }
    }

    /// The repairs of this log that were not undone, the newest first.
    func undoRecords() throws -> [FormOption] {
        let here = Host.absolute(directory).lexicallyNormalized()
        let (records, unusable) = try store().list()
        let own = records.reversed().filter {
            $0.directory.lexicallyNormalized() == here && $0.state != .undone
        }
        if own.isEmpty, let first = unusable.first { throw ActionFailure(first.why) }
        return own.flatMap { record in
            let what =
                "\(record.number)  \(Figures.dateTime(record.time, offset: 0))  "
                + record.files.joined(separator: ", ")
            let back = FormOption(.undo(record.number), "undo \(what)")
            guard record.state != .applied else { return [back] }
            return [back, FormOption(.finish(record.number), "finish \(what), which was cut off")]
        }
    }

    func undo(_ number: Int, _ finish: Bool) throws -> PlannedAction {
        let action = try UndoAction(number, in: store(), finishes: finish)
        try action.admit()
        return planned(action.plan, action.name) { _ in try action.apply() }
    }
}
