internal import Glibc
public import SystemPackage

/// A file that is there whole, or not at all: written beside its place, synced, and only then given
/// its name. What was begun and not finished leaves nothing behind, unless the process is killed.
///
/// Not for use by two threads at once.
public final class OutputFile {
    private static let limit = 1 << 18

    public let path: FilePath
    private let replaces: Bool
    private let file: DiskFile
    private let storage: DiskStorage
    private let temporary: String
    private let name: String
    private var buffer: [UInt8] = []
    private var isFinished = false
    /// Bytes that were handed to the system.
    public private(set) var count = 0
    /// Bytes so far.
    public var written: Int { count + buffer.count }

    /// - Parameter replaces: whether a file that has the name already gives way. Else that is the
    ///   error `fileExists`, now or in `finish`. What is no regular file (a device, a pipe, a link)
    ///   never gives way: the error is `notSupported`.
    public init(_ path: FilePath, replaces: Bool) throws(IOError) {
        guard let name = path.lastComponent?.string else {
            throw IOError("create", path, .isDirectory)
        }
        if Directory.exists(path) { throw IOError("create", path, .isDirectory) }
        if try Self.isThere(path), !replaces { throw IOError("create", path, .fileExists) }
        let folder = path.removingLastComponent()
        storage = DiskStorage(folder.isEmpty ? "." : folder)
        self.path = path
        self.name = name
        self.replaces = replaces
        temporary = ".\(name).\(getpid()).part"
        do throws(IOError) {
            file = try DiskFile(storage.path.appending(temporary), .create)
        } catch { throw IOError("create", path, error.errno) }
    }

    /// Whether something has the name. Fails when that is no regular file.
    private static func isThere(_ path: FilePath) throws(IOError) -> Bool {
        var raw = stat()
        do throws(Errno) {
            _ = try retrying { unsafe path.withPlatformString { unsafe lstat($0, &raw) } }
        } catch {
            if error == .noSuchFileOrDirectory { return false }
            throw IOError("look at", path, error)
        }
        guard raw.st_mode & S_IFMT == S_IFREG else { throw IOError("replace", path, .notSupported) }
        return true
    }

    deinit { if !isFinished { try? storage.remove(temporary) } }

    public func write(_ bytes: some Sequence<UInt8>) throws(IOError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.limit { try flush() }
    }

    private func flush() throws(IOError) {
        defer { buffer.removeAll(keepingCapacity: true) }
        let failure: IOError? = unsafe buffer.withUnsafeBytes { bytes in
            do throws(IOError) {
                unsafe try file.write(
                    at: count, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
                return nil
            } catch { return IOError("write", path, at: count, error.errno) }
        }
        if let failure { throw failure }
        count += buffer.count
    }

    /// What was written so far, to be read again. Returns the number of bytes, fewer only at the end.
    public func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(IOError)
        -> Int
    {
        try flush()
        return try unsafe file.read(at: offset, into: target)
    }

    /// Makes it durable, and gives it its name.
    public func finish() throws(IOError) {
        try flush()
        try file.sync()
        if replaces {
            // Looked at once more: what came into its place meanwhile is not ours to replace.
            _ = try Self.isThere(path)
            try storage.rename(temporary, to: name)
        } else {
            try storage.link(temporary, as: name)
            try storage.remove(temporary)
        }
        isFinished = true
        try storage.syncDirectory()
    }
}

extension DiskStorage {
    /// Gives a file a second name, which nothing has yet: else the error is `fileExists`.
    func link(_ name: String, as newName: String) throws(IOError) {
        let (old, new) = (path.appending(name), path.appending(newName))
        do throws(Errno) {
            _ = try retrying {
                unsafe old.withPlatformString { a in
                    unsafe new.withPlatformString { b in unsafe Glibc.link(a, b) }
                }
            }
        } catch {
            // Some file systems know one name a file.
            guard error == .notPermitted || error == .notSupported else {
                throw IOError("create", new, error)
            }
            if try FileStatus.of(new) != nil { throw IOError("create", new, .fileExists) }
            return try rename(name, to: newName)
        }
    }
}
