/// A field of an entry's header as it stands, believed or not: for showing.
public struct HeaderPart: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// Lengths, places, magic numbers.
        case number
        case topic
        case checksum
        /// Of our extension.
        case stamp
        /// Zero in a sound header.
        case padding
    }

    /// In the words of `docs/format.md`, sections 3 and 4.
    public let name: String
    public let kind: Kind
    /// In bytes from the start of the header.
    public let range: Range<Int>
    /// As an unsigned little-endian integer; nil for text and padding.
    public let number: UInt64?
    /// Belongs to the extension of section 4.
    public let isExtension: Bool
}

/// A header taken apart without believing it.
public struct HeaderParts: Hashable, Sendable {
    /// In the order of their places; they cover all 256 bytes.
    public let parts: [HeaderPart]
    /// What the format demands and the header does not say; nil when it is sound by itself.
    public let problem: FormatError?

    /// Takes the first 256 of `bytes` apart. Where the length of the metadata is none that the
    /// format allows, the shape is that of a topic of `topicLength` bytes.
    ///
    /// Nil when there are fewer bytes.
    public init?(_ bytes: [UInt8], topicLength: Int) {
        guard bytes.count >= Layout.headerSize else { return nil }
        let span = unsafe bytes.span.bytes
        var problem: FormatError?
        do throws(FormatError) { _ = try HeaderFields.decode(span) } catch { problem = error }
        self.problem = problem
        let own = HeaderShape(metaLength: Int(span.littleEndian(UInt16.self, at: 0)))
        let length = min(max(0, topicLength), Layout.topicLengthMax)
        let shape = own ?? HeaderShape(topicLength: length)

        var parts: [HeaderPart] = []
        func add(
            _ name: String, _ kind: HeaderPart.Kind, _ start: Int, _ size: Int,
            isExtension: Bool = false
        ) {
            guard size > 0 else { return }
            let isNumber = kind != .padding && kind != .topic && size <= 8
            parts.append(
                HeaderPart(
                    name: name, kind: kind, range: start..<start + size,
                    number: isNumber ? Self.number(span, start, size) : nil,
                    isExtension: isExtension))
        }
        add("meta_len", .number, 0, 2)
        add("topic", .topic, 2, shape.root)
        add("owned_by", shape.root == 0 ? .topic : .number, shape.name, 8)
        add("next_block_start", .number, shape.blockEnd, 8)
        add("checksum", .checksum, shape.checksum, 8)
        add("read_size", .number, shape.payloadLength, 4)
        add("padding", .padding, shape.payloadLength + 4, 4)
        let at = EntryStamp.offset
        let hasStamp =
            shape.end <= at && span.littleEndian(UInt32.self, at: at) == EntryStamp.magic
        add("reserved", .padding, shape.end, (hasStamp ? at : Layout.headerSize) - shape.end)
        if hasStamp {
            add("magic", .stamp, at, 4, isExtension: true)
            add("batch_index", .stamp, at + 4, 4, isExtension: true)
            add("batch_count", .stamp, at + 8, 4, isExtension: true)
            add("flags", .stamp, at + 12, 4, isExtension: true)
            add("sequence", .stamp, at + 16, 8, isExtension: true)
            add("timestamp", .stamp, at + 24, 8, isExtension: true)
            add("reserved", .padding, at + 32, 4, isExtension: true)
            add("header_crc", .checksum, at + 36, 4, isExtension: true)
        }
        self.parts = parts
    }

    private static func number(_ span: RawSpan, _ start: Int, _ size: Int) -> UInt64 {
        (0..<size).reduce(0) { $0 | UInt64(span.byte(at: start + $1)) << (8 * UInt64($1)) }
    }
}
