internal import Histogram
internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// Counts and times what an engine does.
///
/// A call ends with one record: two looks at the clock, and a lock that other threads rarely want,
/// since threads are spread over several shards. Every call is timed, because the slowest one is
/// what people look for and a sample would miss it; this costs about a tenth of a microsecond.
/// Shards hold what happened recently; a collection moves it to the totals, and a snapshot adds
/// both up without moving anything.
final class MetricsRecorder: Sendable {
    enum Work: Int, CaseIterable { case append, read, sync }

    private let shards: [Shard]
    private let collected = Mutex(Collected())

    init() {
        // More than processors, so that few threads share one; a power of two, so that a mask will do.
        var count = 4
        while count < min(2 * Thread.processorCount, 64) { count *= 2 }
        shards = (0..<count).map { _ in Shard() }
    }

    // MARK: - Recording

    func appended(bytes: Int, since start: UInt64) {
        record(.append, since: start) {
            $0.appended += 1
            $0.appendedBytes += UInt64(bytes)
        }
    }

    func appendedBatch(entries: Int, bytes: Int, since start: UInt64) {
        record(.append, since: start) {
            $0.appended += UInt64(entries)
            $0.appendedBytes += UInt64(bytes)
            $0.appendedBatches += 1
            $0.batchEntriesAppended += UInt64(entries)
            $0.largestBatchAppended = max($0.largestBatchAppended, UInt64(entries))
        }
    }

    func appendFailed() {
        shard.state.withLock { $0.counters.failedAppends += 1 }
    }

    func read(bytes: Int, since start: UInt64) {
        record(.read, since: start) {
            $0.read += 1
            $0.readBytes += UInt64(bytes)
        }
    }

    func readBatch(entries: Int, bytes: Int, since start: UInt64) {
        record(.read, since: start) {
            $0.read += UInt64(entries)
            $0.readBytes += UInt64(bytes)
            $0.readBatches += 1
            $0.batchEntriesRead += UInt64(entries)
            $0.largestBatchRead = max($0.largestBatchRead, UInt64(entries))
        }
    }

    func synced(failed: Bool, since start: UInt64) {
        record(.sync, since: start) {
            $0.syncs += 1
            if failed { $0.failedSyncs += 1 }
        }
    }

    private func record(
        _ work: Work, since start: UInt64, _ count: (inout MetricCounters) -> Void
    ) {
        let taken = Clock.monotonic() - start
        shard.state.withLock { state in
            count(&state.counters)
            state.latencies.record(work, taken)
        }
    }

    private var shard: Shard {
        // Threads' numbers are addresses, often some megabytes apart: the product mixes them.
        let mixed = UInt64(Thread.current) &* 0x9e37_79b9_7f4a_7c15
        return shards[Int(mixed >> 32) & (shards.count - 1)]
    }

    // MARK: - Looking

    /// Everything so far. `recent` is what came after the last collection.
    func snapshot() -> (counters: MetricCounters, latencies: [LatencyHistory]) {
        collected.withLock { collected in
            var recent = Latencies()
            var counters = MetricCounters()
            for shard in shards {
                shard.state.withLock { state in
                    counters.add(state.counters)
                    recent.add(state.latencies)
                }
            }
            return (counters, Self.histories(collected.total, recent))
        }
    }

    /// The same, and begins a new interval.
    func collect() -> (counters: MetricCounters, latencies: [LatencyHistory]) {
        collected.withLock { collected in
            var recent = Latencies()
            var counters = MetricCounters()
            for shard in shards {
                shard.state.withLock { state in
                    counters.add(state.counters)
                    recent.add(state.latencies)
                    state.latencies.reset()
                }
            }
            defer { collected.total.add(recent) }
            return (counters, Self.histories(collected.total, recent))
        }
    }

    private static func histories(_ before: Latencies, _ recent: Latencies) -> [LatencyHistory] {
        var total = before
        total.add(recent)
        return Work.allCases.map {
            LatencyHistory(total: total.summary($0), recent: recent.summary($0))
        }
    }

    // MARK: - State

    private struct Collected: Sendable {
        var total = Latencies()
    }

    private final class Shard: Sendable {
        struct State: Sendable {
            var counters = MetricCounters()
            var latencies = Latencies()
        }

        let state = Mutex(State())
    }
}

/// One histogram for each kind of work.
private struct Latencies: Sendable {
    private var append = LazyHistogram()
    private var read = LazyHistogram()
    private var sync = LazyHistogram()

    mutating func record(_ work: MetricsRecorder.Work, _ taken: UInt64) {
        switch work {
        case .append: append.record(taken)
        case .read: read.record(taken)
        case .sync: sync.record(taken)
        }
    }

    mutating func add(_ other: Latencies) {
        append.add(other.append)
        read.add(other.read)
        sync.add(other.sync)
    }

    mutating func reset() {
        append.reset()
        read.reset()
        sync.reset()
    }

    func summary(_ work: MetricsRecorder.Work) -> LatencySummary {
        switch work {
        case .append: append.summary
        case .read: read.summary
        case .sync: sync.summary
        }
    }
}

/// A histogram of nanoseconds that is made with its first value.
private struct LazyHistogram: Sendable {
    /// None or one: whether an array is empty is seen at once, an optional of this size is copied to
    /// compare it with nil, which costs more than the rest of a record.
    private var made: [Histogram<UInt64>] = []

    /// 64 ns to an hour, to one per cent: 30 KB.
    private static let longest: UInt64 = 3_600_000_000_000

    mutating func record(_ taken: UInt64) {
        make()
        made[0].record(min(taken, Self.longest))
    }

    private mutating func make() {
        guard made.isEmpty else { return }
        made.append(
            Histogram(
                lowestDiscernibleValue: 64, highestTrackableValue: Self.longest,
                numberOfSignificantValueDigits: .two))
    }

    mutating func add(_ other: LazyHistogram) {
        guard let other = other.made.first, other.totalCount > 0 else { return }
        make()
        made[0].add(other)
    }

    mutating func reset() {
        if !made.isEmpty { made[0].reset() }
    }

    var summary: LatencySummary {
        guard let histogram = made.first, histogram.totalCount > 0 else { return LatencySummary() }
        func percentile(_ percent: Double) -> UInt64 {
            // The end of a histogram's cell may lie behind the greatest value in it.
            min(histogram.valueAtPercentile(percent), histogram.maxRecorded)
        }
        return LatencySummary(
            count: histogram.totalCount, p50: percentile(50), p90: percentile(90),
            p99: percentile(99), p999: percentile(99.9), max: histogram.maxRecorded)
    }
}

extension MetricCounters {
    fileprivate mutating func add(_ other: MetricCounters) {
        appended += other.appended
        appendedBytes += other.appendedBytes
        failedAppends += other.failedAppends
        read += other.read
        readBytes += other.readBytes
        appendedBatches += other.appendedBatches
        batchEntriesAppended += other.batchEntriesAppended
        largestBatchAppended = max(largestBatchAppended, other.largestBatchAppended)
        readBatches += other.readBatches
        batchEntriesRead += other.batchEntriesRead
        largestBatchRead = max(largestBatchRead, other.largestBatchRead)
        syncs += other.syncs
        failedSyncs += other.failedSyncs
    }
}
