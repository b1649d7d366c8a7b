internal import Synchronization
package import SystemPackage
internal import WalrusFormat
package import WalrusIO

/// How an engine reads and writes data files. A directory written with one opens with the other.
///
/// Corresponds to the reference's `FileStorage`, there one for the whole process.
public enum StorageBackend: Hashable, Sendable, CaseIterable {
    /// System calls on descriptors (`pread`, `pwrite`, `pwritev`).
    case fileDescriptor
    /// Memory maps: small reads and most small writes are copies from and to memory. The first bytes
    /// of a page go through the descriptor, so that a full disk is an error here too. A device that
    /// fails to read a page, though, ends the process with SIGBUS, where with descriptors the call
    /// throws.
    case memoryMap

    private static let maps = Atomic(false)

    /// What a configuration has that names none: `.fileDescriptor`, until somebody sets it for the
    /// process. Engines that are open keep theirs.
    ///
    /// Corresponds to `enable_fd_backend` and `disable_fd_backend`.
    public static var `default`: StorageBackend {
        get { maps.load(ordering: .relaxed) ? .memoryMap : .fileDescriptor }
        set { maps.store(newValue == .memoryMap, ordering: .relaxed) }
    }

    /// The directory's files, as this backend works with them.
    package func storage(_ directory: FilePath) -> any Storage {
        switch self {
        case .fileDescriptor: DiskStorage(directory)
        case .memoryMap:
            MappedStorage(directory, fileSize: Layout.fileSize, unit: Layout.unit) {
                DataFileName($0) != nil
            }
        }
    }
}
