/// Where a topic's reader stands, as `read_offset_idx_index.db` stores it.
///
/// Corresponds to the reference's `BlockPos { cur_block_idx, cur_block_offset }`.
public struct StoredCursor: Hashable, Sendable {
    /// Bit 63 clear: index into the topic's chain of blocks, counting from 0. Set: the other 63
    /// bits are the id of the block that was being written.
    public var blockIndex: UInt64
    /// Bytes from the block's start to the next entry's header.
    public var offset: UInt64

    public init(blockIndex: UInt64, offset: UInt64) {
        self.blockIndex = blockIndex
        self.offset = offset
    }

    static let tailFlag: UInt64 = 1 << 63

    public static func chain(_ index: Int, offset: Int) -> StoredCursor {
        StoredCursor(blockIndex: UInt64(index), offset: UInt64(offset))
    }

    public static func tail(blockID: UInt64, offset: Int) -> StoredCursor {
        StoredCursor(blockIndex: tailFlag | blockID, offset: UInt64(offset))
    }

    /// The id of the block that was being written, when the cursor stood in it.
    public var tailBlockID: UInt64? {
        blockIndex & Self.tailFlag != 0 ? blockIndex & ~Self.tailFlag : nil
    }
}

/// The image of `read_offset_idx_index.db`: topic to cursor (`docs/format.md`, section 5).
public enum CursorIndexImage {
    public static func encode(_ cursors: [TopicName: StoredCursor]) -> [UInt8] {
        let values = cursors.mapValues { cursor in
            var value: [UInt8] = []
            value.appendLittleEndian(cursor.blockIndex)
            value.appendLittleEndian(cursor.offset)
            return value
        }
        return ArchivedMap.encode(values, key: .last)
    }

    public static func decode(_ image: [UInt8]) throws(FormatError) -> [TopicName: StoredCursor] {
        let bytes = unsafe image.span.bytes
        var cursors: [TopicName: StoredCursor] = [:]
        for (key, value) in try ArchivedMap.decode(bytes, key: .last) {
            cursors[key] = StoredCursor(
                blockIndex: bytes.littleEndian(UInt64.self, at: value),
                offset: bytes.littleEndian(UInt64.self, at: value + 8))
        }
        return cursors
    }

    /// Whether a reader that looks topics up by the image's table, as the reference may, finds all.
    public static func hasSoundTable(_ image: [UInt8]) -> Bool {
        image.isEmpty || ArchivedMap.hasSoundTable(unsafe image.span.bytes, key: .last)
    }
}

/// Whether the application has said that a topic needs no work, and how often it has changed.
public struct CleanMark: Hashable, Sendable {
    public var isClean: Bool
    /// Goes up by one with every change; the first "dirty" is 1.
    public var generation: UInt64

    public init(isClean: Bool, generation: UInt64) {
        self.isClean = isClean
        self.generation = generation
    }
}

/// The image of `topic_clean_index.db`: topic to mark (`docs/format.md`, section 5).
public enum CleanIndexImage {
    public static func encode(_ marks: [TopicName: CleanMark]) -> [UInt8] {
        let values = marks.mapValues { mark in
            var value: [UInt8] = []
            value.appendLittleEndian(mark.generation)
            value.appendLittleEndian(UInt64(mark.isClean ? 1 : 0))
            return value
        }
        return ArchivedMap.encode(values, key: .first)
    }

    public static func decode(_ image: [UInt8]) throws(FormatError) -> [TopicName: CleanMark] {
        let bytes = unsafe image.span.bytes
        var marks: [TopicName: CleanMark] = [:]
        for (key, value) in try ArchivedMap.decode(bytes, key: .first) {
            let flag = bytes.littleEndian(UInt64.self, at: value + 8)
            guard flag <= 1 else {
                throw FormatError(
                    field: "is_clean", range: value + 8..<value + 16,
                    problem: "is neither 0 nor 1, or its padding is not zero")
            }
            marks[key] = CleanMark(
                isClean: flag == 1, generation: bytes.littleEndian(UInt64.self, at: value))
        }
        return marks
    }

    /// Whether a reader that looks topics up by the image's table, as the reference may, finds all.
    public static func hasSoundTable(_ image: [UInt8]) -> Bool {
        image.isEmpty || ArchivedMap.hasSoundTable(unsafe image.span.bytes, key: .first)
    }
}
