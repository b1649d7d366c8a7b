public import SystemPackage
internal import WalrusFormat
public import WalrusIO

/// A data directory: the logs that are in it.
public enum DataDirectory {
    /// A log inside a data directory: its own, or that of a key.
    public struct Namespace: Hashable, Sendable {
        /// The folder's name; nil for the log that lies in the data directory itself.
        public let name: String?
        public let path: FilePath
        /// Data files in it.
        public let fileCount: Int
    }

    /// The logs in the data directory `path`: itself, if it has files of a log, then its folders
    /// that have, by name.
    public static func namespaces(in path: FilePath) throws(IOError) -> [Namespace] {
        let listing = try Directory.list(path)
        var found: [Namespace] = []
        if isLog(listing) {
            found.append(Namespace(name: nil, path: path, fileCount: fileCount(listing)))
        }
        for entry in listing.sorted(by: { $0.name < $1.name }) where entry.kind == .directory {
            guard entry.name != DirectoryNames.trash else { continue }
            let folder = path.appending(entry.name)
            // A folder that cannot be read is not ours to complain about.
            guard let inside = try? Directory.list(folder), isLog(inside) else { continue }
            found.append(
                Namespace(name: entry.name, path: folder, fileCount: fileCount(inside)))
        }
        return found
    }

    /// The folder of the instance `key` in the data directory, or the directory itself.
    public static func path(_ directory: FilePath, key: String?) -> FilePath {
        guard let key else { return directory }
        return directory.appending(DirectoryNames.namespace(forKey: key))
    }

    /// Whether something at `path` would lie in the directory of a log, or in a folder of its trash: where
    /// nothing belongs but what is the log's own, and the logs of its keys.
    public static func isInLog(_ path: FilePath) -> Bool {
        let folder = path.removingLastComponent()
        guard let listing = try? Directory.list(folder.isEmpty ? "." : folder) else { return false }
        return isLog(listing) || folder.lastComponent?.string == DirectoryNames.trash
    }

    private static func isLog(_ listing: [DirectoryEntry]) -> Bool {
        listing.contains { entry in
            entry.kind == .file
                && (DataFileName(entry.name) != nil
                    || entry.name == DirectoryNames.cursorIndex
                    || entry.name == DirectoryNames.cleanIndex)
        }
    }

    private static func fileCount(_ listing: [DirectoryEntry]) -> Int {
        listing.count { $0.kind == .file && DataFileName($0.name) != nil }
    }

    /// The processes, except this one, that can write to files of the log at `path`.
    public static func writers(of path: FilePath) -> [Int] {
        OpenFiles.writers(in: path) { name in
            DataFileName(name) != nil || name.hasSuffix(DirectoryNames.sidecarSuffix)
        }
    }

    /// When the first of the processes began, in nanoseconds since 1970 UTC: what they have made is
    /// not older. 0 where the system does not tell, nil where there is no process.
    public static func began(_ processes: [Int]) -> UInt64? {
        processes.map { Host.startTime(of: $0) ?? 0 }.min()
    }
}
