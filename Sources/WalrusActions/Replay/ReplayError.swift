public import SystemPackage
public import WalrusFormat

/// Why a replay cannot go on.
public enum ReplayError: Error, Hashable, Sendable {
    case noStateFolder
    case unusableRecord(FilePath)
    case busy(String)
    /// Another directory is there than when it began.
    case otherDirectory(FilePath)
    /// The target's directory is not there any more.
    case directoryGone(FilePath)
    /// So many entries were brought into the topic of the log there, and are not in it now.
    case entriesGone(Int, TopicName, FilePath)
    /// Entries of the range are gone, or others are there.
    case sourceChanged(expected: Int, found: Int)
    case ordinalsMoved
    /// Whether the last batch of a run that was interrupted is there cannot be told.
    case uncertain(count: Int, after: EntryPlace?)
    /// What was acknowledged is not what the target holds.
    case notThere(count: Int, after: EntryPlace?)
    case disagreement(source: Int, target: Int)
    case changedWhileRead(EntryPlace)
    case commandFailed(EntryPlace, ordinal: Int, how: String)
}

extension ReplayError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noStateFolder:
            "how far a replay is could not be noted: neither XDG_STATE_HOME nor HOME says where to"
        case .unusableRecord(let path):
            "\(path) is not what a replay wrote: move its folder away to begin anew"
        case .busy(let text): "another replay has the same target now: \(text)"
        case .otherDirectory(let path):
            "\(path) is not the directory that it was when this replay began; --restart begins anew"
        case .directoryGone(let path):
            "\(path), which this replay goes into, is not there any more; --restart begins anew"
        case .entriesGone(let count, let topic, let path):
            "this replay brought \(counted(count, "entry", "entries")) into \(topic.word) of \(path), of which "
                + "the last are not there, and no reader took them: it is not the same log any more; "
                + "--restart begins anew"
        case .sourceChanged(let expected, let found):
            "the source has \(found) entries in the rest of the range where it had \(expected): they were "
                + "consumed and reclaimed, or damaged; --restart begins anew with what is there"
        case .ordinalsMoved:
            "the query asks for ordinals, and these have changed since it began, because files are "
                + "gone; --restart begins anew"
        case .uncertain(let count, let after):
            "it cannot be told whether the last batch, \(count) entries behind "
                + "\(after?.text ?? "the topic's beginning"), is there: what stood there was consumed and "
                + "reclaimed since; --last-batch there or --last-batch missing decides"
        case .notThere(let count, let after):
            "\(count) entries behind \(after?.text ?? "the topic's beginning") were acknowledged and are "
                + "not what the target holds: walrus check tells more"
        case .disagreement(let source, let target):
            "source and target do not agree: \(source) entries of the source, \(target) found in the "
                + "target, or not the same ones; walrus check tells more"
        case .changedWhileRead(let place): "the entry at \(place) changed while it was read"
        case .commandFailed(let place, let ordinal, let how):
            "the command failed with entry \(ordinal) at \(place): \(how); the same replay goes on with it"
        }
    }
}
