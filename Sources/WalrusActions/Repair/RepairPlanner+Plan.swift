internal import Inspect
internal import WalrusFormat
internal import WalrusIO

extension RepairPlanner {
    /// The plan for the repairs with these identities; without any, for all that are not doubtful.
    func plan(only ids: [String]? = nil) throws -> RepairPlan {
        let repairs = repairs()
        for id in ids ?? [] where !repairs.contains(where: { $0.id == id }) {
            guard Repair.Kind.isName(id) else { throw RepairPlan.Unknown(name: id) }
            throw RepairPlan.Gone(name: id, directory: directory)
        }
        let chosen = repairs.filter { ids?.contains($0.id) ?? ($0.certainty != .doubtful) }
        var draft = CursorDraft(files)
        var expected = state.topics.map {
            RepairExpectation.Topic(
                name: $0.name, entries: $0.entries, cursor: $0.cursor?.stand, isClean: $0.isClean)
        }
        for repair in chosen { apply(repair, to: &draft, &expected) }
        let gone = chosen.flatMap(\.findings)
        let identities = Set(repairs.flatMap(\.findings).map(\.identity))
        let erasures = chosen.flatMap(\.cuts).map {
            PlannedChange.erase(file: $0.file.text, range: $0.range)
        }
        return RepairPlan(
            repairs: repairs, chosen: chosen, changes: draft.changes() + erasures,
            left: state.findings.filter {
                $0.severity > .info && !identities.contains($0.identity)
            },
            expectation: RepairExpectation(
                topics: expected, gone: gone,
                known: Set(state.findings.map(\.place))))
    }

    private func apply(
        _ repair: Repair, to draft: inout CursorDraft,
        _ expected: inout [RepairExpectation.Topic]
    ) {
        switch repair.kind {
        case .cursorIndex:
            draft.setAside(DirectoryNames.cursorIndex)
            for (topic, stand) in rebuiltCursors().places.sorted(by: { $0.key < $1.key }) {
                draft.set(topic, block: stand.block, at: stand.place)
                expected.change(topic) {
                    $0.cursor = stand.block == 0 && stand.place.offset == 0 ? nil : stand.place
                }
            }
            keepDoubt(of: Set(rebuiltCursors().places.keys), in: &draft)
        case .cleanIndex:
            draft.setAside(DirectoryNames.cleanIndex)
            for (topic, mark) in files.journal.value?.marks ?? [:] { draft.set(topic, mark: mark) }
            for topic in unknownMarks() {
                draft.set(topic, mark: CleanMark(isClean: false, generation: 1))
                expected.change(topic) { $0.isClean = false }
            }
        case .indexTable: for finding in repair.findings { draft.renew(finding.file ?? "") }
        case .journal:
            draft.setAside(DirectoryNames.cursorJournal)
            keepDoubt(of: Set((files.cursors.value ?? [:]).keys), in: &draft)
        case .journalTail: draft.renew(DirectoryNames.cursorJournal)
        case .intents: draft.setAside(DirectoryNames.batchIntents)
        case .cursors:
            for topic in state.topics where isInQuestion(topic) { settle(topic, in: &draft) }
        case .batch, .tail, .leftover:
            if repair.id == "batch:intents" { draft.removeIntents() }
            for cut in repair.cuts { apply(cut, to: &draft, &expected) }
        }
    }

    /// A topic without a cursor counts as one that nobody ever read, so that what is left of a batch at its
    /// end counts no more. Where a cursor may have been lost that must not come of it: one that stands
    /// at the beginning says less.
    private func keepDoubt(of known: Set<TopicName>, in draft: inout CursorDraft) {
        for topic in state.topics where topic.entries > 0 && !known.contains(topic.name) {
            draft.setBegin(topic.name)
        }
    }

    /// A cursor that fits no entry, here or in the file that does not count, or of which there are two.
    private func isInQuestion(_ topic: TopicState) -> Bool {
        if let cursor = topic.cursor, !cursor.isClear { return true }
        return files.journal.value?.cursors[topic.name] != nil
            && (!files.continuesCursors || files.cursors.value?[topic.name] != nil)
    }

    /// Stores the cursor as it is read.
    private func settle(_ topic: TopicState, in draft: inout CursorDraft) {
        guard let cursor = topic.cursor else { return draft.setBegin(topic.name) }
        draft.set(
            topic.name, block: cursor.blockIndex,
            at: RepairPlace(file: cursor.file, slot: cursor.slot, offset: cursor.offset))
    }

    /// A cursor behind what is erased would come to mean something else: it goes to where that began.
    private func apply(
        _ cut: Repair.Cut, to draft: inout CursorDraft, _ expected: inout [RepairExpectation.Topic]
    ) {
        guard let topic = state.topic(cut.topic), let cursor = topic.cursor else { return }
        guard (cursor.file, cursor.slot) == (cut.file, cut.slot),
            cut.offset == 0 || cursor.offset > cut.offset
        else {
            // In a block that does not count, so that it is read as standing before it.
            if !cursor.isClear { settle(topic, in: &draft) }
            return
        }
        guard cut.offset == 0 else {
            let place = RepairPlace(file: cut.file, slot: cut.slot, offset: cut.offset)
            draft.set(topic.name, block: cursor.blockIndex, at: place)
            return expected.change(topic.name) { $0.cursor = place }
        }
        guard cursor.blockIndex > 0 else {
            draft.setBegin(topic.name)
            return expected.change(topic.name) { $0.cursor = nil }
        }
        let before = topic.blocks[cursor.blockIndex - 1]
        let place = RepairPlace(file: before.file, slot: before.slot, offset: before.used)
        draft.set(topic.name, block: cursor.blockIndex - 1, at: place)
        expected.change(topic.name) { $0.cursor = place }
    }
}

extension CursorState {
    /// Where it stands; nil at the topic's beginning.
    var stand: RepairPlace? {
        blockIndex == 0 && offset == 0
            ? nil : RepairPlace(file: file, slot: slot, offset: offset)
    }
}

extension [RepairExpectation.Topic] {
    mutating func change(_ name: TopicName, _ body: (inout RepairExpectation.Topic) -> Void) {
        if let index = firstIndex(where: { $0.name == name }) { body(&self[index]) }
    }
}
