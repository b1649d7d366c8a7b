/// Where a topic's reader stands, in a form that block numbering cannot change.
public struct CursorPosition: Hashable, Sendable {
    /// The file of the next entry's block. Nil: the start of the topic, wherever that is.
    public var file: DataFileName?
    /// The block's first slot in the file, in units.
    public var slot: Int
    /// Bytes from the block's start to the next entry's header.
    public var offset: Int
    /// The running number of the last entry consumed; 0 when it had none.
    public var sequence: UInt64

    public init(file: DataFileName?, slot: Int, offset: Int, sequence: UInt64 = 0) {
        self.file = file
        self.slot = slot
        self.offset = offset
        self.sequence = sequence
    }

    public static let begin = CursorPosition(file: nil, slot: 0, offset: 0)

    /// Whether this position stands before `other` in a topic's order.
    public func precedes(_ other: CursorPosition) -> Bool {
        guard let otherFile = other.file else { return false }
        guard let file else { return true }
        return (file, slot, offset) < (otherFile, other.slot, other.offset)
    }
}

/// What a topic has to remember that its entries and its cursor do not tell: that no running number is
/// given twice once blocks are gone, and how far readers came.
public struct TopicCounter: Hashable, Sendable {
    /// The greatest running number that was given to an entry of the topic.
    public var sequence: UInt64
    /// How many of the topic's numbers belong to no entry on disk any more. It counts where headers
    /// have no room for the number itself.
    public var reclaimed: UInt64
    /// The greatest timestamp, in nanoseconds since 1970 UTC.
    public var timestamp: UInt64
    /// The greatest running number that a reader is known to have had; 0: nothing tells.
    public var consumed: UInt64

    public init(sequence: UInt64, reclaimed: UInt64, timestamp: UInt64, consumed: UInt64) {
        self.sequence = sequence
        self.reclaimed = reclaimed
        self.timestamp = timestamp
        self.consumed = consumed
    }
}

/// `cursor_journal_index.db`: what changed since the two index files were last written.
///
/// A header that names the index files it continues, then one record a change, each with its own
/// CRC. A last record that was not written whole is ignored (`docs/format.md`, section 7).
public enum CursorJournal {
    public static let headerSize = 56
    static let magic: UInt32 = 0x324a_5357  // "WSJ2"
    static let recordSize = 48
    static let fileNameMax = 20

    /// One change.
    public enum Record: Hashable, Sendable {
        /// Where the topic's reader stands now.
        case cursor(TopicName, CursorPosition)
        case mark(TopicName, CleanMark)
        case counter(TopicName, TopicCounter)
        /// The journal also continues the cursor index that is about to be written.
        case nextCursorIndex(Base)
        /// The same for the index of clean marks.
        case nextCleanIndex(Base)
    }

    /// Which version of a file is meant: its length and FNV-1a 64, or that there was none.
    public struct Base: Hashable, Sendable {
        public let length: UInt64
        public let checksum: UInt64

        public init(index: [UInt8]?) {
            length = index.map { UInt64($0.count) } ?? .max
            checksum = index.map { FNV1a.hash($0) } ?? 0
        }

        init(length: UInt64, checksum: UInt64) {
            self.length = length
            self.checksum = checksum
        }
    }

    /// What a journal holds.
    public struct Contents: Sendable {
        /// The cursor indexes that the journal continues: the one it was begun with, and those that
        /// were announced since.
        public fileprivate(set) var cursorIndexes: Set<Base>
        /// The same for the index of clean marks.
        public fileprivate(set) var cleanIndexes: Set<Base>
        /// The last position recorded for each topic.
        public fileprivate(set) var cursors: [TopicName: CursorPosition] = [:]
        public fileprivate(set) var marks: [TopicName: CleanMark] = [:]
        public fileprivate(set) var counters: [TopicName: TopicCounter] = [:]
        /// How many changes of cursors and marks were read.
        public fileprivate(set) var recordCount = 0
        /// Where the sound records end; appending goes on there.
        public fileprivate(set) var end = headerSize
        /// Why reading stopped before the end of the file, if it did.
        public fileprivate(set) var tornTail: FormatError?

        /// An index file was announced since the journal was begun: it, or the one before, is there.
        public var hasAnnouncements: Bool { cursorIndexes.count + cleanIndexes.count > 2 }

