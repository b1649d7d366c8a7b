public import WalrusFormat

extension TopicState {
    /// Where the topic's entries end; nil when it has no block.
    public var end: EntryPlace? {
        blocks.last.map { EntryPlace(file: $0.file, slot: $0.slot, offset: $0.used) }
    }

    /// The index of the block that the place is in; nil when it is not there.
    public func blockIndex(of place: EntryPlace) -> Int? {
        blocks.firstIndex { ($0.file, $0.slot) == (place.file, place.slot) }
    }

    /// The topic without what stands at `end` or behind it, which must be where an entry begins or
    /// the last of a block ends. Nil when its block is not there.
    ///
    /// - Parameter entries: sound entries of the topic before `end`.
    public func cut(at end: EntryPlace, entries: Int) -> TopicState? {
        guard let index = blockIndex(of: end) else { return nil }
        let block = blocks[index]
        var cut = self
        cut.blocks = Array(blocks[..<index])
        cut.blocks.append(
            BlockPlace(
                file: block.file, slot: block.slot, units: block.units,
                used: min(block.used, end.offset), entries: entries - block.entriesBefore,
                entriesBefore: block.entriesBefore, stamps: block.stamps))
        cut.entries = entries
        return cut
    }

    /// The topic with its reader standing at `place`; nil: at its start. Nil when that is not there.
    public func withCursor(at place: EntryPlace?) -> TopicState? {
        var moved = self
        moved.cursor = nil
        guard let place else { return moved }
        guard let index = blockIndex(of: place) else { return nil }
        moved.cursor = CursorState(
            blockIndex: index, file: place.file, slot: place.slot, offset: place.offset,
            source: .journal, isClear: true)
        return moved
    }
}

extension Query {
    /// Whether it asks where an entry stands among those on disk, which changes when files go.
    public var asksForOrdinals: Bool {
        expression.contains { if case .ordinal = $0 { true } else { false } }
    }
}
