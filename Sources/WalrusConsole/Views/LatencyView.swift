internal import Inspect
internal import WalrusFormat

/// How long the appends and syncs of a running engine take, as it says itself.
enum LatencyView {
    /// Lines for the pane of appends, narrow but more than one.
    static func lines(_ metrics: LiveMetrics, ascii: Bool) -> [[StyledText]] {
        [
            line("append", metrics.image.append, ascii: ascii),
            line("sync  ", metrics.image.sync, ascii: ascii),
            [StyledText(source(metrics), .muted)],
        ]
    }

    /// All of it in one line of so many columns. Where there is no room for all, the pid goes first.
    static func line(_ metrics: LiveMetrics, width: Int, ascii: Bool) -> [StyledText] {
        let figures = [
            StyledText(" p50/p99/max ", .muted), StyledText("append "),
            StyledText(brief(metrics.image.append.recent, ascii: ascii), .accent),
            StyledText(" sync "),
            StyledText(brief(metrics.image.sync.recent, ascii: ascii), .accent),
        ]
        let age = Figures.duration(Double(metrics.age) / 1_000_000_000)
        let sources = ["  " + source(metrics), "  \(age) ago"]
        guard
            let source = sources.first(where: {
                figures.columns + DisplayWidth.columns(of: $0) <= width
            })
        else { return figures }
        return figures + [StyledText(source, .muted)]
    }

    private static func line(_ name: String, _ history: LatencyHistory, ascii: Bool)
        -> [StyledText]
    {
        let summary = history.recent
        guard summary.count > 0 else {
            return [StyledText(name), StyledText("  none lately", .muted)]
        }
        func figure(_ name: String, _ value: UInt64) -> [StyledText] {
            [
                StyledText("  \(name) ", .muted),
                StyledText(padded(Figures.latency(value, ascii: ascii)), .accent),
            ]
        }
        return [StyledText(name)] + figure("p50", summary.p50) + figure("p99", summary.p99)
            + figure("max", summary.max)
    }

    private static func padded(_ text: String) -> String {
        String(repeating: " ", count: max(0, 5 - text.count)) + text
    }

    private static func brief(_ summary: LatencySummary, ascii: Bool) -> String {
        guard summary.count > 0 else { return "-" }
        return [summary.p50, summary.p99, summary.max]
            .map { Figures.latency($0, ascii: ascii) }.joined(separator: "/")
    }

    private static func source(_ metrics: LiveMetrics) -> String {
        let age = Figures.duration(Double(metrics.age) / 1_000_000_000)
        return "from pid \(metrics.image.processID), \(age) ago"
    }

    /// Puts `pieces` one after another into a row, as far as there is room.
    static func draw(_ pieces: [StyledText], _ grid: inout Grid, _ rect: Rect) {
        var x = rect.x
        for piece in pieces where x < rect.maxX {
            x += grid.put(piece.text, x: x, y: rect.y, style: piece.style, width: rect.maxX - x)
        }
    }
}
