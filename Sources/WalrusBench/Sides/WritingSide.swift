internal import WalrusEngine
internal import WalrusFormat
internal import WalrusIO

/// The engine, appending: one slice after another, each on a fresh log.
final class WritingSide: Side {
    private let workload: Workload
    private let scratch: Scratch
    private let budget: Int
    private let timingMask: Int
    private let payloads: Payloads
    private let batch: [[UInt8]]

    init(_ workload: Workload, _ scratch: Scratch, budget: Int, timingMask: Int) {
        self.workload = workload
        self.scratch = scratch
        self.budget = budget
        self.timingMask = timingMask
        payloads = Payloads(workload)
        batch = workload.mode == .batch ? payloads.batch(workload.batch) : []
    }

    func prepare(_ watch: Watch) throws {}

    func slice(_ limit: UInt64, _ watch: Watch, fraction: (UInt64) -> Double) throws -> SliceOutcome
    {
        // Not after the slice: the last log may be wanted.
        try Scratch.empty(scratch.path)
        let engine = try Walrus(workload.configuration(scratch.path))
        // The first file and every topic are there before the clock runs, as on the floor.
        for topic in workload.topicNames {
            try payloads.with(0) { (payload) throws(EngineError) in
                _ = try engine.append(payload, to: topic)
            }
        }
        let workers = Workers(workload, timingMask: timingMask)
        let share = max(1, budget / workload.threads)
        let (payloads, batch, isBatch) = (payloads, batch, workload.mode == .batch)
        var outcome = workers.run(limit, watch, fraction: fraction) { hand, topics in
            if isBatch {
                try Self.appendBatches(hand, topics, engine, batch, share)
            } else {
                try Self.append(hand, topics, engine, payloads, share)
            }
        }
        do throws(EngineError) { try engine.close() } catch { outcome.failures.append(error) }
        return outcome
    }

    func finish() throws {}

    private static func append(
        _ hand: Hand, _ topics: [TopicName], _ engine: Walrus, _ payloads: Payloads, _ share: Int
    ) throws(EngineError) {
        var (number, next, left) = (0, 0, share)
        try hand.work { () throws(EngineError) in
            guard left > 0 else { return nil }
            let length = payloads.length(number)
            try payloads.with(number) { (payload) throws(EngineError) in
                _ = try engine.append(payload, to: topics[next])
            }
            number += 1
            next = next + 1 < topics.count ? next + 1 : 0
            left -= Layout.headerSize + length
            return Hand.Work(entries: 1, bytes: length)
        }
    }

    private static func appendBatches(
        _ hand: Hand, _ topics: [TopicName], _ engine: Walrus, _ batch: [[UInt8]], _ share: Int
    ) throws(EngineError) {
        let bytes = batch.reduce(0) { $0 + $1.count }
        let stored = bytes + batch.count * Layout.headerSize
        var (next, left) = (0, share)
        try hand.work { () throws(EngineError) in
            // One at least.
            guard left == share || left >= stored else { return nil }
            try engine.append(batch: batch, to: topics[next])
            next = next + 1 < topics.count ? next + 1 : 0
            left -= stored
            return Hand.Work(entries: batch.count, bytes: bytes)
        }
    }
}
