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
    /// Bytes from its start to where the file system tells of a hole: what a walk reads, about.
    let written: Int
    /// Where the walk goes on when more was written: a damaged last entry is looked at again.
    private(set) var end = 0
    private(set) var entries = 0
    private(set) var damagedCount = 0
    private(set) var damages: [Damage] = []
    private(set) var stamps: StampRange?
    private(set) var numbers = SequenceRun(gapsMax: detailMax)
    private var run: BatchRun?
    /// The last entry, while it is damaged: torn, or in flight. Not counted above.
    private var torn: WalkedEntry?
    /// Where the walk had to stop, and why.
    var lost: Damage?
    /// What stands behind the end.
    var rest = BlockRest()
    /// The last sound entry, to notice when a writer takes it back.
    private(set) var anchor: WalkedEntry?
    /// How many damaged entries an earlier walk over the whole block had found.
    private let confirmedCount: Int
    private var probes: [(offset: Int, probe: Probe)]

    init(frame: BlockFrame, written: Int? = nil, probes offsets: [Int], confirmedDamage: Int = 0) {
        self.frame = frame
        self.written = written ?? frame.length
        confirmedCount = confirmedDamage
        probes = offsets.map { ($0, Probe()) }
    }

    /// How many bytes a walk that goes on will read, about.
    var toRead: Int { max(0, written - end) }
    /// Bytes of entries, damaged ones included.
    var used: Int { torn?.end ?? end }
    /// Damaged entries, the last one included.
    var damaged: Int { damagedCount + (torn == nil ? 0 : 1) }
    /// The first byte after the end that is not zero.
    var leftover: Int? { lost == nil ? rest.firstByte : nil }
    /// Whether no engine deletes the file, because of what no reader gets here.
    func isWorthKeeping(isTopicsLast: Bool) -> Bool {
        rest.isWorthKeeping(
            flaws: damaged + (lost == nil ? 0 : 1), endsWithFlaw: torn != nil || lost != nil,
            isTopicsLast: isTopicsLast)
    }
    var isFull: Bool { used + Layout.headerSize > frame.length }
    /// Whether damage was seen only once: a writer's pages may come in any order, so that an entry
    /// in flight can look damaged although others follow it.
    var isDoubtful: Bool { damagedCount != confirmedCount }

    var tail: Damage? {
        torn.flatMap { entry in entry.damage.map { Damage(offset: entry.offset, why: $0) } }
    }

    /// The batch that the block ends with, a damaged last entry taken for one of it.
    var trailingRun: BatchRun? {
        torn.map { BatchRun.after(run, $0, soundBefore: entries) } ?? run
    }

    /// Forgets what a new walk from `end` will find out anew.
    mutating func prepareResume() {
        torn = nil
        lost = nil
        rest = BlockRest()
        // Measured when the last entry was still there; it may have been taken back.
        probes.removeAll { $0.probe.boundary > end }
    }

    mutating func add(_ entry: WalkedEntry) {
        if let torn { settle(torn) }
        guard entry.damage == nil else {
            torn = entry
            return
        }
        run = BatchRun.after(run, entry, soundBefore: entries)
        entries += 1
        end = entry.end
        anchor = entry
        for index in probes.indices where probes[index].offset >= end {
            probes[index].probe.boundary = end
            probes[index].probe.entriesBefore += 1
        }
        if let stamp = entry.stamp { add(stamp, at: entry.offset) }
    }

    /// Counts a damaged entry that turned out not to be the last one.
    private mutating func settle(_ entry: WalkedEntry) {
        run = BatchRun.after(run, entry, soundBefore: entries)
        damagedCount += 1
        if damages.count < Self.detailMax, let tail { damages.append(tail) }
        end = entry.end
        for index in probes.indices where probes[index].offset >= end {
            probes[index].probe.boundary = end
        }
        torn = nil
    }

    private mutating func add(_ stamp: EntryStamp, at offset: Int) {
        numbers.add(stamp.sequence, at: offset, behindDamage: damagedCount > 0)
        stamps = StampRange(first: stamps?.first ?? stamp, last: stamp)
    }

    /// The probe at `offset`, with the damaged last entry taken into account.
    func boundary(_ offset: Int) -> Probe? {
        guard var probe = probes.first(where: { $0.offset == offset })?.probe else { return nil }
        if torn != nil, offset >= used { probe.boundary = used }
        return probe
    }

    /// The probe to start from when an offset is to be measured.
    func nearestProbe(before offset: Int) -> Probe {
        probes.lazy.map(\.probe).filter { $0.boundary <= offset }
            .max { $0.boundary < $1.boundary } ?? Probe()
    }

    /// Adds a probe whose values were found by walking the block again.
    mutating func remember(_ offset: Int, _ probe: Probe) {
        // A reader moves on: what it asked for before will not be asked for again.
        if probes.count > 4 { probes.removeFirst() }
        probes.append((offset, probe))
    }
}
