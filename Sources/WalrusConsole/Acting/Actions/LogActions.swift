internal import Inspect
internal import WalrusFormat

// What is done to the log as a whole.
extension ActionDefinition {
    static let reclaim = ActionDefinition(
        key: "7", title: "reclaim: take away data files in which nothing is unread",
        needsTopic: false,
        heading: { _ in "take away what is read" },
        fields: { _ in
            [
                .choice(
                    .deed, "the files",
                    [
                        FormOption(.trash, "go to the trash, and can come back"),
                        FormOption(.deletion, "are deleted for good"),
                    ])
            ]
        },
        work: { form, _ in .reclaim(deletes: form.isChosen(.deletion, .deed)) })

    static let trash = ActionDefinition(
        key: "t", title: "trash: put files back, or delete them for good", needsTopic: false,
        search: "looking into the trash",
        heading: { _ in "the trash" },
        fields: { context in
            guard !context.choices.isEmpty else { return [] }
            return [
                .choice(
                    .deed, "the files",
                    [
                        FormOption(.back, "come back into the log"),
                        FormOption(.deletion, "are deleted for good"),
                    ]),
                .list(.folder, "folder", context.choices).when(.deed, .back),
                .list(
                    .folders, "folder",
                    (context.choices.count > 1 ? [FormOption(.all, "all of them")] : [])
                        + context.choices
                ).when(.deed, .deletion),
            ]
        },
        work: { form, _ throws(FormProblem) in
            if case .name(let name) = form.chosen(.folder) { return .restoreTrash(name) }
            switch form.chosen(.folders) {
            case .name(let name): return .emptyTrash(name)
            case .word(.all): return .emptyTrash(nil)
            default: throw FormProblem("the trash is empty")
            }
        })

    static let repair = ActionDefinition(
        key: "8", title: "repair what check finds, with every byte kept for undo",
        needsTopic: false, search: "looking for what can be mended",
        heading: { _ in "repair the log" },
        fields: { context in
            guard !context.choices.isEmpty else { return [] }
            return [
                .list(
                    .repair, "what",
                    [FormOption(.all, "all but the doubtful ones")] + context.choices)
            ]
        },
        work: { form, _ throws(FormProblem) in
            switch form.chosen(.repair) {
            case .name(let id): return .repair(only: [id])
            case .word(.all): return .repair(only: nil)
            default: throw FormProblem("nothing is found that can be mended: 5 tells what is wrong")
            }
        })

    static let undo = ActionDefinition(
        key: "9", title: "undo a repair, or a cursor's last move; finish a repair",
        needsTopic: false,
        search: "looking for what can be undone",
        heading: { _ in "undo" },
        fields: { context in
            context.choices.isEmpty ? [] : [.list(.record, "what", context.choices)]
        },
        work: { form, _ throws(FormProblem) in
            switch form.chosen(.record) {
            case .undo(let number): return .undo(number, finish: false)
            case .finish(let number): return .undo(number, finish: true)
            case .returnCursor(let topic, let from, let to):
                return .returnCursor(topic, from: from, to: to)
            default: throw FormProblem("nothing of this log is there to be undone")
            }
        })

    static let salvage = ActionDefinition(
        key: "s", title: "salvage: copy all that can be read into a new log", needsTopic: false,
        heading: { _ in "copy all that can be read" },
        fields: { _ in
            [.line(.directory, "directory", hint: "a new one, outside of this log")]
        },
        work: { form, _ throws(FormProblem) in
            guard !form.typed(.directory).isEmpty else {
                throw FormProblem("into which directory?")
            }
            return .salvage(to: form.typed(.directory))
        })

    static let backup = ActionDefinition(
        key: "b", title: "backup: copy the log into a tar archive, while it is written to",
        needsTopic: false,
        heading: { _ in "back the log up" },
        fields: { _ in
            [.line(.file, "archive", hint: "a new file: monday.tar")]
        },
        work: { form, _ throws(FormProblem) in
            guard !form.typed(.file).isEmpty else { throw FormProblem("into which file?") }
            return .backup(to: form.typed(.file))
        })

    static let restore = ActionDefinition(
        key: "r", title: "restore: make a new log of an archive that backup made",
        needsTopic: false,
        heading: { _ in "make a log of an archive" },
        fields: { _ in
            [
                .line(.file, "archive", hint: "of backup, or of tar: monday.tar; Tab goes on"),
                .line(.directory, "directory", hint: "a new one"),
            ]
        },
        work: { form, _ throws(FormProblem) in
            guard !form.typed(.file).isEmpty else { throw FormProblem("which archive?") }
            guard !form.typed(.directory).isEmpty else {
                throw FormProblem("into which directory?")
            }
            return .restore(archive: form.typed(.file), to: form.typed(.directory))
        })
}
