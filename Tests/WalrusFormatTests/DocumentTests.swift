import SystemPackage
import TestSupport
import Testing
import WalrusIO

@testable import WalrusFormat

/// `docs/format.md` says what the code does.
@Suite struct DocumentTests {
    private let lines: [Substring]

    init() throws {
        let path = ReferenceLog.root.removingLastComponent().removingLastComponent()
            .appending("docs").appending("format.md")
        let text = try #require(try Directory.contents(of: path))
        lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    }

    /// The second cell of the table's row that begins with `name`.
    private func value(_ name: String) -> Int? {
        for line in lines {
            let cells = line.split(separator: "|").map { $0.filter { $0 != " " } }
            if cells.count == 2, cells[0] == name.filter({ $0 != " " }) { return Int(cells[1]) }
        }
        return nil
    }

    @Test func sizes() {
        #expect(value("unit (slot)") == Layout.unit)
        #expect(value("units in a file") == Layout.unitsPerFile)
        #expect(value("data file") == Layout.fileSize)
        #expect(value("entry header") == Layout.headerSize)
        #expect(value("longest topic name") == Layout.topicLengthMax)
        #expect(value("longest payload") == Layout.payloadLengthMax)
        #expect(Layout.fileSize == Layout.unit * Layout.unitsPerFile)
        #expect(Layout.units(forPayloadLength: 0) == 1)
        #expect(Layout.units(forPayloadLength: Layout.unit - 256) == 1)
        #expect(Layout.units(forPayloadLength: Layout.unit - 255) == 2)
        #expect(Layout.units(forPayloadLength: Layout.payloadLengthMax) == Layout.unitsPerFile)
    }

    /// Where the page puts a field, by the words that begin its description.
    private func offset(_ description: String, after section: String) -> Int? {
        lines.drop { !$0.hasPrefix("## ") || !$0.contains(section) }
            .first { $0.hasPrefix(" ") && $0.contains(description) }
            .flatMap { $0.split(separator: " ").lazy.compactMap { Int($0) }.first }
    }

    @Test func extensionFields() {
        let section = "The extension of an entry"
        #expect(offset("magic \"WSX1\"", after: section) == EntryStamp.offset)
        #expect(offset("batch index:", after: section) == 220)
        #expect(offset("batch count:", after: section) == 224)
        #expect(offset("flags", after: section) == 228)
        #expect(offset("sequence:", after: section) == 232)
        #expect(offset("timestamp:", after: section) == 240)
        #expect(offset("CRC-32C", after: section) == 252)
        let page = lines.joined(separator: "\n")
        #expect(page.contains("up to \(Layout.extendedTopicLengthMax) bytes"))
    }

    @Test func journalFields() {
        let section = "The journal"
        #expect(offset("CRC-32C of bytes 0..52", after: section) == CursorJournal.headerSize - 4)
        #expect(offset("u16  kind", after: section) == 6)
        #expect(offset("the topic, padded", after: section) == CursorJournal.recordSize)
        let record = CursorJournal.encode(
            .cursor(
                "123456789",
                CursorPosition(
                    file: DataFileName("1763670155020"), slot: 3, offset: 7, sequence: 9)))
        #expect(record.count == CursorJournal.recordSize + 16)
        #expect(Array(record[4..<8]) == [9, 0, 0, 0])
        #expect(Array(record[8..<16]) == [9, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(record[16..<24]) == [3, 0, 0, 0, 7, 0, 0, 0])
        #expect(Array(record[24..<44]) == Array("1763670155020".utf8) + [0, 0, 0, 0, 0, 0, 0])
        #expect(Array(record[44..<48]) == [0, 0, 0, 0])
        #expect(Array(record[48...]) == Array("123456789".utf8) + [0, 0, 0, 0, 0, 0, 0])
        let counter = CursorJournal.encode(
            .counter(
                "t", TopicCounter(sequence: 1, reclaimed: 2, timestamp: 3, consumed: 4)))
        #expect(counter[6] == 3 && counter[8] == 1 && counter[16] == 2 && counter[24] == 3)
        #expect(counter[32] == 4)
        let mark = CursorJournal.encode(.mark("t", CleanMark(isClean: true, generation: 5)))
        #expect(mark[6] == 2 && mark[8] == 5)
        #expect(CursorJournal.encode(.nextCleanIndex(.init(index: nil)))[6] == 5)
    }

    @Test func snapshotFields() {
        let section = "The snapshot"
        #expect(offset("magic \"WSS2\"", after: section) == 0)
        #expect(offset("length of the file", after: section) == 8)
        #expect(offset("boot id", after: section) == SnapshotImage.headerSize)
    }
}
