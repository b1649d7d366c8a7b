internal import Synchronization
internal import WalrusFormat

/// A topic: its blocks in order, who writes at their end and who reads from their front.
///
/// Three locks, always taken in this order, so that readers never wait for a slow disk write and
/// writers never for a cursor's sync:
/// 1. `consuming`: one checkpointing reader at a time, held over its cursor's write and sync;
/// 2. `appending`: one writer at a time, held over the entry's write, not over its sync;
/// 3. `state`: what both agree on; held for a few instructions, never over I/O.
final class Topic: Sendable {
    let name: TopicName
    let consuming: Mutex<Consuming>
    let appending: Mutex<Appending>
    let state: Mutex<State>
    /// A batch waits for `appending` or holds it: nothing else may be appended.
    let isBatchRunning = Atomic(false)
    /// Somebody who does not hold `appending` has sealed the last block.
    let hasNewEnd = Atomic(false)
    /// The topic is marked dirty, for sure: an append need not see to it. Changes under the lock of
    /// its stripe (`CleanMarks`).
    let isKnownDirty = Atomic(false)
    /// What keeps the name from being one that can be appended to, or nil.
    let refusal: String?

    struct Consuming: Sendable {
        /// Checkpoints since the cursor was last recorded.
        var unrecorded = 0
        var ahead = ReadAhead()
        /// The batch that is likely to come next, and where the last one ended.
        var batchAhead: BatchAhead.Job?
        var batchEnd: ReadCursor?
        var isClosed = false
    }

    struct Appending: Sendable {
        /// The greatest sequence number in use.
        var lastSequence: UInt64 = 0
        /// Nanoseconds since 1970 UTC.
        var lastTimestamp: UInt64 = 0
        /// What a failed batch left and could not be erased.
        var debris: [Stretch] = []
        /// The file that a sync failed of, so that a power loss may bring back a part of a failed batch
        /// though it was erased. Nothing may follow that part.
        var spoiled: DataFile?
        var isClosed = false
        /// Entries that are written and wait for a sync before they are published, in order, with
        /// `FsyncSchedule.each`. All are in one block.
        var flights: [Flight] = []
        /// Writes to the last block. Nil: it is to be found out whether that can be written to.
        var writer: EntryWriter?
    }

    struct State: Sendable {
        /// In the order of files and slots, which is the topic's order.
        var blocks: [Block] = []
        /// Sound entries in all blocks.
        var entries = 0
        /// Bytes that the entries take in all blocks, headers included.
        var size = 0
        /// Nil: nothing was ever consumed, or no block is there any more.
        private(set) var cursor: ReadCursor?
        /// How far it may be recorded at any time. At least once, that is not over what the last call
        /// handed out, which must come again if it did not reach the caller.
        private(set) var settled: ReadCursor?
        /// The blocks before this one were seen to be consumed and need no second look.
        var finishedBlocks = 0

        /// It had entries once, all of which have been reclaimed.
        var isReclaimed = false

        var unread: Int { entries - (cursor?.consumed ?? 0) }

        init(_ blocks: [Block] = [], cursor: ReadCursor? = nil) {
            self.blocks = blocks
            entries = blocks.reduce(0) { $0 + $1.entries }
            size = blocks.reduce(0) { $0 + $1.used }
            self.cursor = cursor
            settled = cursor
        }

        /// Moves the cursor, which may be recorded as far as `settled`; nil: as far as it stood.
        mutating func move(to cursor: ReadCursor?, settled: ReadCursor?) {
            self.settled = settled ?? self.cursor
            self.cursor = cursor
        }

        /// What was handed out has reached the caller.
        mutating func settle() { settled = cursor }

        mutating func shift(_ shift: (ReadCursor) -> ReadCursor?) {
            cursor = cursor.flatMap(shift)
            settled = settled.flatMap(shift)
        }
    }

    init(_ name: TopicName) {
        self.name = name
        refusal = name.refusal
        consuming = Mutex(Consuming())
        appending = Mutex(Appending())
        state = Mutex(State())
    }

    init(_ name: TopicName, _ state: State, _ appending: Appending) {
        self.name = name
        refusal = name.refusal
        consuming = Mutex(Consuming())
        self.appending = Mutex(appending)
        self.state = Mutex(state)
    }

    /// Refuses all further work, once what is under way has ended.
    func close() {
        consuming.withLock { consuming in
            consuming.isClosed = true
            consuming.ahead = ReadAhead()
            consuming.batchAhead = nil
        }
        appending.withLock { appending in
            appending.isClosed = true
            // Those who wait for a sync find it done, and touch nothing any more.
            try? landAll(&appending)
            // What nobody was told of is not to be there for the next engine.
            try? eraseDebris(&appending)
        }
    }
}

/// Where a topic's reader stands.
struct ReadCursor: Hashable, Sendable {
    static let begin = ReadCursor(block: 0, offset: 0, consumed: 0, consumedInBlock: 0, sequence: 0)

    /// Index into the topic's blocks.
    var block: Int
    /// Bytes from the block's start to the header of the next entry.
    var offset: Int
    /// Sound entries before it in the topic.
    var consumed: Int
    /// Those of them in its block.
    var consumedInBlock: Int
    /// The sequence number of the last entry consumed; 0 when it had none.
    var sequence: UInt64
}
