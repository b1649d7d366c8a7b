/// A batch that is being written to a topic whose entries have no room for a stamp.
public struct BatchIntent: Hashable, Sendable {
    /// The last block of the topic before the batch. Nil: it had none.
    public var file: DataFileName?
    /// The block's first slot in the file, in units.
    public var slot: Int
    /// Bytes of the block that were used before the batch.
    public var offset: Int
    /// Entries of the batch.
    public var count: Int
    /// The last file that the batch may have been written to. Nil: there was none.
    public var lastFile: DataFileName?

    public init(file: DataFileName?, slot: Int, offset: Int, count: Int, lastFile: DataFileName?) {
        self.file = file
        self.slot = slot
        self.offset = offset
        self.count = count
        self.lastFile = lastFile
    }

    /// Whether something of the batch may be in the file.
    public func reaches(_ name: DataFileName) -> Bool {
        guard let lastFile, name <= lastFile else { return false }
        return file.map { $0 <= name } ?? true
    }

    /// From which offset on entries of a block belong to the batch. Nil: none of them does.
    public func start(in block: (file: DataFileName, slot: Int)) -> Int? {
        guard let lastFile, block.file <= lastFile else { return nil }
        guard let file else { return 0 }
        if block.file == file, block.slot == slot { return offset }
        return (file, slot) < (block.file, block.slot) ? 0 : nil
    }
}

/// `batch_intent_index.db`: the batches that are being written to topics with long names.
///
/// It is there while such a batch is, and gone before the batch counts: what stands behind an
/// intent does not count (`docs/format.md`, section 8).
public enum BatchIntentsImage {
    static let headerSize = 8
    static let magic: UInt32 = 0x3149_5357  // "WSI1"
    /// A record without its topic.
    static let recordSize = 56
    static let nameSize = 20

    public static func encode(_ intents: [TopicName: BatchIntent]) -> [UInt8] {
        var body: [UInt8] = []
        body.appendLittleEndian(UInt32(intents.count))
        for (topic, intent) in intents.sorted(by: { $0.key < $1.key }) {
            body.appendLittleEndian(UInt16(topic.bytes.count))
            body.appendLittleEndian(UInt16(intent.count))
            body.appendLittleEndian(UInt32(intent.slot))
            body.appendLittleEndian(UInt32(intent.offset))
            body.append(name: intent.file)
            body.append(name: intent.lastFile)
            body.appendLittleEndian(UInt32(0))
            body += topic.bytes
            body += [UInt8](repeating: 0, count: roundUp8(topic.bytes.count) - topic.bytes.count)
        }
        var image: [UInt8] = []
        image.appendLittleEndian(magic)
        image.appendLittleEndian(CRC32C.hash(body))
        return image + body
    }

    public static func decode(_ image: [UInt8]) throws(FormatError) -> [TopicName: BatchIntent] {
        let bytes = unsafe image.span.bytes
        let size = bytes.byteCount
        guard size >= headerSize + 4, bytes.littleEndian(UInt32.self, at: 0) == magic else {
            throw FormatError(
                field: "intents magic", range: 0..<min(4, size), problem: "is not WSI1")
        }
        guard CRC32C.hash(bytes, headerSize..<size) == bytes.littleEndian(UInt32.self, at: 4) else {
            throw FormatError(
                field: "intents", range: headerSize..<size, problem: "do not match their CRC")
        }
        var intents: [TopicName: BatchIntent] = [:]
        var at = headerSize + 4
        for _ in 0..<bytes.littleEndian(UInt32.self, at: headerSize) {
            guard at + recordSize <= size else { throw cut(at, size) }
            let length = Int(bytes.littleEndian(UInt16.self, at: at))
            let next = at + recordSize + roundUp8(length)
            guard length <= Layout.topicLengthMax, next <= size else { throw cut(at, size) }
            guard !EntryStamp.fits(topicLength: length) else {
                throw FormatError(
                    field: "intent", range: at..<next,
                    problem: "is about a topic whose entries tell their batch themselves")
            }
            let topic = TopicName(
                bytes: bytes.array(at + recordSize..<at + recordSize + length))
            let slot = Int(bytes.littleEndian(UInt32.self, at: at + 4))
            let offset = Int(bytes.littleEndian(UInt32.self, at: at + 8))
            guard slot < Layout.unitsPerFile, offset <= Layout.fileSize else {
                throw FormatError(
                    field: "intent", range: at + 4..<at + 12,
                    problem: "names a place that no file has")
            }
            intents[topic] = BatchIntent(
                file: try bytes.name(at: at + 12), slot: slot, offset: offset,
                count: Int(bytes.littleEndian(UInt16.self, at: at + 2)),
                lastFile: try bytes.name(at: at + 12 + nameSize))
            at = next
        }
        guard at == size else {
            throw FormatError(field: "intents", range: at..<size, problem: "are followed by more")
        }
        return intents
    }

    private static func cut(_ at: Int, _ size: Int) -> FormatError {
        FormatError(field: "intent", range: min(at, size)..<size, problem: "is cut short")
    }
}

extension [UInt8] {
    fileprivate mutating func append(name: DataFileName?) {
        let name = Array((name?.text ?? "").utf8)
        self += name
        self += [UInt8](repeating: 0, count: BatchIntentsImage.nameSize - name.count)
    }
}

extension RawSpan {
    fileprivate func name(at offset: Int) throws(FormatError) -> DataFileName? {
        let range = offset..<offset + BatchIntentsImage.nameSize
        let bytes = array(range).prefix { $0 != 0 }
        guard !bytes.isEmpty else { return nil }
        guard let name = DataFileName(String(decoding: bytes, as: UTF8.self)) else {
            throw FormatError(field: "intent", range: range, problem: "names no data file")
        }
        return name
    }
}
