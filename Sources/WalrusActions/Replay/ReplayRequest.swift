public import Inspect
public import SystemPackage
public import WalrusFormat
internal import WalrusIO

/// Which entries are to be replayed, and whereto.
public struct ReplayRequest: Sendable {
    /// Where a range begins or ends.
    public struct Bound: Sendable {
        /// As it was asked for: two requests are the same only if these are.
        public let text: String
        /// What that means now.
        public let ordinal: @Sendable (EntryReader) throws -> Int

        public init(_ text: String, _ ordinal: @escaping @Sendable (EntryReader) throws -> Int) {
            self.text = text
            self.ordinal = ordinal
        }
    }

    public enum Target: Hashable, Sendable {
        /// A topic of the log whose files are in the directory.
        case topic(TopicName, FilePath)
        /// A command of a shell, run for each entry with the payload on its standard input.
        case command(String)
    }

    /// The directory that holds the source's files.
    public let source: FilePath
    public let topic: TopicName
    public var query: Query?
    public var from: Bound?
    /// The first entry that is not replayed any more; nil: all there are when it begins.
    public var to: Bound?
    public var limit: Int?
    public let target: Target

    public init(_ source: FilePath, _ topic: TopicName, to target: Target) {
        self.source = Self.canonical(source)
        self.topic = topic
        self.target =
            if case .topic(let topic, let path) = target {
                .topic(topic, Self.canonical(path))
            } else {
                target
            }
    }

    private static func canonical(_ path: FilePath) -> FilePath {
        Host.absolute(path).lexicallyNormalized()
    }

    /// What makes two requests the same replay, whose second run goes on where the first one ended.
    var identity: ReplayIdentity {
        var identity = ReplayIdentity(
            source: source.string, topic: topic, query: query?.text ?? "", from: from?.text ?? "",
            to: to?.text ?? "", limit: limit)
        switch target {
        case .topic(let topic, let path):
            identity.target = path.string
            identity.targetTopic = topic
        case .command(let command): identity.command = command
        }
        return identity
    }
}

/// A replay as it is known from one run to the next.
public struct ReplayIdentity: Hashable, Sendable {
    public internal(set) var source: String
    public internal(set) var topic: TopicName
    public internal(set) var query: String
    public internal(set) var from: String
    public internal(set) var to: String
    public internal(set) var limit: Int?
    /// The target's directory and topic.
    public internal(set) var target: String?
    public internal(set) var targetTopic: TopicName?
    public internal(set) var command: String?

    /// Sixteen hexadecimal digits.
    public var id: String { Hex.encode(FNV1a.hash(Array(fields.text.utf8))) }

    /// One line, for people.
    public var text: String {
        var text = "\(source) \(topic.word)"
        if !query.isEmpty { text += " --where \(ShellWord.quoted(query))" }
        if !from.isEmpty { text += " --from \(from)" }
        if !to.isEmpty { text += " --to \(to)" }
        if let limit { text += " --limit \(limit)" }
        if let target { text += " --into \(targetTopic?.word ?? "") in \(target)" }
        if let command { text += " --exec \(ShellWord.quoted(command))" }
        return text
    }

    var fields: Fields {
        var fields = Fields()
        fields.set("source", bytes: source)
        fields["topic"] = topic.hex
        fields.set("query", bytes: query)
        fields.set("from", bytes: from)
        fields.set("to", bytes: to)
        fields["limit"] = limit.map(String.init)
        fields.set("target", bytes: target)
        fields["target_topic"] = targetTopic?.hex
        fields.set("command", bytes: command)
        return fields
    }

    init(
        source: String, topic: TopicName, query: String, from: String, to: String, limit: Int?
    ) {
        self.source = source
        self.topic = topic
        self.query = query
        self.from = from
        self.to = to
        self.limit = limit
    }

    init?(_ fields: Fields) {
        guard let source = fields.bytes("source"),
            let topic = fields["topic"].flatMap({ TopicName(hex: $0) }),
            let query = fields.bytes("query"), let from = fields.bytes("from"),
            let to = fields.bytes("to")
        else { return nil }
        self.init(
            source: source, topic: topic, query: query, from: from, to: to,
            limit: fields["limit"].flatMap { Int($0) })
        target = fields.bytes("target")
        targetTopic = fields["target_topic"].flatMap { TopicName(hex: $0) }
        command = fields.bytes("command")
    }
}
