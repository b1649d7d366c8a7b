import WalrusActions
import WalrusEngine
import WalrusIO

extension LogAccess {
    /// Opens the log for one verb, and closes it whatever happens. What opening dropped or set aside
    /// is never silent.
    func acting<R>(_ body: (any OpenLog) throws -> R) throws -> R {
        try withLog(telling: Self.tell, body)
    }

    static func tell(_ notes: [String]) {
        for note in notes { StandardStreams.complain("walrus: note: \(Failure.line(note))") }
    }
}

extension TopicArguments {
    /// What the log knows of the topic. A mistyped name must not be taken for an empty topic.
    func status(in log: any OpenLog) throws -> TopicStatus {
        let topics = try log.topics()
        guard let status = topics.first(where: { $0.name == name }) else {
            throw missing(among: topics.count)
        }
        return status
    }

    /// The words that name the topic in a command, as they were given.
    var words: [String] { [topic] + (topicHex ? ["--topic-hex"] : []) }
}
