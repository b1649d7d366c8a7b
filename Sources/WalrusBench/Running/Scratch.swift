public import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// The directory of a benchmark: made, or found empty, and left as it was found.
///
/// The engine's files are in the directory itself, so that a console can look at it; what else is
/// needed lies in folders.
struct Scratch {
    let path: FilePath
    /// It was there before, and stays.
    private let existed: Bool

    static let floorName = "floor"
    static let openedName = "opened"

    init(_ wanted: FilePath?) throws {
        guard let wanted else {
            path = FilePath("walrus-bench-\(Host.processID)-\(Clock.monotonic())")
            existed = false
            try Directory.create(path)
            return
        }
        path = wanted
        existed = Directory.exists(wanted)
        try Self.check(wanted)
        if !existed { try Directory.create(wanted) }
    }

    /// The directory of a benchmark that is no more.
    init(leftBehind path: FilePath) {
        self.path = path
        existed = false
    }

    /// Throws why `wanted` is no place for a benchmark: it holds something, or cannot be made.
    static func check(_ wanted: FilePath) throws {
        if Directory.exists(wanted) {
            guard try Directory.list(wanted).isEmpty else { throw BenchError.occupied(wanted) }
        } else {
            let parent = wanted.removingLastComponent()
            guard parent.isEmpty || Directory.exists(parent) else {
                throw IOError("make the directory", wanted, .noSuchFileOrDirectory)
            }
        }
    }

    var floor: FilePath { path.appending(Self.floorName) }
    var opened: FilePath { path.appending(Self.openedName) }

    /// Deletes the engine's files, and nothing that it would not have made.
    static func empty(_ path: FilePath) throws(IOError) {
        let storage = DiskStorage(path)
        for entry in try Directory.list(path) where entry.kind == .file && isOurs(entry.name) {
            try storage.remove(entry.name)
        }
    }

    /// Deletes everything that a benchmark makes, the directory itself unless it was there before.
    /// What somebody else has put there stays, and then so does the directory.
    func remove() throws(IOError) {
        try removeFolders()
        try Self.empty(path)
        if !existed, try Directory.list(path).isEmpty { try Directory.remove(path) }
    }

    /// Leaves the log alone.
    func removeFolders() throws(IOError) {
        for folder in [floor, opened] where Directory.exists(folder) {
            let storage = DiskStorage(folder)
            for entry in try Directory.list(folder) where entry.kind == .file {
                try storage.remove(entry.name)
            }
            try Directory.remove(folder)
        }
    }

    static func isOurs(_ name: String) -> Bool {
        DataFileName(name) != nil || name.hasSuffix("_index.db") || name.contains("_index.db.")
    }
}

/// Why there is no benchmark.
public enum BenchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The workload makes no sense: why not.
    case refused(String)
    /// The directory holds something.
    case occupied(FilePath)
    /// There is less room than the benchmark needs: both in bytes.
    case noRoom(FilePath, needed: Int, free: Int)
    /// Opening found so many entries fewer or more than were written.
    case lost(Int, of: Int)
    case cancelled

    public var description: String {
        switch self {
        case .refused(let reason): reason
        case .occupied(let path):
            "\(path) is not empty: bench writes into a new or empty directory only"
        case .noRoom(let path, let needed, let free):
            "the benchmark needs \(needed) bytes on disk, of which \(free) may be used in "
                + "\(path): free some space, or choose fewer entries"
        case .lost(let found, let count):
            "opening found \(found) entries of the \(count) that were written: look at the "
                + "directory with walrus check before anything else (bench --keep)"
        case .cancelled: "the benchmark was interrupted before anything was measured"
        }
    }
}
