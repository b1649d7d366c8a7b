internal import Glibc
public import SystemPackage

/// Which other processes have files of a directory open: what `flock` cannot tell about a writer
/// that takes no lock.
public enum OpenFiles {
    /// The processes, except this one, that have one of `files` open or mapped.
    ///
    /// Reads `/proc`. Processes of other users are only seen by root; one that ends meanwhile is
    /// left out.
    public static func holders(of files: Set<FileIdentity>) -> [Int] {
        guard !files.isEmpty, let processes = try? Directory.list("/proc") else { return [] }
        let own = Int(getpid())
        return processes.compactMap { Int($0.name) }
            .filter { $0 != own && (holds($0, files) || maps($0, files)) }
            .sorted()
    }

    private static func holds(_ process: Int, _ files: Set<FileIdentity>) -> Bool {
        let folder = FilePath("/proc/\(process)/fd")
        guard let descriptors = try? Directory.list(folder) else { return false }
        return descriptors.contains { entry in
            guard let status = try? FileStatus.of(folder.appending(entry.name)) else {
                return false
            }
            return files.contains(status.identity)
        }
    }

    private static func maps(_ process: Int, _ files: Set<FileIdentity>) -> Bool {
        // A mapped file may have no descriptor any more; `map_files` has a link for every one.
        let folder = FilePath("/proc/\(process)/map_files")
        guard let maps = try? Directory.list(folder) else { return false }
        return maps.contains { entry in
            guard let status = try? FileStatus.of(folder.appending(entry.name)) else {
                return false
            }
            return files.contains(status.identity)
        }
    }

    /// The processes that have a file in `directory` open or mapped.
    public static func holders(of directory: FilePath, named: (String) -> Bool) -> [Int] {
        guard let entries = try? Directory.list(directory) else { return [] }
        let files = entries.filter { $0.kind == .file && named($0.name) }.compactMap {
            try? FileStatus.of(directory.appending($0.name))?.identity
        }
        return holders(of: Set(files))
    }
}
