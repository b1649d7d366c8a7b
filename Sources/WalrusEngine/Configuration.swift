public import SystemPackage
package import WalrusControl
internal import WalrusFormat
internal import WalrusIO

/// When a consumed entry counts as consumed.
///
/// Corresponds to the reference's `ReadConsistency`.
public enum ReadConsistency: Hashable, Sendable {
    /// The cursor is durable before the entry is handed out: no crash delivers it again.
    case strictlyAtOnce
    /// The cursor is made durable with every so many entries: a crash delivers the last
    /// `persistEvery` of them again at most, among them those of a call that never returned. Only a
    /// `readBatch` of more entries than that has to count them as read before it returns.
    case atLeastOnce(persistEvery: Int)
}

/// When appended entries are made durable. Cursors are `ReadConsistency`'s business.
///
/// Corresponds to the reference's `FsyncSchedule`.
public enum FsyncSchedule: Hashable, Sendable {
    /// In the background, every so many milliseconds.
    case milliseconds(Int)
    /// Before an append returns (`SyncEach`).
    case each
    /// Never: the system writes when it likes (`NoFsync`).
    case never
}

/// How an engine is opened. Every field has the reference's default.
public struct Configuration: Hashable, Sendable {
    /// Made when missing. Default: the environment's `WALRUS_DATA_DIR`, else `./wal_files`.
    public var directory: FilePath
    /// Sets this engine apart in a directory of its own below `directory`. Default: the
    /// environment's `WALRUS_INSTANCE_KEY`, else none.
    public var key: String?
    public var readConsistency: ReadConsistency
    public var fsyncSchedule: FsyncSchedule
    /// How data files are read and written.
    public var backend: StorageBackend
    /// Whether `metrics_index.db` in the directory shows other processes, about once a second, what
    /// the engine does.
    public var writesMetrics = true
    /// Whether other processes of the same user, or of root, may have this engine append, consume,
    /// seek, mark and reclaim while it is open, over a socket of its user's own
    /// (`docs/engine.md`, "Control"). Where none can be had the engine works without:
    /// `Metrics.control` tells.
    public var servesControl = true
    /// When consumed data files are deleted.
    public var reclamation: Reclamation

    /// Bytes of cursor journal after which the cursor index is rewritten.
    package var journalSizeMax = 1 << 20
    /// Whether to look for processes that use the directory without a lock, which takes a look at
    /// every process there is.
    package var looksForStrangers = true
    /// The folder of the socket; nil: the user's own.
    package var controlFolder: FilePath?
    package var controlLimits = ControlLimits()

    public init(
        directory: FilePath = Self.defaultDirectory,
        key: String? = Self.defaultKey,
        readConsistency: ReadConsistency = .strictlyAtOnce,
        fsyncSchedule: FsyncSchedule = .milliseconds(200),
        reclamation: Reclamation = .immediate,
        backend: StorageBackend = .default
    ) {
        self.directory = directory
        self.key = key
        self.readConsistency = readConsistency
        self.fsyncSchedule = fsyncSchedule
        self.backend = backend
        self.reclamation = reclamation
    }

    public static var defaultDirectory: FilePath {
        FilePath(Host.environment("WALRUS_DATA_DIR") ?? "./wal_files")
    }

    public static var defaultKey: String? { Host.environment("WALRUS_INSTANCE_KEY") }

    /// The directory that holds the files.
    ///
    /// The reference takes the key "." for the data directory itself and ".." for the one above,
    /// where it would scan, and create, files that are none of its business.
    public var root: FilePath {
        get throws(EngineError) {
            guard let key else { return directory }
            let name = DirectoryNames.namespace(forKey: key)
            guard name != ".", name != ".." else {
                throw EngineError(
                    .invalidKey, "the key \(key.debugDescription) leads out of the data directory",
                    path: directory)
            }
            return directory.appending(name)
        }
    }
}
