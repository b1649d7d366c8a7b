/// The bytes of a snapshot (`docs/format.md`, section 9).
public enum SnapshotImage {
    static let magic: UInt32 = 0x3253_5357  // "WSS2"
    static let headerSize = 16
    /// Nothing that describes one directory is as long; a longer file is none of ours.
    public static let sizeMax = 1 << 30

    // MARK: - Encoding

    public static func encode(_ snapshot: Snapshot) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(magic)
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(UInt64(0))  // the length, known in the end
        bytes.appendText(Array(snapshot.boot.utf8))
        for base in [snapshot.cursorIndex, snapshot.cleanIndex, snapshot.journal] {
            bytes.appendLittleEndian(base.length)
            bytes.appendLittleEndian(base.checksum)
        }
        bytes.appendCount(snapshot.freeSlot)
        bytes.appendCount(snapshot.files.count)
        for file in snapshot.files { encode(file, &bytes) }
        bytes.appendCount(snapshot.damage.count)
        for damage in snapshot.damage { encode(damage, &bytes) }
        bytes.appendCount(snapshot.topics.count)
        for topic in snapshot.topics { encode(topic, &bytes) }
        let length = UInt64(bytes.count + 4)
        for at in 0..<8 { bytes[8 + at] = UInt8(truncatingIfNeeded: length >> (8 * UInt64(at))) }
        bytes.appendLittleEndian(CRC32C.hash(bytes))
        return bytes
    }

    private static func encode(_ file: Snapshot.File, _ bytes: inout [UInt8]) {
        bytes.appendText(Array(file.name.text.utf8))
        bytes.appendLittleEndian(UInt64(file.size))
        bytes.appendLittleEndian(UInt64(bitPattern: Int64(file.modified)))
        bytes.appendLittleEndian(UInt64(bitPattern: Int64(file.changed)))
        bytes.appendLittleEndian(file.inode)
        bytes.append(file.isPinned ? 1 : 0)
        bytes.appendCount(file.damageLeftOut)
    }

    /// What stands for "none" where a number can be missing.
    private static let none = UInt32.max

    private static func encode(_ damage: Snapshot.Damage, _ bytes: inout [UInt8]) {
        bytes.appendCount(damage.file)
        bytes.appendLittleEndian(damage.slot.map { UInt32($0) } ?? none)
        bytes.appendLittleEndian(damage.offset.map { UInt32($0) } ?? none)
        bytes.append(damage.topic == nil ? 0 : 1)
        if let topic = damage.topic { bytes.appendText(topic.bytes) }
        bytes.appendText(Array(damage.reason.utf8))
    }

    private static func encode(_ topic: Snapshot.Topic, _ bytes: inout [UInt8]) {
        bytes.appendText(topic.name.bytes)
        bytes.appendLittleEndian(topic.lastSequence)
        bytes.appendLittleEndian(topic.lastTimestamp)
        bytes.append(topic.cursor == nil ? 0 : 1)
        if let cursor = topic.cursor {
            bytes.appendCount(cursor.block)
            bytes.appendCount(cursor.offset)
            bytes.appendLittleEndian(UInt64(cursor.consumed))
            bytes.appendCount(cursor.consumedInBlock)
            bytes.appendLittleEndian(cursor.sequence)
        }
        bytes.appendCount(topic.blocks.count)
        for block in topic.blocks {
            bytes.appendCount(block.file)
            bytes.append(UInt8(block.slot))
            bytes.append(UInt8(block.units))
            bytes.appendCount(block.used)
            bytes.appendCount(block.entries)
            bytes.append(block.isSealed ? 1 : 0)
            bytes.appendCount(block.damaged.count)
            for range in block.damaged {
                bytes.appendCount(range.lowerBound)
                bytes.appendCount(range.upperBound)
            }
        }
    }

    // MARK: - Decoding

    /// Checks everything that the engine relies on: what comes out is a directory that could be.
    public static func decode(_ image: [UInt8]) throws(FormatError) -> Snapshot {
        let bytes = unsafe image.span.bytes
        let size = bytes.byteCount
        guard size >= headerSize + 4, bytes.littleEndian(UInt32.self, at: 0) == magic,
            bytes.littleEndian(UInt32.self, at: 4) == 0
        else {
            throw FormatError(
                field: "snapshot magic", range: 0..<min(8, size), problem: "is not WSS2")
        }
        guard bytes.littleEndian(UInt64.self, at: 8) == UInt64(size) else {
            throw FormatError(
                field: "snapshot length", range: 8..<16, problem: "is not that of the file")
        }
        guard
            CRC32C.hash(bytes, 0..<size - 4) == bytes.littleEndian(UInt32.self, at: size - 4)
        else {
            throw FormatError(
                field: "snapshot", range: 0..<size, problem: "does not match its CRC")
        }
        var reader = SnapshotReader(bytes: image, at: headerSize, end: size - 4)
        let snapshot = try reader.snapshot()
        guard reader.at == reader.end else { throw reader.error("does not end with its topics") }
        return snapshot
    }
}

