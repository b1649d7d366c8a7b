internal import Glibc
internal import Synchronization
public import SystemPackage
internal import WalrusIO

/// A new directory in the system's temporary folder, removed with everything in it in the end.
///
/// `inMemory`: where nothing has to be written to a disk, if the system has such a place. For many
/// small directories whose durability is not what is tested.
public final class TempDirectory: Sendable {
    public let path: FilePath
    private static let count = Atomic(0)

    public init(inMemory: Bool = false) throws {
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).oldValue
        let memory: FilePath = "/dev/shm"
        let usual = FilePath(Host.environment("TMPDIR") ?? "/tmp")
        let root = inMemory && Directory.exists(memory) ? memory : usual
        path = root.appending("walrus-test-\(getpid())-\(Clock.monotonic())-\(number)")
        try Directory.create(path)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: FilePath) {
        for entry in (try? Directory.list(path)) ?? [] {
            let child = path.appending(entry.name)
            if entry.kind == .directory {
                remove(child)
            } else {
                _ = unsafe child.withPlatformString { unsafe unlink($0) }
            }
        }
        _ = unsafe path.withPlatformString { unsafe rmdir($0) }
    }
}
