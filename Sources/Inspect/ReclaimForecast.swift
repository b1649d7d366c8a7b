public import WalrusFormat

/// Why each data file is still there, and what would let it go.
///
/// A pure function of what stood in the directory, and of since when a process has it open. The rule is
/// that of the engine (`docs/engine.md`, "Reclamation"): a file goes when every block in it is
/// consumed, it gets no new block, all of it could be read, and it has the length of a data file.
/// Where the reference goes on with the log, it alone deletes files, and only those that its own
/// process has made and filled: all others are stranded.
public struct ReclaimForecast: Hashable, Sendable {
    public enum Fate: String, Hashable, Sendable, CaseIterable {
        /// Nothing in it is left to be read: it goes when this engine next opens the directory, or
        /// ends a block. Where the reference is at work, when that comes to it.
        case goes
        /// Nothing in it is left to be read, but the reference, whose log it is, never deletes it. An
        /// act of this engine does.
        case stranded
        /// Everything in it is read, but it still gets entries: it is the newest file, or, to the
        /// reference, one with a topic's last block.
        case filling
        /// Entries in it are unread.
        case held
        /// Never deleted by an engine, whatever is read.
        case kept
    }

    /// Why an engine never deletes a file.
    public enum Obstacle: Hashable, Sendable {
        case unreadable
        case unreadableSlot(Int)
        /// In the block that begins in the slot.
        case damage(slot: Int)
        case size(Int)
    }

    /// A topic with something unread in a file.
    public struct Holder: Hashable, Sendable {
        public let topic: TopicName
        /// Unread entries of the topic in the file.
        public let unread: Int
        /// Bytes of headers and payloads at or after the cursor, in the file.
        public let unreadSize: Int
        /// Blocks with something unread in them.
        public let blocks: Int
        /// The slot of the first of these.
        public let slot: Int
        /// The slot of the last of these: behind it nothing of the topic holds the file.
        public let lastSlot: Int
        /// How many entries the reader has to consume from its cursor until nothing of the topic
        /// in the file is unread: those in earlier files come first.
        public let entriesToRead: Int
        /// Nobody knows how far the topic was read: these figures are the most that there can be.
        public let isCursorLost: Bool
    }

    public struct File: Hashable, Sendable {
        public let name: DataFileName
        /// Bytes on disk.
        public let allocated: Int
        public let fate: Fate
        /// Those who need the most reading first.
        public let holders: [Holder]
        public let obstacle: Obstacle?
        /// Slots that a writer may still fill; 0 unless it is the newest file.
        public let freeSlots: Int
        /// Who deletes it, if anybody.
        public let deleter: Deleter
        /// Whether a block is in it.
        public let hasBlocks: Bool

        public var unreadSize: Int { holders.reduce(0) { $0 + $1.unreadSize } }
        /// How many entries all its holders together have to consume until it goes.
        public var entriesToRead: Int { holders.reduce(0) { $0 + $1.entriesToRead } }
        /// Whether the figures of a holder, and so those of the file, are the most that there can be.
        public var areCursorsLost: Bool { holders.contains(where: \.isCursorLost) }
        /// Whether nothing but unread entries keeps it from being deleted by this engine.
        public var goesWhenRead: Bool { fate == .held && freeSlots == 0 }
        /// Whether this engine would delete it if it opened the directory.
        public var isFree: Bool {
            fate == .goes || fate == .stranded
                || fate == .filling && freeSlots == 0
        }
    }

    /// What reading one topic to its end would free.
    public struct Topic: Hashable, Sendable {
        public let name: TopicName
        /// Files that hold unread entries of the topic.
        public let files: Int
        /// Bytes on disk of these.
        public let bytes: Int
        /// Those that would go if this topic alone were read.
        public let filesAlone: Int
        public let bytesAlone: Int
        /// Entries that are unread in all.
        public let entriesToRead: Int
        /// Nobody knows how far it was read: that is the most that there can be.
        public let isCursorLost: Bool
    }

    /// In the order of names.
    public private(set) var files: [File] = []
    /// Those who alone hold the most first.
    public private(set) var topics: [Topic] = []
    /// Bytes on disk of each kind of file.
    public private(set) var bytes: [Fate: Int] = [:]
    /// Bytes on disk of what was moved into the log's trash: only its owner frees them.
    public let trash: Int
    /// Who goes on with the log.
    public let owner: Owner

    /// Whether a figure of unread entries is the most that there can be.
    public var areCursorsLost: Bool { topics.contains(where: \.isCursorLost) }

    /// Bytes on disk of the data files.
    public var allocated: Int { files.reduce(0) { $0 + $1.allocated } }
    /// Bytes on disk of the data files, and of those in the trash.
    public var total: Int { allocated + trash }

