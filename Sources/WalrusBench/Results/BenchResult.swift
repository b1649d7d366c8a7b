/// What a benchmark came to, with everything that one needs to do it again.
///
/// A value without ties to the engine: results of other runs, and of other programs that print the
/// same form, are read into it too (`ResultFile`).
public struct BenchResult: Hashable, Sendable {
    /// "walrus", or the program that was measured in its place.
    public var engine = "walrus"
    /// A `BenchMode`, as text.
    public var mode = ""
    /// Nanoseconds since 1970 UTC.
    public var started = 0
    /// Somebody ended it early: the figures are those until then.
    public var wasInterrupted = false

    // The settings, as the options of `walrus bench` have them.
    public var sizes: ClosedRange<Int> = 0...0
    public var threads = 1
    public var topics = 1
    public var fsync = ""
    public var backend = ""
    public var batch = 1
    public var consistency = ""

    /// Entries written before anything was measured, in all topics; for those that write, in one slice.
    public var prepared = 0
    /// Entries appended, read or found while the clock ran.
    public var entries = 0
    /// Payload bytes of these.
    public var bytes = 0
    public var calls = 0
    /// Nanoseconds that the clock ran.
    public var elapsed = 0
    /// With a floor, the median of the rounds; else of all the time.
    public var entriesPerSecond = 0
    public var bytesPerSecond = 0
    /// Threads that ended with an error.
    public var errors = 0
    /// The first of these.
    public var failure: String?
    /// Batches that waited for another one of their topic.
    public var conflicts = 0
    /// The most memory of the process while the engine ran, in bytes.
    public var peakMemory = 0
    /// Of calls, in nanoseconds.
    public var latency = LatencyFigures()
    public var floor: Comparison?
    /// What each tenth of a second or more of the run came to, in entries a second; the newest ones.
    public var history: [Int] = []

    public init() {}

    public var size: String {
        sizes.lowerBound == sizes.upperBound
            ? "\(sizes.lowerBound)" : "\(sizes.lowerBound)-\(sizes.upperBound)"
    }
}

/// The engine beside its floor: slices in turns, and what each turn came to.
public struct Comparison: Hashable, Sendable {
    /// The floor's entries a second: the median of the rounds.
    public var entriesPerSecond = 0
    /// Engine by floor, of two slices next to each other: the median of the rounds, and the ends.
    public var ratio = 0.0
    public var ratioMin = 0.0
    public var ratioMax = 0.0
    public var rounds = 0

    public init() {}

    /// Entries a second of the engine and of the floor, turn by turn.
    init?(_ turns: [(engine: Double, floor: Double)]) {
        let ratios = turns.filter { $0.floor > 0 }.map { $0.engine / $0.floor }
        guard let median = Series.median(ratios), let least = ratios.min(), let most = ratios.max(),
            let floor = Series.median(turns.map(\.floor))
        else { return nil }
        entriesPerSecond = Int(floor.rounded())
        ratio = median
        ratioMin = least
        ratioMax = most
        rounds = ratios.count
    }
}

/// Rows of numbers.
enum Series {
    /// Nil of nothing; the mean of the middle two of an even number.
    static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2)
            ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// At most `count` values: neighbours are put together, each by their mean.
    static func thinned(_ values: [Double], to count: Int) -> [Double] {
        guard values.count > count, count > 0 else { return values }
        return (0..<count).map { index in
            let range = index * values.count / count..<(index + 1) * values.count / count
            return values[range].reduce(0, +) / Double(range.count)
        }
    }
}
