/// Entries of one batch that stand one after another at the end of a block.
///
/// Source: `docs/format.md`, section 4. What makes entries one batch is the sequence number of the
/// batch's first entry, which each of them tells: its own less its place in the batch.
public struct BatchRun: Hashable, Sendable {
    /// The sequence number of the batch's first entry.
    public let batch: UInt64
    /// Entries that the batch should have.
    public let count: Int
    /// The places in the batch that are here.
    public private(set) var indices: Range<Int>
    /// Bytes from the block's start to the first of them.
    public let start: Int
    /// Sound entries of the block before it.
    public let soundBefore: Int
    /// Sound ones among those that are here.
    public private(set) var sound: Int

    public var isSound: Bool { sound == indices.count }

    /// The run that a block ends with after `entry`, having ended with `run` before it.
    ///
    /// - Parameter soundBefore: sound entries of the block before `entry`.
    public static func after(_ run: BatchRun?, _ entry: WalkedEntry, soundBefore: Int) -> BatchRun?
    {
        let isSound = entry.damage == nil
        guard let stamp = entry.stamp else {
            // A damaged header does not say whose it is: inside a batch it is taken for one of it.
            guard let run, !isSound, run.indices.upperBound < run.count else { return nil }
            return run.longer(isSound: false)
        }
        guard stamp.batchCount > 1 else { return nil }
        let batch = stamp.sequence &- UInt64(stamp.batchIndex)
        if let run, run.batch == batch, run.count == stamp.batchCount,
            run.indices.upperBound == stamp.batchIndex
        {
            return run.longer(isSound: isSound)
        }
        return BatchRun(
            batch: batch, count: stamp.batchCount,
            indices: stamp.batchIndex..<stamp.batchIndex + 1, start: entry.offset,
            soundBefore: soundBefore, sound: isSound ? 1 : 0)
    }

    private func longer(isSound: Bool) -> BatchRun {
        var run = self
        run.indices = indices.lowerBound..<indices.upperBound + 1
        if isSound { run.sound += 1 }
        return run
    }
}

/// The batch that a topic ends with: its runs, block by block.
public struct TrailingBatch: Hashable, Sendable {
    public struct Piece: Hashable, Sendable {
        /// Index into the topic's blocks.
        public let block: Int
        public let run: BatchRun
    }

    /// In the topic's order; one at least.
    public private(set) var pieces: [Piece]

    /// - Parameters:
    ///   - blockCount: blocks of the topic.
    ///   - run: the run that a block ends with. Nil: it ends otherwise.
    ///   - isBare: whether a block holds no entry at all that could be read.
    public init?(
        blockCount: Int, run: (_ block: Int) -> BatchRun?, isBare: (_ block: Int) -> Bool
    ) {
        guard let last = (0..<blockCount).last(where: { !isBare($0) }), let end = run(last) else {
            return nil
        }
        pieces = [Piece(block: last, run: end)]
        // Also behind a gap: what a power loss left of a batch goes as a whole.
        while let first = pieces.first, first.run.start == 0, first.block > 0,
            let before = run(first.block - 1), before.batch == end.batch,
            before.count == end.count,
            before.indices.upperBound <= first.run.indices.lowerBound
        {
            pieces.insert(Piece(block: first.block - 1, run: before), at: 0)
        }
    }

    public var first: Piece { pieces[0] }

    /// Entries of the batch that are there, sound or not.
    public var found: Int { pieces.reduce(0) { $0 + $1.run.indices.count } }
    /// Sound entries of the batch that are there.
    public var sound: Int { pieces.reduce(0) { $0 + $1.run.sound } }

    /// Where the topic's reader stands, as far as the files tell.
    public enum Reader: Hashable, Sendable {
        /// They cannot be read.
        case unknown
        /// It has never moved.
        case begin
        /// In the topic's block `block`, or behind the last one; `sequence` is that of the last
        /// entry it had, 0 when nothing tells.
        case at(block: Int, sequence: UInt64)
    }

    /// Whether every entry that should be there is, and is sound.
    ///
    /// Files are reclaimed once they are consumed, whatever part of a batch is in them. So a batch
    /// whose first entries are gone is whole if the reader can have had them, and in doubt it is:
    /// what does not count is erased. `followsHole` says of a block whether an empty or unreadable
    /// slot stands before it in its file, which no writer leaves there.
    public func isWhole<E: Error>(
        reader: () throws(E) -> Reader, followsHole: (_ block: Int) -> Bool
    ) throws(E) -> Bool {
        var next = first.run.indices.lowerBound
        for piece in pieces {
            guard piece.run.indices.lowerBound == next, piece.run.isSound else { return false }
            next = piece.run.indices.upperBound
        }
        guard next == first.run.count else { return false }
        let missing = first.run.indices.lowerBound
        guard missing > 0 else { return true }
        // What comes before it in its block was not reclaimed, so neither was its beginning.
        guard first.run.start == 0 else { return false }
        switch try reader() {
        case .unknown:
            return true
        case .begin:
            return first.block == 0 && !followsHole(0)
        case .at(let block, let sequence):
            guard block >= first.block else { return false }
            return sequence == 0 || sequence + 1 >= first.run.batch + UInt64(missing)
        }
    }
}
