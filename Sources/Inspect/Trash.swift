public import SystemPackage
public import WalrusFormat
public import WalrusIO

/// Data files that were taken out of a log together and not deleted: a folder in its trash.
public struct TrashFolder: Hashable, Sendable {
    public struct File: Hashable, Sendable {
        public let name: DataFileName
        /// Bytes that it takes on disk.
        public let allocated: Int
    }

    /// The folder's name: when it was made, in UTC.
    public let name: String
    public let path: FilePath
    /// In the order of names.
    public let files: [File]

    public var allocated: Int { files.reduce(0) { $0 + $1.allocated } }

    /// The trash of the log in `directory`.
    public static func root(of directory: FilePath) -> FilePath {
        directory.appending(DirectoryNames.trash)
    }

    /// What is in the trash of the log in `directory`, the oldest first; empty ones too. Links lead
    /// elsewhere, perhaps to another log: what is behind one is nobody's trash.
    public static func all(in directory: FilePath) throws(IOError) -> [TrashFolder] {
        let root = root(of: directory)
        guard Directory.existsItself(root) else { return [] }
        var folders: [TrashFolder] = []
        for entry in try Directory.list(root) where entry.kind == .directory {
            let path = root.appending(entry.name)
            guard Directory.existsItself(path) else { continue }
            var files: [File] = []
            for file in try Directory.list(path) where file.kind == .file {
                guard let name = DataFileName(file.name),
                    let status = try FileStatus.of(path.appending(file.name))
                else { continue }
                files.append(File(name: name, allocated: status.allocated))
            }
            folders.append(
                TrashFolder(
                    name: entry.name, path: path, files: files.sorted { $0.name < $1.name }))
        }
        return folders.sorted { $0.name < $1.name }
    }
}

/// What the trash of a log holds, in all.
public struct TrashSummary: Hashable, Sendable {
    public let folders: Int
    /// Data files.
    public let files: Int
    /// Bytes that they take on disk.
    public let allocated: Int

    init(folders: Int, files: Int, allocated: Int) {
        (self.folders, self.files, self.allocated) = (folders, files, allocated)
    }

    /// Nil when the directory, which `listing` is of, has no trash with a data file in it. What
    /// cannot be read is left out.
    init?(_ directory: FilePath, _ listing: [DirectoryEntry]) {
        guard listing.contains(where: { $0.name == DirectoryNames.trash && $0.kind == .directory }),
            let all = try? TrashFolder.all(in: directory)
        else { return nil }
        let folders = all.filter { !$0.files.isEmpty }
        guard !folders.isEmpty else { return nil }
        self.folders = folders.count
        files = folders.reduce(0) { $0 + $1.files.count }
        allocated = folders.reduce(0) { $0 + $1.allocated }
    }

    var finding: Finding {
        Finding(
            .info, .trash, file: DirectoryNames.trash,
            "holds \(files) \(files == 1 ? "data file" : "data files") that were reclaimed, \(allocated) bytes on disk: "
                + "walrus reclaim DIR --empty-trash frees them, --restore puts them back")
    }
}
