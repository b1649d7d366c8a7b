import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat

/// Random work of one process after another, killed or closed, against what a dictionary says must
/// come of it. Every call of `Walrus` that appends, reads, moves a cursor, marks or reclaims is in it,
/// with every kind of target; `OffsetIndexTests` does the same to an `OffsetIndex`.
@Suite struct ModelTests {
    private static let names: [TopicName] = [
        "a", "topic", "a longer topic name", TopicName(String(repeating: "n", count: 200)),
    ]
    /// Many topics with a slot each fill a file, which goes when they are read.
    private static let smallNames = (0..<110).map { TopicName("small \($0)") }

    @Test func randomWorkMatchesTheModel() throws {
        let random = SeededRandom.fromEnvironment("randomWorkMatchesTheModel")
        let temp = try TempDirectory()
        var model = Model(random: random)
        for _ in 0..<14 { try live(temp, &model) }
        // Rarely none.
        print("  \(model.reclaimed) entries reclaimed, \(model.again) delivered again")
    }

    /// One process.
    private func live(_ temp: TempDirectory, _ model: inout Model) throws {
        let place = Workplace(temp, model.choose(StorageBackend.allCases))
        let every = model.choose([1, 1, 1, 5])
        var configuration = place.configuration(
            every == 1 ? .strictlyAtOnce : .atLeastOnce(persistEvery: every))
        configuration.journalSizeMax = 2_000
        configuration.reclamation = model.choose([.immediate, .immediate, .off])
        let walrus = try Walrus(configuration, on: place.storage)
        #expect(walrus.recoveryReport.isClean)
        try model.open(walrus)
        try model.check(walrus)
        for _ in 0..<model.number(1...60) {
            let name = model.choose(Self.names + model.choose(Self.smallNames, 2))
            try step(place, walrus, &model, name)
        }
        try model.check(walrus)
        let isCrash = model.choose([false, true])
        model.mayRepeat = isCrash && every > 1 ? every : 0
        if isCrash { place.storage.crash() }
        do { try walrus.close() } catch { #expect(isCrash) }
    }

    private func step(
        _ place: Workplace, _ walrus: Walrus, _ model: inout Model, _ name: TopicName
    ) throws {
        try model.settle(walrus, name)
        switch model.number(0...26) {
        case 0..<5: try model.append(walrus, name)
        case 5..<8: try model.appendBatch(walrus, name, model.batch())
        case 8..<10: try model.readNext(walrus, name, checkpoint: true)
        case 10: try model.readNext(walrus, name, checkpoint: false)
        case 11: try model.readInPlace(walrus, name)
        case 12..<15: try model.readBatch(walrus, name, budget: model.number(0...30_000))
        case 15: try model.readAnywhere(walrus, name)
        case 16: try model.seek(walrus, name)
        case 17: try failBatch(place, walrus, &model, name)
        case 18: try model.mark(walrus, name, isClean: true)
        case 19: try model.mark(walrus, name, isClean: false)
        case 20:
            let report = try walrus.reclaim()
            #expect(report.failures.isEmpty)
        case 21: try model.reclaim(place, walrus)
        case 22, 23: try model.moveCursor(walrus, name)
        case 24, 25:
            for name in Self.smallNames.shuffled(using: &model.random).prefix(model.number(1...60))
            {
                try model.settle(walrus, name)
                try model.appendBatch(walrus, name, [[1]])
            }
        default:
            for name in Self.names + Self.smallNames {
                try model.settle(walrus, name)
                while model.topics[name]?.unread ?? 0 > 0 {
                    try model.readBatch(walrus, name, budget: .max, checkpoint: true)
                }
            }
        }
        try model.settle(walrus, name)
    }

    /// The disk fails within a batch, which leaves no trace.
    private func failBatch(
        _ place: Workplace, _ walrus: Walrus, _ model: inout Model, _ name: TopicName
    ) throws {
        let batch = model.batch()
        // A mark that changes is no part of the batch.
        guard model.topics[name]?.isClean == false, !batch.isEmpty else { return }
        place.storage.fail(after: 0, model.choose([.error(.noSpace), .short(.ioError)]))
        #expect { try walrus.append(batch: batch, to: name) } throws: { .io ~= $0 }
        model.counters.failedAppends += 1
        try model.check(walrus)
    }
}

/// What must be there.
struct Model {
    struct Topic {
        /// On disk.
        var entries: [[UInt8]] = []
        var consumed = 0
        var isClean = true
        var lastSequence: UInt64 = 0
        var hadEntries = false
        var isMarked = false
        var wasReclaimed = false

        var unread: Int { entries.count - consumed }
        var size: Int { entries.reduce(0) { $0 + Layout.headerSize + $1.count } }
    }

    var random: SeededRandom
    var topics: [TopicName: Topic] = [:]
    /// Of the process that works.
    var counters = MetricCounters()
    /// Entries that the next process may deliver again, of each topic.
    var mayRepeat = 0
    var reclaimed = 0
    var again = 0
    /// Entries that do not fit the rest of their block, now and then; each takes space.
    private var large = 6

