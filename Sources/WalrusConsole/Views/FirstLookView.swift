internal import Inspect
internal import WalrusFormat

/// What stands in place of a screen until the first look is there: how far it is, and what is known.
enum FirstLookView {
    /// Whether a screen is of the state, and has nothing of its own to show before it.
    static func stands(for screen: ConsoleModel.Screen) -> Bool {
        switch screen {
        case .home, .blocks, .live, .check: true
        case .chooser, .entries, .hex, .bench: false
        }
    }

    static func draw(_ model: ConsoleModel, _ grid: inout Grid, _ body: Rect) {
        guard let look = model.firstLook, model.isFirstLook, body.height >= 8 else {
            drawAlone(model, &grid, body)
            return
        }
        let layout = HomeLayout(model)
        drawProgress(model, &grid, body)
        drawSums(model, look, &grid, body.row(2))
        switch model.screen {
        case .live: drawReason("Rates, unread entries and events are of two looks.", &grid, body)
        case .check:
            drawReason(
                "Findings, and what a restart would do, are told of the whole directory.", &grid,
                body)
        case .blocks: drawFiles(model, look, &grid, body.splitTop(3).rest)
        default:
            drawTopics(model, look, &grid, layout)
            if !layout.files.isEmpty { drawFiles(model, look, &grid, layout.files) }
        }
    }

    /// Nothing but how far it is.
    private static func drawAlone(_ model: ConsoleModel, _ grid: inout Grid, _ body: Rect) {
        let middle = body.row(body.height / 2)
        let (text, share) = told(model)
        grid.put(text, x: middle.x, y: middle.y - 1, width: middle.width, align: .center)
        if let share {
            let bar = middle.inset(horizontal: max(2, middle.width / 4))
            Gauge(share).draw(into: &grid, in: bar)
        }
        grid.put(
            "q leaves", x: middle.x, y: middle.y + 1, width: middle.width, align: .center,
            style: .muted)
    }

    private static func drawProgress(_ model: ConsoleModel, _ grid: inout Grid, _ body: Rect) {
        let (text, share) = told(model)
        grid.put(
            " the first look: \(text)", x: body.x, y: body.y, width: body.width, align: .leading,
            style: .text)
        if let share { Gauge(share).draw(into: &grid, in: body.row(1).inset(horizontal: 1)) }
    }

    /// What is known of the whole: the space for certain, the rest so far.
    private static func drawSums(
        _ model: ConsoleModel, _ look: FirstLook, _ grid: inout Grid, _ rect: Rect
    ) {
        var pieces = [
            StyledText(" disk \(Figures.bytes(look.allocated))", .text, .bold),
            StyledText(" in \(plural(look.files.count, "file"))", .muted),
            StyledText("   so far ", .muted),
            StyledText(
                "\(plural(look.topics.count, "topic")), "
                    + plural(look.entries, "sound entry", "sound entries")),
            StyledText(
                " in \(Figures.grouped(look.countedBlocks)) of \(plural(look.blocks, "block"))",
                .muted),
        ]
        if look.damaged > 0 {
            pieces.append(StyledText("   \(Figures.grouped(look.damaged)) damaged", .damaged))
        }
        grid.put(pieces, x: rect.x, y: rect.y, width: rect.width)
    }

    private static func drawReason(_ text: String, _ grid: inout Grid, _ body: Rect) {
        let rest = body.splitTop(4).rest.inset(horizontal: 1)
        grid.putProse(text + " They come with the end of this one.", in: rest, style: .muted)
    }

    /// In a line: for the first look, and for screens that have no room for more.
    static func told(_ model: ConsoleModel) -> (text: String, share: Double?) {
        if model.scan == nil, model.isStale { return ("the directory cannot be read", nil) }
        let start = "reading\(model.glyphs.ellipsis)"
        switch model.scan?.stage {
        case .finding(let files, let all, let blocks)?:
            let count = "\(Figures.grouped(files)) of \(plural(all, "file"))"
            return ("\(start) \(count), \(plural(blocks, "block"))", share(files, of: all))
        case .walking(let bytes, let all)?:
            let count = "\(Figures.bytes(bytes)) of about \(Figures.bytes(all))"
            return ("\(start) \(count)", share(bytes, of: all))
        case .joining(let topics, let all)?:
            let count = "\(Figures.grouped(topics)) of \(plural(all, "topic"))"
            return ("\(start) \(count)", share(topics, of: all))
        case nil: return ("\(start) the directory", nil)
        }
    }

    private static func share(_ done: Int, of all: Int) -> Double? {
        all > 0 ? Double(done) / Double(all) : nil
    }

    // MARK: - Topics

    private static let columns = [
        TableColumn(
            "TOPIC", .flexible(minimum: 10, weight: 1), truncating: .middle, priority: 9),
        TableColumn("ENTRIES", .fixed(11), align: .trailing, priority: 7),
        TableColumn("SIZE", .fixed(6), align: .trailing, priority: 5),
        TableColumn("BLOCKS COUNTED", .fixed(15), align: .trailing, priority: 8),
    ]

