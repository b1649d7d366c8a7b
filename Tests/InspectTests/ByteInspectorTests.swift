import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import Inspect

/// The fields of every byte, in sound files and in any other.
@Suite struct ByteInspectorTests {
    private let log: LogWriter
    private let inspector: ByteInspector

    init() throws {
        log = try LogWriter()
        inspector = ByteInspector(log.path)
    }

    private func state() throws -> DirectoryState { try #require(try Scanner(log.path).scan()) }

    private func map(_ offset: Int, _ name: String = LogWriter.first) throws -> ByteMap {
        let state = try state()
        let file = state.files.first { $0.name.text == name }
        let topic = file?.block(at: offset / Layout.unit)?.topic
        return try inspector.map(
            at: BytePlace(file: name, offset: offset), file: file,
            cursor: topic.flatMap { state.topic($0)?.cursor })
    }

    private func field(_ name: String, _ map: ByteMap) throws -> ByteField {
        try #require(map.fields.first { $0.name == name })
    }

    // MARK: - Sound entries

    @Test(arguments: [1, 7, 8, 20, 176, 177, 216])
    func everyHeaderField(topicLength: Int) throws {
        let topic = TopicName(bytes: (0..<topicLength).map { UInt8(97 + $0 % 26) })
        let hasStamp = EntryStamp.fits(topicLength: topicLength)
        let stamp = EntryStamp(batchIndex: 0, batchCount: 1, sequence: 1, timestamp: 77)
        let payload: [UInt8] = Array("hello".utf8)
        let next = try log.entry(payload, topic, slot: 3, stamp: hasStamp ? stamp : nil)
        try log.entry([1], topic, slot: 3, at: next)
        let start = 3 * Layout.unit
        for offset in [start, start + 100, start + 255, start + 256, start + next - 1] {
            let map = try map(offset)
            #expect(map.range == start..<start + next && map.topic == topic && map.slot == 3)
            #expect(map.entry?.ordinal == 1 && map.entry?.offset == 0 && map.previous == nil)
            #expect(map.fields.allSatisfy { $0.problem == nil })
            // Each byte is part of one innermost field, and these follow each other without a gap.
            var at = start
            while at < start + next {
                let index = try #require(map.field(at: at))
                let field = map.fields[index]
                #expect(field.kind != .group && field.range.lowerBound == at)
                #expect(!field.meaning.isEmpty)
                at = field.range.upperBound
            }
            #expect(at == start + next)
            let end = UInt64(4 * Layout.unit)
            #expect(try field("next_block_start", map).value == .number(end))
            #expect(try field("read_size", map).value == .number(5))
            #expect(try field("checksum", map).value == .hex(FNV1a.hash(payload), bytes: 8))
            let name = try field(topicLength > 7 ? "topic" : "owned_by", map)
            #expect(name.value == .text(topic.bytes))
            #expect(try field("payload", map).range == start + 256..<start + next)
            if hasStamp {
                #expect(try field("sequence", map).value == .number(1))
                #expect(try field("timestamp", map).value == .time(77))
                #expect(try field("magic", map).value == .text(Array("WSX1".utf8)))
            } else {
                #expect(!map.fields.contains { $0.name == "extension" })
            }
        }
        let second = try map(start + next)
        #expect(second.entry?.ordinal == 2 && second.previous == start)
    }

    /// Every entry of what the reference wrote is found from its first byte and from its last.
    @Test(arguments: ["multi", "restarts", "large"])
    func everyEntry(name: String) throws {
        let fixture = try Fixture(name)
        let state = try #require(try Scanner(fixture.path).scan())
        let inspector = ByteInspector(fixture.path)
        for topic in state.topics {
            let reader = EntryReader(directory: fixture.path, topic: topic)
            // Long payloads are verified each time: a few will do.
            let count = name == "large" ? 4 : 40
            for row in try reader.rows(from: 1, count: count, previewMax: 0) {
                let file = try #require(state.files.first { $0.name == row.file })
                let start = row.slot * Layout.unit + row.offset
                let end = row.slot * Layout.unit + row.end
                for offset in [start, end - 1] {
                    let map = try inspector.map(
                        at: BytePlace(file: row.file.text, offset: offset), file: file,
                        cursor: topic.cursor)
                    #expect(map.range == start..<end && map.topic == topic.name)
                    #expect(map.entry?.ordinal == row.ordinal)
                    #expect(map.entry?.isConsumed == row.isConsumed)
                    #expect(map.fields.allSatisfy { $0.problem == nil })
                }
            }
        }
    }

    // MARK: - Everything else

    @Test func placesWithoutAnEntry() throws {
        let end = try log.entries([[1], [2]], "a")
        try log.put([UInt8](repeating: 7, count: 300), at: 2 * Layout.unit)
        let free = try map(end + 10)
        #expect(free.fields.last?.name == "free" && free.range == end..<Layout.unit)
        #expect(free.topic == "a" && free.entry == nil && free.previous == 257)
        let slot = try map(Layout.unit + 5)
        #expect(slot.fields.map(\.name) == ["free slot"] && slot.topic == nil)
        let lost = try map(2 * Layout.unit)
        #expect(lost.fields.map(\.kind) == [.lost] && lost.fields[0].problem != nil)
        #expect(try map(Layout.fileSize - 1).slot == 99)
    }

    @Test func damage() throws {
        let length = Layout.headerSize + 1
        try log.entries([[1], [2], [3], [4]], "a", firstSequence: 1)
        // A payload; a checksum; another field; a length, after which nothing can be found.
        try log.flip(bit: 3, at: Layout.headerSize)
        let payload = try map(0)
        #expect(try field("payload", payload).problem != nil)
        #expect(
            try field("checksum", payload).problem?.contains(Hex.encode(FNV1a.hash([9]))) == true)
        #expect(payload.entry?.ordinal == nil && payload.range == 0..<length)
        #expect(try map(length).entry?.ordinal == 1)

        try log.flip(bit: 0, at: length + 12)
        let header = try map(length)
        #expect(try field("header", header).problem != nil)
        #expect(header.fields.contains { $0.name == "entry" && $0.problem != nil })
        #expect(try map(2 * length).entry?.ordinal == 1)

        try log.flip(bit: 6, at: 2 * length + 26)
        let rest = try map(2 * length + 400)
        #expect(rest.fields.last?.name == "unreadable rest" && rest.entry == nil)
        #expect(rest.range == 2 * length..<Layout.unit)
        let head = try map(2 * length + 3)
        #expect(head.fields[try #require(head.field(at: 2 * length + 3))].name == "owned_by")
    }

