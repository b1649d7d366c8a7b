import Inspect
import TestSupport
import Testing
import WalrusFormat

/// One flipped bit in a header of a small directory is always told, and takes no more with it than
/// the rule of `EntryWalker` says.
@Suite struct HeaderDamageTests {
    /// An entry of the directory: where its header stands and how many stand before it in its
    /// block.
    struct Place: Sendable, CustomStringConvertible {
        let topic: TopicName
        let slot: Int
        let offset: Int
        let before: Int
        /// Entries in its block, and in all blocks of its topic.
        let inBlock: Int
        let inTopic: Int
        let isStamped: Bool
        var description: String { "\(topic) \(slot):\(offset)" }
    }

    /// Four topics: with stamps and without, with several entries in a block and with one.
    static let layout: [(topic: TopicName, slots: [Int: Int], isStamped: Bool)] = [
        ("orders", [0: 3, 4: 1], true), ("a_long_topic_name", [1: 3], false), ("one", [2: 1], true),
        ("1", [3: 1], false),
    ]

    private static func payload(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: 65 + number), count: 40 + 7 * number)
    }

    /// Writes the directory.
    private func write() throws -> LogWriter {
        let log = try LogWriter()
        for (topic, slots, isStamped) in Self.layout {
            var sequence: UInt64 = 1
            for (slot, count) in slots.sorted(by: { $0.key < $1.key }) {
                try log.entries(
                    (0..<count).map(Self.payload), topic, slot: slot,
                    firstSequence: isStamped ? sequence : nil)
                sequence += UInt64(count)
            }
        }
        return log
    }

    static let places: [Place] = layout.flatMap { topic, slots, isStamped in
        slots.flatMap { slot, count in
            var at = 0
            return (0..<count).map { index in
                defer { at += 256 + payload(index).count }
                return Place(
                    topic: topic, slot: slot, offset: at, before: index, inBlock: count,
                    inTopic: slots.values.reduce(0, +), isStamped: isStamped)
            }
        }
    }

    @Test func theSoundDirectoryHasNoFindings() throws {
        let log = try write()
        let state = try #require(try Scanner(log.path).scan())
        #expect(state.findings.isEmpty)
        #expect(state.entries == Self.layout.reduce(0) { $0 + $1.slots.values.reduce(0, +) })
    }

    @Test(arguments: places)
    func everyFlippedBitIsFound(place: Place) throws {
        let log = try write()
        let sound = try #require(try Scanner(log.path).scan())
        let root = place.topic.bytes.count <= 7 ? 0 : (place.topic.bytes.count + 7) / 8 * 8
        let sizeField = 2 + root + 24..<2 + root + 28
        let checksumField = 2 + root + 16..<2 + root + 24
        // Reserved bytes are all alike: a bit here and there, every bit of the others.
        let reserved = sizeField.upperBound + 4..<(place.isStamped ? 216 : 256)
        for bit in 0..<256 * 8
        where !reserved.contains(bit / 8) || bit.isMultiple(of: 29) {
            let at = place.slot * Layout.unit + place.offset + bit / 8
            try log.flip(bit: bit % 8, at: at)
            defer { try? log.flip(bit: bit % 8, at: at) }
            let state = try #require(try Scanner(log.path).scan())

            for topic in sound.topics where topic.name != place.topic {
                #expect(state.topic(topic.name) == topic, "bit \(bit) takes \(topic.name) with it")
            }
            let entries = state.topic(place.topic)?.entries ?? 0
            let isTold = state.findings.contains { $0.severity > .info }
            if place.inBlock == 1, !place.isStamped {
                // Nothing but the header itself says whose it is: another name is a sound one.
                #expect(isTold || state.topics.count == sound.topics.count, "bit \(bit)")
                #expect(isTold || state.topic(place.topic) == nil, "bit \(bit)")
            } else {
                #expect(isTold, "bit \(bit)")
            }
            #expect(entries < place.inTopic, "bit \(bit)")
            if sizeField.contains(bit / 8) {
                // No length to trust: what follows in the block may be lost, nothing else.
                #expect(entries >= place.inTopic - place.inBlock + place.before, "bit \(bit)")
            } else if checksumField.contains(bit / 8), place.isStamped {
                #expect(entries == place.inTopic - place.inBlock + place.before, "bit \(bit)")
            } else {
                #expect(entries == place.inTopic - 1, "bit \(bit)")
            }
        }
    }
}
