public import Inspect

/// The logs of a data directory, to choose from.
public struct ChooserModel: Hashable, Sendable {
    /// The data directory, as the user named it.
    public let root: String
    /// In the order of their names; nil before they were looked for.
    public internal(set) var logs: [NamespaceSummary]?
    /// Files and folders that are no log's.
    var others: (files: Int, folders: Int) {
        (outline?.otherFiles ?? 0, outline?.otherFolders ?? 0)
    }
    var outline: DirectoryOutline?
    public internal(set) var position = ListPosition()
    /// Why the directory cannot be looked at.
    var problem: String?
    /// When processes that hold a log were last looked for.
    var writersAt: UInt64 = 0
    /// A list is under way.
    var isAwaited = false

    public init(root: String) { self.root = root }

    public var selected: NamespaceSummary? {
        guard let logs, logs.indices.contains(position.selected) else { return nil }
        return logs[position.selected]
    }
}
