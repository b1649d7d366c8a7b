internal import Synchronization
public import SystemPackage
internal import WalrusFormat
public import WalrusIO

/// The layout of a recording on disk (docs/recording.md).
enum RecordingLayout {
    static let magic = Array("WalrusRc".utf8)
    static let version: UInt32 = 1
    static let headerSize = 24
    static let directoryMax = 4_096
    static let marker: UInt32 = 0x3146_5257  // "WRF1"
    /// Marker, length, flags, time.
    static let frameHead = 20
    static let checksumSize = 4
    /// Frames that are played of one file.
    static let framesMax = 1_000_000

    static func header(directory: String, interval: UInt64) -> [UInt8] {
        var name = Array(directory.utf8)
        if name.count > directoryMax { name = Array(name.suffix(directoryMax)) }
        var bytes = magic
        append(version, to: &bytes)
        append(UInt32(name.count), to: &bytes)
        append(interval, to: &bytes)
        bytes += name
        append(CRC32C.hash(bytes), to: &bytes)
        return bytes
    }

    static func frame(_ frame: RecordedFrame) -> [UInt8] {
        var bytes: [UInt8] = []
        append(marker, to: &bytes)
        append(UInt32(frame.bytes.count), to: &bytes)
        append(UInt32(frame.isKey ? 1 : 0), to: &bytes)
        append(frame.time, to: &bytes)
        bytes += frame.bytes
        append(CRC32C.hash(bytes), to: &bytes)
        return bytes
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: value.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    static func number(_ bytes: ArraySlice<UInt8>, at: Int, bytes count: Int) -> UInt64 {
        (0..<count).reduce(UInt64(0)) {
            $0 | UInt64(bytes[bytes.startIndex + at + $1]) << UInt64(8 * $1)
        }
    }
}

/// Writes a recording, a frame a look. What was written before a crash can be played.
///
/// Not for use by two threads at once.
public final class RecordingOutput {
    private let file: DiskFile
    private var encoder = RecordingEncoder()
    /// Bytes so far.
    public private(set) var size = 0
    public private(set) var frames = 0

    /// Makes a new file; one that is there already is an error.
    ///
    /// - Parameters:
    ///   - directory: the directory that is recorded, for showing.
    ///   - interval: nanoseconds between two looks.
    public init(_ path: FilePath, directory: String, interval: UInt64) throws(IOError) {
        file = try DiskFile(path, .create)
        try write(RecordingLayout.header(directory: directory, interval: interval))
    }

    /// - Throws: `RecordingError` when the directory is too large for a frame, `IOError`.
    public func add(_ state: DirectoryState, holders: [Int]) throws {
        let frame = encoder.encode(state, holders: holders)
        guard frame.bytes.count <= RecordedFrame.sizeMax else {
            throw RecordingError(
                "a look takes \(frame.bytes.count) bytes, and a frame has \(RecordedFrame.sizeMax) at most"
            )
        }
        try write(RecordingLayout.frame(frame))
        frames += 1
    }

    /// Makes it durable.
    public func finish() throws(IOError) { try file.sync() }

