/// Charts of results, as SVG: the same bytes for the same results, readable on a light page and on
/// a dark one.
public enum Charts {
    public struct Chart: Hashable, Sendable {
        /// A file's name without its end.
        public let name: String
        public let svg: String
    }

    /// Those that `results` have something for: rates, ratios to the floor, latencies, and the rate
    /// over the time of each run.
    public static func of(_ results: [BenchResult]) -> [Chart] {
        let results = Array(results.suffix(rowsMax))
        var charts: [Chart] = []
        func add(_ name: String, _ title: String, _ bars: [Bar]) {
            guard !bars.isEmpty else { return }
            charts.append(Chart(name: name, svg: barChart(title, bars)))
        }
        add(
            "rates", "Entries per second",
            results.map { result in
                Bar(
                    label: ResultTable.label(result), value: Double(result.entriesPerSecond),
                    text: ResultTable.grouped(result.entriesPerSecond),
                    mark: result.floor.map { Double($0.entriesPerSecond) })
            })
        add(
            "ratios", "Engine / floor (the line is 1)",
            results.compactMap { result in
                result.floor.map { floor in
                    Bar(
                        label: ResultTable.label(result), value: floor.ratio,
                        text: ResultTable.ratio(floor.ratio), mark: 1)
                }
            })
        add(
            "latencies", "Latency: p99 (the line is the median)",
            results.filter { $0.latency.count > 0 }.map { result in
                Bar(
                    label: ResultTable.label(result), value: Double(result.latency.p99),
                    text: ResultTable.duration(result.latency.p99),
                    mark: Double(result.latency.p50))
            })
        let runs = results.filter { $0.history.count > 1 }
        if !runs.isEmpty { charts.append(Chart(name: "history", svg: lineCharts(runs))) }
        return charts
    }

    private static let rowsMax = 60

    // MARK: - Drawing

    struct Bar {
        let label: String
        let value: Double
        let text: String
        /// Where a line crosses the bar's row.
        let mark: Double?
    }

    private static let labelWidth = 400
    private static let plotWidth = 360
    private static let rowHeight = 24
    private static let top = 44

    private static func barChart(_ title: String, _ bars: [Bar]) -> String {
        let most = max(bars.map { max($0.value, $0.mark ?? 0) }.max() ?? 0, 1e-9)
        func x(_ value: Double) -> String {
            Decimals.text(Double(labelWidth) + value / most * Double(plotWidth), 1)
        }
        var body = ""
        for (index, bar) in bars.enumerated() {
            let y = top + index * rowHeight
            let width = Decimals.text(bar.value / most * Double(plotWidth), 1)
            body += "<text x=\"\(labelWidth - 8)\" y=\"\(y + 15)\" text-anchor=\"end\">"
            body += "\(escaped(bar.label))</text>\n"
            body += "<rect class=\"bar\" x=\"\(labelWidth)\" y=\"\(y + 3)\" width=\"\(width)\" "
            body += "height=\"\(rowHeight - 8)\"/>\n"
            if let mark = bar.mark {
                body += "<path class=\"mark\" d=\"M\(x(mark)) \(y)v\(rowHeight - 2)\"/>\n"
            }
            body += "<text x=\"\(labelWidth + plotWidth + 8)\" y=\"\(y + 15)\">"
            body += "\(escaped(bar.text))</text>\n"
        }
        return picture(title, height: top + bars.count * rowHeight + 12, body)
    }

    private static func lineCharts(_ results: [BenchResult]) -> String {
        let height = 40
        var body = ""
        for (index, result) in results.enumerated() {
            let y = top + index * (height + 12)
            let most = Double(max(1, result.history.max() ?? 1))
            let step = Double(plotWidth) / Double(result.history.count - 1)
            let points = result.history.enumerated().map { place, rate in
                let x = Double(labelWidth) + Double(place) * step
                let level = Double(y + height) - Double(max(0, rate)) / most * Double(height)
                return Decimals.text(x, 1) + "," + Decimals.text(level, 1)
            }
            body += "<text x=\"\(labelWidth - 8)\" y=\"\(y + 24)\" text-anchor=\"end\">"
            body += "\(escaped(ResultTable.label(result)))</text>\n"
            body += "<path class=\"axis\" d=\"M\(labelWidth) \(y + height)h\(plotWidth)\"/>\n"
            body += "<polyline points=\"\(points.joined(separator: " "))\"/>\n"
            body += "<text x=\"\(labelWidth + plotWidth + 8)\" y=\"\(y + 12)\">"
            body += "\(ResultTable.grouped(Int(most)))</text>\n"
        }
        let total = top + results.count * (height + 12) + 12
        return picture("Entries per second over the run", height: total, body)
    }

    /// The colours follow the reader's; where nobody tells, they stand out from both white and black.
    private static func picture(_ title: String, height: Int, _ body: String) -> String {
        let width = labelWidth + plotWidth + 140
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
            viewBox="0 0 \(width) \(height)" role="img">
            <title>\(escaped(title))</title>
            <style>
            text{font:13px system-ui,sans-serif;fill:#1f2328}
            .title{font-weight:bold;font-size:16px}
            .back{fill:#ffffff}
            .bar{fill:#2f81c5}
            .mark{stroke:#d1491c;stroke-width:2}
            .axis{stroke:#8c959f}
            polyline{fill:none;stroke:#2f81c5;stroke-width:1.5}
            @media(prefers-color-scheme:dark){text{fill:#e6edf3}.back{fill:#0d1117}\
            .mark{stroke:#ff8b5e}.bar{fill:#58a6ff}polyline{stroke:#58a6ff}}
            </style>
            <rect class="back" width="\(width)" height="\(height)"/>
            <text class="title" x="12" y="26">\(escaped(title))</text>
            \(body)</svg>

            """
    }

    /// Results are files that anybody may have written.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{fffe}", "\u{ffff}": out += "?"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
