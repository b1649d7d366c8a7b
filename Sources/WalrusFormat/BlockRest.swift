/// What stands in a block behind the last entry that a walk over it found.
///
/// A write that a crash cut short leaves some of an entry there, or nothing. Whatever else there is
/// may be entries that nobody has read.
public struct BlockRest: Hashable, Sendable {
    /// The first byte that is not zero, from the block's start; behind the header at fault where the
    /// walk could not go on.
    public let firstByte: Int?
    /// Where an entry stands behind bytes that are none: a header before it was wiped.
    public let entry: Int?

    /// Nothing.
    public init() { (firstByte, entry) = (nil, nil) }

    fileprivate init(firstByte: Int?, entry: Int?) {
        (self.firstByte, self.entry) = (firstByte, entry)
    }

    /// Whether the block holds what was never read and may be worth a look, so that no engine
    /// deletes its file: damage, but for what an unfinished write leaves at the end.
    ///
    /// - Parameters:
    ///   - flaws: damaged entries, and the header that the walk could not get past.
    ///   - endsWithFlaw: one of them is the last thing in the block.
    ///   - isFull: no header would fit behind the last entry.
    public func isWorthKeeping(flaws: Int, endsWithFlaw: Bool, isFull: Bool) -> Bool {
        flaws > (endsWithFlaw ? 1 : 0) || entry != nil
            || endsWithFlaw && (isFull || firstByte != nil)
    }
}

extension EntryWalker {
    /// Looks behind the last entry of `frame`, where a walk ended.
    ///
    /// - Parameters:
    ///   - isLost: the header there does not tell how long its entry is.
    ///   - firstNonZero: where in a range of the file the first byte stands that is not zero.
    public mutating func rest<E: Error>(
        of frame: BlockFrame, behind end: Int, isLost: Bool,
        firstNonZero: (Range<Int>) throws(E) -> Int?
    ) throws -> BlockRest {
        let start = frame.start + end + (isLost ? Layout.headerSize : 0)
        guard start < frame.end, let first = try firstNonZero(start..<frame.end) else {
            return BlockRest()
        }
        return BlockRest(
            firstByte: first - frame.start,
            entry: isLost ? nil : try entry(in: frame, from: first - frame.start))
    }
}
