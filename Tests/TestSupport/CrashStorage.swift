internal import Synchronization
public import SystemPackage
public import WalrusIO

/// A directory that knows what of it no sync has covered, and can lose that.
///
/// What a process sees is on the real disk, in `path`; kept beside it are the earlier states of all
/// that is not durable: of pages, of sizes, of names. Nothing is really synced. Files that are made
/// in `path` by other means count as durable.
///
/// Each process that is to die has a storage of its own (`process`), which fails for good once it
/// is killed or the power goes.
public final class CrashStorage: Sendable {
    static let page = 4_096
    /// What is kept of a page at most; of states in between some are forgotten.
    fileprivate static let versionsMax = 8

    /// Something as it was, and the number of the operation that changed it.
    struct Version<Value> {
        let value: Value
        let until: Int
    }

    /// A file, whatever its name.
    struct Inode {
        /// Earlier states by page, the durable one first.
        var pages: [Int: [Version<[UInt8]>]] = [:]
        var sizes: [Version<Int>] = []
    }

    enum NameChange {
        case make(String, Int)
        case rename(String, to: String, Int)
        case remove(String)
    }

    struct State {
        var inodes: [Int: Inode] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var changes: [(change: NameChange, at: Int)] = []
        /// Operations so far.
        var count = 0
        var life = 0
        var diesAt: Int?
        private var lastInode = 0

        mutating func newInode() -> Int {
            lastInode += 1
            inodes[lastInode] = Inode()
            return lastInode
        }
    }

    public let path: FilePath
    /// Where files wait whose removal is not durable.
    let attic: FilePath
    let state = Mutex(State())
    private let temp: TempDirectory

    public init() throws {
        temp = try TempDirectory()
        path = temp.path.appending("wal")
        attic = temp.path.appending("attic")
        try Directory.create(path)
        try Directory.create(attic)
    }

    /// What a new process works on; those before it are dead.
    ///
    /// - Parameters:
    ///   - disk: reaches `path`.
    ///   - dyingAfter: operations that change something, of which the last is not done, or half. Nil:
    ///     it lives until it is killed.
    public func process(on disk: any Storage, dyingAfter: Int? = nil) -> any Storage {
        state.withLock { state in
            state.life += 1
            state.diesAt = dyingAfter.map { state.count + $0 }
            return CrashProcess(crash: self, disk: disk, life: state.life)
        }
    }

    /// Whether `process` has died of itself.
    public var hasDied: Bool { state.withLock { $0.diesAt == -1 } }

    /// Operations so far.
    public var operationCount: Int { state.withLock { $0.count } }

    /// The process ends; what it wrote stays, durable or not.
    public func kill() { state.withLock { $0.life += 1 } }

    /// Puts a file aside.
    func store(_ name: String, as inode: Int) throws(IOError) {
        try DiskStorage(temp.path).rename("wal/\(name)", to: "attic/\(inode)")
    }

    /// Takes it out again.
    func fetch(_ inode: Int, as name: String) throws(IOError) {
        try DiskStorage(temp.path).rename("attic/\(inode)", to: "wal/\(name)")
    }
}

extension CrashStorage.State {
    /// Counts an operation of the process `life`. False: it dies of this one.
    mutating func begin(_ life: Int, _ what: String, _ path: FilePath) throws(IOError) -> Bool {
        guard life == self.life else { throw IOError(what, path, .ioError) }
        count += 1
        guard let diesAt, count > diesAt else { return true }
        self.life += 1
        self.diesAt = -1
        return false
    }

    /// The same for what is done whole or not at all.
    mutating func need(_ life: Int, _ what: String, _ path: FilePath) throws(IOError) {
        guard try begin(life, what, path) else { throw IOError(what, path, .ioError) }
    }

    /// A file's number; one that is not known was made by other means.
    mutating func inode(of name: String) -> Int {
        if let known = names[name] { return known }
        let inode = newInode()
        names[name] = inode
        durableNames[name] = inode
        return inode
    }

    mutating func note(_ change: CrashStorage.NameChange) { changes.append((change, count)) }
}

/// One process's view of a `CrashStorage`.
private struct CrashProcess: Storage {
    let crash: CrashStorage
    let disk: any Storage
    let life: Int

    var path: FilePath { crash.path }

    func list() throws(IOError) -> [DirectoryEntry] { try disk.list() }
    func contents(of name: String) throws(IOError) -> [UInt8]? { try disk.contents(of: name) }

    func open(_ name: String) throws(IOError) -> any StorageFile {
        let file = try disk.open(name)
        return CrashFile(crash, life, file, crash.state.withLock { $0.inode(of: name) })
    }

    func create(_ name: String, size: Int) throws(IOError) -> any StorageFile {
        try crash.state.withLock { state throws(IOError) in
            try state.need(life, "create", path.appending(name))
            let file = try disk.create(name, size: size)
            let inode = state.newInode()
            state.inodes[inode]?.sizes = [.init(value: 0, until: state.count)]
            state.names[name] = inode
            state.note(.make(name, inode))
            return CrashFile(crash, life, file, inode)
        }
    }

