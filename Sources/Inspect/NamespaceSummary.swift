public import SystemPackage
public import WalrusFormat
public import WalrusIO

/// What one sees of a log from outside: enough to choose it among others.
public struct NamespaceSummary: Hashable, Sendable {
    /// The folder's name; nil for the log that lies in the data directory itself.
    public var name: String?
    public var path: String
    /// Topics with blocks, a cursor or a mark; nil: they have not been counted yet.
    public var topics: Int?
    /// The first of them by name.
    public var topicNames: [TopicName] = []
    /// Data files.
    public var files = 0
    /// Bytes that the data files take on disk.
    public var allocated = 0
    /// Last change of a data file, in nanoseconds since 1970 UTC; nil without any.
    public var modified: Int?
    /// Processes, except this one, that can write to the log; nil: they have not been looked for yet.
    public var writers: [Int]?

    public init(name: String?, path: String) {
        self.name = name
        self.path = path
    }
}

/// What a data directory holds, as far as it is told without reading a file.
public struct DirectoryOutline: Hashable, Sendable {
    /// By name; of those that were not known before neither topics nor writers are.
    public var logs: [NamespaceSummary] = []
    /// What else is there: files, and folders, that are no log's.
    public var otherFiles = 0
    public var otherFolders = 0

    public init() {}
}

/// Lists the logs of a data directory, again and again: one that has not changed is not read again.
///
/// Reads the first entries of every block and no more, so its topics may be fewer than those that a
/// scan finds where headers are damaged. Not for use by two threads at once.
public final class NamespaceLister {
    private struct Known {
        let signature: [FileStatus]
        let topics: Int
        let names: [TopicName]
    }

    /// So many names of topics are kept of each log.
    public static let namesMax = 100

    private var known: [FilePath: Known] = [:]
    private var writers: [FilePath: [Int]] = [:]

    public init() {}

    /// The logs in `directory` by name, its own first.
    ///
    /// - Parameters:
    ///   - withWriters: look through the system's processes, which is not free; else those of the last
    ///     time are told.
    ///   - outlined: is told what there is before any file is read.
    public func list(
        _ directory: FilePath, withWriters: Bool, outlined: (DirectoryOutline) -> Void = { _ in }
    ) throws(IOError) -> [NamespaceSummary] {
        let namespaces = try DataDirectory.namespaces(in: directory)
        let looks = namespaces.map(look)
        outlined(try outline(directory, looks))
        if withWriters {
            writers = [:]
            for namespace in namespaces {
                writers[namespace.path] = DataDirectory.writers(of: namespace.path)
            }
        }
        let summaries = zip(namespaces, looks).map { namespace, look in
            var summary = look.summary
            let known = count(look, in: namespace.path)
            summary.writers = writers[namespace.path] ?? []
            (summary.topics, summary.topicNames) = (known.topics, known.names)
            return summary
        }
        let paths = Set(namespaces.map(\.path))
        known = known.filter { paths.contains($0.key) }
        return summaries
    }

    /// What the status of a log's files tells.
    private struct Look {
        var summary: NamespaceSummary
        var names: [String] = []
        var signature: [FileStatus] = []
    }

    private func look(_ namespace: DataDirectory.Namespace) -> Look {
        var look = Look(
            summary: NamespaceSummary(name: namespace.name, path: namespace.path.string))
        // A folder that went away meanwhile has nothing in it.
        let listing = (try? Directory.list(namespace.path)) ?? []
        look.names = listing.filter { $0.kind == .file }.map(\.name).sorted()
        for name in look.names {
            guard let status = try? FileStatus.of(namespace.path.appending(name)) else { continue }
            look.signature.append(status)
            guard DataFileName(name) != nil else { continue }
            look.summary.files += 1
            look.summary.allocated += status.allocated
            look.summary.modified = max(
                look.summary.modified ?? status.modified, status.modified)
        }
        look.summary.writers = writers[namespace.path]
        if let known = known[namespace.path], known.signature == look.signature {
            (look.summary.topics, look.summary.topicNames) = (known.topics, known.names)
        }
        return look
    }

    private func outline(_ directory: FilePath, _ looks: [Look]) throws(IOError)
        -> DirectoryOutline
    {
        var outline = DirectoryOutline()
        outline.logs = looks.map(\.summary)
        let folders = Set(looks.compactMap(\.summary.name))
        // The files of a log that lies in the directory itself are that log's.
        let hasOwn = looks.contains { $0.summary.name == nil }
        for entry in try Directory.list(directory) {
            if entry.kind == .directory {
                outline.otherFolders += folders.contains(entry.name) ? 0 : 1
            } else if !hasOwn {
                outline.otherFiles += 1
            }
        }
        return outline
    }

    private func count(_ look: Look, in path: FilePath) -> Known {
        if let known = known[path], known.signature == look.signature { return known }
        let topics = Self.topics(path, look.names)
        let new = Known(
            signature: look.signature, topics: topics.count,
            names: Array(topics.sorted().prefix(Self.namesMax)))
        known[path] = new
        return new
    }

    private static func topics(_ path: FilePath, _ names: [String]) -> Set<TopicName> {
        let sidecars = Sidecars.read(path, known: nil)
        var topics = Set(sidecars.cursors.keys).union(sidecars.marks.keys)
            .union(sidecars.journal.keys)
        for name in names {
            guard let file = DataFileName(name),
                let status = try? FileStatus.of(path.appending(name))
            else { continue }
            var scan = FileScan(name: file, path: path.appending(name), status: status)
            // What cannot be read is for a scan to report.
            try? scan.findBlocks(probes: [:])
            topics.formUnion(scan.blocks.map(\.frame.topic))
        }
        return topics
    }
}
