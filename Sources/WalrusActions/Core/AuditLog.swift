internal import Inspect
public import SystemPackage
public import WalrusFormat
internal import WalrusIO
public import WalrusJSON

/// Who did what to which log: two JSON objects, each a line, appended at once and synced; one before an
/// action and one after it.
///
/// Opened before anything is done: where nothing can be noted, nothing is to be done.
public struct AuditLog: Sendable {
    /// Room on disk that is kept for a line while the action runs, in bytes.
    private static let room = 1 << 16

    /// What is done, to what.
    public struct Subject: Sendable {
        /// The verb: "append", "consume".
        public let action: String
        public let directory: FilePath
        /// Nil where the whole directory is concerned.
        public let topic: TopicName?
        /// The command that does it.
        public let command: String

        public init(
            _ action: String, _ directory: FilePath, topic: TopicName? = nil, command: String
        ) {
            self.action = action
            self.directory = directory
            self.topic = topic
            self.command = command
        }
    }

    public struct Unavailable: Error, Hashable, CustomStringConvertible {
        public let reason: String
        public var description: String {
            "nothing was done, since it could not be noted: \(reason); WALRUS_AUDIT names another file"
        }
    }

    /// The action is done and its line is not.
    public struct Unrecorded: Error, Hashable, CustomStringConvertible {
        public let done: String
        public let reason: String
        public var description: String { "\(done), but that could not be noted: \(reason)" }
    }

    private let file: AppendingFile
    public var path: FilePath { file.path }

    /// Opens the user's own, and makes it when it is missing: for the user's eyes alone.
    public init() throws(Unavailable) {
        guard let path = UserFiles.audit else {
            throw Unavailable(reason: "neither XDG_STATE_HOME nor HOME says where to")
        }
        try self.init(path)
    }

    public init(_ path: FilePath) throws(Unavailable) {
        do throws(IOError) {
            let folder = path.removingLastComponent()
            if !folder.isEmpty { try Directory.createPrivate(folder) }
            let isNew = try FileStatus.of(path) == nil
            file = try AppendingFile(path)
            try file.reserve(Self.room)
            // Its lines are synced; so is that it is there.
            if isNew { try DiskStorage(folder.isEmpty ? "." : folder).syncDirectory() }
        } catch { throw Unavailable(reason: "\(error)") }
    }

    /// Notes that `work` begins, does it, and notes what came of it, a failure too.
    ///
    /// Whatever it changes has a line, then, wherever it is cut off: so all that may write is part of
    /// the work, opening the log too.
    ///
    /// - Parameter soFar: what work that fails has done by then.
    public func noting<R>(
        _ subject: Subject, _ work: () throws -> R, outcome: (R) -> ActionOutcome,
        soFar: () -> [(String, JSON)] = { [] }
    ) throws -> R {
        do throws(IOError) {
            guard try !EntryExport.isInside(path, subject.directory) else {
                throw IOError("write notes into the log itself,", path, .notPermitted)
            }
            try write(subject, "begin", [])
        } catch {
            throw Unavailable(reason: "\(error)")
        }
        let result: R
        do { result = try work() } catch {
            // The failure of the work is the one to tell.
            let figures = soFar()
            try? write(
                subject, "end",
                [("error", .string("\(error)"))]
                    + (figures.isEmpty ? [] : [("outcome", .object(figures))]))
            throw error
        }
        let outcome = outcome(result)
        var members: [(String, JSON)] = [("outcome", .object(outcome.figures))]
        if let undo = outcome.undo { members.append(("undo", .int(undo))) }
        do throws(IOError) { try write(subject, "end", members) } catch {
            throw Unrecorded(done: outcome.text, reason: "\(error)")
        }
        return result
    }

    public func noting(_ subject: Subject, _ work: () throws -> ActionOutcome) throws
        -> ActionOutcome
    {
        try noting(subject, work) { $0 }
    }

    private func write(_ subject: Subject, _ event: String, _ more: [(String, JSON)])
        throws(IOError)
    {
        let user = Host.user
        var members: [(String, JSON)] = [
            ("schema", .int(1)), ("time", .string(Timestamp.iso(Clock.wall()))),
            ("user", .string(user.name)), ("uid", .int(user.number)),
            ("pid", .int(Host.processID)), ("action", .string(subject.action)),
            ("event", .string(event)),
            ("directory", .string(Host.absolute(subject.directory).string)),
        ]
        if let topic = subject.topic {
            members += [("topic", .string(topic.text)), ("topic_hex", .string(topic.hex))]
        }
        members.append(("command", .string(subject.command)))
        try file.append(Array((JSON.object(members + more).text + "\n").utf8))
    }
}
