/// The running numbers of a block's sound entries, and where one is missing between two of them.
///
/// Missing numbers are told only where nothing before them is damaged: an entry that cannot be read is
/// damage, not a gap.
public struct SequenceRun: Sendable {
    /// Numbers that are missing, or entries that have changed places.
    public struct Gap: Hashable, Sendable {
        /// Where the entry behind them is, in bytes from the block's start.
        public let offset: Int
        /// The numbers before and behind.
        public let after: UInt64
        public let next: UInt64
    }

    /// The numbers of the first and the last sound entry that has one.
    public private(set) var ends: (first: UInt64, last: UInt64)?
    /// The first of them.
    public private(set) var gaps: [Gap] = []
    /// How many are kept.
    private let gapsMax: Int

    public init(gapsMax: Int) { self.gapsMax = gapsMax }

    /// Adds the next sound entry with a number.
    public mutating func add(_ number: UInt64, at offset: Int, behindDamage: Bool) {
        // Wrapping: the numbers are whatever a file says.
        if let last = ends?.last, number != last &+ 1, !behindDamage, gaps.count < gapsMax {
            gaps.append(Gap(offset: offset, after: last, next: number))
        }
        ends = (ends?.first ?? number, number)
    }
}

/// Finds the numbers that are missing in a topic, block by block in its order.
public struct TopicGaps: Sendable {
    /// Where the topic's reader stands: the place of a block among the topic's, and bytes from the
    /// block's start.
    private let reader: (block: Int, offset: Int)
    private var index = 0
    private var last: (number: UInt64, isSound: Bool)?
    private var lastFile: DataFileName?
    /// The block before is the reader's, which has come to the end of it.
    private var isLastRead = false

    public init(reader: (block: Int, offset: Int)) { self.reader = reader }

    /// What is missing before and in the next block. Between two files, the first of which is
    /// consumed, whatever is missing was consumed too and reclaimed.
    ///
    /// - Parameters:
    ///   - used: where the block's entries end, in bytes from its start.
    ///   - isSound: nothing in the block is damaged.
    public mutating func next(
        _ run: SequenceRun, in file: DataFileName, used: Int, isSound: Bool
    ) -> [SequenceRun.Gap] {
        defer {
            isLastRead = index == reader.block && reader.offset >= used
            lastFile = file
            index += 1
            if let end = run.ends?.last {
                last = (end, isSound)
            } else if !isSound {
                last?.isSound = false
            }
        }
        let isBehindReader = index <= reader.block || isLastRead
        let mayBeReclaimed = lastFile != nil && isBehindReader && lastFile != file
        guard let last, last.isSound, isSound, let first = run.ends?.first,
            first != last.number &+ 1, first < last.number || !mayBeReclaimed
        else { return run.gaps }
        return [SequenceRun.Gap(offset: 0, after: last.number, next: first)] + run.gaps
    }
}
