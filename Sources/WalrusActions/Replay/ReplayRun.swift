import Inspect
import SystemPackage
import WalrusFormat
import WalrusIO

/// One run of a replay, from where its record says to the end.
struct ReplayRun {
    /// Bytes of payload in a batch, unless a single entry has more.
    private static let batchBytesMax = 16 << 20
    private static let damagedMax = 20

    private let replay: Replay
    private let source: ReplaySource
    private let record: ReplayRecord
    private let goesOn: (Replay.Status) -> Bool
    private(set) var isStopped = false
    private(set) var damagedPlaces: [EntryPlace] = []
    private var pace: Pace

    init(
        _ replay: Replay, _ source: ReplaySource, _ record: ReplayRecord,
        _ goesOn: @escaping (Replay.Status) -> Bool
    ) {
        self.replay = replay
        self.source = source
        self.record = record
        self.goesOn = goesOn
        pace = Pace(replay.rate)
    }

    private var limit: Int { (replay.request.limit ?? .max) - record.delivered }

    private func tell() -> Bool {
        goesOn(.init(delivered: record.delivered, left: record.left))
    }

    private mutating func note(_ row: EntryRow) {
        if damagedPlaces.count < Self.damagedMax { damagedPlaces.append(row.place) }
    }

    // MARK: - Into a topic

    /// Entries that are to be appended together.
    private struct Batch {
        var payloads: [[UInt8]] = []
        var bytes = 0
        var sum = EntrySum()
    }

    mutating func append(to topic: TopicName, _ log: any OpenLog, _ target: ReplayTarget) throws {
        let entriesMax = pace.batchMax(Layout.batchEntriesMax)
        var batch = Batch()
        // As far as the source was read.
        var ahead = record.progress.position
        var damaged: [EntryRow] = []
        let end = try unsafe source.forEach(
            from: ahead, limit: limit,
            damaged: { if damaged.count < Self.damagedMax { damaged.append($0) } },
            goesOn: { _ in tell() },
            visit: { position, row, payload in
                if batch.payloads.count == entriesMax
                    || !batch.payloads.isEmpty && batch.bytes + row.length > Self.batchBytesMax
                {
                    ahead.move(to: position)
                    try append(batch, ahead, to: topic, log, target)
                    batch = Batch()
                    guard pace.wait(record.delivered, while: tell) else { return false }
                }
                batch.payloads.append(try unsafe source.payload(of: row, payload))
                batch.bytes += row.length
                batch.sum.add(length: row.length, checksum: row.checksum)
                ahead.delivered += 1
                ahead.bytes += row.length
                ahead.sum.add(length: row.length, checksum: row.checksum)
                return true
            })
        damagedPlaces = damaged.map(\.place)
        guard let end else {
            // What was read and not appended is read again.
            isStopped = true
            return try record.save(record.progress)
        }
        ahead.move(to: end)
        if !batch.payloads.isEmpty { try append(batch, ahead, to: topic, log, target) }
        var progress = record.progress
        progress.position = ahead
        try finish(progress)
    }

    private func append(
        _ batch: Batch, _ position: ReplayPosition, to topic: TopicName, _ log: any OpenLog,
        _ target: ReplayTarget
    ) throws {
        var progress = record.progress
        let tail = try target.tail()
        let pending = PendingBatch(
            after: tail.place, sequence: tail.sequence, isAlone: log is any ExclusiveLog,
            count: batch.payloads.count, sum: batch.sum, position: position)
        progress.pending = pending
        try record.save(progress)
        _ = try log.append(batch: batch.payloads, to: topic)
        switch try target.find(pending, continuing: progress.foundSum) {
        case .there(let sum): progress.settle(pending, found: sum)
        case .unknown: progress.settle(pending, found: nil)
        case .missing: throw ReplayError.notThere(count: pending.count, after: pending.after)
        }
        record.remember(progress)
    }

    /// Compares what was read from the source with what was found in the target.
    private func finish(_ progress: ReplayProgress) throws {
        var progress = progress
        guard progress.found + progress.unseen == progress.position.delivered,
            progress.unseen > 0 || progress.foundSum == progress.position.sum
        else {
            throw ReplayError.disagreement(
                source: progress.position.delivered, target: progress.found)
        }
        progress.finished = Clock.wall()
        try record.save(progress)
    }

    // MARK: - To a command

    mutating func hand(to command: String) throws {
        let topic = replay.request.topic
        var damaged: [EntryRow] = []
        var ahead = record.progress.position
        let end = try unsafe source.forEach(
            from: ahead, limit: limit,
            damaged: { if damaged.count < Self.damagedMax { damaged.append($0) } },
            goesOn: { _ in tell() },
            visit: { position, row, payload in
                guard pace.wait(ahead.delivered, while: tell) else { return false }
                let bytes = try unsafe source.payload(of: row, payload)
                let ending = try ShellCommand.run(
                    command, input: bytes,
                    environment: [
                        ("WALRUS_TOPIC", topic.text), ("WALRUS_ORDINAL", String(position.ordinal)),
                        ("WALRUS_PLACE", row.place.text),
                        ("WALRUS_SEQUENCE", row.stamp.map { String($0.sequence) } ?? ""),
                    ])
                if let failure = ending.failure {
                    throw ReplayError.commandFailed(
                        row.place, ordinal: position.ordinal, how: failure)
                }
                ahead.move(to: position)
                // Behind it, wherever the next one is.
                ahead.next = EntryPlace(file: row.file, slot: row.slot, offset: row.end)
                ahead.ordinal += 1
                ahead.left -= 1
                ahead.delivered += 1
                ahead.bytes += row.length
                ahead.sum.add(length: row.length, checksum: row.checksum)
                var progress = record.progress
                progress.position = ahead
                try record.save(progress)
                return true
            })
        damagedPlaces = damaged.map(\.place)
        var progress = record.progress
        guard let end else {
            isStopped = true
            return
        }
        ahead.move(to: end)
        progress.position = ahead
        progress.finished = Clock.wall()
        try record.save(progress)
    }
}

extension ReplayPosition {
    /// Takes over where the source was read to; what was handed over is another matter.
    fileprivate mutating func move(to other: ReplayPosition) {
        next = other.next
        ordinal = other.ordinal
        left = other.left
        damaged = other.damaged
        undecided = other.undecided
    }
}

/// Entries a second, as a limit.
private struct Pace {
    private let rate: Double?
    private var start: (time: UInt64, count: Int)?

    init(_ rate: Double?) { self.rate = rate }

    /// So many that a batch comes ten times a second at least.
    func batchMax(_ most: Int) -> Int {
        rate.map { min(most, max(1, Int(min($0, 1e9) / 10))) } ?? most
    }

    /// Waits until `count` entries are due. False: `goesOn` said no meanwhile.
    mutating func wait(_ count: Int, while goesOn: () -> Bool) -> Bool {
        guard let rate else { return goesOn() }
        let now = Clock.monotonic()
        let begun = start ?? (now, count)
        start = begun
        let due = begun.time + UInt64(Double(count - begun.count) / rate * 1e9)
        while true {
            guard goesOn() else { return false }
            let now = Clock.monotonic()
            guard now < due else { return true }
            Clock.sleep(nanoseconds: min(due - now, 50_000_000))
        }
    }
}
