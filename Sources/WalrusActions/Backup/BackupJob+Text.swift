package import Inspect
internal import WalrusFormat
package import WalrusJSON

extension BackupJob {
    /// What is going to be done.
    ///
    /// - Parameter command: the words of the command that does it.
    package func plan(_ state: DirectoryState, command: [String]) -> ActionPlan {
        let entries = counted(state.entries, "entry", "entries")
        let topics = counted(state.topics.count, "topic", "topics")
        let bytes = state.files.reduce(0) { $0 + $1.allocated }
        return ActionPlan(
            title: "copy \(directory) into \(archive)", command: command,
            lines: [
                "\(entries) in \(topics), \(bytes) bytes on disk at most, as a tar archive",
                "every byte, if nobody writes meanwhile; else each topic as it is at some moment",
                "the log itself is only read; the archive is read back before it gets its name",
            ], confirmation: .yes)
    }
}

extension BackupJob.Report {
    package var figures: [(String, JSON)] {
        [
            ("topics", .int(topics)), ("entries", .int(entries)), ("files", .int(files)),
            ("archive_bytes", .int(bytes)), ("exact", .bool(isExact)),
            ("findings", .int(findings)),
        ]
    }

    /// What it came to.
    package func outcome(_ archive: String) -> ActionOutcome {
        let how = isExact ? "every byte of the log" : "the log as it was while others wrote"
        return ActionOutcome(
            "\(counted(entries, "entry", "entries")) in \(counted(topics, "topic", "topics")) "
                + "are in \(archive), \(bytes) bytes: \(how)",
            figures: figures)
    }
}