    func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError) {
        let file = try openOrCreate(temporary)
        try file.truncate(to: 0)
        try bytes.write(to: file)
        try file.sync()
        try rename(temporary, to: name)
        try syncDirectory()
    }

    private func openOrCreate(_ name: String) throws(IOError) -> any StorageFile {
        do throws(IOError) { return try open(name) } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            return try create(name, size: 0)
        }
    }

    func rename(_ name: String, to newName: String) throws(IOError) {
        try crash.state.withLock { state throws(IOError) in
            try state.need(life, "rename", path.appending(name))
            let inode = state.inode(of: name)
            if try FileStatus.of(path.appending(newName)) != nil {
                try crash.store(newName, as: state.inode(of: newName))
            }
            try disk.rename(name, to: newName)
            state.names[name] = nil
            state.names[newName] = inode
            state.note(.rename(name, to: newName, inode))
        }
    }

    func remove(_ name: String) throws(IOError) {
        try crash.state.withLock { state throws(IOError) in
            try state.need(life, "remove", path.appending(name))
            let known = state.names[name]
            let inode = state.inode(of: name)
            do throws(IOError) { try crash.store(name, as: inode) } catch {
                if known == nil {
                    state.names[name] = nil
                    state.durableNames[name] = nil
                }
                throw IOError("delete", path.appending(name), error.errno)
            }
            state.names[name] = nil
            state.note(.remove(name))
        }
    }

    func syncDirectory() throws(IOError) {
        try crash.state.withLock { state throws(IOError) in
            try state.need(life, "sync", path)
            let gone = Set(state.inodes.keys).subtracting(state.names.values)
            for inode in gone {
                state.inodes[inode] = nil
                try? DiskStorage(crash.attic).remove("\(inode)")
            }
            state.durableNames = state.names
            state.changes = []
        }
    }
}

private final class CrashFile: StorageFile {
    private let crash: CrashStorage
    private let life: Int
    private let base: any StorageFile
    private let inode: Int

    init(_ crash: CrashStorage, _ life: Int, _ base: any StorageFile, _ inode: Int) {
        self.crash = crash
        self.life = life
        self.base = base
        self.inode = inode
    }

    var path: FilePath { base.path }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        unsafe try base.read(at: offset, into: buffer)
    }

    func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError) { unsafe try write(at: offset, [first, second]) }

    func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError) {
        let total = unsafe buffers.reduce(0) { $0 + $1.count }
        try crash.state.withLock { state throws(IOError) in
            let lives = try state.begin(life, "write", path)
            try keep(offset..<offset + total, &state)
            // Who dies of it has written a half.
            var left = lives ? total : total / 2
            let done = unsafe buffers.map { buffer in
                defer { left -= min(left, buffer.count) }
                return unsafe UnsafeRawBufferPointer(rebasing: buffer.prefix(left))
            }
            unsafe try base.write(at: offset, done)
            guard lives else { throw IOError("write", path, at: offset, .ioError) }
        }
    }

    /// Keeps what a write to `range` changes.
    private func keep(_ range: Range<Int>, _ state: inout CrashStorage.State) throws(IOError) {
        guard !range.isEmpty else { return }
        let size = try base.size()
        if range.upperBound > size { keep(size: size, &state) }
        try keep(pages: range, &state)
    }

    private func keep(size: Int, _ state: inout CrashStorage.State) {
        state.inodes[inode]?.sizes.append(.init(value: size, until: state.count))
    }

    private func keep(pages range: Range<Int>, _ state: inout CrashStorage.State) throws(IOError) {
        let page = CrashStorage.page
        let first = range.lowerBound / page
        let last = (range.upperBound - 1) / page
        var bytes = try base.read(at: first * page, count: (last - first + 1) * page)
        bytes += [UInt8](repeating: 0, count: (last - first + 1) * page - bytes.count)
        for number in first...last {
            let start = (number - first) * page
            let version = CrashStorage.Version(
                value: Array(bytes[start..<start + page]), until: state.count)
            state.inodes[inode]?.pages[number, default: []].append(version)
            if state.inodes[inode]?.pages[number]?.count ?? 0 > CrashStorage.versionsMax {
                state.inodes[inode]?.pages[number]?.remove(at: 1 + state.count % 3)
            }
        }
    }

    func sync() throws(IOError) {
        try crash.state.withLock { state throws(IOError) in
            try state.need(life, "sync", path)
            state.inodes[inode]? = CrashStorage.Inode()
        }
    }

    func size() throws(IOError) -> Int { try base.size() }

    func truncate(to size: Int) throws(IOError) {
        try crash.state.withLock { state throws(IOError) in
            try state.need(life, "truncate", path)
            let old = try base.size()
            guard old != size else { return }
            keep(size: old, &state)
            if size < old { try keep(pages: size..<old, &state) }
            try base.truncate(to: size)
        }
    }

    func dataRange(from offset: Int) throws(IOError) -> Range<Int>? {
        try base.dataRange(from: offset)
    }
}

extension [UInt8] {
    public func write(to file: any StorageFile, at offset: Int = 0) throws(IOError) {
        unsafe try span.bytes.withUnsafeBytes { (bytes) throws(IOError) in
            unsafe try file.write(at: offset, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