    /// - Parameter runBegan: since when a process has had files of the log open for writing, in
    ///   nanoseconds since 1970 UTC; 0 where that is not known, nil where there is none.
    public init(_ state: DirectoryState, runBegan: UInt64? = nil) {
        trash = state.trash?.allocated ?? 0
        owner = Owner(of: state, runBegan: runBegan)
        for (index, file) in state.files.enumerated() {
            let forecast = Self.forecast(
                file, isNewest: index == state.files.count - 1, in: state, of: owner)
            files.append(forecast)
            bytes[forecast.fate, default: 0] += forecast.allocated
        }
        addTopics()
    }

    /// Whether the forecast is another one if a process has been at work since then, or none is.
    public func isOther(for runBegan: UInt64?) -> Bool {
        if case .reference(let began) = owner { began != runBegan } else { false }
    }

    /// The forecast of the file, which may be gone by now.
    public func file(_ name: DataFileName) -> File? { files.first { $0.name == name } }

    /// What this engine would free if every entry were read.
    public var bytesIfAllRead: Int {
        files.reduce(0) { $0 + ($1.isFree || $1.goesWhenRead ? $1.allocated : 0) }
    }

    /// The file that needs the least reading to go; nil when reading alone frees none.
    public var next: File? {
        files.filter(\.goesWhenRead).min { $0.entriesToRead < $1.entriesToRead }
    }

    private static func forecast(
        _ file: FileState, isNewest: Bool, in state: DirectoryState, of owner: Owner
    ) -> File {
        let holders = holders(of: file, in: state)
        let obstacle = obstacle(of: file)
        // Nothing is in a file without a byte, and nothing is ever put into one.
        let isWritable = obstacle == nil && file.size == Layout.fileSize
        let freeSlots = isNewest && isWritable ? file.freeSlots : 0
        let deleter = owner.deleter(of: file)
        let fate: Fate =
            if obstacle != nil {
                .kept
            } else if !holders.isEmpty {
                .held
            } else if freeSlots > 0 {
                .filling
            } else {
                switch deleter {
                case .thisEngine: .goes
                case .nobody: .stranded
                case .reference, .perhapsReference:
                    file.blocks.contains(where: \.isTail) ? .filling : .goes
                }
            }
        return File(
            name: file.name, allocated: file.allocated, fate: fate, holders: holders,
            obstacle: obstacle, freeSlots: freeSlots, deleter: deleter,
            hasBlocks: !file.blocks.isEmpty)
    }

    private static func obstacle(of file: FileState) -> Obstacle? {
        if !file.isReadable { return .unreadable }
        if let slot = file.unreadableSlots.first { return .unreadableSlot(slot) }
        if let block = file.blocks.first(where: \.isWorthKeeping) {
            return .damage(slot: block.slot)
        }
        return file.size == Layout.fileSize || file.size == 0 ? nil : .size(file.size)
    }

    private static func holders(of file: FileState, in state: DirectoryState) -> [Holder] {
        let unread = file.blocks.filter { $0.reading != .consumed }
        let byTopic = Dictionary(grouping: unread, by: \.topic)
        return byTopic.map { name, blocks in
            let known = state.topic(name)
            let consumed = known?.consumed ?? 0
            let last = blocks[blocks.count - 1]
            return Holder(
                topic: name,
                unread: blocks.reduce(0) { sum, block in
                    sum + block.entries - max(0, min(block.entries, consumed - block.entriesBefore))
                },
                unreadSize: blocks.reduce(0) { $0 + $1.unreadSize }, blocks: blocks.count,
                slot: blocks[0].slot, lastSlot: last.slot,
                entriesToRead: max(0, last.entriesBefore + last.entries - consumed),
                isCursorLost: known.map(state.isCursorLost) ?? false)
        }.sorted { ($1.entriesToRead, $0.topic) < ($0.entriesToRead, $1.topic) }
    }

    private mutating func addTopics() {
        struct Sum {
            var (files, bytes, alone, bytesAlone, reads, isCursorLost) = (0, 0, 0, 0, 0, false)
        }
        var sums: [TopicName: Sum] = [:]
        for file in files {
            let goesAlone = file.goesWhenRead && file.holders.count == 1
            for holder in file.holders {
                var sum = sums[holder.topic] ?? Sum()
                sum.files += 1
                sum.bytes += file.allocated
                sum.alone += goesAlone ? 1 : 0
                sum.bytesAlone += goesAlone ? file.allocated : 0
                sum.reads = max(sum.reads, holder.entriesToRead)
                sum.isCursorLost = holder.isCursorLost
                sums[holder.topic] = sum
            }
        }
        topics = sums.map { name, sum in
            Topic(
                name: name, files: sum.files, bytes: sum.bytes, filesAlone: sum.alone,
                bytesAlone: sum.bytesAlone, entriesToRead: sum.reads,
                isCursorLost: sum.isCursorLost)
        }.sorted {
            ($1.bytesAlone, $1.bytes, $0.name) < ($0.bytesAlone, $0.bytes, $1.name)
        }
    }
}
