internal import WalrusFormat
internal import WalrusIO

/// Collects findings, in bounded memory: of each kind only so many are kept one by one.
struct FindingList {
    private static let perKindMax = 1_000
    private var list: [Finding] = []
    private var counts: [Finding.Kind: Int] = [:]

    init(_ findings: [Finding]) {
        for finding in findings { add(finding) }
    }

    mutating func add(_ finding: Finding) {
        counts[finding.kind, default: 0] += 1
        if counts[finding.kind, default: 0] <= Self.perKindMax { list.append(finding) }
    }

    func sorted() -> [Finding] {
        let dropped = counts.filter { $0.value > Self.perKindMax }.sorted {
            $0.key.rawValue < $1.key.rawValue
        }
        let rest = dropped.map { kind, count in
            Finding(
                list.first { $0.kind == kind }?.severity ?? .warning, .more,
                "\(count - Self.perKindMax) more findings of the kind \(kind.rawValue) are not listed"
            )
        }
        func key(_ finding: Finding) -> (String, Int, Int) {
            (finding.file ?? "", finding.block ?? -1, finding.offset ?? -1)
        }
        return (list + rest).enumerated().sorted { a, b in
            if a.element.severity != b.element.severity {
                return a.element.severity > b.element.severity
            }
            if key(a.element) != key(b.element) { return key(a.element) < key(b.element) }
            return a.offset < b.offset
        }.map(\.element)
    }

    // MARK: - Files

    mutating func add(fileFindings scan: FileScan) {
        let name = scan.name.text
        if let failure = scan.failure {
            add(Finding(.error, .unreadableFile, file: name, "\(failure)"))
        }
        if scan.status.size != Layout.fileSize {
            add(
                Finding(
                    .warning, .fileSize, file: name,
                    "has \(scan.status.size) bytes, a data file has \(Layout.fileSize): what is there was read"
                ))
        }
        if scan.blocks.isEmpty, scan.failure == nil, !scan.slots.contains(where: \.isUnreadable) {
            add(
                Finding(
                    .info, .ghostFile, file: name,
                    "holds no entry: the reference makes such a file at every open"))
        }
        var stop: (slot: Int, why: String)?
        for (slot, use) in scan.slots.enumerated() {
            switch use {
            case .continued: break
            case .empty: stop = stop ?? (slot, "an unused block hides")
            case .unreadable(let offset):
                add(
                    Finding(
                        .error, .unreadableBlock, file: name, block: slot, offset: offset,
                        "the block is not empty, but no header in it can be read: its entries are lost"
                    ))
            case .block(let index):
                if let stop {
                    let hidden = scan.blocks[index...].reduce(0) { $0 + $1.entries }
                    add(
                        Finding(
                            .info, .referenceStops, file: name, block: stop.slot,
                            "\(stop.why) the \(hidden) entries after it from the reference when it restarts; this program sees them"
                        ))
                    return addBlocks(scan)
                }
                if scan.blocks[index].frame.units > 1 {
                    stop = (slot, "a block of \(scan.blocks[index].frame.units) slots hides")
                }
            }
        }
        addBlocks(scan)
    }

    private mutating func addBlocks(_ scan: FileScan) {
        for block in scan.blocks { add(block, in: scan.name.text) }
    }

    private mutating func add(_ block: BlockScan, in file: String) {
        let slot = block.frame.slot
        let topic = block.frame.topic.quoted
        for damage in block.damages {
            add(Self.damage(damage, topic, file, slot))
        }
        if block.damagedCount > block.damages.count {
            add(
                Finding(
                    .error, .damagedPayload, file: file, block: slot,
                    "\(block.damagedCount - block.damages.count) more entries of \(topic) in this block are damaged"
                ))
        }
        if let tail = block.tail {
            add(
                Finding(
                    .error, .tornTail, file: file, block: slot, offset: tail.offset,
                    "the last entry of the block is torn, or being written: \(tail.why) (topic \(topic))"
                ))
        }
        if let lost = block.lost {
            add(
                Finding(
                    .error, .lostRest, file: file, block: slot, offset: lost.offset,
                    "\(lost.why); how long its entry is cannot be told, so the rest of the block is not read (topic \(topic))"
                ))
        } else if let hidden = block.rest.entry {
            add(
                Finding(
                    .error, .hiddenEntries, file: file, block: slot, offset: hidden,
                    "an entry stands here, behind bytes that are none: a header before it was wiped, and it is not read (topic \(topic))"
                ))
        } else if let leftover = block.leftover {
            add(
                Finding(
                    .warning, .leftoverBytes, file: file, block: slot, offset: leftover,
                    "bytes after the block's last entry are not zero: a write that was not finished (topic \(topic))"
                ))
        }
        if block.frame.topic.bytes.isEmpty {
            add(
                Finding(
                    .warning, .emptyTopicName, file: file, block: slot,
                    "the topic's name is empty: the reference accepts such entries and loses them when it restarts"
                ))
        }
    }

    private static func damage(
        _ damage: BlockScan.Damage, _ topic: String, _ file: String, _ slot: Int
    ) -> Finding {
        let kind: Finding.Kind =
            switch damage.why {
            case .payload: .damagedPayload
            case .header: .damagedHeader
            case .misplaced: .misplacedEntry
            }
        return Finding(
            .error, kind, file: file, block: slot, offset: damage.offset,
            "\(damage.why); the entry is skipped, those after it are read (topic \(topic))")
    }

    /// What only shows when the blocks of a topic are seen in their order.
    ///
    /// - Parameter reader: the block in which the cursor stands, and where in it.
    mutating func add(
        chainFindings topic: TopicName, _ chain: [(file: DataFileName, scan: BlockScan)],
        reader: (block: Int, offset: Int)
    ) {
        var gaps = TopicGaps(reader: reader)
        for (file, scan) in chain {
            // What an append left that failed is told of by itself.
            let isSound = scan.damaged == 0 && scan.lost == nil && scan.leftover == nil
            for gap in gaps.next(scan.numbers, in: file, used: scan.used, isSound: isSound) {
                add(
                    Finding(
                        .warning, .sequenceGap, file: file.text, block: scan.frame.slot,
                        offset: gap.offset,
                        "number \(gap.next) of \(topic.quoted) follows \(gap.after): entries are missing or out of order, unless an append failed there"
                    ))
            }
        }
    }

    // MARK: - The directory

    mutating func add(strayFiles listing: [DirectoryEntry]) {
        for entry in listing where entry.kind == .other && DataFileName(entry.name) != nil {
            add(
                Finding(
                    .error, .unreadableFile, file: entry.name,
                    "has the name of a data file and is none: a link that leads nowhere, or a device"
                ))
        }
        for entry in listing where entry.kind == .file {
            guard DataFileName(entry.name) == nil,
                !entry.name.hasSuffix(DirectoryNames.sidecarSuffix)
            else { continue }
            add(
                Finding(
                    .warning, .strayFile, file: entry.name,
                    "is not a file of the log; the reference takes it for one and may crash when it opens the directory: move it away"
                ))
        }
    }
}

extension FileScan.Slot {
    var isUnreadable: Bool {
        if case .unreadable = self { true } else { false }
    }
}
