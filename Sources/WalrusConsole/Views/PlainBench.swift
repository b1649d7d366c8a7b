/// The Bench screen in labelled lines.
extension PlainText {
    static func bench(_ bench: BenchModel) -> [String] {
        var lines = ["Results: \(Figures.grouped(bench.rows.count)), the newest first."]
        if let problem = bench.problem { lines.append("Problem: \(visible(problem))") }
        if let baseline = bench.baseline {
            lines.append("Compared with: \(visible(bench.rows[baseline].label)).")
        }
        lines.append("To measure: walrus bench, in a shell; its results are then listed here.")
        return lines
    }

    static func benchList(_ bench: BenchModel, zone: Int) -> List {
        List(name: "Result", count: bench.rows.count, selected: bench.position.selected) {
            result(bench.rows.count - 1 - $0, bench, zone: zone)
        }
    }

    /// "append 1024 B 200ms fd, at 11:59:03: 671,002 entries/s, 655MB/s of payload, ..."
    private static func result(_ index: Int, _ bench: BenchModel, zone: Int) -> String {
        let row = bench.rows[index]
        var parts = [
            "\(Figures.grouped(row.entriesPerSecond)) entries/s",
            "\(Figures.bytes(row.bytesPerSecond))B/s of payload",
        ]
        for (name, value) in [
            ("p50", row.p50), ("p99", row.p99), ("p99.9", row.p999), ("max", row.max),
        ] where value > 0 {
            parts.append("\(name) \(Figures.latency(UInt64(value), ascii: true))")
        }
        if let ratio = row.ratio {
            let floor = row.floor.map { " of \(Figures.grouped($0)) entries/s" } ?? ""
            parts.append("\(Figures.hundredths(ratio)) times the floor\(floor)")
        }
        let isBaseline = bench.baseline == index
        let baseline = bench.baseline.map { bench.rows[$0] }
        if !isBaseline, let change = BenchView.change(of: row, beside: baseline) {
            let other = baseline == nil ? "the run before of this workload" : "the compared run"
            parts.append("\(Figures.hundredths(change)) times \(other)")
        }
        if isBaseline { parts.append("others are compared with it") }
        if row.errors > 0 { parts.append(plural(row.errors, "error")) }
        if row.wasInterrupted { parts.append("stopped before its end") }
        return "\(visible(row.label)), at \(Figures.time(row.started, offset: zone)): "
            + parts.joined(separator: ", ") + "."
    }
}
