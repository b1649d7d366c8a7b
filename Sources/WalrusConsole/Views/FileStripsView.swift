internal import Inspect
internal import WalrusFormat

/// A strip for every file: what each of its blocks holds.
enum FileStripsView {
    static func draw(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ layout: HomeLayout
    ) {
        let shown = state.files.suffix(layout.stripRows)
        let hidden = state.files.count - shown.count
        // Borders, and a blank after the name.
        let strip = FileStrip(names: shown.map(\.name), width: layout.files.width - 3)
        let title = "Files \(Figures.grouped(state.files.count))"
        let inside = grid.box(
            layout.files,
            title: hidden > 0 ? "\(title), the newest \(shown.count)" : title,
            trailing: [StyledText(strip.note, .muted)])
        var uses: Set<BlockMap.Use> = []
        for (line, file) in shown.enumerated() {
            let rect = inside.row(line)
            let x = strip.drawName(file.name, number: hidden + line + 1, &grid, rect)
            uses.formUnion(drawStrip(model, file, strip.perCell, &grid, x: x, y: rect.y))
            let text = "\(file.usedSlots)/\(Layout.unitsPerFile) \(Figures.bytes(file.allocated))"
            strip.drawNote(file.isConsumed ? text + " consumed" : text, x: x, &grid, rect)
        }
        drawLegend(uses, &grid, inside.row(inside.height - 1))
    }

    /// Returns what the strip shows.
    private static func drawStrip(
        _ model: ConsoleModel, _ file: FileState, _ perCell: Int, _ grid: inout Grid, x: Int, y: Int
    ) -> Set<BlockMap.Use> {
        var uses = [(use: BlockMap.Use, topic: TopicName?)](
            repeating: (.never, nil), count: Layout.unitsPerFile / perCell)
        for (index, slot) in BlockMap.slots(of: file, marksEnds: false).enumerated() {
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