    /// An entry of a batch that is not whole is shown, and does not count.
    @Test func incompleteBatch() throws {
        let end = try log.entry([1], "a", stamp: EntryStamp(sequence: 1, timestamp: 1))
        try log.entry(
            [2], "a", at: end,
            stamp: EntryStamp(batchIndex: 0, batchCount: 2, sequence: 2, timestamp: 1))
        let map = try map(end)
        #expect(map.entry != nil && map.entry?.ordinal == nil)
        #expect(try field("batch_count", map).value == .number(2))
    }

    /// Whatever stands in a file, every byte has fields that hold it, and nothing traps.
    @Test func anything() throws {
        var random = SeededRandom.fromEnvironment("ByteInspectorTests.anything")
        for _ in 0..<30 {
            let name = LogWriter.name(1)
            try log.create(name)
            try log.zero(file: name, at: 0, count: 4_096)
            try log.entries([[1], [2, 3], []], "a longer name", file: name, firstSequence: 1)
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let at = Int.random(in: 0..<900, using: &random)
                try log.put([UInt8.random(in: 0...255, using: &random)], file: name, at: at)
            }
            for _ in 0..<12 {
                let offset = Int.random(in: 0..<2_000, using: &random)
                let map = try map(offset, name)
                #expect(map.range.contains(offset) && map.field(at: offset) != nil)
                #expect(map.fields.allSatisfy { !$0.range.isEmpty })
            }
        }
    }

    // MARK: - Reading

    @Test func windows() throws {
        try log.put(Array(0...255), at: 1_000)
        let name = LogWriter.first
        let window = try inspector.bytes(of: name, 1_010..<1_020)
        #expect(window.bytes == Array(10..<20) && window.start == 1_010)
        #expect(window.size == Layout.fileSize)
        let end = try inspector.bytes(of: name, Layout.fileSize - 4..<Layout.fileSize + 100)
        #expect(end.bytes.count == 4)
        #expect(
            try inspector.bytes(of: name, Layout.fileSize + 5..<Layout.fileSize + 9).bytes == [])
        for path in ["../x", "a/b", "", ".", "..", "/etc/passwd"] {
            #expect(throws: IOError.self) { try inspector.bytes(of: path, 0..<1) }
        }
        #expect(throws: IOError.self) { try inspector.bytes(of: "missing", 0..<1) }
    }

    // MARK: - Index files and the journal

    @Test func indexFiles() throws {
        let cursors: [TopicName: StoredCursor] = [
            "a": .chain(3, offset: 512), "a longer name": .tail(blockID: 9, offset: 70_000),
            "seven77": .chain(0, offset: 0),
        ]
        try log.cursors(cursors)
        try log.marks(["a longer name": CleanMark(isClean: true, generation: 6)])
        let image = CursorIndexImage.encode(cursors)
        var found: [TopicName: StoredCursor] = [:]
        for offset in 0..<image.count {
            let map = try map(offset, DirectoryNames.cursorIndex)
            #expect(map.range.contains(offset) && map.field(at: offset) != nil)
            guard let key = map.fields.first(where: { $0.name == "key" }),
                case .text(let name) = key.value,
                case .number(let block) = try field("block_index", map).value,
                case .number(let place) = try field("offset", map).value
            else { continue }
            found[TopicName(bytes: name)] = StoredCursor(blockIndex: block, offset: place)
        }
        #expect(found == cursors)
        let size = CleanIndexImage.encode([
            "a longer name": CleanMark(isClean: true, generation: 6)
        ]).count
        let mark = try map(size - 20, DirectoryNames.cleanIndex)
        #expect(try field("generation", mark).value == .number(6))
        #expect(try field("clean", mark).value == .number(1))
    }

    @Test func theJournal() throws {
        let file = try #require(DataFileName(LogWriter.first))
        let position = CursorPosition(file: file, slot: 4, offset: 99, sequence: 12)
        try log.cursors(["a": .chain(0, offset: 0)])
        try log.journal([("a", position), ("a longer name", position)], torn: 5)
        let size = try inspector.bytes(of: DirectoryNames.cursorJournal, 0..<1).size
        let first = try map(CursorJournal.headerSize, DirectoryNames.cursorJournal)
        #expect(try field("slot", first).value == .number(4))
        #expect(try field("sequence", first).value == .number(12))
        #expect(try field("file name", first).value == .text(Array(file.text.utf8)))
        #expect(try field("record", first).problem == nil)
        let torn = try map(size - 1, DirectoryNames.cursorJournal)
        #expect(torn.fields.last?.name == "torn record")
        // A bit of a record that counts.
        try log.flip(file: DirectoryNames.cursorJournal, bit: 1, at: CursorJournal.headerSize + 9)
        let bad = try map(CursorJournal.headerSize, DirectoryNames.cursorJournal)
        #expect(try field("record", bad).problem != nil)
        for offset in 0..<size {
            let map = try map(offset, DirectoryNames.cursorJournal)
            #expect(map.range.contains(offset) && map.field(at: offset) != nil)
        }
    }

    @Test func oddSidecars() throws {
        for name in [DirectoryNames.cursorIndex, DirectoryNames.cleanIndex, "x_index.db"] {
            for bytes in [[], [1], [UInt8](repeating: 0xff, count: 40)] {
                try log.sidecar(name, bytes)
                let map = try inspector.map(
                    at: BytePlace(file: name, offset: 0), file: nil, cursor: nil)
                #expect(map.fields.first?.name == "file" && map.range.contains(0))
            }
        }
    }
}
