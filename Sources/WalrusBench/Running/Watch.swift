internal import WalrusIO

/// What a benchmark is at, for those who look on.
public struct BenchProgress: Sendable {
    public enum Phase: String, Hashable, Sendable { case preparing, floor, engine, cleaning }

    public var phase = Phase.preparing
    /// Turns that are done, of all.
    public var round = 0
    public var rounds = 1
    /// How much is done, from 0 to 1.
    public var fraction = 0.0
    /// Nanoseconds since the benchmark began.
    public var elapsed: UInt64 = 0
    /// Nanoseconds, entries, payload bytes and latencies since the report before. The floor's calls
    /// are not timed one by one.
    public var interval: UInt64 = 0
    public var intervalEntries = 0
    public var intervalBytes = 0
    public var latency = LatencyFigures()
    /// Of this phase, or of the engine in all its rounds.
    public var entries = 0
    public var bytes = 0
    public var errors = 0

    public init() {}

    public var entriesPerSecond: Double { Slice.perSecond(intervalEntries, interval) }
    public var bytesPerSecond: Double { Slice.perSecond(intervalBytes, interval) }
}

/// Makes reports of what the threads count, for one benchmark. Used by the thread that runs it.
final class Watch {
    private let handler: (BenchProgress) -> Bool
    private let isCancelled: () -> Bool
    private let began = Clock.monotonic()
    private var report = BenchProgress()
    private var last: UInt64
    /// Since the last report.
    private var latencies = Latencies()
    private var reported = (entries: 0, bytes: 0)
    /// Of slices that are over, for each phase.
    private var passed: [BenchProgress.Phase: Slice] = [:]
    private(set) var wasCancelled = false

    init(
        _ handler: @escaping (BenchProgress) -> Bool, isCancelled: @escaping () -> Bool
    ) {
        self.handler = handler
        self.isCancelled = isCancelled
        last = began
    }

    func begin(_ phase: BenchProgress.Phase, round: Int, of rounds: Int) {
        report.phase = phase
        report.round = round
        report.rounds = rounds
        let before = passed[phase] ?? Slice()
        reported = (before.entries, before.bytes)
        latencies.reset()
        last = Clock.monotonic()
    }

    func failed(_ count: Int) { report.errors += count }

    /// A slice is over. What it had after its last tick goes into the next report.
    func end(_ slice: Slice, _ rest: Latencies, fraction: Double) {
        passed[report.phase, default: Slice()] = (passed[report.phase] ?? Slice()) + slice
        _ = tick(fraction: fraction, rest)
    }

    /// Reports, where that is due. False: the work is to end.
    /// - Parameter entries: of this slice so far.
    func tick(
        entries: Int = 0, bytes: Int = 0, fraction: Double, _ recent: Latencies? = nil
    ) -> Bool {
        if let recent { latencies.add(recent) }
        if isCancelled() { wasCancelled = true }
        let now = Clock.monotonic()
        guard !wasCancelled, now - last >= Self.shortest else { return !wasCancelled }
        let before = passed[report.phase] ?? Slice()
        report.elapsed = now - began
        report.interval = now - last
        report.entries = before.entries + entries
        report.bytes = before.bytes + bytes
        report.intervalEntries = report.entries - reported.entries
        report.intervalBytes = report.bytes - reported.bytes
        report.latency = latencies.figures
        report.fraction = min(max(fraction, 0), 1)
        last = now
        reported = (report.entries, report.bytes)
        latencies.reset()
        if !handler(report) { wasCancelled = true }
        return !wasCancelled
    }

    private static let shortest: UInt64 = 50_000_000
}
