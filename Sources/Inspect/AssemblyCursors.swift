internal import WalrusFormat

/// Where the readers of topics stand: the rules of the engine's recovery (`docs/engine.md`, "Why the
/// files on disk always give what was recorded"), and what of them is worth a finding.
extension Assembly {
    /// A place among the blocks of a topic, and what of it is not as it was stored.
    private struct Stand {
        var block: Int
        var offset: Int
        var isClear = true
        /// It is stored as it stands, and counts no block that is not there.
        var isLiteral = true
        var source: CursorState.Source?
        /// Why the stored cursor did not say so, as the end of a sentence.
        var problem: String?
        /// Entries that come again because of that; nil where nothing tells.
        var again: Int? = 0

        func isBefore(_ other: Stand) -> Bool {
            (block, offset) < (other.block, other.offset)
        }
    }

    /// The cursor of a topic with these blocks, and the sound entries before it.
    mutating func cursor(_ name: TopicName, _ chain: [Link]) -> (
        cursor: CursorState?, consumed: Int
    ) {
        guard !chain.isEmpty else {
            noteWithoutBlocks(name)
            return (nil, 0)
        }
        let stand = chosen(name, chain)
        if let problem = stand.problem {
            state.recovery.corrections[name] = .init(reason: problem, again: stand.again)
        } else if sidecars.areCursorsLost, stand.source == nil {
            state.recovery.corrections[name] = .init(
                reason: "its cursor is lost with the index", again: nil)
        }
        guard let source = stand.source else { return (nil, 0) }
        let link = chain[stand.block]
        let cursor = CursorState(
            blockIndex: stand.block, file: link.file, slot: link.scan.frame.slot,
            offset: stand.offset, source: source, isClear: stand.isClear)
        return (cursor, consumed(chain, stand))
    }

    /// Where the topic's cursor stands, as far as it is stored as it stands.
    func reader(of name: TopicName, _ chain: [Link]) -> (block: Int, offset: Int)? {
        // What is to be told of it, is told when all batches have been looked at.
        var assembly = self
        let stand = assembly.chosen(name, chain)
        return stand.isClear && stand.isLiteral && stand.problem == nil
            ? (stand.block, stand.offset) : nil
    }

    private func consumed(_ chain: [Link], _ stand: Stand) -> Int {
        let link = chain[stand.block]
        let before = measure(link.file, link.index, stand.offset).entriesBefore
        return link.entriesBefore + min(before, link.entries)
    }

    private mutating func chosen(_ name: TopicName, _ chain: [Link]) -> Stand {
        let begin = Stand(block: 0, offset: 0)
        let index = sidecars.cursors[name].map { stand(of: $0, name, chain) }
        guard let position = sidecars.journal[name] else { return index ?? begin }
        let journal = stand(of: position, name, chain)
        if sidecars.isJournalCurrent { return journal }
        // Another engine, or a person, changed the index since: the earlier position counts.
        let own = index ?? begin
        guard own.isBefore(journal) || journal.isBefore(own) else { return own }
        noteReconciled(name)
        var (earlier, later, who) =
            journal.isBefore(own) ? (journal, own, "the index") : (own, journal, "the journal")
        earlier.problem =
            "the cursor index was changed by another program, and \(who) says more was consumed"
        earlier.again = max(0, consumed(chain, later) - consumed(chain, earlier))
        return earlier
    }

    private mutating func stand(of stored: StoredCursor, _ name: TopicName, _ chain: [Link])
        -> Stand
    {
        let source = CursorState.Source.index(stored)
        let meaning = CursorMeaning(stored, blockIDs: chain.map(\.number)) { block, offset in
            boundary(chain[block], offset)
        }
        switch meaning {
        case .end:
            return Stand(
                block: chain.count - 1, offset: chain[chain.count - 1].used,
                isLiteral: stored.blockIndex == UInt64(chain.count), source: source)
        case .at(let block, let offset):
            let isLiteral = stored.tailBlockID != nil || stored.blockIndex == UInt64(block)
            if !isLiteral {
                findings.add(
                    Finding(
                        .info, .cursorShifted, file: DirectoryNames.cursorIndex,
                        "the cursor of \(name.quoted) names block \(stored.blockIndex) of the topic, but stands in block \(block): an empty block was counted"
                    ))
            }
            return Stand(block: block, offset: offset, isLiteral: isLiteral, source: source)
        case .unclear(let block, let offset):
            noteUnclear(name, DirectoryNames.cursorIndex)
            return Stand(
                block: block, offset: offset, isClear: false, source: source,
                problem: "the index has it at byte \(stored.offset), where no entry begins",
                again: nil)
        }
    }

    private mutating func stand(of position: CursorPosition, _ name: TopicName, _ chain: [Link])
        -> Stand
    {
        guard let file = position.file else { return Stand(block: 0, offset: 0, source: .journal) }
        let exact = chain.firstIndex {
            $0.file == file && $0.scan.frame.slot == position.slot
        }
        if let exact {
            let boundary = boundary(chain[exact], position.offset)
            var stand = Stand(block: exact, offset: boundary.offset, source: .journal)
            guard !boundary.isExact else { return stand }
            noteUnclear(name, DirectoryNames.cursorJournal)
            stand.isClear = false
            stand.problem =
                "the journal has it at byte \(position.offset), where no entry begins"
            stand.again = nil
            return stand
        }
        // The block is gone; with its file, if that was reclaimed. The first one behind it is what
        // was to be read next.
        var stand = Stand(
            block: chain.count - 1, offset: chain[chain.count - 1].used, source: .journal)
        let next = chain.firstIndex { ($0.file, $0.scan.frame.slot) > (file, position.slot) }
        if let next { (stand.block, stand.offset) = (next, 0) }
        if isThere(file) { stand.problem = "the block it stood in is not there any more" }
        return stand
    }

    private func isThere(_ file: DataFileName) -> Bool {
        state.files.contains { $0.name == file }
    }

    private func boundary(_ link: Link, _ offset: Int) -> CursorMeaning.Boundary {
        let probe = measure(link.file, link.index, offset)
        let boundary = min(probe.boundary, link.used)
        return CursorMeaning.Boundary(offset: boundary, isExact: boundary == offset)
    }

    // MARK: - Findings

    /// A cursor without any block: what reclamation leaves, unless its file is still there.
    private mutating func noteWithoutBlocks(_ name: TopicName) {
        let index = sidecars.cursors[name]
        let isIndexBehind = index.map { $0 != .chain(0, offset: 0) } ?? false
        let journal = sidecars.journal[name]
        let isLost = journal?.file.map(isThere) ?? (isIndexBehind && journal == nil)
        guard isLost else { return }
        state.recovery.corrections[name] = .init(
            reason: "none of the topic's blocks is there any more", again: 0)
    }

    private mutating func noteUnclear(_ name: TopicName, _ file: String) {
        findings.add(
            Finding(
                .warning, .cursorUnclear, file: file,
                "the cursor of \(name.quoted) is not the start of any entry; it is read so that nothing unread is skipped"
            ))
    }

    /// Whether the cursor stood in a part of a data file that was cut off.
    func isCursorLost(_ name: TopicName, _ chain: [Link]) -> Bool {
        let cut = state.files.filter { $0.size < Layout.fileSize }
        guard !cut.isEmpty else { return false }
        if let position = sidecars.journal[name], let name = position.file,
            let file = cut.first(where: { $0.name == name })
        {
            return file.size <= position.slot * Layout.unit
        }
        return chain.isEmpty && (sidecars.cursors[name] ?? nil) != nil
    }

    mutating func noteLost(_ name: TopicName) {
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
