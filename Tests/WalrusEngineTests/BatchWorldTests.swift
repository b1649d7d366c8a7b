import Inspect
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Batches over many blocks and files, consumed in part while files go, by processes that die or close.
/// No power is lost: nothing may be missing, nothing comes again, and no number is given twice.
@Suite struct BatchWorldTests {
    @Test func nothingIsMissingNorComesAgain() throws {
        var random = SeededRandom.fromEnvironment("BatchWorldTests")
        let rounds = Host.environment("WALRUS_BATCH_WORLDS").flatMap { Int($0) } ?? 40
        var reclaimed = 0
        for round in 0..<max(1, rounds) {
            // So that the seed of a world that fails makes it the first one.
            var world = try BatchWorld(seed: round == 0 ? random.seed : random.next())
            do {
                for _ in 0..<6 { try world.live() }
            } catch {
                Issue.record("\(world.story.joined(separator: ", ")): \(error)")
                return
            }
            reclaimed += world.reclaimed
        }
        #expect(reclaimed > 0 || rounds < 10)
    }
}

private struct BatchWorld {
    struct Log {
        var payloads: [[UInt8]] = []
        var consumed = 0
        /// Where its last block stands, and what is written of it.
        var file = -1
        var slot = 0
        var used = 0

        var due: ArraySlice<[UInt8]> { payloads[consumed...] }
    }

    private let place: Workplace
    private var random: SeededRandom
    private var logs: [TopicName: Log] = ["a": Log(), "b": Log(), "c": Log()]
    private var count = 0
    private(set) var story: [String]
    private(set) var reclaimed = 0

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    private mutating func topic() -> TopicName {
        logs.keys.sorted()[Int.random(in: 0..<logs.count, using: &random)]
    }

    /// A log as an engine leaves it that was in a hurry to begin new blocks and files.
    init(seed: UInt64) throws {
        place = Workplace(try TempDirectory(inMemory: true), Workplace.usualBackend)
        random = SeededRandom(seed: seed)
        story = ["seed \(seed)"]
        var (file, slot) = (0, 0)
        for _ in 0..<Int.random(in: 3...14, using: &random) {
            let topic = topic()
            let entries = chance(3) ? Int.random(in: 2...6, using: &random) : 1
            guard var log = logs[topic] else { continue }
            let first = UInt64(log.payloads.count + 1)
            for index in 0..<entries {
                if chance(5) || slot > 90 { (file, slot) = (file + 1, 0) }
                if log.file != file || chance(3) {
                    (log.file, log.slot, log.used) = (file, slot, 0)
                    slot += 1
                }
                let payload = payload()
                log.used = try place.putEntry(
                    payload, topic, file: "\(1_763_670_155_020 + log.file)", slot: log.slot,
                    at: log.used,
                    stamp: EntryStamp(
                        batchIndex: index, batchCount: entries, sequence: first + UInt64(index),
                        timestamp: 1))
                log.payloads.append(payload)
            }
            logs[topic] = log
            story.append("\(entries) of \(topic) to \(log.file):\(log.slot)")
        }
    }

    private mutating func payload() -> [UInt8] {
        count += 1
        return Array("\(count)".utf8)
    }

    // MARK: - One life

    mutating func live() throws {
        let isStrict = !chance(4)
        var configuration = place.configuration(
            isStrict ? .strictlyAtOnce : .atLeastOnce(persistEvery: 3))
        configuration.reclamation = chance(4) ? .off : .immediate
        let before = try #require(try Scanner(place.path).scan())
        let files = try place.dataFiles.count
        place.storage.heal()
        let walrus = try Walrus(configuration, on: place.storage)
        // At least once, entries may come again: there nobody dies.
        let dies = isStrict && chance(2)
        defer {
            if dies { place.storage.crash() }
            try? walrus.close()
            place.storage.heal()
        }
        try check(walrus, before)
        for _ in 0..<Int.random(in: 0...12, using: &random) { try step(walrus) }
        reclaimed += max(0, files - (try place.dataFiles.count))
        if !dies { try walrus.close() }
        if chance(2) { try? place.storage.remove(DirectoryNames.snapshot) }
        let consumed = logs.sorted { $0.key < $1.key }.map {
            "\($0.value.consumed)/\($0.value.payloads.count)"
        }
        story.append("\(dies ? "died" : "closed") at \(consumed.joined(separator: " "))")
    }

    private func check(_ walrus: Walrus, _ before: DirectoryState) throws {
        let report = walrus.recoveryReport
        try Broken.check(
            report.droppedBatches.isEmpty && report.reconciliations.isEmpty
                && report.damageCount == 0, "opening reports \(report)")
        for (name, log) in logs where !log.payloads.isEmpty {
            let found = try walrus.readBatch(name, maxBytes: .max, checkpoint: false)
            try Broken.check(
                found.map(\.payload) == Array(log.due),
                "\(name): \(found.count) entries, \(log.due.count) due")
            let foretold = before.topic(name)?.unread ?? 0
            try Broken.check(
                foretold == log.due.count && walrus.unreadCount(of: name) == log.due.count,
                "\(name): \(foretold) foretold, \(walrus.unreadCount(of: name)) counted")
        }
    }

    private mutating func step(_ walrus: Walrus) throws {
        let name = topic()
        guard var log = logs[name] else { return }
        switch Int.random(in: 0...5, using: &random) {
        case 0:
            let payload = payload()
            log.payloads.append(payload)
            let number = try walrus.append(payload, to: name).sequence
            try Broken.check(number == log.payloads.count, "\(name) gives the number \(number)")
        case 1:
            let batch = (0..<Int.random(in: 1...4, using: &random)).map { _ in payload() }
            log.payloads += batch
            let numbers = try walrus.append(batch: batch, to: name).sequences
            try Broken.check(
                numbers.upperBound == log.payloads.count + 1, "\(name) gives \(numbers)")
        case 2:
            let most = Int.random(in: 0...20, using: &random)
            let found = try walrus.readBatch(name, maxBytes: most, checkpoint: true)
            try Broken.check(
                found.map(\.payload) == Array(log.due.prefix(found.count)),
                "\(name): other entries than are due")
            log.consumed += found.count
        default:
            let found = try walrus.readNext(name, checkpoint: true)
            try Broken.check(found?.payload == log.due.first, "\(name): another entry than is due")
            if found != nil { log.consumed += 1 }
        }
        logs[name] = log
    }
}
