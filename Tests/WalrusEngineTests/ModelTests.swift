import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat

/// Random work against what a dictionary says must come of it.
@Suite struct ModelTests {
    private struct Model {
        var entries: [TopicName: [[UInt8]]] = [:]
        var consumed: [TopicName: Int] = [:]
        var clean: [TopicName: Bool] = [:]
    }

    @Test func randomWorkMatchesTheModel() throws {
        var random = SeededRandom.fromEnvironment("randomWorkMatchesTheModel")
        let temp = try TempDirectory()
        var model = Model()
        let topics: [TopicName] = [
            "a", "topic", "a longer topic name", TopicName(String(repeating: "n", count: 200)),
        ]
        var large = 6
        for _ in 0..<12 {
            let isCrash = Bool.random(using: &random)
            let backend = StorageBackend.allCases.randomElement(using: &random)!
            let place = Workplace(temp, backend)
            let walrus = try place.openFaulty(journalSizeMax: 2_000)
            #expect(walrus.recoveryReport.isClean)
            check(walrus, model)
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                try step(
                    place, walrus, &model, topics.randomElement(using: &random)!, &large, &random)
            }
            check(walrus, model)
            if isCrash { place.storage.crash() }
            do { try walrus.close() } catch { #expect(isCrash) }
        }
    }

    private func step(
        _ place: Workplace, _ walrus: Walrus, _ model: inout Model, _ topic: TopicName,
        _ large: inout Int,
        _ random: inout SeededRandom
    ) throws {
        switch Int.random(in: 0..<18, using: &random) {
        case 10..<12: try appendBatch(walrus, &model, topic, &random)
        case 12..<15: try readBatch(walrus, &model, topic, &random)
        case 15: try readAnywhere(walrus, model, topic, &random)
        case 16: try seek(walrus, &model, topic, &random)
        case 17: try failBatch(place, walrus, model, topic, &random)
        case 0..<5:
            var size = Int.random(in: 0...3_000, using: &random)
            if large > 0, size < 60 {
                // Now and then one that does not fit the rest of its block.
                large -= 1
                size = 6_000_000
            }
            let payload = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: size)
            let receipt = try walrus.append(payload, to: topic)
            model.entries[topic, default: []].append(payload)
            model.clean[topic] = false
            #expect(receipt.ordinal == model.entries[topic]?.count)
            #expect(receipt.sequence == UInt64(receipt.ordinal))
        case 5..<8:
            let at = model.consumed[topic] ?? 0
            let due = (model.entries[topic] ?? []).dropFirst(at).first
            let entry = try walrus.readNext(topic, checkpoint: true)
            #expect(entry?.payload == due)
            if due != nil { model.consumed[topic] = at + 1 }
        case 8:
            let at = model.consumed[topic] ?? 0
            let due = (model.entries[topic] ?? []).dropFirst(at).first
            #expect(try walrus.readNext(topic, checkpoint: false)?.payload == due)
        default:
            try walrus.markClean(topic)
            model.clean[topic] = true
        }
    }

    // MARK: - Batches

    private func batch(_ random: inout SeededRandom) -> [[UInt8]] {
        (0..<Int.random(in: 0...12, using: &random)).map { _ in
            // Some that are written from where they are.
            let size = [0, 10, 700, 20_000].randomElement(using: &random) ?? 0
            return [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: size)
        }
    }

    private func appendBatch(
        _ walrus: Walrus, _ model: inout Model, _ topic: TopicName, _ random: inout SeededRandom
    ) throws {
        let batch = batch(&random)
        let receipt = try walrus.append(batch: batch, to: topic)
        guard !batch.isEmpty else { return #expect(receipt.ordinals.isEmpty) }
        model.entries[topic, default: []] += batch
        model.clean[topic] = false
        let end = model.entries[topic]?.count ?? 0
        #expect(receipt.ordinals == end - batch.count + 1..<end + 1)
        #expect(receipt.sequences == UInt64(end - batch.count + 1)..<UInt64(end + 1))
    }

    /// The disk fails within a batch, which leaves no trace.
    private func failBatch(
        _ place: Workplace,
        _ walrus: Walrus, _ model: Model, _ topic: TopicName, _ random: inout SeededRandom
    ) throws {
        // A mark that changes is no part of the batch.
        guard model.clean[topic] == false else { return }
        let batch = batch(&random)
        guard !batch.isEmpty else { return }
        place.storage.fail(
            after: 0, [.error(.noSpace), .short(.ioError)].randomElement(using: &random)!)
        #expect { try walrus.append(batch: batch, to: topic) } throws: { .io ~= $0 }
        check(walrus, model)
    }

    private func readBatch(
        _ walrus: Walrus, _ model: inout Model, _ topic: TopicName, _ random: inout SeededRandom
    ) throws {
        let at = model.consumed[topic] ?? 0
        let budget = Int.random(in: 0...30_000, using: &random)
        let due = ReadBatchTests.expected((model.entries[topic] ?? [])[at...], budget)
        let checkpoint = Bool.random(using: &random)
        let found = try walrus.readBatch(topic, maxBytes: budget, checkpoint: checkpoint)
        expectSame(found.map(\.payload), due)
        #expect(found.map(\.ordinal) == Array(at + 1..<at + 1 + found.count))
        if checkpoint, !due.isEmpty { model.consumed[topic] = at + due.count }
    }

    private func readAnywhere(
        _ walrus: Walrus, _ model: Model, _ topic: TopicName, _ random: inout SeededRandom
    ) throws {
        let entries = model.entries[topic] ?? []
        let end = entries.reduce(0) { $0 + 256 + $1.count }
        let offset = Int.random(in: 0...end + 10, using: &random)
        var passed = 0
        let first = entries.firstIndex { payload in
            passed += 256 + payload.count
            return offset < passed
        }
        let due = ReadBatchTests.expected(entries[(first ?? entries.count)...], 5_000)
        let found = try walrus.readBatch(
            topic, maxBytes: 5_000, checkpoint: true, startOffset: offset)
        expectSame(found.map(\.payload), due)
    }

    private func seek(
        _ walrus: Walrus, _ model: inout Model, _ topic: TopicName, _ random: inout SeededRandom
    ) throws {
        let count = model.entries[topic]?.count ?? 0
        let number = Int.random(in: 1...count + 1, using: &random)
        let hasStamps = topic.bytes.count <= Layout.extendedTopicLengthMax
        let (target, consumed): (SeekTarget, Int) =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: (.begin, 0)
            case 1: (.end, count)
            case 2: (.sequence(UInt64(number)), hasStamps ? number - 1 : 0)
            default: (.ordinal(number), number - 1)
            }
        try walrus.seek(topic, to: target)
        if count > 0 { model.consumed[topic] = consumed }
    }

    private func check(_ walrus: Walrus, _ model: Model) {
        for (topic, entries) in model.entries {
            let status = walrus.status(topic)
            #expect(status?.entries == entries.count)
            #expect(status?.unread == entries.count - (model.consumed[topic] ?? 0))
            #expect(status?.size == entries.reduce(0) { $0 + 256 + $1.count })
            #expect(walrus.isClean(topic) == model.clean[topic])
        }
    }
}
