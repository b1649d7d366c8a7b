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
    /// Throws `.locked` with the holders when another process keeps it and does not serve us,
    /// `.refused` when it does but has no time; `NeedsRepair` where opening it here would take
    /// something away.
    public func open() throws -> any OpenLog { try open(giving: []) }

    /// - Parameter given: what opening may erase, of batches that are not whole.
    package func open(giving given: [Repair.Cut]) throws -> any OpenLog {
        do {
            return try Patience.whileLocked { () -> any OpenLog in
                do {
                    return try EngineLog(directory, fsync: fsync, giving: given)
                } catch let error as EngineError {
                    guard Patience.isWorthIt(error),
                        let remote = try RemoteLog.find(directory, holders: error.holders)
                    else { throw error }
                    return remote
                }
            }
        } catch let error as EngineError {
            guard Patience.isWorthIt(error) else { throw error }
            throw refusal(error.holders)
        }
    }

    private func refusal(_ holders: [Int]) -> EngineError {
        let who =
            holders.isEmpty
            ? "another process" : "process " + holders.map(String.init).joined(separator: ", ")
        let user = Host.userID
        let stranger = holders.lazy
            .compactMap { (try? FileStatus.of(FilePath("/proc/\($0)")))??.owner }
            .first { user != 0 && $0 != user }
        let advice =
            stranger.map { "it is user \($0)'s: do this as that user" }
            ?? "wait until it ends, stop it, or have it do this itself"
        return EngineError(
            .locked,
            "\(directory) is in use by \(who), which does not act for others: \(advice)",
            path: directory, holders: holders)
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

    /// Opens the log for `body`, and closes it whatever happens. `note` hears what opening it found, and what
    /// closing it could not do: that takes nothing back of what was done.
    public func withLog<R>(
        telling note: ([String]) -> Void = { _ in }, _ body: (any OpenLog) throws -> R
    ) throws -> R {
        let log = try open()
        note(log.notes)
        let result: R
        do { result = try body(log) } catch {
            // The first failure is the one to tell.
            try? log.close()
            throw error
        }
        // Otherwise entries may not be on disk.
        guard fsync == .each else {
            try log.close()
            return result
        }
        log.close(telling: note)
        return result
    }
}
