import Synchronization
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Many writers and readers, on topics that all of them use and on some of their own.
@Suite struct SharedTopicTests {
    private static let writers = 4
    private static let readers = 4
    private static let each = 60

    /// What a reader got, in its order.
    private struct Received {
        var reader: Int
        var sequence: UInt64
        var payload: [UInt8]
    }

    private static var topics: [TopicName] {
        ["shared", "batches"] + (0..<writers).map { TopicName("own \($0)") }
    }

    /// Entries that writer `index` has to append to a topic, told by their first two bytes.
    private static func write(_ walrus: Walrus, _ index: Int) throws {
        for number in 0..<each {
            let payload = [UInt8(index), UInt8(number)] + [UInt8](repeating: 7, count: number)
            try walrus.append(payload, to: "shared")
            try walrus.append(payload, to: TopicName("own \(index)"))
            guard number % 4 == 3 else { continue }
            let batch = (number - 3...number).map { [UInt8(index), UInt8($0)] }
            while true {
                do throws(EngineError) {
                    try walrus.append(batch: batch, to: "batches")
                    break
                } catch {
                    guard error.code == .batchInProgress else { throw error }
                }
            }
        }
    }

    /// One look at a topic, each in another way.
    private static func read(_ walrus: Walrus, _ topic: TopicName, _ turn: Int) throws -> [Entry] {
        switch turn % 4 {
        case 0: return try walrus.readBatch(topic, maxBytes: 200, checkpoint: true)
        case 1:
            _ = try walrus.readBatch(topic, maxBytes: 100, checkpoint: false)
            return try walrus.readNext(topic, checkpoint: true).map { [$0] } ?? []
        case 2:
            _ = try walrus.readNext(topic, checkpoint: false)
            return try walrus.readBatch(topic, maxBytes: 0, checkpoint: true)
        default: return try walrus.readNext(topic, checkpoint: true).map { [$0] } ?? []
        }
    }

    @Test(arguments: StorageBackend.allCases)
    func everyEntryGoesToOneReaderOnce(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.open(.strictlyAtOnce, .milliseconds(1))
        let received = Mutex<[TopicName: [Received]]>([:])
        let (failures, done) = (Counter(), Counter())
        let total = 3 * Self.writers * Self.each
        Thread.forEach(Self.writers + Self.readers, threads: Self.writers + Self.readers) { index in
            do {
                guard index >= Self.writers else { return try Self.write(walrus, index) }
                var turn = index
                while done.value < total, failures.value == 0 {
                    for topic in Self.topics {
                        turn += 1
                        let entries = try Self.read(walrus, topic, turn)
                        received.withLock { received in
                            received[topic, default: []] += entries.map {
                                Received(
                                    reader: index, sequence: $0.sequence ?? 0, payload: $0.payload)
                            }
                        }
                        for _ in entries { done.add() }
                    }
                }
            } catch {
                failures.add()
            }
        }
        #expect(failures.value == 0)
        let all = received.withLock { $0 }
        for topic in Self.topics {
            let got = all[topic] ?? []
            let isOwn = topic.text.hasPrefix("own")
            let expected = UInt64(isOwn ? Self.each : Self.writers * Self.each)
            // Every running number once, whoever had it.
            #expect(got.map(\.sequence).sorted() == Array(1...expected))
            #expect(Set(got.map { Array($0.payload.prefix(2)) }).count == got.count)
            for reader in Self.writers..<Self.writers + Self.readers {
                let numbers = got.filter { $0.reader == reader }.map(\.sequence)
                #expect(numbers == numbers.sorted())
            }
            let inOrder = got.sorted { $0.sequence < $1.sequence }
            for writer in 0..<Self.writers {
                let numbers = inOrder.filter { $0.payload[0] == writer }.map { $0.payload[1] }
                #expect(numbers == numbers.sorted())
            }
        }
        try walrus.close()
        // Strict: what was handed out is not handed out again.
        try place.session { walrus throws in
            for topic in Self.topics {
                #expect(try walrus.readNext(topic, checkpoint: true) == nil)
            }
        }
    }
}
