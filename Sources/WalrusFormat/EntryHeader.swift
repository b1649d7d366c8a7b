/// The 256 bytes in front of every payload.
///
/// Source: `docs/format.md`, section 3; reference `Metadata { read_size, owned_by,
/// next_block_start, checksum }`, archived by rkyv 0.7.
public struct EntryHeader: Hashable, Sendable {
    public var topic: TopicName
    /// Where the entry's block ends, in bytes from the start of the file (`next_block_start`).
    public var blockEnd: Int
    /// FNV-1a 64 of the payload.
    public var checksum: UInt64
    /// Bytes of payload (`read_size`).
    public var payloadLength: Int
    /// Our extension, where the writer left one.
    public var stamp: EntryStamp?

    public init(
        topic: TopicName, blockEnd: Int, checksum: UInt64, payloadLength: Int, stamp: EntryStamp?
    ) {
        self.topic = topic
        self.blockEnd = blockEnd
        self.checksum = checksum
        self.payloadLength = payloadLength
        self.stamp = stamp
    }
}

/// What our engine adds to an entry in the header's free space (`docs/format.md`, section 4).
public struct EntryStamp: Hashable, Sendable {
    /// 0-based place in its batch.
    public var batchIndex: Int
    /// Entries in its batch; 1 for an entry appended alone.
    public var batchCount: Int
    /// 1-based running number of the entry in its topic, never used again; `sequenceMax` at most.
    public var sequence: UInt64
    /// Wall clock when it was appended, in nanoseconds since 1970 UTC.
    public var timestamp: UInt64

    public init(batchIndex: Int = 0, batchCount: Int = 1, sequence: UInt64, timestamp: UInt64) {
        self.batchIndex = batchIndex
        self.batchCount = batchCount
        self.sequence = sequence
        self.timestamp = timestamp
    }

    /// The greatest running number. No log gets there, so that counting on from one that was read
    /// never runs over.
    public static let sequenceMax: UInt64 = 1 << 62

    static let offset = 216
    static let magic: UInt32 = 0x3158_5357  // "WSX1"

    /// Whether a header with this topic has room for a stamp.
    public static func fits(topicLength: Int) -> Bool {
        topicLength <= Layout.extendedTopicLengthMax
    }
}

/// Where things stand in the header of a topic of a given length.
struct HeaderShape {
    /// Where the 32 bytes of the archived struct begin, from the start of the metadata.
    let root: Int

    init(topicLength: Int) {
        root = topicLength <= ArchivedString.inlineMax ? 0 : roundUp8(topicLength)
    }

    /// Nil unless `metaLength` is one that the format allows.
    init?(metaLength: Int) {
        guard metaLength >= 32, metaLength <= 248, metaLength.isMultiple(of: 8) else { return nil }
        root = metaLength - 32
    }

    var metaLength: Int { root + 32 }
    // From the start of the header, two bytes before the metadata.
    var name: Int { 2 + root }
    var blockEnd: Int { 2 + root + 8 }
    var checksum: Int { 2 + root + 16 }
    var payloadLength: Int { 2 + root + 24 }
    var end: Int { 2 + metaLength }
}

extension EntryHeader {
    /// Writes the header into the first 256 bytes of `target`.
    ///
    /// The topic must be one that can be appended to (`TopicName.refusal`), and short enough for
    /// the stamp where there is one: both are the caller's to check before it promises anything.
    public func encode(into target: UnsafeMutableRawBufferPointer) {
        let count = topic.bytes.count
        precondition(count <= Layout.topicLengthMax && target.count >= Layout.headerSize)
        let header = unsafe UnsafeMutableRawBufferPointer(rebasing: target[..<Layout.headerSize])
        unsafe header.initializeMemory(as: UInt8.self, repeating: 0)
        let shape = HeaderShape(topicLength: count)
        unsafe header.storeLittleEndian(UInt16(shape.metaLength), at: 0)
        if count <= ArchivedString.inlineMax {
            unsafe UnsafeMutableRawBufferPointer(rebasing: header[2...]).copyBytes(
                from: topic.bytes)
            unsafe header.storeLittleEndian(UInt8(count), at: 2 + 7)
        } else {
            unsafe UnsafeMutableRawBufferPointer(rebasing: header[2...]).copyBytes(
                from: topic.bytes)
            unsafe header.storeLittleEndian(UInt32(count), at: shape.name)
            unsafe header.storeLittleEndian(Int32(-shape.root), at: shape.name + 4)
        }
        unsafe header.storeLittleEndian(UInt64(blockEnd), at: shape.blockEnd)
        unsafe Self.update(
            header, topicLength: count, checksum: checksum, payloadLength: payloadLength,
            stamp: stamp)
    }

