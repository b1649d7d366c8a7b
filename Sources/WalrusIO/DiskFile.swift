internal import CLinuxShim
internal import Glibc
public import SystemPackage

/// An open file on a real disk. Closed with the last reference.
public final class DiskFile: StorageFile {
    public let path: FilePath
    let descriptor: CInt
    public let isReadOnly: Bool

    /// How a file is opened.
    public enum Mode: Sendable {
        /// For looking: changes nothing, not even the time of last access where the system lets us.
        case readOnly
        /// A link is not followed: the error is `tooManySymbolicLinkLevels`.
        case readWrite
        /// A new file; an existing one is an error.
        case create
        /// The same, for the eyes of its owner alone.
        case createPrivate
        /// Read and write, made when missing.
        case openOrCreate
        /// The same of this name alone: a link is not followed, and what is no regular file is refused
        /// (`notSupported`).
        case openOrCreateHere
        /// The same, for the eyes of its owner alone, and what is written goes to the end wherever
        /// it was meant to go. A link is not followed.
        case appendPrivate
    }

    public init(_ path: FilePath, _ mode: Mode) throws(IOError) {
        self.path = path
        isReadOnly = mode == .readOnly
        let flags: CInt =
            switch mode {
            // A pipe in the place of a file must be an error, not a wait for its writer.
            case .readOnly: O_RDONLY | O_NONBLOCK
            case .readWrite: O_RDWR | O_NOFOLLOW
            case .create, .createPrivate: O_RDWR | O_CREAT | O_EXCL
            case .openOrCreate: O_RDWR | O_CREAT
            case .openOrCreateHere: O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK
            case .appendPrivate: O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK
            }
        do throws(Errno) {
            descriptor = try openDescriptor(
                path, flags, quiet: mode == .readOnly,
                permissions: mode == .createPrivate || mode == .appendPrivate ? 0o600 : 0o644)
        } catch {
            let isNew = mode == .create || mode == .createPrivate
            throw IOError(isNew ? "create" : "open", path, error)
        }
        if mode == .openOrCreateHere, try !isRegular {
            throw IOError("open", path, .notSupported)
        }
    }

    deinit { close(descriptor) }

    public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
        throws(IOError) -> Int
    {
        var done = 0
        while done < buffer.count {
            do throws(Errno) {
                let count = try retrying {
                    unsafe pread(
                        descriptor, buffer.baseAddress! + done, buffer.count - done, offset + done)
                }
                if count == 0 { break }
                done += count
            } catch { throw IOError("read", path, at: offset + done, error) }
        }
        return done
    }

