internal import Glibc
public import SystemPackage

/// Which other processes can write to files of a directory: what `flock` cannot tell about a writer
/// that takes no lock.
public enum OpenFiles {
    /// The processes, except this one, that have one of `files` open or mapped for writing. Those that
    /// only read (a console, a backup) harm nobody and do not count.
    ///
    /// Reads `/proc`. Processes of other users are only seen by root; one that ends meanwhile is
    /// left out.
    public static func writers(of files: Set<FileIdentity>) -> [Int] {
        guard !files.isEmpty, let processes = try? Directory.list("/proc") else { return [] }
        let own = Int(getpid())
        return processes.compactMap { Int($0.name) }
            .filter { process in
                // A mapped file may have no descriptor any more.
                process != own
                    && ["fd", "map_files"].contains {
                        has(FilePath("/proc/\(process)/\($0)"), files)
                    }
            }
            .sorted()
    }

    /// The processes, except this one, that can write to a file of `directory` that `named` picks.
    public static func writers(in directory: FilePath, named: (String) -> Bool) -> [Int] {
        guard let entries = try? Directory.list(directory) else { return [] }
        let files = entries.filter { $0.kind == .file && named($0.name) }.compactMap {
            try? FileStatus.of(directory.appending($0.name))?.identity
        }
        return writers(of: Set(files))
    }

    /// Whether a link in `folder` leads to one of `files` and was opened for writing, which the
    /// link's own mode tells.
    private static func has(_ folder: FilePath, _ files: Set<FileIdentity>) -> Bool {
        guard let links = try? Directory.names(folder) else { return false }
        return links.contains { name in
            let link = folder.appending(name)
            var raw = stat()
            guard unsafe link.withPlatformString({ unsafe lstat($0, &raw) }) == 0,
                raw.st_mode & S_IWUSR != 0, let status = try? FileStatus.of(link)
            else { return false }
            return files.contains(status.identity)
        }
    }
}
