public import WalrusFormat

/// When data files are deleted in which nothing is left to be read.
public enum Reclamation: Hashable, Sendable {
    /// As soon as their last entry is consumed, and when the engine is opened.
    case immediate
    /// Only by `Walrus.reclaim()`.
    case off
}

/// What becomes of a data file in which nothing is left to be read.
public enum ReclaimDisposal: Hashable, Sendable {
    case delete
    /// It is renamed into a folder, which must exist: a path from the log's directory on, on the same
    /// file system. A file there that has its name already is an error, and stays as it is.
    case move(to: String)
}

/// What `Walrus.reclaim()` did.
public struct ReclaimReport: Hashable, Sendable {
    /// The data files that are gone, each 1000 MiB in name and what was used of it on disk.
    public internal(set) var files: [DataFileName] = []
    /// The files that should be gone and are not, with the reason: they are tried again with the
    /// next file, the next call, and `Walrus.close()`.
    public internal(set) var failures: [DataFileName: EngineError] = [:]

    package init(files: [DataFileName] = [], failures: [DataFileName: EngineError] = [:]) {
        self.files = files
        self.failures = failures
    }
}

extension Walrus {
    /// Deletes every data file in which nothing is left to be read: all of its blocks are consumed,
    /// no block will be put into it any more, and all of it could be read. Cursors, and the running
    /// numbers of topics that have lost all their blocks, are durable before.
    ///
    /// - Parameters:
    ///   - names: the files that may go; nil: all.
    ///   - disposal: whether they are deleted or moved. A file that cannot be moved stays; it is never
    ///     deleted instead.
    ///
    /// Throws `.io`, after which no further file was deleted, and `.closed`. The reference does this
    /// by itself, and only to files of the session.
    @discardableResult
    public func reclaim(
        _ names: Set<DataFileName>? = nil, disposal: ReclaimDisposal = .delete
    ) throws(EngineError) -> ReclaimReport {
        try registry.checkOpen()
        let files = allocator.files
        return try reclaimer.reclaim(
            names.map { names in files.filter { names.contains($0.name) } } ?? files, disposal)
    }

    /// The files that should have been deleted and could not, with the reason.
    public var reclamationFailures: [DataFileName: EngineError] { reclaimer.failures }

    func afterReading(_ topic: Topic) {
        if configuration.reclamation == .immediate { reclaimer.afterReading(topic) }
    }

    func afterAppending() {
        if configuration.reclamation == .immediate { reclaimer.afterAppending() }
    }
}
