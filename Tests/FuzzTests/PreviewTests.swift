import FuzzTargets
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// `RecoveryPreview` against what then happens.
@Suite struct PreviewTests {
    private static let corpus = FilePath(#filePath).removingLastComponent().appending("Corpus")

    @Test(arguments: Fixture.names) func fixtures(name: String) throws {
        let fixture = try Fixture(name)
        let outcome = try PreviewCheck.run(fixture.path)
        #expect(outcome.isComparedWithReference)
        #expect(outcome.dropped == 0 && outcome.setAside == 0, "\(outcome)")
    }

    /// Directories as fuzzing makes them: of its corpus, and at random.
    @Test func whatFuzzingFound() throws {
        let folder = Self.corpus.appending("directory")
        for name in try Directory.list(folder).map(\.name).sorted() {
            let bytes = try #require(try Directory.contents(of: folder.appending(name)))
            #expect(throws: Never.self, "\(name)") { try PreviewCheck.run(bytes) }
        }
    }

    @Test func atRandom() throws {
        var random = SeededRandom.fromEnvironment("PreviewTests.atRandom")
        var sum = PreviewCheck.Outcome()
        for round in 0..<400 {
            let bytes = random.bytes(Int.random(in: 20...600, using: &random))
            let outcome: PreviewCheck.Outcome
            do { outcome = try PreviewCheck.run(bytes) } catch {
                Issue.record("round \(round): \(error)")
                continue
            }
            sum.dropped += outcome.dropped
            sum.setAside += outcome.setAside
            sum.corrected += outcome.corrected
            sum.reclaimed += outcome.reclaimed
            sum.hazards += outcome.hazards
        }
        #expect(sum.dropped > 0 && sum.setAside > 0 && sum.corrected > 0, "\(sum)")
        #expect(sum.reclaimed > 0 && sum.hazards > 0, "\(sum)")
    }

    /// What an engine leaves, with cursors and damage as they come.
    @Test func whatAnEngineLeaves() throws {
        var random = SeededRandom.fromEnvironment("PreviewTests.whatAnEngineLeaves")
        var sum = PreviewCheck.Outcome()
        for round in 0..<40 {
            let log = try LogWriter(inMemory: true)
            try fill(log, &random)
            do {
                let outcome = try PreviewCheck.run(log.path)
                #expect(outcome.isComparedWithReference || outcome.setAside > 0)
                sum.again += outcome.again
                sum.skipped += outcome.skipped
                sum.hidden += outcome.hidden
                sum.extra += outcome.extra
                sum.stuck += outcome.stuck
                sum.dropped += outcome.dropped
                sum.corrected += outcome.corrected
            } catch { Issue.record("round \(round): \(error)") }
        }
        // Or it was about nothing.
        #expect(sum.again > 0 && sum.skipped > 0 && sum.hidden > 0 && sum.extra > 0, "\(sum)")
        #expect(sum.stuck > 0 && sum.dropped > 0 && sum.corrected > 0, "\(sum)")
    }

    /// A log in use, and the same after it was closed: the reference knows what is in the index.
    @Test func aLogInUse() throws {
        let place = try TempDirectory(inMemory: true)
        let (log, copy) = (place.path.appending("wal"), place.path.appending("copy"))
        var configuration = Configuration(directory: log, key: nil)
        configuration.writesMetrics = false
        configuration.looksForStrangers = false
        configuration.servesControl = false
        let walrus = try Walrus(configuration)
        for number in 0..<300 { try walrus.append(Array("\(number)".utf8), to: "orders") }
        for _ in 0..<70 { _ = try walrus.readNext("orders", checkpoint: true) }
        func preview() throws -> PreviewCheck.Outcome {
            try Shell.run("rm -rf '\(copy)'; cp -a --sparse=always '\(log)' '\(copy)'")
            return try PreviewCheck.run(copy)
        }
        // Nothing but the journal knows of the 70 yet.
        let open = try preview()
        #expect(open.again == 70 && open.isComparedWithReference)
        try walrus.close()
        let closed = try preview()
        #expect(closed.again == 0 && closed.corrected == 0 && closed.isComparedWithReference)
    }

    private static let topics: [TopicName] = ["a", "orders", "a topic with a longer name"]

    /// Blocks of stamped entries, a cut batch at the end of some, cursors in the index and in the
    /// journal, and a flipped bit or two.
    private func fill(_ log: LogWriter, _ random: inout SeededRandom) throws {
        var blocks: [TopicName: [(file: String, slot: Int, offsets: [Int])]] = [:]
        var sequences: [TopicName: UInt64] = [:]
        for number in 0..<3 {
            let name = LogWriter.name(number)
            try log.create(name)
            for slot in 0..<Int.random(in: 1...3, using: &random) {
                let topic = Self.topics.randomElement(using: &random) ?? "a"
                var offsets = [0]
                for _ in 0..<Int.random(in: 1...12, using: &random) {
                    let payload = random.bytes(Int.random(in: 0...90, using: &random))
                    sequences[topic, default: 0] += 1
                    offsets.append(
                        try log.entry(
                            payload, topic, file: name, slot: slot, at: offsets[offsets.count - 1],
                            stamp: EntryStamp(sequence: sequences[topic] ?? 1, timestamp: 5)))
                }
                blocks[topic, default: []].append((name, slot, offsets))
            }
        }
        var stored: [TopicName: StoredCursor] = [:]
        var records: [(TopicName, CursorPosition)] = []
        for (topic, list) in blocks.sorted(by: { $0.key < $1.key }) {
            let last = list[list.count - 1]
            if Bool.random(using: &random) {
                // The first of three entries, the other two are missing.
                try log.entry(
                    [1], topic, file: last.file, slot: last.slot,
                    at: last.offsets[last.offsets.count - 1],
                    stamp: EntryStamp(
                        batchCount: 3, sequence: (sequences[topic] ?? 0) + 1, timestamp: 6))
            }
            let index = Int.random(in: 0..<list.count, using: &random)
            let offset = list[index].offsets.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<6, using: &random) {
            case 0: break
            case 1: stored[topic] = .tail(blockID: UInt64(1 + index * 2), offset: offset)
            case 2: stored[topic] = .chain(index + 1, offset: offset)
            case 3: stored[topic] = .chain(index, offset: max(0, offset - 3))
            default: stored[topic] = .chain(index, offset: offset)
            }
            guard Bool.random(using: &random) else { continue }
            let block = list.randomElement(using: &random) ?? last
            records.append(
                (
                    topic,
                    CursorPosition(
                        file: DataFileName(block.file), slot: block.slot,
                        offset: block.offsets.randomElement(using: &random) ?? 0)
                ))
        }
        try log.cursors(stored)
        if !records.isEmpty { try log.journal(records, stale: Bool.random(using: &random)) }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let block = blocks.values.joined().randomElement(using: &random)
            guard let block, let at = block.offsets.dropLast().randomElement(using: &random) else {
                continue
            }
            try log.flip(
                file: block.file, bit: Int.random(in: 0..<8, using: &random),
                at: block.slot * 10_485_760 + at + Int.random(in: 0..<300, using: &random))
        }
    }
}
