internal import Inspect
internal import WalrusFormat

/// Where the parts of the Live screen stand. Parts for which there is no room are empty.
struct LiveLayout {
    /// Lines of throughput, where there are no graphs.
    let figures: Rect
    /// Graphs of throughput, side by side.
    let graphs: Rect
    /// What a running engine counts, in a line.
    let engine: Rect
    let topics: Rect
    let latency: Rect
    let events: Rect
    /// How many topics fit.
    let topicRows: Int

    init(_ model: ConsoleModel) {
        let body = Chrome(model).body
        let hasEngine = model.state?.metrics != nil
        let isWide = body.width >= 110 && body.height >= 26
        let isTall = body.height >= 14
        let lines = isWide ? 0 : isTall ? 2 : 1
        let (figures, belowFigures) = body.splitTop(lines)
        let lower = max(9, min(body.height / 4, 16))
        // Graphs take what a short list leaves.
        let listed = (model.state?.topics.count ?? 0) + 4
        let spare = min(body.height - lower - listed, body.height * 2 / 5)
        let (graphs, belowGraphs) = belowFigures.splitTop(
            isWide ? max(7, body.height / 4, spare) : 0)
        let (engine, lists) = belowGraphs.splitTop(hasEngine && isTall ? 1 : 0)
        self.figures = figures
        self.graphs = graphs
        self.engine = engine
        if isWide {
            let (upper, bottom) = lists.splitBottom(lower)
            let parts = bottom.columns([.share(), .share()])
            (topics, latency, events) = (upper, parts[0], parts[1])
        } else {
            // Three calls and their titles.
            let latencyRows = hasEngine ? 6 : 3
            let eventRows = body.height >= 20 && !hasEngine ? 5 : 4
            let (upper, events) = lists.splitBottom(isTall ? eventRows : 0)
            let (topics, latency) = upper.splitBottom(isTall ? latencyRows : 0)
            (self.topics, self.latency, self.events) = (topics, latency, events)
        }
        topicRows = max(0, topics.height - 3)
    }
}

/// What is happening now: throughput, unread entries, latencies, events, each with its source.
enum LiveView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        guard let state = model.state, let report = LiveReport(model.looks) else {
            return FirstLookView.draw(model, &grid, Chrome(model).body)
        }
        let layout = LiveLayout(model)
        LiveRatesView.drawFigures(model, report, &grid, layout.figures)
        if !layout.graphs.isEmpty { LiveRatesView.drawGraphs(model, report, &grid, layout.graphs) }
        if let metrics = state.metrics, !layout.engine.isEmpty {
            LiveRatesView.drawEngine(metrics, report, &grid, layout.engine)
        }
        LiveUnreadView.draw(model, report, &grid, layout)
        if !layout.latency.isEmpty { drawLatency(state.metrics, &grid, layout.latency) }
        if !layout.events.isEmpty { drawEvents(model, report, &grid, layout.events) }
    }

    // MARK: - Latency

    private static func drawLatency(
        _ metrics: LiveMetrics?, _ grid: inout Grid, _ rect: Rect
    ) {
        guard let metrics else {
            let inside = grid.box(rect, title: "Latency").inset(horizontal: 1)
            let text = "not visible in files; no engine tells it now (metrics_index.db)"
            grid.putProse(text, in: inside, style: .muted)
            return
        }
        let ascii = grid.glyphs.isASCII
        let source =
            "engine \(metrics.image.processID), \(Figures.latency(metrics.age, ascii: ascii)) ago"
        let span = Figures.latency(metrics.image.interval, ascii: ascii)
        let title = rect.width >= 48 ? "Latency, last \(span)" : "Latency"
        let inside = grid.box(rect, title: title, trailing: [StyledText(source, .muted)])
        let image = metrics.image
        let calls = [("append", image.append), ("read", image.read), ("sync", image.sync)]
        let hasTotals = inside.height >= 8
        func row(_ name: String, _ summary: LatencySummary) -> [TableCell] {
            guard summary.count > 0 else { return [.text(name), .text("none", .muted)] }
            func time(_ value: UInt64) -> TableCell {
                .text(Figures.latency(value, ascii: ascii), Style(.accent))
            }
            return [
                .text(name), .text(Figures.count(Double(summary.count)), .muted),
                time(summary.p50), time(summary.p90), time(summary.p99), time(summary.p999),
                time(summary.max),
            ]
        }
        var rows = calls.map { row($0.0, $0.1.recent) }
        if hasTotals {
            rows.append([.text("since it was opened", .muted)])
            rows += calls.map { row($0.0, $0.1.total) }
        }
        Table(
            [
                TableColumn("", .flexible(minimum: hasTotals ? 19 : 6), priority: 9),
                TableColumn("CALLS", .fixed(5), align: .trailing, priority: 8),
                TableColumn("P50", .fixed(5), align: .trailing, priority: 7),
                TableColumn("P90", .fixed(5), align: .trailing, priority: 3),
                TableColumn("P99", .fixed(5), align: .trailing, priority: 6),
                TableColumn("P99.9", .fixed(5), align: .trailing, priority: 4),
                TableColumn("MAX", .fixed(5), align: .trailing, priority: 5),
            ], rows: rows, showsHeader: inside.height >= 3
        ).draw(into: &grid, in: inside.splitRight(1).rest)
    }

    // MARK: - Events

    static func drawEvents(
        _ model: ConsoleModel, _ report: LiveReport, _ grid: inout Grid, _ rect: Rect
    ) {
        let events = report.history.events
        let inside = grid.box(
            rect, title: "Events \(Figures.grouped(events.count))",
            trailing: [StyledText("seen between two looks", .muted)]
        ).inset(horizontal: 1)
        guard !events.isEmpty else {
            grid.put(
                "none yet", x: inside.x, y: inside.y, width: inside.width, align: .leading,
                style: .muted)
            return
        }
        for (line, event) in events.suffix(inside.height).reversed().enumerated() {
            let row = inside.row(line)
            let time = Figures.time(event.time, offset: model.setup.timeZone)
            let kind = event.kind.rawValue
            let padding = String(repeating: " ", count: max(1, 8 - kind.count))
            let head = [
                StyledText(time + "  ", .muted), StyledText(kind + padding, event.kind.role),
            ]
            let used = grid.put(head, x: row.x, y: row.y, width: row.width)
            grid.put(
                event.text, x: row.x + used, y: row.y, width: row.width - used, align: .leading)
        }
    }
}
