public import WalrusFormat

/// When data files are deleted in which nothing is left to be read.
public enum Reclamation: Hashable, Sendable {
    /// As soon as their last entry is consumed, and when the engine is opened.
    case immediate
    /// Only by `Walrus.reclaim()`.
    case off
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
    /// Throws `.io`, after which no further file was deleted, and `.closed`. The reference does this
    /// by itself, and only to files of the session.
    @discardableResult
    public func reclaim() throws(EngineError) -> ReclaimReport {
        try registry.checkOpen()
        return try reclaimer.reclaim(allocator.files)
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
