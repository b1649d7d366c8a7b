import Inspect
import TestSupport
import WalrusEngine
import WalrusFormat

/// What a killed engine has been heard to promise, and whether it holds.
struct KillTruth {
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    enum Call: Equatable {
        case append([KilledEntry])
        case read(most: Int)
        case clean
    }

    struct Topic {
        /// All that was ever there, and the sequence numbers that its receipts told.
        var entries: [KilledEntry] = []
        var lastSequence: UInt64 = 0
        /// Entries that were delivered and acknowledged.
        var position = 0
        /// Where the cursor is known to have been durable.
        var recorded = 0
        var isClean = true
        /// What was under way when the process died.
        var pending: Call?
    }

    private(set) var topics: [TopicName: Topic] = [:]
    private(set) var acknowledged = 0
    private(set) var delivered = 0
    private(set) var redelivered = 0
    private(set) var interrupted = 0
    /// Appends under way at a kill that are there nevertheless.
    private(set) var survived = 0
    private(set) var droppedBatches = 0
    private(set) var reclaimedFiles = 0
    private var files: Set<DataFileName> = []

    var summary: String {
        "\(acknowledged) entries acknowledged, \(delivered) delivered, \(redelivered) to come again, "
            + "\(interrupted) calls cut short, \(survived) appends of them whole, "
            + "\(droppedBatches) batches dropped, \(reclaimedFiles) files gone"
    }

    private static func check(_ holds: Bool, _ text: @autoclosure () -> String) throws(Broken) {
        if !holds { throw Broken(description: text()) }
    }

    /// Of what was there before the first process.
    mutating func isThere(_ batch: [KilledEntry], _ topic: TopicName) {
        topics[topic, default: Topic()].add(batch, 1)
    }

    // MARK: - What it said

