import SystemPackage
import TestSupport
import WalrusFormat
import WalrusIO

/// A directory made of a few bytes: what an engine could have left, and what nobody would.
///
/// The bytes are a list of steps, each a number and what it needs. Data files are sparse and have
/// their real length; a directory takes two files and some hundred kilobytes at most.
struct DirectoryInput {
    static let topics: [TopicName] = [
        "a", "topic", "seven77", "eight888", "a longer topic name",
        TopicName(String(repeating: "s", count: 176)),
        TopicName(String(repeating: "l", count: 177)),
        TopicName(String(repeating: "m", count: 216)),
        TopicName("caf\u{e9}"), TopicName("cafe\u{301}"), "",
        TopicName("\u{1b}[2J\n"),
    ]
    private static let sidecars = [
        DirectoryNames.cursorIndex, DirectoryNames.cleanIndex, DirectoryNames.cursorJournal,
        DirectoryNames.batchIntents, DirectoryNames.snapshot, DirectoryNames.metrics,
        DirectoryNames.lock, "stray",
    ]
    private static let stepsMax = 128
    private static let largeMax = 2
    private static let writtenMax = 1 << 19

    let log: LogWriter
    private var input: FuzzBytes
    private var file = LogWriter.first
    private var slot = 0
    private var units = 1
    /// Where the next entry goes, and where the last one began, in bytes from the block's start.
    private var next = 0
    private var last = 0
    private var sequences: [TopicName: UInt64] = [:]
    private var cursors: [TopicName: StoredCursor] = [:]
    private var marks: [TopicName: CleanMark] = [:]
    private var intents: [TopicName: BatchIntent] = [:]
    private var records: [CursorJournal.Record] = []
    private var isJournalStale = false
    private var torn = 0
    private var raw: [(name: String, bytes: [UInt8])] = []
    private var sizes: [String: Int] = [:]
    private var large = 0
    private var written = 0

    /// Makes the directory.
    static func write(_ bytes: [UInt8]) throws -> LogWriter {
        var input = DirectoryInput(input: FuzzBytes(bytes), log: try LogWriter(inMemory: true))
        for _ in 0..<stepsMax where !input.input.isEmpty { try input.step() }
        try input.finish()
        return input.log
    }

    private init(input: FuzzBytes, log: LogWriter) {
        self.input = input
        self.log = log
    }

    private mutating func step() throws {
        switch input.byte() % 17 {
        case 0:
            file = LogWriter.name(input.byte() % 2)
            try log.create(file)
        case 1: begin(slot: input.byte() % Layout.unitsPerFile)
        case 2: try entry()
        case 3: try batch()
        case 4: try garble()
        case 5: try put(input.bytes(input.byte()), at: last + input.number(2))
        case 6: try put([UInt8](repeating: 0, count: input.number(2)), at: last + input.byte())
        case 7: try put(input.bytes(input.byte()), at: input.number(3) % Layout.unit)
        case 8:
            let choices = [
                0, 100, Layout.unit, Layout.unit + 300, Layout.fileSize - 1, Layout.fileSize + 4096,
            ]
            sizes[file] = choices[input.byte() % choices.count]
        case 9:
            let index = UInt64(input.byte() % 8)
            let isTail = input.byte() % 2 == 0
            cursors[topic()] = StoredCursor(
                blockIndex: isTail ? index | 1 << 63 : index, offset: UInt64(place()))
        case 10:
            marks[topic()] = CleanMark(isClean: input.byte() % 2 == 0, generation: input.extreme())
        case 11:
            records.append(
                .cursor(
                    topic(),
                    CursorPosition(
                        file: DataFileName(file), slot: slot, offset: min(place(), Layout.fileSize),
                        sequence: input.extreme())))
        case 12:
            let mark = CleanMark(isClean: input.byte() % 2 == 0, generation: input.extreme())
            records.append(.mark(topic(), mark))
        case 13:
            let sequence = input.extreme()
            let counter = TopicCounter(
                sequence: sequence, reclaimed: input.extreme(), timestamp: input.extreme(),
                consumed: sequence)
            records.append(.counter(topic(), counter))
        case 14:
            let hasFile = input.byte() % 4 > 0
            intents[topic()] = BatchIntent(
                file: hasFile ? DataFileName(file) : nil, slot: slot, offset: place(),
                count: input.byte(), lastFile: DataFileName(LogWriter.name(input.byte() % 2)))
        case 15:
            isJournalStale = input.byte() % 2 == 0
            torn = input.byte()
        default: rawSidecar()
        }
    }

    private mutating func topic() -> TopicName {
        Self.topics[input.byte() % Self.topics.count]
    }

    /// A place in the block, mostly one that means something.
    private mutating func place() -> Int {
        switch input.byte() % 5 {
        case 0: 0
        case 1: last
        case 2: next
        case 3: input.number(4)
        default: input.number(2)
        }
    }

