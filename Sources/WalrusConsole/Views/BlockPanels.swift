internal import Inspect
internal import WalrusFormat

/// Lines of a label and what it says, from the top of a panel down.
struct FactList {
    private(set) var lines: [[StyledText]] = []
    private let labelWidth: Int

    init(labelWidth: Int) { self.labelWidth = labelWidth }

    mutating func add(_ label: String, _ value: [StyledText]) {
        let pad = String(repeating: " ", count: max(1, labelWidth - label.utf8.count))
        lines.append([StyledText(label + pad, .muted)] + value)
    }

    mutating func add(_ label: String, _ value: String, _ style: Style = .text) {
        add(label, [StyledText(value, style)])
    }

    mutating func add(_ line: [StyledText]) { lines.append(line) }

    func draw(_ grid: inout Grid, _ rect: Rect) {
        for (row, line) in lines.prefix(rect.height).enumerated() {
            grid.put(line, x: rect.x, y: rect.y + row, width: rect.width)
        }
    }
}

/// The block under the cursor.
enum BlockPanel {
    /// What is said of a block whose topic has lost its cursor.
    static let unknown = "not known"

    static func draw(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        guard let (index, file) = model.blockFile else { return }
        let slot = model.blocks.slot
        let block = file.block(at: slot)
        let place = "\(index + 1):\(block?.slot ?? slot)"
        let inside = grid.box(
            rect, title: block == nil ? "Slot \(place)" : "Block \(place)"
        ).inset(horizontal: 1)
        guard let block else {
            let isLost = file.unreadableSlots.contains(slot)
            var facts = FactList(labelWidth: 9)
            facts.add(
                "state", isLost ? "unreadable" : "never written",
                isLost ? Style(.orphan, .bold) : .muted)
            let text =
                isLost
                ? "It is not empty, but no header in it can be read: its entries are lost."
                : "It takes no space on disk. A writer takes the slots behind the last used one."
            for line in PayloadText.prose(text, width: inside.width, ascii: grid.glyphs.isASCII) {
                facts.add([StyledText(line, .muted)])
            }
            facts.draw(&grid, inside)
            return
        }
        facts(block, model).draw(&grid, inside)
    }

    private static func facts(_ block: BlockState, _ model: ConsoleModel) -> FactList {
        let topic = model.state?.topic(block.topic)
        let consumed = max(
            0, min(block.entries, (topic?.consumed ?? 0) - block.entriesBefore))
        var facts = FactList(labelWidth: 9)
        facts.add(
            "topic",
            block.topic.shown(model.glyphs, limit: 60),
            Style(model.role(of: block.topic), .bold))
        let use = BlockMap.use(of: block)
        let isLost = model.isCursorLost(block.topic)
        let reading = block.reading == .reading ? "being read" : block.reading.rawValue
        var state = [StyledText(isLost ? unknown : reading)]
        if block.reading == .reading {
            // Of its bytes, as on Home: entries differ in length.
            let read = block.used - block.unreadSize
            state.append(StyledText(" \(Figures.percent(read, of: block.used))"))
        }
        if block.isTail { state.append(StyledText(", last block", .tail)) }
        if use == .damaged { state.append(StyledText(", damaged", .damaged)) }
        facts.add("state", state)
        var entries = [StyledText(Figures.grouped(block.entries))]
        if block.entries > 0 {
            let first = Figures.grouped(block.entriesBefore + 1)
            let last = Figures.grouped(block.entriesBefore + block.entries)
            let range = block.entries == 1 ? first : "\(first)..\(last)"
            entries.append(StyledText("  #\(range)", .muted))
        }
        facts.add("entries", entries)
        facts.add(
            "unread",
            [
                StyledText(model.most(isLost) + Figures.grouped(block.entries - consumed)),
                StyledText("  \(Figures.bytes(block.unreadSize))", .muted),
            ])
        facts.add(
            "used",
            [
                StyledText(Figures.bytes(block.used)),
                StyledText(
                    " of \(Figures.bytes(block.length)), "
                        + "\(Figures.percent(block.used, of: block.length))", .muted),
            ])
        if block.isDamaged {
            let text = block.damaged > 0 ? plural(block.damaged, "entry", "entries") : "bytes lost"
            facts.add("damaged", text, Style(.damaged))
        }
        if block.units > 1 {
            facts.add("slots", "\(block.slot)..\(block.slot + block.units - 1)")
        }
        if let stamps = block.stamps {
            let zone = model.setup.timeZone
            facts.add("first", Figures.dateTime(stamps.first.timestamp, offset: zone), .muted)
            facts.add("last", Figures.dateTime(stamps.last.timestamp, offset: zone), .muted)
        }
        return facts
    }
}

