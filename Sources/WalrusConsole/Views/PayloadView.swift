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
        let mode = loaded.map { shownMode($0.bytes, entries.mode, isWhole: isWhole($0)) }
        let consumed = model.entriesTopic?.consumed ?? 0
        let title =
            row.ordinal.map {
                "Payload #\(Figures.grouped($0)), \($0 <= consumed ? "consumed" : "unread")"
            } ?? "Payload, damaged"
        let notes = [
            StyledText("\(mode?.rawValue ?? "")  ", .accent), StyledText("v view", .muted),
        ]
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
            into: &grid,
            in: Rect(x: layout.payload.maxX - 1, y: inside.y, width: 1, height: inside.height))
    }

    /// What is known about the entry, then its payload, in lines of at most `width` columns.
    static func lines(_ model: ConsoleModel, width: Int) -> [[StyledText]] {
        guard let entries = model.entries, let row = entries.selected, width > 0,
            let loaded = entries.payload, loaded.row == row
        else { return [] }
        var lines = facts(row, model)
        let ascii = model.glyphs.isASCII
        switch shownMode(loaded.bytes, entries.mode, isWhole: isWhole(loaded)) {
        case .json:
            let text = JSONText.pretty(loaded.bytes) ?? loaded.bytes
            lines += PayloadText.text(text, width: width, ascii: ascii).map(PayloadText.colorKey)
        case .hex:
            lines += PayloadText.hex(loaded.bytes, width: width, ascii: ascii)
        case .text, .auto:
            lines += PayloadText.text(loaded.bytes, width: width, ascii: ascii)
        }
        if loaded.bytes.count < row.length {
            lines.append([
                StyledText(
                    "\(Figures.grouped(row.length - loaded.bytes.count)) more bytes not shown",
                    .warning)
            ])
        }
        return lines
    }

    private static func isWhole(_ loaded: EntriesModel.LoadedPayload) -> Bool {
        loaded.bytes.count == loaded.row.length
    }

    /// Auto is JSON where it parses, else text where it is mostly that, else hex.
    private static func shownMode(
        _ bytes: [UInt8], _ mode: EntriesModel.PayloadMode, isWhole: Bool
    ) -> EntriesModel.PayloadMode {
        guard mode == .auto else { return mode }
        if isWhole, let first = bytes.first(where: { $0 > 0x20 }),
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

    private static func facts(_ row: EntryRow, _ model: ConsoleModel) -> [[StyledText]] {
        var lines: [[StyledText]] = []
        var first = [
            StyledText("\(plural(row.length, "byte"))  ", .muted),
            StyledText("fnv \(Hex.encode(row.checksum))", .muted),
        ]
        if let stamp = row.stamp {
            first.append(
                StyledText("  seq \(Figures.grouped(Int(clamping: stamp.sequence)))", .muted))
            lines.append(first)
            let time = Figures.dateTime(stamp.timestamp, offset: model.setup.timeZone)
            let batch =
                stamp.batchCount > 1 ? "  batch \(stamp.batchIndex + 1) of \(stamp.batchCount)" : ""
            lines.append([StyledText("appended \(time)\(batch)", .muted)])
        } else {
            lines.append(first)
        }
        if let damage = row.damage {
            lines.append([StyledText("\(model.glyphs.damaged) \(damage)", .damaged)])
        }
        lines.append([])
        return lines
    }
}
