internal import Inspect
internal import WalrusFormat

/// Where the parts of the hex screen stand.
struct HexLayout {
    let summary: Rect
    let bytes: Rect
    /// Empty where there is no room.
    let tree: Rect
    /// What the field under the cursor means; empty where there is no room.
    let detail: Rect
    /// Bytes in a line.
    let perLine: Int
    /// Lines of bytes that fit.
    let lines: Int
    let hasText: Bool

    init(_ model: ConsoleModel) {
        let (summary, body) = Chrome(model).body.splitTop(1)
        self.summary = summary
        let sizes = body.width >= 190 ? 32 : body.width >= 116 ? 16 : 8
        perLine = sizes
        let wide = Self.width(sizes, hasText: true)
        if body.width >= wide + 24 {
            let (left, right) = body.splitLeft(wide)
            bytes = left
            hasText = true
            // What is wrong is told in full where there is room: the fields scroll.
            let wanted = 2 + HexTree.facts(model, width: right.width - 4).lines.count
            let most = max(9, right.height - 7)
            (tree, detail) = right.splitBottom(
                right.height >= 14 ? max(9, min(wanted, most)) : 0)
        } else {
            hasText = body.width >= wide
            let (upper, lower) = body.splitBottom(body.height >= 16 ? body.height / 2 : 0)
            (bytes, tree) = (upper, lower)
            detail = Rect(x: 0, y: 0, width: 0, height: 0)
        }
        lines = max(1, bytes.height - 2)
    }

    /// Columns of the box: borders and blanks, offset, bytes, and the bytes as text.
    private static func width(_ perLine: Int, hasText: Bool) -> Int {
        4 + textColumn(perLine) + (hasText ? perLine : -2)
    }

    /// The column of a byte from the left edge, behind the offset: eight bytes stand together.
    static func column(_ index: Int) -> Int { 9 + index * 3 + index / 8 }
    /// The column of the first byte as text.
    static func textColumn(_ perLine: Int) -> Int { column(perLine - 1) + 2 + 2 }
}

/// The bytes of a file beside the fields that they are.
enum HexView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        guard let place = model.hex.place else {
            let body = Chrome(model).body.row(1)
            grid.put(
                model.isFirstLook
                    ? "  no data file is known so far"
                    : "  nothing to look at: no data file is here", x: body.x, y: body.y,
                width: body.width, align: .leading, style: .muted)
            return
        }
        let layout = HexLayout(model)
        let field = model.hex.map?.field(at: place.offset)
        grid.put(
            summary(model, place), x: layout.summary.x, y: layout.summary.y,
            width: layout.summary.width)
        drawBytes(model, place, field, &grid, layout)
        if !layout.tree.isEmpty { HexTree.draw(model, field, &grid, layout.tree) }
        if !layout.detail.isEmpty { HexTree.drawDetail(model, field, &grid, layout.detail) }
    }

    /// Where the byte is: file, block, entry.
    private static func summary(_ model: ConsoleModel, _ place: BytePlace) -> [StyledText] {
        let name = VisibleText(
            place.file, mode: .escape, ascii: model.glyphs.isASCII, limit: 40
        ).text
        var pieces = [
            StyledText(" \(hex(place.offset))", .text, .bold), StyledText(" in \(name)", .muted),
        ]
        guard let map = model.hex.map else {
            if model.hex.awaited != nil { pieces.append(StyledText("   reading", .muted)) }
            return pieces
        }
        if let slot = map.slot, let index = model.file(place.file)?.index {
            pieces.append(
                StyledText("   \(map.topic == nil ? "slot" : "block") \(index + 1):\(slot)"))
        }
        if let topic = map.topic {
            pieces.append(StyledText("   "))
            pieces.append(
                StyledText(
                    topic.shown(model.glyphs, limit: 40),
                    Style(model.role(of: topic), .bold)))
        }
        if let entry = map.entry {
            if let ordinal = entry.ordinal {
                pieces.append(StyledText(" #\(Figures.grouped(ordinal))"))
                pieces.append(
                    StyledText(entry.isConsumed ? "   consumed" : "   unread", .muted))
            } else {
                let isDamaged = map.fields.contains { $0.name == "entry" && $0.problem != nil }
                pieces.append(
                    StyledText(isDamaged ? "   damaged" : "   does not count", .damaged, .bold))
            }
        }
        return pieces
    }

    // MARK: - Bytes

    private static func drawBytes(
        _ model: ConsoleModel, _ place: BytePlace, _ field: Int?, _ grid: inout Grid,
        _ layout: HexLayout
    ) {
        let size = model.hex.page.flatMap { $0.file == place.file ? $0.window.size : nil }
        let notes = size.map { "\(Figures.percent(place.offset, of: $0)) of \(Figures.bytes($0))" }
        let inside = grid.box(
            layout.bytes, title: "Bytes", trailing: [StyledText(notes ?? "", .muted)],
            style: model.hex.isTreeFocused ? .border : Style(.accent)
        ).inset(horizontal: 1)
        let selected = field.flatMap { model.hex.map?.fields[$0].range }
        let painter = BytePainter(map: model.hex.map, selected: selected, cursor: place.offset)
        for line in 0..<min(layout.lines, inside.height) {
            let start = (model.hex.top + line) * layout.perLine
            guard start < size ?? 0 else { break }
            let y = inside.y + line
            let isHere = (start..<start + layout.perLine).contains(place.offset)
            let digits = String(start, radix: 16)
            grid.put(
                String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits, x: inside.x,
                y: y, style: isHere ? Style(.accent, .bold) : Style(.hexOffset))
            for index in 0..<layout.perLine {
                guard let byte = model.hex.byte(at: start + index) else { continue }
                drawByte(byte, start + index, index, painter, &grid, layout, inside.x, y)
            }
        }
    }

    private static func drawByte(
        _ byte: UInt8, _ offset: Int, _ index: Int, _ painter: BytePainter, _ grid: inout Grid,
        _ layout: HexLayout, _ left: Int, _ y: Int
    ) {
        let at = left + HexLayout.column(index)
        let style = painter.style(offset, byte)
        grid.put(Hex.encode([byte]), x: at, y: y, style: style)
        // A run of selected bytes is one bar, without gaps between.
        if painter.isSelected(offset), painter.isSelected(offset + 1), index % 8 != 7,
            index + 1 < layout.perLine
        {
            grid.put(" ", x: at + 2, y: y, style: Style(.text, isSelected: true))
        }
        if grid.glyphs.isASCII, offset == painter.cursor {
            grid.put("[", x: at - 1, y: y, style: Style(.accent, .bold))
            grid.put("]", x: at + 2, y: y, style: Style(.accent, .bold))
        }
        guard layout.hasText else { return }
        let isPrintable = (0x20...0x7e).contains(byte)
        let text = isPrintable ? String(UnicodeScalar(byte)) : "."
        var shown = style
        if !isPrintable, offset != painter.cursor { shown.role = .hexZero }
        grid.put(
            text, x: left + HexLayout.textColumn(layout.perLine) + index, y: y, style: shown)
    }

    static func hex(_ offset: Int) -> String { EntriesView.hex(offset) }
}

