internal import WalrusFormat
internal import WalrusIO

/// The fields of the files beside the data files (`docs/format.md`, sections 5 and 7).
enum SidecarMap {
    /// Longer journals are not taken apart: finding a record takes reading all before it.
    private static let journalMax = 16 << 20

    static func map(_ disk: DiskFile, name: String, at offset: Int) throws -> ByteMap {
        let size = try disk.size()
        let fields: [ByteField]?
        switch name {
        case DirectoryNames.cursorIndex, DirectoryNames.cleanIndex:
            let index = Index(disk, size: size, isClean: name == DirectoryNames.cleanIndex)
            fields = try index?.fields(at: offset)
        case DirectoryNames.cursorJournal where size <= journalMax:
            fields = try journal(disk.read(at: 0, count: size), at: offset)
        default: fields = nil
        }
        let whole = 0..<max(size, offset + 1)
        guard let fields else {
            return ByteMap([ByteField("file", .group, depth: 0, whole)], range: whole)
        }
        let around = [ByteField("file", .group, depth: 0, whole)] + fields
        // Of a run that is taken apart only where the cursor is, that part is what this map tells.
        let part = around.last { $0.kind == .group && $0.range.contains(offset) }
        let leaf = around.last { $0.range.contains(offset) }
        let range = part?.range == whole ? leaf?.range ?? whole : part?.range ?? whole
        return ByteMap(around, range: range)
    }

    // MARK: - Index files

    /// The shape of an archived map, read from its end.
    private struct Index {
        let disk: DiskFile
        let size: Int
        let isClean: Bool
        let count: Int
        let entries: Int

        static let entrySize = 24
        static let rootSize = 12

        /// Nil when the file does not have the shape.
        init?(_ disk: DiskFile, size: Int, isClean: Bool) {
            guard size >= Self.rootSize,
                let root = try? disk.read(at: size - Self.rootSize, count: Self.rootSize),
                root.count == Self.rootSize
            else { return nil }
            let position = size - 4
            let count = Int(root.unsigned(at: 0, 4))
            let offset = Int(Int32(truncatingIfNeeded: root.unsigned(at: 8, 4)))
            let entries = position + offset
            guard entries >= 4 * count, entries + Self.entrySize * count + Self.rootSize == size
            else { return nil }
            self.disk = disk
            self.size = size
            self.isClean = isClean
            self.count = count
            self.entries = entries
        }

        func fields(at offset: Int) throws -> [ByteField] {
            let root = size - Self.rootSize
            var fields: [ByteField] = []
            func add(_ name: String, _ kind: ByteField.Kind, _ range: Range<Int>) {
                guard !range.isEmpty else { return }
                fields.append(ByteField(name, kind, depth: 1, range))
            }
            add("displacements", .number, 0..<4 * count)
            add("keys", .topic, 4 * count..<entries)
            add("entries", .group, entries..<root)
            if (entries..<root).contains(offset) {
                fields += try entry(entries + (offset - entries) / Self.entrySize * Self.entrySize)
            }
            let bytes = try disk.read(at: root, count: Self.rootSize)
            for (name, at) in [("count", 0), ("to displacements", 4), ("to entries", 8)] {
                let number = bytes.unsigned(at: at, 4)
                // Offsets count from where they stand, backwards.
                let way = String(Int32(truncatingIfNeeded: number))
                fields.append(
                    ByteField(
                        name, .number, depth: 1, root + at..<root + at + 4,
                        at == 0 ? .number(number) : .text(Array(way.utf8))))
            }
            return fields
        }

        private func entry(_ start: Int) throws -> [ByteField] {
            let bytes = try disk.read(at: start, count: Self.entrySize)
            guard bytes.count == Self.entrySize else { return [] }
            let keyAt = isClean ? 0 : 16
            let name = try key(bytes, at: keyAt, start)
            func field(_ name: String, _ kind: ByteField.Kind, _ at: Int, _ size: Int) -> ByteField
            {
                ByteField(
                    name, kind, depth: 3, start + at..<start + at + size,
                    kind == .padding ? .none : .number(bytes.unsigned(at: at, size)))
            }
            let key = ByteField(
                "key", .topic, depth: 3, start + keyAt..<start + keyAt + 8, .text(name))
            let parts =
                isClean
                ? [
                    key, field("generation", .number, 8, 8), field("clean", .number, 16, 1),
                    field("padding", .padding, 17, 7),
                ]
                : [field("block_index", .number, 0, 8), field("offset", .number, 8, 8), key]
            return [
                ByteField("record", .group, depth: 2, start..<start + Self.entrySize, .text(name))
            ] + parts
        }

