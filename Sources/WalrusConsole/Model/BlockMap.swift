public import Inspect
public import WalrusFormat

/// What the slots of a file are, one by one.
public enum BlockMap {
    /// In the order in which one hides another where several share a cell.
    public enum Use: Int, Hashable, Sendable, Comparable, CaseIterable {
        case never
        /// Consumed, in a file that can go.
        case reclaimable
        case consumed, unread, reading, tail, damaged
        /// Not empty, and nothing tells what it is.
        case unreadable

        /// In the order of a legend.
        static let legend: [Use] = [
            .consumed, .unread, .reading, .tail, .reclaimable, .damaged, .unreadable, .never,
        ]

        public static func < (a: Use, b: Use) -> Bool { a.rawValue < b.rawValue }

        /// In the words of the verbs.
        public var name: String {
            switch self {
            case .never: "never-written"
            case .reclaimable: "can-go"
            case .tail: "last"
            case .consumed, .unread, .reading, .damaged, .unreadable: "\(self)"
            }
        }

        /// In the words of a legend.
        public var title: String {
            switch self {
            case .never: "never written"
            case .reclaimable: "can go"
            case .consumed: "consumed"
            case .unread: "unread"
            case .reading: "being read"
            case .tail: "last block"
            case .damaged: "damaged"
            case .unreadable: "unreadable"
            }
        }
    }

    public struct Slot: Hashable, Sendable {
        public var use = Use.never
        /// Index into the file's blocks.
        public var block: Int?
        /// The unit of the block, from 0.
        public var unit = 0
    }

    /// One for each slot of a data file.
    ///
    /// - Parameters:
    ///   - fate: what the forecast says of the file; nil draws no difference between what is consumed
    ///     and what can go.
    ///   - marksEnds: whether a topic's last block is told from others; else it is as it is read.
    public static func slots(
        of file: FileState, fate: ReclaimForecast.Fate? = nil, marksEnds: Bool = true
    ) -> [Slot] {
        var slots = [Slot](repeating: Slot(), count: Layout.unitsPerFile)
        for (index, block) in file.blocks.enumerated() {
            var use = marksEnds ? use(of: block) : reading(of: block)
            if use == .consumed, fate == .goes { use = .reclaimable }
            for slot in block.slot..<min(block.slot + block.units, slots.count) {
                slots[slot] = Slot(use: use, block: index, unit: slot - block.slot)
            }
        }
        for slot in file.unreadableSlots where slots.indices.contains(slot) {
            slots[slot].use = .unreadable
        }
        return slots
    }

    /// How far the block is read, wherever it stands among the topic's.
    public static func reading(of block: BlockState) -> Use {
        if block.isDamaged { return .damaged }
        switch block.reading {
        case .consumed: return .consumed
        case .unread: return .unread
        case .reading: return .reading
        }
    }

    public static func use(of block: BlockState) -> Use {
        // Where a topic's run of blocks ends shows, even while it is being read. A topic of one block
        // has no run: where there are thousands of them, a map of ends would say nothing.
        if !block.isDamaged, block.isTail, block.entriesBefore > 0, block.reading != .consumed {
            return .tail
        }
        return reading(of: block)
    }

    /// How full a unit of the block is, from 0 to 1.
    public static func fill(of block: BlockState, unit: Int) -> Double {
        max(0, min(1, Double(block.used - unit * Layout.unit) / Double(Layout.unit)))
    }

    /// The letter that stands for a topic with that place in the list; it repeats after 62.
    public static func letter(_ index: Int) -> String {
        letters[((index % letters.count) + letters.count) % letters.count]
    }

    /// Whether each topic has a letter of its own.
    public static func hasLetters(_ state: DirectoryState) -> Bool {
        state.topics.count <= letters.count
    }

    /// What stands for another topic's block where letters would repeat.
    static func other(_ glyphs: GlyphSet) -> (glyph: String, style: Style) {
        (glyphs.reclaimable, Style(.consumed))
    }

    /// What is drawn for a slot; `block` is the one that it belongs to.
    ///
    /// - Parameter lit: the topic that has its letter in any case; where there are more topics than
    ///   letters the others have none.
    public static func cell(
        _ slot: Slot, _ block: BlockState?, _ mode: BlocksModel.Mode, lit: TopicName? = nil,
        state: DirectoryState, glyphs: GlyphSet
    ) -> (glyph: String, style: Style) {
        guard let block, mode != .state else {
            // The mark of a run's end has the colour of what it hides.
            let style = slot.use == .tail ? block.map { reading(of: $0).style } : nil
            return (slot.use.glyph(glyphs), style?.bold ?? slot.use.style)
        }
        if mode == .topic {
            guard block.topic == lit || lit == nil || hasLetters(state) else {
                return other(glyphs)
            }
            let index = state.topics.partition(before: block.topic)
            return (letter(index), Style(Role.topic(index)))
        }
        let fill = fill(of: block, unit: slot.unit)
        let levels = glyphs.verticalLevels
        // A block that holds anything shows as such.
        let level = max(1, Int((fill * Double(levels.count - 1)).rounded()))
        return (levels[min(level, levels.count - 1)], Style(Role.ramp(fill)))
    }

    private static let letters =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".map { String($0) }
}

extension BlockMap.Use {
    public func glyph(_ glyphs: GlyphSet) -> String {
        switch self {
        case .never: glyphs.neverWritten
        case .reclaimable: glyphs.reclaimable
        case .consumed: glyphs.consumed
        case .unread: glyphs.unread
        case .reading: glyphs.cursor
        case .tail: glyphs.tail
        case .damaged: glyphs.damaged
        case .unreadable: glyphs.orphan
        }
    }

    /// The style of a legend, and of a map that does not tell topics apart.
    var style: Style {
        switch self {
        case .never: Style(.neverWritten)
        case .reclaimable: Style(.reclaimable)
        case .consumed: Style(.consumed)
        case .unread: Style(.unread)
        case .reading: Style(.cursorMark)
        case .tail: Style(.tail)
        case .damaged: Style(.damaged, .bold)
        case .unreadable: Style(.orphan, .bold)
        }
    }
}
