internal import Inspect
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// Finds out what can be mended in a directory. Writes nothing.
struct RepairPlanner {
    let directory: FilePath
    let scanner: Scanner
    let state: DirectoryState
    let files: StoredFiles
    /// What stands at the end of every block, and what does not count of batches.
    let ends: [BlockEnd]
    let batches: [(batch: RecoveryPreview.DroppedBatch, pieces: [BatchCut])]

    struct Stopped: Error, CustomStringConvertible {
        let description = "the scan was stopped"
    }

    init(_ directory: FilePath, progress: @escaping @Sendable (Scanner.Progress) -> Bool) throws {
        self.directory = directory
        scanner = Scanner(directory)
        guard let state = try scanner.scan(progress: progress) else { throw Stopped() }
        self.state = state
        files = try StoredFiles(directory)
        ends = scanner.blockEnds()
        batches = scanner.incompleteBatches()
    }

    /// Everything that can be mended, in the order in which it is told.
    func repairs() -> [Repair] {
        var repairs: [Repair] = []
        for finding in state.findings where finding.severity > .info {
            if let repair = fileRepair(finding) { repairs.append(repair) }
        }
        if let cursors = cursorRepair() { repairs.append(cursors) }
        repairs += batchRepairs()
        repairs += ends.compactMap(endRepair)
        return repairs
    }

    // MARK: - Small files

    private func fileRepair(_ finding: Finding) -> Repair? {
        guard let name = finding.file, files.images[name] != nil else { return nil }
        func repair(_ kind: Repair.Kind, _ deed: String, _ effects: [String], id: String? = nil)
            -> Repair
        {
            Repair(
                id: id ?? kind.rawValue, kind: kind, certainty: .certain, findings: [finding],
                deed: deed, effects: effects, cuts: [])
        }
        let aside = "\(name) is kept as \(files.nameAside(name)), and written anew"
        switch finding.kind {
        case .damagedCursorIndex:
            return repair(.cursorIndex, aside, rebuiltCursors().effects)
        case .damagedCleanIndex:
            let dirty = unknownMarks().count
            return repair(
                .cleanIndex, aside,
                dirty == 0
                    ? []
                    : [
                        "\(topics(dirty)) of which nothing tells count as dirty, so that no work is missed"
                    ])
        case .indexTable:
            return repair(
                .indexTable, "\(name) is written anew with the same contents",
                ["the reference finds all of its topics"], id: "index-table:\(name)")
        case .damagedIntents:
            return repair(
                .intents, "\(name) is kept as \(files.nameAside(name)), and removed",
                ["a batch that it told of, if there was one, counts as far as it is there"])
        case .damagedJournal where files.journal.isDamaged:
            return repair(
                .journal, aside,
                [
                    "cursors are those of \(DirectoryNames.cursorIndex), or of the beginning: no unread entry is passed by"
                ]
            )
        case .damagedJournal:
            return repair(
                .journalTail,
                "\(name) is written anew without what stands behind its last whole record",
                ["nothing that counts today is lost"])
        default: return nil
        }
    }

    private func topics(_ count: Int) -> String { "\(count) \(count == 1 ? "topic" : "topics")" }

    /// Topics whose mark is lost with the index.
    func unknownMarks() -> [TopicName] {
        let known = files.journal.value?.marks ?? [:]
        return state.topics.filter { $0.entries > 0 && known[$0.name] == nil }.map(\.name)
    }

    /// Cursors that are not where an entry begins, or of which two are stored.
    private func cursorRepair() -> Repair? {
        guard !files.cursors.isDamaged, !files.journal.isDamaged else { return nil }
        let kinds: [Finding.Kind] = [.cursorUnclear, .journalReconciled]
        let findings = state.findings.filter { kinds.contains($0.kind) }
        guard !findings.isEmpty else { return nil }
        return Repair(
            id: Repair.Kind.cursors.rawValue, kind: .cursors, certainty: .certain,
            findings: findings,
            deed: "the cursors in question are stored where readers of this program go on",
            effects: ["the same entries come next; the reference finds them too"], cuts: [])
    }

    /// Where readers stand, without the cursor index: as the journal says, else as the engine that
    /// closed the directory last, which nobody can have gone back behind since; else at the beginning.
    func rebuiltCursors() -> (
        places: [TopicName: (block: Int, place: RepairPlace)], effects: [String]
    ) {
        var places: [TopicName: (block: Int, place: RepairPlace)] = [:]
        var (journal, snapshot, again): (Int, Int, [TopicState]) = (0, 0, [])
        for topic in state.topics {
            if let cursor = topic.cursor {
                journal += 1
                places[topic.name] = (
                    cursor.blockIndex,
                    RepairPlace(file: cursor.file, slot: cursor.slot, offset: cursor.offset)
                )
            } else if let known = snapshotCursor(topic) {
                snapshot += 1
                places[topic.name] = known
            } else if topic.entries > 0 {
                again.append(topic)
            }
        }
        var effects: [String] = []
        if journal > 0 { effects.append("\(topics(journal)) go on where the journal says") }
        if snapshot > 0 {
            effects.append("\(topics(snapshot)) go on where the last engine left them")
        }
        for topic in again.prefix(20) {
            effects.append(
                "of \(topic.name.named) nothing tells how far its reader was: all \(topic.entries) entries come (again)"
            )
        }
        if again.count > 20 { effects.append("and so of \(topics(again.count - 20)) more") }
        return (places, effects)
    }

