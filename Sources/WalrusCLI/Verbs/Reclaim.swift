import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Reclaim: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Take away data files in which nothing is unread; put them back. Writes.",
        discussion: """
            Files of the reference too, which never deletes those of earlier runs. They are moved to \
            the folder .walrus-trash in the log's directory, from where --restore puts them back and \
            --empty-trash deletes them; --delete skips that. Exits with 1 when there was nothing to \
            take away, or something of the plan stayed.
            """)

    @OptionGroup var log: LogArguments

    @Argument(
        help: ArgumentHelp(
            "A folder in the trash, for --restore (else the latest) and --empty-trash (else all).",
            valueName: "NAME"))
    var name: String?

    @Flag(help: "Delete the files instead of moving them to the trash.")
    var delete = false

    @Flag(help: "Put the files of a folder in the trash back.")
    var restore = false

    @Flag(help: "Delete what is in the trash, for good.")
    var emptyTrash = false

    @Flag(help: "List what is in the trash.")
    var listTrash = false

    @OptionGroup var confirm: ConfirmArguments
    @OptionGroup var form: OutputArguments

    func validate() throws {
        if [delete, restore, emptyTrash, listTrash].count(where: { $0 }) > 1 {
            throw ValidationError(
                "--delete, --restore, --empty-trash and --list-trash exclude each other")
        }
        if name != nil, !restore, !emptyTrash {
            throw ValidationError("NAME goes with --restore or --empty-trash")
        }
    }

    func perform() throws {
        let path = try log.existing()
        do {
            if restore {
                try putBack(path)
            } else if emptyTrash {
                try empty(path)
            } else if listTrash {
                try list(path)
            } else {
                try takeAway()
            }
        } catch let error as TrashFolder.Missing {
            throw Failure(.nothing, "\(path): \(error)")
        } catch let error as RestoreAction.Refused {
            throw Failure(.nothing, "\(error)")
        }
    }

    private func takeAway() throws {
        let (path, state) = try log.scanToOpen()
        let action = ReclaimAction(path, to: delete ? .deletion : .trash)
        let finding = action.find(state)
        let plan = action.plan(finding, naming: log.words)
        guard try confirm.agree(plan, form) else { return }
        guard !finding.going.isEmpty else {
            throw Failure(
                .nothing, "nothing to take away: walrus forecast tells what holds each file")
        }
        let result = try AuditLog().noting(
            .init("reclaim", path, command: plan.commandLine),
            { try action.apply(finding, note: tell) }, outcome: ReclaimAction.outcome)
        try form.print(ReclaimAction.outcome(result))
        if let left = result.left.first {
            let more = result.left.count > 1 ? ", and \(result.left.count - 1) more" : ""
            throw Failure(.nothing, "\(left.name.text) stays: \(left.reason)\(more)")
        }
    }

    private func putBack(_ path: FilePath) throws {
        let action = try RestoreAction(path, name: name)
        let finding = try action.find()
        let plan = action.plan(finding, naming: log.words)
        guard try confirm.agree(plan, form) else { return }
        try finding.admit()
        try form.print(
            AuditLog().noting(
                .init("reclaim --restore", path, command: plan.commandLine)
            ) { try action.apply(note: tell) })
    }

    private func empty(_ path: FilePath) throws {
        let action = try EmptyTrashAction(path, name: name)
        let plan = action.plan(naming: log.words, name: name)
        guard try confirm.agree(plan, form) else { return }
        try form.print(
            AuditLog().noting(
                .init("reclaim --empty-trash", path, command: plan.commandLine)
            ) { try action.apply() })
    }

    private func list(_ path: FilePath) throws {
        let folders = try TrashFolder.find(nil, in: path)
        try Report(form.output).print(
            "trash", folders,
            [.init("NAME"), .init("FILES", number: true), .init("ON DISK", number: true)],
            members: { folder in
                .object([
                    ("name", .string(folder.name)), ("allocated", .int(folder.allocated)),
                    ("files", .array(folder.files.map { .string($0.name.text) })),
                ])
            },
            cells: { [$0.name, String($0.files.count), String($0.allocated)] })
    }

    private func tell(_ notes: [String]) {
        for note in notes { StandardStreams.complain("walrus: note: " + Failure.line(note)) }
    }
}
