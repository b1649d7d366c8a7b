internal import Inspect
internal import WalrusFormat

/// Throughput on the Live screen: what looks at the files tell, and what an engine counts.
enum LiveRatesView {
    private static let question = "?"

    /// Appends and reads in a line each, with what they were lately; in one line where that is all
    /// the room.
    static func drawFigures(
        _ model: ConsoleModel, _ report: LiveReport, _ grid: inout Grid, _ rect: Rect
    ) {
        guard !rect.isEmpty else { return }
        let now = report.now
        let appended = [
            StyledText(" appended ", .muted), figure(rate(now?.appended)), StyledText(" "),
            figure(now.map { bytes($0.bytes) } ?? question),
        ]
        let consumed = [StyledText(" consumed ", .muted), figure(rate(now?.consumed))]
        guard rect.height > 1 else {
            grid.put(appended + consumed, x: rect.x, y: rect.y, width: rect.width)
            return
        }
        let samples = report.history.samples
        let rows = [
            (appended, samples.map { Optional($0.appended) }, source(report)),
            (consumed, samples.map { Optional($0.consumed) }, "from cursors on disk"),
        ]
        for (line, (pieces, values, source)) in rows.enumerated() {
            let row = rect.row(line)
            grid.put(pieces, x: row.x, y: row.y, width: row.width)
            let note = DisplayWidth.columns(of: source) + 1
            let start = row.x + 26
            let room = row.maxX - start - note - 1
            if room >= 8 {
                Sparkline(values, style: Style(line == 0 ? .accent : .good)).draw(
                    into: &grid, in: Rect(x: start, y: row.y, width: room, height: 1))
            }
            if row.width >= 26 + note {
                grid.put(source, x: row.maxX - note, y: row.y, style: .muted)
            }
        }
    }

    static func drawGraphs(
        _ model: ConsoleModel, _ report: LiveReport, _ grid: inout Grid, _ rect: Rect
    ) {
        let end = model.isPast ? "then" : "now"
        let parts = rect.columns([.share(), .share()])
        let now = report.now
        let samples = report.history.samples
        let zone = model.setup.timeZone
        drawGraph(
            "Appended", rate(now?.appended) + (now.map { "  " + bytes($0.bytes) } ?? ""),
            source(report), samples.map(\.appended), samples, end, zone: zone, &grid, parts[0])
        drawGraph(
            "Consumed", rate(now?.consumed), "from cursors on disk", samples.map(\.consumed),
            samples, end, zone: zone, &grid, parts[1])
    }

    private static func drawGraph(
        _ title: String, _ figures: String, _ source: String, _ values: [Double],
        _ samples: [LiveHistory.Sample], _ end: String, zone: Int, _ grid: inout Grid,
        _ rect: Rect
    ) {
        let room = BrailleGraph.capacity(columns: rect.width - 8, glyphs: grid.glyphs)
        let shown = values.suffix(room)
        let peak = shown.max() ?? 0
        let inside = grid.box(
            rect, title: [StyledText(title + "  ", .title), StyledText(figures, .text, .bold)],
            trailing: [StyledText(source, .muted)])
        guard !samples.isEmpty else {
            grid.put(
                "it takes two looks to know", x: inside.x + 1, y: inside.y,
                width: inside.width - 1, align: .leading, style: .muted)
            return
        }
        guard peak > 0 else {
            // Not for how long: a console at rest would draw for nothing else.
            let first = samples.first.map { $0.time - UInt64($0.seconds * 1e9) } ?? 0
            grid.put(
                "nothing since \(Figures.time(first, offset: zone))", x: inside.x + 1,
                y: inside.y, width: inside.width - 1, align: .leading, style: .muted)
            return
        }
        let padding = [Double?](repeating: nil, count: max(0, room - shown.count))
        let isFull = shown.count >= room
        BrailleGraph(
            padding + shown.map { Optional($0) }, maximum: peak, topLabel: Figures.count(peak),
            middleLabel: Figures.count(peak / 2),
            timeLabels: [isFull ? span(samples.suffix(room)) + " ago" : "", end]
        ).draw(into: &grid, in: inside)
    }

    /// What the engine itself counts: it may read without moving a cursor.
    static func drawEngine(
        _ metrics: LiveMetrics, _ report: LiveReport, _ grid: inout Grid, _ rect: Rect
    ) {
        var pieces = [StyledText(" engine \(metrics.image.processID) ", .muted)]
        if let rates = report.history.engine {
            pieces += [
                StyledText(" in ", .muted), figure(rate(rates.appended)), StyledText(" "),
                figure(bytes(rates.bytes)), StyledText("  out ", .muted), figure(rate(rates.read)),
                StyledText(" "), figure(bytes(rates.readBytes)), StyledText("  syncs ", .muted),
                figure(rate(rates.syncs)),
            ]
        } else {
            pieces.append(StyledText(" its rates come with its next figures", .muted))
        }
        let age = Figures.latency(metrics.age, ascii: grid.glyphs.isASCII)
        let sources = ["metrics_index.db, \(age) ago ", "\(age) ago "]
        grid.put(pieces, x: rect.x, y: rect.y, width: rect.width)
        let room = rect.width - pieces.columns - 2
        guard let source = sources.first(where: { DisplayWidth.columns(of: $0) <= room }) else {
            return
        }
        grid.put(
            source, x: rect.maxX - DisplayWidth.columns(of: source), y: rect.y, style: .muted)
    }

    private static func source(_ report: LiveReport) -> String {
        guard let now = report.now else { return "from files: two looks needed" }
        let seconds = (now.seconds * 10).rounded() / 10
        return "from files, last \(seconds)s"
    }

    /// How long the samples reach back.
    private static func span(_ samples: ArraySlice<LiveHistory.Sample>) -> String {
        Figures.duration(samples.reduce(0) { $0 + $1.seconds })
    }

    private static func figure(_ text: String) -> StyledText {
        StyledText(text, .text, .bold)
    }

    private static func rate(_ value: Double?) -> String {
        value.map { Figures.count($0) + "/s" } ?? question
    }

    private static func bytes(_ value: Double) -> String {
        Figures.bytes(Int(min(value, 1e15))) + "B/s"
    }
}
