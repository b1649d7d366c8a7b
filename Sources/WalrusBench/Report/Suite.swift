internal import WalrusEngine

/// The workloads of the table in docs/performance.md, each with its name.
public enum Suite {
    public struct Row: Sendable {
        public let label: String
        public let workload: Workload
    }

    public static let rows: [Row] = [
        row("append, no fsync, 100 B", .append) { $0.sizes = 100...100 },
        row("append, no fsync", .append) { _ in },
        row("append, no fsync, 2 threads, 2 topics", .append) { $0.threads = 2 },
        row("append, maps, no fsync", .append) { $0.backend = .memoryMap },
        row("append, fsync each", .append) { $0.schedule = .each },
        row("append, fsync each, 8 threads, 1 topic", .append) {
            $0.schedule = .each
            $0.threads = 8
            $0.topics = 1
        },
        row("append, fsync each, 8 threads, 8 topics", .append) {
            $0.schedule = .each
            $0.threads = 8
        },
        row("batch of 1,000, no fsync", .batch) { _ in },
        row("batch of 1,000, 200 ms", .batch) { $0.schedule = .milliseconds(200) },
        row("read, strict", .read) { _ in },
        row("read, at least once (1,000)", .read) {
            $0.consistency = .atLeastOnce(persistEvery: 1_000)
        },
        row("read-batch of 1 MiB, strict", .readBatch) { _ in },
        row("read-batch of 1 MiB, at least once (100,000)", .readBatch) {
            $0.consistency = .atLeastOnce(persistEvery: 100_000)
        },
        row("recovery of 300 MB after a crash", .recover) { _ in },
        row("open of 300 MB after a clean close", .open) { _ in },
    ]

    private static func row(
        _ label: String, _ mode: BenchMode, _ change: (inout Workload) -> Void
    ) -> Row {
        var workload = Workload(mode)
        workload.schedule = .never
        workload.comparesFloor = true
        change(&workload)
        return Row(label: label, workload: workload)
    }
}
