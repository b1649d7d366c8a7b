internal import Synchronization
public import SystemPackage
public import WalrusIO

/// A storage on a real directory that counts what is read of data files.
public struct ReadCountingStorage: Storage {
    private final class Count: Sendable {
        let value = Atomic(0)
    }

    private let disk: DiskStorage
    private let count = Count()

    public init(_ path: FilePath) { disk = DiskStorage(path) }

    public var path: FilePath { disk.path }

    /// Calls that read bytes of data files, or look for them, so far.
    public var dataReads: Int { count.value.load(ordering: .sequentiallyConsistent) }

    public func list() throws(IOError) -> [DirectoryEntry] { try disk.list() }

    public func open(_ name: String) throws(IOError) -> any StorageFile {
        let file = try disk.open(name)
        guard !name.hasSuffix("_index.db") else { return file }
        return CountedFile(base: file) { [count] in
            count.value.wrappingAdd(1, ordering: .sequentiallyConsistent)
        }
    }

    public func create(_ name: String, size: Int) throws(IOError) -> any StorageFile {
        try disk.create(name, size: size)
    }

    public func contents(of name: String) throws(IOError) -> [UInt8]? {
        try disk.contents(of: name)
    }

    public func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError) {
        try disk.replace(name, with: bytes, temporary: temporary)
    }

    public func rename(_ name: String, to newName: String) throws(IOError) {
        try disk.rename(name, to: newName)
    }

    public func remove(_ name: String) throws(IOError) { try disk.remove(name) }
    public func syncDirectory() throws(IOError) { try disk.syncDirectory() }
}

private final class CountedFile: StorageFile {
    private let base: any StorageFile
    private let note: @Sendable () -> Void

    init(base: any StorageFile, note: @escaping @Sendable () -> Void) {
        self.base = base
        self.note = note
    }

    var path: FilePath { base.path }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        note()
        return unsafe try base.read(at: offset, into: buffer)
    }

    func dataRange(from offset: Int) throws(IOError) -> Range<Int>? {
        note()
        return try base.dataRange(from: offset)
    }

    func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError) { unsafe try base.write(at: offset, first, second) }

    func sync() throws(IOError) { try base.sync() }
    func size() throws(IOError) -> Int { try base.size() }
    func truncate(to size: Int) throws(IOError) { try base.truncate(to: size) }
}
