internal import WalrusFormat
internal import WalrusIO

/// Puts together what the scans of the files say: topics in their order, cursors, findings.
struct Assembly {
    typealias Measure = (_ file: DataFileName, _ block: Int, _ offset: Int) -> BlockScan.Probe
    /// The batch that the entries of a block before `offset` end with.
    typealias RunBefore = (_ file: DataFileName, _ block: Int, _ offset: Int) -> BatchRun?

    /// Whether something that is not zero stands in a range of a file.
    typealias HoldsData = (_ file: DataFileName, _ range: Range<Int>) -> Bool

    /// A block of a topic, and where its scan is.
    struct Link {
        let file: DataFileName
        let index: Int
        let number: UInt64
        let scan: BlockScan
        /// A slot before it in its file is empty or unreadable.
        let followsHole: Bool
        /// Sound entries and bytes that count: without those of a batch that is not whole.
        var entries: Int
        var used: Int
        /// The batch that those end with.
        var run: BatchRun?
        /// All of it belongs to a batch that is not whole: opening erases it.
        var isDropped = false
        var entriesBefore = 0

        /// What does not count is erased when an engine opens the directory.
        func isWorthKeeping(isTopicsLast: Bool) -> Bool {
            used == scan.used
                ? scan.isWorthKeeping(isTopicsLast: isTopicsLast)
                : scan.damages.contains { $0.offset < used }
        }
    }

    let sidecars: Sidecars
    let measure: Measure
    private let runBefore: RunBefore
    private let holdsData: HoldsData
    private var numbers = BlockNumbers()
    private var chains: [TopicName: [Link]] = [:]
    var state = DirectoryState()
    var findings: FindingList

    init(
        sidecars: Sidecars, measure: @escaping Measure, runBefore: @escaping RunBefore,
        holdsData: @escaping HoldsData
    ) {
        self.sidecars = sidecars
        self.measure = measure
        self.runBefore = runBefore
        self.holdsData = holdsData
        findings = FindingList(sidecars.findings)
    }

    /// Adds a file. To be called in the order of names.
    mutating func add(_ scan: FileScan) {
        numbers.beginFile()
        var file = FileState(
            name: scan.name, size: scan.status.size, allocated: scan.status.allocated,
            modified: scan.status.modified)
        file.isReadable = scan.failure == nil
        var followsHole = false
        for slot in scan.slots.indices {
            switch scan.slots[slot] {
            case .empty:
                numbers.addEmptySlot()
                followsHole = true
            case .continued: break
            case .unreadable:
                _ = numbers.addBlock()
                followsHole = true
                file.unreadableSlots.append(slot)
            case .block(let index):
                let block = scan.blocks[index]
                let link = Link(
                    file: scan.name, index: index, number: numbers.addBlock(), scan: block,
                    followsHole: followsHole, entries: block.entries, used: block.used,
                    run: block.trailingRun)
                chains[block.frame.topic, default: []].append(link)
                // Places in the topic are known at the end only.
                file.blocks.append(blockState(link, cursor: (0, 0), index: 0, isTail: false))
            }
        }
        state.files.append(file)
        findings.add(fileFindings: scan)
    }

    /// - Parameter progress: hears how many topics are put together, and of how many.
    mutating func finish(
        listing: [DirectoryEntry], time: UInt64, progress: (Int, Int) -> Void = { _, _ in }
    ) -> DirectoryState {
        findings.add(strayFiles: listing)
        let names = Set(chains.keys).union(sidecars.cursors.keys).union(sidecars.marks.keys)
            .union(sidecars.journal.keys)
        if state.files.isEmpty, !names.isEmpty {
            findings.add(
                Finding(
                    .warning, .missingFiles,
                    "the index files know \(names.count) \(names.count == 1 ? "topic" : "topics"), but no data file is there: they were "
                        + "reclaimed once read, or are gone"))
        }
        var blocks: [DataFileName: [Int: BlockState]] = [:]
        state.topics = names.sorted().enumerated().map { index, name in
            if index.isMultiple(of: 64) { progress(index, names.count) }
            return topic(name) { blocks[$0.file, default: [:]][$0.slot] = $0 }
        }
        for index in state.files.indices {
            let name = state.files[index].name
            state.files[index].blocks = state.files[index].blocks.map {
                blocks[name]?[$0.slot] ?? $0
            }
        }
        state.findings = findings.sorted()
        state.time = time
        return state
    }

    // MARK: - A topic

    private mutating func topic(_ name: TopicName, _ emit: (BlockState) -> Void) -> TopicState {
        var topic = TopicState(name: name)
        topic.mark = sidecars.marks[name]
        var chain = chains[name] ?? []
        dropIncompleteBatches(&chain, name)
        let all = chain.map { ($0.file, $0.scan) }
        let dropped = chain.filter(\.isDropped)
        chain.removeAll(where: \.isDropped)
        for index in chain.indices {
            chain[index].entriesBefore = topic.entries
            topic.entries += chain[index].entries
            topic.size += chain[index].used
            topic.damaged += chain[index].scan.damaged
        }
        topic.blocks = chain.map { link in
            BlockPlace(
                file: link.file, slot: link.scan.frame.slot, units: link.scan.frame.units,
                used: link.used, entries: link.entries, entriesBefore: link.entriesBefore,
                stamps: link.scan.stamps)
        }
        let position = cursor(name, chain)
        if isCursorLost(name, chain) { noteLost(name) }
        topic.cursor = position.cursor
        topic.unread = topic.entries - position.consumed
        let place = position.cursor.map { ($0.blockIndex, $0.offset) } ?? (0, 0)
        findings.add(chainFindings: name, all, reader: place)
        for (index, link) in chain.enumerated() {
            let isTail = index == chain.count - 1
            let block = blockState(link, cursor: place, index: index, isTail: isTail)
            topic.unreadSize += block.unreadSize
            emit(block)
        }
        for var link in dropped {
            link.entriesBefore = topic.entries
            emit(blockState(link, cursor: (0, 0), index: 0, isTail: false))
        }
        return topic
    }

