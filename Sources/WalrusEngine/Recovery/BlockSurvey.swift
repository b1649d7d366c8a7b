internal import WalrusFormat
internal import WalrusIO

/// What a walk over a block found.
struct BlockSurvey: Sendable {
    /// A damaged entry.
    struct Flaw: Sendable {
        let offset: Int
        let damage: EntryDamage
    }

    private(set) var frame: BlockFrame
    /// Sound entries.
    var entries = 0
    var damage = DamageList()
    /// The first damaged entries, `flawCount` counts all.
    var flaws: [Flaw] = []
    var flawCount = 0
    /// Where the entries end, in bytes from the block's start.
    var used = 0
    /// The header there is damaged and does not say how long its entry is.
    var lost: EntryDamage?
    /// The last entry is sound, so that another may follow.
    var endsSound = false
    private var last = 0..<0
    /// What stands behind it.
    private(set) var rest = BlockRest()
    /// Sound entries' running numbers.
    private(set) var numbers = SequenceRun(gapsMax: flawsMax)
    var greatestSequence: UInt64 = 0
    var greatestTimestamp: UInt64 = 0
    /// The batch whose entries the block ends with.
    var trailing: BatchRun?

    private static let flawsMax = RecoveryReport.damageMax

    /// Surveys the block from the header at `start` to its end, or to `limit`.
    init(
        _ frame: BlockFrame, _ walker: inout EntryWalker, from start: Int = 0,
        limit: Int = .max
    ) throws {
        self.frame = frame
        let end = unsafe try walker.walk(frame, from: start) { entry, _ in
            guard entry.offset < limit else { return false }
            add(entry)
            return entry.end < limit
        }
        used = end.offset
        lost = end.lost
        if let lost {
            add(Flaw(offset: used, damage: lost))
            damage.add(used..<min(limit, frame.length))
            endsSound = false
        }
    }

    /// Surveys the whole block, and what stands behind its entries.
    init(_ frame: BlockFrame, _ walker: inout EntryWalker, in file: DataFile) throws {
        try self.init(frame, &walker)
        rest = try walker.rest(
            of: frame, behind: used, isLost: lost != nil,
            damaged: flawCount > 0 && !endsSound ? last : nil
        ) { range throws(IOError) in
            try file.firstNonZero(in: range)
        }
    }

    /// Whether there is something in it that was never read and may be worth a look.
    func isWorthKeeping(isTopicsLast: Bool) -> Bool {
        rest.isWorthKeeping(
            flaws: flawCount, endsWithFlaw: flawCount > 0 && !endsSound, isTopicsLast: isTopicsLast)
    }

    /// Surveys a block in use again, from the header at `start` to the last acknowledged entry.
    init(_ block: Block, from start: Int) throws(EngineError) {
        let frame = block.frame
        self = try walking(block.file) { walker in
            try BlockSurvey(frame, &walker, from: start, limit: block.used)
        }
    }

    private mutating func add(_ entry: WalkedEntry) {
        trailing = BatchRun.after(trailing, entry, soundBefore: entries)
        last = entry.offset..<entry.end
        if let found = entry.damage {
            add(Flaw(offset: entry.offset, damage: found))
            damage.add(entry.offset..<entry.end)
            endsSound = false
        } else {
            entries += 1
            endsSound = true
            if let stamp = entry.stamp {
                numbers.add(stamp.sequence, at: entry.offset, behindDamage: flawCount > 0)
            }
        }
        if let stamp = entry.stamp {
            greatestSequence = max(greatestSequence, stamp.sequence)
            greatestTimestamp = max(greatestTimestamp, stamp.timestamp)
        }
    }

    private mutating func add(_ flaw: Flaw) {
        flawCount += 1
        if flaws.count < Self.flawsMax { flaws.append(flaw) }
    }

    /// Takes the entry at `offset` for damaged, if it was sound when looked at once more: a device
    /// that gives different bytes each time is not to be trusted.
    mutating func blame(_ offset: Int, in block: Block) {
        guard damage.ranges.first?.contains(offset) != true else { return }
        entries = 0
        damage = DamageList()
        damage.add(offset..<block.used)
    }

    func block(in file: DataFile) -> Block {
        Block(
            file: file, frame: frame, used: used, entries: entries, damaged: damage.ranges)
    }
}

/// Gives `body` a walker over the file and tells its errors as ours.
func walking<R>(_ file: DataFile, _ body: (inout EntryWalker) throws -> R)
    throws(EngineError) -> R
{
    var walker = unsafe EntryWalker { offset, buffer in
        unsafe try file.read(at: offset, into: buffer)
    }
    do {
        return try body(&walker)
    } catch let error as IOError {
        throw EngineError(error)
    } catch {
        preconditionFailure("a walk fails only where its reads do: \(error)")
    }
}
