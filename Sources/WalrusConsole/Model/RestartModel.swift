public import Inspect

/// What a restart would do, as the check screen lists it.
public struct RestartModel: Hashable, Sendable {
    enum Row: Hashable, Sendable {
        /// Something that this engine does beside reading.
        case here(String)
        /// Where the reference comes to harm, and what else it does.
        case reference(String)
        /// Index into the preview's topics.
        case topic(Int)
    }

    public internal(set) var preview: RecoveryPreview?
    /// It was asked for and is not there yet.
    var isAwaited = false
    /// Whether keys are for this list, and not for that of the findings.
    var isFocused = false
    var position = ListPosition()
    /// What is done, then the topics: those first that this engine does not go on with as they
    /// were, then those that the reference does not.
    private(set) var rows: [Row] = []

    mutating func take(_ new: RecoveryPreview) {
        isAwaited = false
        preview = new
        let order = new.topics.indices.map { index in
            let topic = new.topics[index]
            let isAsItWas = topic.here.isAsRecorded
            return (index: index, rank: isAsItWas ? topic.reference.isExact ? 2 : 1 : 0)
        }.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }
        rows =
            new.linesHere.map(Row.here) + new.linesOfReference.map(Row.reference)
            + order.map { .topic($0.index) }
    }
}
