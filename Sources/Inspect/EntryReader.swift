public import SystemPackage
public import WalrusFormat
public import WalrusIO

/// An entry of a topic, as a list shows it.
public struct EntryRow: Hashable, Sendable {
    /// 1-based place among the topic's sound entries on disk; nil when the entry is damaged.
    public let ordinal: Int?
    public let file: DataFileName
    /// The block's first slot in its file.
    public let slot: Int
    /// Bytes from the block's start to the entry's header.
    public let offset: Int
    /// Bytes of payload.
    public let length: Int
    /// FNV-1a 64 of the payload as read.
    public let checksum: UInt64
    public let stamp: EntryStamp?
    public let damage: EntryDamage?
    /// Whether it stands before the topic's persisted cursor.
    public let isConsumed: Bool
    /// The first bytes of the payload.
    public internal(set) var preview: [UInt8]

    public var place: EntryPlace { EntryPlace(file: file, slot: slot, offset: offset) }
    /// Where the next header stands, from the block's start.
    public var end: Int { offset + Layout.headerSize + length }
    /// Where the payload begins, in bytes from the start of the file.
    var payloadStart: Int { slot * Layout.unit + offset + Layout.headerSize }
}

/// Reads the entries of one topic in order, as they were when its state was taken.
///
/// Every payload it passes is verified, so that ordinals count sound entries alone. Reading never
/// moves a cursor. Memory: one window, whatever the entries' size.
public struct EntryReader: Sendable {
    public let directory: FilePath
    public let topic: TopicState

    public init(directory: FilePath, topic: TopicState) {
        self.directory = directory
        self.topic = topic
    }

    /// Gets an entry, and its whole payload when that was at hand. Returns whether to go on.
    public typealias Visit = (EntryRow, _ payload: UnsafeRawBufferPointer?) throws -> Bool

    /// Visits the entries from the one with `ordinal` on, damaged ones among them included.
    ///
    /// - Parameters:
    ///   - previewMax: how many bytes of each payload to hand out with the row.
    ///   - advance: hears of every block before it is read; returning false stops.
    public func forEach(
        from ordinal: Int = 1, previewMax: Int = 0, advance: (BlockPlace) -> Bool = { _ in true },
        _ visit: Visit
    ) throws {
        // Damaged entries have no ordinal: from the first one on means everything.
        let first =
            ordinal <= 1
            ? 0 : topic.blocks.firstIndex { $0.entriesBefore + $0.entries >= ordinal }
        guard let first else { return }
        for index in topic.blocks.indices[first...] {
            guard advance(topic.blocks[index]) else { return }
            let goesOn = try unsafe forEach(
                in: index, from: ordinal, previewMax: previewMax, visit)
            guard goesOn else { return }
        }
    }

    /// Visits the entries of the block with that index among the topic's.
    ///
    /// - Parameter start: bytes from the block's start to the first entry to be read, with the
    ///   number of sound entries of the block before it. Saves reading what was read before.
    /// - Returns: whether the visitor wants to go on.
    @discardableResult
    public func forEach(
        in index: Int, from ordinal: Int = 1, start: (offset: Int, entries: Int) = (0, 0),
        previewMax: Int = 0, _ visit: Visit
    ) throws -> Bool {
        let block = topic.blocks[index]
        guard block.used > 0 else { return true }
        let file = try DiskFile(directory.appending(block.file.text), .readOnly)
        var walker = EntryWalker(file)
        let frame = BlockFrame(
            start: block.frameStart, length: block.units * Layout.unit, topic: topic.name)
        var sound = block.entriesBefore + start.entries
        var goesOn = true
        let end = try unsafe walker.walk(frame, from: start.offset) { entry, payload in
            // What was appended since belongs to a later state.
            guard entry.end <= block.used else { return false }
            if entry.damage == nil { sound += 1 }
            guard sound >= ordinal || ordinal <= 1 else { return true }
            let row = EntryRow(
                ordinal: entry.damage == nil ? sound : nil, file: block.file, slot: block.slot,
                offset: entry.offset, length: entry.payloadLength, checksum: entry.checksum,
                stamp: entry.stamp, damage: entry.damage,
                isConsumed: isConsumed(index, entry.offset),
                preview: try unsafe preview(
                    payload, file, frame.start + entry.offset, entry.payloadLength, previewMax))
            goesOn = try unsafe visit(row, payload)
            return goesOn
        }
        return goesOn || !end.stopped
    }

    private func isConsumed(_ block: Int, _ offset: Int) -> Bool {
        guard let cursor = topic.cursor else { return false }
        return (block, offset) < (cursor.blockIndex, cursor.offset)
    }

    private func preview(
        _ payload: UnsafeRawBufferPointer?, _ file: DiskFile, _ header: Int, _ length: Int,
        _ max: Int
    ) throws(IOError) -> [UInt8] {
        let count = min(length, max)
        guard count > 0 else { return [] }
        if let payload = unsafe payload { return unsafe Array(payload[..<count]) }
        return try file.read(at: header + Layout.headerSize, count: count)
    }

