internal import WalrusFormat
internal import WalrusIO

extension Scanner {
    /// What a restart would do to the directory as the last scan saw it; nil before the first one.
    ///
    /// Reads what is damaged once more, as the reference would; all else is known.
    public func recoveryPreview() -> RecoveryPreview? {
        guard let (state, listing, sidecars) = lastLook else { return nil }
        var preview = RecoveryPreview()
        preview.revision = state.revision
        preview.dropped = state.recovery.dropped
        preview.torn = state.findings.filter {
            [.tornTail, .lostRest, .hiddenEntries].contains($0.kind)
        }
        preview.journalTail = sidecars.journalTail
        preview.addSidecars(sidecars, taken: Set(listing.map(\.name)))
        preview.addFiles(state)

        let files = state.files.compactMap { scan(of: $0.name) }
        let reference = ReferenceScan(
            files, strays: Self.strays(listing),
            mark: { sidecars.cursors[$0].map { Int(clamping: $0.offset) } })
        for hazard in reference.hazards { preview.add(hazard) }
        for file in sidecars.unusable where DirectoryNames.isOfReference(file.name) {
            preview.add(
                .init(
                    file: file.name, slot: nil, mayCrash: true,
                    message: "It is damaged, and is read without a check."))
        }
        let names = Set(state.topics.map(\.name)).union(reference.chains.keys)
        preview.topics = names.sorted().map { name in
            let known = state.topic(name) ?? TopicState(name: name)
            var topic = RecoveryPreview.Topic(name: name, entries: known.entries)
            topic.here = here(known, state)
            topic.reference = restart(
                known, reference.chains[name] ?? [], files, sidecars.cursors[name],
                knowsCursor: !state.isCursorLost(known))
            topic.reference.isClean = sidecars.indexMarks[name]?.isClean ?? true
            return topic
        }
        return preview
    }

    private static func strays(_ listing: Set<DirectoryEntry>) -> [String] {
        listing.filter {
            $0.kind != .directory && DataFileName($0.name) == nil
                && !$0.name.hasSuffix(DirectoryNames.sidecarSuffix)
        }.map(\.name).sorted()
    }

    private func here(_ topic: TopicState, _ state: DirectoryState) -> RecoveryPreview.Restart {
        var restart = RecoveryPreview.Restart()
        restart.entries = topic.entries
        restart.unread = topic.unread
        restart.isClean = topic.isClean
        if let cursor = topic.cursor {
            restart.cursor = .init(file: cursor.file, slot: cursor.slot, offset: cursor.offset)
        } else if let first = topic.blocks.first {
            restart.cursor = .init(file: first.file, slot: first.slot, offset: 0)
        }
        if let correction = state.recovery.corrections[topic.name] {
            restart.reason = correction.reason
            restart.again = correction.again
        }
        return restart
    }

    // MARK: - The reference

    /// What the reference makes of a topic with these blocks, for a cursor index with `stored`.
    private func restart(
        _ topic: TopicState, _ chain: [ReferenceScan.Block], _ files: [FileScan],
        _ stored: StoredCursor?, knowsCursor: Bool
    ) -> RecoveryPreview.Restart {
        var restart = RecoveryPreview.Restart()
        let (index, offset, reason) = Self.stand(stored, chain)
        restart.reason = reason
        if let block = chain.isEmpty ? nil : chain[min(index, chain.count - 1)] {
            restart.cursor = .init(
                file: files[block.file].name, slot: block.slot,
                offset: index < chain.count ? offset : block.used)
        }
        if index < chain.count, offset < chain[index].used,
            !before(offset, chain[index], files).isBoundary
        {
            restart.isStuck = true
            restart.reason = "no entry begins where the index has it, at byte \(offset)"
        }
        var seen: [BlockKey: Seen] = [:]
        for (number, block) in chain.enumerated() {
            restart.entries += block.entries
            var from =
                number < index ? block.used : number == index ? min(offset, block.used) : 0
            if restart.isStuck { from = block.used }
            let delivered =
                from < block.used ? block.entries - before(from, block, files).entries : 0
            restart.unread += delivered
            // What is delivered from places that no block of the topic has, or is not sound.
            restart.extra += delivered
            let key = BlockKey(file: files[block.file].name, slot: block.slot)
            seen[key] = Seen(from: from, used: block.used)
        }
        var again = 0
        for place in topic.blocks {
            func sound(before offset: Int) -> Int { soundEntries(place, before: offset) }
            let consumed = max(0, min(place.entries, topic.consumed - place.entriesBefore))
            guard let block = seen[BlockKey(place)] else {
                restart.hidden += place.entries - consumed
                continue
            }
            let visible = block.used >= place.used ? place.entries : sound(before: block.used)
            let passed = block.from >= block.used ? visible : sound(before: block.from)
            restart.extra -= max(0, visible - passed)
            again += max(0, min(consumed, visible) - passed)
            restart.skipped += max(0, min(passed, visible) - consumed)
            restart.hidden += place.entries - max(consumed, visible)
        }
        // Nobody knows what was consumed.
        restart.again = knowsCursor ? again : nil
        return restart
    }

