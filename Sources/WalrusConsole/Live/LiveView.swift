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
        // Where nothing goes on there is nothing to draw of it.
        let isAtRest =
            LiveReport(model.looks)?.history.samples.allSatisfy {
                $0.appended == 0 && $0.consumed == 0
            } ?? true
        let lines = isWide ? 0 : body.height >= 20 && !isAtRest ? 3 : isTall ? 2 : 1
        let (figures, belowFigures) = body.splitTop(lines)
        // Latencies as figures and as bars, and what the bars mean.
        let lower = max(hasEngine ? 11 : 9, min(body.height / 4, 16))
        // Graphs take what a short list leaves.
        let listed = (model.state?.topics.count ?? 0) + 4
        let spare = min(body.height - lower - listed, body.height * 2 / 5)
        let (graphs, belowGraphs) = belowFigures.splitTop(
            !isWide ? 0 : isAtRest ? 4 : max(7, body.height / 4, spare))
        let (engine, lists) = belowGraphs.splitTop(hasEngine && isTall ? 1 : 0)
        self.figures = figures
        self.graphs = graphs
        self.engine = engine
        if isWide {
            // What a short list leaves is for what has happened.
            let left = lists.height - max(7, listed)
            let (upper, bottom) = lists.splitBottom(max(lower, min(left, body.height / 2)))
            if hasEngine {
                let parts = bottom.columns([.share(weight: 3), .share(weight: 2)])
                (topics, latency, events) = (upper, parts[0], parts[1])
            } else {
                // A sentence that says why there are no figures.
                let (latency, events) = bottom.splitTop(3)
                (self.topics, self.latency, self.events) = (upper, latency, events)
            }
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
        if !layout.latency.isEmpty {
            LiveLatencyView.draw(state.metrics, &grid, layout.latency)
        }
        if !layout.events.isEmpty { drawEvents(model, report, &grid, layout.events) }
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
                model.shortened(event.text), x: row.x + used, y: row.y, width: row.width - used,
                align: .leading)
        }
    }
}
