import TestSupport
import Testing

@testable import WalrusFormat

/// A file in memory, zero after its bytes, that counts what is read of it.
private final class Image {
    var bytes: [UInt8]
    let size: Int
    private(set) var read = 0

    init(_ bytes: [UInt8], size: Int = Layout.fileSize) {
        self.bytes = bytes
        self.size = size
    }

    func walker() -> EntryWalker {
        unsafe EntryWalker { [self] offset, buffer in
            let count = max(0, min(buffer.count, size - offset))
            for at in 0..<count {
                unsafe buffer[at] = offset + at < bytes.count ? bytes[offset + at] : 0
            }
            read += count
            return count
        }
    }

    /// The block at the beginning, and what a walk over it came by.
    func walk(from offset: Int = 0, verify: Bool = true) throws -> (
        frame: BlockFrame, entries: [WalkedEntry], end: WalkEnd
    )? {
        var walker = walker()
        guard let frame = try walker.frame(at: 0) else { return nil }
        var entries: [WalkedEntry] = []
        let end = try unsafe walker.walk(frame, from: offset, verify: verify) { entry, _ in
            entries.append(entry)
            return true
        }
        return (frame, entries, end)
    }
}

@Suite struct WalkerTests {
    private func entry(_ payload: [UInt8], stamp: EntryStamp? = nil) -> [UInt8] {
        EntryHeader(
            topic: "topic", blockEnd: Layout.unit, checksum: FNV1a.hash(payload),
            payloadLength: payload.count, stamp: stamp
        ).encoded() + payload
    }

    private func image(_ count: Int, stamped: Bool = false) -> [UInt8] {
        (0..<count).flatMap { number in
            entry(
                [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 3 * number % 250),
                stamp: stamped ? EntryStamp(sequence: UInt64(number + 1), timestamp: 1) : nil)
        }
    }

    @Test func everyEntryOnce() throws {
        let file = Image(image(1_000))
        let walk = try #require(try file.walk())
        #expect(walk.frame == BlockFrame(start: 0, length: Layout.unit, topic: "topic"))
        #expect(walk.entries.count == 1_000 && walk.entries.allSatisfy { $0.damage == nil })
        #expect(walk.end == WalkEnd(offset: file.bytes.count))
        #expect(zip(walk.entries, walk.entries.dropFirst()).allSatisfy { $0.end == $1.offset })
        let headers = try #require(try file.walk(verify: false))
        #expect(headers.entries.map(\.offset) == walk.entries.map(\.offset))
        #expect(headers.entries.map(\.checksum) == walk.entries.map(\.checksum))
        for index in [1, 500, 999] {
            let rest = try #require(try file.walk(from: walk.entries[index].offset))
            #expect(rest.entries.map(\.offset) == walk.entries[index...].map(\.offset))
        }
        #expect(try Image([]).walk() == nil)
    }

    @Test func theVisitorStopsIt() throws {
        let file = Image(image(300))
        var walker = file.walker()
        let frame = try #require(try walker.frame(at: 0))
        for verify in [false, true] {
            for stop in [1, 64, 65, 299] {
                var seen = 0
                let end = try unsafe walker.walk(frame, verify: verify) { _, _ in
                    seen += 1
                    return seen < stop
                }
                #expect(seen == stop && end.stopped)
            }
        }
    }

    @Test func errorsOfReadingComeThrough() throws {
        struct Failure: Error {}
        var walker = unsafe EntryWalker { _, _ in throw Failure() }
        #expect(throws: Failure.self) { try walker.frame(at: 0) }
        let frame = BlockFrame(start: 0, length: Layout.unit, topic: "t")
        #expect(throws: Failure.self) { try unsafe walker.walk(frame) { _, _ in true } }
    }

    /// A block that is full to its last byte, and one with room for half a header.
    @Test func theEndOfTheBlock() throws {
        let entry = entry([UInt8](repeating: 1, count: 1_048_320 - 256))
        #expect(entry.count == 1_048_320)
        let ten = (0..<10).flatMap { _ in entry }
        let rest = Layout.unit - ten.count
        for left in [0, 1, 255, 256] {
            let last = self.entry([UInt8](repeating: 2, count: rest - 256 - left))
            let next = self.entry([3])
            let walk = try #require(try Image(ten + last + next).walk())
            // What begins in the last 256 bytes is an entry only where its payload fits too.
            #expect(walk.entries.count == 11)
            #expect(walk.end.offset == Layout.unit - left)
            #expect((walk.end.lost != nil) == (left == 256))
        }
    }

