internal import Inspect
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// What of a directory goes into a backup.
struct BackupContents {
    struct DataFile {
        let name: DataFileName
        let size: Int
        /// In order, apart from one another.
        let ranges: [Range<Int>]
    }

    var files: [DataFile] = []
    /// The small files.
    var small: [(name: String, bytes: [UInt8])] = []
    /// Bytes of data files.
    var bytes: Int { files.reduce(0) { $0 + $1.ranges.reduce(0) { $0 + $1.count } } }

    /// More than any small file has.
    private static let smallMax = 256 << 20

    /// - Parameter exact: every byte there is, since nobody writes; else the part that is of one moment.
    init(_ look: BackupLook, exact: Bool, _ directory: FilePath) throws {
        for file in look.state.files {
            guard let open = look.files[file.name] else { continue }
            let wanted = exact ? [0..<file.size] : Self.settled(file, look)
            var ranges: [Range<Int>] = []
            for range in wanted { try Self.add(range, of: open, to: &ranges) }
            files.append(DataFile(name: file.name, size: file.size, ranges: ranges))
        }
        small = exact ? try Self.copied(directory) : Self.composed(look)
    }

    /// Adds what of `range` is no hole.
    private static func add(_ range: Range<Int>, of file: DiskFile, to ranges: inout [Range<Int>])
        throws(IOError)
    {
        var at = range.lowerBound
        while at < range.upperBound, let data = try file.dataRange(from: at),
            data.lowerBound < range.upperBound
        {
            let piece = max(at, data.lowerBound)..<min(data.upperBound, range.upperBound)
            if let last = ranges.last, last.upperBound == piece.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<piece.upperBound
            } else if !piece.isEmpty {
                ranges.append(piece)
            }
            at = max(data.upperBound, at + 1)
        }
    }

    // MARK: - Nobody writes

    /// Every small file as it is, but for those that only the running system understands.
    private static func copied(_ directory: FilePath) throws(IOError) -> [(
        name: String, bytes: [UInt8]
    )] {
        var small: [(name: String, bytes: [UInt8])] = []
        let left = [
            DirectoryNames.lock, DirectoryNames.metrics, DirectoryNames.snapshot,
            BackupManifest.name,
        ]
        for entry in try Directory.list(directory).sorted(by: { $0.name < $1.name })
        where entry.kind == .file && entry.name.hasSuffix(DirectoryNames.sidecarSuffix)
            && !left.contains(entry.name) && entry.name.utf8.count <= 60
        {
            let bytes = try Directory.contents(
                of: directory.appending(entry.name), limit: smallMax)
            small.append((entry.name, bytes ?? []))
        }
        return small
    }

    // MARK: - Others may write

    /// Where what was found of a file stands, without what may be on its way.
    private static func settled(_ file: FileState, _ look: BackupLook) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for end in look.ends where end.file == file.name {
            let start = end.slot * Layout.unit
            let cut = look.cuts.filter { ($0.file, $0.slot) == end.place }.map(\.offset).min()
            let last = look.state.topic(end.topic)?.blocks.last
            let isLast = last.map { ($0.file, $0.slot) == end.place } ?? true
            // What stands behind the entries of the last block may be one that is being written. Blocks
            // before it are as they will stay.
            let length =
                cut ?? (isLast ? min(end.soundEnd, end.lost ?? .max) : end.units * Layout.unit)
            let range = start..<min(start + length, file.size)
            if !range.isEmpty { ranges.append(range) }
        }
        let used = file.blocks.last.map { $0.slot } ?? 0
        let isNewest = look.state.files.last?.name == file.name
        for slot in file.unreadableSlots where slot < used || !isNewest {
            let next = file.blocks.first { $0.slot > slot }?.slot ?? Layout.unitsPerFile
            ranges.append(slot * Layout.unit..<min(next * Layout.unit, file.size))
        }
        return ranges.filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// Indexes and journal that say of the copy what those read say of the log: cursors by the blocks that
    /// are in it, and dirty what was dirty before the look or after it.
    private static func composed(_ look: BackupLook) -> [(name: String, bytes: [UInt8])] {
        var cursors: [TopicName: StoredCursor] = [:]
        var positions: [TopicName: CursorPosition] = [:]
        var marks: [TopicName: CleanMark] = [:]
        let journal = look.before.journal.value
        for topic in look.state.topics {
            if let cursor = topic.cursor {
                cursors[topic.name] = .chain(cursor.blockIndex, offset: end(of: cursor, look))
            }
            if let known = journal?.cursors[topic.name] {
                let place = topic.cursor
                positions[topic.name] = CursorPosition(
                    file: place?.file, slot: place?.slot ?? 0,
                    offset: place.map { end(of: $0, look) } ?? 0, sequence: known.sequence)
            }
            if let mark = topic.mark { marks[topic.name] = mark }
        }
        for later in [look.after.marks.value ?? [:], look.after.journal.value?.marks ?? [:]] {
            for (topic, mark) in later where !mark.isClean { marks[topic] = mark }
        }
        let index = CursorIndexImage.encode(cursors)
        let clean = CleanIndexImage.encode(marks)
        var small = [(DirectoryNames.cursorIndex, index), (DirectoryNames.cleanIndex, clean)]
        guard journal != nil else { return small }
        var image = CursorJournal.encodeHeader(
            cursors: .init(index: index), marks: .init(index: clean))
        for (topic, counter) in (look.after.journal.value?.counters ?? [:]).sorted(by: {
            $0.key < $1.key
        }) { image += CursorJournal.encode(.counter(topic, counter)) }
        for (topic, position) in positions.sorted(by: { $0.key < $1.key }) {
            image += CursorJournal.encode(.cursor(topic, position))
        }
        small.append((DirectoryNames.cursorJournal, image))
        return small
    }

    /// The cursor's offset, where no damaged entry is left before it.
    private static func end(of cursor: CursorState, _ look: BackupLook) -> Int {
        let end = look.ends.first { $0.place == (cursor.file, cursor.slot) }
        guard let end, end.torn != nil, cursor.offset > end.soundEnd else { return cursor.offset }
        let topic = look.state.topics.first { $0.cursor == cursor }
        let isLast = topic?.blocks.last.map { ($0.file, $0.slot) == end.place } ?? true
        return isLast ? end.soundEnd : cursor.offset
    }
}
