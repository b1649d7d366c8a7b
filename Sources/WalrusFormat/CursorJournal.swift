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

/// `cursor_journal_index.db`: cursor changes since `read_offset_idx_index.db` was last written.
///
/// A header that names the index it continues, then one record a change, each with its own CRC. A
/// last record that was not written whole is ignored (`docs/format.md`, section 7).
public enum CursorJournal {
    public static let headerSize = 40
    static let magic: UInt32 = 0x314a_5357  // "WSJ1"
    static let recordSize = 48
    static let fileNameMax = 20

    /// Which index file a journal continues: its length and FNV-1a 64, or that there was none.
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
        public let base: Base
        /// The last position recorded for each topic.
        public let cursors: [TopicName: CursorPosition]
        /// How many records were read.
        public let recordCount: Int
        /// Where the sound records end; appending goes on there.
        public let end: Int
        /// Why reading stopped before the end of the file, if it did.
        public let tornTail: FormatError?
    }

    public static func encodeHeader(_ base: Base) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(magic)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(base.length)
        bytes.appendLittleEndian(base.checksum)
        bytes += [UInt8](repeating: 0, count: headerSize - 4 - bytes.count)
        bytes.appendLittleEndian(CRC32C.hash(bytes))
        return bytes
    }

    public static func encodeRecord(topic: TopicName, position: CursorPosition) -> [UInt8] {
        var body: [UInt8] = []
        body.appendLittleEndian(UInt16(topic.bytes.count))
        body.appendLittleEndian(UInt16(0))
        body.appendLittleEndian(position.sequence)
        body.appendLittleEndian(UInt32(position.slot))
        body.appendLittleEndian(UInt32(position.offset))
        let name = Array((position.file?.text ?? "").utf8)
        body += name
        body += [UInt8](repeating: 0, count: fileNameMax - name.count)
        body.appendLittleEndian(UInt32(0))
        body += topic.bytes
        body += [UInt8](repeating: 0, count: roundUp8(topic.bytes.count) - topic.bytes.count)
        var record: [UInt8] = []
        record.appendLittleEndian(CRC32C.hash(body))
        return record + body
    }

    public static func decode(_ image: [UInt8]) throws(FormatError) -> Contents {
        let bytes = unsafe image.span.bytes
        let base = try decodeHeader(bytes)
        var cursors: [TopicName: CursorPosition] = [:]
        var at = headerSize
        var records = 0
        var torn: FormatError?
        while at < bytes.byteCount {
            do {
                let (topic, position, next) = try decodeRecord(bytes, at: at)
                cursors[topic] = position
                records += 1
                at = next
            } catch {
                torn = error
                break
            }
        }
        return Contents(
            base: base, cursors: cursors, recordCount: records, end: at, tornTail: torn)
    }

    private static func decodeHeader(_ bytes: RawSpan) throws(FormatError) -> Base {
        guard bytes.byteCount >= headerSize else {
            throw FormatError(
                field: "journal header", range: 0..<bytes.byteCount, problem: "is cut short")
        }
        guard bytes.littleEndian(UInt32.self, at: 0) == magic,
            bytes.littleEndian(UInt32.self, at: 4) == 0
        else {
            throw FormatError(field: "journal magic", range: 0..<8, problem: "is not WSJ1")
        }
        let crc = bytes.littleEndian(UInt32.self, at: headerSize - 4)
        guard CRC32C.hash(bytes, 0..<headerSize - 4) == crc else {
            throw FormatError(
                field: "journal header", range: 0..<headerSize, problem: "does not match its CRC")
        }
        return Base(
            length: bytes.littleEndian(UInt64.self, at: 8),
            checksum: bytes.littleEndian(UInt64.self, at: 16))
    }

    private static func decodeRecord(_ bytes: RawSpan, at: Int)
        throws(FormatError) -> (TopicName, CursorPosition, next: Int)
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
        let slot = Int(bytes.littleEndian(UInt32.self, at: at + 16))
        let offset = Int(bytes.littleEndian(UInt32.self, at: at + 20))
        let name = bytes.array(at + 24..<at + 24 + fileNameMax).prefix { $0 != 0 }
        let file = DataFileName(String(decoding: name, as: UTF8.self))
        guard file != nil || name.isEmpty, slot < Layout.unitsPerFile, offset <= Layout.fileSize
        else {
            throw FormatError(
                field: "record", range: at..<next, problem: "names a place that no file has")
        }
        let topic = TopicName(
            bytes: bytes.array(at + recordSize..<at + recordSize + topicLength))
        let position = CursorPosition(
            file: file, slot: slot, offset: offset,
            sequence: bytes.littleEndian(UInt64.self, at: at + 8))
        return (topic, position, next)
    }
}
