internal import Inspect
internal import WalrusFormat

/// Where the parts of the map screen stand.
struct BlocksLayout {
    let summary: Rect
    let map: Rect
    /// The blocks of the file under the cursor, where the map leaves room; else empty.
    let list: Rect
    /// From left to right; fewer than there are where it is narrow, none where it is low.
    let panels: [Rect]
    /// Slots in a line of the map: a divisor of those in a file.
    let perRow: Int
    /// Lines that a file takes.
    let rowsPerFile: Int
    /// Columns before the first slot, the last of them blank.
    let labelWidth: Int
    /// Whether the names of files have room.
    let hasNames: Bool
    /// Whether a blank parts each ten slots from the next.
    let isGrouped: Bool
    /// Lines of slots that fit.
    let mapRows: Int

    static let panelCount = 3
    /// Number, blank, a name, and the blank before the slots.
    private static let wideLabel = 3 + 1 + 13 + 1

    init(_ model: ConsoleModel) {
        let (summary, body) = Chrome(model).body.splitTop(1)
        self.summary = summary
        let low = body.height >= 17 ? max(9, min(13, body.height / 3)) : 0
        let (upper, lower) = body.splitBottom(low)
        let panelCount = body.width >= 110 ? 3 : body.width >= 70 ? 2 : 1
        panels =
            lower.isEmpty
            ? [] : lower.columns([Extent](repeating: .share(), count: panelCount))

        let inside = max(0, upper.width - 2)
        let names = model.state?.files.map(\.name.text.utf8.count).max() ?? 13
        let wide = Self.wideLabel + max(0, names - 13)
        let sizes = [100, 50, 25, 20, 10]
        if let fitting = sizes.first(where: { wide + $0 <= inside }), fitting > 10 {
            (perRow, labelWidth, hasNames) = (fitting, wide, true)
        } else {
            perRow = sizes.first { 4 + $0 <= inside } ?? 10
            (labelWidth, hasNames) = (4, false)
        }
        rowsPerFile = Layout.unitsPerFile / perRow
        isGrouped = labelWidth + perRow + perRow / 10 - 1 <= inside
        // The borders, the ruler and the legend come on top of the lines.
        let needed = (model.state?.files.count ?? 0) * rowsPerFile + 4
        let spare = upper.height - needed
        (map, list) = upper.splitTop(spare >= Self.listMin ? needed : upper.height)
        mapRows = max(0, map.height - 4)
    }

    /// A lower list would say too little.
    private static let listMin = 6

    /// The column of a slot, from the left edge of the map's inside.
    func column(of slot: Int) -> Int {
        let place = slot % perRow
        return labelWidth + place + (isGrouped ? place / 10 : 0)
    }

    /// The first column after the slots.
    var end: Int { column(of: perRow - 1) + 1 }
}

