import ArgumentParser
import Inspect
import WalrusActions
import WalrusIO

struct Seek: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Move the cursor of a topic, back or forward. Writes.",
        discussion: """
            Tells how many entries come again, or are skipped, and asks: for the topic's name where \
            entries are skipped, for a yes where they come again. The cursor is moved only if it \
            still is where it was when the plan was made, to the very place that the plan names: \
            what is appended meanwhile stays unread.
            """)

    /// `walrus seek DIR TOPIC -5 --yes`: the place, which looks like an option, goes to the end and behind
    /// "--", unless there is one.
    static func withPlaceApart(_ words: [String]) -> [String] {
        guard words.first == _commandName, !words.contains("--") else { return words }
        func isPlace(_ word: String) -> Bool {
            word.utf8.count > 1 && word.hasPrefix("-")
                && word.utf8.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
        }
        let places = words.filter(isPlace)
        return places.isEmpty ? words : words.filter { !isPlace($0) } + ["--"] + places
    }

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments

    @Argument(
        help: ArgumentHelp(
            "begin, end, N (an ordinal), -N (the last N), #SEQ (a running number), @TIME or FILE:BLOCK+OFFSET.",
            valueName: "WHERE"))
    var point: StartPoint

    @OptionGroup var confirm: ConfirmArguments
    @OptionGroup var form: OutputArguments

    func perform() throws {
        let (path, state) = try log.scanToOpen()
        let access = LogAccess(path)
        let topicState = try topic.state(in: state)
        let action = try SeekAction(
            EntryReader(directory: path, topic: topicState),
            cursor: access.cursor(of: topicState), to: point.point)
        let plan = action.plan(
            command: ["walrus", "seek"] + log.words + topic.words + [point.point.text])
        guard try confirm.agree(plan, form) else { return }
        let subject = AuditLog.Subject(
            "seek", path, topic: topic.name, command: plan.commandLine)
        let outcome = try AuditLog().noting(subject) { try access.acting { try action.apply($0) } }
        try form.print(outcome)
    }
}