    init(random: SeededRandom) { self.random = random }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func choose<T>(_ values: [T]) -> T { values[number(0...values.count - 1)] }

    mutating func choose<T>(_ values: [T], _ count: Int) -> [T] {
        (0..<count).map { _ in choose(values) }
    }

    private mutating func payload(_ size: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(number(0...255)), count: size)
    }

    mutating func batch() -> [[UInt8]] {
        // Some that are written from where they are.
        (0..<number(0...12)).map { _ in payload(choose([0, 10, 700, 20_000])) }
    }

    // MARK: - What is there

    /// A process has begun.
    mutating func open(_ walrus: Walrus) throws {
        counters = MetricCounters()
        for name in topics.keys.sorted() {
            let found = walrus.unreadCount(of: name) - (topics[name]?.unread ?? 0)
            #expect(0...mayRepeat ~= found, "\(name)")
            topics[name]?.consumed -= found
            again += found
            try settle(walrus, name)
        }
    }

    /// Leaves out what is on disk no more, of which all must have been consumed.
    mutating func settle(_ walrus: Walrus, _ name: TopicName) throws {
        guard var topic = topics[name], walrus.size(of: name) != topic.size else { return }
        var left: [[UInt8]] = []
        var consumed = 0
        var found = try all(walrus, name).map(\.payload)[...]
        for (index, entry) in topic.entries.enumerated() {
            let isThere = found.first == entry
            #expect(isThere || index < topic.consumed, "\(name): entry \(index) is missing")
            guard isThere else { continue }
            found.removeFirst()
            left.append(entry)
            if index < topic.consumed { consumed += 1 }
        }
        #expect(found.isEmpty, "\(name): \(found.count) entries come from nowhere")
        reclaimed += topic.entries.count - left.count
        topic.wasReclaimed = true
        (topic.entries, topic.consumed) = (left, consumed)
        topics[name] = topic
    }

    mutating func all(_ walrus: Walrus, _ name: TopicName) throws -> [Entry] {
        var (found, offset) = ([Entry](), 0)
        while true {
            let entries = try walrus.readBatch(
                name, maxBytes: .max, checkpoint: true, startOffset: offset)
            count(entries)
            if entries.isEmpty { return found }
            found += entries
            offset += entries.reduce(0) { $0 + Layout.headerSize + $1.payload.count }
        }
    }

