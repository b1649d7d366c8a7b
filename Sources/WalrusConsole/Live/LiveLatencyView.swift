internal import Inspect
internal import WalrusFormat

/// How long the calls of a running engine take: percentiles as figures, and as bars on one
/// logarithmic scale. The engine tells percentiles, and no counts between them.
enum LiveLatencyView {
    static func draw(_ metrics: LiveMetrics?, _ grid: inout Grid, _ rect: Rect) {
        guard let metrics else {
            let inside = grid.box(rect, title: "Latency").inset(horizontal: 1)
            let text = "not visible in files; no engine tells it now (metrics_index.db)"
            grid.putProse(text, in: inside, style: .muted)
            return
        }
        let ascii = grid.glyphs.isASCII
        let image = metrics.image
        let span = Figures.latency(image.interval, ascii: ascii)
        let title = rect.width >= 48 ? "Latency, last \(span)" : "Latency"
        let inside = grid.box(rect, title: title, trailing: source(metrics, title, rect, grid))
        let calls = [("append", image.append), ("read", image.read), ("sync", image.sync)]
        let hasTotals = inside.height >= 11
        var lines = calls.map { Line(name: $0.0, summary: $0.1.recent) }
        if hasTotals {
            lines.append(Line(name: "since it was opened", summary: nil))
            lines += calls.map { Line(name: $0.0, summary: $0.1.total) }
        }
        let scale = LatencyScale(lines.compactMap(\.summary))
        let table = Table(
            columns(hasTotals: hasTotals), rows: lines.map { cells($0, ascii: ascii) },
            showsHeader: inside.height >= 3)
        table.draw(into: &grid, in: inside)
        guard let scale, inside.height >= 3 else { return }
        if let bars = table.places(width: inside.width).first(where: { $0.column == 1 }) {
            let place = Rect(
                x: inside.x + bars.x, y: inside.y, width: bars.width, height: inside.height)
            scale.drawTicks(into: &grid, in: place.row(0))
            for (index, line) in lines.enumerated() where index + 1 < inside.height {
                scale.drawBar(line.summary, into: &grid, in: place.row(index + 1))
            }
            if lines.count + 1 < inside.height {
                drawLegend(&grid, place.row(lines.count + 1))
            }
        } else if inside.height >= lines.count + 5 {
            drawBelow(lines.prefix(3), scale, &grid, inside.splitTop(lines.count + 1).rest)
        }
    }

    /// A line of the table; without a summary it is a heading.
    private struct Line {
        let name: String
        let summary: LatencySummary?
    }

    /// The bars in lines of their own, where they have no room beside the figures.
    private static func drawBelow(
        _ lines: ArraySlice<Line>, _ scale: LatencyScale, _ grid: inout Grid, _ rect: Rect
    ) {
        let bars = rect.splitLeft(10).rest
        scale.drawTicks(into: &grid, in: bars.row(0))
        for (index, line) in lines.enumerated() {
            grid.put(line.name, x: rect.x + 2, y: rect.y + 1 + index)
            scale.drawBar(line.summary, into: &grid, in: bars.row(index + 1))
        }
        if rect.height > lines.count + 1 { drawLegend(&grid, bars.row(lines.count + 1)) }
    }

    private static func drawLegend(_ grid: inout Grid, _ row: Rect) {
        let pieces = LatencyScale.legend(grid.glyphs)
        guard pieces.columns <= row.width else { return }
        grid.put(pieces, x: row.x, y: row.y, width: row.width)
    }

    /// Where the figures come from, and what the bars mean if there is room.
    private static func source(
        _ metrics: LiveMetrics, _ title: String, _ rect: Rect, _ grid: Grid
    ) -> [StyledText] {
        let age = Figures.latency(metrics.age, ascii: grid.glyphs.isASCII)
        let engine = "engine \(metrics.image.processID)"
        let room = rect.width - 9 - DisplayWidth.columns(of: title)
        let short = [StyledText("\(engine), \(age) ago", .muted)]
        // A high pane has the legend below its bars.
        let legend =
            rect.height < 8
            ? [LatencyScale.legend(grid.glyphs) + [StyledText("  ")] + short] : []
        return
            (legend + [[StyledText("metrics_index.db of \(engine), \(age) ago", .muted)], short])
            .first { $0.columns <= room } ?? short
    }

