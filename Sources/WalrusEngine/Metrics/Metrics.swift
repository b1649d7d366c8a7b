public import WalrusFormat
public import WalrusIO

/// What an engine has done since it was opened, and how long it took.
///
/// Latencies are those of whole calls: an append with its sync where the schedule has one before it
/// returns, a read with its cursor's record. A batch is one call.
public struct Metrics: Hashable, Sendable {
    public let counters: MetricCounters
    /// Nanoseconds; "recent" is since the last write of `metrics_index.db`.
    public let append: LatencyHistory
    public let read: LatencyHistory
    /// Of data files. Several that are synced at once each took as long as all of them.
    public let sync: LatencyHistory
    /// Whether batches and syncs go through a ring of the kernel.
    public let ring: RingUse
    /// Whether other processes can have the engine act.
    public let control: ControlUse
}

extension Walrus {
    /// A snapshot: no count is ever in it twice, and those of calls that have returned are in it.
    public var metrics: Metrics { meter.metrics(control?.use ?? ControlUse()) }
}
