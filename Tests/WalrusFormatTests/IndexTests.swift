import SystemPackage
import TestSupport
import Testing
import WalrusIO

@testable import WalrusFormat

@Suite struct IndexTests {
    static let counts = [0, 1, 2, 3, 4, 5, 10, 37, 100, 250, 1_000]
    static let folder = ReferenceLog.root.appending("index")

    private func file(_ name: String) throws -> [UInt8] {
        try #require(try Directory.contents(of: Self.folder.appending(name)))
    }

    /// The lines of a csv file after the first, as fields.
    private func rows(_ name: String) throws -> [[Substring]] {
        String(decoding: try file(name), as: UTF8.self).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
    }

    private func cursors(_ count: Int) throws -> [TopicName: StoredCursor] {
        var map: [TopicName: StoredCursor] = [:]
        for row in try rows("offset_\(count).csv") {
            map[try #require(TopicName(hex: row[0]))] = StoredCursor(
                blockIndex: try #require(UInt64(row[1])), offset: try #require(UInt64(row[2])))
        }
        return map
    }

    private func marks(_ count: Int) throws -> [TopicName: CleanMark] {
        var map: [TopicName: CleanMark] = [:]
        for row in try rows("clean_\(count).csv") {
            map[try #require(TopicName(hex: row[0]))] = CleanMark(
                isClean: row[2] == "1", generation: try #require(UInt64(row[1])))
        }
        return map
    }

    @Test(arguments: counts)
    func theBytesOfTheReference(count: Int) throws {
        let cursors = try cursors(count)
        let marks = try marks(count)
        #expect(cursors.count == count && marks.count == count)
        let cursorImage = try file("offset_\(count).db")
        let cleanImage = try file("clean_\(count).db")
        #expect(CursorIndexImage.encode(cursors) == cursorImage)
        #expect(CleanIndexImage.encode(marks) == cleanImage)
        #expect(try CursorIndexImage.decode(cursorImage) == cursors)
        #expect(try CleanIndexImage.decode(cleanImage) == marks)
        #expect(CursorIndexImage.hasSoundTable(cursorImage))
        #expect(CleanIndexImage.hasSoundTable(cleanImage))
    }

    /// Names for which no seed is found in any time: the image is made all the same, and is read.
    @Test func namesThatAllCollide() throws {
        let count = 40
        var cursors: [TopicName: StoredCursor] = [:]
        var number = 0
        while cursors.count < count {
            let name = TopicName("topic \(number)")
            number += 1
            guard SeaHash.hash(name.bytes) % UInt64(count) == 7 else { continue }
            cursors[name] = StoredCursor(blockIndex: UInt64(number), offset: 256)
        }
        let image = CursorIndexImage.encode(cursors)
        #expect(try CursorIndexImage.decode(image) == cursors)
        #expect(!CursorIndexImage.hasSoundTable(image))
    }

    @Test func anEmptyFileIsAnEmptyMap() throws {
        #expect(try CursorIndexImage.decode([]).isEmpty)
        #expect(try CleanIndexImage.decode([]).isEmpty)
    }

    /// The cursors of the fixture "small".
    @Test func theWorkedExample() throws {
        let image = CursorIndexImage.encode([
            "alpha": .tail(blockID: 1, offset: 24_451), "g": .tail(blockID: 3, offset: 64_088),
        ])
        let hex = """
            00000000010000000100000000000080835f000000000000616c7068610000050300000000000080\
            58fa000000000000670000000000000102000000c4ffffffc8ffffff
            """
        #expect(Hex.encode(image) == hex)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 10, 37])
    func everyTruncationIsAnErrorOrSmall(count: Int) throws {
        for name in ["offset_\(count).db", "clean_\(count).db"] {
            let image = try file(name)
            for length in 1..<image.count {
                let cut = Array(image[..<length])
                #expect(throws: FormatError.self) { try CursorIndexImage.decode(cut) }
                #expect(throws: FormatError.self) { try CleanIndexImage.decode(cut) }
            }
        }
    }

    /// A flipped bit is an error, or another value, or a table that does not lead to every key:
    /// never a trap. Only another seed that leads to the same slots goes unnoticed.
    @Test(arguments: [1, 2, 3, 4, 5, 10])
    func everyFlippedBitShows(count: Int) throws {
        let cursors = try cursors(count)
        let marks = try marks(count)
        let cursorImage = try file("offset_\(count).db")
        for bit in 0..<8 * cursorImage.count {
            var image = cursorImage
            image[bit / 8] ^= 1 << UInt8(bit % 8)
            let found = try? CursorIndexImage.decode(image)
            #expect(
                found != cursors || !CursorIndexImage.hasSoundTable(image)
                    || isSeed(image, bit, count), "bit \(bit)")
        }
        let cleanImage = try file("clean_\(count).db")
        for bit in 0..<8 * cleanImage.count {
            var image = cleanImage
            image[bit / 8] ^= 1 << UInt8(bit % 8)
            let found = try? CleanIndexImage.decode(image)
            #expect(
                found != marks || !CleanIndexImage.hasSoundTable(image)
                    || isSeed(image, bit, count), "bit \(bit)")
        }
    }

    /// Whether the bit belongs to a seed in the table, which another seed may replace.
    private func isSeed(_ image: [UInt8], _ bit: Int, _ count: Int) -> Bool {
        bit < 32 * count && image[bit / 32 * 4 + 3] & 0x80 != 0
    }

    @Test func hostileCountsAndOffsets() {
        func root(_ count: UInt32, _ displace: Int32, _ entries: Int32, before: Int) -> [UInt8] {
            var image = [UInt8](repeating: 0, count: before)
            image.appendLittleEndian(count)
            image.appendLittleEndian(displace)
            image.appendLittleEndian(entries)
            return image
        }
        for count in [1, 2, 1_000, 0x7fff_ffff, 0x8000_0000, .max] as [UInt32] {
            for offset in [0, -4, -16, .min, .max] as [Int32] {
                for before in [0, 1, 8, 27, 28, 64] {
                    let image = root(count, offset, offset, before: before)
                    _ = try? CursorIndexImage.decode(image)
                    _ = try? CleanIndexImage.decode(image)
                    _ = CursorIndexImage.hasSoundTable(image)
                }
            }
        }
        for length in 0..<200 {
            let bytes = [UInt8](repeating: 0xff, count: length)
            #expect((try? CursorIndexImage.decode(bytes))?.isEmpty != false)
        }
    }

    @Test func stringsOutsideTheFile() throws {
        // One key of eight bytes: its entry stands at 16, its string at 32.
        let sound = CursorIndexImage.encode(["12345678": .chain(1, offset: 2)])
        for length in [0, 7, 8, 13, 0x7fff_ffff, 0x8000_0008, .max] as [UInt32] {
            for offset in [0, -28, -27, -29, -33, 4, .min, .max] as [Int32] {
                guard (length, offset) != (8, -28) else { continue }
                var image = sound
                var string: [UInt8] = []
                string.appendLittleEndian(length)
                string.appendLittleEndian(offset)
                image.replaceSubrange(32..<40, with: string)
                #expect(throws: FormatError.self) { try CursorIndexImage.decode(image) }
            }
        }
    }

    @Test func randomBytesNeverTrap() throws {
        var random = SeededRandom.fromEnvironment("IndexTests.randomBytesNeverTrap")
        let sound = try counts37()
        for round in 0..<5_000 {
            var image = round.isMultiple(of: 3) ? random.bytes(round % 300) : sound
            if !round.isMultiple(of: 3) {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    image[Int.random(in: image.indices, using: &random)] = UInt8(
                        truncatingIfNeeded: random.next())
                }
            }
            _ = try? CursorIndexImage.decode(image)
            _ = try? CleanIndexImage.decode(image)
            _ = CursorIndexImage.hasSoundTable(image)
            _ = CleanIndexImage.hasSoundTable(image)
        }
    }

    private func counts37() throws -> [UInt8] { try file("offset_37.db") }

    /// The file of a directory with very many topics is written in a moment.
    @Test func manyTopics() throws {
        var map: [TopicName: StoredCursor] = [:]
        for number in 0..<20_000 {
            map[TopicName("topic-\(number)")] = .chain(number, offset: number)
        }
        let image = CursorIndexImage.encode(map)
        #expect(try CursorIndexImage.decode(image) == map)
        #expect(CursorIndexImage.hasSoundTable(image))
    }
}