/// The map of every slot of every file, and what is known of the one under the cursor.
enum BlocksView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        guard let state = model.state, let forecast = model.forecast else { return }
        let layout = BlocksLayout(model)
        guard !state.files.isEmpty else {
            let body = Chrome(model).body.row(1)
            grid.put(
                "  no data file is here: nothing takes space", x: body.x, y: body.y,
                width: body.width, align: .leading, style: .muted)
            return
        }
        drawSummary(forecast, state, &grid, layout.summary)
        drawMap(model, state, forecast, &grid, layout)
        if !layout.list.isEmpty { BlockListPanel.draw(model, &grid, layout.list) }
        let order = (0..<BlocksLayout.panelCount).map {
            ($0 + (layout.panels.count < BlocksLayout.panelCount ? model.blocks.panel : 0))
                % BlocksLayout.panelCount
        }
        for (panel, rect) in zip(order, layout.panels) {
            switch panel {
            case 0: BlockPanel.draw(model, &grid, rect)
            case 1: FilePanel.draw(model, forecast, &grid, rect)
            default: FreeingPanel.draw(model, forecast, &grid, rect)
            }
        }
    }

    /// The parts of the space on disk that no unread entry holds, as Home shows them too.
    static func freeParts(_ forecast: ReclaimForecast) -> [DiskPart] {
        func bytes(_ fate: ReclaimForecast.Fate) -> Int { forecast.bytes[fate] ?? 0 }
        let isFilled = forecast.files.contains {
            $0.fate == .filling && FilePanel.word($0) == FilePanel.filledWord
        }
        return [
            DiskPart(
                isFilled ? FilePanel.filledWord : FilePanel.newestWord, bytes(.filling), .barGood),
            DiskPart("can go", bytes(.goes), .barIdle),
            DiskPart("stranded", bytes(.stranded), .barIdle),
            DiskPart("kept: damage", bytes(.kept), .barBad),
            DiskPart("in the trash", forecast.trash, .barWarning),
        ]
    }

    /// What takes the space on disk, in parts that sum up.
    private static func drawSummary(
        _ forecast: ReclaimForecast, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        let label = " \(Figures.bytes(forecast.total)) on disk "
        let width = grid.put(label, x: rect.x, y: rect.y, style: .text)
        guard forecast.total > 0 else { return }
        StackedBar(
            ([DiskPart("held by unread", forecast.bytes[.held] ?? 0, .barWarning)]
                + freeParts(forecast)).map(\.segment)
        ).draw(
            into: &grid,
            in: Rect(x: rect.x + width, y: rect.y, width: rect.width - width - 1, height: 1))
    }

    // MARK: - The map

    private static func drawMap(
        _ model: ConsoleModel, _ state: DirectoryState, _ forecast: ReclaimForecast,
        _ grid: inout Grid, _ layout: BlocksLayout
    ) {
        let modes = BlocksModel.Mode.allCases.flatMap { mode -> [StyledText] in
            let isOn = mode == model.blocks.mode
            return [
                StyledText(
                    isOn ? "[\(mode.rawValue)]" : " \(mode.rawValue) ", isOn ? .accent : .muted)
            ]
        }
        let inside = grid.box(
            layout.map, title: "\(plural(state.files.count, "file")), blocks of 10 MiB",
            trailing: [StyledText("m ", .muted)] + modes)
        guard inside.height > 2 else { return }
        drawRuler(model, layout, &grid, inside.row(0))
        let lines = state.files.count * layout.rowsPerFile
        for line in 0..<min(layout.mapRows, lines - model.blocks.top) {
            let index = (model.blocks.top + line) / layout.rowsPerFile
            guard state.files.indices.contains(index) else { break }
            let part = (model.blocks.top + line) % layout.rowsPerFile
            let rect = inside.row(1 + line)
            drawLabel(model, state.files[index], forecast.files[index], index, part, &grid, rect)
            drawSlots(model, state, index, forecast.files[index].fate, part, layout, &grid, rect)
            drawNote(model, forecast.files[index], part, layout, &grid, rect)
        }
        Scrollbar(total: lines, visible: layout.mapRows, top: model.blocks.top).draw(
            into: &grid, onBorderOf: layout.map)
        MapLegend.draw(model, state, forecast, &grid, inside.row(inside.height - 1), layout)
    }

    /// The numbers of the slots, and a mark over the cursor's.
    private static func drawRuler(
        _ model: ConsoleModel, _ layout: BlocksLayout, _ grid: inout Grid, _ rect: Rect
    ) {
        for slot in stride(from: 0, to: layout.perRow, by: 10) {
            grid.put(
                String(slot), x: rect.x + layout.column(of: slot), y: rect.y, style: .muted)
        }
        grid.put(
            grid.glyphs.down, x: rect.x + layout.column(of: model.blocks.slot), y: rect.y,
            style: Style(.selectionMarker, .bold))
    }

    private static func drawLabel(
        _ model: ConsoleModel, _ file: FileState, _ forecast: ReclaimForecast.File, _ index: Int,
        _ part: Int, _ grid: inout Grid, _ rect: Rect
    ) {
        let layout = BlocksLayout(model)
        let isHere = model.blocks.file == file.name
        if part == 0 {
            grid.put(
                String(index + 1), x: rect.x, y: rect.y, width: 3, align: .trailing,
                style: isHere ? Style(.accent, .bold) : .muted)
            if layout.hasNames {
                grid.put(
                    file.name.text, x: rect.x + 4, y: rect.y,
                    style: isHere ? Style(.accent, .bold) : .text)
            }
        } else if part == 1, layout.hasNames {
            let text = "\(Figures.bytes(file.allocated)) \(FilePanel.word(forecast))"
            grid.put(
                text, x: rect.x + 4, y: rect.y, width: layout.labelWidth - 5, align: .leading,
                style: FilePanel.style(forecast.fate))
        }
        if isHere, model.blocks.slot / layout.perRow == part {
            grid.put(
                grid.glyphs.selection, x: rect.x + layout.labelWidth - 1, y: rect.y,
                style: Style(.selectionMarker, .bold))
        }
    }

    private static func drawSlots(
        _ model: ConsoleModel, _ state: DirectoryState, _ index: Int,
        _ fate: ReclaimForecast.Fate, _ part: Int, _ layout: BlocksLayout, _ grid: inout Grid,
        _ rect: Rect
    ) {
        let file = state.files[index]
        let slots = BlockMap.slots(of: file, fate: fate)
        let isHere = model.blocks.file == file.name
        let chosen = isHere ? slots[min(model.blocks.slot, slots.count - 1)].block : nil
        let topic = model.selectedBlock?.topic
        for index in part * layout.perRow..<(part + 1) * layout.perRow {
            let slot = slots[index]
            let x = rect.x + layout.column(of: index)
            let block = slot.block.map { file.blocks[$0] }
            let (glyph, plain) = BlockMap.cell(
                slot, block, model.blocks.mode, lit: topic, state: state, glyphs: grid.glyphs)
            var style = plain
            if let block, model.blocks.mode == .topic, block.topic == topic {
                style.emphasis.formUnion([.reverse, .bold])
            }
            // The cursor hides nothing: what stands there keeps its glyph, as the rest of its block.
            if isHere, index == model.blocks.slot {
                style = Style(.match, [.bold, .reverse])
            } else if chosen != nil, slot.block == chosen {
                style = Style(.match, .bold)
            }
            grid.put(glyph, x: x, y: rect.y, style: style)
        }
    }

    /// What stands behind the slots where there is room: space, and who keeps it.
    private static func drawNote(
        _ model: ConsoleModel, _ file: ReclaimForecast.File, _ part: Int, _ layout: BlocksLayout,
        _ grid: inout Grid, _ rect: Rect
    ) {
        let room = rect.width - layout.end - 1
        guard part == 0, room >= 24 else { return }
        var pieces = [
            StyledText(" \(FilePanel.padded(Figures.bytes(file.allocated), 5)) ", .muted),
            StyledText(FilePanel.word(file), FilePanel.style(file.fate)),
        ]
        for (index, holder) in file.holders.prefix(3).enumerated() {
            let name = holder.topic.shown(model.glyphs, limit: 20)
            let style = Style(model.role(of: holder.topic))
            pieces += [StyledText(index == 0 ? " by " : ", ", .muted), StyledText(name, style)]
        }
        if file.holders.count > 3 {
            pieces.append(StyledText(" + \(file.holders.count - 3)", .muted))
        }
        grid.put(pieces, x: rect.x + layout.end, y: rect.y, width: room)
    }
}