    private static func drawTopics(
        _ model: ConsoleModel, _ look: FirstLook, _ grid: inout Grid, _ layout: HomeLayout
    ) {
        let home = model.home
        let isFiltered = home.order.count != look.topics.count
        let count =
            (isFiltered ? "\(Figures.grouped(home.order.count)) of " : "")
            + Figures.grouped(look.topics.count)
        let empty = look.topics.isEmpty ? "none found so far" : "no topic so far matches the filter"
        guard
            let inside = ListBox.drawTopics(
                model, title: "Topics so far \(count)", empty: empty, top: home.top,
                rows: layout.topicRows, &grid, layout.topics)
        else { return }
        let visible = home.order[min(home.top, home.order.count)...].prefix(layout.topicRows)
        let rows = visible.map { index -> [TableCell] in
            let topic = look.topics[index]
            let name = topic.name.shown(ascii: model.glyphs.isASCII)
            let isWhole = topic.countedBlocks == topic.blocks
            let style: Style = isWhole ? .text : .muted
            return [
                .text(name, Style(.text, .bold)), .text(Figures.grouped(topic.entries), style),
                .text(Figures.bytes(topic.size), .muted),
                .text(
                    "\(Figures.grouped(topic.countedBlocks)) of \(Figures.grouped(topic.blocks))",
                    style),
            ]
        }
        Table(columns, rows: rows, selected: (model.selectedTopicRow ?? 0) - home.top)
            .draw(into: &grid, in: inside)
    }

    // MARK: - Files

    /// A line a file: what it takes, and in which slots blocks were found.
    private static func drawFiles(
        _ model: ConsoleModel, _ look: FirstLook, _ grid: inout Grid, _ rect: Rect
    ) {
        let room = max(0, rect.height - 3)
        let shown = look.files.suffix(room)
        let hidden = look.files.count - shown.count
        let title = "Files \(Figures.grouped(look.files.count))"
        let strip = FileStrip(names: shown.map(\.name), width: rect.width - 3)
        let inside = grid.box(
            rect, title: hidden > 0 ? "\(title), the newest \(shown.count)" : title,
            trailing: [StyledText(strip.note, .muted)])
        for (line, file) in shown.enumerated() {
            let row = inside.row(line)
            let x = strip.drawName(file.name, number: hidden + line + 1, &grid, row)
            let blocks = file.blocks ?? []
            var cells = [(isBlock: Bool, isCounted: Bool)](
                repeating: (false, true), count: strip.cells)
            for block in blocks {
                for slot in block.slot..<min(block.slot + block.units, Layout.unitsPerFile) {
                    cells[slot / strip.perCell].isBlock = true
                    if !block.isCounted { cells[slot / strip.perCell].isCounted = false }
                }
            }
            for (index, cell) in cells.enumerated() {
                let (glyph, style) = Self.glyph(cell, isSearched: file.blocks != nil, grid.glyphs)
                grid.put(glyph, x: x + index, y: row.y, style: style)
            }
            strip.drawNote(Figures.bytes(file.allocated), x: x, &grid, row)
        }
        let glyphs = grid.glyphs
        grid.put(
            [
                StyledText(" \(BlockMap.Use.unread.glyph(glyphs))", Style(.accent)),
                StyledText(" counted  ", .muted),
                StyledText(BlockMap.Use.consumed.glyph(glyphs), .muted),
                StyledText(" found, not counted yet  ", .muted),
                StyledText(glyphs.neverWritten, Style(.neverWritten)),
                StyledText(" no block found", .muted),
            ], x: inside.x, y: inside.maxY - 1, width: inside.width)
    }

    private static func glyph(
        _ cell: (isBlock: Bool, isCounted: Bool), isSearched: Bool, _ glyphs: GlyphSet
    ) -> (String, Style) {
        guard isSearched, cell.isBlock else {
            return (isSearched ? glyphs.neverWritten : " ", Style(.neverWritten))
        }
        return cell.isCounted
            ? (BlockMap.Use.unread.glyph(glyphs), Style(.accent))
            : (BlockMap.Use.consumed.glyph(glyphs), .muted)
    }
}

/// How a file is drawn in one line: number, name, a cell for its slots, and what stands behind.
struct FileStrip {
    /// Slots that share a cell.
    let perCell: Int
    let cells: Int
    private let nameWidth: Int

    /// - Parameter width: columns of the line, but for one that stays blank.
    init(names: [DataFileName], width: Int) {
        nameWidth = 4 + (names.map { $0.text.utf8.count }.max() ?? 13)
        let room = width - nameWidth
        // One cell for each slot, or for as few of them as fit.
        perCell = [1, 2, 4, 5, 10, 20].first { Layout.unitsPerFile / $0 <= room } ?? 50
        cells = Layout.unitsPerFile / perCell
    }

    var note: String {
        perCell == 1 ? "one cell = 10 MiB" : "one cell = \(perCell) blocks of 10 MiB"
    }

    /// Returns the column of the first cell.
    func drawName(_ name: DataFileName, number: Int, _ grid: inout Grid, _ row: Rect) -> Int {
        grid.put(
            String(number), x: row.x, y: row.y, width: 3, align: .trailing, style: .muted)
        grid.put(name.text, x: row.x + 4, y: row.y, style: .text)
        return row.x + nameWidth + 1
    }

    /// Writes behind the cells that begin at `x`, where there is room.
    func drawNote(_ text: String, x: Int, _ grid: inout Grid, _ row: Rect) {
        let space = row.maxX - (x + cells) - 1
        guard space >= DisplayWidth.columns(of: text) else { return }
        grid.put(
            text, x: x + cells + 1, y: row.y, width: space, align: .leading, style: .muted)
    }
}