    /// Behind a damaged first entry that fills its block stands the next block, whose headers say
    /// nothing of this one.
    @Test func theNextBlockDoesNotVote() throws {
        func entry(_ topic: TopicName, _ length: Int, end: Int) -> [UInt8] {
            let payload = [UInt8](repeating: 7, count: length)
            return EntryHeader(
                topic: topic, blockEnd: end, checksum: FNV1a.hash(payload), payloadLength: length,
                stamp: nil
            ).encoded() + payload
        }
        let other = (0..<2).flatMap { entry("other", $0, end: 2 * Layout.unit) }
        let full = entry("topic", Layout.unit - 256, end: Layout.unit)
        var alone = Image(full + other, size: 2 * Layout.unit).walker()
        #expect(try alone.frame(at: 0)?.topic == "topic")
        var damaged = full
        damaged.replaceSubrange(0..<2, with: [0, 0])
        var first = Image(damaged + other, size: 2 * Layout.unit).walker()
        #expect(try first.frame(at: 0) == nil)
        #expect(try first.frame(at: Layout.unit)?.topic == "other")
        // The one entry that is left tells; those behind it are others'.
        var begins = entry("topic", 1_000, end: Layout.unit)
        begins.replaceSubrange(0..<2, with: [0, 0])
        let rest = entry("topic", Layout.unit - 2 * 256 - 1_000, end: Layout.unit)
        var second = Image(begins + rest + other, size: 2 * Layout.unit).walker()
        let frame = BlockFrame(start: 0, length: Layout.unit, topic: "topic")
        #expect(try second.frame(at: 0) == frame)
    }

    /// Whatever stands in a block: a walk ends, goes forward, and calls sound only what is.
    @Test func randomDamage() throws {
        var random = SeededRandom.fromEnvironment("WalkerTests.randomDamage")
        for round in 0..<300 {
            let file = Image(image(12, stamped: round.isMultiple(of: 2)), size: 2 * Layout.unit)
            let sound = try #require(try file.walk()).entries.map(\.offset)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let at = Int.random(in: file.bytes.indices, using: &random)
                switch random.next() % 3 {
                case 0: file.bytes[at] ^= 1 << UInt8(random.next() % 8)
                case 1: file.bytes[at] = 0xff
                default:
                    let end = min(at + 300, file.bytes.count)
                    file.bytes.replaceSubrange(at..<end, with: random.bytes(end - at))
                }
            }
            guard let (frame, entries, end) = try file.walk() else { continue }
            var last = 0
            for entry in entries {
                #expect(entry.offset >= last && entry.end <= frame.length)
                last = entry.end
                guard entry.damage == nil else { continue }
                let start = entry.offset + 256
                let payload = (start..<entry.end).map { $0 < file.bytes.count ? file.bytes[$0] : 0 }
                #expect(entry.checksum == FNV1a.hash(payload))
                #expect(sound.contains(entry.offset))
            }
            #expect(end.offset == last)
        }
    }

    /// Headers that name lengths which nothing bears out: a bounded number of bytes is read.
    @Test func readingIsBounded() throws {
        // Sound for a topic of 8 bytes and empty; for the block's own topic, megabytes long.
        var hostile = EntryHeader(
            topic: "12345678", blockEnd: Layout.unit, checksum: FNV1a.hash([]), payloadLength: 0,
            stamp: nil
        ).encoded()
        hostile[255] = 1
        hostile.replaceSubrange(26..<30, with: [0, 0, 0x80, 0])
        let file = Image(
            image(3) + (0..<1_000).flatMap { _ in hostile }, size: 2 * Layout.unit)
        let walk = try #require(try file.walk())
        #expect(walk.entries.count { $0.damage == nil } == 3)
        #expect(file.read < 10 * Layout.unit)
    }
}
