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
        let place = try Workplace()
        var model = Model()
        let topics: [TopicName] = [
            "a", "topic", "a longer topic name", TopicName(String(repeating: "n", count: 200)),
        ]
        var large = 6
        for _ in 0..<12 {
            let isCrash = Bool.random(using: &random)
            place.storage.heal()
            let walrus = try place.openFaulty(journalSizeMax: 2_000)
            #expect(walrus.recoveryReport.isClean)
            check(walrus, model)
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                try step(walrus, &model, topics.randomElement(using: &random)!, &large, &random)
            }
            check(walrus, model)
            if isCrash { place.storage.crash() }
            do { try walrus.close() } catch { #expect(isCrash) }
        }
    }

    private func step(
        _ walrus: Walrus, _ model: inout Model, _ topic: TopicName, _ large: inout Int,
        _ random: inout SeededRandom
    ) throws {
        switch Int.random(in: 0..<10, using: &random) {
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