    /// Makes an encoded header that of another entry of its block: all but these fields is the same.
    /// Either both entries have a stamp or none has.
    public static func update(
        _ header: UnsafeMutableRawBufferPointer, topicLength: Int, checksum: UInt64,
        payloadLength: Int, stamp: EntryStamp?
    ) {
        precondition(header.count >= Layout.headerSize)
        let shape = HeaderShape(topicLength: topicLength)
        unsafe header.storeLittleEndian(checksum, at: shape.checksum)
        unsafe header.storeLittleEndian(UInt32(payloadLength), at: shape.payloadLength)
        guard let stamp else { return }
        precondition(EntryStamp.fits(topicLength: topicLength))
        let at = EntryStamp.offset
        unsafe header.storeLittleEndian(EntryStamp.magic, at: at)
        unsafe header.storeLittleEndian(UInt32(stamp.batchIndex), at: at + 4)
        unsafe header.storeLittleEndian(UInt32(stamp.batchCount), at: at + 8)
        unsafe header.storeLittleEndian(stamp.sequence, at: at + 16)
        unsafe header.storeLittleEndian(stamp.timestamp, at: at + 24)
        let crc = unsafe CRC32C.hash(UnsafeRawBufferPointer(rebasing: header[..<252]))
        unsafe header.storeLittleEndian(crc, at: 252)
    }

    /// The header as bytes.
    public func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Layout.headerSize)
        unsafe bytes.withUnsafeMutableBytes { unsafe encode(into: $0) }
        return bytes
    }

    /// Reads the header in the first 256 of `bytes`, checking all that the format fixes.
    ///
    /// What it cannot check without its surroundings is the caller's: that the block's end fits
    /// the file, that the payload fits the block, and the payload's checksum.
    public static func decode(_ bytes: RawSpan) throws(FormatError) -> EntryHeader {
        let fields = try HeaderFields.decode(bytes)
        return EntryHeader(
            topic: TopicName(bytes: bytes.array(fields.topic)), blockEnd: fields.blockEnd,
            checksum: fields.checksum, payloadLength: fields.payloadLength, stamp: fields.stamp)
    }

    public static func decode(_ bytes: [UInt8]) throws(FormatError) -> EntryHeader {
        unsafe try decode(bytes.span.bytes)
    }
}

/// A decoded header that has not copied its topic: for loops over many entries.
struct HeaderFields {
    /// Where the topic's bytes stand in the header.
    let topic: Range<Int>
    let blockEnd: Int
    let checksum: UInt64
    let payloadLength: Int
    let stamp: EntryStamp?

    static func decode(_ bytes: RawSpan) throws(FormatError) -> HeaderFields {
        guard bytes.byteCount >= Layout.headerSize else {
            throw FormatError(
                field: "header", range: 0..<bytes.byteCount,
                problem: "is cut short: 256 bytes are needed")
        }
        let metaLength = Int(bytes.littleEndian(UInt16.self, at: 0))
        guard let shape = HeaderShape(metaLength: metaLength) else {
            throw FormatError(
                field: "meta_len", range: 0..<2,
                problem: "is \(metaLength), not 32 to 248 in steps of 8")
        }
        let topic = try topicRange(bytes, shape)
        return try rest(bytes, shape, topic)
    }

    /// The fields after the topic, for a header whose topic is already known to be sound.
    static func rest(_ bytes: RawSpan, _ shape: HeaderShape, _ topic: Range<Int>)
        throws(FormatError) -> HeaderFields
    {
        let blockEnd = bytes.littleEndian(UInt64.self, at: shape.blockEnd)
        guard blockEnd <= UInt64(Layout.fileSize), blockEnd > 0,
            blockEnd.isMultiple(of: UInt64(Layout.unit))
        else {
            throw FormatError(
                field: "next_block_start", range: shape.blockEnd..<shape.blockEnd + 8,
                problem: "is \(blockEnd), not a multiple of \(Layout.unit) inside the file")
        }
        if let at = bytes.firstNonZero(in: shape.payloadLength + 4..<shape.end) {
            throw FormatError(
                field: "padding", range: at..<at + 1, problem: "is not zero")
        }
        let payloadLength = Int(bytes.littleEndian(UInt32.self, at: shape.payloadLength))
        guard payloadLength <= Layout.payloadLengthMax else {
            throw FormatError(
                field: "read_size", range: shape.payloadLength..<shape.payloadLength + 4,
                problem: "is \(payloadLength), more than a file holds")
        }
        return HeaderFields(
            topic: topic, blockEnd: Int(blockEnd),
            checksum: bytes.littleEndian(UInt64.self, at: shape.checksum),
            payloadLength: payloadLength, stamp: try stamp(bytes, after: shape.end))
    }

