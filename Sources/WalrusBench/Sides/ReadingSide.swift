internal import SystemPackage
internal import WalrusEngine
internal import WalrusFormat
internal import WalrusIO

/// The engine, reading what was written before; again from the start once all is read.
final class ReadingSide: Side {
    private let workload: Workload
    private let scratch: Scratch
    private let timingMask: Int
    private var engine: Walrus?

    static let batchBytes = 1 << 20

    init(_ workload: Workload, _ scratch: Scratch, timingMask: Int) {
        self.workload = workload
        self.scratch = scratch
        self.timingMask = timingMask
    }

    func prepare(_ watch: Watch) throws {
        try LogFiller(workload).fill(scratch.path, watch)?.close()
        engine = try Walrus(workload.configuration(scratch.path))
    }

    func slice(_ limit: UInt64, _ watch: Watch, fraction: (UInt64) -> Double) throws -> SliceOutcome
    {
        var total = SliceOutcome()
        guard let engine else { return total }
        let workers = Workers(workload, timingMask: timingMask)
        let isBatch = workload.mode == .readBatch
        // Where all is read before the time is up, the cursors go back while no clock runs.
        while total.spent < limit, total.failures.isEmpty, !watch.wasCancelled {
            for topic in workload.topicNames { try engine.seek(topic, to: .begin) }
            let done = total.spent
            let outcome = workers.run(
                limit - done, watch, fraction: { fraction(done + $0) },
                { hand, topics in
                    if isBatch {
                        try Self.readBatches(hand, topics, engine)
                    } else {
                        try Self.read(hand, topics, engine)
                    }
                })
            total.slice = total.slice + outcome.slice
            total.spent += outcome.spent
            total.latencies.add(outcome.latencies)
            total.failures += outcome.failures
            if outcome.slice.entries == 0 { break }
        }
        return total
    }

    func finish() throws {
        try engine?.close()
        engine = nil
    }

    private static func read(_ hand: Hand, _ topics: [TopicName], _ engine: Walrus)
        throws(EngineError)
    {
        var rest = topics[...]
        var next = rest.startIndex
        try hand.work { () throws(EngineError) in
            while !rest.isEmpty {
                if next >= rest.endIndex { next = rest.startIndex }
                if let entry = try engine.readNext(rest[next], checkpoint: true) {
                    next += 1
                    return Hand.Work(entries: 1, bytes: entry.payloadLength)
                }
                rest.remove(at: next)
            }
            return nil
        }
    }

    private static func readBatches(_ hand: Hand, _ topics: [TopicName], _ engine: Walrus)
        throws(EngineError)
    {
        var rest = topics[...]
        var next = rest.startIndex
        try hand.work { () throws(EngineError) in
            while !rest.isEmpty {
                if next >= rest.endIndex { next = rest.startIndex }
                let entries = try engine.readBatch(
                    rest[next], maxBytes: batchBytes, checkpoint: true)
                if !entries.isEmpty {
                    next += 1
                    return Hand.Work(
                        entries: entries.count,
                        bytes: entries.reduce(0) { $0 + $1.payloadLength })
                }
                rest.remove(at: next)
            }
            return nil
        }
    }
}

/// Writes the entries that a benchmark finds.
struct LogFiller {
    private let workload: Workload

    init(_ workload: Workload) { self.workload = workload }

    /// Appends the entries of every topic. The engine, still open; nil when the watch said to end.
    func fill(_ path: FilePath, _ watch: Watch) throws -> Walrus? {
        var configuration = workload.configuration(path)
        configuration.fsyncSchedule = .never
        configuration.writesMetrics = false
        let engine = try Walrus(configuration)
        let payloads = Payloads(workload)
        let perBatch = max(1, min(1_000, (4 << 20) / workload.storedSize))
        let batch = payloads.batch(perBatch)
        let names = workload.topicNames
        let count = workload.preparedPerTopic
        // In turn, as several writers at once would leave them, and entry by entry: that makes a
        // difference to how fast the page cache is read, and the floor's file grows so too.
        for start in stride(from: 0, to: count, by: perBatch) {
            for topic in names {
                for payload in batch.prefix(count - start) { try engine.append(payload, to: topic) }
            }
            guard watch.tick(fraction: Double(start) / Double(count)) else {
                try engine.close()
                return nil
            }
        }
        return engine
    }
}
