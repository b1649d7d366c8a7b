internal import WalrusFormat
internal import WalrusIO

/// A topic's blocks in order, as they were found on disk.
struct Chain: Sendable {
    struct Link: Sendable {
        let file: DataFile
        var survey: BlockSurvey
        /// The block's number as the reference counts (`BlockNumbers`).
        let number: UInt64
        /// A slot before it in its file is empty or unreadable.
        let followsHole: Bool
    }

    var links: [Link] = []
    /// The greatest sequence number and timestamp of any entry, sound or not.
    private(set) var greatestSequence: UInt64 = 0
    private(set) var greatestTimestamp: UInt64 = 0

    init(_ links: [Link] = []) {
        for link in links { add(link) }
    }

    var entries: Int { links.reduce(0) { $0 + $1.survey.entries } }

    static func all(_ scans: [FileScan]) -> [TopicName: Chain] {
        var chains: [TopicName: Chain] = [:]
        var numbers = BlockNumbers()
        for scan in scans {
            numbers.beginFile()
            var followsHole = false
            for (_, content) in scan.slots {
                switch content {
                case .empty:
                    numbers.addEmptySlot()
                    followsHole = true
                case .unreadable:
                    _ = numbers.addBlock()
                    followsHole = true
                case .block(let survey):
                    chains[survey.frame.topic, default: Chain()].add(
                        Link(
                            file: scan.file, survey: survey, number: numbers.addBlock(),
                            followsHole: followsHole))
                }
            }
        }
        return chains
    }

    private mutating func add(_ link: Link) {
        links.append(link)
        greatestSequence = max(greatestSequence, link.survey.greatestSequence)
        greatestTimestamp = max(greatestTimestamp, link.survey.greatestTimestamp)
    }

    /// The topic, ready for work. `counter` tells of numbers that are not given to another entry
    /// even where the one that had it is gone.
    func topic(_ name: TopicName, cursor: ReadCursor?, counter: TopicCounter?) -> Topic {
        var state = Topic.State(links.map { $0.survey.block(in: $0.file) }, cursor: cursor)
        if let last = links.last {
            // What stood behind it was reclaimed, or lost: numbers go on in a block of their own.
            let isCutOff =
                EntryStamp.fits(topicLength: name.bytes.count)
                && counter.map { $0.sequence > greatestSequence } ?? false
            state.blocks[links.count - 1].isSealed = !last.canContinue || isCutOff
        }
        state.isReclaimed = links.isEmpty
        // Where headers have room for the numbers, they tell themselves.
        let isCounted = !EntryStamp.fits(topicLength: name.bytes.count)
        let reclaimed = isCounted ? counter?.reclaimed ?? 0 : 0
        let appending = Topic.Appending(
            lastSequence: max(
                greatestSequence, UInt64(entries) + reclaimed, counter?.sequence ?? 0),
            lastTimestamp: max(greatestTimestamp, counter?.timestamp ?? 0))
        return Topic(name, state, appending)
    }

    /// Numbers that are missing between the entries, and not because of damage.
    func gaps(_ topic: TopicName, _ cursor: ReadCursor) -> [RecoveryReport.Gap] {
        var gaps = TopicGaps(reader: (cursor.block, cursor.offset))
        return links.flatMap { link in
            let survey = link.survey
            return gaps.next(
                survey.numbers, in: link.file.name, used: survey.used,
                isSound: survey.flawCount == 0
            ).map { gap in
                RecoveryReport.Gap(
                    topic: topic, file: link.file.name, slot: survey.frame.slot,
                    offset: gap.offset, after: gap.after, next: gap.next)
            }
        }
    }

    /// Where entries stand in the link `index`, headers alone being read.
    func look(at index: Int, before offset: Int) throws(EngineError) -> Stretch {
        let link = links[index]
        return try walking(link.file) { walker in
            var stretch = Stretch()
            guard offset > 0 else { return stretch }
            _ = unsafe try walker.walk(link.survey.frame, verify: false) { entry, _ in
                guard entry.end <= min(offset, link.survey.used) else { return false }
                stretch.end = entry.end
                if !link.survey.damage.ranges.contains(where: { $0.contains(entry.offset) }) {
                    stretch.entries += 1
                    stretch.sequence = entry.stamp?.sequence ?? 0
                }
                return true
            }
            return stretch
        }
    }

    /// The entries of a block up to some offset.
    struct Stretch: Sendable {
        /// Where the last of them ends.
        var end = 0
        /// Sound ones.
        var entries = 0
        /// The sequence number of the last sound one; 0 when it has none.
        var sequence: UInt64 = 0
    }

    /// The cursor before the entry at `offset`, which must be a boundary, of the link `index`.
    func cursor(at index: Int, _ offset: Int) throws(EngineError) -> ReadCursor {
        let stretch = try look(at: index, before: offset)
        let before = links[..<index].reduce(0) { $0 + $1.survey.entries }
        return ReadCursor(
            block: index, offset: offset, consumed: before + stretch.entries,
            consumedInBlock: stretch.entries, sequence: stretch.sequence)
    }
}

extension Chain.Link {
    /// Whether entries may follow in the block: everything up to its end is sound, and what comes
    /// after is as empty as the reference expects it.
    var canContinue: Bool {
        file.isWritable && survey.lost == nil && survey.endsSound && survey.rest.firstByte == nil
            && survey.used + Layout.headerSize <= survey.frame.length
    }
}