    /// The state of the topic's block `index`, for a cursor in (block, offset).
    private func blockState(_ link: Link, cursor: (Int, Int), index: Int, isTail: Bool)
        -> BlockState
    {
        let scan = link.scan
        let consumed = index < cursor.0 ? link.used : index == cursor.0 ? cursor.1 : 0
        let unread = max(0, link.used - consumed)
        let reading: BlockState.Reading =
            unread == 0 ? .consumed : unread == link.used ? .unread : .reading
        return BlockState(
            file: link.file, slot: scan.frame.slot, units: scan.frame.units,
            topic: scan.frame.topic, number: link.number, used: link.used, entries: link.entries,
            damaged: scan.damaged, hasLostBytes: scan.lost != nil || scan.leftover != nil,
            isWorthKeeping: link.isWorthKeeping(isTopicsLast: isTail),
            entriesBefore: link.entriesBefore,
            reading: reading, unreadSize: unread, isTail: isTail, stamps: scan.stamps,
            isDropped: link.isDropped)
    }

    // MARK: - Batches

    /// Takes out of the count what does not: batches at the topic's end that are not whole, and
    /// what stands behind an intent. Recovery goes on until the end is whole, and so does this.
    private mutating func dropIncompleteBatches(_ chain: inout [Link], _ name: TopicName) {
        if let intent = sidecars.intents[name] { dropIntended(intent, &chain, name) }
        // Asked once: a reader in what is dropped had what stands before it.
        var reader: (block: Int, offset: Int)??
        while true {
            let batch = TrailingBatch(
                blockCount: chain.count, run: { chain[$0].run }, isBare: { chain[$0].used == 0 })
            guard let batch,
                batch.verdict(
                    consumed: sidecars.consumed(name),
                    reader: {
                        let found = reader ?? self.reader(of: name, chain)
                        reader = .some(found)
                        return found
                    },
                    followsHole: { chain[$0].followsHole }) == .isTorn
            else { return }
            for piece in batch.pieces {
                cut(&chain[piece.block], name, piece.run.start, piece.run.soundBefore)
            }
            note(
                incompleteBatchOf: batch.first.run.count, name, chain[batch.first.block],
                batch.first.run.start, found: batch.found, sound: batch.sound)
        }
    }

    /// Lets what stands at `offset` and after it not count.
    private mutating func cut(
        _ link: inout Link, _ name: TopicName, _ offset: Int, _ entriesBefore: Int
    ) {
        // The batch itself is noted after its pieces.
        state.recovery.cuts.append(
            .init(
                topic: name, file: link.file, slot: link.scan.frame.slot,
                units: link.scan.frame.units, offset: offset, batch: state.recovery.dropped.count))
        let end = min(offset, link.used)
        link.entries = entriesBefore
        link.used = end
        link.isDropped = end == 0
        link.run = end == 0 ? nil : runBefore(link.file, link.index, end)
    }

    private mutating func dropIntended(
        _ intent: BatchIntent, _ chain: inout [Link], _ name: TopicName
    ) {
        var first: (block: Int, offset: Int)?
        var sound = 0
        for index in chain.indices {
            let link = chain[index]
            // Whatever stands there is erased, whether it can be read or not.
            let frame = link.scan.frame
            guard let start = intent.start(in: (link.file, frame.slot)), start < frame.length,
                holdsData(link.file, frame.start + start..<frame.end)
            else { continue }
            let before =
                start == 0
                ? 0 : min(link.entries, measure(link.file, link.index, start).entriesBefore)
            sound += link.entries - before
            cut(&chain[index], name, start, before)
            first = first ?? (index, start)
        }
        guard let first else { return }
        note(
            incompleteBatchOf: intent.count, name, chain[first.block], first.offset, found: sound,
            sound: sound)
    }

    private mutating func note(
        incompleteBatchOf count: Int, _ name: TopicName, _ link: Link, _ offset: Int, found: Int,
        sound: Int
    ) {
        state.recovery.dropped.append(
            .init(
                topic: name, file: link.file, slot: link.scan.frame.slot, offset: offset,
                found: found, sound: sound, count: count))
        findings.add(
            Finding(
                .warning, .incompleteBatch, file: link.file.text, block: link.scan.frame.slot,
                offset: offset,
                "a batch of \(count) entries of \(name.quoted) is not whole: its \(sound) sound entries do not count"
            ))
    }
}

extension TopicName {
    /// The name in quotation marks, in printable ASCII.
    var quoted: String {
        let text = bytes.map { byte -> String in
            switch byte {
            case UInt8(ascii: "\\"): "\\\\"
            case UInt8(ascii: "\""): "\\\""
            case 0x20...0x7e: String(UnicodeScalar(byte))
            default: "\\x" + Hex.encode([byte])
            }
        }
        return "\"" + text.joined() + "\""
    }
}
