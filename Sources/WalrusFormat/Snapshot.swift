/// `snapshot_index.db`: what an engine knew of a directory when it was closed, so that the next one
/// need not read the data files (`docs/format.md`, section 9).
///
/// It counts only while every file is the one it names: whoever opens the directory checks that and
/// deletes the snapshot before it changes anything.
public struct Snapshot: Hashable, Sendable {
    /// A data file, and what the system says of it while nobody touches it.
    public struct File: Hashable, Sendable {
        public var name: DataFileName
        /// Bytes.
        public var size: Int
        /// Last change of the contents, in nanoseconds since 1970 UTC.
        public var modified: Int
        /// Last change of the contents or of what the system keeps about the file.
        public var changed: Int
        public var inode: UInt64
        /// Something in it can be read by nobody, so that it is never reclaimed.
        public var isPinned: Bool
        /// Damages in it that are not among the snapshot's.
        public var damageLeftOut: Int

        public init(
            name: DataFileName, size: Int, modified: Int, changed: Int, inode: UInt64,
            isPinned: Bool, damageLeftOut: Int
        ) {
            self.name = name
            self.size = size
            self.modified = modified
            self.changed = changed
            self.inode = inode
            self.isPinned = isPinned
            self.damageLeftOut = damageLeftOut
        }
    }

    /// A block of a topic.
    public struct Block: Hashable, Sendable {
        /// Index into the files.
        public var file: Int
        public var slot: Int
        public var units: Int
        /// Where the entries end, in bytes from the block's start.
        public var used: Int
        /// Sound entries.
        public var entries: Int
        /// Nothing more may be written here.
        public var isSealed: Bool
        /// What cannot be read, in bytes from the block's start: sorted, apart from one another.
        public var damaged: [Range<Int>]

        public init(
            file: Int, slot: Int, units: Int, used: Int, entries: Int, isSealed: Bool,
            damaged: [Range<Int>]
        ) {
            self.file = file
            self.slot = slot
            self.units = units
            self.used = used
            self.entries = entries
            self.isSealed = isSealed
            self.damaged = damaged
        }
    }

    /// Where a topic's reader stands.
    public struct Cursor: Hashable, Sendable {
        /// Index into the topic's blocks.
        public var block: Int
        /// Bytes from the block's start to the next entry's header.
        public var offset: Int
        /// Sound entries before it, in the topic and in its block.
        public var consumed: Int
        public var consumedInBlock: Int
        /// The running number of the last entry consumed; 0 when it had none.
        public var sequence: UInt64

        public init(
            block: Int, offset: Int, consumed: Int, consumedInBlock: Int, sequence: UInt64
        ) {
            self.block = block
            self.offset = offset
            self.consumed = consumed
            self.consumedInBlock = consumedInBlock
            self.sequence = sequence
        }
    }

    public struct Topic: Hashable, Sendable {
        public var name: TopicName
        /// The greatest running number that was given.
        public var lastSequence: UInt64
        /// Nanoseconds since 1970 UTC.
        public var lastTimestamp: UInt64
        /// Nil: nothing was ever consumed.
        public var cursor: Cursor?
        /// In the topic's order, one at least.
        public var blocks: [Block]

        public init(
            name: TopicName, lastSequence: UInt64, lastTimestamp: UInt64, cursor: Cursor?,
            blocks: [Block]
        ) {
            self.name = name
            self.lastSequence = lastSequence
            self.lastTimestamp = lastTimestamp
            self.cursor = cursor
            self.blocks = blocks
        }
    }

    /// Something in a data file that cannot be read, as it is reported.
    public struct Damage: Hashable, Sendable {
        /// Index into the files.
        public var file: Int
        public var slot: Int?
        /// Bytes from the block's start.
        public var offset: Int?
        public var topic: TopicName?
        public var reason: String

        public init(
            file: Int, slot: Int?, offset: Int?, topic: TopicName?, reason: String
        ) {
            self.file = file
            self.slot = slot
            self.offset = offset
            self.topic = topic
            self.reason = reason
        }
    }

    /// The run of the system, if the contents of the data files may not have outlived it. Empty: all
    /// of them are on disk.
    public var boot: String
    public var cursorIndex: CursorJournal.Base
    public var cleanIndex: CursorJournal.Base
    public var journal: CursorJournal.Base
    /// In the order of names.
    public var files: [File]
    /// The first slot of the last file that was never used.
    public var freeSlot: Int
    public var damage: [Damage]
    /// In the order of names.
    public var topics: [Topic]

    public init(
        boot: String, cursorIndex: CursorJournal.Base, cleanIndex: CursorJournal.Base,
        journal: CursorJournal.Base, files: [File], freeSlot: Int, damage: [Damage],
        topics: [Topic]
    ) {
        self.boot = boot
        self.cursorIndex = cursorIndex
        self.cleanIndex = cleanIndex
        self.journal = journal
        self.files = files
        self.freeSlot = freeSlot
        self.damage = damage
        self.topics = topics
    }
}