    private func snapshotCursor(_ topic: TopicState) -> (block: Int, place: RepairPlace)? {
        guard let snapshot = files.snapshot,
            let known = snapshot.topics.first(where: { $0.name == topic.name }),
            let cursor = known.cursor, known.blocks.indices.contains(cursor.block)
        else { return nil }
        let block = known.blocks[cursor.block]
        guard snapshot.files.indices.contains(block.file) else { return nil }
        let file = snapshot.files[block.file].name
        guard
            let index = topic.blocks.firstIndex(where: { ($0.file, $0.slot) == (file, block.slot) }
            ),
            cursor.offset <= topic.blocks[index].used,
            scanner.isBoundary(file, slot: block.slot, cursor.offset)
        else { return nil }
        return (index, RepairPlace(file: file, slot: block.slot, offset: cursor.offset))
    }

    // MARK: - Blocks

    private func batchRepairs() -> [Repair] {
        // What stands before a batch is the topic's end once that is gone: all of a topic's go together,
        // and all that one file of intents tells of.
        var groups: [(id: String, batches: [Int])] = []
        for (index, item) in batches.enumerated() {
            let isIntended = files.intents.value?[item.batch.topic] != nil
            if let known = groups.firstIndex(where: { group in
                batches[group.batches[0]].batch.topic == item.batch.topic
                    || isIntended && group.id == "batch:intents"
            }) {
                groups[known].batches.append(index)
            } else {
                let place = "batch:\(item.batch.file):\(item.batch.slot)+\(item.batch.offset)"
                groups.append((isIntended ? "batch:intents" : place, [index]))
            }
        }
        return groups.compactMap { group in
            let items = group.batches.map { batches[$0] }
            let cuts = items.flatMap(\.pieces).map {
                Repair.Cut(
                    topic: $0.topic, file: $0.file, slot: $0.slot, units: $0.units,
                    offset: $0.offset)
            }.sorted { ($0.file, $0.slot) < ($1.file, $1.slot) }
            guard leavesNoHole(cuts), cuts.allSatisfy(keepsItsBlock) else { return nil }
            let findings = items.map { item in
                finding(.incompleteBatch, item.batch.file, item.batch.slot, item.batch.offset)
            }
            let names = Set(items.map(\.batch.topic)).sorted().map(\.named)
            return Repair(
                id: group.id, kind: .batch, certainty: .certain, findings: findings,
                deed:
                    "what there is of \(items.count == 1 ? "a batch" : "\(items.count) batches") of "
                    + "\(names.prefix(5).joined(separator: ", ")) is erased",
                effects: items.prefix(20).map {
                    "\($0.batch.found) of \($0.batch.count) entries, which no reader of this program gets"
                }, cuts: cuts)
        }
    }

    /// A finding with that identity, of which so many may be that it is not listed.
    private func finding(_ kind: Finding.Kind, _ file: DataFileName, _ slot: Int, _ offset: Int)
        -> Finding
    {
        state.findings.first {
            $0.kind == kind && $0.file == file.text && $0.block == slot && $0.offset == offset
        } ?? Finding(.error, kind, file: file.text, block: slot, offset: offset, "")
    }

    /// What is erased to its block's beginning must be the last there is: an empty slot before a used one
    /// hides that from the reference, and changes the numbers of blocks by which it stores cursors.
    private func leavesNoHole(_ cuts: [Repair.Cut]) -> Bool {
        let empty = cuts.filter { $0.offset == 0 }
        guard let first = empty.map({ ($0.file, $0.slot) }).min(by: <) else { return true }
        let unreadable = state.files.flatMap { file in file.unreadableSlots.map { (file.name, $0) }
        }
        return (ends.map(\.place) + unreadable).allSatisfy { place in
            place < first || empty.contains { ($0.file, $0.slot) == place }
        }
    }

