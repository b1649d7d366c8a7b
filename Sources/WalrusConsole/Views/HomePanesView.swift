internal import Inspect

/// What a screen has room for below the topics: what frees space, the worst findings, the rate of appends,
/// events, and the blocks of the topic under the cursor.
enum HomePanesView {
    /// A lower pane says too little where panes stand side by side.
    static let heightMin = 8

    /// Whether the pane of appends, with its latencies, is among them.
    static func hasRate(_ rect: Rect) -> Bool { rect.width >= 100 && rect.height >= heightMin }

    static func draw(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        guard let forecast = model.forecast, let report = LiveReport(model.looks) else { return }
        /// Lines of the list of files in a pane of so many columns.
        func freeing(_ width: Int) -> Int {
            let count = FreeingList.count(
                model, forecast, width: width - 4, max: max(1, rect.height - 2))
            return max(1, count) + 2
        }
        guard hasRate(rect) else {
            let (top, rest) = rect.splitTop(
                rect.height >= 12 ? min(freeing(rect.width), rect.height - 6) : rect.height)
            FreeingList.draw(model, forecast, &grid, top)
            if !rest.isEmpty { LiveView.drawEvents(model, report, &grid, rest) }
            return
        }
        guard rect.width < 150 else {
            drawWide(model, state, forecast, report, &grid, rect)
            return
        }
        // What is left over goes to the blocks of the topic under the cursor.
        let (panes, below) = rect.splitTop(rect.height >= 34 ? 24 : rect.height)
        drawBlocks(model, state, &grid, below)
        let columns = panes.columns([.share(), .share()])
        guard panes.height >= 13 else {
            FreeingList.draw(model, forecast, &grid, columns[0])
            drawRate(model, state, &grid, columns[1])
            return
        }
        let found = findingLines(state, columns[0].width - 6, model).count + 2
        let left = columns[0].splitTop(
            min(
                freeing(columns[0].width),
                max(columns[0].height / 3, columns[0].height - max(found, 3))))
        FreeingList.draw(model, forecast, &grid, left.top)
        drawFindings(model, state, &grid, left.rest)
        guard !isIdle(model) else {
            // Where nothing is appended there is no graph, and room for what to do.
            let (rate, rest) = columns[1].splitTop(idleHeight(state, model))
            let keys = rest.height >= 14 ? min(8, rest.height / 2) : 0
            drawRate(model, state, &grid, rate)
            let (events, last) = rest.splitBottom(keys)
            LiveView.drawEvents(model, report, &grid, events)
            if !last.isEmpty { drawKeys(model, &grid, last) }
            return
        }
        let events = min(max(report.history.events.count, 3) + 2, columns[1].height / 2)
        let right = columns[1].splitBottom(events)
        drawRate(model, state, &grid, right.rest)
        LiveView.drawEvents(model, report, &grid, right.bottom)
    }

    /// Three panes as high as what they tell, and below them what fills any room.
    private static func drawWide(
        _ model: ConsoleModel, _ state: DirectoryState, _ forecast: ReclaimForecast,
        _ report: LiveReport, _ grid: inout Grid, _ rect: Rect
    ) {
        let third = rect.width / 3
        let told = max(
            FreeingList.count(
                model, forecast, width: third - 4, max: max(1, rect.height / 2 - 2)),
            3 * state.findings.count, report.history.events.count)
        let height = rect.height >= 18 ? min(max(told + 2, 7), rect.height / 2) : rect.height
        let (upper, lower) = rect.splitTop(height)
        let columns = upper.columns([.share(), .share(), .share()])
        FreeingList.draw(model, forecast, &grid, columns[0])
        drawFindings(model, state, &grid, columns[1])
        if lower.isEmpty {
            drawRate(model, state, &grid, columns[2])
            return
        }
        guard !isIdle(model) else {
            let (rate, rest) = columns[2].splitTop(idleHeight(state, model))
            drawRate(model, state, &grid, rate)
            if !rest.isEmpty { LiveView.drawEvents(model, report, &grid, rest) }
            // No graph: room for what to do, as a third of what is there.
            let parts = lower.columns([.share(weight: 2), .share(weight: 1)])
            drawBlocks(model, state, &grid, parts[0])
            drawKeys(model, &grid, parts[1])
            return
        }
        LiveView.drawEvents(model, report, &grid, columns[2])
        let halves = lower.columns([.share(), .share()])
        drawBlocks(model, state, &grid, halves[0])
        drawRate(model, state, &grid, halves[1])
    }

