internal import Inspect
internal import SystemPackage
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

    /// - Parameter source: the log that it is made from, in which it must not lie.
    init(_ path: FilePath, source: FilePath?) throws {
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
            throw Refusal(
                description:
                    "\(self.path) lies in the directory of the log: name one somewhere else")
        }
        try Self.admit(self.path)
        guard try FileStatus.of(draft) == nil else {
            throw Refusal(
                description:
                    "\(draft) is what work that was cut off has left, or is still at work: "
                    + "delete it, or name another directory")
        }
        try Directory.create(draft)
    }

    /// Fails where something is at the place already.
    static func admit(_ path: FilePath) throws {
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
