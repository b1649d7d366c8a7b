internal import WalrusJSON

/// Runs of one workload beside one another.
public enum ResultComparison {
    /// A result and the one before it of the same workload.
    public struct Pair: Hashable, Sendable {
        public let label: String
        public let before: BenchResult
        public let after: BenchResult

        /// Entries a second, now by before; nil where there were none.
        public var change: Double? { ResultComparison.change(from: before, to: after) }

        public var json: String {
            JSON.object([
                ("schema", .int(1)), ("workload", .string(label)),
                ("before_started", .int(before.started)), ("after_started", .int(after.started)),
                ("before_entries_per_s", .int(before.entriesPerSecond)),
                ("after_entries_per_s", .int(after.entriesPerSecond)),
                ("change", .optional(change)),
                ("before_p99_ns", .int(before.latency.p99)),
                ("after_p99_ns", .int(after.latency.p99)),
                ("before_ratio", .optional(before.floor?.ratio)),
                ("after_ratio", .optional(after.floor?.ratio)),
            ]).text
        }
    }

    /// Whether both measured the same, as `ResultTable.label` has it, and the same beside a floor.
    public static func isSameWorkload(_ a: BenchResult, _ b: BenchResult) -> Bool {
        ResultTable.label(a) == ResultTable.label(b) && (a.floor == nil) == (b.floor == nil)
    }

    /// The index of the last result of the same workload before that one.
    public static func previous(to index: Int, in results: [BenchResult]) -> Int? {
        results[..<index].lastIndex { isSameWorkload($0, results[index]) }
    }

    public static func change(from before: BenchResult, to after: BenchResult) -> Double? {
        guard before.entriesPerSecond > 0 else { return nil }
        return Double(after.entriesPerSecond) / Double(before.entriesPerSecond)
    }

    /// The last two results of each workload that was measured twice, in the order of the last ones.
    public static func pairs(_ results: [BenchResult]) -> [Pair] {
        results.indices.compactMap { index in
            let isLast = !results[(index + 1)...].contains { isSameWorkload($0, results[index]) }
            guard isLast, let before = previous(to: index, in: results) else { return nil }
            return Pair(
                label: ResultTable.label(results[index]), before: results[before],
                after: results[index])
        }
    }

    /// The pairs as columns of text.
    public static func text(_ pairs: [Pair]) -> String {
        let titles = ["workload", "before", "after", "change", "p99 before", "p99 after", "ratio"]
        let rows = pairs.map { pair in
            [
                pair.label, ResultTable.grouped(pair.before.entriesPerSecond),
                ResultTable.grouped(pair.after.entriesPerSecond),
                pair.change.map { "x" + Decimals.text($0, 2) } ?? "-",
                ResultTable.duration(pair.before.latency.p99),
                ResultTable.duration(pair.after.latency.p99),
                [pair.before, pair.after].map {
                    $0.floor.map { ResultTable.ratio($0.ratio) } ?? "-"
                }
                .joined(separator: " -> "),
            ]
        }
        return ResultTable.columns([titles] + rows)
    }
}
