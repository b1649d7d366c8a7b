public import Inspect
public import WalrusFormat
internal import WalrusJSON

/// Marks a topic clean or dirty, as the application would.
public struct MarkAction: Sendable {
    public let topic: TopicName
    public let isClean: Bool

    private var word: String { isClean ? "clean" : "dirty" }

    public init(_ topic: TopicName, clean: Bool) {
        self.topic = topic
        isClean = clean
    }

    /// - Parameter command: the words of the command that does the same.
    public func plan(_ state: TopicState, command: [String]) -> ActionPlan {
        let old = state.isClean ? "clean" : "dirty"
        return ActionPlan(
            title: "mark \(topic.word) \(word)", command: command,
            lines: [
                old == word ? "it is marked \(word) already" : "it is marked \(old) now",
                isClean
                    ? "the next append marks it dirty again"
                    : "it stays so until it is marked clean",
            ],
            confirmation: .yes, figures: [("mark", .string(word)), ("mark_before", .string(old))])
    }

    public func apply(_ log: any OpenLog) throws -> ActionOutcome {
        try log.mark(topic, clean: isClean)
        return ActionOutcome("marked \(topic.word) \(word)", figures: [("mark", .string(word))])
    }
}
