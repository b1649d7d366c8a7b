internal import WalrusFormat

/// A state of a directory as tables of numbers, which are quick to compare and small to write.
struct RecordedState: Sendable {
    var topics = RecordedTable<TopicName>(width: 12)
    var files = RecordedTable<DataFileName>(width: 6)
    var blocks = RecordedTable<RecordedBlockKey>(width: 16)
    /// The words of `metrics_index.db`, or no row.
    var metrics = RecordedTable<RecordedSingle>(width: MetricsImage.size / 8)
    var findings: [Finding] = []
    var trash: TrashSummary?

    init() {}

    // MARK: - From a state

    init(_ state: DirectoryState) {
        for topic in state.topics { topics.append(topic.name, Self.row(topic)) }
        for file in state.files {
            files.append(file.name, Self.row(file))
            for block in file.blocks {
                let key = RecordedBlockKey(file: file.name, slot: block.slot, topic: block.topic)
                blocks.append(key, Self.row(block))
            }
        }
        findings = state.findings
        trash = state.trash
        set(state.metrics)
    }

    /// Takes over what an engine says.
    mutating func set(_ live: LiveMetrics?) {
        metrics = RecordedTable(width: MetricsImage.size / 8)
        guard let bytes = live?.image.encode() else { return }
        let words = stride(from: 0, to: bytes.count, by: 8).map { at in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
        }
        metrics.append(RecordedSingle(), words)
    }

    private static func word(_ value: Int) -> UInt64 { UInt64(bitPattern: Int64(value)) }

    private static func row(_ topic: TopicState) -> [UInt64] {
        let mark: UInt64 = topic.mark.map { $0.isClean ? 1 : 2 } ?? 0
        var (kind, stored): (UInt64, StoredCursor?) = (0, nil)
        switch topic.cursor?.source {
        case .journal?: kind = 1
        case .index(let index)?: (kind, stored) = (2, index)
        case nil: break
        }
        if topic.cursor?.isClear == true { kind |= 4 }
        return [
            word(topic.entries), word(topic.unread), word(topic.size), word(topic.unreadSize),
            word(topic.damaged), mark, topic.mark?.generation ?? 0, kind,
            word(topic.cursor?.blockIndex ?? 0), word(topic.cursor?.offset ?? 0),
            stored?.blockIndex ?? 0, stored?.offset ?? 0,
        ]
    }

    private static func row(_ file: FileState) -> [UInt64] {
        var slots: (UInt64, UInt64) = (0, 0)
        for slot in file.unreadableSlots where (0..<128).contains(slot) {
            if slot < 64 { slots.0 |= 1 << UInt64(slot) } else { slots.1 |= 1 << UInt64(slot - 64) }
        }
        return [
            word(file.size), word(file.allocated), word(file.modified), file.isReadable ? 1 : 0,
            slots.0, slots.1,
        ]
    }

    private static let readings: [BlockState.Reading] = [.consumed, .reading, .unread]

    private static func row(_ block: BlockState) -> [UInt64] {
        let reading = readings.firstIndex(of: block.reading) ?? 0
        let flags =
            (block.hasLostBytes ? 1 : 0) | (block.isTail ? 2 : 0) | reading << 2
            | (block.stamps == nil ? 0 : 16) | (block.isWorthKeeping ? 32 : 0)
            | (block.isDropped ? 64 : 0)
        var row = [
            word(block.units), block.number, word(block.used), word(block.entries),
            word(block.damaged), word(flags), word(block.entriesBefore), word(block.unreadSize),
        ]
        for stamp in [block.stamps?.first, block.stamps?.last] {
            row += [
                word(stamp?.batchIndex ?? 0), word(stamp?.batchCount ?? 0), stamp?.sequence ?? 0,
                stamp?.timestamp ?? 0,
            ]
        }
        return row
    }

    // MARK: - To a state

    /// What a count may be at most: sums of as many as there may be rows do not overflow.
    private static let countMax: UInt64 = 1 << 42
    private typealias Malformed = RecordingReader.Malformed

    private static func count(_ value: UInt64) throws(RecordingReader.Malformed) -> Int {
        guard value <= countMax else { throw Malformed() }
        return Int(value)
    }

    /// - Parameters:
    ///   - age: nanoseconds since the engine's figures were written.
    ///   - same: a state that differs in its time and the engine's figures alone.
    func state(time: UInt64, age: UInt64, like same: DirectoryState?)
        throws(RecordingReader.Malformed) -> DirectoryState
    {
        if var state = same {
            state.time = time
            state.metrics = try liveMetrics(age)
            return state
        }
        var state = DirectoryState()
        state.time = time
        state.findings = findings
        state.trash = trash
        state.metrics = try liveMetrics(age)
        var index = 0
        var places: [TopicName: [BlockPlace]] = [:]
        for (at, name) in files.keys.enumerated() {
            var file = try Self.file(name, Array(files.row(at)))
            while index < blocks.keys.count, blocks.keys[index].file == name {
                let key = blocks.keys[index]
                let block = try Self.block(key, Array(blocks.row(index)))
                guard file.blocks.last.map({ $0.slot + $0.units <= block.slot }) ?? true else {
                    throw Malformed()
                }
                file.blocks.append(block)
                places[key.topic, default: []].append(
                    BlockPlace(
                        file: name, slot: block.slot, units: block.units, used: block.used,
                        entries: block.entries, entriesBefore: block.entriesBefore,
                        stamps: block.stamps))
                index += 1
            }
            state.files.append(file)
        }
        // Blocks of files that are not there.
        guard index == blocks.keys.count else { throw Malformed() }
        for (at, name) in topics.keys.enumerated() {
            state.topics.append(try Self.topic(name, Array(topics.row(at)), places[name] ?? []))
        }
        return state
    }

