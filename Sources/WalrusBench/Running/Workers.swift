internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// The threads of a slice, each with its topics.
struct Workers {
    private let workload: Workload
    private let timingMask: Int

    init(_ workload: Workload, timingMask: Int) {
        self.workload = workload
        self.timingMask = timingMask
    }

    /// The topics of thread `index`: every so many-th, or one that it shares.
    func topics(of index: Int) -> [TopicName] {
        let names = workload.topicNames
        guard names.count > workload.threads else { return [names[index % names.count]] }
        return stride(from: index, to: names.count, by: workload.threads).map { names[$0] }
    }

    func run(
        _ limit: UInt64, _ watch: Watch, fraction: (UInt64) -> Double,
        _ body: @escaping @Sendable (Hand, [TopicName]) throws -> Void
    ) -> SliceOutcome {
        let signals = Signals()
        let hands = (0..<workload.threads).map { _ in Hand(signals, timingMask: timingMask) }
        let topics = hands.indices.map { self.topics(of: $0) }
        let start = Clock.monotonic()
        var outcome = SliceOutcome()
        outcome.failures = Crew.run(
            hands.count, for: limit, stop: signals.stop,
            tick: {
                signals.interval.add(1, ordering: .relaxed)
                var recent = Latencies()
                var (entries, bytes) = (0, 0)
                for hand in hands {
                    hand.collect(into: &recent)
                    let soFar = hand.soFar
                    entries += soFar.entries
                    bytes += soFar.bytes
                }
                outcome.latencies.add(recent)
                let done = fraction(min(limit, Clock.monotonic() - start))
                return watch.tick(entries: entries, bytes: bytes, fraction: done, recent)
            },
            { index in
                // Who is done first ends the slice for all: what is measured is all of them.
                defer { signals.stop() }
                try body(hands[index], topics[index])
            })
        outcome.spent = Clock.monotonic() - start
        let results = hands.map(\.result)
        var rest = Latencies()
        for hand in hands { hand.collect(into: &rest) }
        outcome.latencies.add(rest)
        for result in results {
            outcome.slice.entries += result.slice.entries
            outcome.slice.bytes += result.slice.bytes
            outcome.slice.calls += result.slice.calls
            outcome.slice.conflicts += result.slice.conflicts
        }
        let began = results.map(\.began).filter { $0 > 0 }.min() ?? 0
        outcome.slice.nanoseconds = (results.map(\.ended).max() ?? 0) - began
        watch.failed(outcome.failures.count)
        watch.end(outcome.slice, rest, fraction: fraction(min(limit, outcome.slice.nanoseconds)))
        return outcome
    }
}
