public import WalrusFormat

/// What an engine in another process says to a request.
public enum ControlAnswer: Hashable, Sendable {
    case hello(ControlHost)
    case appended(ControlReceipt)
    case cursor(EntryPlace?)
    case moved(ControlMove)
    /// Done, and there is no more to say.
    case done
    /// Nil: there is no such topic.
    case topic(ControlTopic?)
    /// In the order of names. `hasMore`: ask again, behind the last of these.
    case topics([ControlTopic], hasMore: Bool)
    case reclaimed(ControlReclaimed)
    case metrics(MetricsImage)
    /// It was not done.
    case failure(ControlFailure)

    public enum Kind: UInt16, CaseIterable, Sendable {
        case hello = 0x81
        case appended, cursor, moved, done, topic, topics, reclaimed, metrics, failure

        /// Bytes that the message may have.
        public var limit: Int {
            switch self {
            case .topics, .reclaimed: ControlLimits.listMax
            default: ControlLimits.answerMax
            }
        }
    }

    public var kind: Kind {
        switch self {
        case .hello: .hello
        case .appended: .appended
        case .cursor: .cursor
        case .moved: .moved
        case .done: .done
        case .topic: .topic
        case .topics: .topics
        case .reclaimed: .reclaimed
        case .metrics: .metrics
        case .failure: .failure
        }
    }

    /// The frame.
    public func encoded() -> [UInt8] {
        ControlFrame.encode(kind: kind.rawValue) { message in
            switch self {
            case .hello(let host): host.write(&message)
            case .appended(let receipt): receipt.write(&message)
            case .cursor(let place): message.optional(place) { $0.place($1) }
            case .moved(let move): move.write(&message)
            case .done: break
            case .topic(let topic): message.optional(topic) { $1.write(&$0) }
            case .topics(let topics, let hasMore):
                message.flag(hasMore)
                message.list(topics) { $1.write(&$0) }
            case .reclaimed(let reclaimed): reclaimed.write(&message)
            case .metrics(let image): message.rest(image.encode())
            case .failure(let failure): failure.write(&message)
            }
        }
    }

    /// Reads the message of a frame.
    public static func decode(_ kind: Kind, _ message: [UInt8]) throws(MalformedMessage)
        -> ControlAnswer
    {
        var reader = WireReader(message)
        let answer = try read(kind, &reader)
        try reader.end()
        return answer
    }

    private static func read(_ kind: Kind, _ reader: inout WireReader) throws(MalformedMessage)
        -> ControlAnswer
    {
        switch kind {
        case .hello: return .hello(try ControlHost(&reader))
        case .appended: return .appended(try ControlReceipt(&reader))
        case .cursor:
            return .cursor(
                try reader.optional("the cursor") { reader throws(MalformedMessage) in
                    try reader.place()
                })
        case .moved: return .moved(try ControlMove(&reader))
        case .done: return .done
        case .topic:
            return .topic(
                try reader.optional("the topic") { reader throws(MalformedMessage) in
                    try ControlTopic(&reader)
                })
        case .topics:
            let hasMore = try reader.flag("the end of the topics")
            return .topics(
                try reader.list("the topics", limit: .max) { reader throws(MalformedMessage) in
                    try ControlTopic(&reader)
                }, hasMore: hasMore)
        case .reclaimed: return .reclaimed(try ControlReclaimed(&reader))
        case .metrics:
            do throws(FormatError) { return .metrics(try MetricsImage.decode(reader.rest())) } catch
            {
                throw MalformedMessage("\(error)")
            }
        case .failure: return .failure(try ControlFailure(&reader))
        }
    }
}

/// What keeps an engine from doing what it was asked to.
public struct ControlFailure: Error, Hashable, Sendable {
    /// What went wrong with the conversation, and no engine's error.
    public enum Code: String, CaseIterable, Sendable {
        /// The caller is another user, and not root.
        case otherUser
        /// Too many clients are here already.
        case tooManyClients
        /// The message is none that can be read, or comes at the wrong time.
        case malformed
        /// The message has more bytes than one of its kind may.
        case messageTooLong
        /// Other clients send so much just now that there is no room: try again.
        case busy
        /// The client took too long.
        case tooSlow
        /// The engine is open on another directory than the client means.
        case otherDirectory
        /// The process can serve nobody just now: no thread is to be had.
        case unavailable
    }

    /// A `Code`, or the name of an engine's error code (`EngineError.Code`).
    public let code: String
    /// What happened and what to do about it.
    public let reason: String
    public var topic: TopicName?
    public var path: [UInt8]?
    public var offset: Int?
    public var errno: Int32?
    public var holders: [Int] = []

    public init(code: String, reason: String) {
        self.code = code
        self.reason = reason
    }

    public init(_ code: Code, _ reason: String) { self.init(code: code.rawValue, reason: reason) }

    private static let holdersMax = 64

    func write(_ message: inout WireWriter) {
        message.text(code, limit: 64)
        message.text(reason, limit: ControlLimits.textMax)
        message.optional(topic) { $0.block($1.bytes.prefix(ControlLimits.topicLengthMax)) }
        message.optional(path) { $0.block($1.prefix(ControlLimits.textMax)) }
        message.optional(offset) { $0.int($1) }
        message.optional(errno) { $0.number($1) }
        message.list(Array(holders.prefix(Self.holdersMax))) { $0.int($1) }
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        code = try reader.text("the code", limit: 64)
        reason = try reader.text("the reason", limit: ControlLimits.textMax)
        topic = try reader.optional("the topic") { reader throws(MalformedMessage) in
            try reader.topic()
        }
        path = try reader.optional("the path") { reader throws(MalformedMessage) in
            try reader.block("the path", limit: ControlLimits.textMax)
        }
        offset = try reader.optional("the offset") { reader throws(MalformedMessage) in
            try reader.int("the offset")
        }
        errno = try reader.optional("the system's error") { reader throws(MalformedMessage) in
            try reader.number(Int32.self, "the system's error")
        }
        holders = try reader.list("the holders", limit: Self.holdersMax) {
            reader throws(MalformedMessage) in try reader.int("a holder")
        }
    }
}
