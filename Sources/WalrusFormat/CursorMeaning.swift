/// What a stored cursor means for the blocks that are really on disk.
///
/// Source: `docs/format.md`, section 6. The reference stores indices and ids that count blocks
/// which a later reader may not see, so a cursor is believed only where it points at an entry's
/// start.
public enum CursorMeaning: Hashable, Sendable {
    /// The next entry to be read stands, or will stand, at `offset` of the topic's block `block`.
    case at(block: Int, offset: Int)
    /// Every block is consumed.
    case end
    /// The cursor fits no entry. The place given is the last one that skips nothing unread.
    case unclear(block: Int, offset: Int)

    /// The boundary between entries that `offset` falls on.
    public struct Boundary: Hashable, Sendable {
        /// The start of an entry, or the end of the last one: the greatest not after the offset.
        public let offset: Int
        /// Whether that is the very offset that was asked for.
        public let isExact: Bool

        public init(offset: Int, isExact: Bool) {
            self.offset = offset
            self.isExact = isExact
        }
    }

    /// - Parameters:
    ///   - blockIDs: the allocation number of every block of the topic, in order (`BlockNumbers`).
    ///   - boundary: the boundary in the topic's block of that index.
    public init(
        _ cursor: StoredCursor, blockIDs: [UInt64],
        boundary: (_ block: Int, _ offset: Int) -> Boundary
    ) {
        let offset = Int(clamping: cursor.offset)
        func fits(_ block: Int) -> Bool { boundary(block, offset).isExact }

        if let id = cursor.tailBlockID {
            if let block = blockIDs.firstIndex(of: id), fits(block) {
                self = .at(block: block, offset: offset)
            } else if let block = blockIDs.indices.first(where: fits) {
                self = .unclear(block: block, offset: offset)
            } else {
                self = .unclear(block: 0, offset: 0)
            }
            return
        }
        let index = Int(clamping: cursor.blockIndex)
        if index >= blockIDs.count, offset == 0 {
            self = .end
            return
        }
        // Empty blocks counted when the cursor was stored: the real index may be lower.
        let last = min(index, blockIDs.count - 1)
        if let block = stride(from: last, through: 0, by: -1).first(where: fits) {
            self = .at(block: block, offset: offset)
        } else if index < blockIDs.count {
            self = .unclear(block: index, offset: boundary(index, offset).offset)
        } else {
            self = .unclear(block: 0, offset: 0)
        }
    }
}

/// Counts blocks as the reference numbers them: one number a block, whatever its length, and one
/// for a slot that was allocated and never used, which shows only when a used one follows in its
/// file.
public struct BlockNumbers: Sendable {
    private var next: UInt64 = 1
    private var pendingEmpty: UInt64 = 0

    public init() {}

    /// To be called at the start of every file, in the order of names.
    public mutating func beginFile() { pendingEmpty = 0 }

    public mutating func addEmptySlot() { pendingEmpty += 1 }

    /// The number of the block that stands next in the file.
    public mutating func addBlock() -> UInt64 {
        next += pendingEmpty
        pendingEmpty = 0
        defer { next += 1 }
        return next
    }
}
