internal import WalrusFormat
internal import WalrusIO

extension Recovery {
    /// A place in a chain, and what of it is not as it was stored.
    fileprivate struct Place: Comparable {
        var block: Int
        var offset: Int
        /// Why the stored cursor did not say so, as the end of a sentence.
        var problem: String?
        /// The stored form must go: it would mean another place once more entries are appended.
        var isFragile = false

        static func < (a: Place, b: Place) -> Bool { (a.block, a.offset) < (b.block, b.offset) }
        static func == (a: Place, b: Place) -> Bool { (a.block, a.offset) == (b.block, b.offset) }
    }

    /// What is stored about the cursor of one topic.
    fileprivate struct Stored: Sendable {
        let topic: TopicName
        let chain: Chain
        let index: StoredCursor?
        let journal: CursorPosition?
    }

    /// A cursor as it goes into the engine.
    private struct Outcome: Sendable {
        /// Nil where there is no block.
        let cursor: ReadCursor?
        let saved: CursorStore.Saved
        let problem: String?
        let isIndexBehind: Bool
    }

    /// Finds every topic's cursor among its blocks. What the store is to begin with, and the cursors.
    /// The `doubtful` topics get one whatever is stored: an index without them would tell the next
    /// recovery that nothing was ever consumed, and it would drop what this one has kept.
    mutating func recoverCursors(
        _ chains: [TopicName: Chain], _ indexes: StoredIndexes, doubtful: Set<TopicName>,
        files: [DataFileName]
    ) throws(EngineError) -> (store: CursorStore, places: [TopicName: ReadCursor]) {
        let trust = indexes.trust
        let journal = indexes.journal?.cursors ?? [:]
        let index = indexes.cursors ?? [:]
        let topics = Set(index.keys).union(journal.keys).union(doubtful)
        let stored = topics.sorted().map { topic in
            Stored(
                topic: topic, chain: chains[topic] ?? Chain(), index: index[topic],
                journal: journal[topic])
        }
        let files = Set(files)
        let outcomes = try inParallel(stored) { stored throws(EngineError) in
            try Self.outcome(stored, trust, files)
        }
        var contents = indexes.contents
        var cursors: [TopicName: ReadCursor] = [:]
        // A journal of another index must not be taken for news once more.
        var mustRewrite = contents.journalEnd == nil && indexes.journal.map(\.hasNews) ?? false
        if doubtful.contains(where: { index[$0] == nil && journal[$0] == nil }) {
            mustRewrite = true
        }
        for (stored, outcome) in zip(stored, outcomes) {
            contents.saved[stored.topic] = outcome.saved
            cursors[stored.topic] = outcome.cursor
            if outcome.isIndexBehind { mustRewrite = true }
            if let problem = outcome.problem {
                mustRewrite = true
                report.reconciliations.append(
                    .init(
                        topic: stored.topic, position: outcome.saved.position, reason: problem))
            }
        }
        contents.areCursorsBehind = mustRewrite || !journal.isEmpty
        if recoverMarks(indexes, &contents) { mustRewrite = true }
        Self.count(chains, indexes, &contents)
        let store = CursorStore(
            storage, contents, journalSizeMax: configuration.journalSizeMax)
        // Before anything is appended: the old form of these cursors could come to fit an entry
        // that nobody has read.
        if mustRewrite { try store.compact() }
        return (store, cursors)
    }

    /// Puts the marks of index and journal together. Whether both must be written anew.
    private mutating func recoverMarks(
        _ indexes: StoredIndexes, _ contents: inout CursorStore.Contents
    ) -> Bool {
        var marks = indexes.marks ?? [:]
        var mustRewrite = false
        for (topic, mark) in (indexes.journal?.marks ?? [:]).sorted(by: { $0.key < $1.key })
        where marks[topic] != mark {
            contents.areMarksBehind = true
            if let other = marks[topic], !indexes.continuesMarks {
                // Another engine has changed the index since: dirty wins.
                mustRewrite = true
                if other.isClean != mark.isClean { report.reconciledMarks.append(topic) }
                marks[topic] = CleanMark(
                    isClean: other.isClean && mark.isClean,
                    generation: max(other.generation, mark.generation))
            } else {
                marks[topic] = mark
            }
        }
        contents.marks = marks
        return mustRewrite
    }

    /// Keeps what neither the files on disk nor the cursors tell about the topics' running numbers.
    private static func count(
        _ chains: [TopicName: Chain], _ indexes: StoredIndexes,
        _ contents: inout CursorStore.Contents
    ) {
        for (topic, cursor) in indexes.journal?.cursors ?? [:] where cursor.sequence > 0 {
            let known = contents.counters[topic]
            contents.counters[topic] = TopicCounter(
                sequence: max(cursor.sequence, known?.sequence ?? 0),
                reclaimed: known?.reclaimed ?? 0, timestamp: known?.timestamp ?? 0,
                consumed: max(cursor.sequence, known?.consumed ?? 0))
        }
        contents.counters = contents.counters.filter { topic, counter in
            // Where headers hold no numbers, every one of them has to be counted.
            !EntryStamp.fits(topicLength: topic.bytes.count)
                || chains[topic].map { $0.greatestSequence <= counter.sequence } ?? true
                || counter.consumed > contents.saved[topic]?.position.sequence ?? 0
        }
    }

    // MARK: - One topic

