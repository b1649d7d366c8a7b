import Inspect
import SystemPackage
import WalrusFormat
import WalrusIO
internal import WalrusJSON

/// Makes folders in a log's trash, and takes them away.
struct TrashWriter {
    let directory: FilePath

    init(_ directory: FilePath) { self.directory = directory }

    /// Makes a folder for `files`, durably, with a manifest of what is to come into it. Its name is
    /// the time, and sorts behind all that are there.
    func makeFolder(_ files: [ReclaimForecast.File]) throws -> String {
        let root = TrashFolder.root(of: directory)
        try Directory.create(root)
        let last = try TrashFolder.all(in: directory).last?.name
        var time = Clock.wall()
        var name = Self.name(time)
        while let last, name <= last {
            time += 1_000_000
            guard time < Clock.wall() + 86_400_000_000_000 else {
                throw IOError("make a later folder than \(last) in", root, .fileExists)
            }
            name = Self.name(time)
        }
        let folder = root.appending(name)
        try Directory.create(folder)
        do throws(IOError) {
            try DiskStorage(folder).replace(
                DirectoryNames.trashManifest, with: Self.manifest(files, time, directory),
                temporary: DirectoryNames.replacement(of: DirectoryNames.trashManifest))
            try DiskStorage(root).syncDirectory()
            try DiskStorage(directory).syncDirectory()
        } catch {
            // An empty folder would pass for something that can be put back.
            try? removeIfEmpty(name)
            throw error
        }
        return name
    }

    /// "20261121T075512.123Z": no sign that a shell or another file system minds.
    private static func name(_ time: UInt64) -> String {
        Timestamp.iso(time).filter { $0 != "-" && $0 != ":" }
    }

    private static func manifest(
        _ files: [ReclaimForecast.File], _ time: UInt64, _ directory: FilePath
    ) -> [UInt8] {
        let list = files.map { file in
            JSON.object([
                ("file", .string(file.name.text)), ("allocated", .int(file.allocated)),
                ("reason", .string(file.reason)),
            ])
        }
        return Array(
            (JSON.object([
                ("schema", .int(1)), ("time", .string(Timestamp.iso(time))),
                ("directory", .string(Host.absolute(directory).string)), ("files", .array(list)),
            ]).text + "\n").utf8)
    }

    /// Takes a folder away in which no data file is left, with its manifest.
    func removeIfEmpty(_ name: String) throws(IOError) {
        let root = TrashFolder.root(of: directory)
        let folder = root.appending(name)
        let entries = try Directory.list(folder)
        let manifest = DirectoryNames.trashManifest
        let own = [manifest, DirectoryNames.replacement(of: manifest)]
        guard entries.allSatisfy({ own.contains($0.name) && $0.kind == .file }) else { return }
        for entry in entries { try DiskStorage(folder).remove(entry.name) }
        try Directory.remove(folder)
        try DiskStorage(root).syncDirectory()
        try removeRootIfEmpty()
    }

    /// The trash itself goes with its last folder; one that is not empty stays.
    func removeRootIfEmpty() throws(IOError) {
        let root = TrashFolder.root(of: directory)
        guard Directory.exists(root), try Directory.list(root).isEmpty else { return }
        try Directory.remove(root)
        try DiskStorage(directory).syncDirectory()
    }

    /// Deletes the data files of a folder, durably.
    func delete(_ folder: TrashFolder) throws(IOError) {
        let storage = DiskStorage(folder.path)
        for file in folder.files { try storage.remove(file.name.text) }
        try storage.syncDirectory()
    }
}