/// What the glyphs of the map mean.
enum MapLegend {
    static func draw(
        _ model: ConsoleModel, _ state: DirectoryState, _ forecast: ReclaimForecast,
        _ grid: inout Grid, _ rect: Rect, _ layout: BlocksLayout
    ) {
        var pieces: [StyledText] = [StyledText(" ")]
        for part in parts(model, state, forecast, layout) {
            guard pieces.columns + part.columns <= rect.width else { break }
            pieces += part
        }
        grid.put(pieces, x: rect.x, y: rect.y, width: rect.width)
    }

    private static func parts(
        _ model: ConsoleModel, _ state: DirectoryState, _ forecast: ReclaimForecast,
        _ layout: BlocksLayout
    ) -> [[StyledText]] {
        func part(_ glyph: String, _ style: Style, _ name: String) -> [StyledText] {
            [StyledText(glyph, style), StyledText(" \(name)  ", .muted)]
        }
        let glyphs = model.glyphs
        switch model.blocks.mode {
        case .state:
            // What stands there and nothing else: each has room then.
            let files = shown(model, layout)
            let uses = Set(
                zip(state.files[files], forecast.files[files]).flatMap { file, forecast in
                    BlockMap.slots(of: file, fate: forecast.fate).map(\.use)
                })
            return BlockMap.Use.legend.filter(uses.contains)
                .map { part($0.glyph(glyphs), $0.style, $0.title) }
        case .fill:
            let levels = glyphs.verticalLevels
            let half = levels.count / 2
            return [
                part(levels[1], Style(Role.ramp(0.01)), "little"),
                part(levels[half], Style(Role.ramp(0.5)), "half"),
                part(levels[levels.count - 1], Style(Role.ramp(1)), "full"),
                part(glyphs.neverWritten, Style(.neverWritten), "never written"),
            ]
        case .topic:
            let topics = topics(model, state, layout).map { index, name in
                part(
                    BlockMap.letter(index), Style(Role.topic(index), .bold),
                    name.shown(glyphs, limit: 20))
            }
            guard !BlockMap.hasLetters(state) else { return topics }
            // A letter would stand for several topics: only that under the cursor has one.
            guard let selected = model.selectedBlock else {
                return [[StyledText("letters repeat: a block's panel names its topic", .muted)]]
            }
            let index = state.topics.partition(before: selected.topic)
            let other = BlockMap.other(glyphs)
            return [
                part(
                    BlockMap.letter(index), Style(Role.topic(index), .bold),
                    selected.topic.shown(glyphs, limit: 40)),
                part(
                    other.glyph, other.style,
                    "other topics, \(Figures.grouped(state.topics.count - 1))"),
            ]
        }
    }

