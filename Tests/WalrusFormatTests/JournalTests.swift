import TestSupport
import Testing

@testable import WalrusFormat

@Suite struct JournalTests {
    static let records: [(TopicName, CursorPosition)] = [
        ("orders", CursorPosition(file: DataFileName("1763670155020"), slot: 3, offset: 4_305_408)),
        ("a", .begin),
        (
            TopicName(String(repeating: "\u{e9}", count: 108)),
            CursorPosition(
                file: DataFileName("99999999999999999999"), slot: 99, offset: Layout.fileSize,
                sequence: EntryStamp.sequenceMax)
        ),
        ("", CursorPosition(file: DataFileName("0000000000"), slot: 0, offset: 0, sequence: 1)),
        ("orders", CursorPosition(file: DataFileName("1763670155021"), slot: 0, offset: 256)),
    ]

    static let base = CursorJournal.Base(index: [1, 2, 3])
    static let marksBase = CursorJournal.Base(index: nil)
    static let header = CursorJournal.encodeHeader(cursors: base, marks: marksBase)

    private func image() -> (bytes: [UInt8], ends: [Int]) {
        var bytes = Self.header
        var ends = [bytes.count]
        for (topic, position) in Self.records {
            bytes += CursorJournal.encode(.cursor(topic, position))
            ends.append(bytes.count)
        }
        return (bytes, ends)
    }

    /// What the first `count` records say.
    private func map(_ count: Int) -> [TopicName: CursorPosition] {
        Dictionary(Self.records.prefix(count)) { $1 }
    }

    @Test func roundTrip() throws {
        let (bytes, ends) = image()
        #expect(ends[0] == CursorJournal.headerSize)
        let contents = try CursorJournal.decode(bytes)
        #expect(contents.cursorIndexes == [Self.base] && contents.cleanIndexes == [Self.marksBase])
        #expect(contents.cursors == map(5))
        #expect(contents.recordCount == 5)
        #expect(contents.end == bytes.count)
        #expect(contents.tornTail == nil)
    }

