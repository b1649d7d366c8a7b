public import WalrusFormat
public import WalrusIO

/// What a client asks an engine in another process to do.
public enum ControlRequest: Hashable, Sendable {
    /// Comes first, and once.
    case hello(ControlClient)
    case append(TopicName, [UInt8])
    /// All of them or none.
    case appendBatch(TopicName, [[UInt8]])
    case cursor(TopicName)
    /// Moves the cursor if it is still `from`; nil: at the start of the topic.
    case moveCursor(TopicName, from: EntryPlace?, to: ControlTarget)
    case mark(TopicName, isClean: Bool)
    case topic(TopicName)
    /// The topics whose names come behind one, as many as fit.
    case topics(after: TopicName?)
    case reclaim
    case metrics

    public enum Kind: UInt16, CaseIterable, Sendable {
        case hello = 1
        case append, appendBatch, cursor, moveCursor, mark, topic, topics, reclaim, metrics

        /// Bytes that the message may have.
        public var limit: Int {
            switch self {
            case .append, .appendBatch: ControlLimits.entriesMax
            default: ControlLimits.requestMax
            }
        }
    }

    public var kind: Kind {
        switch self {
        case .hello: .hello
        case .append: .append
        case .appendBatch: .appendBatch
        case .cursor: .cursor
        case .moveCursor: .moveCursor
        case .mark: .mark
        case .topic: .topic
        case .topics: .topics
        case .reclaim: .reclaim
        case .metrics: .metrics
        }
    }

    /// Bytes that `topic` and the payloads take in a message: to be told before they are sent that
    /// they are too many (`ControlLimits.entriesMax`).
    public static func size(_ payloads: [[UInt8]], _ topic: TopicName) -> Int {
        payloads.reduce(8 + topic.bytes.count) { $0 + 4 + $1.count }
    }

    /// The frame.
    public func encoded() -> [UInt8] {
        let capacity =
            switch self {
            case .append(let topic, let payload): Self.size([payload], topic)
            case .appendBatch(let topic, let payloads): Self.size(payloads, topic)
            default: 256
            }
        return ControlFrame.encode(kind: kind.rawValue, write, capacity: capacity)
    }

    private func write(_ message: inout WireWriter) {
        switch self {
        case .hello(let client): client.write(&message)
        case .append(let topic, let payload):
            message.block(topic.bytes)
            message.rest(payload)
        case .appendBatch(let topic, let payloads):
            message.block(topic.bytes)
            message.list(payloads) { $0.block($1) }
        case .cursor(let topic), .topic(let topic): message.block(topic.bytes)
        case .moveCursor(let topic, let from, let to):
            message.block(topic.bytes)
            message.optional(from) { $0.place($1) }
            to.write(&message)
        case .mark(let topic, let isClean):
            message.block(topic.bytes)
            message.flag(isClean)
        case .topics(let after): message.optional(after) { $0.block($1.bytes) }
        case .reclaim, .metrics: break
        }
    }

    /// Reads the message of a frame.
    public static func decode(_ kind: Kind, _ message: [UInt8]) throws(MalformedMessage)
        -> ControlRequest
    {
        var reader = WireReader(message)
        let request = try read(kind, &reader)
        try reader.end()
        return request
    }

    private static func read(_ kind: Kind, _ reader: inout WireReader) throws(MalformedMessage)
        -> ControlRequest
    {
        switch kind {
        case .hello: return .hello(try ControlClient(&reader))
        case .append: return .append(try reader.topic(), reader.rest())
        case .appendBatch:
            return .appendBatch(
                try reader.topic(),
                try reader.list("the entries", limit: Layout.batchEntriesMax) {
                    reader throws(MalformedMessage) in
                    try reader.block("an entry", limit: ControlLimits.entriesMax)
                })
        case .cursor: return .cursor(try reader.topic())
        case .moveCursor:
            return .moveCursor(
                try reader.topic(),
                from: try reader.optional("the cursor") { reader throws(MalformedMessage) in
                    try reader.place()
                }, to: try ControlTarget(&reader))
        case .mark: return .mark(try reader.topic(), isClean: try reader.flag("the mark"))
        case .topic: return .topic(try reader.topic())
        case .topics:
            return .topics(
                after: try reader.optional("the topic") { reader throws(MalformedMessage) in
                    try reader.topic()
                })
        case .reclaim: return .reclaim
        case .metrics: return .metrics
        }
    }
}

/// Who asks, and for which directory.
public struct ControlClient: Hashable, Sendable {
    public let processID: Int
    /// The file's name: "walrus".
    public let program: String
    public let version: String
    /// The directory that it means, which has to be the engine's.
    public let directory: FileIdentity

    public init(processID: Int, program: String, version: String, directory: FileIdentity) {
        self.processID = processID
        self.program = program
        self.version = version
        self.directory = directory
    }

    func write(_ message: inout WireWriter) {
        message.int(processID)
        message.text(program, limit: ControlLimits.textMax)
        message.text(version, limit: ControlLimits.textMax)
        message.identity(directory)
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        processID = try reader.int("the process")
        program = try reader.text("the program", limit: ControlLimits.textMax)
        version = try reader.text("the version", limit: ControlLimits.textMax)
        directory = try reader.identity()
    }
}

/// Where a cursor is to go: the engine's `SeekTarget`, which this module does not know.
public enum ControlTarget: Hashable, Sendable {
    case begin
    case end
    case ordinal(Int)
    case sequence(UInt64)
    /// Nanoseconds since 1970 UTC.
    case time(UInt64)
    case place(EntryPlace)

    func write(_ message: inout WireWriter) {
        switch self {
        case .begin: message.byte(0)
        case .end: message.byte(1)
        case .ordinal(let ordinal):
            message.byte(2)
            message.number(Int64(ordinal))
        case .sequence(let sequence):
            message.byte(3)
            message.number(sequence)
        case .time(let time):
            message.byte(4)
            message.number(time)
        case .place(let place):
            message.byte(5)
            message.place(place)
        }
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        switch try reader.byte("the target") {
        case 0: self = .begin
        case 1: self = .end
        case 2: self = .ordinal(Int(try reader.number(Int64.self, "the ordinal")))
        case 3: self = .sequence(try reader.number(UInt64.self, "the sequence"))
        case 4: self = .time(try reader.number(UInt64.self, "the time"))
        case 5: self = .place(try reader.place())
        default: throw MalformedMessage("the target is of no known kind")
        }
    }
}

extension WireWriter {
    mutating func place(_ place: EntryPlace) {
        block(place.file.text.utf8)
        int(place.slot)
        int(place.offset)
    }

    mutating func identity(_ identity: FileIdentity) {
        number(identity.device)
        number(identity.number)
    }
}

extension WireReader {
    mutating func file() throws(MalformedMessage) -> DataFileName {
        guard let file = DataFileName(try text("the file", limit: 32)) else {
            throw MalformedMessage("the file has no data file's name")
        }
        return file
    }

    mutating func place() throws(MalformedMessage) -> EntryPlace {
        EntryPlace(file: try file(), slot: try int("the slot"), offset: try int("the offset"))
    }

    mutating func identity() throws(MalformedMessage) -> FileIdentity {
        FileIdentity(
            device: try number(UInt64.self, "the device"),
            number: try number(UInt64.self, "the directory"))
    }
}
