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
    /// A damaged last entry is what an unfinished write leaves: a page of it, or what it has of one,
    /// was never written. A damaged header there counts as that.
    public let isUnfinished: Bool

    public init(firstByte: Int? = nil, entry: Int? = nil, isUnfinished: Bool = false) {
        self.firstByte = firstByte
        self.entry = entry
        self.isUnfinished = isUnfinished
    }

    /// Whether the block holds what no reader gets and may be worth a look, so that no engine
    /// deletes its file, wherever readers stand: damage, but for what an unfinished write leaves at
    /// the topic's end. What other blocks follow was finished once, as far as anybody knows: an entry
    /// may well be full of zeros.
    ///
    /// - Parameters:
    ///   - flaws: damaged entries, and the header that the walk could not get past.
    ///   - endsWithFlaw: one of them is the last thing in the block.
    ///   - isTopicsLast: no other block of the topic follows.
    public func isWorthKeeping(flaws: Int, endsWithFlaw: Bool, isTopicsLast: Bool) -> Bool {
        flaws > (endsWithFlaw ? 1 : 0) || entry != nil
            || endsWithFlaw && (!isUnfinished || !isTopicsLast || firstByte != nil)
    }
}

extension EntryWalker {
    /// Looks behind the last entry of `frame`, where a walk ended.
    ///
    /// - Parameters:
    ///   - isLost: the header there does not tell how long its entry is.
    ///   - damaged: the last entry, if it is not sound, from the block's start.
    ///   - firstNonZero: where in a range of the file the first byte stands that is not zero.
    public mutating func rest<E: Error>(
        of frame: BlockFrame, behind end: Int, isLost: Bool, damaged: Range<Int>?,
        firstNonZero: (Range<Int>) throws(E) -> Int?
    ) throws -> BlockRest {
        var isUnfinished = isLost
        if let damaged, !isLost {
            isUnfinished = try Self.isUnfinished(
                frame.start + damaged.lowerBound..<frame.start + damaged.upperBound, firstNonZero)
        }
        let start = frame.start + end + (isLost ? Layout.headerSize : 0)
        guard start < frame.end, let first = try firstNonZero(start..<frame.end) else {
            return BlockRest(isUnfinished: isUnfinished)
        }
        return BlockRest(
            firstByte: first - frame.start,
            entry: isLost ? nil : try entry(in: frame, from: first - frame.start),
            isUnfinished: isUnfinished)
    }

    /// Whether the part of a page that the entry takes holds nothing. Pages are written one by one,
    /// and a power loss takes them one by one; what is in one page is there or not.
    private static func isUnfinished<E: Error>(
        _ entry: Range<Int>, _ firstNonZero: (Range<Int>) throws(E) -> Int?
    ) throws(E) -> Bool {
        let page = 4_096
        var start = entry.lowerBound
        while start < entry.upperBound {
            let end = min((start / page + 1) * page, entry.upperBound)
            if try firstNonZero(start..<end) == nil { return true }
            start = end
        }
        return false
    }
}
