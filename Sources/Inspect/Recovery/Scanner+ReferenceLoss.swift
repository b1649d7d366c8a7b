internal import WalrusFormat

/// What a restart of the reference would pass by is a warning where the reference goes on with the
/// log.
extension Scanner {
    /// Warns about the topics of which the reference's next run would not deliver what is unread,
    /// as the last look saw them.
    ///
    /// What damage does is told as damage, and is not read once more with every look for this.
    func addReferenceLosses(to state: inout DirectoryState) {
        guard case .reference = ReclaimForecast.Owner(of: state, runBegan: nil),
            state.topics.contains(where: { $0.unread > 0 }),
            !state.findings.contains(where: { $0.severity == .error }),
            let preview = recoveryPreview()
        else { return }
        let losses = preview.topics.compactMap { topic -> Finding? in
            let lost = topic.reference.skipped + topic.reference.hidden
            // Of a topic without a name another warning tells.
            guard lost > 0, !topic.name.bytes.isEmpty, let known = state.topic(topic.name) else {
                return nil
            }
            return Self.loss(of: lost, known)
        }
        if !losses.isEmpty { state.findings = FindingList(state.findings + losses).sorted() }
    }

    private static func loss(of count: Int, _ topic: TopicState) -> Finding {
        let first = topic.blocks.first
        let place =
            topic.cursor.map { ($0.file, $0.slot, $0.offset) }
            ?? first.map { ($0.file, $0.slot, 0) }
        return Finding(
            .warning, .referenceLoses, file: place?.0.text, block: place?.1, offset: place?.2,
            "\(count) of \(topic.unread) unread entries of \(topic.name.quoted) would never be read after a "
                + "restart of the reference, which wrote here last: let its reader come to the end before, "
                + "export them, or go on with this engine")
    }
}