/// Says how a byte looks: by the field that it is part of.
private struct BytePainter {
    let map: ByteMap?
    /// The bytes of the field under the cursor.
    let selected: Range<Int>?
    let cursor: Int

    func isSelected(_ offset: Int) -> Bool { selected?.contains(offset) ?? false }

    func style(_ offset: Int, _ byte: UInt8) -> Style {
        // The cursor looks as it does on the map of blocks.
        if offset == cursor { return Style(.match, [.bold, .underline]) }
        return Style(role(offset, byte), isSelected: isSelected(offset))
    }

    private func role(_ offset: Int, _ byte: UInt8) -> Role {
        guard let map, map.range.contains(offset), let index = map.field(at: offset) else {
            // Of another entry: the eye is to stay with this one.
            return byte == 0 ? .hexZero : .muted
        }
        return HexTree.role(map.fields[index], isZero: byte == 0)
    }
}

/// The fields around the cursor as a tree, and what the one under it means.
enum HexTree {
    static func draw(
        _ model: ConsoleModel, _ selected: Int?, _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(
            rect, title: "Fields", trailing: [StyledText("Tab", .muted)],
            style: model.hex.isTreeFocused ? Style(.accent) : .border)
        guard let map = model.hex.map else { return }
        let height = inside.height
        let top = top(model, height: height)
        let width = 2 + (map.fields.map { $0.depth + $0.name.utf8.count }.max() ?? 0) + 1
        for (line, index) in map.fields.indices.dropFirst(top).prefix(height).enumerated() {
            let field = map.fields[index]
            let rect = inside.row(line)
            let role = role(field, isZero: false)
            let mark = field.problem == nil ? "" : " \(grid.glyphs.damaged)"
            let indent = String(repeating: " ", count: field.depth)
            let isGroup = field.kind == .group
            grid.put(
                [
                    StyledText(indent + field.name, isGroup ? .text : role, isGroup ? .bold : []),
                    StyledText(mark, .damaged, .bold),
                ], x: rect.x + 2, y: rect.y, width: rect.width - 2)
            drawValue(
                field,
                after: 2 + field.depth + field.name.utf8.count
                    + DisplayWidth.columns(of: mark), at: width, model, &grid, rect)
            guard index == selected else { continue }
            grid.restyle(rect) { $0.isSelected = true }
            grid.put(
                grid.glyphs.selection, x: rect.x, y: rect.y,
                style: Style(.selectionMarker, isSelected: true))
        }
        Scrollbar(total: map.fields.count, visible: height, top: top).draw(
            into: &grid, onBorderOf: rect, from: 0)
    }

