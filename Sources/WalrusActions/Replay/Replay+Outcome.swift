internal import Inspect
internal import WalrusFormat
internal import WalrusJSON

extension Replay.Result {
    /// What it came to.
    ///
    /// - Parameter isTopic: whether it went into a topic, where it could be compared.
    public func outcome(isTopic: Bool) -> ActionOutcome {
        let entries = counted(delivered, "entry", "entries")
        var text: String
        if let finishedBefore {
            text =
                "was finished at \(Timestamp.iso(finishedBefore)) with \(entries); --restart does it again"
        } else if isNothing {
            text = "no entry matches: nothing was replayed"
        } else if isStopped {
            text = "stopped after \(entries); the same command goes on"
        } else {
            text = "replayed \(entries), \(bytes) bytes of payload"
            if earlier > 0 { text += "; \(earlier) of them in earlier runs" }
            if isTopic {
                text +=
                    unseen == 0
                    ? "; source and target agree: checksum \(Hex.encode(sum))"
                    : "; \(unseen) could not be compared, since they were consumed and reclaimed at once"
            }
        }
        return ActionOutcome(
            text,
            figures: [
                ("entries", .int(delivered)), ("bytes", .int(bytes)), ("earlier", .int(earlier)),
                ("checksum", .string(Hex.encode(sum))), ("unseen", .int(unseen)),
                ("damaged", .int(damaged)), ("undecided", .int(undecided)),
                ("stopped", .bool(isStopped)),
                ("finished_before", .optional(finishedBefore.map(Timestamp.iso))),
            ])
    }
}