    private static func columns(hasTotals: Bool) -> [TableColumn] {
        [
            TableColumn("", .fixed(hasTotals ? 19 : 6), priority: 9),
            TableColumn("", .flexible(minimum: 16), priority: 2),
            TableColumn("CALLS", .fixed(5), align: .trailing, priority: 8),
            TableColumn("P50", .fixed(5), align: .trailing, priority: 7),
            TableColumn("P90", .fixed(5), align: .trailing, priority: 3),
            TableColumn("P99", .fixed(5), align: .trailing, priority: 6),
            TableColumn("P99.9", .fixed(5), align: .trailing, priority: 4),
            TableColumn("MAX", .fixed(5), align: .trailing, priority: 5),
        ]
    }

    private static func cells(_ line: Line, ascii: Bool) -> [TableCell] {
        guard let summary = line.summary else { return [.text(line.name, .muted)] }
        guard summary.count > 0 else {
            return [.text(line.name), .empty, .text("none", .muted)]
        }
        func time(_ value: UInt64) -> TableCell {
            .text(Figures.latency(value, ascii: ascii), Style(.accent))
        }
        return [
            .text(line.name), .empty, .text(Figures.count(Double(summary.count)), .muted),
            time(summary.p50), time(summary.p90), time(summary.p99), time(summary.p999),
            time(summary.max),
        ]
    }
}

/// A logarithmic scale of times, in whole decades, that holds all percentiles of some calls.
struct LatencyScale {
    /// Decades of nanoseconds at both ends.
    private let first: Int
    private let last: Int

    /// Nil where there was no call.
    init?(_ summaries: [LatencySummary]) {
        let called = summaries.filter { $0.count > 0 }
        guard let least = called.map(\.p50).min(), let most = called.map(\.max).max() else {
            return nil
        }
        // A bar of the shortest times has some length too. By digits: a logarithm is not exact.
        let first = max(0, String(least).count - 2)
        self.first = first
        last = max(first + 1, String(max(1, most) - 1).count)
    }

    func fraction(_ nanoseconds: UInt64) -> Double {
        let decades = LogScale.log10(Double(max(1, nanoseconds))) - Double(first)
        return max(0, min(1, decades / Double(last - first)))
    }

    /// As far as each percentile reaches, the shade of its part of the calls: half of them are
    /// below the end of the full one. The slowest call is a mark of its own.
    func drawBar(_ summary: LatencySummary?, into grid: inout Grid, in row: Rect) {
        guard let summary, summary.count > 0 else { return }
        func end(_ time: UInt64) -> Int { max(1, Int(fraction(time) * Double(row.width) + 0.5)) }
        let ends = [summary.p50, summary.p90, summary.p99, summary.p999].map(end)
        let glyphs = Self.shades(grid.glyphs)
        for column in 0..<row.width {
            guard let part = ends.firstIndex(where: { column < $0 }) else { break }
            grid.put(glyphs[part], x: row.x + column, y: row.y, style: Style(.accent))
        }
        let slowest = end(summary.max) - 1
        if slowest >= ends[3], slowest < row.width {
            grid.put(glyphs[4], x: row.x + slowest, y: row.y, style: Style(.accent))
        }
    }

    func drawTicks(into grid: inout Grid, in row: Rect) {
        var free = row.x
        for decade in first...last {
            var value: UInt64 = 1
            for _ in 0..<decade { value = value.multipliedReportingOverflow(by: 10).partialValue }
            let label = Figures.latency(value, ascii: grid.glyphs.isASCII).replacing(".0", with: "")
            let columns = DisplayWidth.columns(of: label)
            // The label ends where the time is, as on the scale of unread entries.
            let x = row.x + Int(fraction(value) * Double(row.width) + 0.5) - columns
            guard x >= free, x + columns <= row.maxX else { continue }
            grid.put(label, x: x, y: row.y, style: Style(.heading))
            free = x + columns + 1
        }
    }

    static func legend(_ glyphs: GlyphSet) -> [StyledText] {
        zip(shades(glyphs), ["p50", "p90", "p99", "p99.9", "max"]).enumerated().flatMap {
            [
                StyledText(($0.offset > 0 ? " " : "") + $0.element.0, .accent),
                StyledText($0.element.1, .muted),
            ]
        }
    }

    /// From the half of all calls to the slowest one.
    private static func shades(_ glyphs: GlyphSet) -> [String] {
        glyphs.shades.reversed() + [glyphs.times]
    }
}