    /// The files in sight.
    private static func shown(_ model: ConsoleModel, _ layout: BlocksLayout) -> Range<Int> {
        let all = model.state?.files.count ?? 0
        let first = min(all, model.blocks.top / layout.rowsPerFile)
        let end = model.blocks.top + layout.mapRows + layout.rowsPerFile - 1
        return first..<max(first, min(all, end / layout.rowsPerFile))
    }

    /// The topics in sight, that under the cursor first, then those with the most blocks.
    private static func topics(
        _ model: ConsoleModel, _ state: DirectoryState, _ layout: BlocksLayout
    ) -> [(Int, TopicName)] {
        var blocks: [TopicName: Int] = [:]
        for file in state.files[shown(model, layout)] {
            for block in file.blocks { blocks[block.topic, default: 0] += 1 }
        }
        if let topic = model.selectedBlock?.topic { blocks[topic] = .max }
        return blocks.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(40).map {
            (state.topics.partition(before: $0.key), $0.key)
        }
    }
}

/// A part of the space that a log takes on disk.
struct DiskPart {
    let name: String
    let bytes: Int
    let role: Role

    init(_ name: String, _ bytes: Int, _ role: Role) {
        (self.name, self.bytes, self.role) = (name, bytes, role)
    }

    /// "can go 1.95G", or the figure alone.
    var segment: StackedBar.Segment {
        let figure = Figures.bytes(bytes)
        return StackedBar.Segment(
            "\(name) \(figure)", short: figure, value: Double(bytes), style: Style(role))
    }
}
