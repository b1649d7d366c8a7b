/// Something about a directory that its owner should know.
public struct Finding: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable, Comparable, CaseIterable {
        /// Worth knowing; nothing is wrong with the directory.
        case info
        /// Not lost, but not as it should be.
        case warning
        /// Data that cannot be read, or cannot be trusted.
        case error

        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// What was found. The raw values are part of the output of `walrus check`.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case damagedPayload = "damaged-payload"
        case damagedHeader = "damaged-header"
        case misplacedEntry = "misplaced-entry"
        case tornTail = "torn-tail"
        case lostRest = "lost-rest-of-block"
        case leftoverBytes = "leftover-bytes"
        case hiddenEntries = "hidden-entries"
        case unreadableBlock = "unreadable-block"
        case incompleteBatch = "incomplete-batch"
        case sequenceGap = "sequence-gap"
        case unreadableFile = "unreadable-file"
        case fileSize = "file-size"
        case strayFile = "stray-file"
        case ghostFile = "ghost-file"
        case damagedCursorIndex = "damaged-cursor-index"
        case damagedCleanIndex = "damaged-clean-index"
        case damagedJournal = "damaged-journal"
        case damagedIntents = "damaged-intents"
        case damagedMetrics = "damaged-metrics"
        case journalReconciled = "journal-reconciled"
        case cursorUnclear = "cursor-unclear"
        case cursorLost = "cursor-lost"
        case cursorShifted = "cursor-shifted"
        case missingFiles = "missing-files"
        case indexTable = "index-table"
        case emptyTopicName = "empty-topic-name"
        case referenceStops = "reference-stops-here"
        case referenceLoses = "reference-loses"
        case trash = "trash"
        case more = "more"
    }

    public let severity: Severity
    public let kind: Kind
    /// The file's name in the directory.
    public let file: String?
    /// The block's first slot in its file.
    public let block: Int?
    /// Bytes from the block's start; from the file's start where there is no block.
    public let offset: Int?
    /// One sentence: what it is, and what it means.
    public let message: String

    public init(
        _ severity: Severity, _ kind: Kind, file: String? = nil, block: Int? = nil,
        offset: Int? = nil, _ message: String
    ) {
        self.severity = severity
        self.kind = kind
        self.file = file
        self.block = block
        self.offset = offset
        self.message = message
    }
}