    private static func drawBlocks(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        guard !rect.isEmpty else { return }
        guard let topic = model.home.selected.flatMap({ state.topic($0) }) else {
            grid.box(rect, title: "Blocks")
            return
        }
        BlockListPanel.draw(topic, model, &grid, rect)
    }

    private static func drawFindings(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(
            rect, title: "Findings \(Figures.grouped(state.findings.count))",
            trailing: [StyledText("5 Check", .muted)]
        ).inset(horizontal: 1)
        guard !state.findings.isEmpty else {
            grid.put(
                "\(model.glyphs.check) nothing is wrong", x: inside.x, y: inside.y,
                style: Style(.good))
            return
        }
        // A few lines say what it is; the check screen says it all.
        let lineMax = max(3, inside.height / state.findings.count)
        for (row, line) in findingLines(
            state, inside.width - 2, model, perFinding: lineMax, limit: inside.height
        ).enumerated() {
            let y = inside.y + row
            if let (glyph, role) = line.mark {
                grid.put(glyph, x: inside.x, y: y, style: Style(role, .bold))
            }
            grid.put(line.words, x: inside.x + 2, y: y, width: inside.width - 2)
        }
    }

    /// The findings in lines, the worst first, each with its mark at its first line.
    private static func findingLines(
        _ state: DirectoryState, _ width: Int, _ model: ConsoleModel, perFinding: Int = 3,
        limit: Int = 12
    ) -> [(mark: (String, Role)?, words: String)] {
        var lines: [(mark: (String, Role)?, words: String)] = []
        for finding in state.findings where lines.count < limit {
            let words = PayloadText.prose(
                model.shortened(CheckView.sentence(finding)), width: width,
                ascii: model.glyphs.isASCII)
            for (index, line) in words.prefix(perFinding).enumerated() where lines.count < limit {
                lines.append(
                    (index == 0 ? CheckView.mark(finding.severity, model.glyphs) : nil, line))
            }
        }
        return lines
    }

    /// Whether nothing was appended while the console looked.
    private static func isIdle(_ model: ConsoleModel) -> Bool {
        model.history.total.allSatisfy { $0 == 0 }
    }

    /// Lines of the pane of appends where it has no graph.
    private static func idleHeight(_ state: DirectoryState, _ model: ConsoleModel) -> Int {
        let ascii = model.glyphs.isASCII
        return 3 + (state.metrics.map { LatencyView.lines($0, ascii: ascii).count } ?? 0)
    }

    /// The first lines of the help.
    private static func drawKeys(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        let inside = grid.box(rect, title: "Keys", trailing: [StyledText("? Help", .muted)])
            .inset(horizontal: 1)
        for (row, line) in HelpView.lines(model).prefix(inside.height).enumerated() {
            grid.put(line, x: inside.x, y: inside.y + row, width: inside.width)
        }
    }

    /// The graph, and below it, where a running engine tells, how long its calls take.
    private static func drawRate(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        let values = model.history.total
        let last = values.last.map { Figures.count($0) } ?? "?"
        let end = model.isPast ? "then" : "now"
        let peak = values.max() ?? 0
        let whole = grid.box(
            rect, title: "Appended entries/s",
            trailing: [
                StyledText(
                    "\(end) \(last)  max \(values.isEmpty ? "?" : Figures.count(peak))", .muted)
            ])
        let ascii = model.glyphs.isASCII
        let latencies = state.metrics.map { LatencyView.lines($0, ascii: ascii) } ?? []
        let (inside, below) = whole.splitBottom(
            whole.height >= 8 || (peak == 0 && whole.height > latencies.count) ? latencies.count : 0
        )
        for (row, line) in zip(0..<below.height, latencies) {
            LatencyView.draw(line, &grid, below.row(row).inset(horizontal: 1))
        }
        guard peak > 0 else {
            let text = values.count < 2 ? "watching" : "nothing was appended since the start"
            grid.put(
                text, x: inside.x + 1, y: inside.y, width: inside.width - 1, align: .leading,
                style: .muted)
            return
        }
        let area = inside.inset(horizontal: 1)
        let room = BrailleGraph.capacity(columns: area.width, glyphs: model.glyphs)
        let shown = values.suffix(room).map { Optional($0) }
        let padding = [Double?](repeating: nil, count: max(0, room - shown.count))
        BrailleGraph(
            padding + shown, maximum: peak, topLabel: Figures.count(peak),
            middleLabel: Figures.count(peak / 2), times: [BrailleGraph.Mark(end)]
        ).draw(into: &grid, in: area)
    }
}
