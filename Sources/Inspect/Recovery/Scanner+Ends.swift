package import WalrusFormat

/// What the last scan found at the end of a block, for whoever mends it.
package struct BlockEnd: Hashable, Sendable {
    package let file: DataFileName
    package let slot: Int
    package let units: Int
    package let topic: TopicName
    /// Where the last entry ends that can be followed, sound or not, from the block's start.
    package let used: Int
    /// The last entry, where it is damaged, from the block's start.
    package let torn: Range<Int>?
    /// Where a header stands that does not tell how long its entry is.
    package let lost: Int?
    /// The first byte behind all that which is not zero.
    package let leftover: Int?
    /// Where an entry stands behind bytes that are none.
    package let hidden: Int?
    /// What is damaged at the end is what an unfinished write leaves (`BlockRest.isUnfinished`).
    package let isUnfinished: Bool

    /// Where the last entry ends that counts, or that others follow.
    package var soundEnd: Int { torn?.lowerBound ?? used }
    package var place: (DataFileName, Int) { (file, slot) }
}

/// A part of a block that belongs to a batch which is not whole.
package struct BatchCut: Hashable, Sendable {
    package let topic: TopicName
    package let file: DataFileName
    package let slot: Int
    package let units: Int
    /// Bytes from the block's start to the batch's first byte there.
    package let offset: Int
}

extension Scanner {
    /// The end of every block that the last scan found, in the order of places.
    package func blockEnds() -> [BlockEnd] {
        guard let state = lastLook?.state else { return [] }
        return state.files.flatMap { file in
            (scan(of: file.name)?.blocks ?? []).map { block in
                BlockEnd(
                    file: file.name, slot: block.frame.slot, units: block.frame.units,
                    topic: block.frame.topic, used: block.used,
                    torn: block.tail.map { $0.offset..<block.used }, lost: block.lost?.offset,
                    leftover: block.rest.firstByte, hidden: block.rest.entry,
                    isUnfinished: block.rest.isUnfinished)
            }
        }
    }

    /// The batches that are not whole, each with its pieces in the order of places.
    package func incompleteBatches() -> [(batch: RecoveryPreview.DroppedBatch, pieces: [BatchCut])]
    {
        guard let facts = lastLook?.state.recovery else { return [] }
        return facts.dropped.enumerated().map { index, batch in
            let pieces = facts.cuts.filter { $0.batch == index }.map {
                BatchCut(
                    topic: $0.topic, file: $0.file, slot: $0.slot, units: $0.units,
                    offset: $0.offset)
            }
            return (batch, pieces)
        }
    }

    /// What the last scan saw, with what there is of batches that are not whole counted as entries, which no
    /// reader has had: for whoever takes all that can be read. Nil before the first scan.
    package func stateWithParts() -> DirectoryState? {
        guard var state = lastLook?.state else { return nil }
        let names = Set(state.recovery.cuts.map(\.topic))
        for name in names.sorted() {
            let index = state.topics.firstIndex { $0.name == name }
            let topic = withParts(index.map { state.topics[$0] } ?? TopicState(name: name), state)
            if let index { state.topics[index] = topic } else { state.topics.append(topic) }
        }
        state.topics.sort { $0.name < $1.name }
        return state
    }

    private func withParts(_ topic: TopicState, _ state: DirectoryState) -> TopicState {
        var whole = topic
        let cuts = state.recovery.cuts.filter { $0.topic == topic.name }
        let places = Set(cuts.map { EntryPlace(file: $0.file, slot: $0.slot, offset: 0) })
        whole.blocks.removeAll {
            places.contains(EntryPlace(file: $0.file, slot: $0.slot, offset: 0))
        }
        var entries = whole.blocks.reduce(0) { $0 + $1.entries }
        for place in places.sorted() {
            guard
                let block = scan(of: place.file)?.blocks.first(where: {
                    $0.frame.slot == place.slot
                })
            else { continue }
            whole.blocks.append(
                BlockPlace(
                    file: place.file, slot: place.slot, units: block.frame.units, used: block.used,
                    entries: block.entries, entriesBefore: entries))
            entries += block.entries
        }
        whole.unread += entries - whole.entries
        whole.entries = entries
        return whole
    }

    /// The slots of a file in which nothing stands although others follow: no writer leaves them.
    package func holes(in file: DataFileName) -> [Int] {
        guard let slots = scan(of: file)?.slots else { return [] }
        return slots.indices.filter { slots[$0] == .empty }
    }

    /// Whether an entry begins at `offset` of the block that begins in a slot, or the last one ends
    /// there.
    package func isBoundary(_ file: DataFileName, slot: Int, _ offset: Int) -> Bool {
        probe(file, slot: slot, offset).boundary == offset
    }
}