/// The file under the cursor: what it takes, and why it is still there.
enum FilePanel {
    static func draw(
        _ model: ConsoleModel, _ forecast: ReclaimForecast, _ grid: inout Grid, _ rect: Rect
    ) {
        guard let (index, state) = model.blockFile, forecast.files.indices.contains(index) else {
            return
        }
        let file = forecast.files[index]
        let inside = grid.box(
            rect, title: "File \(index + 1)",
            trailing: [StyledText(word(file), style(file.fate))]
        ).inset(horizontal: 1)
        var facts = FactList(labelWidth: 5)
        facts.add(
            "disk",
            [
                StyledText(Figures.bytes(file.allocated)),
                StyledText(
                    " of \(Figures.bytes(state.size)), "
                        + "\(state.usedSlots)/\(Layout.unitsPerFile) slots", .muted),
            ])
        // Who holds it comes before how that is put, but for two lines of it where some rows are left.
        let reason = PayloadText.prose(
            file.reason, width: inside.width, ascii: grid.glyphs.isASCII)
        let room = PanelTable.proseRoom(
            reason.count, beside: file.holders.count, of: inside.height - 1)
        let style = file.fate == .kept ? Style(.bad) : .text
        if reason.count > room {
            for line in reason.prefix(room - 1) { facts.add([StyledText(line, style)]) }
            let rest = reason.dropFirst(room - 1).joined(separator: " ")
            facts.add([
                StyledText(grid.fit(rest, width: inside.width, truncating: .tail).text, style)
            ])
        } else {
            for line in reason { facts.add([StyledText(line, style)]) }
        }
        facts.draw(&grid, inside)
        let top = min(facts.lines.count, inside.height)
        let rest = Rect(
            x: inside.x, y: inside.y + top, width: inside.width, height: inside.height - top)
        guard !file.holders.isEmpty, rest.height > 1 else { return }
        let rows = file.holders.map { holder -> [TableCell] in
            [
                .text(
                    holder.topic.shown(model.glyphs, limit: 60),
                    Style(model.role(of: holder.topic))),
                .text(model.most(holder.isCursorLost) + Figures.grouped(holder.unread)),
                .text(Figures.bytes(holder.unreadSize)),
                .text(model.most(holder.isCursorLost) + Figures.grouped(holder.entriesToRead)),
            ]
        }
        PanelTable.draw(["HELD BY", "UNREAD", "BYTES", "TO READ"], rows, &grid, rest)
    }

    static let filledWord = "being filled"
    /// Of a file that has room and that nobody fills: the reference begins a new one.
    static let newestWord = "newest file"

    static func word(_ file: ReclaimForecast.File) -> String {
        switch file.fate {
        case .goes: "can go"
        case .stranded: "stranded"
        case .filling: file.deleter == .nobody ? newestWord : filledWord
        case .held: "held"
        case .kept: "kept: damage"
        }
    }

    static func style(_ fate: ReclaimForecast.Fate) -> Style {
        switch fate {
        case .goes: Style(.good)
        case .stranded: Style(.warning)
        case .filling: Style(.info)
        case .held: Style(.warning)
        case .kept: Style(.bad, .bold)
        }
    }

