internal import Inspect
internal import WalrusFormat

extension CommandPalette {
    /// Places in a topic.
    static let places: [PaletteCommand] = [
        PaletteCommand(
            form: "N", help: "go to this entry, -N before the end; on Hex, to the byte",
            accepts: { Int($0) != nil },
            run: { model, text in
                // On Hex a number is a byte.
                if let (place, miss) = model.place(named: text) { return model.goTo(place, miss) }
                let number = Int(text) ?? 1
                return model.goTo(
                    text.hasPrefix("-")
                        ? .last(number == .min ? .max : -number) : .ordinal(number))
            }),
        PaletteCommand(
            form: "@TIME", help: "go to what was appended then: @2026-11-20T12:00, @-1h",
            accepts: { $0.hasPrefix("@") },
            run: { model, text in
                guard let time = Timestamp.parse(text.dropFirst(), now: model.now) else {
                    return model.complain(
                        "a time in UTC, as in @2026-11-20T12:00, or before now, as in @-1h")
                }
                return model.goTo(.time(time))
            }),
        PaletteCommand(
            "begin", help: "go to the first entry",
            run: { model, _ in model.goTo(.begin) }),
        PaletteCommand(
            "end", help: "go to the last entry",
            run: { model, _ in model.goTo(.end) }),
        PaletteCommand(
            "cursor", help: "go to the reader's cursor",
            run: { model, _ in model.goTo(.cursor) }),
        PaletteCommand(
            "seq", aliases: ["sequence"], takes: .text("N"),
            help: "go to the entry of this sequence",
            run: { model, text in
                guard let sequence = UInt64(text) else {
                    return model.complain("which sequence? a number")
                }
                return model.goTo(.sequence(sequence))
            }),
        PaletteCommand(
            "block", takes: .text("FILE:BLOCK+OFFSET"),
            help: "go to a block, as 4:25 or 4:25+0x1A0, or by the file's name",
            run: { model, text in model.goTo(block: text) }),
    ]
}

extension ConsoleModel {
    /// Goes to a place in the topic that is shown, or to the nearest that there is and says so.
    mutating func goTo(_ point: EntryPoint) -> [Effect] {
        guard screen == .entries, let topic = entriesTopic else {
            return complain("a place is one of a topic: open a topic first")
        }
        showAll()
        let id = request()
        entries?.isFollowing = false
        entries?.awaited = id
        return [.locate(request: id, topic: topic, point, count: EntriesModel.windowMax)]
    }

    /// Says that the entry is not the one that was asked for.
    mutating func tell(_ miss: EntryLanding.Miss?) {
        guard let miss else { return }
        notice = Notice(kind: .problem, text: miss.text)
    }

    /// Shows the entry at a place in a file, or the one after it.
    mutating func goTo(block text: String) -> [Effect] {
        guard let (place, miss) = place(named: text) else {
            return complain("which block? FILE:BLOCK+OFFSET, as in 4:25+0x1A0")
        }
        if isFirstLook { return askToWait(for: "blocks can be gone to") }
        let effects = openEntry(at: place)
        tell(miss)
        return effects
    }

    /// Shows the entry at a byte of a data file, or the nearest behind it, in the nearest block.
    mutating func openEntry(at place: BytePlace) -> [Effect] {
        let slot = place.offset / Layout.unit
        guard let file = state?.files.first(where: { $0.name.text == place.file }) else {
            return complain("\(place.file) is no data file")
        }
        let nearest = file.blocks.min {
            Self.distance($0, slot) < Self.distance($1, slot)
        }
        guard let block = nearest else { return complain("no block stands in \(place.file)") }
        let distance = Self.distance(block, slot)
        let effects = openPlace(
            in: block, offset: distance > 0 ? 0 : place.offset - block.slot * Layout.unit)
        entries?.asked = place
        if distance > 0 {
            notice = Notice(
                kind: .problem,
                text: "no block stands in slot \(slot): at the nearest, in slot \(block.slot)")
        }
        return effects
    }

    /// How many slots a block is away from a slot; 0 for one of its own.
    private static func distance(_ block: BlockState, _ slot: Int) -> Int {
        max(block.slot - slot, slot - (block.slot + block.units - 1), 0)
    }

    /// Says that no entry stands at the byte that was asked for, once its neighbours are there.
    mutating func tellWhereAskedFor() {
        guard let asked = entries?.asked else { return }
        entries?.asked = nil
        guard let row = entries?.selected, row.file.text == asked.file else { return }
        let offset = asked.offset - row.slot * Layout.unit
        // Of a block without a byte the first entry is meant; of another block it was said before.
        guard offset > 0, !(row.offset..<row.end).contains(offset),
            asked.offset / Layout.unit - row.slot < block(at: asked)?.units ?? 0
        else { return }
        tell(.init(row.offset >= offset ? .next : .last, "no entry stands at this byte"))
    }
}