    /// Every kind of record, and what the journal says in the end.
    @Test func everyKind() throws {
        let counter = TopicCounter(
            sequence: 7, reclaimed: EntryStamp.sequenceMax, timestamp: 1 << 60, consumed: 6)
        let next = CursorJournal.Base(index: [4])
        let records: [CursorJournal.Record] = [
            .mark("t", CleanMark(isClean: false, generation: 1)),
            .mark("u", CleanMark(isClean: false, generation: .max)),
            .cursor("t", Self.records[0].1), .counter("t", counter),
            .mark("t", CleanMark(isClean: true, generation: 2)), .nextCursorIndex(next),
        ]
        let bytes = Self.header + records.flatMap { CursorJournal.encode($0) }
        let contents = try CursorJournal.decode(bytes)
        #expect(
            contents.marks == [
                "t": CleanMark(isClean: true, generation: 2),
                "u": CleanMark(isClean: false, generation: .max),
            ])
        #expect(contents.counters == ["t": counter])
        #expect(contents.cursors == ["t": Self.records[0].1])
        #expect(contents.cursorIndexes == [Self.base, next] && contents.hasAnnouncements)
        #expect(contents.cleanIndexes == [Self.marksBase])
        #expect(contents.recordCount == 4 && contents.end == bytes.count)
        let other = try CursorJournal.decode(
            Self.header + CursorJournal.encode(.nextCleanIndex(next)))
        #expect(other.cleanIndexes == [Self.marksBase, next])
    }

    /// What a newer version wrote is not half understood.
    @Test func newerVersionsAreErrors() throws {
        var record = CursorJournal.encode(.cursor("t", .begin))
        record[6] = 6
        let crc = CRC32C.hash(Array(record[4...]))
        for at in 0..<4 { record[at] = UInt8(truncatingIfNeeded: crc >> (8 * UInt32(at))) }
        #expect(throws: FormatError.self) { try CursorJournal.decode(Self.header + record) }
        for at in [0, 3, 4] {
            var header = Self.header
            header[at] ^= 1
            let crc = CRC32C.hash(Array(header[..<52]))
            for at in 0..<4 {
                header[52 + at] = UInt8(truncatingIfNeeded: crc >> (8 * UInt32(at)))
            }
            #expect(throws: FormatError.self) { try CursorJournal.decode(header) }
        }
    }

    /// Names that the index files could not hold, and numbers that nobody can count on from.
    @Test func recordsThatNobodyWrites() {
        let far = EntryStamp.sequenceMax + 1
        let records: [CursorJournal.Record] = [
            .cursor(TopicName(bytes: [0xff]), .begin),
            .mark(TopicName(bytes: [0xc3]), CleanMark(isClean: true, generation: 1)),
            .cursor("t", CursorPosition(file: nil, slot: 0, offset: 0, sequence: far)),
            .counter("t", TopicCounter(sequence: far, reclaimed: 0, timestamp: 0, consumed: 0)),
            .counter("t", TopicCounter(sequence: 0, reclaimed: far, timestamp: 0, consumed: 0)),
            .counter("t", TopicCounter(sequence: 0, reclaimed: 0, timestamp: 0, consumed: far)),
        ]
        for record in records {
            #expect(throws: FormatError.self) {
                try CursorJournal.decode(Self.header + CursorJournal.encode(record))
            }
        }
    }

    @Test func theBaseTellsIndexFilesApart() {
        #expect(CursorJournal.Base(index: nil) != CursorJournal.Base(index: []))
        #expect(CursorJournal.Base(index: [0]) != CursorJournal.Base(index: [0, 0]))
        #expect(CursorJournal.Base(index: [1]) != CursorJournal.Base(index: [2]))
    }

    /// Whatever was written of the last record: those before it count, and only they.
    @Test func tornAtEveryLength() throws {
        let (bytes, ends) = image()
        for length in 0..<bytes.count {
            let cut = Array(bytes[..<length])
            guard length >= CursorJournal.headerSize else {
                #expect(throws: FormatError.self) { try CursorJournal.decode(cut) }
                continue
            }
            let whole = ends.lastIndex { $0 <= length } ?? 0
            let contents = try CursorJournal.decode(cut)
            #expect(contents.recordCount == whole)
            #expect(contents.cursors == map(whole))
            #expect(contents.end == ends[whole])
            #expect((contents.tornTail == nil) == (length == ends[whole]))
        }
    }

    /// A tail of zeros is room for records to come; something behind it is the rest of one.
    @Test func roomBehindTheRecords() throws {
        let (bytes, ends) = image()
        for count in [1, 47, 48, 200] {
            let room = [UInt8](repeating: 0, count: count)
            let contents = try CursorJournal.decode(bytes + room)
            #expect(contents.end == ends[5] && contents.tornTail == nil)
            let torn = try CursorJournal.decode(bytes + room + [1])
            #expect(torn.end == ends[5] && torn.tornTail != nil)
        }
    }

    @Test func everyFlippedBitShows() throws {
        let (bytes, ends) = image()
        for bit in 0..<8 * bytes.count {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let contents = try? CursorJournal.decode(changed) else {
                #expect(bit / 8 < CursorJournal.headerSize)
                continue
            }
            let hit = ends.lastIndex { $0 <= bit / 8 }
            #expect(contents.recordCount == hit && contents.tornTail != nil, "bit \(bit)")
        }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom.fromEnvironment("JournalTests.randomBytesNeverTrap")
        for round in 0..<5_000 {
            var body = random.bytes(round % 150)
            if body.count >= 52 {
                // Right by its CRC, so that what is inside gets looked at.
                body[4] = 0
                body[5] = 0
                let crc = CRC32C.hash(Array(body[4..<48]))
                for at in 0..<4 { body[at] = UInt8(truncatingIfNeeded: crc >> (8 * UInt32(at))) }
            }
            _ = try? CursorJournal.decode(Self.header + body)
            _ = try? CursorJournal.decode(body)
        }
    }

    @Test func order() {
        let place = Self.records[0].1
        let later = Self.records[4].1
        #expect(place.precedes(later) && !later.precedes(place) && !place.precedes(place))
        #expect(CursorPosition.begin.precedes(place) && !place.precedes(.begin))
        #expect(!CursorPosition.begin.precedes(.begin))
    }
}