        /// The text of a key: in its place, or where it points to.
        private func key(_ bytes: [UInt8], at: Int, _ start: Int) throws -> [UInt8] {
            let last = bytes[at + 7]
            if last & 0x80 == 0 { return Array(bytes[at..<at + min(7, Int(last))]) }
            let length = Int(bytes.unsigned(at: at, 4))
            let text = start + at + Int(Int32(truncatingIfNeeded: bytes.unsigned(at: at + 4, 4)))
            guard text >= 0, length <= Layout.topicLengthMax else { return [] }
            return try disk.read(at: text, count: length)
        }
    }

    // MARK: - The journal

    private static func journal(_ bytes: [UInt8], at offset: Int) -> [ByteField]? {
        guard bytes.count >= CursorJournal.headerSize else { return nil }
        let end = CursorJournal.headerSize
        var fields = [ByteField("journal header", .group, depth: 1, 0..<end)]
        if offset < end {
            fields += [
                ByteField("magic", .number, depth: 2, 0..<4, .text(Array(bytes[..<4]))),
                ByteField("reserved", .padding, depth: 2, 4..<8),
                number(bytes, "length of cursor index", 8, 8),
                checksum(bytes, "checksum of cursor index", 16, 8),
                number(bytes, "length of clean index", 24, 8),
                checksum(bytes, "checksum of clean index", 32, 8),
                ByteField("reserved", .padding, depth: 2, 40..<52),
                checksum(bytes, "crc", 52, 4),
            ]
        }
        var at = end
        while at + recordSize <= bytes.count {
            let length = Int(bytes.unsigned(at: at + 4, 2))
            let next = at + recordSize + (length + 7) / 8 * 8
            guard length <= Layout.topicLengthMax, next <= bytes.count else { break }
            if (at..<next).contains(offset) { fields += record(bytes, at, next, length) }
            at = next
        }
        if at < bytes.count {
            fields.append(
                ByteField(
                    "torn record", .lost, depth: 1, at..<bytes.count, .none,
                    problem: "was not written whole; it counts for nothing"))
        }
        return fields
    }

    private static let recordSize = 48

    private static func record(_ bytes: [UInt8], _ at: Int, _ next: Int, _ length: Int)
        -> [ByteField]
    {
        let topic = Array(bytes[at + recordSize..<at + recordSize + length])
        let isSound = CRC32C.hash(Array(bytes[at + 4..<next])) == bytes.unsigned(at: at, 4)
        var fields = [
            ByteField(
                "record", .group, depth: 1, at..<next, .text(topic),
                problem: isSound ? nil : "does not match its CRC"),
            checksum(bytes, "crc", at, 4), number(bytes, "topic length", at + 4, 2),
            number(bytes, "kind", at + 6, 2),
        ]
        let name = Array(bytes[at + 24..<at + 44].prefix { $0 != 0 })
        switch bytes.unsigned(at: at + 6, 2) {
        case 0:
            fields += [
                number(bytes, "sequence", at + 8, 8), number(bytes, "slot", at + 16, 4),
                number(bytes, "offset", at + 20, 4),
                ByteField("file name", .topic, depth: 2, at + 24..<at + 44, .text(name)),
            ]
        case 1, 2:
            fields += [
                number(bytes, "generation", at + 8, 8),
                ByteField("reserved", .padding, depth: 2, at + 16..<at + 44),
            ]
        case 3:
            fields += [
                number(bytes, "greatest sequence", at + 8, 8),
                number(bytes, "reclaimed", at + 16, 8),
                ByteField(
                    "greatest timestamp", .stamp, depth: 2, at + 24..<at + 32,
                    .time(bytes.unsigned(at: at + 24, 8))),
                ByteField("reserved", .padding, depth: 2, at + 32..<at + 44),
            ]
        default:
            fields += [
                checksum(bytes, "checksum", at + 8, 8), number(bytes, "length", at + 16, 8),
                ByteField("reserved", .padding, depth: 2, at + 24..<at + 44),
            ]
        }
        fields.append(ByteField("reserved", .padding, depth: 2, at + 44..<at + 48))
        if length > 0 {
            fields.append(
                ByteField("topic", .topic, depth: 2, at + 48..<next, .text(topic)))
        }
        return fields
    }

    private static func number(_ bytes: [UInt8], _ name: String, _ at: Int, _ size: Int)
        -> ByteField
    {
        ByteField(
            name, .number, depth: 2, at..<at + size, .number(bytes.unsigned(at: at, size)))
    }

    private static func checksum(_ bytes: [UInt8], _ name: String, _ at: Int, _ size: Int)
        -> ByteField
    {
        ByteField(
            name, .checksum, depth: 2, at..<at + size,
            .hex(bytes.unsigned(at: at, size), bytes: size))
    }
}

extension [UInt8] {
    /// `size` bytes at `at` as an unsigned little-endian number; what is missing counts as zero.
    fileprivate func unsigned(at: Int, _ size: Int) -> UInt64 {
        (0..<size).reduce(0) { sum, index in
            guard indices.contains(at + index) else { return sum }
            return sum | UInt64(self[at + index]) << (8 * UInt64(index))
        }
    }
}
