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
                if let place = model.place(named: text) { return model.point(at: place) }
                let number = Int(text) ?? 1
                return model.goTo { model, topic in
                    let back = max(1, topic.entries + max(number, -topic.entries) + 1)
                    return model.load(around: number >= 0 ? max(1, number) : back)
                }
            }),
        PaletteCommand(
            form: "@TIME", help: "go to what was appended then: @2026-11-20T12:00, @-1h",
            accepts: { $0.hasPrefix("@") },
            run: { model, text in
                guard let time = Timestamp.parse(text.dropFirst(), now: model.now) else {
                    return model.complain(
                        "a time in UTC, as in @2026-11-20T12:00, or before now, as in @-1h")
                }
                return model.goTo { $0.locate(.time(time), $1) }
            }),
        PaletteCommand(
            "begin", help: "go to the first entry",
            run: { model, _ in model.goTo { model, _ in model.load(around: 1) } }),
        PaletteCommand(
            "end", help: "go to the last entry",
            run: { model, _ in
                model.goTo { model, _ in
                    model.showAll()
                    return model.loadTail()
                }
            }),
        PaletteCommand(
            "cursor", help: "go to the reader's cursor",
            run: { model, _ in
                model.goTo { model, topic in
                    model.load(around: max(1, min(topic.consumed + 1, topic.entries)))
                }
            }),
        PaletteCommand(
            "seq", aliases: ["sequence"], takes: .text("N"),
            help: "go to the entry of this sequence",
            run: { model, text in
                guard let sequence = UInt64(text) else {
                    return model.complain("which sequence? a number")
                }
                return model.goTo { $0.locate(.sequence(sequence), $1) }
            }),
        PaletteCommand(
            "block", takes: .text("FILE:BLOCK+OFFSET"),
            help: "go to a block, as 4:25 or 4:25+0x1A0, or by the file's name",
            run: { model, text in model.goTo(block: text) }),
    ]
}

extension ConsoleModel {
    /// Goes to a place in the topic that is shown.
    mutating func goTo(_ place: (inout ConsoleModel, TopicState) -> [Effect]) -> [Effect] {
        guard screen == .entries, let topic = entriesTopic else {
            return complain("a place is one of a topic: open a topic first")
        }
        entries?.isFollowing = false
        return place(&self, topic)
    }

    mutating func locate(_ target: EntryTarget, _ topic: TopicState) -> [Effect] {
        showAll()
        let id = request()
        entries?.awaited = id
        entries?.sought = target
        return [
            .locate(request: id, topic: topic, target, count: EntriesModel.windowMax)
        ]
    }

    /// Shows the entry at a place in a file, or the one after it.
    mutating func goTo(block text: String) -> [Effect] {
        guard let place = place(named: text) else {
            return complain("which block? FILE:BLOCK+OFFSET, as in 4:25+0x1A0")
        }
        if isFirstLook { return askToWait(for: "blocks can be gone to") }
        let slot = place.offset / Layout.unit
        let file = state?.files.first { $0.name.text == place.file }
        let block = file?.blocks.first { ($0.slot..<$0.slot + $0.units).contains(slot) }
        guard let block else { return complain("no block stands in slot \(slot) of \(place.file)") }
        return openPlace(in: block, offset: place.offset - block.slot * Layout.unit)
    }
}
