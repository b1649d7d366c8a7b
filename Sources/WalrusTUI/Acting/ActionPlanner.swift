internal import Inspect
internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

/// Where a user's records of actions are.
struct ActionPlaces: Sendable {
    /// Nil: the user's own, which opening it finds.
    var audit: FilePath?
    /// Nil where the environment names no place.
    var undo = UserFiles.undo
    var replays = UserFiles.state?.appending("replays")

    /// The user's own.
    init() {}

    /// All of them in a folder, for tests.
    init(in folder: FilePath) {
        audit = folder.appending("audit.jsonl")
        undo = folder.appending("undo")
        replays = folder.appending("replays")
    }
}

/// A plan, and how it is done.
struct PlannedAction: Sendable {
    var plan: ActionPlan
    /// For the audit log: the verb, and what it is done to.
    let verb: String
    let directory: FilePath
    let topic: TopicName?
    var canStop = false
    let apply: @Sendable (ActionControl) throws -> ActionOutcome
}

/// Makes of what the console asks for what `WalrusActions` does: the same as the verbs.
struct ActionPlanner: Sendable {
    let directory: FilePath
    let places: ActionPlaces

    var access: LogAccess { LogAccess(directory) }

    /// Throws what keeps it from being done, in words for people.
    func plan(_ order: ActionOrder, _ topic: TopicState?, _ control: ActionControl) throws
        -> PlannedAction
    {
        switch order.work {
        case .append(let source, let isBatch):
            guard let name = order.topic else { throw Self.noTopic }
            return try append(source, isBatch, name, topic, control)
        case .consume(let limit, let end, let out):
            return try consume(try present(topic), limit, end, out.map { UserFiles.typed($0) })
        case .seek(let point): return try seek(try present(topic), point)
        case .mark(let clean): return mark(try present(topic), clean)
        case .replay(let replay):
            return try self.replay(replay, of: try present(topic), control)
        case .reclaim(let deletes): return try reclaim(deletes, control)
        case .restoreTrash(let folder): return try restore(folder)
        case .emptyTrash(let folder): return try empty(folder)
        case .repair(let ids): return try repair(only: ids, control)
        case .undo(let number, let finish): return try undo(number, finish)
        case .returnCursor(_, let from, let to):
            return try returnCursor(try present(topic), from: from, to: to)
        case .salvage(let target): return try salvage(to: UserFiles.typed(target), control)
        case .backup(let archive): return try backup(to: UserFiles.typed(archive), control)
        case .restore(let archive, let target):
            return try restore(archive: UserFiles.typed(archive), to: UserFiles.typed(target))
        case .importLines(let file):
            guard let name = order.topic else { throw Self.noTopic }
            return try importLines(UserFiles.typed(file), name, topic, control)
        }
    }

    /// What the action's form offers.
    func choices(for action: ActionKind, _ control: ActionControl) throws -> [FormOption] {
        switch action {
        case .trash: try trashFolders()
        case .repair: try repairs(control)
        case .undo: try undoRecords()
        default: []
        }
    }

    private static let noTopic = ActionFailure("the topic is gone")

    private func present(_ topic: TopicState?) throws -> TopicState {
        guard let topic else { throw Self.noTopic }
        return topic
    }

    func command(_ verb: String, _ words: [String]) -> [String] {
        ["walrus", verb, directory.string] + words
    }

    func command(_ verb: String, _ topic: TopicName, _ words: [String]) -> [String] {
        command(verb, topic.arguments + words)
    }

    /// Opens the log for something to be done; what opening it dropped is told with the outcome.
    static func withLog<R>(
        _ access: LogAccess, _ control: ActionControl, _ body: (any OpenLog) throws -> R
    ) throws -> R {
        try access.withLog(telling: { control.note($0) }, body)
    }

    /// Refuses a file that is there, or lies in the log.
    func check(new file: FilePath) throws {
        guard try !EntryExport.isInside(file, directory), !DataDirectory.isInLog(file) else {
            throw EntryExport.InsideLog(path: file)
        }
        if try FileStatus.of(file) != nil {
            throw ActionFailure("\(file) is there already: name another one")
        }
    }
}
