internal import Inspect
internal import WalrusFormat

/// A strip for every file: what each of its blocks holds.
enum FileStripsView {
    static func draw(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ layout: HomeLayout
    ) {
        let shown = state.files.suffix(layout.stripRows)
        let hidden = state.files.count - shown.count
        let nameWidth = 4 + (shown.map { $0.name.text.utf8.count }.max() ?? 13)
        // Borders, and a blank after the name.
        let room = layout.files.width - 3 - nameWidth
        // One cell for each slot, or for as few of them as fit.
        let perCell = [1, 2, 4, 5, 10, 20].first { Layout.unitsPerFile / $0 <= room } ?? 50
        let cells = Layout.unitsPerFile / perCell
        let note = perCell == 1 ? "one cell = 10 MiB" : "one cell = \(perCell) blocks of 10 MiB"
        let title = "Files \(Figures.grouped(state.files.count))"
        let inside = grid.box(
            layout.files,
            title: hidden > 0 ? "\(title), the newest \(shown.count)" : title,
            trailing: [StyledText(note, .muted)])
        var uses: Set<BlockMap.Use> = []
        for (line, file) in shown.enumerated() {
            let rect = inside.row(line)
            let number = String(hidden + line + 1)
            grid.put(
                number, x: rect.x, y: rect.y, width: 3, align: .trailing, style: .muted)
            grid.put(file.name.text, x: rect.x + 4, y: rect.y, style: .text)
            let x = rect.x + nameWidth + 1
            uses.formUnion(drawStrip(model, file, perCell, &grid, x: x, y: rect.y))
            let space = rect.maxX - (x + cells) - 1
            let text = "\(file.usedSlots)/\(Layout.unitsPerFile) \(Figures.bytes(file.allocated))"
            if space >= DisplayWidth.columns(of: text) {
                grid.put(
                    file.isConsumed ? text + " consumed" : text, x: x + cells + 1, y: rect.y,
                    width: space, align: .leading, style: .muted)
            }
        }
        drawLegend(uses, &grid, inside.row(inside.height - 1))
    }

    /// Returns what the strip shows.
    private static func drawStrip(
        _ model: ConsoleModel, _ file: FileState, _ perCell: Int, _ grid: inout Grid, x: Int, y: Int
    ) -> Set<BlockMap.Use> {
        var uses = [(use: BlockMap.Use, topic: TopicName?)](
            repeating: (.never, nil), count: Layout.unitsPerFile / perCell)
        for (index, slot) in BlockMap.slots(of: file).enumerated() {
            let cell = index / perCell
            if slot.use >= uses[cell].use {
                uses[cell] = (slot.use, slot.block.map { file.blocks[$0].topic })
            }
        }
        for (cell, entry) in uses.enumerated() {
            let role = entry.topic.map { model.role(of: $0) } ?? .neverWritten
            grid.put(
                entry.use.glyph(grid.glyphs), x: x + cell, y: y, style: style(entry.use, role))
        }
        return Set(uses.map(\.use))
    }

    /// Blocks with something unread have the colour of their topic.
    private static func style(_ use: BlockMap.Use, _ topic: Role) -> Style {
        switch use {
        case .unread, .reading, .tail: Style(topic)
        case .never, .reclaimable, .consumed, .damaged, .unreadable: use.style
        }
    }

    /// What stands in the strips and nothing else; what is unread has the colour of its topic there.
    private static func drawLegend(
        _ uses: Set<BlockMap.Use>, _ grid: inout Grid, _ rect: Rect
    ) {
        var pieces: [StyledText] = [StyledText(" ")]
        for use in BlockMap.Use.legend where uses.contains(use) {
            let style = use == .reading ? Style(.unread) : use.style
            let more = [
                StyledText(use.glyph(grid.glyphs), style), StyledText(" \(use.title)  ", .muted),
            ]
            guard pieces.columns + more.columns <= rect.width else { break }
            pieces += more
        }
        grid.put(pieces, x: rect.x, y: rect.y, width: rect.width)
    }
}
