public import Inspect
public import SystemPackage
public import WalrusEngine
public import WalrusFormat

/// The way to a log that actions work on.
public struct LogAccess: Sendable {
    /// The directory that holds the log's files.
    public let directory: FilePath
    /// When appended entries go to disk, where this process opens the log.
    public var fsync: FsyncSchedule

    public init(_ directory: FilePath, fsync: FsyncSchedule = .each) {
        self.directory = directory
        self.fsync = fsync
    }

    /// Opens the log, which is to be closed.
    ///
    /// Throws `.locked` with the holders when another process has it.
    public func open() throws(EngineError) -> any OpenLog {
        try EngineLog(directory, fsync: fsync)
    }

    /// Where the topic's reader stands, for a plan that opens nothing: as on disk.
    public func cursor(of topic: TopicState) throws(EngineError) -> EntryPlace? {
        topic.cursor?.place
    }

    /// Opens the log for `body`, and closes it whatever happens.
    public func withLog<R>(_ body: (any OpenLog) throws -> R) throws -> R {
        let log = try open()
        let result: R
        do { result = try body(log) } catch {
            // The first failure is the one to tell.
            try? log.close()
            throw error
        }
        try log.close()
        return result
    }
}
