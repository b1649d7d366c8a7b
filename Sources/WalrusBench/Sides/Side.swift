internal import WalrusIO

/// One of the two that are compared. Used by the thread that runs the benchmark.
protocol Side: AnyObject {
    /// Makes what has to be there before anything is measured.
    func prepare(_ watch: Watch) throws
    /// Works for about `limit` nanoseconds, less where the disk's budget or the entries are used up.
    func slice(_ limit: UInt64, _ watch: Watch, fraction: (_ done: UInt64) -> Double) throws
        -> SliceOutcome
    /// Gives back what it holds.
    func finish() throws
}

struct SliceOutcome {
    var slice = Slice()
    /// Nanoseconds that are over, which is more than the clock of the figures ran.
    var spent: UInt64 = 0
    var latencies = Latencies()
    /// What threads failed with.
    var failures: [any Error] = []
}

/// Payloads to be appended: parts of one buffer, or a batch of them.
struct Payloads: Sendable {
    private let bytes: [UInt8]
    private let lengths: [Int]
    private let mask: Int

    init(_ workload: Workload) {
        lengths = workload.lengths
        mask = lengths.count - 1
        // Bytes without a pattern: nothing below may find them easy to store.
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        bytes = (0..<workload.sizes.upperBound).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
    }

    func length(_ index: Int) -> Int { lengths[index & mask] }

    /// Gives `body` the payload of that number.
    @inline(__always)
    func with<R, E: Error>(_ index: Int, _ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        let span = unsafe bytes.span.bytes
        return try body(span.extracting(0..<lengths[index & mask]))
    }

    func batch(_ count: Int) -> [[UInt8]] { (0..<count).map { Array(bytes[0..<length($0)]) } }
}
