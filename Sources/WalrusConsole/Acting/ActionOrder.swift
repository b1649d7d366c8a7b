public import Inspect
public import WalrusFormat

/// What is to be done, as the user has put it together. Nothing is done by it: a plan is made of it
/// first.
public struct ActionOrder: Hashable, Sendable {
    public enum Work: Hashable, Sendable {
        /// `isBatch`: all of the entries at once, or none.
        case append(Source, isBatch: Bool)
        /// From the topic's reader on, up to and without `end`; `out` is the file that they are
        /// written to before, if any.
        case consume(limit: Int?, end: EntryPoint, out: String?)
        case seek(EntryPoint)
        case mark(clean: Bool)
        case replay(ReplayOrder)
        /// `deletes`: the files go for good, and not to the trash.
        case reclaim(deletes: Bool)
        /// The files of a folder in the trash come back.
        case restoreTrash(String)
        /// What is in a folder of the trash is deleted; nil: in all of them.
        case emptyTrash(String?)
        /// Nil: all but the doubtful ones.
        case repair(only: [String]?)
        /// What a repair has changed is put back, or finished.
        case undo(Int, finish: Bool)
        /// The topic's reader goes back to where it stood before an action, if it still stands where
        /// that left it; nil: the topic's beginning.
        case returnCursor(TopicName, from: EntryPlace, to: EntryPlace?)
        case salvage(to: String)
        case backup(to: String)
        /// A new log of an archive that a backup is.
        case restore(archive: String, to: String)
        /// The entries in a file of exported lines are appended.
        case importLines(String)

        /// Whether this log is opened for it, as an application opens it.
        public var opensLog: Bool {
            switch self {
            case .append, .importLines, .consume, .seek, .mark, .reclaim, .restoreTrash,
                .returnCursor:
                true
            case .replay, .emptyTrash, .repair, .undo, .salvage, .backup, .restore: false
            }
        }
    }

    /// Where the entries come from that are appended.
    public enum Source: Hashable, Sendable {
        case typed([[UInt8]])
        /// An editor on the terminal, before there is a plan.
        case editor(Form)
        case file(String, Form)
        /// Entries of a topic that were marked.
        case marked(TopicState, [EntryRow])
    }

    /// What in a file, or in a text, is an entry.
    public enum Form: String, Hashable, Sendable, CaseIterable {
        case whole = "all of it"
        case lines = "each line"
        case lengthPrefixed = "length-prefixed"

        /// The entries of a text; empty lines are none.
        func entries(_ text: [UInt8]) -> [[UInt8]] {
            self == .lines ? text.split(separator: UInt8(ascii: "\n")).map(Array.init) : [text]
        }
    }

    /// What it is done to; nil: the log.
    public let topic: TopicName?
    public let work: Work

    public init(_ topic: TopicName?, _ work: Work) {
        self.topic = topic
        self.work = work
    }
}

/// Entries that are to be appended once more, and whereto.
public struct ReplayOrder: Hashable, Sendable {
    public enum Entries: Hashable, Sendable {
        case all, unread
        case query(Query)
        case marked([EntryRow])
    }

    public let entries: Entries
    public let into: TopicName
    /// Of another log; nil: of the same one.
    public let directory: String?
    /// Entries a second at most, as it was typed: "500", "500/s".
    public let rate: String?
    /// Whatever an earlier run has done.
    public let restarts: Bool

    public init(
        _ entries: Entries, into: TopicName, directory: String? = nil, rate: String? = nil,
        restarts: Bool = false
    ) {
        self.entries = entries
        self.into = into
        self.directory = directory
        self.rate = rate
        self.restarts = restarts
    }
}