    mutating func replay(_ output: String) throws {
        // A line without its end was not said.
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            switch words.first {
            case "try", "did":
                guard words.count > 2, let name = TopicName(hex: words[2]) else {
                    throw Broken(description: "not a line of ours: \(line)")
                }
                var topic = topics[name] ?? Topic()
                do {
                    if words[0] == "try" {
                        try topic.begin(words)
                    } else {
                        try end(&topic, words)
                    }
                } catch { throw Broken(description: "\(name): \(error), in: \(line)") }
                topics[name] = topic
            case "closed":
                topics = topics.mapValues { topic in
                    var topic = topic
                    topic.recorded = topic.position
                    return topic
                }
            case "open", "opened", "close": break
            default: throw Broken(description: "the engine says: \(line)")
            }
        }
    }

    private mutating func end(_ topic: inout Topic, _ words: [Substring]) throws {
        switch topic.pending {
        case .append(let batch):
            let sequence = UInt64(words[3]) ?? 0
            try Self.check(
                sequence > topic.lastSequence,
                "number \(sequence) after \(topic.lastSequence) was given out")
            topic.add(batch, sequence)
            topic.isClean = false
            acknowledged += batch.count
        case .read:
            let due = topic.entries[topic.position...]
            let found = words.dropFirst(3).map { $0.prefix { $0 != ":" } }
            // Nothing twice, nothing skipped, nothing out of order, over all lives.
            try Self.check(
                found.elementsEqual(due.prefix(found.count)) { KilledEntry($0) == $1 },
                "delivers \(found.prefix(3)) where \(due.prefix(3)) is due")
            try Self.check(
                !found.isEmpty || due.isEmpty, "delivers nothing where \(due.prefix(1)) is due")
            topic.position += found.count
            delivered += found.count
        case .clean: topic.isClean = true
        case nil: throw Broken(description: "did what it did not begin")
        }
        topic.pending = nil
    }

    // MARK: - Whether it holds

    /// Compares with what is found after the process was killed, and goes on from there.
    ///
    /// - Parameter every: entries that may come again; 1 where none may.
    mutating func verify(
        _ walrus: Walrus, _ scanned: DirectoryState, every: Int, isReclaimed: Bool
    ) throws {
        let gap = scanned.findings.first { $0.kind == .sequenceGap }
        try Self.check(gap == nil, "\(gap?.message ?? "")")
        let names = Set(scanned.files.map(\.name))
        reclaimedFiles += files.subtracting(names).count
        files = names
        droppedBatches += walrus.recoveryReport.droppedBatches.count
        let statuses = Dictionary(uniqueKeysWithValues: walrus.topics().map { ($0.name, $0) })
        let seen = Dictionary(uniqueKeysWithValues: scanned.topics.map { ($0.name, $0) })
        try Self.check(
            Set(statuses.keys).union(seen.keys).isSubset(of: topics.keys), "a topic from nowhere")
        for (name, before) in topics {
            var topic = before
            let found = try Self.entries(walrus, name)
            let inspected = seen[name]
            let status = statuses[name]
            do {
                try Self.check(
                    inspected?.entries ?? 0 == found.count && status?.entries ?? 0 == found.count
                        && inspected?.unread ?? 0 == walrus.unreadCount(of: name)
                        && inspected?.size ?? 0 == walrus.size(of: name)
                        && inspected?.isClean ?? true == walrus.isClean(name),
                    "Inspect: \(String(describing: inspected)), engine: \(String(describing: status))"
                )
                try settle(&topic, found)
                try Self.check(
                    isReclaimed || found.count == topic.entries.count, "entries have gone")
                try settleCursor(&topic, walrus.unreadCount(of: name), every: every)
                let next = try walrus.readNext(name, checkpoint: false)
                try Self.check(
                    next.flatMap { KilledEntry($0.payload, in: name) }
                        == topic.entries.dropFirst(topic.position).first,
                    "the next entry is \(String(describing: next?.info))")
                try Self.settleMark(
                    &topic, walrus.isClean(name),
                    isLonger: topic.entries.count > before.entries.count)
            } catch { throw Broken(description: "\(name), \(before.summary): \(error)") }
            topic.pending = nil
            topics[name] = topic
        }
    }

    /// All that the topic has on disk, consumed or not.
    private static func entries(_ walrus: Walrus, _ name: TopicName) throws -> [(
        entry: KilledEntry, sequence: UInt64?
    )] {
        var found: [(entry: KilledEntry, sequence: UInt64?)] = []
        var offset = 0
        while true {
            let batch = try walrus.readBatch(
                name, maxBytes: .max, checkpoint: false, startOffset: offset
            ).drop { $0.ordinal <= found.count }
            // The offset counts torn entries too, which do not come: some of the last come again.
            guard !batch.isEmpty else { return found }
            for entry in batch {
                try check(entry.ordinal == found.count + 1, "\(name): \(entry.info) is misplaced")
                guard let known = KilledEntry(entry.payload, in: name) else {
                    throw Broken(description: "\(name): \(entry.info) is not what was written")
                }
                found.append((known, entry.sequence))
                offset += Layout.headerSize + entry.payload.count
            }
        }
    }

    /// What was acknowledged is there, and of what was under way all or nothing.
    private mutating func settle(
        _ topic: inout Topic, _ found: [(entry: KilledEntry, sequence: UInt64?)]
    ) throws {
        let numbers = found.compactMap(\.sequence)
        try Self.check(
            zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "numbers do not rise")
        if topic.pending != nil { interrupted += 1 }
        if case .append(let batch) = topic.pending, let last = found.last?.entry,
            last.life == batch[0].life, last.call == batch[0].call
        {
            let sequence = found.dropLast(batch.count - 1).last?.sequence
            topic.add(batch, sequence ?? topic.lastSequence + 1)
            survived += 1
        } else if let last = numbers.last {
            try Self.check(last == topic.lastSequence, "the last number is \(last)")
        }
        try Self.check(
            found.map(\.entry).elementsEqual(topic.entries.suffix(found.count)),
            "holds \(found.count) entries, \(found.suffix(3).map(\.entry)) at the end")
    }

    private mutating func settleCursor(_ topic: inout Topic, _ unread: Int, every: Int) throws {
        let cursor = topic.entries.count - unread
        var most = topic.position
        // What a call has recorded that never returned is lost to the reader, where it must be.
        if case .read(let more) = topic.pending, every == 1 || more > every { most += more }
        try Self.check(cursor <= most, "the cursor stands at \(cursor): entries are skipped")
        let least = max(topic.recorded, topic.position - (every == 1 ? 0 : every))
        try Self.check(cursor >= least, "the cursor stands at \(cursor): too many come again")
        redelivered += max(0, topic.position - cursor)
        topic.position = cursor
        topic.recorded = cursor
    }

    private static func settleMark(_ topic: inout Topic, _ isClean: Bool, isLonger: Bool) throws {
        switch topic.pending {
        // Dirty before the entry is there.
        case .append: try check(!isClean || (topic.isClean && !isLonger), "is clean")
        case .clean: try check(isClean || !topic.isClean, "is dirty")
        default: try check(isClean == topic.isClean, "the mark is wrong: clean is \(isClean)")
        }
        topic.isClean = isClean
    }
}

extension KillTruth.Topic {
    mutating func begin(_ words: [Substring]) throws(KillTruth.Broken) {
        guard pending == nil else { throw .init(description: "two calls at once") }
        if words[1] == "clean" {
            pending = .clean
        } else if words[1] == "read", let most = Int(words[3]) {
            pending = .read(most: most)
        } else if let first = KilledEntry(words[3]) {
            pending = .append(
                KilledEntry.batch(life: first.life, call: first.call, count: first.count))
        }
    }

    mutating func add(_ batch: [KilledEntry], _ sequence: UInt64) {
        entries += batch
        lastSequence = sequence + UInt64(batch.count) - 1
    }

    var summary: String {
        "which has \(entries.count) entries to \(entries.last.map { "\($0)" } ?? "none"), numbers to "
            + "\(lastSequence), the reader at \(position), recorded at \(recorded), clean \(isClean), "
            + "under way \(pending.map { "\($0)" } ?? "nothing")"
    }
}