    mutating func check(_ walrus: Walrus) throws {
        for name in topics.keys.sorted() { try settle(walrus, name) }
        let listed = walrus.topics()
        #expect(
            listed.map(\.name)
                == topics.filter { $0.value.hadEntries || $0.value.isMarked }.keys.sorted())
        let due = topics.filter(\.value.hadEntries).mapValues(\.unread)
        #expect(walrus.unreadCounts() == due)
        for status in listed {
            let topic = topics[status.name] ?? Topic()
            #expect(
                status.entries == topic.entries.count && status.unread == topic.unread
                    && status.size == topic.size && status.isClean == topic.isClean,
                "\(status) is not \(topic.entries.count) entries, \(topic.unread) unread")
            #expect((status.blocks == 0) == topic.entries.isEmpty)
            #expect(walrus.unreadCount(of: status.name) == topic.unread)
            #expect(walrus.size(of: status.name) == topic.size)
            #expect(walrus.isClean(status.name) == topic.isClean)
        }
        #expect(walrus.reclamationFailures.isEmpty && walrus.poisonedFiles.isEmpty)
        var found = walrus.metrics.counters
        // What the engine does by itself.
        (found.syncs, found.recordedCursors, found.ringOperations) = (0, 0, 0)
        #expect(found == counters)
    }

    // MARK: - Appending

    private mutating func added(_ payloads: [[UInt8]], to name: TopicName) -> Topic {
        var topic = topics[name] ?? Topic()
        topic.entries += payloads
        (topic.isClean, topic.hadEntries, topic.isMarked) = (false, true, true)
        topic.lastSequence += UInt64(payloads.count)
        topics[name] = topic
        counters.appended += UInt64(payloads.count)
        counters.appendedBytes += UInt64(payloads.reduce(0) { $0 + $1.count })
        return topic
    }

    /// Numbers that the topic's last entry should have; those of a long name are counted.
    private func isNext(_ topic: Topic, _ sequence: UInt64, of name: TopicName) -> Bool {
        sequence == topic.lastSequence
            || topic.wasReclaimed && name.bytes.count > Layout.extendedTopicLengthMax
    }

    mutating func append(_ walrus: Walrus, _ name: TopicName) throws {
        var size = number(0...3_000)
        if large > 0, size < 60 {
            large -= 1
            size = 6_000_000
        }
        let payload = payload(size)
        let receipt =
            choose([false, true])
            ? unsafe try walrus.append(payload.span.bytes, to: name)
            : try walrus.append(payload, to: name)
        let topic = added([payload], to: name)
        #expect(receipt.ordinal == topic.entries.count)
        #expect(isNext(topic, receipt.sequence, of: name))
    }

    mutating func appendBatch(_ walrus: Walrus, _ name: TopicName, _ batch: [[UInt8]]) throws {
        let receipt = try walrus.append(batch: batch, to: name)
        guard !batch.isEmpty else { return #expect(receipt.ordinals.isEmpty) }
        let topic = added(batch, to: name)
        let end = topic.entries.count
        #expect(receipt.ordinals == end - batch.count + 1..<end + 1)
        #expect(receipt.sequences.count == batch.count)
        #expect(isNext(topic, receipt.sequences.upperBound - 1, of: name))
        counters.appendedBatches += 1
        counters.batchEntriesAppended += UInt64(batch.count)
        counters.largestBatchAppended = max(counters.largestBatchAppended, UInt64(batch.count))
    }

    // MARK: - Reading

    private func due(_ name: TopicName) -> ArraySlice<[UInt8]> {
        (topics[name]?.entries ?? []).dropFirst(topics[name]?.consumed ?? 0)
    }

    private mutating func count(single payload: [UInt8]?) {
        guard let payload else { return }
        counters.read += 1
        counters.readBytes += UInt64(payload.count)
    }

    private mutating func count(_ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        counters.read += UInt64(entries.count)
        counters.readBytes += UInt64(entries.reduce(0) { $0 + $1.payload.count })
        counters.readBatches += 1
        counters.batchEntriesRead += UInt64(entries.count)
        counters.largestBatchRead = max(counters.largestBatchRead, UInt64(entries.count))
    }

    mutating func readNext(_ walrus: Walrus, _ name: TopicName, checkpoint: Bool) throws {
        let due = due(name).first
        let entry = try walrus.readNext(name, checkpoint: checkpoint)
        #expect(entry?.payload == due)
        count(single: entry?.payload)
        guard let entry else { return }
        #expect(entry.ordinal == (topics[name]?.consumed ?? 0) + 1)
        if checkpoint { topics[name]?.consumed += 1 }
    }

    mutating func readInPlace(_ walrus: Walrus, _ name: TopicName) throws {
        let due = due(name).first
        let checkpoint = choose([false, true])
        let found = try walrus.withNextEntry(name, checkpoint: checkpoint) { payload, info in
            (unsafe payload.withUnsafeBytes { unsafe Array($0) }, info.ordinal)
        }
        #expect(found?.0 == due)
        count(single: found?.0)
        guard let found else { return }
        #expect(found.1 == (topics[name]?.consumed ?? 0) + 1)
        if checkpoint { topics[name]?.consumed += 1 }
    }

    mutating func readBatch(
        _ walrus: Walrus, _ name: TopicName, budget: Int, checkpoint: Bool? = nil
    ) throws {
        let due = ReadBatchTests.expected(due(name), budget)
        let at = topics[name]?.consumed ?? 0
        let checkpoint = checkpoint ?? choose([false, true])
        let found = try walrus.readBatch(name, maxBytes: budget, checkpoint: checkpoint)
        count(found)
        expectSame(found.map(\.payload), due)
        #expect(found.map(\.ordinal) == Array(at + 1..<at + 1 + found.count))
        if checkpoint { topics[name]?.consumed += due.count }
    }

    mutating func readAnywhere(_ walrus: Walrus, _ name: TopicName) throws {
        let entries = topics[name]?.entries ?? []
        let offset = number(0...(topics[name]?.size ?? 0) + 10)
        var passed = 0
        let first = entries.firstIndex { payload in
            passed += Layout.headerSize + payload.count
            return offset < passed
        }
        let due = ReadBatchTests.expected(entries[(first ?? entries.count)...], 5_000)
        let found = try walrus.readBatch(
            name, maxBytes: 5_000, checkpoint: true, startOffset: offset)
        count(found)
        expectSame(found.map(\.payload), due)
    }

    // MARK: - The rest

    mutating func seek(_ walrus: Walrus, _ name: TopicName) throws {
        let topic = topics[name] ?? Topic()
        let count = topic.entries.count
        let number = number(1...count + 1)
        let hasStamps = name.bytes.count <= Layout.extendedTopicLengthMax
        let (target, consumed): (SeekTarget, Int) =
            switch self.number(0...5) {
            case 0: (.begin, 0)
            case 1: (.end, count)
            case 2: try time(walrus, name)
            case 3 where count > 0: try place(walrus, name)
            // Files may have gone from its midst, and numbers with them.
            case 4 where !topic.wasReclaimed:
                (.sequence(UInt64(number)), hasStamps ? number - 1 : 0)
            default: (.ordinal(number), number - 1)
            }
        try walrus.seek(name, to: target)
        if count > 0 { topics[name]?.consumed = consumed }
    }

    mutating func mark(_ walrus: Walrus, _ name: TopicName, isClean: Bool) throws {
        if isClean { try walrus.markClean(name) } else { try walrus.markDirty(name) }
        var topic = topics[name] ?? Topic()
        // A topic that nobody knows is clean as it is.
        topic.isMarked = topic.isMarked || !isClean
        topic.isClean = isClean
        topics[name] = topic
    }
}