    /// The ordinal of the sound entry that a place in the topic is part of, or of the first one
    /// behind it, or 1 past the last.
    public func ordinal(file: DataFileName, slot: Int, offset: Int) throws -> Int {
        guard let block = topic.blocks.first(where: { ($0.file, $0.slot) == (file, slot) }) else {
            return 1
        }
        var ordinal = block.entriesBefore + 1
        unsafe try forEach(from: ordinal) { row, _ in
            guard (row.file, row.slot) == (file, slot), row.end <= offset else { return false }
            if let passed = row.ordinal { ordinal = passed + 1 }
            return true
        }
        return ordinal
    }

    /// The rows from `ordinal` on, `count` at most.
    public func rows(from ordinal: Int, count: Int, previewMax: Int = 256) throws -> [EntryRow] {
        var rows: [EntryRow] = []
        guard count > 0 else { return rows }
        try unsafe forEach(from: ordinal, previewMax: previewMax) { row, _ in
            rows.append(row)
            return rows.count < count
        }
        return rows
    }

    /// The last rows, `count` at most, damaged ones behind the last sound one included.
    public func lastRows(_ count: Int, previewMax: Int = 256) throws -> [EntryRow] {
        var rows: [EntryRow] = []
        guard count > 0 else { return rows }
        let first = max(1, topic.entries - count + 1)
        try unsafe forEach(from: first, previewMax: previewMax) { row, _ in
            if rows.count >= 2 * count { rows.removeFirst(count) }
            rows.append(row)
            return true
        }
        return rows.suffix(count)
    }

    /// Bytes of the payload of `row`, from `offset` in it.
    public func payload(of row: EntryRow, from offset: Int = 0, count: Int = .max)
        throws(IOError) -> [UInt8]
    {
        let start = min(offset, row.length)
        let file = try DiskFile(directory.appending(row.file.text), .readOnly)
        return try file.read(at: row.payloadStart + start, count: min(count, row.length - start))
    }

    /// The ordinal of the first entry with this sequence or a later one; one past the last when there
    /// is none, and nil when no entry of the topic has a sequence.
    public func ordinal(sequence: UInt64) throws -> Int? {
        guard topic.blocks.contains(where: { $0.stamps != nil }) else { return nil }
        for (index, block) in topic.blocks.enumerated() {
            guard let last = block.stamps?.last.sequence, last >= sequence else { continue }
            var found: Int?
            try unsafe forEach(in: index) { row, _ in
                if let stamp = row.stamp, stamp.sequence >= sequence { found = row.ordinal }
                return found == nil
            }
            if let found { return found }
        }
        return topic.entries + 1
    }

    /// The ordinal of the first entry appended at `time` (nanoseconds since 1970 UTC) or later; one
    /// past the last when there is none.
    ///
    /// Exact for entries with a stamp. Of others only the time that their file's name tells is
    /// known: they count as appended when their file was made. That is good enough for a look.
    public func ordinal(at time: UInt64) throws -> Int { try moment(time).ordinal }

    /// The same where something depends on it. Throws `EntryPoint.Missing` where entries without a stamp
    /// may have been appended before or after `time`.
    public func certainOrdinal(at time: UInt64) throws -> Int {
        let moment = try moment(time)
        guard let unknown = moment.unknown, unknown < moment.ordinal else { return moment.ordinal }
        throw EntryPoint.Missing(
            description:
                "entries \(unknown) to \(moment.ordinal - 1) do not tell when they were appended (the "
                + "reference wrote them, or the topic's name has no room for it): name an ordinal, or a "
                + "place")
    }

    /// The first entry at `time` or later, and the first of those without a stamp before it of which nothing
    /// tells that they are older.
    private func moment(_ time: UInt64) throws -> (ordinal: Int, unknown: Int?) {
        var unknown: Int?
        for block in topic.blocks where block.entries > 0 {
            let (product, overflow) = (block.file.milliseconds ?? 0)
                .multipliedReportingOverflow(by: 1_000_000)
            let born = overflow ? .max : product
            guard let last = block.stamps?.last.timestamp else {
                // Without stamps every entry of the block has the same time.
                if born >= time { return (block.entriesBefore + 1, unknown) }
                unknown = unknown ?? block.entriesBefore + 1
                continue
            }
            guard max(last, born) >= time else {
                unknown = nil
                continue
            }
            var found: Int?
            try unsafe forEach(from: block.entriesBefore + 1) { row, _ in
                guard (row.file, row.slot) == (block.file, block.slot) else { return false }
                guard let ordinal = row.ordinal else { return true }
                if row.stamp?.timestamp ?? born >= time {
                    found = ordinal
                } else {
                    unknown = row.stamp == nil ? unknown ?? ordinal : nil
                }
                return found == nil
            }
            if let found { return (found, unknown) }
        }
        return (topic.entries + 1, unknown)
    }
}