    private static func outcome(
        _ stored: Stored, _ trust: StoredIndexes.Trust, _ files: Set<DataFileName>
    )
        throws(EngineError) -> Outcome
    {
        guard !stored.chain.links.isEmpty else {
            // Blocks that come later are unread, whatever the cursor said about those before them.
            let isIndexBehind = stored.index.map { $0 != .chain(0, offset: 0) } ?? false
            // That its file is gone is what reclamation leaves.
            let isLost = stored.journal?.file.map { files.contains($0) }
            return Outcome(
                cursor: nil,
                saved: CursorStore.Saved(
                    position: CursorPosition(
                        file: nil, slot: 0, offset: 0, sequence: stored.journal?.sequence ?? 0),
                    block: 0),
                problem: isLost ?? (isIndexBehind && stored.journal == nil)
                    ? "none of the topic's blocks is there any more" : nil,
                isIndexBehind: isIndexBehind)
        }
        let place = try chosen(stored, trust, files)
        let cursor = try stored.chain.cursor(at: place.block, place.offset)
        let link = stored.chain.links[place.block]
        let position = CursorPosition(
            file: link.file.name, slot: link.survey.frame.slot, offset: place.offset,
            sequence: cursor.sequence)
        return Outcome(
            cursor: cursor, saved: CursorStore.Saved(position: position, block: place.block),
            problem: place.problem, isIndexBehind: place.isFragile)
    }

    fileprivate static func chosen(
        _ stored: Stored, _ trust: StoredIndexes.Trust, _ files: Set<DataFileName>
    )
        throws(EngineError) -> Place
    {
        let index = try stored.index.map { cursor throws(EngineError) in
            try place(of: cursor, in: stored.chain)
        }
        guard let position = stored.journal else { return index ?? Place(block: 0, offset: 0) }
        let journal = try place(of: position, in: stored.chain, files)
        guard trust == .earlier else { return journal }
        var earlier = index ?? Place(block: 0, offset: 0)
        if earlier == journal { return earlier }
        let later = earlier < journal ? "the journal" : "the index"
        if journal < earlier { earlier = journal }
        earlier.problem =
            "the cursor index was changed by another program, and \(later) says more was consumed"
        return earlier
    }

    private static func place(of cursor: StoredCursor, in chain: Chain) throws(EngineError) -> Place
    {
        var failure: EngineError?
        let meaning = CursorMeaning(cursor, blockIDs: chain.links.map(\.number)) { block, offset in
            do throws(EngineError) {
                let end = try chain.look(at: block, before: offset).end
                return CursorMeaning.Boundary(offset: end, isExact: end == offset)
            } catch {
                failure = error
                return CursorMeaning.Boundary(offset: 0, isExact: false)
            }
        }
        if let failure { throw failure }
        switch meaning {
        case .at(let block, let offset):
            // Read one block too far: stored by an engine that counted a block which is not there.
            let isLiteral = cursor.tailBlockID != nil || cursor.blockIndex == UInt64(block)
            return Place(block: block, offset: offset, isFragile: !isLiteral)
        case .end:
            let last = chain.links.count - 1
            return Place(
                block: last, offset: chain.links[last].survey.used,
                isFragile: cursor.blockIndex != UInt64(chain.links.count))
        case .unclear(let block, let offset):
            return Place(
                block: block, offset: offset,
                problem: "the index has it at byte \(cursor.offset), where no entry begins",
                isFragile: true)
        }
    }

    private static func place(
        of position: CursorPosition, in chain: Chain, _ files: Set<DataFileName>
    ) throws(EngineError) -> Place {
        guard let file = position.file else { return Place(block: 0, offset: 0) }
        func start(_ link: Chain.Link) -> CursorPosition {
            CursorPosition(file: link.file.name, slot: link.survey.frame.slot, offset: 0)
        }
        if let block = chain.links.firstIndex(where: {
            $0.file.name == file && $0.survey.frame.slot == position.slot
        }) {
            let end = try chain.look(at: block, before: position.offset).end
            guard end != position.offset else { return Place(block: block, offset: end) }
            return Place(
                block: block, offset: end,
                problem: "the journal has it at byte \(position.offset), where no entry begins",
                isFragile: true)
        }
        // The block is gone; with its file, if that was reclaimed. The first one behind it is what
        // was to be read next.
        let problem = files.contains(file) ? "the block it stood in is not there any more" : nil
        if let block = chain.links.firstIndex(where: { position.precedes(start($0)) }) {
            return Place(block: block, offset: 0, problem: problem, isFragile: problem != nil)
        }
        let last = chain.links.count - 1
        return Place(
            block: last, offset: chain.links[last].survey.used, problem: problem,
            isFragile: problem != nil)
    }
}

extension StoredIndexes {
    /// How the two files on disk go together.
    enum Trust {
        /// The journal continues the index: its records come after.
        case journal
        /// Another engine, or a person, changed the index since: the earlier cursor counts.
        case earlier
    }

    /// Where the index is beyond use, the journal is all there is, and its records are sound.
    var trust: Trust { cursors == nil || continuesCursors ? .journal : .earlier }

    /// Where the topic's cursor stands in `chain`, as far as it is stored as it stands.
    func reader(of topic: TopicName, _ chain: Chain, _ files: Set<DataFileName>)
        throws(EngineError) -> (block: Int, offset: Int)?
    {
        let stored = Recovery.Stored(
            topic: topic, chain: chain, index: cursors?[topic], journal: journal?.cursors[topic])
        let place = try Recovery.chosen(stored, trust, files)
        return place.problem == nil && !place.isFragile ? (place.block, place.offset) : nil
    }
}
