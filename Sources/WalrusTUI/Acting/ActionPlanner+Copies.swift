internal import Inspect
internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

// Copies of the log, and what becomes of them. The log is only read.
extension ActionPlanner {
    func salvage(to target: String, _ control: ActionControl) throws -> PlannedAction {
        let path = FilePath(target)
        try check(new: path)
        let job = SalvageJob(directory, to: path)
        guard let state = try SalvageJob.look(Scanner(directory), control.look) else {
            throw ActionControl.Stopped()
        }
        return planned(
            job.plan(state, command: command("salvage", [target])), "salvage", canStop: true,
            needsAlone: false
        ) { control in
            let report = try job.run(state) { done, all in
                control.goesOn("\(Figures.grouped(done)) of \(Figures.grouped(all)) entries copied")
            }
            control.note(
                report.topics.compactMap { topic in
                    topic.refusal.map { "left out: \(topic.name.word): \($0)" }
                })
            control.note(report.left.map { "left out: \($0.place): \($0.message)" })
            return report.outcome(target)
        }
    }

    func backup(to archive: String, _ control: ActionControl) throws -> PlannedAction {
        let path = FilePath(archive)
        try check(new: path)
        let job = BackupJob(directory, to: path)
        let state = try control.look(Scanner(directory))
        return planned(
            job.plan(state, command: command("backup", [archive])), "backup", canStop: true,
            needsAlone: false
        ) { control in
            let report = try job.run { progress in
                switch progress {
                case .looking(let scan):
                    control.goesOn("reading: \(Figures.percent(scan.done, of: scan.total))")
                case .copying(let done, let all):
                    control.goesOn("copying: \(Figures.percent(done, of: all))")
                }
            }
            if report.findings > 0 {
                control.note([
                    "the log has \(plural(report.findings, "finding")): its damage is in the archive too"
                ])
            }
            return report.outcome(archive)
        }
    }

    /// Another log, of an archive; this one has no part in it.
    func restore(archive: String, to target: String) throws -> PlannedAction {
        let path = FilePath(target)
        guard try !EntryExport.isInside(path, directory) else {
            throw ActionFailure("\(path) lies in the directory of a log: name one somewhere else")
        }
        let job = RestoreJob(FilePath(archive), to: path)
        let plan = try job.plan(command: ["walrus", "restore", archive, target])
        return PlannedAction(
            plan: plan, verb: "restore", directory: path, topic: nil, canStop: true
        ) { control in
            let report = try job.run { done, all in
                control.goesOn("restoring: \(Figures.percent(done, of: all))")
            }
            control.note(report.notes)
            return report.outcome(target)
        }
    }
}

extension Finding {
    /// Where it is, as the verbs write it.
    fileprivate var place: String {
        (file ?? "-") + (block.map { ":\($0)" } ?? "") + (offset.map { "+\($0)" } ?? "")
    }
}
