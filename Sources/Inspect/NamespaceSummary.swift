public import SystemPackage
internal import WalrusFormat
public import WalrusIO

/// What one sees of a log from outside: enough to choose it among others.
public struct NamespaceSummary: Hashable, Sendable {
    /// The folder's name; nil for the log that lies in the data directory itself.
    public var name: String?
    public var path: String
    /// Topics with blocks, a cursor or a mark.
    public var topics = 0
    /// Data files.
    public var files = 0
    /// Bytes that the data files take on disk.
    public var allocated = 0
    /// Last change of a data file, in nanoseconds since 1970 UTC; nil without any.
    public var modified: Int?
    /// Processes, except this one, that can write to the log.
    public var writers: [Int] = []

    public init(name: String?, path: String) {
        self.name = name
        self.path = path
    }
}

/// Lists the logs of a data directory, again and again: one that has not changed is not read again.
///
/// Reads the first entries of every block and no more, so its topics may be fewer than those that a
/// scan finds where headers are damaged. Not for use by two threads at once.
public final class NamespaceLister {
    private struct Known {
        let signature: [FileStatus]
        let topics: Int
    }

    private var known: [FilePath: Known] = [:]
    private var writers: [FilePath: [Int]] = [:]

    public init() {}

    /// The logs in `directory` by name, its own first.
    ///
    /// - Parameter withWriters: look through the system's processes, which is not free; else those
    ///   of the last time are told.
    public func list(_ directory: FilePath, withWriters: Bool) throws(IOError) -> [NamespaceSummary]
    {
        let namespaces = try DataDirectory.namespaces(in: directory)
        if withWriters {
            writers = [:]
            for namespace in namespaces {
                writers[namespace.path] = DataDirectory.writers(of: namespace.path)
            }
        }
        let summaries = namespaces.map(summary)
        let paths = Set(namespaces.map(\.path))
        known = known.filter { paths.contains($0.key) }
        return summaries
    }

    private func summary(_ namespace: DataDirectory.Namespace) -> NamespaceSummary {
        var summary = NamespaceSummary(name: namespace.name, path: namespace.path.string)
        summary.writers = writers[namespace.path] ?? []
        // A folder that went away meanwhile has nothing in it.
        let listing = (try? Directory.list(namespace.path)) ?? []
        let names = listing.filter { $0.kind == .file }.map(\.name).sorted()
        var signature: [FileStatus] = []
        for name in names {
            guard let status = try? FileStatus.of(namespace.path.appending(name)) else { continue }
            signature.append(status)
            guard DataFileName(name) != nil else { continue }
            summary.files += 1
            summary.allocated += status.allocated
            summary.modified = max(summary.modified ?? status.modified, status.modified)
        }
        if let known = known[namespace.path], known.signature == signature {
            summary.topics = known.topics
        } else {
            summary.topics = Self.topics(namespace.path, names)
            known[namespace.path] = Known(signature: signature, topics: summary.topics)
        }
        return summary
    }

    private static func topics(_ path: FilePath, _ names: [String]) -> Int {
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
        return topics.count
    }
}
