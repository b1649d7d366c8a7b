internal import Inspect
internal import WalrusFormat

/// Throughput on the Live screen: what looks at the files tell, and what an engine counts.
enum LiveRatesView {
    private static let question = "?"

    /// Appends and reads in a line each, with what they were lately in a third one; in one line
    /// where that is all the room.
    static func drawFigures(
        _ model: ConsoleModel, _ report: LiveReport, _ grid: inout Grid, _ rect: Rect
    ) {
        guard !rect.isEmpty else { return }
        let now = report.now
        let appended = [StyledText(" appended ", .muted), figure(entries(now?.appended))]
        let consumed = [StyledText(" consumed ", .muted), figure(entries(now?.consumed))]
        guard rect.height > 1 else {
            grid.put(appended + consumed, x: rect.x, y: rect.y, width: rect.width)
            return
        }
        let rows = [
            (appended + [StyledText("  ")] + sizes(now), source(report)),
            (consumed, "cursors on disk"),
        ]
        for (line, (pieces, source)) in rows.enumerated() {
            let row = rect.row(line)
            grid.put(pieces, x: row.x, y: row.y, width: row.width)
            let note = DisplayWidth.columns(of: source) + 1
            if row.width > pieces.columns + note {
                grid.put(source, x: row.maxX - note, y: row.y, style: .muted)
            }
        }
        guard rect.height > 2 else { return }
        let samples = report.history.samples
        let end = model.isPast ? "then" : "now"
        let halves = rect.row(2).columns([.share(), .share()])
        drawCourse("appended", samples.map(\.appended), samples, end, .accent, &grid, halves[0])
        drawCourse("consumed", samples.map(\.consumed), samples, end, .good, &grid, halves[1])
    }

    /// " appended -34s ▁▂▃ now"
    private static func drawCourse(
        _ name: String, _ values: [Double], _ samples: [LiveHistory.Sample], _ end: String,
        _ role: Role, _ grid: inout Grid, _ rect: Rect
    ) {
        var x = rect.x + grid.put(" \(name) ", x: rect.x, y: rect.y, style: .muted)
        // "now" and "then" alike, with a span before them.
        let room = min(rect.maxX - x - 10, values.count)
        guard room > 0 else { return }
        let start = "-" + span(samples.suffix(room)) + " "
        x += grid.put(start, x: x, y: rect.y, style: .muted)
        Sparkline(values.suffix(room).map { $0 }, style: Style(role)).draw(
            into: &grid, in: Rect(x: x, y: rect.y, width: room, height: 1))
        grid.put(end, x: x + room + 1, y: rect.y, style: .muted)
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
            "Appended", entries(now?.appended), source(report), sizes(now),
            samples.map(\.appended), samples, end, zone: zone, &grid, parts[0])
        drawGraph(
            "Consumed", entries(now?.consumed), "from cursors on disk",
            [StyledText("entries that cursors moved on by", .muted)], samples.map(\.consumed),
            samples, end, zone: zone, &grid, parts[1])
    }

    private static func drawGraph(
        _ title: String, _ figures: String, _ source: String, _ note: [StyledText],
        _ values: [Double], _ samples: [LiveHistory.Sample], _ end: String, zone: Int,
        _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(
            rect, title: [StyledText(title + "  ", .title), StyledText(figures, .text, .bold)],
            trailing: [StyledText(source, .muted)])
        let (first, rest) = inside.splitTop(1)
        guard !samples.isEmpty else {
            grid.put(
                "it takes two looks to know", x: inside.x + 1, y: inside.y,
                width: inside.width - 1, align: .leading, style: .muted)
            return
        }
        grid.put(note, x: first.x + 1, y: first.y, width: first.width - 1)
        let room = BrailleGraph.capacity(columns: rect.width, glyphs: grid.glyphs)
        let shown = values.suffix(room)
        let peak = shown.max() ?? 0
        guard peak > 0 else {
            // Not for how long: a console at rest would draw for nothing else.
            let first = samples.first.map { $0.time - UInt64($0.seconds * 1e9) } ?? 0
            grid.put(
                "nothing since \(Figures.time(first, offset: zone))", x: rest.x + 1,
                y: rest.y, width: rest.width - 1, align: .leading, style: .muted)
            return
        }
        BrailleGraph(
            shown.map { Optional($0) }, maximum: peak, topLabel: Figures.count(peak) + "/s",
            middleLabel: Figures.count(peak / 2) + "/s",
            times: TimeAxis.marks(samples.suffix(room).map(\.seconds), end: end)
        ).draw(into: &grid, in: rest.inset(horizontal: 1))
    }

    /// Bytes a second, of payloads alone and as they are stored.
    private static func sizes(_ now: LiveHistory.Sample?) -> [StyledText] {
        [
            StyledText("payload ", .muted), figure(now.map { bytes($0.payload) } ?? question),
            StyledText("  with headers ", .muted),
            figure(now.map { bytes($0.stored) } ?? question),
        ]
    }

    /// What the engine itself counts: it may read without moving a cursor.
    static func drawEngine(
        _ metrics: LiveMetrics, _ report: LiveReport, _ grid: inout Grid, _ rect: Rect
    ) {
        let name = [StyledText(" engine \(metrics.image.processID) ", .muted)]
        var pieces = name + [StyledText(" its rates come with its next figures", .muted)]
        if let rates = report.history.engine {
            func figures(_ payload: String, _ rate: (Double) -> String) -> [StyledText] {
                [
                    StyledText(" in ", .muted), figure(rate(rates.appended)), StyledText(", "),
                    figure(bytes(rates.bytes)), StyledText(payload + "  out ", .muted),
                    figure(rate(rates.read)), StyledText(", "), figure(bytes(rates.readBytes)),
                    StyledText(payload + "  syncs ", .muted), figure(self.rate(rates.syncs)),
                ]
            }
            // What it counts in bytes are payloads.
            let forms = [
                name + figures(" of payload", entries), name + figures(" payload", rate),
                [StyledText(" engine", .muted)] + figures(" payload", rate),
            ]
            pieces = forms.first { $0.columns <= rect.width } ?? forms[2]
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
        guard let now = report.now else { return "files: two looks needed" }
        let seconds = (now.seconds * 10).rounded() / 10
        return "files, last \(seconds)s"
    }

    /// How long the samples reach back.
    private static func span(_ samples: ArraySlice<LiveHistory.Sample>) -> String {
        Figures.duration(samples.reduce(0) { $0 + $1.seconds })
    }

    private static func figure(_ text: String) -> StyledText {
        StyledText(text, .text, .bold)
    }

    private static func entries(_ value: Double?) -> String {
        value.map { Figures.count($0) + " entries/s" } ?? question
    }

    private static func rate(_ value: Double?) -> String {
        value.map { Figures.count($0) + "/s" } ?? question
    }

    private static func bytes(_ value: Double) -> String {
        Figures.bytes(Int(min(value, 1e15))) + "B/s"
    }
}
