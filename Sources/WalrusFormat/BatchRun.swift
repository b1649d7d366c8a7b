/// Entries of one batch that stand one after another at the end of a block.
///
/// Source: `docs/format.md`, section 4. What makes entries one batch is the sequence number of the
/// batch's first entry, which each of them tells: its own less its place in the batch.
public struct BatchRun: Hashable, Sendable {
    /// The sequence number of the batch's first entry.
    public let batch: UInt64
    /// Entries that the batch should have.
    public let count: Int
    /// The places in the batch from the first to the last one here.
    public private(set) var indices: Range<Int>
    /// Bytes from the block's start to the first of them.
    public let start: Int
    /// Sound entries of the block before it.
    public let soundBefore: Int
    /// Entries of the batch that are here, sound or not.
    public private(set) var found = 1
    /// Sound ones among them.
    public private(set) var sound: Int

    /// Whether every entry from the first to the last one is here and sound.
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
            return run.longer(to: run.indices.upperBound, isSound: false)
        }
        guard stamp.batchCount > 1 else { return nil }
        let batch = stamp.sequence &- UInt64(stamp.batchIndex)
        if let run, run.batch == batch, run.count == stamp.batchCount,
            run.indices.upperBound <= stamp.batchIndex
        {
            return run.longer(to: stamp.batchIndex, isSound: isSound)
        }
        return BatchRun(
            batch: batch, count: stamp.batchCount,
            indices: stamp.batchIndex..<stamp.batchIndex + 1, start: entry.offset,
            soundBefore: soundBefore, sound: isSound ? 1 : 0)
    }

    private func longer(to index: Int, isSound: Bool) -> BatchRun {
        var run = self
        run.indices = indices.lowerBound..<index + 1
        run.found += 1
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
        pieces = []
        for block in (0..<blockCount).reversed() where !isBare(block) {
            guard let run = run(block) else { break }
            if let next = pieces.first?.run {
                // Also behind a gap: what a power loss left of a batch goes as a whole.
                guard run.batch == next.batch, run.count == next.count,
                    run.indices.upperBound <= next.indices.lowerBound
                else { break }
            }
            pieces.insert(Piece(block: block, run: run), at: 0)
            // What comes before in this block is no part of it, so nothing in the one before is.
            guard run.start == 0 else { break }
        }
        guard !pieces.isEmpty else { return nil }
    }

    public var first: Piece { pieces[0] }

    /// Entries of the batch that are there, sound or not.
    public var found: Int { pieces.reduce(0) { $0 + $1.run.found } }
    /// Sound entries of the batch that are there.
    public var sound: Int { pieces.reduce(0) { $0 + $1.run.sound } }

    /// What is to become of it.
    public enum Verdict: Hashable, Sendable {
        /// It counts: every entry is there and sound, or a reader had some of it, so that it was
        /// acknowledged as a whole. What is wrong with it is damage then, what is missing was consumed
        /// and reclaimed, or is a gap.
        case counts
        /// Its beginning is not there, and nothing tells whether a reader had it: it counts, since what
        /// does not is erased.
        case countsInDoubt
        /// It does not count, as a whole.
        case isTorn
    }

    /// Whether it counts: a batch is all or nothing.
    ///
    /// - Parameters:
    ///   - consumed: the greatest sequence number that a reader is known to have had, 0 if none ever
    ///     had any; nil: nothing tells.
    ///   - reader: where the topic's cursor stands, if something says so that is beyond doubt. Asked
    ///     only where it matters.
    ///   - followsHole: whether an empty or unreadable slot stands before a block in its file, which
    ///     no writer leaves there.
    public func verdict<E: Error>(
        consumed: UInt64?, reader: () throws(E) -> (block: Int, offset: Int)?,
        followsHole: (_ block: Int) -> Bool
    ) throws(E) -> Verdict {
        var next = first.run.indices.lowerBound
        var isWholeToTheEnd = true
        for piece in pieces {
            isWholeToTheEnd =
                isWholeToTheEnd && piece.run.indices.lowerBound == next && piece.run.isSound
            next = piece.run.indices.upperBound
        }
        isWholeToTheEnd = isWholeToTheEnd && next == first.run.count
        if isWholeToTheEnd, first.run.indices.lowerBound == 0 { return .counts }
        if let consumed, consumed >= first.run.batch { return .counts }
        if let reader = try reader(), reader > (first.block, first.run.start) { return .counts }
        // What comes before it in its block was not reclaimed, so neither was its beginning.
        guard isWholeToTheEnd, first.run.start == 0 else { return .isTorn }
        guard let consumed else { return .countsInDoubt }
        // Nobody ever read the topic: a person, or another engine, may have taken its first files.
        return consumed == 0 && first.block == 0 && !followsHole(0) ? .counts : .isTorn
    }
}