    private mutating func begin(slot newSlot: Int) {
        slot = newSlot
        units = 1
        next = 0
        last = 0
    }

    // MARK: - Entries

    private mutating func payload() -> [UInt8] {
        let kind = input.byte()
        var count = input.number(2)
        if kind >= 250, large < Self.largeMax {
            large += 1
            // To the byte where a block ends, or beyond it.
            count = Layout.unit - Layout.headerSize - 2 + count % 5
        } else {
            count %= 8_192
        }
        return [UInt8](repeating: UInt8(kind), count: count)
    }

    private mutating func stamp(_ topic: TopicName, _ index: Int = 0, of count: Int = 1)
        -> EntryStamp?
    {
        guard EntryStamp.fits(topicLength: topic.bytes.count) else { return nil }
        let sequence = (sequences[topic] ?? 0) &+ 1
        sequences[topic] = sequence
        return EntryStamp(
            batchIndex: index, batchCount: count, sequence: max(1, sequence), timestamp: sequence)
    }

    private mutating func entry() throws {
        let topic = topic()
        let payload = payload()
        let kind = input.byte()
        if kind == 255 { sequences[topic] = input.extreme() }
        try put(payload, topic, kind % 2 == 0 ? stamp(topic) : nil)
    }

    private mutating func batch() throws {
        let topic = topic()
        let (count, missing) = (1 + input.byte() % 5, input.byte())
        let payload = payload()
        for index in 0..<count {
            let stamp = stamp(topic, index, of: count)
            if index != missing { try put(payload, topic, stamp) }
        }
    }

    /// Puts the entry where an engine would: behind the last one, or into the next slots.
    private mutating func put(_ payload: [UInt8], _ topic: TopicName, _ stamp: EntryStamp?) throws {
        let size = Layout.headerSize + payload.count
        if next > 0, next + size > units * Layout.unit { begin(slot: slot + units) }
        if next == 0 { units = Layout.units(forPayloadLength: payload.count) }
        guard slot + units <= Layout.unitsPerFile, isAffordable(min(size, 1 << 14)) else { return }
        last = next
        next = try log.entry(
            payload, topic, file: file, slot: slot, units: units, at: next, stamp: stamp)
    }

    // MARK: - What nobody would write

    private mutating func isAffordable(_ count: Int) -> Bool {
        written += count
        return written <= Self.writtenMax
    }

    private mutating func put(_ bytes: [UInt8], at offset: Int) throws {
        let start = slot * Layout.unit + offset
        guard start + bytes.count <= Layout.fileSize, isAffordable(bytes.count) else { return }
        try log.put(bytes, file: file, at: start)
    }

    /// Changes a byte of the last entry, most likely one of its header.
    private mutating func garble() throws {
        let at = slot * Layout.unit + last + input.number(1 + input.byte() % 2)
        let change = UInt8(input.byte())
        guard at < Layout.fileSize else { return }
        try log.create(file)
        guard let byte = try log.get(file: file, at: at, count: 1).first else { return }
        try log.put([byte ^ change], file: file, at: at)
    }

    private mutating func rawSidecar() {
        let kind = input.byte()
        let name = Self.sidecars[kind % Self.sidecars.count]
        let bytes = input.bytes(input.number(2) % 4_096)
        guard kind >= 128 else { return raw.append((name, bytes)) }
        switch name {
        case DirectoryNames.cursorJournal: raw.append((name, Repair.journal(bytes)))
        case DirectoryNames.batchIntents: raw.append((name, Repair.intents(bytes)))
        case DirectoryNames.snapshot: raw.append((name, Repair.snapshot(bytes)))
        case DirectoryNames.metrics: raw.append((name, Repair.metrics(bytes)))
        default: raw.append((name, bytes))
        }
    }

    private func finish() throws {
        if !cursors.isEmpty { try log.cursors(cursors) }
        if !marks.isEmpty { try log.marks(marks) }
        if !intents.isEmpty {
            try log.sidecar(DirectoryNames.batchIntents, BatchIntentsImage.encode(intents))
        }
        if !records.isEmpty {
            func base(_ name: String) throws -> CursorJournal.Base {
                let image = try Directory.contents(of: log.path.appending(name))
                return CursorJournal.Base(index: isJournalStale ? [1, 2, 3] : image)
            }
            let header = CursorJournal.encodeHeader(
                cursors: try base(DirectoryNames.cursorIndex),
                marks: try base(DirectoryNames.cleanIndex))
            let image = records.reduce(header) { $0 + CursorJournal.encode($1) }
            try log.sidecar(DirectoryNames.cursorJournal, Array(image.dropLast(torn)))
        }
        for (name, bytes) in raw { try log.sidecar(name, bytes) }
        for (name, size) in sizes where try FileStatus.of(log.file(name)) != nil {
            try log.truncate(name, to: size)
        }
    }
}