    /// A block as its reader comes upon it: where it begins to read, and where it stops.
    private struct Seen {
        let from: Int
        let used: Int
    }

    private struct BlockKey: Hashable {
        let file: DataFileName
        let slot: Int

        init(file: DataFileName, slot: Int) {
            self.file = file
            self.slot = slot
        }

        init(_ place: BlockPlace) { self.init(file: place.file, slot: place.slot) }
    }

    /// Where its reader stands: an index into its blocks, and an offset there.
    private static func stand(_ stored: StoredCursor?, _ chain: [ReferenceScan.Block])
        -> (index: Int, offset: Int, reason: String?)
    {
        guard let stored else { return (0, 0, nil) }
        let offset = Int(clamping: stored.offset)
        if let id = stored.tailBlockID {
            guard let index = chain.firstIndex(where: { $0.number == id }) else {
                let reason = "block \(id), where the index has it, is not found"
                return (0, 0, chain.isEmpty ? nil : reason)
            }
            return (index, min(offset, chain[index].used), nil)
        }
        let index = min(Int(clamping: stored.blockIndex), chain.count)
        return (index, index < chain.count ? min(offset, chain[index].used) : 0, nil)
    }

    /// Entries of a block that begin before `offset`, as the reference sees it, and whether that is
    /// where one begins.
    private func before(_ offset: Int, _ block: ReferenceScan.Block, _ files: [FileScan])
        -> (entries: Int, isBoundary: Bool)
    {
        if let walk = block.walk { return walk.before(offset) }
        if offset >= block.used { return (block.entries, offset == block.used) }
        let probe = probe(files[block.file].name, slot: block.slot, offset)
        return (probe.entriesBefore, probe.boundary == offset)
    }

    /// Sound entries of the block before `offset`.
    private func soundEntries(_ place: BlockPlace, before offset: Int) -> Int {
        if offset <= 0 { return 0 }
        return min(place.entries, probe(place.file, slot: place.slot, offset).entriesBefore)
    }
}

extension RecoveryPreview {
    mutating func addSidecars(_ sidecars: Sidecars, taken: Set<String>) {
        var taken = taken
        for (name, reason) in sidecars.unusable {
            var number = 1
            while taken.contains("damaged\(number)_\(name)") { number += 1 }
            let newName = "damaged\(number)_\(name)"
            taken.insert(newName)
            setAside.append(.init(name: name, newName: newName, reason: reason))
        }
        refusals += sidecars.unreadable.map { .init(file: $0.name, reason: $0.reason) }
    }

    mutating func addFiles(_ state: DirectoryState) {
        refusals += state.files.filter { !$0.isReadable }.map {
            .init(file: $0.name.text, reason: "it cannot be read")
        }
        let gone = ReclaimForecast(state).files.filter(\.isFree)
        reclaimed = gone.map(\.name)
        reclaimedBytes = gone.reduce(0) { $0 + $1.allocated }
    }
}

extension DirectoryNames {
    /// Whether the reference reads the file.
    static func isOfReference(_ name: String) -> Bool { name == cursorIndex || name == cleanIndex }
}
