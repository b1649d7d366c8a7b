public import SystemPackage

/// The directory an engine keeps its files in: the seam at which tests let a disk fail.
///
/// `DiskStorage` is the real one.
public protocol Storage: Sendable {
    var path: FilePath { get }
    /// The names in the directory, in no order. Names that are not UTF-8 are left out.
    func list() throws(IOError) -> [DirectoryEntry]
    /// Opens an existing file for reading and writing. One that a link leads to is only read
    /// (`StorageFile.isReadOnly`): it may be anybody's.
    func open(_ name: String) throws(IOError) -> any StorageFile
    /// Makes a file of `size` bytes, all zero and none on disk; an existing one is an error.
    func create(_ name: String, size: Int) throws(IOError) -> any StorageFile
    /// The whole file, or nil when there is none.
    func contents(of name: String) throws(IOError) -> [UInt8]?
    /// Puts `bytes` in the place of the file, at once and durably: a crash leaves the old file or
    /// the new one. `temporary` is the name under which the new one is written first; what has it
    /// already goes.
    func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError)
    func rename(_ name: String, to newName: String) throws(IOError)
    func remove(_ name: String) throws(IOError)
    /// Makes created, renamed and removed names durable.
    func syncDirectory() throws(IOError)
}

extension Storage {
    /// What the system knows about the file without reading it; nil when there is none.
    public func status(of name: String) throws(IOError) -> FileStatus? {
        try FileStatus.of(path.appending(name))
    }

    /// Renames a file. One that has the new name already is the error `fileExists`.
    public func move(_ name: String, to newName: String) throws(IOError) {
        if try status(of: newName) != nil {
            throw IOError("rename to \(newName)", path.appending(name), .fileExists)
        }
        try rename(name, to: newName)
    }

    /// Makes created, renamed and removed names in a folder of the directory durable.
    public func syncFolder(_ name: String) throws(IOError) {
        try DiskStorage(path.appending(name)).syncDirectory()
    }
}

/// An open file of a storage.
public protocol StorageFile: AnyObject, Sendable {
    var path: FilePath { get }
    /// Reads into `buffer` from `offset`. Returns the number of bytes, fewer only at the end.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int
    /// Writes all of `first` and then `second` at `offset`, in one call where the system can.
    func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError)
    /// Writes all of `buffers`, one behind the other, in as few calls as the system lets us.
    func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError)
    /// Makes what was written durable (`fdatasync`).
    func sync() throws(IOError)
    func size() throws(IOError) -> Int
    /// Whether the file still has a name. What is written to one without is gone once it is closed.
    var hasName: Bool { get throws(IOError) }
    func truncate(to size: Int) throws(IOError)
    /// The next range of bytes at or after `offset` that takes space on disk; nil when there is
    /// none.
    func dataRange(from offset: Int) throws(IOError) -> Range<Int>?
    /// Writes zeros to a range that holds nothing else, so that its pages are in memory: small writes
    /// to it are cheaper then.
    func populate(_ range: Range<Int>) throws(IOError)
    /// Whether every write to it fails.
    var isReadOnly: Bool { get }
    /// What a ring may do that work with, past the methods above; nil where it must not
    /// (`BatchIO`).
    func descriptor(for work: FileWork) -> CInt?
}

/// A name in a directory.
public struct DirectoryEntry: Hashable, Sendable {
    public enum Kind: Hashable, Sendable { case file, directory, other }

    public let name: String
    public let kind: Kind

    public init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

extension StorageFile {
    public func descriptor(for work: FileWork) -> CInt? { nil }
    public var hasName: Bool { true }
    public var isReadOnly: Bool { false }

    public func populate(_ range: Range<Int>) throws(IOError) {
        var at = range.lowerBound
        while at < range.upperBound {
            let count = unsafe min(zeros.count, range.upperBound - at)
            unsafe try write(
                at: at, UnsafeRawBufferPointer(rebasing: zeros[..<count]),
                UnsafeRawBufferPointer(start: nil, count: 0))
            at += count
        }
    }

    /// Two buffers a call.
    public func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError) {
        var at = offset
        for index in unsafe stride(from: 0, to: buffers.count, by: 2) {
            let first = unsafe buffers[index]
            let second =
                unsafe index + 1 < buffers.count
                ? buffers[index + 1] : UnsafeRawBufferPointer(start: nil, count: 0)
            unsafe try write(at: at, first, second)
            at += first.count + second.count
        }
    }

    /// The first byte in `range` that is not zero. Holes are not read.
    public func firstNonZero(in range: Range<Int>) throws(IOError) -> Int? {
        var at = range.lowerBound
        while at < range.upperBound, let data = try dataRange(from: at) {
            guard data.lowerBound < range.upperBound else { return nil }
            let end = min(data.upperBound, range.upperBound)
            if let found = try firstNonZeroByReading(max(at, data.lowerBound)..<end) {
                return found
            }
            at = max(end, at + 1)
        }
        return nil
    }

    private func firstNonZeroByReading(_ range: Range<Int>) throws(IOError) -> Int? {
        let size = min(range.count, 1 << 18)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { unsafe buffer.deallocate() }
        var at = range.lowerBound
        while at < range.upperBound {
            let piece = unsafe UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<min(size, range.upperBound - at)])
            let count = try unsafe read(at: at, into: piece)
            guard count > 0 else { return nil }
            if let found = unsafe firstNonZeroByte(
                UnsafeRawBufferPointer(rebasing: piece[..<count]))
            {
                return at + found
            }
            at += count
        }
        return nil
    }

    public func read(at offset: Int, count: Int) throws(IOError) -> [UInt8] {
        var failure: IOError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(IOError) {
                initialized = try unsafe read(
                    at: offset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// Never written to, and never freed.
nonisolated(unsafe) private let zeros: UnsafeRawBufferPointer = {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 4_096)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    return UnsafeRawBufferPointer(bytes)
}()

/// The index of the first byte that is not zero, eight bytes at a time.
func firstNonZeroByte(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var at = 0
    while at + 8 <= bytes.count,
        unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) == 0
    {
        at += 8
    }
    while at < bytes.count {
        if unsafe bytes[at] != 0 { return at }
        at += 1
    }
    return nil
}
