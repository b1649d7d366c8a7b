internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// What is known about a data file after looking at its slots.
struct FileScan: Sendable {
    enum Slot: Hashable, Sendable {
        case empty
        /// Index into `blocks`.
        case block(Int)
        /// Taken by the block before.
        case continued
        /// Not empty, and nothing in it can be read: the first byte that is not zero.
        case unreadable(offset: Int)
    }

    let name: DataFileName
    let path: FilePath
    var status: FileStatus
    var slots: [Slot] = []
    var blocks: [BlockScan] = []
    var failure: IOError?

    init(name: DataFileName, path: FilePath, status: FileStatus) {
        self.name = name
        self.path = path
        self.status = status
    }

    func open() throws(IOError) -> DiskFile { try DiskFile(path, .readOnly) }

    /// Looks at every slot and finds the blocks, without walking over them.
    mutating func findBlocks(probes: [TopicName: [Int]]) throws {
        let file = try open()
        slots = []
        blocks = []
        try findBlocks(in: file, from: 0, probes: probes)
    }

    /// Looks at the slots from `start` on, appending to what is known.
    private mutating func findBlocks(
        in file: DiskFile, from start: Int, probes: [TopicName: [Int]]
    ) throws {
        var walker = EntryWalker(file)
        let size = min(status.size, Layout.fileSize)
        let slotCount = (size + Layout.unit - 1) / Layout.unit
        var slot = start
        while slot < slotCount {
            // Most slots of most files were never written: ask the file system, do not read.
            guard let data = try file.dataRange(from: slot * Layout.unit) else { break }
            while slot < min(data.lowerBound / Layout.unit, slotCount) {
                slots.append(.empty)
                slot += 1
            }
            guard slot < slotCount else { break }
            if let frame = try walker.frame(at: slot * Layout.unit) {
                slots.append(.block(blocks.count))
                let units = min(frame.units, slotCount - slot)
                slots += repeatElement(.continued, count: max(0, units - 1))
                let written = min(data.upperBound, frame.end) - frame.start
                blocks.append(
                    BlockScan(frame: frame, written: written, probes: probes[frame.topic] ?? []))
                slot += max(1, units)
            } else {
                let blank = try Self.blank(slot, in: file, size: size)
                // Its payload is not to be taken for blocks, as far as its extent can be told.
                let length =
                    blank == .empty ? Layout.unit : try walker.length(at: slot * Layout.unit)
                let units = min(length / Layout.unit, slotCount - slot)
                slots.append(blank)
                slots += repeatElement(.continued, count: units - 1)
                slot += units
            }
        }
        while case .empty? = slots.last { slots.removeLast() }
    }

    /// What a slot is in which no block begins.
    private static func blank(_ slot: Int, in file: DiskFile, size: Int) throws -> Slot {
        let range = slot * Layout.unit..<min((slot + 1) * Layout.unit, size)
        let nonZero = try file.firstNonZero(in: range)
        return nonZero.map { .unreadable(offset: $0 - range.lowerBound) } ?? .empty
    }

    /// Looks for blocks that were not there before: in empty slots, and after the last one.
    mutating func findNewBlocks(in file: DiskFile, probes: [TopicName: [Int]]) throws {
        var walker = EntryWalker(file)
        let size = min(status.size, Layout.fileSize)
        for slot in slots.indices {
            switch slots[slot] {
            case .block, .continued: continue
            case .empty, .unreadable: break
            }
            let isBlank = try walker.frame(at: slot * Layout.unit) == nil
            if isBlank, try Self.blank(slot, in: file, size: size) == slots[slot] { continue }
            // Something grew where there was nothing: look at the whole file again.
            return try findBlocks(probes: probes)
        }
        try findBlocks(in: file, from: slots.count, probes: probes)
    }
}

extension EntryWalker {
    init(_ file: DiskFile) {
        unsafe self.init { offset, buffer in try unsafe file.read(at: offset, into: buffer) }
    }
}

extension DiskFile {
    /// Whether a header, or the beginning of one, stands at `offset`.
    fileprivate func isWritten(_ offset: Int) throws -> Bool {
        try read(at: offset, count: Layout.headerSize).contains { $0 != 0 }
    }
}

