internal import Glibc
public import SystemPackage

/// A directory on a real disk.
public struct DiskStorage: Storage {
    public let path: FilePath

    /// The directory `path`, which must exist.
    public init(_ path: FilePath) {
        self.path = path
    }

    public func list() throws(IOError) -> [DirectoryEntry] { try Directory.list(path) }

    public func open(_ name: String) throws(IOError) -> any StorageFile { try existing(name) }

    func existing(_ name: String) throws(IOError) -> DiskFile {
        let path = path.appending(name)
        do throws(IOError) { return try DiskFile(path, .readWrite) } catch {
            guard error.errno == .tooManySymbolicLinkLevels else { throw error }
            return try DiskFile(path, .readOnly)
        }
    }

    public func create(_ name: String, size: Int) throws(IOError) -> any StorageFile {
        try make(name, size: size)
    }

    func make(_ name: String, size: Int) throws(IOError) -> DiskFile {
        let file = try DiskFile(path.appending(name), .create)
        do throws(IOError) { try file.truncate(to: size) } catch {
            try? remove(name)
            throw error
        }
        return file
    }

    public func contents(of name: String) throws(IOError) -> [UInt8]? {
        try Directory.contents(of: path.appending(name))
    }

    public func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError) {
        let file = try new(temporary)
        // `withUnsafeBytes` rethrows untyped: carry the error out by hand.
        let failure: IOError? = unsafe bytes.withUnsafeBytes { buffer in
            do throws(IOError) {
                try unsafe file.write(at: 0, buffer, UnsafeRawBufferPointer(start: nil, count: 0))
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
        try file.sync()
        try rename(temporary, to: name)
        try syncDirectory()
    }

    /// A new file of that name, whatever had it before: a link, too, which might lead anywhere.
    private func new(_ name: String) throws(IOError) -> DiskFile {
        do throws(IOError) { return try DiskFile(path.appending(name), .create) } catch {
            guard error.errno == .fileExists else { throw error }
            try remove(name)
            return try DiskFile(path.appending(name), .create)
        }
    }

    public func rename(_ name: String, to newName: String) throws(IOError) {
        do throws(Errno) {
            _ = try retrying {
                unsafe path.appending(name).withPlatformString { old in
                    unsafe path.appending(newName).withPlatformString { new in
                        unsafe Glibc.rename(old, new)
                    }
                }
            }
        } catch { throw IOError("rename to \(newName)", path.appending(name), error) }
    }

    public func remove(_ name: String) throws(IOError) {
        do throws(Errno) {
            _ = try retrying {
                unsafe path.appending(name).withPlatformString { unsafe unlink($0) }
            }
        } catch { throw IOError("delete", path.appending(name), error) }
    }

    public func syncDirectory() throws(IOError) {
        do throws(Errno) {
            let descriptor = try openDescriptor(path, O_RDONLY | O_DIRECTORY, quiet: false)
            defer { close(descriptor) }
            _ = try retrying { fsync(descriptor) }
        } catch { throw IOError("sync", path, error) }
    }
}

/// Looking at directories and making them.
public enum Directory {
    /// The names in the directory, in no order, without changing its time of last access where the
    /// system lets us. Names that are not UTF-8 are left out.
    public static func list(_ path: FilePath) throws(IOError) -> [DirectoryEntry] {
        try read(path) { name, type in
            DirectoryEntry(name: name, kind: kind(type, path.appending(name)))
        }
    }

    /// The same without what kind of thing each name is, which may cost a system call.
    static func names(_ path: FilePath) throws(IOError) -> [String] {
        try read(path) { name, _ in name }
    }

    private static func read<Entry>(
        _ path: FilePath, _ make: (_ name: String, _ type: UInt8) -> Entry
    ) throws(IOError) -> [Entry] {
        do throws(Errno) {
            let descriptor = try openDescriptor(path, O_RDONLY | O_DIRECTORY, quiet: true)
            guard let stream = unsafe fdopendir(descriptor) else {
                let code = Errno(rawValue: errno)
                close(descriptor)
                throw code
            }
            defer { unsafe closedir(stream) }
            var entries: [Entry] = []
            while true {
                errno = 0
                guard let raw = unsafe readdir(stream) else {
                    guard errno == 0 else { throw Errno(rawValue: errno) }
                    return entries
                }
                let name = unsafe withUnsafeBytes(of: &raw.pointee.d_name) { bytes in
                    unsafe String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                guard let name, name != ".", name != ".." else { continue }
                entries.append(unsafe make(name, raw.pointee.d_type))
            }
        } catch { throw IOError("list", path, error) }
    }

    private static func kind(_ type: UInt8, _ path: FilePath) -> DirectoryEntry.Kind {
        switch Int(type) {
        case Int(DT_REG): .file
        case Int(DT_DIR): .directory
        // A link counts as what it leads to; some file systems leave the type out.
        case Int(DT_LNK), Int(DT_UNKNOWN):
            switch mode(path) & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            default: .other
            }
        default: .other
        }
    }

    private static func mode(_ path: FilePath) -> mode_t {
        var raw = stat()
        let result = unsafe path.withPlatformString { unsafe stat($0, &raw) }
        return result == 0 ? raw.st_mode : 0
    }

    public static func exists(_ path: FilePath) -> Bool { mode(path) & S_IFMT == S_IFDIR }

    /// Whether the directory is there itself, and not a link to one.
    public static func existsItself(_ path: FilePath) -> Bool {
        var raw = stat()
        let result = unsafe path.withPlatformString { unsafe lstat($0, &raw) }
        return result == 0 && raw.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes the directory and those above it; those that exist are fine.
    public static func create(_ path: FilePath) throws(IOError) { try create(path, 0o755) }

    /// Makes the directory for its owner alone, and those above it; those that exist stay as they are.
    public static func createPrivate(_ path: FilePath) throws(IOError) { try create(path, 0o700) }

    private static func create(_ path: FilePath, _ mode: mode_t) throws(IOError) {
        guard !exists(path) else { return }
        let parent = path.removingLastComponent()
        if !parent.isEmpty, parent != path { try create(parent, mode) }
        do throws(Errno) {
            _ = try retrying { unsafe path.withPlatformString { unsafe mkdir($0, mode) } }
        } catch {
            if error == .fileExists, exists(path) { return }
            throw IOError("make the directory", path, error)
        }
    }

    /// The whole file, up to `limit` bytes; nil when there is none. What is no regular file is refused: a
    /// pipe would pass for an empty one.
    public static func contents(of path: FilePath, limit: Int = .max) throws(IOError) -> [UInt8]? {
        let file: DiskFile
        do throws(IOError) { file = try DiskFile(path, .readOnly) } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw error
        }
        guard try file.isRegular else { throw IOError("open", path, .notSupported) }
        return try file.read(at: 0, count: min(try file.size(), limit))
    }
}
