public import WalrusFormat
public import WalrusIO

/// Who answers, and how its engine works.
public struct ControlHost: Hashable, Sendable {
    /// When appended entries are made durable.
    public enum Schedule: Hashable, Sendable {
        case milliseconds(Int)
        case each
        case never
    }

    public let processID: Int
    /// The file's name: "orders-service".
    public let program: String
    public let version: String
    /// The directory as its own process names it.
    public let path: [UInt8]
    public let directory: FileIdentity
    public let schedule: Schedule
    /// Entries that a crash may deliver again; nil: none.
    public let persistEvery: Int?
    /// Bytes of a message with entries, as `ControlRequest.size` counts them.
    public let entriesMax: Int
    public let clientsMax: Int
    /// Nanoseconds after which a client that asks nothing is sent away.
    public let idle: UInt64

    public init(
        processID: Int, program: String, version: String, path: [UInt8], directory: FileIdentity,
        schedule: Schedule, persistEvery: Int?, entriesMax: Int, clientsMax: Int, idle: UInt64
    ) {
        self.processID = processID
        self.program = program
        self.version = version
        self.path = path
        self.directory = directory
        self.schedule = schedule
        self.persistEvery = persistEvery
        self.entriesMax = entriesMax
        self.clientsMax = clientsMax
        self.idle = idle
    }

    func write(_ message: inout WireWriter) {
        message.int(processID)
        message.text(program, limit: ControlLimits.textMax)
        message.text(version, limit: ControlLimits.textMax)
        message.block(path.prefix(2 * ControlLimits.textMax))
        message.identity(directory)
        switch schedule {
        case .milliseconds(let interval):
            message.byte(0)
            message.int(interval)
        case .each: message.byte(1)
        case .never: message.byte(2)
        }
        message.optional(persistEvery) { $0.int($1) }
        message.int(entriesMax)
        message.int(clientsMax)
        message.number(idle)
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        processID = try reader.int("the process")
        program = try reader.text("the program", limit: ControlLimits.textMax)
        version = try reader.text("the version", limit: ControlLimits.textMax)
        path = try reader.block("the path", limit: 2 * ControlLimits.textMax)
        directory = try reader.identity()
        switch try reader.byte("the schedule") {
        case 0: schedule = .milliseconds(try reader.int("the schedule"))
        case 1: schedule = .each
        case 2: schedule = .never
        default: throw MalformedMessage("the schedule is of no known kind")
        }
        persistEvery = try reader.optional("the consistency") { reader throws(MalformedMessage) in
            try reader.int("the consistency")
        }
        entriesMax = try reader.int("the limit")
        clientsMax = try reader.int("the clients")
        idle = try reader.number(UInt64.self, "the patience")
    }
}

/// What appended entries got: their numbers and ordinals follow each other.
public struct ControlReceipt: Hashable, Sendable {
    public let count: Int
    /// Of the first of them.
    public let sequence: UInt64
    public let ordinal: Int
    /// Nanoseconds since 1970 UTC.
    public let timestamp: UInt64
    /// Of the first of them; nil where there is none.
    public let place: EntryPlace?

    public init(
        count: Int, sequence: UInt64, ordinal: Int, timestamp: UInt64, place: EntryPlace?
    ) {
        self.count = count
        self.sequence = sequence
        self.ordinal = ordinal
        self.timestamp = timestamp
        self.place = place
    }

    func write(_ message: inout WireWriter) {
        message.int(count)
        message.number(sequence)
        message.int(ordinal)
        message.number(timestamp)
        message.optional(place) { $0.place($1) }
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        count = try reader.int("the count")
        sequence = try reader.number(UInt64.self, "the sequence")
        ordinal = try reader.int("the ordinal")
        // The ends of what they stand for have to be numbers too.
        guard count <= Layout.batchEntriesMax, ordinal <= .max - count,
            sequence <= .max - UInt64(count)
        else { throw MalformedMessage("the receipt is for more entries than there can be") }
        timestamp = try reader.number(UInt64.self, "the time")
        place = try reader.optional("the place") { reader throws(MalformedMessage) in
            try reader.place()
        }
    }
}

/// What moving a cursor came to, in entries consumed before and after it.
public struct ControlMove: Hashable, Sendable {
    public let before: Int
    public let after: Int
    public let place: EntryPlace

    public init(before: Int, after: Int, place: EntryPlace) {
        self.before = before
        self.after = after
        self.place = place
    }

    func write(_ message: inout WireWriter) {
        message.int(before)
        message.int(after)
        message.place(place)
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        before = try reader.int("what was consumed")
        after = try reader.int("what is consumed")
        place = try reader.place()
    }
}

/// A topic as it stands: the engine's `TopicStatus`, which this module does not know.
public struct ControlTopic: Hashable, Sendable {
    public let name: TopicName
    public let entries: Int
    public let unread: Int
    public let size: Int
    public let isClean: Bool
    public let blocks: Int
    public let cursor: CursorPosition?

    public init(
        name: TopicName, entries: Int, unread: Int, size: Int, isClean: Bool, blocks: Int,
        cursor: CursorPosition?
    ) {
        self.name = name
        self.entries = entries
        self.unread = unread
        self.size = size
        self.isClean = isClean
        self.blocks = blocks
        self.cursor = cursor
    }

    /// Bytes that it takes in a message, at most.
    public var encodedSize: Int { name.bytes.count + 128 }

    func write(_ message: inout WireWriter) {
        message.block(name.bytes)
        message.int(entries)
        message.int(unread)
        message.int(size)
        message.flag(isClean)
        message.int(blocks)
        message.optional(cursor) { message, cursor in
            message.optional(cursor.file) { $0.block($1.text.utf8) }
            message.int(cursor.slot)
            message.int(cursor.offset)
            message.number(cursor.sequence)
        }
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        name = try reader.topic()
        entries = try reader.int("the entries")
        unread = try reader.int("the unread entries")
        size = try reader.int("the size")
        isClean = try reader.flag("the mark")
        blocks = try reader.int("the blocks")
        cursor = try reader.optional("the cursor") { reader throws(MalformedMessage) in
            CursorPosition(
                file: try reader.optional("the file") { reader throws(MalformedMessage) in
                    try reader.file()
                }, slot: try reader.int("the slot"), offset: try reader.int("the offset"),
                sequence: try reader.number(UInt64.self, "the sequence"))
        }
    }
}

/// What was deleted, and what should have been.
public struct ControlReclaimed: Hashable, Sendable {
    public struct Kept: Hashable, Sendable {
        public let file: DataFileName
        public let failure: ControlFailure

        public init(file: DataFileName, failure: ControlFailure) {
            self.file = file
            self.failure = failure
        }
    }

    public let files: [DataFileName]
    /// The first of them, where there are very many.
    public let kept: [Kept]
    private static let filesMax = 20_000
    private static let keptMax = 50

    public init(files: [DataFileName], kept: [Kept]) {
        self.files = Array(files.prefix(Self.filesMax))
        self.kept = Array(kept.prefix(Self.keptMax))
    }

    func write(_ message: inout WireWriter) {
        message.list(files) { $0.block($1.text.utf8) }
        message.list(kept) { message, kept in
            message.block(kept.file.text.utf8)
            kept.failure.write(&message)
        }
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        files = try reader.list("the files", limit: Self.filesMax) {
            reader throws(MalformedMessage) in try reader.file()
        }
        kept = try reader.list("the files that stay", limit: Self.keptMax) {
            reader throws(MalformedMessage) in
            Kept(file: try reader.file(), failure: try ControlFailure(&reader))
        }
    }
}
