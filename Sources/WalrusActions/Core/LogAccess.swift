public import Inspect
public import SystemPackage
public import WalrusEngine
public import WalrusFormat
internal import WalrusIO

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

    /// Opens the log, which is to be closed: in this process or, where another one has it that
    /// serves us, through that.
    ///
    /// Throws `.locked` with the holders when another process has it and does not serve us,
    /// `.refused` when it does but has no time.
    public func open() throws(EngineError) -> any OpenLog {
        var holders: [Int] = []
        // Who has it may be about to close it.
        for _ in 0..<3 {
            do throws(EngineError) { return try EngineLog(directory, fsync: fsync) } catch {
                guard error.code == .locked, error.holders != [Host.processID] else { throw error }
                holders = error.holders
            }
            if let remote = try RemoteLog.find(directory, holders: holders) { return remote }
            Clock.sleep(nanoseconds: 50_000_000)
        }
        throw refusal(holders)
    }

    private func refusal(_ holders: [Int]) -> EngineError {
        let who =
            holders.isEmpty
            ? "another process" : "process " + holders.map(String.init).joined(separator: ", ")
        return EngineError(
            .locked,
            "\(directory) is in use by \(who), which does not act for others: stop it, or have it "
                + "do this itself (an engine that serves its operator has servesControl on, and is "
                + "the same user's)", path: directory, holders: holders)
    }

    /// Where the topic's reader stands, for a plan that opens nothing: as the engine says that has the log
    /// open, which may be ahead of what it has recorded; else as on disk.
    public func cursor(of topic: TopicState) -> EntryPlace? {
        do throws(EngineError) {
            if let remote = try RemoteLog.find(directory, holders: []) {
                defer { remote.close() }
                return try remote.cursor(of: topic.name)
            }
        } catch {
            // Whoever acts on the plan is told, since the cursor is compared then.
        }
        return topic.cursor?.place
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
