internal import Inspect

/// What a tall screen has room for below the topics: the worst findings, and the rate of appends.
enum HomePanesView {
    static func draw(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        let parts = rect.columns([.share(), .share()])
        drawFindings(model, state, &grid, parts[0])
        drawRate(model, state, &grid, parts[1])
    }

    private static func drawFindings(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(
            rect, title: "Findings \(state.findings.count)",
            trailing: [StyledText("5 Check", .muted)]
        ).inset(horizontal: 1)
        guard !state.findings.isEmpty else {
            grid.put(
                "\(model.glyphs.check) nothing is wrong", x: inside.x, y: inside.y,
                style: Style(.good))
            return
        }
        var y = inside.y
        // A few lines say what it is; the check screen says it all.
        let lineMax = max(3, inside.height / state.findings.count)
        for finding in state.findings {
            let (glyph, role) = CheckView.mark(finding.severity, model.glyphs)
            let text = PayloadText.prose(
                CheckView.sentence(finding), width: inside.width - 2, ascii: model.glyphs.isASCII)
            for (line, words) in text.prefix(lineMax).enumerated() where y < inside.maxY {
                if line == 0 { grid.put(glyph, x: inside.x, y: y, style: Style(role, .bold)) }
                grid.put(words, x: inside.x + 2, y: y, width: inside.width - 2)
                y += 1
            }
        }
    }

    /// The graph, and below it, where a running engine tells, how long its calls take.
    private static func drawRate(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        let values = model.history.total
        let last = values.last ?? 0
        let end = model.isPast ? "then" : "now"
        let peak = values.max() ?? 0
        let whole = grid.box(
            rect, title: "Appended entries/s",
            trailing: [
                StyledText("\(end) \(Figures.count(last))  max \(Figures.count(peak))", .muted)
            ])
        let ascii = model.glyphs.isASCII
        let latencies = state.metrics.map { LatencyView.lines($0, ascii: ascii) } ?? []
        let (inside, below) = whole.splitBottom(whole.height >= 8 ? latencies.count : 0)
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
        let room = BrailleGraph.capacity(columns: inside.width, glyphs: model.glyphs)
        let shown = values.suffix(room).map { Optional($0) }
        let padding = [Double?](repeating: nil, count: max(0, room - shown.count))
        BrailleGraph(
            padding + shown, maximum: peak, topLabel: Figures.count(peak),
            middleLabel: Figures.count(peak / 2), timeLabels: ["", end]
        ).draw(into: &grid, in: inside)
    }
}