    private func write(_ bytes: [UInt8]) throws(IOError) {
        let failure: IOError? = unsafe bytes.withUnsafeBytes { bytes in
            do throws(IOError) {
                unsafe try file.write(
                    at: size, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
        size += bytes.count
    }
}

/// A recording on disk. Only where its frames stand is kept in memory.
public final class RecordingFile: RecordingSource, Sendable {
    private struct Place: Sendable {
        let offset: Int
        let length: Int
        let time: UInt64
        let isKey: Bool
    }

    /// The directory that was recorded, as its user named it.
    public let directory: String
    /// Nanoseconds between two looks.
    public let interval: UInt64
    /// What cannot be played, and why; nil: all can.
    public let problem: String?
    private let file: DiskFile
    private let places: [Place]

    /// Damage that is searched past for the next key frame, in one file.
    private static let searchesMax = 16

    /// Reads the whole file once. A tail that is cut off, and frames that are damaged, are left out:
    /// `problem` says so.
    ///
    /// - Throws: `RecordingError` when it is no recording or holds no frame, `IOError`.
    public init(_ path: FilePath) throws {
        file = try DiskFile(path, .readOnly)
        let size = try file.size()
        let name = path.string
        let head = try Self.read(file, 0, RecordingLayout.headerSize)
        guard head.starts(with: RecordingLayout.magic) else {
            throw RecordingError("\(name) is not a recording: `walrus record` makes one")
        }
        let version = head.count < 12 ? 0 : RecordingLayout.number(head[...], at: 8, bytes: 4)
        guard head.count == RecordingLayout.headerSize,
            version == UInt64(RecordingLayout.version)
        else {
            throw RecordingError(
                "\(name) has version \(version) of the format; this program reads 1")
        }
        let length = Int(RecordingLayout.number(head[...], at: 12, bytes: 4))
        let start = RecordingLayout.headerSize + length + RecordingLayout.checksumSize
        guard length <= RecordingLayout.directoryMax, start <= size else {
            throw RecordingError("\(name) is cut off in its header")
        }
        let header = try Self.read(file, 0, start)
        let sum = RecordingLayout.number(header[...], at: start - 4, bytes: 4)
        guard header.count == start, UInt64(CRC32C.hash(Array(header.dropLast(4)))) == sum else {
            throw RecordingError("\(name) has a damaged header")
        }
        let text = header[RecordingLayout.headerSize..<(start - 4)]
        directory = String(decoding: text, as: UTF8.self)
        interval = max(
            100_000_000, min(RecordingLayout.number(head[...], at: 16, bytes: 8), 1 << 42))
        (places, problem) = try Self.index(file, from: start, size: size)
        guard !places.isEmpty else {
            throw RecordingError("\(name) holds no frame" + (problem.map { ": \($0)" } ?? ""))
        }
    }

    public var count: Int { places.count }
    public func time(_ index: Int) -> UInt64 { places[index].time }
    public func isKey(_ index: Int) -> Bool { places[index].isKey }

    public func frame(_ index: Int) throws -> RecordedFrame {
        let place = places[index]
        guard let frame = try Self.frame(file, place.offset, size: try file.size()) else {
            throw RecordingError("frame \(index + 1) has changed on disk")
        }
        return frame
    }

    // MARK: - Finding frames

    private static func index(_ file: DiskFile, from start: Int, size: Int) throws -> (
        [Place], String?
    ) {
        var places: [Place] = []
        var problems: [String] = []
        var (at, searches) = (start, 0)
        // What follows damage builds on what is damaged, up to the next key frame.
        var needsKey = true
        while at < size {
            if places.count == RecordingLayout.framesMax {
                problems.append("only the first \(places.count) frames are played")
                break
            }
            if let frame = try frame(file, at, size: size) {
                let length = frame.bytes.count
                if frame.isKey { needsKey = false }
                if !needsKey {
                    places.append(
                        Place(offset: at, length: length, time: frame.time, isKey: frame.isKey))
                }
                at += RecordingLayout.frameHead + length + RecordingLayout.checksumSize
                continue
            }
            needsKey = true
            searches += 1
            let next = searches <= searchesMax ? try nextKey(file, after: at, size: size) : nil
            guard let next else {
                problems.append("from byte \(at) on it is cut off or damaged")
                break
            }
            problems.append("bytes \(at) to \(next) are damaged")
            at = next
        }
        return (places, problems.isEmpty ? nil : problems.joined(separator: "; "))
    }

    /// The next whole key frame behind damage.
    private static func nextKey(_ file: DiskFile, after damage: Int, size: Int) throws -> Int? {
        let window = 1 << 16
        var tries = 0
        var at = damage + 1
        while at < size {
            let bytes = try read(file, at, min(window + 3, size - at))
            guard bytes.count > 3 else { return nil }
            for index in 0..<bytes.count - 3
            where bytes[index] == 0x57 && bytes[index + 1] == 0x52 && bytes[index + 2] == 0x46
                && bytes[index + 3] == 0x31
            {
                tries += 1
                // Payloads may look like markers; a file of nothing else is not worth the time.
                guard tries <= 64 else { return nil }
                if let frame = try frame(file, at + index, size: size), frame.isKey {
                    return at + index
                }
            }
            at += window
        }
        return nil
    }

    /// The frame at an offset; nil where there is none that is whole.
    private static func frame(_ file: DiskFile, _ offset: Int, size: Int) throws -> RecordedFrame? {
        let head = try read(file, offset, min(RecordingLayout.frameHead, size - offset))
        guard head.count == RecordingLayout.frameHead,
            RecordingLayout.number(head[...], at: 0, bytes: 4) == UInt64(RecordingLayout.marker)
        else { return nil }
        let length = Int(RecordingLayout.number(head[...], at: 4, bytes: 4))
        let whole = RecordingLayout.frameHead + length + RecordingLayout.checksumSize
        guard length <= RecordedFrame.sizeMax, whole <= size - offset else { return nil }
        let bytes = try read(file, offset, whole)
        guard bytes.count == whole,
            UInt64(CRC32C.hash(Array(bytes.dropLast(4))))
                == RecordingLayout.number(bytes[...], at: whole - 4, bytes: 4)
        else { return nil }
        return RecordedFrame(
            time: RecordingLayout.number(head[...], at: 12, bytes: 8),
            isKey: RecordingLayout.number(head[...], at: 8, bytes: 4) & 1 == 1,
            bytes: Array(bytes[RecordingLayout.frameHead..<(whole - 4)]))
    }

    private static func read(_ file: DiskFile, _ offset: Int, _ count: Int) throws -> [UInt8] {
        var failure: IOError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            do throws(IOError) {
                filled = unsafe try file.read(
                    at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}