    /// Whether the block is read as the same one without what is erased: what goes may be one of the
    /// headers that tell whose block it is, or in a file that was cut off.
    private func keepsItsBlock(_ cut: Repair.Cut) -> Bool {
        guard let file = try? DiskFile(directory.appending(cut.file.text), .readOnly),
            let size = try? file.size(), size >= cut.range.upperBound
        else { return false }
        guard cut.offset > 0 else { return true }
        var walker = unsafe EntryWalker { offset, buffer in
            let count = try unsafe file.read(at: offset, into: buffer)
            let range = (offset..<offset + count).clamped(to: cut.range)
            guard !range.isEmpty else { return count }
            let erased = unsafe buffer[range.lowerBound - offset..<range.upperBound - offset]
            unsafe UnsafeMutableRawBufferPointer(rebasing: erased).initializeMemory(
                as: UInt8.self, repeating: 0)
            return count
        }
        let start = cut.slot * Layout.unit
        let frame = BlockFrame(
            start: start, length: cut.units * Layout.unit, topic: cut.topic)
        guard (try? walker.frame(at: start)) == frame else { return false }
        var end = 0
        let stop = try? unsafe walker.walk(frame) { entry, _ in
            end = entry.end
            return true
        }
        return stop?.lost == nil && end <= cut.offset
    }

    /// Whether the topic does not come to end with a batch that is not known to be whole: it would not
    /// count any more.
    private func bringsOutNoBatch(_ cut: Repair.Cut) -> Bool {
        guard let topic = state.topic(cut.topic),
            let index = topic.blocks.firstIndex(where: {
                ($0.file, $0.slot) == (cut.file, cut.slot)
            })
        else { return false }
        var run: BatchRun?
        var sound = 0
        let reader = EntryReader(directory: directory, topic: topic)
        do {
            let blocks = cut.offset > 0 ? index...index : max(0, index - 1)...max(0, index - 1)
            for block in blocks {
                unsafe try reader.forEach(in: block) { row, _ in
                    guard block != index || row.offset < cut.offset else { return false }
                    let entry = WalkedEntry(
                        offset: row.offset, payloadLength: row.length, checksum: row.checksum,
                        stamp: row.stamp, damage: row.damage)
                    run = BatchRun.after(run, entry, soundBefore: sound)
                    if row.damage == nil { sound += 1 }
                    return true
                }
            }
        } catch { return false }
        return run.map { $0.isSound && $0.indices == 0..<$0.count } ?? true
    }

    private func endRepair(_ end: BlockEnd) -> Repair? {
        let isInBatch = batches.contains { item in
            item.pieces.contains { ($0.file, $0.slot) == end.place }
        }
        guard !isInBatch, end.hidden == nil, end.torn == nil || end.lost == nil else { return nil }
        // A rest behind a header that says nothing may be entries.
        if end.lost != nil, end.leftover != nil { return nil }
        guard end.torn != nil || end.lost != nil || end.leftover != nil else { return nil }
        let cut = Repair.Cut(
            topic: end.topic, file: end.file, slot: end.slot, units: end.units,
            offset: end.torn?.lowerBound ?? end.lost ?? end.used)
        guard leavesNoHole([cut]), keepsItsBlock(cut), end.torn == nil || bringsOutNoBatch(cut)
        else { return nil }
        let isTail =
            state.topic(end.topic)?.blocks.last.map { ($0.file, $0.slot) == end.place } ?? true
        let isPlain = end.torn == nil || end.isUnfinished && end.leftover == nil
        var findings: [Finding] = []
        if let torn = end.torn {
            findings.append(finding(.tornTail, end.file, end.slot, torn.lowerBound))
        }
        if let lost = end.lost { findings.append(finding(.lostRest, end.file, end.slot, lost)) }
        if let leftover = end.leftover, end.lost == nil {
            findings.append(finding(.leftoverBytes, end.file, end.slot, leftover))
        }
        let place = "\(end.file):\(end.slot)"
        let isLeftover = end.torn == nil && end.lost == nil
        var effects = [
            isTail
                ? "the topic \(end.topic.named) goes on in this block"
                : "nothing changes for readers of \(end.topic.named)"
        ]
        if let torn = end.torn {
            effects.append("an entry of \(torn.count) bytes is given up, which nobody can read")
            if !isPlain {
                effects.append(
                    "nothing shows that it was never whole: it may have been damaged since")
            }
        }
        return Repair(
            id: (isLeftover ? "leftover:" : "tail:") + place, kind: isLeftover ? .leftover : .tail,
            certainty: isPlain && isTail ? .likely : .doubtful, findings: findings,
            deed: isLeftover
                ? "bytes behind the last entry of block \(place) are erased"
                : "the last entry of block \(place), which is not whole, is erased",
            effects: effects, cuts: [cut])
    }
}

extension TopicName {
    /// The name in a plan, whose lines are made harmless where they are shown.
    fileprivate var named: String { "\"\(word)\"" }

    /// The name in quotation marks, in printable ASCII.
    var quoted: String {
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): text += "\\\\"
            case UInt8(ascii: "\""): text += "\\\""
            case 0x20...0x7e: text.unicodeScalars.append(UnicodeScalar(byte))
            default: text += "\\x" + Hex.encode([byte])
            }
        }
        return "\"" + text + "\""
    }
}
