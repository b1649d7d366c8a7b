/// Reads the headers of a block's sound entries: what all of them share is compared, not decoded.
public struct BlockHeaders: Sendable {
    /// What differs from entry to entry.
    public struct Fields: Sendable {
        /// FNV-1a 64 of the payload.
        public let checksum: UInt64
        /// Bytes.
        public let payloadLength: Int
        public let stamp: EntryStamp?
    }

    /// Two bytes and a multiple of eight.
    private let shared: [UInt8]
    private let shape: HeaderShape
    private let topic: Range<Int>

    public init(_ frame: BlockFrame) {
        let count = frame.topic.bytes.count
        shape = HeaderShape(topicLength: count)
        topic = 2..<2 + count
        let header = EntryHeader(
            topic: frame.topic, blockEnd: frame.end, checksum: 0, payloadLength: 0, stamp: nil)
        shared = Array(header.encoded()[..<shape.checksum])
    }

    /// The header in the first 256 of `bytes`; nil when it is damaged, or none of this block.
    public func decode(_ bytes: RawSpan) -> Fields? {
        guard bytes.byteCount >= Layout.headerSize, isOurs(bytes),
            let fields = try? HeaderFields.rest(bytes, shape, topic)
        else { return nil }
        return Fields(
            checksum: fields.checksum, payloadLength: fields.payloadLength, stamp: fields.stamp)
    }

    private func isOurs(_ bytes: RawSpan) -> Bool {
        let shared = unsafe shared.span.bytes
        guard bytes.littleEndian(UInt16.self, at: 0) == shared.littleEndian(UInt16.self, at: 0)
        else { return false }
        var at = 2
        while at < shared.byteCount {
            guard
                bytes.littleEndian(UInt64.self, at: at) == shared.littleEndian(UInt64.self, at: at)
            else { return false }
            at += 8
        }
        return true
    }
}
