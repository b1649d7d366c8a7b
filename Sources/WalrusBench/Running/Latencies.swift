internal import Histogram

/// How long calls took, in nanoseconds.
public struct LatencyFigures: Hashable, Sendable {
    /// Calls that were timed.
    public var count = 0
    public var p50 = 0
    public var p90 = 0
    public var p99 = 0
    public var p999 = 0
    public var max = 0

    public init() {}
}

/// A histogram of latencies: to one per cent, up to an hour, in 30 KB.
struct Latencies: Sendable {
    private static let longest: UInt64 = 3_600_000_000_000
    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: 64, highestTrackableValue: longest,
        numberOfSignificantValueDigits: .two)

    mutating func record(_ nanoseconds: UInt64) {
        histogram.record(min(nanoseconds, Self.longest))
    }

    mutating func add(_ other: Latencies) {
        if other.histogram.totalCount > 0 { histogram.add(other.histogram) }
    }

    mutating func reset() { if histogram.totalCount > 0 { histogram.reset() } }

    var figures: LatencyFigures {
        var figures = LatencyFigures()
        guard histogram.totalCount > 0 else { return figures }
        let most = histogram.maxRecorded
        // The end of a histogram's cell may lie behind the greatest value in it.
        func percentile(_ percent: Double) -> Int {
            Int(clamping: min(histogram.valueAtPercentile(percent), most))
        }
        figures.count = Int(clamping: histogram.totalCount)
        figures.p50 = percentile(50)
        figures.p90 = percentile(90)
        figures.p99 = percentile(99)
        figures.p999 = percentile(99.9)
        figures.max = Int(clamping: most)
        return figures
    }
}
