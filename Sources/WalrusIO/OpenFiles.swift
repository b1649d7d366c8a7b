internal import CLinuxShim
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
            .filter { $0 != own && canWrite(String($0), files) }
            .sorted()
    }

    /// The processes, except this one, that can write to a file of `directory` that `named` picks.
    public static func writers(in directory: FilePath, named: (String) -> Bool) -> [Int] {
        writers(of: Set(paths(in: directory, named).compactMap(identity)))
    }

    /// Whether anybody can write to a file of `directory` that `named` picks: also who is not seen
    /// in `/proc`, and this process. Nil where the kernel does not tell.
    ///
    /// Costs three calls a file. Not for a bystander: a writer that opens a file just now waits for
    /// the answer.
    public static func hasWriters(in directory: FilePath, named: (String) -> Bool) -> Bool? {
        var isKnown = true
        for path in paths(in: directory, named) {
            switch unsafe path.withPlatformString({ unsafe wlinux_is_open_for_writing($0) }) {
            case 0: break
            case 1: return true
            default: isKnown = false
            }
        }
        return isKnown ? false : nil
    }

    /// Whether this process can write to a file of `directory` that `named` picks.
    public static func isOwnWriter(in directory: FilePath, named: (String) -> Bool) -> Bool {
        canWrite("self", Set(paths(in: directory, named).compactMap(identity)))
    }

    /// The process that holds the lock (`flock`) on `file`, by what the kernel tells in `/proc/locks`. Nil
    /// where it tells of none: locks of other containers are not shown.
    public static func lockHolder(of file: FileIdentity) -> Int? {
        guard let table = try? DiskFile("/proc/locks", .readOnly),
            let bytes = try? table.read(at: 0, count: 1 << 20)
        else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            // 1: FLOCK  ADVISORY  WRITE 4121 fe:00:16573247 0 EOF; one that waits has "->" in the second.
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[1] == "FLOCK", fields[3] == "WRITE" else { continue }
            let place = fields[5].split(separator: ":")
            guard place.count == 3, place[2] == "\(file.number)",
                UInt32(place[0], radix: 16) == wlinux_device_major(file.device),
                UInt32(place[1], radix: 16) == wlinux_device_minor(file.device)
            else { continue }
            return Int(fields[4])
        }
        return nil
    }

    private static func paths(in directory: FilePath, _ named: (String) -> Bool) -> [FilePath] {
        let entries = (try? Directory.list(directory)) ?? []
        return entries.filter { $0.kind == .file && named($0.name) }
            .map { directory.appending($0.name) }
    }

    private static func identity(_ path: FilePath) -> FileIdentity? {
        try? FileStatus.of(path)?.identity
    }

    private static func canWrite(_ process: String, _ files: Set<FileIdentity>) -> Bool {
        // A mapped file may have no descriptor any more.
        ["fd", "map_files"].contains { has(FilePath("/proc/\(process)/\($0)"), files) }
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