    /// In the column of values; where that is too narrow, from as far left as the name lets it.
    private static func drawValue(
        _ field: ByteField, after name: Int, at column: Int, _ model: ConsoleModel,
        _ grid: inout Grid, _ rect: Rect
    ) {
        var text = value(field, model)
        let end = rect.width - 1
        // The panel below has the milliseconds too.
        if case .time = field.value, DisplayWidth.columns(of: text) > end - name - 1 {
            text = String(text.dropLast(4))
        }
        let x = max(name + 1, min(column, end - DisplayWidth.columns(of: text)))
        grid.put(
            text, x: rect.x + x, y: rect.y, width: end - x, align: .leading,
            style: field.kind == .padding ? .muted : .text)
    }

    /// The first field that is shown.
    static func top(_ model: ConsoleModel, height: Int) -> Int {
        guard let map = model.hex.map, let place = model.hex.place else { return 0 }
        let here = map.field(at: place.offset) ?? 0
        return ScrollWindow.top(
            keeping: here, in: map.fields.count, height: height, from: here - height / 2)
    }

    static func drawDetail(
        _ model: ConsoleModel, _ selected: Int?, _ grid: inout Grid, _ rect: Rect
    ) {
        guard let map = model.hex.map, let selected else {
            grid.box(rect)
            return
        }
        let field = map.fields[selected]
        let range = "\(HexView.hex(field.range.lowerBound)), \(plural(field.range.count, "byte"))"
        let inside = grid.box(
            rect, title: field.name, trailing: [StyledText(range, .muted)]
        ).inset(horizontal: 1)
        facts(model, width: inside.width).draw(&grid, inside)
    }

    /// What is told of the field under the cursor: what is wrong with it goes before what it means.
    static func facts(_ model: ConsoleModel, width: Int) -> FactList {
        var facts = FactList(labelWidth: 0)
        guard let map = model.hex.map, let place = model.hex.place,
            let selected = map.field(at: place.offset)
        else { return facts }
        let field = map.fields[selected]
        let glyphs = model.glyphs
        func add(_ text: String, _ style: Style) {
            for line in PayloadText.prose(text, width: width, ascii: glyphs.isASCII) {
                facts.add([StyledText(line, style)])
            }
        }
        let value = value(field, model)
        if !value.isEmpty { facts.add([StyledText(value, .text, .bold)]) }
        // What is wrong with another field is told there.
        let isSound = field.problem == nil && map.leaves.contains { map.fields[$0].problem != nil }
        guard !isSound else {
            add(field.meaning, .muted)
            return facts
        }
        // Of what is wrong all around the byte, the innermost comes first.
        let around = map.fields[...selected].reversed().filter {
            $0.range.contains(field.range.lowerBound) && $0.depth <= field.depth
        }
        let finding = finding(model, map)
        var told: Set<String> = []
        for problem in around.compactMap(\.problem) where told.insert(problem).inserted {
            // The finding says the same, and what follows from it.
            guard finding?.message.hasPrefix(problem) != true else { continue }
            add("\(glyphs.damaged) \(problem)", Style(.damaged))
        }
        if let finding {
            add(
                "\(finding.kind.rawValue): \(finding.message)",
                Style(CheckView.mark(finding.severity, glyphs).1))
        }
        add(field.meaning, .muted)
        return facts
    }

    /// The finding about the entry under the cursor, or about what stands there instead.
    private static func finding(_ model: ConsoleModel, _ map: ByteMap) -> Finding? {
        guard let place = model.hex.place, let state = model.state else { return nil }
        return state.findings.first { finding in
            guard let byte = finding.place, byte.file == place.file, finding.offset != nil else {
                return false
            }
            return map.range.contains(byte.offset)
        }
    }

    static func role(_ field: ByteField, isZero: Bool) -> Role {
        if field.problem != nil, field.kind != .group { return .damaged }
        switch field.kind {
        case .padding: return .hexZero
        case .number: return isZero ? .muted : .field0
        case .topic: return .field1
        case .checksum: return .field2
        case .stamp: return isZero ? .muted : .field3
        case .payload, .group: return isZero ? .hexZero : .text
        case .free: return .neverWritten
        case .lost: return .damaged
        }
    }

    /// The value in harmless characters.
    static func value(_ field: ByteField, _ model: ConsoleModel) -> String {
        switch field.value {
        case .none: return ""
        case .text(let bytes):
            return VisibleText(
                bytes, mode: .escape, ascii: model.glyphs.isASCII, limit: 400
            ).text
        case .number(let number):
            let text = Figures.grouped(Int(clamping: number))
            if field.name == "entry" { return "#" + text }
            return field.kind == .payload ? text + (number == 1 ? " byte" : " bytes") : text
        case .hex(let number, let bytes): return String(Hex.encode(number).suffix(2 * bytes))
        case .time(let time): return Figures.dateTime(time, offset: model.setup.timeZone)
        }
    }
}
