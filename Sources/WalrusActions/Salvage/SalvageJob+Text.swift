package import Inspect
internal import WalrusFormat
package import WalrusJSON

extension SalvageJob {
    /// What is going to be done, where all of the log is meant.
    ///
    /// - Parameter command: the words of the command that does it.
    package func plan(_ state: DirectoryState, command: [String]) -> ActionPlan {
        let entries = counted(state.entries, "entry", "entries")
        let topics = counted(state.topics.count, "topic", "topics")
        let wrong = state.findings.count { $0.severity == .error }
        return ActionPlan(
            title: "copy all that can be read of \(source) into \(target)", command: command,
            lines: [
                "\(entries) in \(topics), with their times, readers and marks; running numbers are new",
                wrong == 0
                    ? "nothing is damaged: all of it is copied"
                    : "\(counted(wrong, "place is", "places are")) damaged: what cannot be read there is left out, and told",
                "the log itself is only read; \(target) is there only once it was compared with it",
            ], confirmation: .yes)
    }
}

extension SalvageJob.Report {
    package var figures: [(String, JSON)] {
        [
            ("topics", .int(topics.count { $0.refusal == nil })), ("entries", .int(entries)),
            ("bytes", .int(bytes)), ("consumed", .int(consumed)), ("left_out", .int(left.count)),
        ]
    }

    /// What it came to.
    package func outcome(_ target: String) -> ActionOutcome {
        ActionOutcome(
            "\(counted(entries, "entry", "entries")) in "
                + "\(counted(topics.count { $0.refusal == nil }, "topic", "topics")), "
                + "\(consumed) of them consumed, are in \(target), and read back the same",
            figures: figures)
    }
}