    static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
}

/// The blocks of the file under the cursor, one a line.
enum BlockListPanel {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        guard let (index, file) = model.blockFile else { return }
        let inside = grid.box(
            rect, title: "Blocks of file \(index + 1): \(Figures.grouped(file.blocks.count))",
            trailing: [StyledText("on disk in the order of slots", .muted)])
        guard !file.blocks.isEmpty else {
            grid.put(
                "no block in it: the reference makes such a file at every open", x: inside.x + 2,
                y: inside.y, width: inside.width - 2, align: .leading, style: .muted)
            return
        }
        let height = max(0, inside.height - 1)
        // The block under the cursor, or the last one before it.
        let here = (file.blocks.lastIndex { $0.slot <= model.blocks.slot }) ?? 0
        let top = ScrollWindow.top(
            keeping: here, in: file.blocks.count, height: height, from: here - height / 2)
        let visible = file.blocks.dropFirst(top).prefix(height)
        let rows = visible.map { row($0, index + 1, model) }
        let isOnBlock = file.block(at: model.blocks.slot) != nil
        let chosen = ColumnChoice(.blocks, model)
        Table(
            chosen.pick(columns(model, hasTimes: visible.contains { $0.stamps != nil })),
            rows: rows.map(chosen.pick),
            selected: isOnBlock ? here - top : nil
        ).draw(into: &grid, in: inside)
        Scrollbar(total: file.blocks.count, visible: height, top: top).draw(
            into: &grid, onBorderOf: rect)
    }

    /// The blocks of a topic around the one that its reader is in.
    static func draw(
        _ topic: TopicState, _ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(
            rect,
            title: "Blocks of \(topic.name.shown(model.glyphs, limit: 40)): "
                + Figures.grouped(topic.blocks.count))
        let height = max(0, inside.height - 1)
        let here = topic.cursor?.blockIndex ?? 0
        let top = ScrollWindow.top(
            keeping: here, in: topic.blocks.count, height: height, from: here - height / 2)
        let visible = topic.blocks.dropFirst(top).prefix(height).compactMap { place in
            model.file(place.file.text).flatMap { index, file in
                file.block(at: place.slot).map { (index, $0) }
            }
        }
        let rows = visible.map { index, block in row(block, index + 1, model) }
        let chosen = ColumnChoice(.blocks, model)
        let hasTimes = visible.contains { $0.1.stamps != nil }
        Table(chosen.pick(columns(model, hasTimes: hasTimes)), rows: rows.map(chosen.pick))
            .draw(into: &grid, in: inside)
        Scrollbar(total: topic.blocks.count, visible: height, top: top).draw(
            into: &grid, onBorderOf: rect)
    }

    /// What a configuration calls the columns below.
    static let columnNames = [
        "block", "topic", "state", "entries", "first", "used", "fill", "appended",
    ]

    /// Figures have the room of the widest there can be; what they leave is the name's.
    ///
    /// - Parameter hasTimes: whether any of the blocks tells when it was written: the reference's tell
    ///   none.
    static func columns(_ model: ConsoleModel, hasTimes: Bool) -> [TableColumn] {
        let most = model.state?.topics.reduce(0) { max($0, $1.entries) } ?? 0
        let figure = max(7, Figures.grouped(most).utf8.count)
        let place = max(5, String(model.fileCount).utf8.count + 3)
        return [
            TableColumn("BLOCK", .fixed(place), align: .trailing, priority: 9),
            TableColumn(
                "TOPIC", .flexible(minimum: 16, weight: 3), truncating: .middle, priority: 8),
            TableColumn("STATE", .fixed(18), priority: 7),
            TableColumn("ENTRIES", .fixed(figure), align: .trailing, priority: 6),
            TableColumn("FIRST #", .fixed(figure), align: .trailing, priority: 3),
            TableColumn("USED", .fixed(5), align: .trailing, priority: 5),
            TableColumn("FILL", .flexible(minimum: 8, weight: 1), priority: 4),
            TableColumn("FIRST APPENDED", .fixed(hasTimes ? 19 : 0), priority: 1),
        ]
    }

    private static func row(_ block: BlockState, _ file: Int, _ model: ConsoleModel) -> [TableCell]
    {
        let use = BlockMap.reading(of: block)
        let isGone = block.reading == .consumed
        let isKnown = block.isDamaged || !model.isCursorLost(block.topic)
        let title = isKnown ? use.title : BlockPanel.unknown
        let time = block.stamps.map {
            String(Figures.dateTime($0.first.timestamp, offset: model.setup.timeZone).dropLast(4))
        }
        return [
            .text("\(file):\(block.slot)", .muted),
            .text(
                block.topic.shown(model.glyphs, limit: 80),
                Style(model.role(of: block.topic))),
            .pieces([
                StyledText(use.glyph(model.glyphs), use.style),
                StyledText(" \(title)"), StyledText(block.isTail ? ", last" : "", .tail),
            ]),
            .text(Figures.grouped(block.entries), isGone ? .muted : .text),
            .text(Figures.grouped(block.entriesBefore + 1), .muted),
            .text(Figures.bytes(block.used), isGone ? .muted : .text),
            .gauge(
                Gauge(
                    Double(block.used) / Double(max(1, block.length)),
                    style: isGone ? .muted : Style(.unread))),
            .text(time ?? "", .muted),
        ]
    }
}

