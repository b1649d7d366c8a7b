/// Results as a table, for people: columns of text, or Markdown.
public enum ResultTable {
    /// - Parameter labels: what each result is called; without, its settings.
    public static func text(_ results: [BenchResult], labels: [String] = []) -> String {
        columns([titles] + rows(results, labels))
    }

    /// Rows of cells under one another; the first row has the titles.
    static func columns(_ rows: [[String]]) -> String {
        let titles = rows.first ?? []
        let widths = titles.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                // Words stand at the left, numbers at the right.
                line += (column == 0 ? cell + space : space + cell) + "  "
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line + "\n"
        }.joined()
    }

    public static func markdown(_ results: [BenchResult], labels: [String] = []) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        let rule = titles.indices.map { $0 == 0 ? "---" : "---:" }
        return line(titles) + line(rule)
            + rows(results, labels).map { line($0.map(escaped)) }.joined()
    }

    /// Two decimals, as "0.87".
    public static func ratio(_ value: Double) -> String { Decimals.text(value, 2) }

    /// What was run, in words.
    public static func label(_ result: BenchResult) -> String {
        var parts = result.engine == "walrus" ? [result.mode] : [result.engine, result.mode]
        parts.append("\(result.size) B")
        switch result.mode {
        case "append": parts += [result.fsync, result.backend]
        case "batch": parts += ["of \(result.batch)", result.fsync, result.backend]
        case "read", "read-batch": parts += [result.consistency, result.backend]
        default: parts.append(result.backend)
        }
        if result.threads > 1 || result.topics > 1 {
            parts.append("\(result.threads) threads, \(result.topics) topics")
        }
        return parts.joined(separator: " ")
    }

    private static let titles = [
        "workload", "entries/s", "MB/s", "p50", "p99", "p99.9", "max", "memory", "floor/s",
        "ratio", "min-max",
    ]

    private static func rows(_ results: [BenchResult], _ labels: [String]) -> [[String]] {
        results.enumerated().map { index, result in
            let latency = result.latency
            let floor = result.floor
            return [
                index < labels.count ? labels[index] : label(result),
                grouped(result.entriesPerSecond),
                Decimals.text(Double(result.bytesPerSecond) / 1e6, 1),
                duration(latency.p50), duration(latency.p99), duration(latency.p999),
                duration(latency.max), Decimals.text(Double(result.peakMemory) / 1e6, 0) + " MB",
                floor.map { grouped($0.entriesPerSecond) } ?? "-",
                floor.map { ratio($0.ratio) } ?? "-",
                floor.map { "\(ratio($0.ratioMin))-\(ratio($0.ratioMax))" } ?? "-",
            ]
        }
    }

    /// Three digits and a unit: "812 ns", "12.3 us".
    static func duration(_ nanoseconds: Int) -> String {
        var value = Double(nanoseconds)
        var units = ["ns", "us", "ms", "s"][...]
        while value >= 999.5, units.count > 1 {
            value /= 1_000
            units.removeFirst()
        }
        let places = units.first == "ns" || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
        return Decimals.text(value, places) + " " + (units.first ?? "s")
    }

    static func grouped(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    private static func escaped(_ cell: String) -> String {
        String(cell.flatMap { $0 == "|" ? "\\|" : "\($0)" })
    }
}
