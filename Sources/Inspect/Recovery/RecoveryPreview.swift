public import WalrusFormat

/// What a restart would do to a directory: this engine's, and the reference's.
///
/// A value that is put together from a look at the files; nothing is opened for it. What this engine
/// does is in `docs/engine.md`; what the reference does, in `docs/format.md`, "What the reference
/// makes of a directory".
public struct RecoveryPreview: Hashable, Sendable {
    /// A byte of a block, where reading goes on.
    public struct Place: Hashable, Sendable {
        public let file: DataFileName
        /// The block's first slot in its file.
        public let slot: Int
        /// Bytes from the block's start.
        public let offset: Int
    }

    /// What one of the two engines makes of a topic.
    public struct Restart: Hashable, Sendable {
        /// Entries that it sees.
        public internal(set) var entries = 0
        /// Entries that it delivers from then on.
        public internal(set) var unread = 0
        /// Where its reader goes on; nil where it sees no block of the topic.
        public internal(set) var cursor: Place?
        /// Entries before the recorded cursor that it delivers again; nil: nothing tells how many.
        public internal(set) var again: Int? = 0
        /// Unread entries that its reader passes by.
        public internal(set) var skipped = 0
        /// Unread entries that it does not find.
        public internal(set) var hidden = 0
        /// Entries that it delivers and that count for nothing here: those of a batch that is not
        /// whole, or of a topic that its blocks do not belong to.
        public internal(set) var extra = 0
        /// Its reader stands where no entry begins: it gets nothing more, or garbage.
        public internal(set) var isStuck = false
        public internal(set) var isClean = true
        /// Why it does not go on where the cursor was recorded, as the end of a sentence.
        public internal(set) var reason: String?

        /// Whether every unread entry is delivered, once, and nothing else.
        public var isExact: Bool {
            again == 0 && skipped == 0 && hidden == 0 && extra == 0 && !isStuck
        }

        /// Whether it goes on where the cursor was recorded, for all that is known.
        public var isAsRecorded: Bool { isExact && reason == nil }
    }

    public struct Topic: Hashable, Sendable {
        public let name: TopicName
        /// Sound entries on disk.
        public let entries: Int
        /// This engine.
        public internal(set) var here = Restart()
        public internal(set) var reference = Restart()

        /// The ordinal of the entry that this engine delivers next.
        public var next: Int { here.entries - here.unread + 1 }
    }

    /// A batch at a topic's end that is not whole: this engine erases it.
    public struct DroppedBatch: Hashable, Sendable {
        public let topic: TopicName
        /// Where its first entry stands.
        public let file: DataFileName
        public let slot: Int
        public let offset: Int
        /// Entries of it that are there, sound or not.
        public let found: Int
        public let sound: Int
        /// Entries that it should have.
        public let count: Int
    }

    /// A file beside the data files that cannot be used: this engine gives it another name.
    public struct SetAside: Hashable, Sendable {
        public let name: String
        public let newName: String
        public let reason: String
    }

    /// A file that cannot be read: this engine does not open the directory.
    public struct Refusal: Hashable, Sendable {
        public let file: String
        public let reason: String
    }

    /// Where the reference comes to harm, or to a halt.
    public struct Hazard: Hashable, Sendable {
        public let file: String
        /// A slot of the file; nil when it concerns all of it.
        public let slot: Int?
        /// Whether it may crash there: then it does so at every start.
        public let mayCrash: Bool
        /// As a sentence without the file's name.
        public let message: String
    }

    /// How many hazards are kept one by one; `hazardCount` counts all.
    static let hazardMax = 1_000

    /// In the order of names.
    public internal(set) var topics: [Topic] = []
    public internal(set) var dropped: [DroppedBatch] = []
    public internal(set) var setAside: [SetAside] = []
    public internal(set) var refusals: [Refusal] = []
    /// Torn or unreadable ends of blocks. They are passed over; the topic goes on in a new block.
    public internal(set) var torn: [Finding] = []
    /// Why the rest of the journal does not count.
    public internal(set) var journalTail: String?
    /// Files that this engine deletes as soon as it has opened the directory; the reference deletes
    /// none of an earlier run.
    public internal(set) var reclaimed: [DataFileName] = []
    /// Bytes on disk of these.
    public internal(set) var reclaimedBytes = 0
    public internal(set) var hazards: [Hazard] = []
    public internal(set) var hazardCount = 0
    /// `DirectoryState.revision` of the look at the directory that this is about.
    public internal(set) var revision = 0

    public var mayCrash: Bool { hazards.contains(where: \.mayCrash) }

    /// Whether this engine opens the directory as it is: nothing dropped, set aside or passed over.
    public var isOpenedAsItIs: Bool {
        refusals.isEmpty && dropped.isEmpty && setAside.isEmpty && torn.isEmpty
            && journalTail == nil
    }

    /// Topics whose readers this engine does not let go on where they were, or cannot tell.
    public var unclearCursors: Int {
        topics.indices.count { !topics[$0].here.isAsRecorded }
    }

    /// Whether this engine opens the directory as it is, and every reader goes on where it was.
    public var isCleanHere: Bool { isOpenedAsItIs && unclearCursors == 0 }

    /// Whether the reference goes on exactly where the readers are.
    public var isCleanInReference: Bool {
        hazardCount == 0 && topics.indices.allSatisfy { topics[$0].reference.isExact }
    }

    /// What one of the two engines does to the entries of all topics together.
    public struct Totals: Hashable, Sendable {
        /// Delivered again, where something tells of them.
        public fileprivate(set) var again = 0
        /// Topics of which nothing tells how many are delivered again.
        public fileprivate(set) var unclear = 0
        public fileprivate(set) var skipped = 0
        public fileprivate(set) var hidden = 0
        public fileprivate(set) var extra = 0

        fileprivate mutating func add(_ restart: borrowing Restart) {
            if let again = restart.again { self.again += again } else { unclear += 1 }
            skipped += restart.skipped
            hidden += restart.hidden
            extra += restart.extra
        }
    }

    /// By index, as above: a topic that is taken out of the array is copied with all that it refers to.
    public var totals: (here: Totals, reference: Totals) {
        var totals = (here: Totals(), reference: Totals())
        for index in topics.indices {
            totals.here.add(topics[index].here)
            totals.reference.add(topics[index].reference)
        }
        return totals
    }

    mutating func add(_ hazard: Hazard) {
        hazardCount += 1
        if hazards.count < Self.hazardMax { hazards.append(hazard) }
    }
}

/// What the assembly of a state comes upon that opening drops or mends.
struct RecoveryFacts: Sendable {
    struct Correction: Hashable, Sendable {
        let reason: String
        /// Entries that are delivered again; nil: nothing tells.
        let again: Int?
    }

    /// A place from which on nothing of a block counts.
    struct Cut: Hashable, Sendable {
        let topic: TopicName
        let file: DataFileName
        let slot: Int
        let units: Int
        /// Bytes from the block's start.
        let offset: Int
        /// Index into `dropped`: the batch that is not whole.
        let batch: Int
    }

    var dropped: [RecoveryPreview.DroppedBatch] = []
    /// What is left of those batches, in the order of places within each.
    var cuts: [Cut] = []
    /// Cursors that are not as they were stored.
    var corrections: [TopicName: Correction] = [:]
}
