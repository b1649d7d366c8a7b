internal import WalrusFormat

/// What is known about a block after walking over it. Entries can be added to it later.
struct BlockScan: Sendable {
    /// A damaged entry, or the place from where the block cannot be read.
    struct Damage: Hashable, Sendable {
        let offset: Int
        let why: EntryDamage
    }

    /// How many sound entries stand before an offset, and the boundary it falls on.
    struct Probe: Hashable, Sendable {
        var boundary = 0
        var entriesBefore = 0
    }

    /// How many damages and gaps of a block are kept one by one; the rest is only counted.
    static let detailMax = 32

    let frame: BlockFrame
    /// Where the walk goes on when more was written.
    private(set) var end = 0
    private(set) var entries = 0
    private(set) var damagedCount = 0
    private(set) var damages: [Damage] = []
    private(set) var stamps: StampRange?
    private(set) var gaps: [(offset: Int, after: UInt64, found: UInt64)] = []
    private(set) var run: BatchRun?
    /// The last entry, while it is damaged: torn, or in flight. Not counted above.
    private(set) var tail: Damage?
    private var tailEnd = 0
    /// Where the walk had to stop, and why.
    var lost: Damage?
    /// The first byte after the end that is not zero.
    var leftover: Int?
    /// The last header, to notice when a writer takes an entry back.
    private(set) var last: (offset: Int, checksum: UInt64)?
    private(set) var probes: [Int: Probe] = [:]

    init(frame: BlockFrame, probes offsets: [Int]) {
        self.frame = frame
        for offset in offsets { probes[offset] = Probe() }
    }

    /// Bytes of entries, damaged ones included.
    var used: Int { tail == nil ? end : tailEnd }
    /// Damaged entries, the last one included.
    var damaged: Int { damagedCount + (tail == nil ? 0 : 1) }
    var isFull: Bool { used + Layout.headerSize > frame.length }

    func probe(_ offset: Int) -> Probe? { probes[offset] }

    /// Where to go on walking. A damaged last entry is looked at again.
    var resumeOffset: Int { end }

    /// Forgets what a new walk from `resumeOffset` will find out anew.
    mutating func prepareResume() {
        tail = nil
        lost = nil
        leftover = nil
    }

    mutating func add(_ entry: WalkedEntry) {
        if let torn = tail { settle(torn, end: tailEnd) }
        if let why = entry.damage {
            tail = Damage(offset: entry.offset, why: why)
            tailEnd = entry.end
        } else {
            for offset in probes.keys where offset >= entry.end {
                probes[offset] = Probe(
                    boundary: entry.end, entriesBefore: (probes[offset]?.entriesBefore ?? 0) + 1)
            }
            addSound(entry)
            end = entry.end
        }
        last = (entry.offset, entry.checksum)
    }

    /// Counts a damaged entry that turned out not to be the last one.
    private mutating func settle(_ damage: Damage, end newEnd: Int) {
        damagedCount += 1
        if damages.count < Self.detailMax { damages.append(damage) }
        for (offset, probe) in probes where offset >= newEnd {
            probes[offset] = Probe(boundary: newEnd, entriesBefore: probe.entriesBefore)
        }
        run?.addDamaged()
        if run?.isOver == true { run = nil }
        end = newEnd
        tail = nil
    }

    private mutating func addSound(_ entry: WalkedEntry) {
        entries += 1
        guard let stamp = entry.stamp else {
            run = nil
            return
        }
        if let before = stamps?.last {
            let expected = before.sequence + 1
            if stamp.sequence != expected, damagedCount == 0, gaps.count < Self.detailMax {
                gaps.append((entry.offset, before.sequence, stamp.sequence))
            }
            stamps?.last = stamp
        } else {
            stamps = StampRange(first: stamp, last: stamp)
        }
        guard stamp.batchCount > 1 else {
            run = nil
            return
        }
        if run?.extend(stamp) != true {
            run = BatchRun(stamp, offset: entry.offset, entriesBefore: entries - 1)
        }
    }

    /// The probe at `offset`, with the damaged last entry taken into account.
    func boundary(_ offset: Int) -> Probe? {
        guard var probe = probes[offset] else { return nil }
        if tail != nil, offset >= tailEnd { probe.boundary = tailEnd }
        return probe
    }

    /// Adds a probe whose values were found by walking the block again.
    mutating func remember(_ offset: Int, _ probe: Probe) {
        // A reader moves on: what it asked for before will not be asked for again.
        if probes.count > 4 { probes.removeAll() }
        probes[offset] = probe
    }
}

/// The run of entries at the end of a block that belong to one batch.
struct BatchRun: Hashable, Sendable {
    /// Entries in the whole batch.
    let count: Int
    /// The batch index of the run's first entry: 0 unless the batch began in an earlier block.
    let firstIndex: Int
    private(set) var nextIndex: Int
    /// Where the run starts, in bytes from the block's start.
    let offset: Int
    /// Sound entries of the block before it.
    let entriesBefore: Int
    private(set) var sound = 1
    private(set) var isUnsound = false

    init(_ stamp: EntryStamp, offset: Int, entriesBefore: Int) {
        count = stamp.batchCount
        firstIndex = stamp.batchIndex
        nextIndex = stamp.batchIndex + 1
        self.offset = offset
        self.entriesBefore = entriesBefore
    }

    /// Whether every entry of the batch up to its last one has been seen.
    var isOver: Bool { nextIndex > count }
    var isWhole: Bool { nextIndex == count && !isUnsound }

    /// Takes the entry in if it is the batch's next one.
    mutating func extend(_ stamp: EntryStamp) -> Bool {
        guard stamp.batchCount == count, stamp.batchIndex == nextIndex else { return false }
        nextIndex += 1
        sound += 1
        return true
    }

    mutating func addDamaged() {
        nextIndex += 1
        isUnsound = true
    }
}