    private static func file(_ name: DataFileName, _ row: [UInt64])
        throws(RecordingReader.Malformed) -> FileState
    {
        guard row[2] <= 1 << 62, row[5] >> UInt64(Layout.unitsPerFile - 64) == 0 else {
            throw Malformed()
        }
        var file = FileState(
            name: name, size: try count(row[0]), allocated: try count(row[1]),
            modified: Int(row[2]))
        file.isReadable = row[3] & 1 == 1
        file.unreadableSlots = (0..<Layout.unitsPerFile).filter {
            ($0 < 64 ? row[4] >> UInt64($0) : row[5] >> UInt64($0 - 64)) & 1 == 1
        }
        return file
    }

    private static func block(_ key: RecordedBlockKey, _ row: [UInt64])
        throws(RecordingReader.Malformed) -> BlockState
    {
        let units = try count(row[0])
        let used = try count(row[2])
        let flags = Int(row[5] & 127)
        guard units > 0, key.slot + units <= Layout.unitsPerFile, used <= units * Layout.unit,
            readings.indices.contains(flags >> 2 & 3), row[7] <= UInt64(used)
        else { throw Malformed() }
        func stamp(_ at: Int) throws(RecordingReader.Malformed) -> EntryStamp {
            guard row[at + 2] <= EntryStamp.sequenceMax else { throw Malformed() }
            return EntryStamp(
                batchIndex: try count(row[at]), batchCount: try count(row[at + 1]),
                sequence: row[at + 2], timestamp: row[at + 3])
        }
        let stamps =
            flags & 16 == 0 ? nil : StampRange(first: try stamp(8), last: try stamp(12))
        return BlockState(
            file: key.file, slot: key.slot, units: units, topic: key.topic, number: row[1],
            used: used, entries: try count(row[3]), damaged: try count(row[4]),
            hasLostBytes: flags & 1 == 1, isWorthKeeping: flags & 32 == 32,
            entriesBefore: try count(row[6]), reading: readings[flags >> 2 & 3],
            unreadSize: Int(row[7]), isTail: flags & 2 == 2, stamps: stamps,
            isDropped: flags & 64 == 64)
    }

    private static func topic(_ name: TopicName, _ row: [UInt64], _ blocks: [BlockPlace])
        throws(RecordingReader.Malformed) -> TopicState
    {
        var topic = TopicState(name: name)
        topic.entries = try count(row[0])
        topic.unread = try count(row[1])
        topic.size = try count(row[2])
        topic.unreadSize = try count(row[3])
        topic.damaged = try count(row[4])
        guard topic.unread <= topic.entries, topic.unreadSize <= topic.size, row[5] <= 2 else {
            throw Malformed()
        }
        if row[5] > 0 { topic.mark = CleanMark(isClean: row[5] == 1, generation: row[6]) }
        topic.blocks = blocks
        guard row[7] & 3 > 0 else { return topic }
        let index = try count(row[8])
        let offset = try count(row[9])
        guard row[7] & 3 < 3, blocks.indices.contains(index), offset <= blocks[index].used else {
            throw Malformed()
        }
        let stored = StoredCursor(blockIndex: row[10], offset: row[11])
        topic.cursor = CursorState(
            blockIndex: index, file: blocks[index].file, slot: blocks[index].slot, offset: offset,
            source: row[7] & 3 == 1 ? .journal : .index(stored), isClear: row[7] & 4 == 4)
        return topic
    }

    private func liveMetrics(_ age: UInt64) throws(RecordingReader.Malformed) -> LiveMetrics? {
        guard !metrics.keys.isEmpty else { return nil }
        let bytes = metrics.row(0).flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        guard let image = try? MetricsImage.decode(bytes) else { throw Malformed() }
        return LiveMetrics(image, age: age)
    }
}

/// Where a block stands, and whose it is.
struct RecordedBlockKey: RecordedKey {
    let file: DataFileName
    let slot: Int
    let topic: TopicName

    init(file: DataFileName, slot: Int, topic: TopicName) {
        (self.file, self.slot, self.topic) = (file, slot, topic)
    }

    init(_ reader: inout RecordingReader) throws(RecordingReader.Malformed) {
        file = try DataFileName(&reader)
        slot = try reader.count(max: Layout.unitsPerFile - 1)
        topic = try TopicName(&reader)
    }

    func write(to writer: inout RecordingWriter) {
        file.write(to: &writer)
        writer.number(slot)
        topic.write(to: &writer)
    }

    static func < (a: Self, b: Self) -> Bool {
        (a.file, a.slot, a.topic) < (b.file, b.slot, b.topic)
    }
}

/// The key of a table with one row.
struct RecordedSingle: RecordedKey {
    init() {}
    init(_ reader: inout RecordingReader) {}
    func write(to writer: inout RecordingWriter) {}
    static func < (a: Self, b: Self) -> Bool { false }
}

extension TopicName: RecordedKey {
    /// A header has no room for a longer one.
    private static let recordedMax = 1_024

    init(_ reader: inout RecordingReader) throws(RecordingReader.Malformed) {
        self.init(bytes: try reader.string(max: Self.recordedMax))
    }

    func write(to writer: inout RecordingWriter) { writer.string(bytes) }
}

extension DataFileName: RecordedKey {
    init(_ reader: inout RecordingReader) throws(RecordingReader.Malformed) {
        let text = String(decoding: try reader.string(max: 20), as: UTF8.self)
        guard let name = DataFileName(text) else { throw RecordingReader.Malformed() }
        self = name
    }

    func write(to writer: inout RecordingWriter) { writer.string(Array(text.utf8)) }
}