    public func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError) {
        let total = first.count + second.count
        var done = 0
        while done < total {
            do throws(Errno) {
                let count = try retrying {
                    let a = unsafe UnsafeRawBufferPointer(
                        rebasing: first[min(done, first.count)...])
                    let b = unsafe UnsafeRawBufferPointer(
                        rebasing: second[max(0, done - first.count)...])
                    return unsafe writeBoth(a, b, at: offset + done)
                }
                // A device that takes nothing and reports nothing would keep us here for ever.
                guard count > 0 else { throw Errno.ioError }
                done += count
            } catch { throw IOError("write", path, at: offset + done, error) }
        }
    }

    public func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError) {
        // The first buffer that is not written whole, and what is written of it.
        var (next, part) = (0, 0)
        var at = offset
        while unsafe next < buffers.count {
            guard unsafe part < buffers[next].count else {
                (next, part) = (next + 1, 0)
                continue
            }
            do throws(Errno) {
                var count = try retrying {
                    unsafe writeMany(buffers[next...].prefix(Self.vectorsMax), past: part, at: at)
                }
                guard count > 0 else { throw Errno.ioError }
                at += count
                while count > 0 {
                    let step = unsafe min(count, buffers[next].count - part)
                    count -= step
                    part += step
                    if unsafe part == buffers[next].count { (next, part) = (next + 1, 0) }
                }
            } catch { throw IOError("write", path, at: at, error) }
        }
    }

    /// IOV_MAX: more buffers are refused.
    private static let vectorsMax = 1_024

    /// Writes what comes behind the first `done` bytes of the first buffer.
    private func writeMany(
        _ buffers: ArraySlice<UnsafeRawBufferPointer>, past done: Int, at offset: Int
    ) -> Int {
        let capacity = unsafe buffers.count
        return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: capacity) { vectors in
            for index in 0..<capacity {
                let buffer = unsafe buffers[buffers.startIndex + index]
                let skip = index == 0 ? done : 0
                let base = unsafe buffer.baseAddress.map { unsafe $0 + skip }
                unsafe vectors[index] = iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: base),
                    iov_len: buffer.count - skip)
            }
            return unsafe pwritev(descriptor, vectors.baseAddress, CInt(capacity), offset)
        }
    }

    private func writeBoth(
        _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, at offset: Int
    ) -> Int {
        guard unsafe !b.isEmpty else {
            return unsafe pwrite(descriptor, a.baseAddress, a.count, offset)
        }
        return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
            unsafe vectors[0] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: a.baseAddress), iov_len: a.count)
            unsafe vectors[1] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: b.baseAddress), iov_len: b.count)
            return unsafe pwritev(descriptor, vectors.baseAddress, 2, offset)
        }
    }

    public func sync() throws(IOError) {
        do throws(Errno) { _ = try retrying { fdatasync(descriptor) } } catch {
            throw IOError("sync", path, error)
        }
    }

    public func size() throws(IOError) -> Int { try status().size }

    public func truncate(to size: Int) throws(IOError) {
        do throws(Errno) { _ = try retrying { ftruncate(descriptor, size) } } catch {
            throw IOError("set the size of", path, error)
        }
    }

    public func dataRange(from offset: Int) throws(IOError) -> Range<Int>? {
        do throws(Errno) {
            let start = try retrying { lseek(descriptor, offset, seekData) }
            let end = try retrying { lseek(descriptor, start, seekHole) }
            return start..<max(start, end)
        } catch {
            if error == .noSuchAddressOrDevice { return nil }
            // A file system without holes: all of it is data.
            guard error == .invalidArgument else { throw IOError("read", path, at: offset, error) }
            let size = try size()
            return offset < size ? offset..<size : nil
        }
    }

    public func descriptor(for work: FileWork) -> CInt? { descriptor }

    /// Size, space on disk and times, of the open file.
    public func status() throws(IOError) -> FileStatus { FileStatus(try rawStatus()) }

    public var hasName: Bool {
        get throws(IOError) {
            do throws(Errno) {
                return try retrying { Int(wlinux_link_count(descriptor)) } > 0
            } catch {
                throw IOError("look at", path, error)
            }
        }
    }

    /// Bytes of the file `path`; what is no regular file, and might keep a reader waiting, is refused.
    public static func regularSize(_ path: FilePath) throws(IOError) -> Int {
        let file = try DiskFile(path, .readOnly)
        guard try file.isRegular else { throw IOError("read", path, .notSupported) }
        return try file.size()
    }

    var isRegular: Bool { get throws(IOError) { try rawStatus().st_mode & S_IFMT == S_IFREG } }

    private func rawStatus() throws(IOError) -> stat {
        var raw = stat()
        do throws(Errno) { _ = try retrying { unsafe fstat(descriptor, &raw) } } catch {
            throw IOError("look at", path, error)
        }
        return raw
    }

    /// Takes the exclusive lock on the file without waiting. False: another process has it.
    public func tryLock() throws(IOError) -> Bool {
        do throws(Errno) {
            _ = try retrying { flock(descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            if error == .wouldBlock { return false }
            throw IOError("lock", path, error)
        }
    }

    /// Gives the lock back now. Closing does so only once every copy of the descriptor is closed,
    /// and a child that was just forked has one until it runs another program.
    public func unlock() { _ = flock(descriptor, LOCK_UN) }
}

/// Opens `path`, never through to a child process. `quiet`: leave the time of last access alone,
/// which the system allows to the file's owner only.
func openDescriptor(
    _ path: FilePath, _ flags: CInt, quiet: Bool, permissions: mode_t = 0o644
) throws(Errno) -> CInt {
    func attempt(_ more: CInt) throws(Errno) -> CInt {
        try retrying {
            unsafe path.withPlatformString {
                unsafe Glibc.open($0, flags | more | O_CLOEXEC, permissions)
            }
        }
    }
    guard quiet else { return try attempt(0) }
    do throws(Errno) { return try attempt(noAccessTime) } catch {
        guard error == .notPermitted else { throw error }
        return try attempt(0)
    }
}

/// What the system knows about a file without reading it.
public struct FileStatus: Hashable, Sendable {
    /// Bytes, holes included.
    public let size: Int
    /// Bytes that take space on disk.
    public let allocated: Int
    /// Last change of the contents, in nanoseconds since 1970 UTC.
    public let modified: Int
    /// Last change of the contents or of what the system keeps about the file.
    public let changed: Int
    /// Device and number: the same for two names of one file.
    public let identity: FileIdentity
    /// The user whose it is.
    public let owner: UInt32

    init(_ raw: stat) {
        size = Int(raw.st_size)
        allocated = Int(raw.st_blocks) * 512
        modified = Self.nanoseconds(raw.st_mtim)
        changed = Self.nanoseconds(raw.st_ctim)
        identity = FileIdentity(device: UInt64(raw.st_dev), number: UInt64(raw.st_ino))
        owner = raw.st_uid
    }

    /// Anybody may set a file's time to a year that 64 bits of nanoseconds do not reach, or to one
    /// before 1970: those count as the last and the first moment there is.
    private static func nanoseconds(_ time: timespec) -> Int {
        guard time.tv_sec >= 0 else { return 0 }
        let (whole, overflow) = time.tv_sec.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, over) = whole.addingReportingOverflow(time.tv_nsec)
        return overflow || over ? .max : sum
    }

    /// Looks at the file `path`; nil when there is none.
    public static func of(_ path: FilePath) throws(IOError) -> FileStatus? {
        var raw = stat()
        do throws(Errno) {
            _ = try retrying { unsafe path.withPlatformString { unsafe stat($0, &raw) } }
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw IOError("look at", path, error)
        }
        return FileStatus(raw)
    }
}

/// What makes two names one file.
public struct FileIdentity: Hashable, Sendable {
    public let device: UInt64
    public let number: UInt64

    public init(device: UInt64, number: UInt64) {
        self.device = device
        self.number = number
    }
}
