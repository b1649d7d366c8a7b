internal import Inspect
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// A new directory that is there whole, or recognisably not: it is built beside its place, under a name
/// that ends in `.unfinished`, and renamed when all of it is durable.
struct DirectoryDraft {
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    let path: FilePath
    /// Where it is while it is built.
    let draft: FilePath
    private let storage: DiskStorage
    private let name: String
    /// Locked as long as it is built: that it is not locked tells that its process is dead.
    private let hold: DiskFile

    /// What a process that was killed has left of it is taken away first.
    ///
    /// - Parameters:
    ///   - source: the log that it is made from, in which it must not lie.
    ///   - isOfKey: it is that of an instance key, which lies beside the files of a log.
    init(_ path: FilePath, source: FilePath?, isOfKey: Bool = false) throws {
        var path = Host.absolute(path)
        guard let name = path.removeLastComponentIfThere() else {
            throw Refusal(description: "\(path) is no name for a new directory")
        }
        let parent = path
        self.path = parent.appending(name)
        self.name = name
        draft = parent.appending(name + ".unfinished")
        storage = DiskStorage(parent)
        guard Directory.exists(parent) else {
            throw IOError("make", self.path, .noSuchFileOrDirectory)
        }
        if let source, try EntryExport.isInside(self.path, source) {
            throw Self.inLog(self.path)
        }
        try Self.admit(self.path, isOfKey: isOfKey)
        if try FileStatus.of(draft) != nil { try Self.removeLeftover(draft) }
        try Directory.create(draft)
        hold = try DiskFile(draft, .readOnly)
        // Somebody may have found it before it was locked. A file system without locks is none where
        // anybody finds it unlocked.
        guard (try? hold.tryLock()) ?? true,
            try FileStatus.of(draft)?.identity == hold.status().identity
        else { throw Self.underWay(draft) }
    }

    /// Removes what work that was cut off has left: what nobody holds, and holds only files of a log.
    private static func removeLeftover(_ draft: FilePath) throws {
        guard Directory.existsItself(draft) else { throw foreign(draft) }
        let files = try Directory.list(draft)
        guard
            files.allSatisfy({ entry in
                entry.kind == .file
                    && (DataFileName(entry.name) != nil
                        || entry.name.hasSuffix(DirectoryNames.sidecarSuffix))
            })
        else { throw foreign(draft) }
        let hold = try DiskFile(draft, .readOnly)
        guard try hold.tryLock() else { throw underWay(draft) }
        let storage = DiskStorage(draft)
        for file in files { try storage.remove(file.name) }
        try Directory.remove(draft)
    }

    private static func foreign(_ draft: FilePath) -> Refusal {
        Refusal(
            description:
                "\(draft) is in the way, and not what work that was cut off leaves: move it "
                + "away, or name another directory")
    }

    private static func underWay(_ draft: FilePath) -> Refusal {
        Refusal(
            description: "another process is at work in \(draft): wait for it, or name another "
                + "directory")
    }

    private static func inLog(_ path: FilePath) -> Refusal {
        Refusal(
            description: "\(path) lies in the directory of a log: name one somewhere else")
    }

    /// Fails where something is at the place already, or where no other log belongs.
    static func admit(_ path: FilePath, isOfKey: Bool = false) throws {
        if !isOfKey, DataDirectory.isInLog(path) { throw inLog(path) }
        guard try FileStatus.of(path) != nil else { return }
        guard Directory.exists(path), try Directory.list(path).isEmpty else {
            throw Refusal(
                description: "\(path) is there already and not empty: name a new directory")
        }
    }

    /// Fails unless so many bytes fit.
    func require(bytes: Int) throws {
        let free = try Directory.freeSpace(draft)
        guard bytes > free else { return }
        throw Refusal(
            description: "\(path) would take about \(bytes) bytes, and \(free) are free: "
                + "name a directory on another file system")
    }

    /// Makes all of it durable and gives it its name.
    func finish() throws {
        for entry in try Directory.list(draft) where entry.kind == .file {
            try DiskFile(draft.appending(entry.name), .readWrite).sync()
        }
        try DiskStorage(draft).syncDirectory()
        do throws(IOError) { try storage.rename(name + ".unfinished", to: name) } catch {
            guard [.fileExists, .directoryNotEmpty, .notDirectory].contains(error.errno) else {
                throw error
            }
            throw Refusal(
                description: "\(path) came to be there meanwhile; what was made is in \(draft)")
        }
        try storage.syncDirectory()
    }

    /// Takes away what was built.
    func discard() {
        for entry in (try? Directory.list(draft)) ?? [] where entry.kind == .file {
            try? DiskStorage(draft).remove(entry.name)
        }
        try? Directory.remove(draft)
    }
}

extension FilePath {
    /// Takes off the last component, if that is a name, and returns it.
    fileprivate mutating func removeLastComponentIfThere() -> String? {
        guard let last = lastComponent, last.kind == .regular else { return nil }
        removeLastComponent()
        return last.string
    }
}