extension [UInt8] {
    fileprivate mutating func appendCount(_ count: Int) { appendLittleEndian(UInt32(count)) }

    fileprivate mutating func appendText(_ text: [UInt8]) {
        let text = text.prefix(Int(UInt16.max))
        appendLittleEndian(UInt16(text.count))
        self += text
    }
}

/// Reads a snapshot from front to back; nothing is read, or made room for, that is not there.
private struct SnapshotReader {
    let bytes: [UInt8]
    var at: Int
    let end: Int

    func error(_ problem: String) -> FormatError {
        FormatError(field: "snapshot", range: at..<end, problem: problem)
    }

    // MARK: Numbers

    private mutating func take<T: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ type: T.Type
    ) throws(FormatError) -> T {
        guard end - at >= T.bitWidth / 8 else { throw error("ends too early") }
        defer { at += T.bitWidth / 8 }
        return unsafe bytes.span.bytes.littleEndian(type, at: at)
    }

    private mutating func number(below limit: Int) throws(FormatError) -> Int {
        let value = Int(try take(UInt32.self))
        guard value < limit else { throw error("has the number \(value), not below \(limit)") }
        return value
    }

    private mutating func optional(below limit: Int) throws(FormatError) -> Int? {
        let value = try take(UInt32.self)
        guard value != .max else { return nil }
        guard value < limit else { throw error("has the number \(value), not below \(limit)") }
        return Int(value)
    }

    private mutating func flag() throws(FormatError) -> Bool {
        let value = try take(UInt8.self)
        guard value <= 1 else { throw error("has a flag that is neither 0 nor 1") }
        return value == 1
    }

    /// How many things of `size` bytes at least come now.
    private mutating func count(of size: Int) throws(FormatError) -> Int {
        let value = Int(try take(UInt32.self))
        guard value <= (end - at) / size else { throw error("counts more than it has room for") }
        return value
    }

    private mutating func text() throws(FormatError) -> [UInt8] {
        let count = Int(try take(UInt16.self))
        guard count <= end - at else { throw error("ends too early") }
        defer { at += count }
        return Array(bytes[at..<at + count])
    }

    private mutating func string() throws(FormatError) -> String {
        guard let string = String(validating: try text(), as: UTF8.self) else {
            throw error("has text that is not UTF-8")
        }
        return string
    }

    private mutating func base() throws(FormatError) -> CursorJournal.Base {
        CursorJournal.Base(length: try take(UInt64.self), checksum: try take(UInt64.self))
    }

    // MARK: Values

    mutating func snapshot() throws(FormatError) -> Snapshot {
        let boot = try string()
        let (cursors, marks, journal) = (try base(), try base(), try base())
        let freeSlot = try number(below: Layout.unitsPerFile + 1)
        var files: [Snapshot.File] = []
        for _ in 0..<(try count(of: 49)) {
            let file = try file()
            if let last = files.last, last.name >= file.name {
                throw error("has files in no order")
            }
            files.append(file)
        }
        var damage: [Snapshot.Damage] = []
        for _ in 0..<(try count(of: 15)) { damage.append(try self.damage(files.count)) }
        var topics: [Snapshot.Topic] = []
        var taken = [Set<Int>](repeating: [], count: files.count)
        for _ in 0..<(try count(of: 40)) {
            let topic = try topic(files, &taken)
            if let last = topics.last, last.name >= topic.name {
                throw error("has topics in no order")
            }
            topics.append(topic)
        }
        if let last = taken.last, let slot = last.max(), slot >= freeSlot {
            throw error("has a block in a slot that is free")
        }
        return Snapshot(
            boot: boot, cursorIndex: cursors, cleanIndex: marks, journal: journal, files: files,
            freeSlot: freeSlot, damage: damage, topics: topics)
    }

    private mutating func file() throws(FormatError) -> Snapshot.File {
        guard let name = DataFileName(try string()) else {
            throw error("names a file that is none of data")
        }
        let size = try take(UInt64.self)
        guard let size = Int(exactly: size) else { throw error("has a file of \(size) bytes") }
        return Snapshot.File(
            name: name, size: size,
            modified: Int(Int64(bitPattern: try take(UInt64.self))),
            changed: Int(Int64(bitPattern: try take(UInt64.self))),
            inode: try take(UInt64.self), isPinned: try flag(),
            damageLeftOut: Int(try take(UInt32.self)))
    }

    private mutating func damage(_ files: Int) throws(FormatError) -> Snapshot.Damage {
        let file = try number(below: files)
        let slot = try optional(below: Layout.unitsPerFile)
        let offset = try optional(below: Layout.fileSize)
        let topic = try flag() ? TopicName(bytes: try text()) : nil
        let reason = try string()
        return Snapshot.Damage(file: file, slot: slot, offset: offset, topic: topic, reason: reason)
    }

    private mutating func topic(_ files: [Snapshot.File], _ taken: inout [Set<Int>])
        throws(FormatError) -> Snapshot.Topic
    {
        var topic = Snapshot.Topic(
            name: TopicName(bytes: try text()), lastSequence: try take(UInt64.self),
            lastTimestamp: try take(UInt64.self), cursor: nil, blocks: [])
        guard topic.name.bytes.count <= Layout.topicLengthMax, topic.name.bytes.isUTF8 else {
            throw error("has a topic's name that no topic has")
        }
        guard topic.lastSequence <= EntryStamp.sequenceMax else {
            throw error("has the running number \(topic.lastSequence), which no entry has")
        }
        if try flag() {
            topic.cursor = Snapshot.Cursor(
                block: Int(try take(UInt32.self)), offset: Int(try take(UInt32.self)),
                consumed: Int(truncatingIfNeeded: try take(UInt64.self)),
                consumedInBlock: Int(try take(UInt32.self)), sequence: try take(UInt64.self))
        }
        for _ in 0..<(try count(of: 19)) {
            let block = try block(files.count)
            if let last = topic.blocks.last, (last.file, last.slot) >= (block.file, block.slot) {
                throw error("has blocks in no order")
            }
            for slot in block.slot..<block.slot + block.units {
                guard taken[block.file].insert(slot).inserted else {
                    throw error("has two blocks in one slot")
                }
            }
            topic.blocks.append(block)
        }
        guard !topic.blocks.isEmpty else { throw error("has a topic without blocks") }
        if let cursor = topic.cursor { try check(cursor, topic.blocks) }
        return topic
    }

    private mutating func block(_ files: Int) throws(FormatError) -> Snapshot.Block {
        let file = try number(below: files)
        let slot = Int(try take(UInt8.self))
        let units = Int(try take(UInt8.self))
        guard slot < Layout.unitsPerFile, units > 0, slot + units <= Layout.unitsPerFile else {
            throw error("has a block that is not inside its file")
        }
        let length = units * Layout.unit
        let used = try number(below: length + 1)
        let entries = try number(below: used / Layout.headerSize + 1)
        let isSealed = try flag()
        var damaged: [Range<Int>] = []
        for _ in 0..<(try count(of: 8)) {
            let (start, end) = (try number(below: length), try number(below: length + 1))
            guard start < end, start > damaged.last?.upperBound ?? -1 else {
                throw error("has damage in no order")
            }
            damaged.append(start..<end)
        }
        return Snapshot.Block(
            file: file, slot: slot, units: units, used: used, entries: entries, isSealed: isSealed,
            damaged: damaged)
    }

    private func check(_ cursor: Snapshot.Cursor, _ blocks: [Snapshot.Block]) throws(FormatError) {
        guard cursor.block < blocks.count, cursor.offset <= blocks[cursor.block].used,
            cursor.consumedInBlock <= blocks[cursor.block].entries,
            cursor.consumed
                == blocks[..<cursor.block].reduce(cursor.consumedInBlock, { $0 + $1.entries })
        else { throw error("has a cursor that is not inside its topic") }
    }
}
