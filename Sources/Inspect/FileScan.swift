internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// What is known about a data file after looking at its slots.
struct FileScan: Sendable {
    enum Slot: Sendable {
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
                blocks.append(BlockScan(frame: frame, probes: probes[frame.topic] ?? []))
                slot += max(1, units)
            } else {
                let range = slot * Layout.unit..<min((slot + 1) * Layout.unit, size)
                let nonZero = try file.firstNonZero(in: range)
                slots.append(nonZero.map { .unreadable(offset: $0 - range.lowerBound) } ?? .empty)
                slot += 1
            }
        }
        while case .empty? = slots.last { slots.removeLast() }
    }

    /// Looks for blocks that were not there before: in empty slots, and after the last one.
    /// Returns whether any was found.
    mutating func findNewBlocks(in file: DiskFile, probes: [TopicName: [Int]]) throws -> Bool {
        var walker = EntryWalker(file)
        var isChanged = false
        for slot in slots.indices {
            switch slots[slot] {
            case .empty, .unreadable: break
            case .block, .continued: continue
            }
            guard try walker.frame(at: slot * Layout.unit) != nil else { continue }
            isChanged = true
            break
        }
        if isChanged {
            // Something grew where there was nothing: look at the whole file again.
            try findBlocks(probes: probes)
            return true
        }
        let before = blocks.count
        try findBlocks(in: file, from: slots.count, probes: probes)
        return blocks.count > before
    }
}

extension EntryWalker {
    init(_ file: DiskFile) {
        unsafe self.init { offset, buffer in try unsafe file.read(at: offset, into: buffer) }
    }
}

extension BlockScan {
    /// Walks over what was written since the last walk. `advance` hears of the bytes read and says
    /// whether to go on.
    mutating func walk(_ file: DiskFile, advance: (Int) -> Bool = { _ in true }) throws {
        prepareResume()
        var walker = EntryWalker(file)
        var read = 0
        var scan = self
        let stop = try unsafe walker.walk(frame, from: resumeOffset) { entry, _ in
            scan.add(entry)
            read += entry.end - entry.offset
            guard read > 1 << 20 else { return true }
            defer { read = 0 }
            return advance(read)
        }
        self = scan
        if !advance(read) || stop.stopped { return }
        if let why = stop.lost { lost = Damage(offset: stop.offset, why: why) }
        guard lost == nil else { return }
        let rest = frame.start + used..<frame.end
        leftover = try file.firstNonZero(in: rest).map { $0 - frame.start }
    }

    /// Whether a writer has changed the end of the block since it was walked.
    func isStale(_ file: DiskFile) throws -> Staleness {
        if let last {
            let bytes = try file.read(at: frame.start + last.offset, count: Layout.headerSize)
            // A damaged header has no checksum to compare: it is looked at again anyway.
            if tail == nil {
                guard let header = try? EntryHeader.decode(bytes), header.checksum == last.checksum
                else { return .rewritten }
            } else {
                return .grown
            }
        }
        if lost != nil || leftover != nil { return .grown }
        guard !isFull else { return .same }
        let next = try file.read(at: frame.start + used, count: Layout.headerSize)
        return next.allSatisfy { $0 == 0 } ? .same : .grown
    }

    enum Staleness { case same, grown, rewritten }

    /// Counts the sound entries before `offset` by walking the block, as far as needed.
    func measure(_ file: DiskFile, _ offset: Int) throws -> Probe {
        // Go on from the nearest place that is known already.
        let from =
            probes.values.filter { $0.boundary <= offset }
            .max { $0.boundary < $1.boundary } ?? Probe()
        var probe = from
        var walker = EntryWalker(file)
        _ = try unsafe walker.walk(frame, from: from.boundary) { entry, _ in
            guard entry.end <= offset else { return false }
            probe.boundary = entry.end
            if entry.damage == nil { probe.entriesBefore += 1 }
            return true
        }
        return probe
    }
}
