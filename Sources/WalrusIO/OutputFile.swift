internal import Glibc
public import SystemPackage

/// A file that is there whole, or not at all: written beside its place, synced, and only then given
/// its name. What was begun and not finished leaves nothing behind, unless the process is killed: then
/// the next one that writes to the same name takes away what it left.
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
        Self.removeLeftovers(of: name, in: storage)
        do throws(IOError) {
            file = try Self.create(storage.path.appending(temporary))
        } catch { throw IOError("create", path, error.errno) }
    }

    /// Makes the file, and locks it as long as it is open: that it is not locked tells that its process
    /// is dead.
    private static func create(_ path: FilePath) throws(IOError) -> DiskFile {
        while true {
            let file = try DiskFile(path, .create)
            // A file system without locks is none where anybody finds it unlocked.
            guard (try? file.tryLock()) ?? true else {
                throw IOError("lock", path, .resourceTemporarilyUnavailable)
            }
            // Somebody may have found it before it was locked.
            if try FileStatus.of(path)?.identity == file.status().identity { return file }
        }
    }

    /// Removes what killed processes have left of files that were to get the name.
    private static func removeLeftovers(of name: String, in storage: DiskStorage) {
        guard let entries = try? Directory.list(storage.path) else { return }
        for entry in entries where entry.kind == .file {
            guard entry.name.hasPrefix(".\(name)."), entry.name.hasSuffix(".part"),
                let process = pid_t(entry.name.dropFirst(name.utf8.count + 2).dropLast(5)),
                process == getpid() || !isAlive(process),
                let file = try? DiskFile(storage.path.appending(entry.name), .readOnly),
                (try? file.tryLock()) ?? false
            else { continue }
            try? storage.remove(entry.name)
        }
    }

    private static func isAlive(_ process: pid_t) -> Bool {
        kill(process, 0) == 0 || errno != ESRCH
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
