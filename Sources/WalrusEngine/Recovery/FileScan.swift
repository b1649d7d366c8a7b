internal import WalrusFormat
internal import WalrusIO

/// What stands in a data file, slot by slot.
struct FileScan: Sendable {
    enum Slot: Sendable {
        case empty
        /// Something is there, but nothing tells whose.
        case unreadable
        case block(BlockSurvey)
    }

    let file: DataFile
    /// In order; a block of several units is one.
    private(set) var slots: [(start: Int, content: Slot)] = []
    /// The first slot behind everything that is not zero.
    private(set) var freeSlot = 0

    /// Looks at files on all processors, block by block: a file alone keeps them all busy.
    static func all(_ files: [DataFile]) throws(EngineError) -> [FileScan] {
        let outlines = try inParallel(files) { file throws(EngineError) in try Outline(file) }
        let blocks = outlines.flatMap { outline in
            outline.slots.compactMap { slot -> (file: DataFile, frame: BlockFrame)? in
                if case .block(let frame) = slot.content { (outline.file, frame) } else { nil }
            }
        }
        let surveys = try inParallel(blocks) { block throws(EngineError) in
            try walking(block.file) { walker in
                try BlockSurvey(block.frame, &walker, in: block.file)
            }
        }
        var rest = surveys[...]
        return outlines.map { FileScan($0, &rest) }
    }

    /// - Parameter surveys: begins with those of this file's blocks, which are taken off.
    private init(_ outline: Outline, _ surveys: inout ArraySlice<BlockSurvey>) {
        file = outline.file
        freeSlot = outline.freeSlot
        for (start, content) in outline.slots {
            switch content {
            case .empty: slots.append((start, .empty))
            case .unreadable: slots.append((start, .unreadable))
            case .block: slots.append((start, .block(surveys.removeFirst())))
            }
        }
    }

    /// Where blocks begin and end, their entries not being read yet.
    private struct Outline: Sendable {
        enum Slot: Sendable {
            case empty
            case unreadable
            case block(BlockFrame)
        }

        let file: DataFile
        private(set) var slots: [(start: Int, content: Slot)] = []
        private(set) var freeSlot = 0

        init(_ file: DataFile) throws(EngineError) {
            self.file = file
            try walking(file) { walker in try look(&walker) }
        }

        /// Looks at every slot: what is wrong with one hides no other.
        private mutating func look(_ walker: inout EntryWalker) throws {
            var slot = 0
            while slot < Layout.unitsPerFile {
                let start = slot * Layout.unit
                // Slots without data on disk are not worth a read.
                let data = try file.dataRange(from: start)
                guard let data, data.lowerBound < start + Layout.unit else {
                    slots.append((slot, .empty))
                    slot += 1
                    continue
                }
                if let frame = try walker.frame(at: start) {
                    slots.append((slot, .block(frame)))
                    slot += frame.units
                    freeSlot = slot
                } else {
                    guard try file.firstNonZero(in: start..<start + Layout.unit) != nil else {
                        slots.append((slot, .empty))
                        slot += 1
                        continue
                    }
                    slots.append((slot, .unreadable))
                    // Its payload is not to be taken for blocks, as far as its extent can be told.
                    slot += try walker.length(at: start) / Layout.unit
                    freeSlot = slot
                }
            }
        }
    }

    /// Whether something of it can be read by nobody, and so never be consumed; its blocks aside.
    var isPinned: Bool {
        (!file.isWhole && file.size > 0)
            || slots.contains { if case .unreadable = $0.content { true } else { false } }
    }

    /// Damaged entries that `damage` does not name.
    var damageLeftOut: Int {
        slots.reduce(0) { sum, slot in
            guard case .block(let survey) = slot.content else { return sum }
            return sum + survey.flawCount - survey.flaws.count
        }
    }

    /// The file's damage, as it is reported.
    var damage: [RecoveryReport.Damage] {
        var found: [RecoveryReport.Damage] = []
        func note(_ reason: String) {
            found.append(
                .init(file: file.name, slot: nil, offset: nil, topic: nil, reason: reason))
        }
        if !file.isWhole {
            note(
                "is \(file.size) bytes long, not \(Layout.fileSize): read as far as it goes, not "
                    + "written to")
        }
        if file.file.isReadOnly {
            note(
                "is a link to another file: read, not written to; put the file itself in its "
                    + "place")
        }
        for (start, content) in slots {
            switch content {
            case .empty: break
            case .unreadable:
                found.append(
                    .init(
                        file: file.name, slot: start, offset: 0, topic: nil,
                        reason: "no header tells whose block this is"))
            case .block(let survey):
                found += survey.flaws.map {
                    .init(
                        file: file.name, slot: start, offset: $0.offset,
                        topic: survey.frame.topic, reason: "\($0.damage)")
                }
                if let hidden = survey.rest.entry {
                    found.append(
                        .init(
                            file: file.name, slot: start, offset: hidden,
                            topic: survey.frame.topic,
                            reason: "an entry stands behind bytes that are none, and is not read"))
                }
            }
        }
        return found
    }
}
