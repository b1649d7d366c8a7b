internal import Synchronization
public import SystemPackage
public import WalrusIO

/// A storage on a real directory that fails when it is told to.
///
/// Every operation that changes something counts: making, writing, cutting, syncing, renaming and
/// removing a file, and syncing the directory. Replacing a file is four of them. Reads never fail.
public final class FaultyStorage: Storage {
    public enum Operation: Hashable, Sendable {
        case create, write, truncate, sync, rename, remove, syncDirectory
        /// Changes nothing, and is not counted. Fails by a rule alone.
        case populate
    }

    public enum Fault: Hashable, Sendable {
        /// The operation does nothing and fails.
        case error(Errno)
        /// A write does half of its work and fails; any other operation does nothing.
        case short(Errno)
        /// As `short`, and every later operation fails too: the process is dead, though its
        /// remains still run their last lines.
        case crash
    }

    public typealias Rule = @Sendable (Operation, String) -> Errno?

    private struct State {
        var count = 0
        var reads = 0
        var failAt: Int?
        var fault = Fault.crash
        var rule: Rule?
        var isDead = false
    }

    private let disk: any Storage
    private let state = Mutex(State())

    public convenience init(_ path: FilePath) { self.init(DiskStorage(path)) }

    /// Fails where `storage` would work.
    public init(_ storage: any Storage) { disk = storage }

    public var path: FilePath { disk.path }

    /// Operations so far.
    public var operationCount: Int { state.withLock { $0.count } }

    /// Reads of open files so far.
    public var readCount: Int { state.withLock { $0.reads } }

    fileprivate func countRead() { state.withLock { $0.reads += 1 } }

    /// Lets the operation after the next `count` ones have `fault`; all others work.
    public func fail(after count: Int, _ fault: Fault) {
        state.withLock {
            $0.failAt = $0.count + count
            $0.fault = fault
        }
    }

    /// Lets operations fail for which `rule` has an error, given their file's name.
    public func fail(_ rule: @escaping Rule) {
        state.withLock { $0.rule = rule }
    }

    /// From now on nothing reaches the disk.
    public func crash() { state.withLock { $0.isDead = true } }

    /// From now on everything works.
    public func heal() { state.withLock { $0 = State() } }

    /// The fault that an operation is to have.
    fileprivate func next(_ operation: Operation, _ name: String) -> Fault? {
        let (fault, rule) = state.withLock { state -> (Fault?, Rule?) in
            if state.isDead { return (.error(.ioError), nil) }
            if operation == .populate { return (nil, state.rule) }
            defer { state.count += 1 }
            if state.count == state.failAt {
                if state.fault == .crash { state.isDead = true }
                return (state.fault, nil)
            }
            return (nil, state.rule)
        }
        // Without the lock: a rule may take its time, as a slow disk does.
        return fault ?? rule?(operation, name).map { .error($0) }
    }

    fileprivate func check(_ operation: Operation, _ name: String) throws(IOError) {
        guard let fault = next(operation, name) else { return }
        throw IOError("\(operation)", path.appending(name), fault.errno)
    }

    // MARK: - Storage

    public func list() throws(IOError) -> [DirectoryEntry] { try disk.list() }

    public func open(_ name: String) throws(IOError) -> any StorageFile {
        FaultyFile(self, name, try disk.open(name))
    }

    public func create(_ name: String, size: Int) throws(IOError) -> any StorageFile {
        try check(.create, name)
        return FaultyFile(self, name, try disk.create(name, size: size))
    }

    public func contents(of name: String) throws(IOError) -> [UInt8]? {
        try disk.contents(of: name)
    }

    public func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError) {
        if try status(of: temporary) != nil { try disk.remove(temporary) }
        let file = FaultyFile(self, temporary, try DiskFile(path.appending(temporary), .create))
        var failure: IOError?
        unsafe bytes.withUnsafeBytes { buffer in
            do throws(IOError) {
                unsafe try file.write(at: 0, buffer, UnsafeRawBufferPointer(start: nil, count: 0))
            } catch { failure = error }
        }
        if let failure { throw failure }
        try file.base.truncate(to: bytes.count)
        try file.sync()
        try rename(temporary, to: name)
        try syncDirectory()
    }

    public func rename(_ name: String, to newName: String) throws(IOError) {
        try check(.rename, name)
        try disk.rename(name, to: newName)
    }

    public func remove(_ name: String) throws(IOError) {
        try check(.remove, name)
        try disk.remove(name)
    }

    public func syncDirectory() throws(IOError) {
        try check(.syncDirectory, "")
        try disk.syncDirectory()
    }
}

extension FaultyStorage.Fault {
    fileprivate var errno: Errno {
        switch self {
        case .error(let errno), .short(let errno): errno
        case .crash: .ioError
        }
    }
}

private final class FaultyFile: StorageFile {
    let base: any StorageFile
    private let storage: FaultyStorage
    private let name: String

    init(_ storage: FaultyStorage, _ name: String, _ base: any StorageFile) {
        self.storage = storage
        self.name = name
        self.base = base
    }

    var path: FilePath { base.path }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        storage.countRead()
        return unsafe try base.read(at: offset, into: buffer)
    }

    func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError) {
        guard let fault = storage.next(.write, name) else {
            return unsafe try base.write(at: offset, first, second)
        }
        switch fault {
        case .error: break
        case .short, .crash:
            // Half of it all: the first part, or some of the second as well.
            let half = (first.count + second.count) / 2
            unsafe try base.write(
                at: offset, UnsafeRawBufferPointer(rebasing: first.prefix(half)),
                UnsafeRawBufferPointer(rebasing: second.prefix(max(0, half - first.count))))
        }
        throw IOError("write", path, at: offset, fault.errno)
    }

    func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError) {
        guard let fault = storage.next(.write, name) else {
            return unsafe try base.write(at: offset, buffers)
        }
        if case .error = fault {
        } else {
            var left = unsafe buffers.reduce(0) { $0 + $1.count } / 2
            let half = unsafe buffers.map { buffer in
                defer { left = max(0, left - buffer.count) }
                return unsafe UnsafeRawBufferPointer(rebasing: buffer.prefix(left))
            }
            unsafe try base.write(at: offset, half)
        }
        throw IOError("write", path, at: offset, fault.errno)
    }

    func populate(_ range: Range<Int>) throws(IOError) {
        try storage.check(.populate, name)
        try base.populate(range)
    }

    func sync() throws(IOError) {
        try storage.check(.sync, name)
        try base.sync()
    }

    func size() throws(IOError) -> Int { try base.size() }

    var isReadOnly: Bool { base.isReadOnly }

    var hasName: Bool { get throws(IOError) { try base.hasName } }

    func truncate(to size: Int) throws(IOError) {
        try storage.check(.truncate, name)
        try base.truncate(to: size)
    }

    func dataRange(from offset: Int) throws(IOError) -> Range<Int>? {
        try base.dataRange(from: offset)
    }
}
