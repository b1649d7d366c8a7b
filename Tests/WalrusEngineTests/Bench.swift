import Glibc
import Synchronization
import SystemPackage
import TestSupport
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A directory for one test, and the engines that are opened on it.
struct Workplace {
    let temp: TempDirectory
    let backend: StorageBackend
    /// Fails on demand. A heal does not reach engines opened on an earlier `crash`ed one.
    let storage: FaultyStorage

    /// What tests use that do not say: all of them run on maps with `WALRUS_BACKEND=mmap`.
    static let usualBackend: StorageBackend =
        Host.environment("WALRUS_BACKEND") == "mmap" ? .memoryMap : .fileDescriptor

    init() throws { try self.init(Self.usualBackend) }

    init(_ backend: StorageBackend) throws { self.init(try TempDirectory(), backend) }

    init(_ temp: TempDirectory, _ backend: StorageBackend) {
        self.temp = temp
        self.backend = backend
        storage = FaultyStorage(backend.storage(temp.path))
    }

    var path: FilePath { temp.path }

    func configuration(
        _ consistency: ReadConsistency = .strictlyAtOnce, _ schedule: FsyncSchedule = .never
    ) -> Configuration {
        var configuration = Configuration(
            directory: path, key: nil, readConsistency: consistency, fsyncSchedule: schedule)
        // One test has strangers; the others have better things to do than to look for them.
        configuration.looksForStrangers = false
        configuration.backend = backend
        // Those of the socket ask for it.
        configuration.servesControl = false
        // Tests look at what is in the directory; those of the metrics ask for them.
        configuration.writesMetrics = false
        return configuration
    }

    /// An engine on the real disk.
    func open(
        _ consistency: ReadConsistency = .strictlyAtOnce, _ schedule: FsyncSchedule = .never
    ) throws -> Walrus {
        try Walrus(configuration(consistency, schedule))
    }

    /// An engine on the storage that fails on demand.
    func openFaulty(
        _ consistency: ReadConsistency = .strictlyAtOnce, _ schedule: FsyncSchedule = .never,
        journalSizeMax: Int = 1 << 20, clock: @escaping @Sendable () -> UInt64 = Clock.wall
    ) throws -> Walrus {
        var configuration = configuration(consistency, schedule)
        configuration.journalSizeMax = journalSizeMax
        return try Walrus(configuration, on: storage, clock: clock)
    }

    /// Opens, works and closes.
    @discardableResult
    func session<R>(
        _ consistency: ReadConsistency = .strictlyAtOnce, _ work: (Walrus) throws -> R
    ) throws -> R {
        let walrus = try open(consistency)
        let result = try work(walrus)
        try walrus.close()
        return result
    }

    /// Opens, works and dies: nothing that `close` would do happens.
    @discardableResult
    func crashing<R>(
        _ consistency: ReadConsistency = .strictlyAtOnce, _ work: (Walrus) throws -> R
    ) throws -> R {
        storage.heal()
        let walrus = try openFaulty(consistency)
        let result = try work(walrus)
        storage.crash()
        try? walrus.close()
        storage.heal()
        return result
    }

    var names: [String] {
        get throws { try Directory.list(path).map(\.name).sorted() }
    }

    var dataFiles: [String] {
        get throws { try names.filter { DataFileName($0) != nil } }
    }

    func bytes(_ name: String) throws -> [UInt8]? {
        try Directory.contents(of: path.appending(name))
    }

    /// Makes, or changes, a file.
    func put(_ name: String, _ bytes: [UInt8], at offset: Int = 0, size: Int? = nil) throws {
        let file = try DiskFile(path.appending(name), .openOrCreate)
        if let size { try file.truncate(to: size) }
        try unsafe bytes.withUnsafeBytes {
            try unsafe file.write(at: offset, $0, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    /// Turns one byte of a file over.
    func flip(_ name: String, at offset: Int) throws {
        let file = try DiskFile(path.appending(name), .readWrite)
        let byte = try file.read(at: offset, count: 1)[0]
        try put(name, [byte ^ 0xff], at: offset)
    }

    /// Writes an entry as an engine would. Returns where the next one goes, in the block.
    @discardableResult
    func putEntry(
        _ payload: [UInt8], _ topic: TopicName, file: String, slot: Int, units: Int = 1,
        at offset: Int = 0, stamp: EntryStamp? = nil
    ) throws -> Int {
        let header = EntryHeader(
            topic: topic, blockEnd: (slot + units) * Layout.unit, checksum: FNV1a.hash(payload),
            payloadLength: payload.count, stamp: stamp)
        try put(
            file, header.encoded() + payload, at: slot * Layout.unit + offset,
            size: Layout.fileSize)
        return offset + Layout.headerSize + payload.count
    }
}

extension Walrus {
    /// Consumes up to `limit` entries.
    @discardableResult
    func consume(_ topic: TopicName, _ limit: Int = .max) throws -> [Entry] {
        var entries: [Entry] = []
        while entries.count < limit, let entry = try readNext(topic, checkpoint: true) {
            entries.append(entry)
        }
        return entries
    }

    func texts(_ topic: TopicName, _ limit: Int = .max) throws -> [String] {
        try consume(topic, limit).map { String(decoding: $0.payload, as: UTF8.self) }
    }

    func add(_ texts: [String], to topic: TopicName) throws {
        for text in texts { try append(Array(text.utf8), to: topic) }
    }

    func status(_ topic: TopicName) -> TopicStatus? {
        topics().first { $0.name == topic }
    }
}

/// A range of numbers as texts.
func numbers(_ range: ClosedRange<Int>) -> [String] { range.map(String.init) }

/// Runs a command of the shell.
func shell(_ command: String) throws {
    guard unsafe system(command) == 0 else { throw ShellFailure(command: command) }
}

struct ShellFailure: Error {
    let command: String
}

/// Counts operations of a storage.
final class Tally: Sendable {
    private let counts = Mutex<[FaultyStorage.Operation: Int]>([:])
    var values: [FaultyStorage.Operation: Int] { counts.withLock { $0 } }
    func add(_ operation: FaultyStorage.Operation) {
        counts.withLock { $0[operation, default: 0] += 1 }
    }
}

/// Collects names in order.
final class Names: Sendable {
    private let names = Mutex<[String]>([])
    var values: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
}
