import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@Suite struct DamageTests {
    private func scan(_ log: LogWriter) throws -> DirectoryState {
        try #require(try Scanner(log.path).scan())
    }

    private func kinds(_ state: DirectoryState) -> [Finding.Kind] { state.findings.map(\.kind) }

    private func payloads(_ count: Int, from first: Int = 0) -> [[UInt8]] {
        (first..<first + count).map { number in
            [UInt8](repeating: UInt8(truncatingIfNeeded: number + 1), count: 50 + number % 13)
        }
    }

    /// The entries of a topic as a reader gives them.
    private func rows(_ log: LogWriter, _ state: DirectoryState, _ topic: TopicName) throws
        -> [EntryRow]
    {
        try EntryReader(directory: log.path, topic: #require(state.topic(topic)))
            .rows(from: 1, count: 10_000)
    }

    /// F18: any flipped bit of a payload takes exactly its entry.
    @Test(arguments: [false, true])
    func f18PayloadBits(stamped: Bool) throws {
        let log = try LogWriter()
        try log.entries(payloads(4), "t", firstSequence: stamped ? 1 : nil)
        try log.entries(payloads(2), "other", slot: 1)
        for entry in 0..<4 {
            let start = (0..<entry).reduce(0) { $0 + 256 + payloads(4)[$1].count }
            for bit in stride(from: 0, to: 8 * 50, by: 7) {
                try log.flip(bit: bit % 8, at: start + 256 + bit / 8)
                let state = try scan(log)
                #expect(kinds(state) == [entry == 3 ? .tornTail : .damagedPayload])
                #expect(state.findings.first?.offset == start)
                #expect(state.topic("t")?.entries == 3 && state.topic("t")?.damaged == 1)
                #expect(state.topic("other")?.entries == 2)
                let rows = try rows(log, state, "t")
                #expect(rows.count == 4 && rows[entry].damage != nil && rows[entry].ordinal == nil)
                #expect(rows.compactMap(\.ordinal) == [1, 2, 3])
                try log.flip(bit: bit % 8, at: start + 256 + bit / 8)
            }
        }
    }

    /// The entry behind it is still there; with that wiped too there is none to be found.
    @Test func aWipedHeaderHidesWhatFollows() throws {
        let log = try LogWriter()
        try log.entries(payloads(5), "t")
        let second = 256 + payloads(1)[0].count
        try log.zero(at: second, count: 256)
        let state = try scan(log)
        #expect(kinds(state) == [.hiddenEntries])
        #expect(state.findings[0].offset == second + 256 + payloads(2)[1].count)
        #expect(state.topic("t")?.entries == 1)
        let last = try LogWriter()
        try last.entries(payloads(2), "t")
        try last.zero(at: second, count: 256)
        #expect(kinds(try scan(last)) == [.leftoverBytes])
        #expect(try scan(last).findings[0].offset == second + 256)
    }

    /// A block whose first header is wiped is not empty: nothing in it can be read, all else can.
    @Test func aWipedFirstHeader() throws {
        let log = try LogWriter()
        try log.entries(payloads(5), "t", slot: 1)
        try log.entries(payloads(2), "u", slot: 2)
        try log.entries(payloads(3), "t", slot: 0)
        try log.zero(at: Layout.unit, count: 256)
        let state = try scan(log)
        #expect(kinds(state) == [.unreadableBlock])
        #expect(state.findings[0].block == 1 && state.findings[0].offset == 256)
        #expect(state.topic("t")?.entries == 3 && state.topic("u")?.entries == 2)
    }

    /// F01: an empty block hides nothing.
    @Test func f01EmptySlots() throws {
        let log = try LogWriter()
        try log.entries(payloads(2), "t", slot: 0)
        try log.entries(payloads(3), "t", slot: 3)
        try log.entries(payloads(1), "u", slot: 99)
        let state = try scan(log)
        #expect(kinds(state) == [.referenceLoses, .referenceLoses, .referenceStops])
        #expect(state.topic("t")?.entries == 5 && state.topic("u")?.entries == 1)
        #expect(state.files[0].blocks.map(\.slot) == [0, 3, 99])
        #expect(state.files[0].blocks.map(\.number) == [1, 4, 100])
    }

    /// F05: headers in a payload are payload, also at the places where blocks begin.
    @Test func f05ForgedHeaders() throws {
        let log = try LogWriter()
        let forged = EntryHeader(
            topic: "forged", blockEnd: 2 * Layout.unit, checksum: FNV1a.hash([]), payloadLength: 0,
            stamp: nil
        ).encoded()
        var payload = [UInt8](repeating: 7, count: 2 * Layout.unit)
        payload.replaceSubrange(Layout.unit - 256..<Layout.unit, with: forged)
        payload.replaceSubrange(0..<256, with: forged)
        let end = try log.entry(payload, "big", slot: 0, units: 3)
        try log.entry([1], "big", slot: 0, units: 3, at: end)
        try log.entry(forged + forged, "small", slot: 3)
        try log.entry([2], "small", slot: 3, at: 256 + 512)
        var state = try scan(log)
        #expect(state.topics.map(\.name) == ["big", "small"])
        #expect(state.topics.map(\.entries) == [2, 2])
        #expect(kinds(state) == [.referenceLoses, .referenceStops])
        #expect(state.files[0].blocks.map(\.units) == [3, 1])

        // Damaged at its very beginning, the block still keeps its extent to itself.
        for bit in [0, 8 * 10, 8 * 11 + 7, 8 * 60] {
            try log.flip(bit: bit % 8, at: bit / 8)
            state = try scan(log)
            #expect(state.topic("forged") == nil, "bit \(bit)")
            #expect(state.topic("small")?.entries == 2)
            #expect(state.topic("big")?.entries == 1)
            try log.flip(bit: bit % 8, at: bit / 8)
        }
    }

    /// The same where the damaged header is the block's only one.
    @Test func f05ForgedHeaderBehindADamagedOne() throws {
        let log = try LogWriter()
        let forged = EntryHeader(
            topic: "forged", blockEnd: 2 * Layout.unit, checksum: FNV1a.hash([]), payloadLength: 0,
            stamp: nil
        ).encoded()
        var payload = [UInt8](repeating: 7, count: Layout.unit + 1_000)
        payload.replaceSubrange(Layout.unit - 256..<Layout.unit, with: forged)
        try log.entry(
            payload, "big", slot: 0, units: 2, stamp: EntryStamp(sequence: 1, timestamp: 1))
        try log.entry([2], "small", slot: 2)
        try log.flip(bit: 0, at: 240)
        let state = try scan(log)
        #expect(state.topics.map(\.name) == ["small"])
        #expect(kinds(state) == [.unreadableBlock])
    }

    /// F10: only digits are a data file; the reference takes everything for one.
    @Test func f10StrayFiles() throws {
        let log = try LogWriter()
        try log.entries(payloads(2), "t")
        try log.sidecar("read_offset_idx_index.db.tmp", [1, 2, 3])
        try log.sidecar("core", [])
        try log.sidecar("176367015", [9])
        try log.sidecar("other_index.db", [9])
        try Directory.create(log.path.appending("1763670155099"))
        let state = try scan(log)
        #expect(kinds(state) == [.strayFile, .strayFile, .strayFile])
        #expect(state.entries == 2 && state.files.count == 1)
    }

    @Test func filesOfOtherSizes() throws {
        let log = try LogWriter()
        let end = try log.entries(payloads(4), "t")
        try log.entries(payloads(4), "u", slot: 1)
        for (size, t, u) in [
            (Layout.fileSize + 1, 4, 4), (Layout.fileSize - 1, 4, 4), (2 * Layout.unit, 4, 4),
            (Layout.unit + end, 4, 4), (Layout.unit + end - 1, 4, 3), (Layout.unit + 700, 4, 2),
            (Layout.unit + 100, 4, 0), (Layout.unit, 4, 0), (end, 4, 0), (end - 1, 3, 0),
            (255, 0, 0), (0, 0, 0),
        ] {
            try log.truncate(to: size)
            let state = try scan(log)
            #expect(state.topic("t")?.entries ?? 0 == t, "size \(size)")
            #expect(state.topic("u")?.entries ?? 0 == u, "size \(size)")
            #expect(kinds(state).contains(.fileSize))
            #expect(state.files[0].size == size)
            for topic in state.topics {
                #expect(try rows(log, state, topic.name).count == topic.entries)
            }
        }
    }

    /// None of them may keep the scan waiting, as a pipe would, or hide the others.
    @Test func filesThatAreNone() throws {
        let log = try LogWriter()
        try log.entries(payloads(2), "t")
        try Shell.run("ln -s nowhere '\(log.file("1763670155097"))'")
        try Shell.run("ln -s 1763670155098 '\(log.file("1763670155098"))'")
        try Shell.run("mkfifo '\(log.file("1763670155099"))'")
        try Shell.run("mkfifo '\(log.file(DirectoryNames.cleanIndex))'")
        try Shell.run("mkdir '\(log.file(DirectoryNames.cursorJournal))'")
        try Shell.run("ln -s loop '\(log.file("loop"))'")
        try Shell.run("ln -s loop '\(log.file(DirectoryNames.cursorIndex))'")
        let state = try scan(log)
        #expect(kinds(state) == [Finding.Kind](repeating: .unreadableFile, count: 6))
        #expect(state.entries == 2)
    }

    @Test func aLinkToADataFileIsOne() throws {
        let log = try LogWriter()
        try log.entries(payloads(2), "t")
        let other = try LogWriter()
        try Shell.run("ln -s '\(log.file())' '\(other.file())'")
        #expect(try scan(other).entries == 2)
    }

    @Test func filesFromTheFarFuture() throws {
        let log = try LogWriter()
        try log.entries(payloads(2), "t")
        for date in ["2400-01-01", "1900-01-01", "1970-01-01"] {
            try Shell.run("touch -d '\(date)' '\(log.file())'")
            let scanner = Scanner(log.path)
            #expect(try scanner.scan()?.entries == 2)
            #expect(try scanner.scan()?.entries == 2)
        }
    }

    /// F20: the empty name is refused for new entries; entries that have it are shown.
    @Test func f20EmptyTopicName() throws {
        let log = try LogWriter()
        try log.entries(payloads(3), "")
        let state = try scan(log)
        #expect(kinds(state) == [.emptyTopicName])
        #expect(state.topic("")?.entries == 3)
    }

    @Test func aForgersSequenceNumbers() throws {
        let log = try LogWriter()
        var at = 0
        for sequence in [EntryStamp.sequenceMax, 1, EntryStamp.sequenceMax] {
            at = try log.entry(
                [1], "t", at: at, stamp: EntryStamp(sequence: sequence, timestamp: .max))
        }
        try log.entry(
            [1], "t", slot: 1,
            stamp: EntryStamp(batchIndex: 1, batchCount: 2, sequence: 1, timestamp: 0))
        let state = try scan(log)
        #expect(state.topic("t")?.damaged == 0)
        #expect(kinds(state).contains(.sequenceGap))
    }

    /// A block full of damaged headers, each of which could name the length of all that follows:
    /// time in proportion to the block, not to its square.
    @Test func headersThatLeadFar() throws {
        let log = try LogWriter()
        let count = 2_000
        var image: [UInt8] = []
        for index in 0..<count {
            // Sound for a topic of 8 bytes; for the block's own topic, a length of megabytes.
            var header = EntryHeader(
                topic: "12345678", blockEnd: Layout.unit, checksum: FNV1a.hash([]),
                payloadLength: 0, stamp: nil
            ).encoded()
            if index < 3 {
                header = EntryHeader(
                    topic: "t", blockEnd: Layout.unit, checksum: FNV1a.hash([]), payloadLength: 0,
                    stamp: nil
                ).encoded()
            } else {
                header[255] = 1
                header.replaceSubrange(26..<30, with: [0, 0, 0x80, 0])
            }
            image += header
        }
        try log.put(image, at: 0)
        // Hashing each in vain would be 2,000 times 8 MiB: `WalkerTests` counts what is read.
        let state = try scan(log)
        #expect(state.topic("t")?.entries == 3)
        #expect(state.findings.contains { $0.severity == .error })
    }

    @Test func findingsAreBounded() throws {
        let log = try LogWriter()
        var at = 0
        for number in 0..<5_000 {
            at = try log.entry([UInt8(truncatingIfNeeded: number)], "t", at: at)
            try log.flip(bit: 0, at: at - 1)
        }
        let state = try scan(log)
        #expect(state.topic("t")?.damaged == 5_000)
        #expect(state.findings.count < 100)
    }
}