        /// The greatest running number that a reader of the topic is known to have had; nil: none is
        /// known, though a reader may have had some.
        public func consumed(_ topic: TopicName) -> UInt64? {
            let known = max(cursors[topic]?.sequence ?? 0, counters[topic]?.consumed ?? 0)
            return known > 0 || cursors[topic] == nil && counters[topic] == nil ? known : nil
        }

        fileprivate mutating func add(_ record: Record) {
            switch record {
            case .cursor(let topic, let position):
                cursors[topic] = position
                recordCount += 1
            case .mark(let topic, let mark):
                marks[topic] = mark
                recordCount += 1
            case .counter(let topic, let counter): counters[topic] = counter
            case .nextCursorIndex(let base): cursorIndexes.insert(base)
            case .nextCleanIndex(let base): cleanIndexes.insert(base)
            }
        }
    }

    // MARK: - Encoding

    public static func encodeHeader(cursors: Base, marks: Base) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(magic)
        bytes.appendLittleEndian(UInt32(0))
        for base in [cursors, marks] {
            bytes.appendLittleEndian(base.length)
            bytes.appendLittleEndian(base.checksum)
        }
        bytes += [UInt8](repeating: 0, count: headerSize - 4 - bytes.count)
        bytes.appendLittleEndian(CRC32C.hash(bytes))
        return bytes
    }

    /// What the places of a record hold, whatever its kind.
    private struct Fields {
        var kind: UInt16
        var topic: [UInt8] = []
        /// At 8.
        var number: UInt64
        /// At 16 and 20, as one: the slot and the offset of a cursor.
        var second: UInt64 = 0
        /// At 24: a file's name, or numbers.
        var name: [UInt8] = []
    }

    public static func encode(_ record: Record) -> [UInt8] {
        let fields = fields(of: record)
        var body: [UInt8] = []
        body.appendLittleEndian(UInt16(fields.topic.count))
        body.appendLittleEndian(fields.kind)
        body.appendLittleEndian(fields.number)
        body.appendLittleEndian(fields.second)
        body += fields.name
        body += [UInt8](repeating: 0, count: fileNameMax + 4 - fields.name.count)
        body += fields.topic
        body += [UInt8](repeating: 0, count: roundUp8(body.count + 4) - body.count - 4)
        var record: [UInt8] = []
        record.appendLittleEndian(CRC32C.hash(body))
        return record + body
    }

    private static func fields(of record: Record) -> Fields {
        switch record {
        case .cursor(let topic, let position):
            return Fields(
                kind: 0, topic: topic.bytes, number: position.sequence,
                second: UInt64(position.slot) | UInt64(position.offset) << 32,
                name: Array((position.file?.text ?? "").utf8))
        case .mark(let topic, let mark):
            return Fields(
                kind: mark.isClean ? 2 : 1, topic: topic.bytes, number: mark.generation)
        case .counter(let topic, let counter):
            var numbers: [UInt8] = []
            numbers.appendLittleEndian(counter.timestamp)
            numbers.appendLittleEndian(counter.consumed)
            return Fields(
                kind: 3, topic: topic.bytes, number: counter.sequence, second: counter.reclaimed,
                name: numbers)
        case .nextCursorIndex(let base):
            return Fields(kind: 4, number: base.checksum, second: base.length)
        case .nextCleanIndex(let base):
            return Fields(kind: 5, number: base.checksum, second: base.length)
        }
    }

    // MARK: - Decoding

    public static func decode(_ image: [UInt8]) throws(FormatError) -> Contents {
        let bytes = unsafe image.span.bytes
        var contents = try decodeHeader(bytes)
        while contents.end < bytes.byteCount {
            let next: (record: Result<Record, FormatError>, end: Int)
            do throws(FormatError) { next = try decodeRecord(bytes, at: contents.end) } catch {
                // Zeros are room for records to come.
                if bytes.firstNonZero(in: contents.end..<bytes.byteCount) != nil {
                    contents.tornTail = error
                }
                break
            }
            // A record that is whole and says nothing we know was written by a newer version.
            contents.add(try next.record.get())
            contents.end = next.end
        }
        return contents
    }

    private static func decodeHeader(_ bytes: RawSpan) throws(FormatError) -> Contents {
        guard bytes.byteCount >= headerSize else {
            throw FormatError(
                field: "journal header", range: 0..<bytes.byteCount, problem: "is cut short")
        }
        guard bytes.littleEndian(UInt32.self, at: 0) == magic,
            bytes.littleEndian(UInt32.self, at: 4) == 0
        else {
            throw FormatError(field: "journal magic", range: 0..<8, problem: "is not WSJ2")
        }
        let crc = bytes.littleEndian(UInt32.self, at: headerSize - 4)
        guard CRC32C.hash(bytes, 0..<headerSize - 4) == crc else {
            throw FormatError(
                field: "journal header", range: 0..<headerSize, problem: "does not match its CRC")
        }
        func base(_ at: Int) -> Base {
            Base(
                length: bytes.littleEndian(UInt64.self, at: at),
                checksum: bytes.littleEndian(UInt64.self, at: at + 8))
        }
        return Contents(cursorIndexes: [base(8)], cleanIndexes: [base(24)])
    }

    /// Throws when there is no whole record at `at`; the record itself may still be beyond us.
    private static func decodeRecord(_ bytes: RawSpan, at: Int)
        throws(FormatError) -> (Result<Record, FormatError>, end: Int)
    {
        let size = bytes.byteCount
        guard at + recordSize <= size else {
            throw FormatError(field: "record", range: at..<size, problem: "is cut short")
        }
        let topicLength = Int(bytes.littleEndian(UInt16.self, at: at + 4))
        let next = at + recordSize + roundUp8(topicLength)
        guard topicLength <= Layout.topicLengthMax, next <= size else {
            throw FormatError(
                field: "record", range: at..<size,
                problem: "names a topic of \(topicLength) bytes, which is not all there")
        }
        guard CRC32C.hash(bytes, at + 4..<next) == bytes.littleEndian(UInt32.self, at: at) else {
            throw FormatError(
                field: "record", range: at..<next, problem: "does not match its CRC")
        }
        return (Result { () throws(FormatError) in try record(bytes, at: at, topicLength) }, next)
    }

    private static func record(_ bytes: RawSpan, at: Int, _ topicLength: Int) throws(FormatError)
        -> Record
    {
        let topic = TopicName(
            bytes: bytes.array(at + recordSize..<at + recordSize + topicLength))
        let number = bytes.littleEndian(UInt64.self, at: at + 8)
        let second = bytes.littleEndian(UInt64.self, at: at + 16)
        guard topic.bytes.isUTF8 else {
            throw FormatError(
                field: "record", range: at..<at + recordSize, problem: "names no topic")
        }
        switch bytes.littleEndian(UInt16.self, at: at + 6) {
        case 0:
            return .cursor(topic, try position(bytes, at: at))
        case 1:
            return .mark(topic, CleanMark(isClean: false, generation: number))
        case 2:
            return .mark(topic, CleanMark(isClean: true, generation: number))
        case 3:
            try checkSequence(number, at: at)
            try checkSequence(second, at: at)
            let consumed = bytes.littleEndian(UInt64.self, at: at + 32)
            try checkSequence(consumed, at: at)
            return .counter(
                topic,
                TopicCounter(
                    sequence: number, reclaimed: second,
                    timestamp: bytes.littleEndian(UInt64.self, at: at + 24), consumed: consumed))
        case 4:
            return .nextCursorIndex(Base(length: second, checksum: number))
        case 5:
            return .nextCleanIndex(Base(length: second, checksum: number))
        case let kind:
            throw FormatError(
                field: "record kind", range: at + 6..<at + 8,
                problem: "is \(kind), which a newer version wrote")
        }
    }

    private static func checkSequence(_ number: UInt64, at: Int) throws(FormatError) {
        guard number <= EntryStamp.sequenceMax else {
            throw FormatError(
                field: "record", range: at..<at + recordSize,
                problem: "has the running number \(number), which no entry has")
        }
    }

    private static func position(_ bytes: RawSpan, at: Int) throws(FormatError) -> CursorPosition {
        let slot = Int(bytes.littleEndian(UInt32.self, at: at + 16))
        let offset = Int(bytes.littleEndian(UInt32.self, at: at + 20))
        let name = bytes.array(at + 24..<at + 24 + fileNameMax).prefix { $0 != 0 }
        let file = DataFileName(String(decoding: name, as: UTF8.self))
        guard file != nil || name.isEmpty, slot < Layout.unitsPerFile, offset <= Layout.fileSize
        else {
            throw FormatError(
                field: "record", range: at..<at + recordSize,
                problem: "names a place that no file has")
        }
        let sequence = bytes.littleEndian(UInt64.self, at: at + 8)
        try checkSequence(sequence, at: at)
        return CursorPosition(file: file, slot: slot, offset: offset, sequence: sequence)
    }
}
