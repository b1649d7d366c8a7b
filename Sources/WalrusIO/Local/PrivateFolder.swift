internal import Glibc
public import SystemPackage

/// A directory that only its user can enter, held open: what is done in it by name is done in that
/// very directory, whatever becomes of its path.
public final class PrivateFolder: Sendable {
    public let path: FilePath
    /// The user whose it is.
    public let owner: UInt32
    let descriptor: CInt

    /// Why a directory will not do, or a system call failed.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }

    /// Opens `path`, which has to be a directory, and no link to one, of one of `owners` that
    /// nobody else may enter. Root may, as it may everywhere.
    public init(_ path: FilePath, owners: Set<UInt32>) throws(Refusal) {
        self.path = path
        let descriptor = unsafe path.withPlatformString {
            unsafe open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard descriptor >= 0 else {
            throw Refusal("cannot open \(path): \(Errno(rawValue: errno))")
        }
        var raw = stat()
        guard unsafe fstat(descriptor, &raw) == 0 else {
            let code = Errno(rawValue: errno)
            close(descriptor)
            throw Refusal("cannot look at \(path): \(code)")
        }
        guard owners.contains(raw.st_uid) else {
            close(descriptor)
            throw Refusal("\(path) belongs to user \(raw.st_uid); remove it")
        }
        guard raw.st_mode & 0o077 == 0 else {
            close(descriptor)
            let mode = String(raw.st_mode & 0o7777, radix: 8)
            throw Refusal("\(path) is open to other users (mode \(mode)); chmod 700 \(path)")
        }
        owner = raw.st_uid
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Opens `path`, and makes it for the calling user when it is missing. The directory above must
    /// be there.
    public static func openOrMake(_ path: FilePath) throws(Refusal) -> PrivateFolder {
        let result = unsafe path.withPlatformString { unsafe mkdir($0, 0o700) }
        guard result == 0 || errno == EEXIST else {
            throw Refusal("cannot make \(path): \(Errno(rawValue: errno))")
        }
        return try PrivateFolder(path, owners: [Host.userID])
    }

    /// The names in the directory, in no order.
    var names: [String] { (try? Directory.list(entry(".")).map(\.name)) ?? [] }

    /// A path to `name` in this very directory, short enough for a socket's address.
    func entry(_ name: String) -> FilePath {
        FilePath("/proc/self/fd/\(descriptor)").appending(name)
    }

    /// What `name` is itself, and no link's goal; nil where there is none.
    func identity(of name: String) -> FileIdentity? {
        var raw = stat()
        guard unsafe fstatat(descriptor, name, &raw, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return FileIdentity(device: UInt64(raw.st_dev), number: UInt64(raw.st_ino))
    }

    func remove(_ name: String) { _ = unsafe unlinkat(descriptor, name, 0) }

    func rename(_ name: String, to newName: String) throws(IOError) {
        guard unsafe renameat(descriptor, name, descriptor, newName) == 0 else {
            throw IOError("rename to \(newName)", path.appending(name), Errno(rawValue: errno))
        }
    }

    /// Runs `body` while no other holder of the directory is in here, for as far as that can be had
    /// soon. Returns false where it could not.
    func alone(_ body: () throws(IOError) -> Void) throws(IOError) -> Bool {
        for _ in 0..<20 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                defer { _ = flock(descriptor, LOCK_UN) }
                try body()
                return true
            }
            Clock.sleep(nanoseconds: 5_000_000)
        }
        return false
    }
}
