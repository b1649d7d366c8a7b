internal import WalrusFormat
internal import WalrusIO

/// Puts together what the scans of the files say: topics in their order, cursors, findings.
struct Assembly {
    typealias Measure = (_ file: DataFileName, _ block: Int, _ offset: Int) -> BlockScan.Probe
    /// The batch that the entries of a block before `offset` end with.
    typealias RunBefore = (_ file: DataFileName, _ block: Int, _ offset: Int) -> BatchRun?

    /// A block of a topic, and where its scan is.
    private struct Link {
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
        var entriesBefore = 0

        /// What does not count is erased when an engine opens the directory.
        var isWorthKeeping: Bool {
            used == scan.used
                ? scan.isWorthKeeping : scan.damages.contains { $0.offset < used }
        }
    }

    private let sidecars: Sidecars
    private let measure: Measure
    private let runBefore: RunBefore
    private var numbers = BlockNumbers()
    private var chains: [TopicName: [Link]] = [:]
    private var state = DirectoryState()
    private var findings: FindingList

    init(
        sidecars: Sidecars, measure: @escaping Measure, runBefore: @escaping RunBefore
    ) {
        self.sidecars = sidecars
        self.measure = measure
        self.runBefore = runBefore
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

    mutating func finish(listing: [DirectoryEntry], time: UInt64) -> DirectoryState {
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
        state.topics = names.sorted().map { name in
            topic(name) { blocks[$0.file, default: [:]][$0.slot] = $0 }
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
        findings.add(chainFindings: name, chain.map { ($0.file, $0.scan) }, reader: place.0)
        for (index, link) in chain.enumerated() {
            let isTail = index == chain.count - 1
            let block = blockState(link, cursor: place, index: index, isTail: isTail)
            topic.unreadSize += block.unreadSize
            emit(block)
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
            isWorthKeeping: link.isWorthKeeping, entriesBefore: link.entriesBefore,
            reading: reading, unreadSize: unread, isTail: isTail, stamps: scan.stamps)
    }

    // MARK: - Batches

    /// Takes out of the count what does not: batches at the topic's end that are not whole, and
    /// what stands behind an intent. Recovery goes on until the end is whole, and so does this.
    private mutating func dropIncompleteBatches(_ chain: inout [Link], _ name: TopicName) {
        if let intent = sidecars.intents[name] { dropIntended(intent, &chain, name) }
        while true {
            let batch = TrailingBatch(
                blockCount: chain.count, run: { chain[$0].run }, isBare: { chain[$0].used == 0 })
            guard let batch,
                !batch.isWhole(
                    consumed: { sidecars.consumed(name) }, followsHole: { chain[$0].followsHole })
            else { return }
            for piece in batch.pieces {
                cut(&chain[piece.block], piece.run.start, piece.run.soundBefore)
            }
            note(
                incompleteBatchOf: batch.first.run.count, name, chain[batch.first.block],
                batch.first.run.start, sound: batch.sound)
        }
    }

    /// Lets what stands at `offset` and after it not count.
    private func cut(_ link: inout Link, _ offset: Int, _ entriesBefore: Int) {
        link.entries = entriesBefore
        link.used = offset
        link.run = offset == 0 ? nil : runBefore(link.file, link.index, offset)
    }

    private mutating func dropIntended(
        _ intent: BatchIntent, _ chain: inout [Link], _ name: TopicName
    ) {
        var first: (block: Int, offset: Int)?
        var sound = 0
        for index in chain.indices {
            let link = chain[index]
            guard let start = intent.start(in: (link.file, link.scan.frame.slot)),
                start < link.used
            else { continue }
            let before = start == 0 ? 0 : measure(link.file, link.index, start).entriesBefore
            sound += link.entries - before
            cut(&chain[index], start, before)
            first = first ?? (index, start)
        }
        guard let first else { return }
        note(
            incompleteBatchOf: intent.count, name, chain[first.block], first.offset, sound: sound)
    }

    private mutating func note(
        incompleteBatchOf count: Int, _ name: TopicName, _ link: Link, _ offset: Int, sound: Int
    ) {
        findings.add(
            Finding(
                .warning, .incompleteBatch, file: link.file.text, block: link.scan.frame.slot,
                offset: offset,
                "a batch of \(count) entries of \(name.quoted) is not whole: its \(sound) sound entries do not count"
            ))
    }

    // MARK: - Cursors

    private typealias Place = (block: Int, offset: Int)

    private mutating func cursor(_ name: TopicName, _ chain: [Link])
        -> (cursor: CursorState?, consumed: Int)
    {
        let stored = sidecars.cursors[name]
        var place = stored.map { indexPlace($0, name, chain) }
        var source = stored.map(CursorState.Source.index)
        if let position = sidecars.journal[name] {
            let journal = journalPlace(position, name, chain)
            if sidecars.isJournalCurrent {
                place = journal
                source = .journal
            } else if place.map({ ($0.block, $0.offset) < (journal.block, journal.offset) }) ?? true
            {
                noteReconciled(name)
                place = place ?? (0, 0, true)
            } else if let own = place, (own.block, own.offset) != (journal.block, journal.offset) {
                noteReconciled(name)
                place = journal
                source = .journal
            }
        }
        guard let place, let source, !chain.isEmpty else { return (nil, 0) }
        let block = min(place.block, chain.count - 1)
        let link = chain[block]
        let offset = place.block < chain.count ? place.offset : link.used
        let cursor = CursorState(
            blockIndex: block, file: link.file, slot: link.scan.frame.slot, offset: offset,
            source: source, isClear: place.isClear)
        let before = measure(link.file, link.index, offset).entriesBefore
        return (cursor, link.entriesBefore + min(before, link.entries))
    }

    private mutating func indexPlace(_ stored: StoredCursor, _ name: TopicName, _ chain: [Link])
        -> (block: Int, offset: Int, isClear: Bool)
    {
        let meaning = CursorMeaning(stored, blockIDs: chain.map(\.number)) { block, offset in
            boundary(chain[block], offset)
        }
        switch meaning {
        case .end: return (chain.count, 0, true)
        case .at(let block, let offset):
            if stored.tailBlockID == nil, stored.blockIndex != UInt64(block) {
                findings.add(
                    Finding(
                        .info, .cursorShifted, file: DirectoryNames.cursorIndex,
                        "the cursor of \(name.quoted) names block \(stored.blockIndex) of the topic, but stands in block \(block): an empty block was counted"
                    ))
            }
            return (block, offset, true)
        case .unclear(let block, let offset):
            noteUnclear(name, DirectoryNames.cursorIndex, chain.isEmpty)
            return (block, offset, false)
        }
    }

    private mutating func journalPlace(
        _ position: CursorPosition, _ name: TopicName, _ chain: [Link]
    ) -> (block: Int, offset: Int, isClear: Bool) {
        guard let file = position.file else { return (0, 0, true) }
        let block = chain.firstIndex { ($0.file, $0.scan.frame.slot) >= (file, position.slot) }
        guard let block else { return (chain.count, 0, true) }
        // The block itself may have been reclaimed: what follows it is unread.
        guard chain[block].file == file, chain[block].scan.frame.slot == position.slot else {
            return (block, 0, true)
        }
        let boundary = boundary(chain[block], position.offset)
        if !boundary.isExact { noteUnclear(name, DirectoryNames.cursorJournal, false) }
        return (block, boundary.offset, boundary.isExact)
    }

    private func boundary(_ link: Link, _ offset: Int) -> CursorMeaning.Boundary {
        let probe = measure(link.file, link.index, offset)
        return CursorMeaning.Boundary(
            offset: min(probe.boundary, link.used), isExact: probe.boundary == offset)
    }

    private mutating func noteUnclear(_ name: TopicName, _ file: String, _ isGone: Bool) {
        guard !isGone else { return }
        findings.add(
            Finding(
                .warning, .cursorUnclear, file: file,
                "the cursor of \(name.quoted) is not the start of any entry; it is read so that nothing unread is skipped"
            ))
    }

    /// Whether the cursor stood in a part of a data file that was cut off.
    private func isCursorLost(_ name: TopicName, _ chain: [Link]) -> Bool {
        let cut = state.files.filter { $0.size < Layout.fileSize }
        guard !cut.isEmpty else { return false }
        if let position = sidecars.journal[name], let name = position.file,
            let file = cut.first(where: { $0.name == name })
        {
            return file.size <= position.slot * Layout.unit
        }
        return chain.isEmpty && (sidecars.cursors[name] ?? nil) != nil
    }

    private mutating func noteLost(_ name: TopicName) {
        findings.add(
            Finding(
                .warning, .cursorLost, file: DirectoryNames.cursorIndex,
                "the cursor of \(name.quoted) stood in a part of a data file that was cut off: what was left to read there is gone, and where its reader was"
            ))
    }

    private mutating func noteReconciled(_ name: TopicName) {
        findings.add(
            Finding(
                .warning, .journalReconciled, file: DirectoryNames.cursorJournal,
                "another engine changed the cursor index since the journal of \(name.quoted) was written; the earlier of the two positions counts"
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
