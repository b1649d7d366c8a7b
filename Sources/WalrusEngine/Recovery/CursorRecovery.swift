internal import WalrusFormat
internal import WalrusIO

extension Recovery {
    /// A place in a chain, and what of it is not as it was stored.
    private struct Place: Comparable {
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
    private struct Stored: Sendable {
        let topic: TopicName
        let chain: Chain
        let index: StoredCursor?
        let journal: CursorPosition?
    }

    /// A cursor as it goes into the engine.
    private struct Outcome: Sendable {
        let cursor: ReadCursor
        let saved: CursorStore.Saved
        let problem: String?
        let isIndexBehind: Bool
    }

    /// How the two files on disk go together.
    private enum Trust {
        /// The journal continues the index: its records come after.
        case journal
        /// Another engine, or a person, changed the index since: the earlier cursor counts.
        case earlier
    }

    mutating func recoverCursors(_ chains: [TopicName: Chain]) throws(EngineError)
        -> (store: CursorStore, places: [TopicName: ReadCursor], sequences: [TopicName: UInt64])
    {
        let image = try contents(DirectoryNames.cursorIndex)
        var base = CursorJournal.Base(index: image)
        let index = try decodeIndex(image)
        let journal = try decodeJournal(try contents(DirectoryNames.cursorJournal))
        // Where the index is beyond use, the journal is all there is, and its records are sound.
        let trust: Trust = index == nil || journal?.base == base ? .journal : .earlier
        if index == nil { base = CursorJournal.Base(index: nil) }

        let topics = Set((index ?? [:]).keys).union((journal?.cursors ?? [:]).keys)
        let stored = topics.sorted().map { topic in
            Stored(
                topic: topic, chain: chains[topic] ?? Chain(), index: index?[topic],
                journal: journal?.cursors[topic])
        }
        let outcomes = try inParallel(stored) { stored throws(EngineError) in
            try Self.outcome(stored, trust)
        }
        var saved: [TopicName: CursorStore.Saved] = [:]
        var cursors: [TopicName: ReadCursor] = [:]
        let continues = index != nil && journal?.base == base
        report.journalRecords = journal?.recordCount ?? 0
        // A journal of another index must not be taken for news once more.
        var mustRewrite = !continues && report.journalRecords > 0
        for (stored, outcome) in zip(stored, outcomes) {
            saved[stored.topic] = outcome.saved
            cursors[stored.topic] = outcome.cursor
            if outcome.isIndexBehind { mustRewrite = true }
            if let problem = outcome.problem {
                mustRewrite = true
                report.reconciliations.append(
                    .init(
                        topic: stored.topic, position: outcome.saved.position, reason: problem))
            }
        }
        let store = CursorStore(
            storage, saved, base: base, journalEnd: continues ? journal?.end : nil,
            isIndexBehind: mustRewrite || (continues && report.journalRecords > 0),
            journalSizeMax: configuration.journalSizeMax)
        // Before anything is appended: the old form of these cursors could come to fit an entry
        // that nobody has read.
        if mustRewrite { try store.compact() }
        let sequences = (journal?.cursors ?? [:]).mapValues(\.sequence)
        return (store, cursors, sequences)
    }

    func contents(_ name: String) throws(EngineError) -> [UInt8]? {
        try engineErrors { () throws(IOError) in try storage.contents(of: name) }
    }

    /// Nil when the index was there and could not be used.
    private mutating func decodeIndex(_ image: [UInt8]?) throws(EngineError)
        -> [TopicName: StoredCursor]?
    {
        guard let image else { return [:] }
        do throws(FormatError) { return try CursorIndexImage.decode(image) } catch {
            try setAside(DirectoryNames.cursorIndex, "\(error)")
            return nil
        }
    }

    private mutating func decodeJournal(_ image: [UInt8]?) throws(EngineError)
        -> CursorJournal.Contents?
    {
        guard let image else { return nil }
        do throws(FormatError) {
            let contents = try CursorJournal.decode(image)
            report.journalTail = contents.tornTail.map { "\($0)" }
            return contents
        } catch {
            try setAside(DirectoryNames.cursorJournal, "\(error)")
            return nil
        }
    }

    // MARK: - One topic

    /// The greatest sequence number that a reader of the topic has had, as far as the files tell.
    func consumed(_ topic: TopicName) throws(EngineError) -> UInt64? {
        let image = try contents(DirectoryNames.cursorIndex)
        let journalImage = try contents(DirectoryNames.cursorJournal)
        do throws(FormatError) {
            let index = try CursorIndexImage.decode(image ?? [])
            let journal = try journalImage.map(CursorJournal.decode)
            if let position = journal?.cursors[topic] {
                return position.sequence == 0 ? nil : position.sequence
            }
            return index[topic] == nil ? 0 : nil
        } catch { return nil }
    }

    private static func outcome(_ stored: Stored, _ trust: Trust) throws(EngineError) -> Outcome {
        guard !stored.chain.links.isEmpty else {
            // Blocks that come later are unread, whatever the cursor said about those before them.
            let isStale =
                (stored.index.map { $0 != .chain(0, offset: 0) } ?? false)
                || (stored.journal.map { $0 != .begin } ?? false)
            return Outcome(
                cursor: .begin, saved: .begin,
                problem: isStale ? "none of the topic's blocks is there any more" : nil,
                isIndexBehind: isStale)
        }
        let place = try chosen(stored, trust)
        let cursor = try stored.chain.cursor(at: place.block, place.offset)
        let link = stored.chain.links[place.block]
        let position = CursorPosition(
            file: link.file.name, slot: link.survey.frame.slot, offset: place.offset,
            sequence: cursor.sequence)
        return Outcome(
            cursor: cursor, saved: CursorStore.Saved(position: position, block: place.block),
            problem: place.problem, isIndexBehind: place.isFragile)
    }

    private static func chosen(_ stored: Stored, _ trust: Trust) throws(EngineError) -> Place {
        let index = try stored.index.map { cursor throws(EngineError) in
            try place(of: cursor, in: stored.chain)
        }
        guard let position = stored.journal else { return index ?? Place(block: 0, offset: 0) }
        let journal = try place(of: position, in: stored.chain)
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

    private static func place(of position: CursorPosition, in chain: Chain) throws(EngineError)
        -> Place
    {
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
        // The block is gone. The first one behind it is what was to be read next.
        if let block = chain.links.firstIndex(where: { position.precedes(start($0)) }) {
            return Place(
                block: block, offset: 0, problem: "the block it stood in is not there any more",
                isFragile: true)
        }
        let last = chain.links.count - 1
        return Place(
            block: last, offset: chain.links[last].survey.used,
            problem: "the block it stood in is not there any more", isFragile: true)
    }
}
