internal import Glibc
public import SystemPackage
public import WalrusFormat
internal import WalrusIO

/// Writes entries where a test wants them, byte for byte: sound ones, and what no engine would.
public final class LogWriter: Sendable {
    public let path: FilePath
    private let place: TempDirectory

    /// The name of the first file.
    public static let first = "1763670155020"

    public init(inMemory: Bool = false) throws {
        place = try TempDirectory(inMemory: inMemory)
        path = place.path
    }

    /// Name `number` in the order of names.
    public static func name(_ number: Int) -> String { "17636701550\(20 + number)" }

    public func file(_ name: String = first) -> FilePath { path.appending(name) }

    /// Makes an empty data file, if it is not there.
    public func create(_ name: String = first, size: Int = Layout.fileSize) throws {
        guard try FileStatus.of(file(name)) == nil else { return }
        try DiskFile(file(name), .create).truncate(to: size)
    }

    /// Puts an entry at `offset` of the block that begins in `slot`. Returns where the next goes.
    @discardableResult
    public func entry(
        _ payload: [UInt8], _ topic: TopicName, file name: String = first, slot: Int = 0,
        units: Int = 1, at offset: Int = 0, stamp: EntryStamp? = nil
    ) throws -> Int {
        let header = EntryHeader(
            topic: topic, blockEnd: (slot + units) * Layout.unit, checksum: FNV1a.hash(payload),
            payloadLength: payload.count, stamp: stamp)
        try put(header.encoded() + payload, file: name, at: slot * Layout.unit + offset)
        return offset + Layout.headerSize + payload.count
    }

    /// Puts entries one after another. Returns where the next goes.
    @discardableResult
    public func entries(
        _ payloads: [[UInt8]], _ topic: TopicName, file name: String = first, slot: Int = 0,
        units: Int = 1, at offset: Int = 0, firstSequence: UInt64? = nil
    ) throws -> Int {
        var at = offset
        for (index, payload) in payloads.enumerated() {
            let stamp = firstSequence.map {
                EntryStamp(sequence: $0 + UInt64(index), timestamp: 1_000 + $0 + UInt64(index))
            }
            at = try entry(
                payload, topic, file: name, slot: slot, units: units, at: at, stamp: stamp)
        }
        return at
    }

    public func put(_ bytes: [UInt8], file name: String = first, at offset: Int) throws {
        try create(name)
        let file = try DiskFile(file(name), .readWrite)
        try unsafe bytes.withUnsafeBytes {
            unsafe try file.write(at: offset, $0, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    public func get(file name: String = first, at offset: Int, count: Int) throws -> [UInt8] {
        try DiskFile(file(name), .readOnly).read(at: offset, count: count)
    }

    public func flip(file name: String = first, bit: Int, at offset: Int) throws {
        let byte = try get(file: name, at: offset, count: 1)
        try put([byte[0] ^ (1 << UInt8(bit))], file: name, at: offset)
    }

    public func zero(file name: String = first, at offset: Int, count: Int) throws {
        try put([UInt8](repeating: 0, count: count), file: name, at: offset)
    }

    public func truncate(_ name: String = first, to size: Int) throws {
        try DiskFile(file(name), .readWrite).truncate(to: size)
    }

    public func remove(_ name: String) throws { try DiskStorage(path).remove(name) }

    /// Replaces a small file whole.
    public func sidecar(_ name: String, _ bytes: [UInt8]) throws {
        try DiskStorage(path).replace(name, with: bytes, temporary: "new_" + name)
    }

    public func cursors(_ cursors: [TopicName: StoredCursor]) throws {
        try sidecar(DirectoryNames.cursorIndex, CursorIndexImage.encode(cursors))
    }

    public func marks(_ marks: [TopicName: CleanMark]) throws {
        try sidecar(DirectoryNames.cleanIndex, CleanIndexImage.encode(marks))
    }

    /// Writes a journal of `records` that continues the index file that is there, or another.
    public func journal(
        _ records: [(TopicName, CursorPosition)], stale: Bool = false, torn: Int = 0
    ) throws {
        let index = try Directory.contents(of: path.appending(DirectoryNames.cursorIndex))
        let marks = try Directory.contents(of: path.appending(DirectoryNames.cleanIndex))
        var image = CursorJournal.encodeHeader(
            cursors: CursorJournal.Base(index: stale ? [1, 2, 3] : index),
            marks: CursorJournal.Base(index: marks))
        for (topic, position) in records {
            image += CursorJournal.encode(.cursor(topic, position))
        }
        try sidecar(DirectoryNames.cursorJournal, Array(image.dropLast(torn)))
    }
}

/// What can be seen of a file from outside, to tell whether anybody touched it.
public struct Trace: Hashable, Sendable {
    public let name: String
    public let size: Int
    /// Seconds and nanoseconds of last access, change of contents, change of anything.
    public let times: [Int]
    /// FNV-1a of what is not a hole.
    public let contents: UInt64

    /// The traces of the directory itself and of everything in it.
    public static func all(in directory: FilePath) throws -> [Trace] {
        let own = try Trace(".", directory, isFile: false)
        return try [own]
            + Directory.list(directory).sorted { $0.name < $1.name }.map {
                try Trace($0.name, directory.appending($0.name), isFile: $0.kind == .file)
            }
    }

    private init(_ name: String, _ path: FilePath, isFile: Bool) throws {
        var raw = stat()
        guard unsafe path.withPlatformString({ unsafe stat($0, &raw) }) == 0 else {
            throw IOError("look at", path, Errno(rawValue: errno))
        }
        self.name = name
        size = Int(raw.st_size)
        times = [
            raw.st_atim.tv_sec, raw.st_atim.tv_nsec, raw.st_mtim.tv_sec, raw.st_mtim.tv_nsec,
            raw.st_ctim.tv_sec, raw.st_ctim.tv_nsec,
        ]
        guard isFile else {
            contents = 0
            return
        }
        let file = try DiskFile(path, .readOnly)
        var sum = FNV1a()
        var at = 0
        while let range = try file.dataRange(from: at) {
            let bytes = try file.read(at: range.lowerBound, count: range.count)
            unsafe bytes.withUnsafeBytes { unsafe sum.add($0) }
            at = range.upperBound
        }
        contents = sum.value
    }
}
