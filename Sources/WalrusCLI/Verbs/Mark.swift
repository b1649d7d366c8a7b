import ArgumentParser
import WalrusActions
import WalrusIO

struct Mark: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Mark a topic clean or dirty, as the application would. Writes.")

    enum State: String, ExpressibleByArgument, CaseIterable {
        case clean, dirty
    }

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments

    @Argument(
        help: ArgumentHelp("clean: the topic needs no work; dirty: it does.", valueName: "FLAG"))
    var flag: State

    @Flag(help: "Tell what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var form: OutputArguments

    func perform() throws {
        let action = MarkAction(topic.name, clean: flag == .clean)
        let command = ["walrus", "mark"] + log.words + topic.words + [flag.rawValue]
        if dryRun {
            let state = try topic.state(in: try log.scanToOpen().state)
            return try action.plan(state, command: command).show(form.output)
        }
        let path = try log.existing()
        let subject = AuditLog.Subject(
            "mark", path, topic: topic.name, command: ShellWord.line(command))
        let outcome = try AuditLog().noting(subject) {
            try LogAccess(path).acting { log in
                _ = try topic.status(in: log)
                return try action.apply(log)
            }
        }
        try form.print(outcome)
    }
}
