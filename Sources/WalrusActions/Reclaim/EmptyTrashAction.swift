public import Inspect
public import SystemPackage
internal import WalrusFormat
public import WalrusIO
internal import WalrusJSON

/// Deletes what is in a log's trash, for good.
public struct EmptyTrashAction: Sendable {
    public let directory: FilePath
    public let folders: [TrashFolder]

    /// - Parameter name: the folder; nil: all of them.
    public init(_ directory: FilePath, name: String?) throws {
        self.directory = directory
        do { folders = try TrashFolder.find(name, in: directory) } catch let missing
            as TrashFolder.Missing
        {
            // Work that was cut off may leave the folder of all of them.
            guard name == nil, Directory.exists(TrashFolder.root(of: directory)) else {
                throw missing
            }
            folders = []
        }
    }

    public var files: Int { folders.reduce(0) { $0 + $1.files.count } }
    public var bytes: Int { folders.reduce(0) { $0 + $1.allocated } }

    public func plan(naming directory: [String], name: String?) -> ActionPlan {
        ActionPlan(
            title: "delete \(counted(files, "data file", "data files")) of \(bytes) bytes for good",
            command: ["walrus", "reclaim"] + directory + ["--empty-trash"]
                + (name.map { [$0] } ?? []) + ["--yes"],
            lines: folders.flatMap { folder in
                folder.files.map { "\(folder.name)/\($0.name.text)  \($0.allocated) bytes on disk" }
            },
            confirmation: .yes, figures: figures)
    }

    public func apply() throws(IOError) -> ActionOutcome {
        let writer = TrashWriter(directory)
        for folder in folders {
            try writer.delete(folder)
            try writer.removeIfEmpty(folder.name)
        }
        try writer.removeRootIfEmpty()
        return ActionOutcome(
            "\(counted(files, "data file", "data files")) of \(bytes) bytes deleted",
            figures: figures)
    }

    private var figures: [(String, JSON)] { [("files", .int(files)), ("bytes", .int(bytes))] }
}

extension TrashFolder {
    public struct Missing: Error, Hashable, CustomStringConvertible {
        public let name: String?
        public let others: [String]
        public var description: String {
            let there = others.isEmpty ? "" : ": there is \(others.joined(separator: ", "))"
            return name.map { "the trash has no folder \($0)\(there)" } ?? "the trash is empty"
        }
    }

    /// The folder of that name, or all; at least one.
    public static func find(_ name: String?, in directory: FilePath) throws -> [TrashFolder] {
        let all = try all(in: directory)
        let found = name.map { name in all.filter { $0.name == name } } ?? all
        guard !found.isEmpty else {
            throw Missing(name: name, others: all.suffix(8).map(\.name))
        }
        return found
    }
}
