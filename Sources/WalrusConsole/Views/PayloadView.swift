internal import Inspect
internal import WalrusFormat

/// The payload of the selected entry, as JSON, text or hex.
enum PayloadView {
    static func draw(
        _ model: ConsoleModel, _ entries: EntriesModel, _ grid: inout Grid, _ layout: EntriesLayout
    ) {
        guard let row = entries.selected else {
            grid.box(layout.payload, title: "Payload")
            return
        }
        let loaded = entries.payload.flatMap { $0.row == row ? $0 : nil }
        let mode = loaded.map { shownMode($0, entries.mode) }
        let consumed = model.entriesTopic?.consumed ?? 0
        let isLost = model.isCursorLost(entries.topic)
        let title =
            row.ordinal.map {
                "Payload #\(Figures.grouped($0)), "
                    + (isLost ? "cursor lost" : $0 <= consumed ? "consumed" : "unread")
            } ?? "Payload, damaged"
        var notes = [StyledText(mode?.rawValue ?? "", .accent)]
        if mode == .json, let depth = entries.foldDepth {
            notes.append(StyledText(" folded at \(depth)", .warning))
        }
        if !entries.isWrapped {
            let left = entries.payloadLeft > 0 ? " +\(entries.payloadLeft)" : ""
            notes.append(StyledText(" unwrapped\(left)", .muted))
        }
        notes.append(StyledText("  v view", .muted))
        let inside = grid.box(
            layout.payload, title: title, trailing: notes,
            style: entries.isPayloadFocused ? Style(.accent) : .border
        ).inset(horizontal: 1)
        guard loaded != nil else { return }
        let lines = lines(model, width: inside.width)
        for (line, pieces) in lines.dropFirst(entries.payloadTop).prefix(inside.height).enumerated()
        {
            grid.put(pieces, x: inside.x, y: inside.y + line, width: inside.width)
        }
        Scrollbar(total: lines.count, visible: inside.height, top: entries.payloadTop).draw(
            into: &grid, onBorderOf: layout.payload, from: 0)
    }

    /// What is known about the entry, then its payload, in lines of at most `width` columns.
    static func lines(_ model: ConsoleModel, width: Int) -> [[StyledText]] {
        guard let entries = model.entries, let row = entries.selected, width > 0,
            let loaded = entries.payload, loaded.row == row
        else { return [] }
        var lines = facts(row, loaded, model, width: width)
        let layout = PayloadText.Layout(
            width: width, ascii: model.glyphs.isASCII, isWrapped: entries.isWrapped,
            left: entries.payloadLeft)
        func text(_ bytes: [UInt8]) -> [[StyledText]] {
            PayloadText.text(bytes, marks: entries.query?.ranges(in: bytes) ?? [], layout)
        }
        if case .failure(let failure)? = loaded.decoded {
            let sentence = "decoder: \(failure.message)"
            lines.removeLast()
            lines += PayloadText.prose(sentence, width: width, ascii: layout.ascii)
                .map { [StyledText($0, .warning)] }
            lines.append([])
        }
        switch shownMode(loaded, entries.mode) {
        case .json:
            let pretty = JSONText.pretty(loaded.bytes, folding: entries.foldDepth)
            lines += text(pretty?.bytes ?? loaded.bytes).map(PayloadText.colorKey)
        case .hex:
            lines += PayloadText.hex(
                loaded.bytes, marks: entries.query?.ranges(in: loaded.bytes) ?? [], width: width,
                ascii: layout.ascii)
        case .decoded:
            if case .success(let decoded)? = loaded.decoded {
                lines += text(decoded)
            } else if loaded.decoded == nil {
                lines.append([StyledText("decoding", .muted)])
            }
        case .text, .auto: lines += text(loaded.bytes)
        }
        if !loaded.isWhole {
            let count = plural(row.length - loaded.bytes.count, "more byte")
            lines.append([StyledText("\(count) not shown, E exports", .warning)])
        }
        return lines
    }

    /// Auto is what the decoder says, then JSON where it parses, then text where it is mostly that,
    /// then hex.
    private static func shownMode(
        _ loaded: EntriesModel.LoadedPayload, _ mode: EntriesModel.PayloadMode
    ) -> EntriesModel.PayloadMode {
        if mode != .auto, mode != .decoded { return mode }
        if case .success? = loaded.decoded { return .decoded }
        if mode == .decoded, loaded.decoded == nil { return .decoded }
        let bytes = loaded.bytes
        if loaded.isWhole, let first = bytes.first(where: { $0 > 0x20 }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "["), JSONText.pretty(bytes) != nil
        {
            return .json
        }
        let odd = bytes.prefix(4_096).count {
            ($0 < 0x20 && ![9, 10, 13].contains($0)) || $0 == 0x7f
        }
        let isText =
            odd * 20 <= min(bytes.count, 4_096)
            && String(validating: bytes.prefix(4_096).dropLast(min(3, bytes.count)), as: UTF8.self)
                != nil
        return isText ? .text : .hex
    }

    private static func facts(
        _ row: EntryRow, _ loaded: EntriesModel.LoadedPayload, _ model: ConsoleModel, width: Int
    ) -> [[StyledText]] {
        let place = model.place(row.file, row.slot, row.offset)
        var facts = [
            plural(row.length, "byte"), "at \(place)", "fnv \(Hex.encode(row.checksum))",
        ]
        if let stamp = row.stamp {
            let time = Figures.dateTime(stamp.timestamp, offset: model.setup.timeZone)
            facts += ["seq \(Figures.grouped(Int(clamping: stamp.sequence)))", "appended \(time)"]
            if stamp.batchCount > 1 {
                facts.append("batch \(stamp.batchIndex + 1) of \(stamp.batchCount)")
            }
        }
        var lines = PayloadText.whole(facts, width: width).map { [StyledText($0, .muted)] }
        if let damage = row.damage {
            lines += [StyledText("\(model.glyphs.damaged) \(damage)", .damaged)]
                .lines(width: width, indent: 2)
        }
        // What stands below is not all: at the end as well, where one comes last.
        if !loaded.isWhole {
            let part =
                "the first \(Figures.bytes(loaded.bytes.count)) of \(Figures.bytes(row.length))"
            lines += [StyledText("\(model.glyphs.warning) \(part); E exports all of it", .warning)]
                .lines(width: width, indent: 2)
        }
        lines.append([])
        return lines
    }
}
