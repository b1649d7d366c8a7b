internal import WalrusFormat

/// A block of a topic as its readers see it: what is in it and acknowledged.
struct Block: Sendable {
    let file: DataFile
    let frame: BlockFrame
    /// Where the entries end, in bytes from the block's start.
    var used: Int
    /// Sound entries in it.
    var entries: Int
    /// What cannot be read, in bytes from the block's start: sorted, apart from one another.
    var damaged: [Range<Int>] = []
    /// Nothing more may be written here, though there may be room.
    var isSealed = false

    /// Whether the two are one block, in whatever state.
    func isSame(as other: Block) -> Bool {
        file === other.file && frame.start == other.frame.start
    }

    /// Whether nothing is left to be read from `offset` on, damage included.
    func isConsumed(at offset: Int) -> Bool {
        offset >= max(used, damaged.last?.upperBound ?? 0)
    }

    /// The first offset at or after `offset` that is not inside damage.
    func skippingDamage(_ offset: Int) -> Int {
        damaged.reduce(offset) { $1.contains($0) ? $1.upperBound : $0 }
    }

    func place(at offset: Int) -> EntryPlace {
        EntryPlace(file: file.name, slot: frame.slot, offset: offset)
    }

    func position(at offset: Int, sequence: UInt64) -> CursorPosition {
        CursorPosition(file: file.name, slot: frame.slot, offset: offset, sequence: sequence)
    }
}

/// Ranges that were found in ascending order; those that touch become one.
struct DamageList {
    private(set) var ranges: [Range<Int>] = []

    mutating func add(_ range: Range<Int>) {
        if let last = ranges.last, last.upperBound >= range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
            ranges.append(range)
        }
    }
}
