internal import Synchronization
internal import SystemPackage
package import WalrusFormat
internal import WalrusIO

/// Data files that come back into a directory, with all of their entries consumed.
///
/// Done as the last thing before an engine gives its directory free, since nobody reads or appends
/// any more: first the cursors of all topics in the files are made durable in a form that is right
/// with the files and without them, then the files get their names.
package struct Adoption: Sendable {
    /// The folder that they are in: a path from the log's directory on.
    package let folder: String
    /// In the order of names.
    package let files: [DataFileName]
    /// The topics with blocks in the files. A position: the end of the topic's entries once the files
    /// are back, for one that has no entry on disk behind them; nil: its cursor stays where it is.
    package let topics: [TopicName: CursorPosition?]

    package init(
        folder: String, files: [DataFileName], topics: [TopicName: CursorPosition?]
    ) {
        self.folder = folder
        self.files = files.sorted()
        self.topics = topics
    }

    func perform(on storage: any Storage, _ cursors: CursorStore, _ open: [Topic])
        throws(EngineError)
    {
        try engineErrors { () throws(IOError) in
            for file in files where try storage.status(of: file.text) != nil {
                throw IOError("put back", storage.path.appending(file.text), .fileExists)
            }
        }
        var positions: [TopicName: CursorPosition] = [:]
        for (topic, end) in topics {
            positions[topic] = end ?? cursors.position(of: topic) ?? Self.start(of: topic, open)
        }
        try cursors.adopt(positions)
        try engineErrors { () throws(IOError) in
            for file in files { try storage.move("\(folder)/\(file.text)", to: file.text) }
            try storage.syncDirectory()
            try storage.syncFolder(folder)
        }
    }

    /// Before the first entry that the topic has on disk now: what comes back stands before it.
    private static func start(of topic: TopicName, _ open: [Topic]) -> CursorPosition? {
        open.first { $0.name == topic }?.state.withLock { state in
            state.blocks.first?.position(at: 0, sequence: 0)
        }
    }
}