    private static func topicRange(_ bytes: RawSpan, _ shape: HeaderShape)
        throws(FormatError) -> Range<Int>
    {
        let name = try ArchivedString.decode(bytes, at: shape.name)
        if shape.root == 0 {
            guard case .inline = name.form else {
                throw FormatError(
                    field: "owned_by", range: shape.name..<shape.name + 8,
                    problem: "is not inside a header of the shortest form")
            }
        } else {
            guard name.range.lowerBound == 2, roundUp8(name.range.count) == shape.root else {
                throw FormatError(
                    field: "owned_by", range: shape.name..<shape.name + 8,
                    problem: "does not stand where meta_len \(shape.metaLength) puts it")
            }
            if let at = bytes.firstNonZero(in: name.range.upperBound..<shape.name) {
                throw FormatError(
                    field: "topic padding", range: at..<at + 1, problem: "is not zero")
            }
        }
        guard bytes.array(name.range).isUTF8 else {
            throw FormatError(field: "topic", range: name.range, problem: "is not UTF-8")
        }
        return name.range
    }

    private static func stamp(_ bytes: RawSpan, after end: Int) throws(FormatError) -> EntryStamp? {
        let at = EntryStamp.offset
        let free = end <= at ? at : Layout.headerSize
        if let nonZero = bytes.firstNonZero(in: min(end, free)..<free) {
            throw FormatError(
                field: "reserved", range: nonZero..<nonZero + 1, problem: "is not zero")
        }
        guard end <= at else { return nil }
        guard bytes.littleEndian(UInt32.self, at: at) == EntryStamp.magic else {
            if let nonZero = bytes.firstNonZero(in: at..<Layout.headerSize) {
                throw FormatError(
                    field: "reserved", range: nonZero..<nonZero + 1, problem: "is not zero")
            }
            return nil
        }
        let crc = bytes.littleEndian(UInt32.self, at: 252)
        guard CRC32C.hash(bytes, 0..<252) == crc else {
            throw FormatError(
                field: "header_crc", range: 252..<256, problem: "does not match the header")
        }
        let batchIndex = bytes.littleEndian(UInt32.self, at: at + 4)
        let batchCount = bytes.littleEndian(UInt32.self, at: at + 8)
        guard batchIndex < batchCount, batchCount <= UInt32(Layout.batchEntriesMax) else {
            throw FormatError(
                field: "batch_index", range: at + 4..<at + 12,
                problem: "is \(batchIndex) of \(batchCount)")
        }
        guard bytes.littleEndian(UInt32.self, at: at + 12) == 0,
            bytes.littleEndian(UInt32.self, at: at + 32) == 0
        else {
            throw FormatError(
                field: "flags", range: at + 12..<at + 16, problem: "has bits that are not known")
        }
        let sequence = bytes.littleEndian(UInt64.self, at: at + 16)
        guard sequence > 0, sequence <= EntryStamp.sequenceMax else {
            throw FormatError(
                field: "sequence", range: at + 16..<at + 24,
                problem: "is \(sequence), not 1 to \(EntryStamp.sequenceMax)")
        }
        return EntryStamp(
            batchIndex: Int(batchIndex), batchCount: Int(batchCount), sequence: sequence,
            timestamp: bytes.littleEndian(UInt64.self, at: at + 24))
    }

    /// The length and checksum that a damaged header may still tell, most likely first.
    ///
    /// Where they stand depends on the topic's length: the block's, the header's own meta_len, and
    /// every length whose archived string is sound are tried. A guess counts only once the payload
    /// it names has the checksum it names.
    static func guesses(_ bytes: RawSpan, topicLength: Int?) -> [(length: Int, checksum: UInt64)] {
        var shapes: [HeaderShape] = []
        if let topicLength { shapes.append(HeaderShape(topicLength: topicLength)) }
        if let own = HeaderShape(metaLength: Int(bytes.littleEndian(UInt16.self, at: 0))) {
            shapes.append(own)
        }
        for metaLength in stride(from: 32, through: 248, by: 8) {
            guard let shape = HeaderShape(metaLength: metaLength),
                let range = try? topicRange(bytes, shape), !range.isEmpty
            else { continue }
            shapes.append(shape)
        }
        var seen: Set<Int> = []
        return shapes.compactMap { shape in
            guard seen.insert(shape.root).inserted else { return nil }
            let length = Int(bytes.littleEndian(UInt32.self, at: shape.payloadLength))
            return (length, bytes.littleEndian(UInt64.self, at: shape.checksum))
        }
    }
}