/// A table in a panel, without a selection; where not all fits its first title says how much does.
enum PanelTable {
    /// Lines that so many rows take, with their titles.
    static func height(_ rows: Int) -> Int { rows == 0 ? 0 : rows + 1 }

    /// How many of `lines` of prose stand above the table in `height` lines: those that its rows leave, and
    /// two in any case where three rows are left.
    static func proseRoom(_ lines: Int, beside rows: Int, of height: Int) -> Int {
        max(1, min(lines, 2, height - Self.height(3)), height - Self.height(rows))
    }

    /// The first column is text and gives way; the others are figures, and as wide as they must be.
    ///
    /// - Parameters:
    ///   - titles: of the columns.
    ///   - short: the first title where there is no room for it beside how many rows are shown.
    ///   - total: the number of all rows.
    ///   - heads: so many of the first rows are not counted: they sum up the others.
    static func draw(
        _ titles: [String], short: String = "", _ rows: [[TableCell]], more total: Int? = nil,
        heads: Int = 0, _ grid: inout Grid, _ rect: Rect
    ) {
        let total = total ?? rows.count
        let shown = min(total, max(0, rect.height - 1))
        let visible = Array(rows.prefix(shown))
        var columns = titles.enumerated().map { index, title in
            guard index > 0 else {
                return TableColumn(
                    title, .flexible(minimum: 9), truncating: .middle, priority: titles.count)
            }
            let widest = visible.map { width($0[index]) }.max() ?? 0
            return TableColumn(
                title, .fixed(max(widest, title.utf8.count)), align: .trailing,
                priority: titles.count - index)
        }
        // The columns that a table keeps at its sides are the panel's borders and blanks.
        let area = Rect(x: rect.x - 2, y: rect.y, width: rect.width + 3, height: rect.height)
        if total > shown, let title = titles.first {
            // The number is told whole, whatever has to go for it.
            let count = "\(max(0, shown - heads))/\(Figures.grouped(total - heads))"
            let room = Table(columns, rows: [], gap: 1).places(width: area.width).first?.width ?? 0
            columns[0].title =
                ["\(title) \(count)", "\(short) \(count)", count].first { $0.utf8.count <= room }
                ?? title
        }
        Table(columns, rows: visible, gap: 1).draw(into: &grid, in: area)
    }

    private static func width(_ cell: TableCell) -> Int {
        if case .text(let text, _) = cell { DisplayWidth.columns(of: text) } else { 0 }
    }
}
