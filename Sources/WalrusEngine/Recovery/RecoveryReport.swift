public import WalrusFormat

/// What opening a directory found, dropped and mended. Nothing of it is ever silent.
public struct RecoveryReport: Hashable, Sendable {
    /// Something in a data file that cannot be read.
    public struct Damage: Hashable, Sendable {
        public let file: DataFileName
        /// The first slot of the block, in units; nil when it concerns the file as a whole.
        public let slot: Int?
        /// Bytes from the block's start.
        public let offset: Int?
        /// Nil where nothing tells whose it is.
        public let topic: TopicName?
        public let reason: String
    }

    /// An index file that could not be used and got another name.
    public struct SetAside: Hashable, Sendable {
        public let name: String
        public let newName: String
        public let reason: String
    }

    /// A batch at the end of a topic that a crash, or damage, left incomplete.
    public struct DroppedBatch: Hashable, Sendable {
        public let topic: TopicName
        /// Where the first entry of it was.
        public let file: DataFileName
        public let slot: Int
        public let offset: Int
        /// Entries of the batch that were there, sound or not.
        public let found: Int
        /// Entries that it should have had.
        public let count: Int
    }

    /// Running numbers that are missing before an entry, and not because something there cannot be
    /// read: a power loss has taken entries, of a batch perhaps not all, where the schedule let them be
    /// lost; somebody has removed a file; or an append failed there and could not be taken back at
    /// once, which had been told to its caller. What is there is read.
    public struct Gap: Hashable, Sendable {
        public let topic: TopicName
        /// Where the entry behind them is.
        public let file: DataFileName
        public let slot: Int
        public let offset: Int
        /// The running number of the entry before them, and of the one behind them: a smaller one when
        /// the two have changed places.
        public let after: UInt64
        public let next: UInt64
    }

    /// A cursor that was not where the files on disk, or the two of them that hold it, said.
    public struct Reconciliation: Hashable, Sendable {
        public let topic: TopicName
        /// Where reading goes on.
        public let position: CursorPosition
        public let reason: String
    }

    /// `damage` and `gaps` hold that many at most; `damageCount` and `gapCount` count all.
    public static let damageMax = 1_000

    public internal(set) var files = 0
    public internal(set) var blocks = 0
    /// Sound entries.
    public internal(set) var entries = 0
    public internal(set) var damage: [Damage] = []
    public internal(set) var damageCount = 0
    public internal(set) var setAside: [SetAside] = []
    public internal(set) var droppedBatches: [DroppedBatch] = []
    /// Not told when `isFromSnapshot`: the opening before has told them.
    public internal(set) var gaps: [Gap] = []
    public internal(set) var gapCount = 0
    public internal(set) var reconciliations: [Reconciliation] = []
    /// Topics that index and journal disagree on, because another program changed the index: they
    /// count as dirty.
    public internal(set) var reconciledMarks: [TopicName] = []
    /// Records of cursors and marks taken over from the journal.
    public internal(set) var journalRecords = 0
    /// The last engine's snapshot of the directory was used: no data file was read.
    public internal(set) var isFromSnapshot = false
    /// Why the snapshot that was there was not used.
    public internal(set) var snapshotRefusal: String?
    /// Why the rest of the journal was not used; a crash within a write leaves such a rest.
    public internal(set) var journalTail: String?
    /// Regular files that are no data files and none of ours.
    public internal(set) var ignoredFiles: [String] = []
    public internal(set) var durationNanoseconds: UInt64 = 0

    /// Whether everything was as an engine leaves it; gaps aside, which a failed append leaves too.
    public var isClean: Bool {
        damageCount == 0 && setAside.isEmpty && droppedBatches.isEmpty && reconciliations.isEmpty
            && reconciledMarks.isEmpty && journalTail == nil
    }

    mutating func add(_ found: Gap) {
        gapCount += 1
        if gaps.count < Self.damageMax { gaps.append(found) }
    }

    mutating func add(_ found: Damage) { add([found], leftOut: 0) }

    /// Adds the damage of a file, of which `leftOut` more are not in `found`. Says how many are not
    /// listed here.
    @discardableResult
    mutating func add(_ found: [Damage], leftOut: Int) -> Int {
        let listed = found.prefix(Self.damageMax - damage.count)
        damage += listed
        damageCount += found.count + leftOut
        return found.count + leftOut - listed.count
    }
}