extension BlockScan {
    /// Walks over what was written since the last walk. `advance` hears of the bytes read and says
    /// whether to go on.
    ///
    /// A writer goes on meanwhile: what the walk ends at, and what stands behind it, are seen at two
    /// moments. What does not go together is looked at again.
    mutating func walk(_ file: DiskFile, advance: (Int) -> Bool = { _ in true }) throws {
        var lastEnd: Int?
        for _ in 0..<Self.looksMax {
            guard try look(file, advance: advance) else { return }
            if tail != nil || lost != nil {
                // In flight, perhaps: once more, as long as it gets further.
                guard lastEnd != end else { return }
                lastEnd = end
            } else {
                // Behind bytes that are none, and still are, there is more: so it is.
                guard leftover != nil, try file.isWritten(frame.start + used) else { return }
            }
        }
        // It is always ahead. The next walk goes on here.
        prepareResume()
    }

    /// How often one walk looks for the end of what a writer writes.
    private static let looksMax = 8

    /// Whether it came to the end.
    private mutating func look(_ file: DiskFile, advance: (Int) -> Bool) throws -> Bool {
        prepareResume()
        var walker = EntryWalker(file)
        var read = 0
        var scan = self
        let stop = try unsafe walker.walk(frame, from: end) { entry, _ in
            scan.add(entry)
            read += entry.end - entry.offset
            guard read > 1 << 20 else { return true }
            defer { read = 0 }
            return advance(read)
        }
        self = scan
        if !advance(read) || stop.stopped { return false }
        if let why = stop.lost { lost = Damage(offset: stop.offset, why: why) }
        rest = try walker.rest(
            of: frame, behind: stop.offset, isLost: lost != nil,
            damaged: tail.map { $0.offset..<used }
        ) { range throws(IOError) in
            try file.firstNonZero(in: range)
        }
        return true
    }

    /// Whether a writer has changed the end of the block since it was walked.
    func isStale(_ file: DiskFile) throws -> Staleness {
        // Without a sound entry nothing vouches for the block: its slot may be free again.
        guard let anchor else { return .rewritten }
        let bytes = try file.read(at: frame.start + anchor.offset, count: Layout.headerSize)
        let header = EntryHeader(
            topic: frame.topic, blockEnd: frame.end, checksum: anchor.checksum,
            payloadLength: anchor.payloadLength, stamp: anchor.stamp)
        guard bytes == header.encoded() else { return .rewritten }
        if isDoubtful { return .rewritten }
        let isUncertain = tail != nil || lost != nil || leftover != nil
        let next =
            isFull ? [] : try file.read(at: frame.start + used, count: Layout.headerSize)
        guard isUncertain || next.contains(where: { $0 != 0 }) else { return .same }
        // What looked damaged while it was being written may be whole by now.
        return damagedCount > 0 ? .rewritten : .grown
    }

    enum Staleness { case same, grown, rewritten }

    /// Counts the sound entries before `offset` by walking the block, as far as needed.
    func measure(_ file: DiskFile, _ offset: Int) throws -> Probe {
        // Go on from the nearest place that is known already. Where nothing is damaged, headers are
        // all that counting takes.
        var probe = nearestProbe(before: offset)
        var walker = EntryWalker(file)
        _ = try unsafe walker.walk(frame, from: probe.boundary, verify: damaged > 0) { entry, _ in
            // A header alone may promise more than the file has.
            guard entry.end <= min(offset, used) else { return false }
            probe.boundary = entry.end
            if entry.damage == nil { probe.entriesBefore += 1 }
            return true
        }
        return probe
    }

    /// The batch that the entries before `offset` end with, by walking the block again.
    func run(_ file: DiskFile, before offset: Int) throws -> BatchRun? {
        var walker = EntryWalker(file)
        var run: BatchRun?
        var sound = 0
        _ = try unsafe walker.walk(frame) { entry, _ in
            guard entry.end <= offset else { return false }
            run = BatchRun.after(run, entry, soundBefore: sound)
            if entry.damage == nil { sound += 1 }
            return true
        }
        return run
    }
}
