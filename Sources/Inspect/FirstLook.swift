internal import Synchronization
public import WalrusFormat

/// What a first look at a directory has found so far: files and their blocks, and of each topic what
/// is counted. Sums grow as the look goes on; cursors, findings and batches that are not whole are
/// known at its end only.
public struct FirstLook: Sendable {
    public struct File: Hashable, Sendable {
        public let name: DataFileName
        /// Bytes, holes included.
        public let size: Int
        /// Bytes that take space on disk.
        public let allocated: Int
        /// Nil until the file's slots have been looked at; then in their order.
        public internal(set) var blocks: [Block]?
    }

    public struct Block: Hashable, Sendable {
        public let slot: Int
        public let units: Int
        /// Whether its entries are counted.
        public internal(set) var isCounted = false
    }

    public struct Topic: Hashable, Sendable {
        public let name: TopicName
        /// Where the first of its blocks stands, of those that were found by now.
        public internal(set) var place: BytePlace?
        /// Blocks that were found.
        public internal(set) var blocks = 0
        /// Those whose entries are counted.
        public internal(set) var countedBlocks = 0
        /// Sound entries in them.
        public internal(set) var entries = 0
        /// Bytes of headers and payloads in them.
        public internal(set) var size = 0
        /// Entries in them that are not sound.
        public internal(set) var damaged = 0
    }

    /// In the order of their names.
    public internal(set) var files: [File] = []
    /// In the order of their names' bytes.
    public internal(set) var topics: [Topic] = []
    /// How far it is; nil before it has found a file.
    public internal(set) var stage: Scanner.Stage?

    public init() {}

    /// Bytes that the data files take on disk: known before a file is read.
    public var allocated: Int { files.reduce(0) { $0 + $1.allocated } }
    public var entries: Int { topics.reduce(0) { $0 + $1.entries } }
    public var damaged: Int { topics.reduce(0) { $0 + $1.damaged } }
    public var blocks: Int { topics.reduce(0) { $0 + $1.blocks } }
    public var countedBlocks: Int { topics.reduce(0) { $0 + $1.countedBlocks } }
    /// Files whose slots have been looked at.
    public var searchedFiles: Int { files.count { $0.blocks != nil } }
}

/// Where a scan notes what it finds, for who does not want to wait for its end. Takes memory for topics
/// and blocks, never for entries. For all threads.
public final class FirstLookNotes: Sendable {
    private struct State {
        var look = FirstLook()
        /// Where topics are in `topics`, which are in the order in which they were found.
        var places: [TopicName: Int] = [:]
        var topics: [FirstLook.Topic] = []
        /// The places in the order of their names; empty while that is not known.
        var order: [Int] = []
        var files: [DataFileName: Int] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    /// All that is known by now.
    public func look(at stage: Scanner.Stage? = nil) -> FirstLook {
        state.withLock { state in
            if state.order.count != state.topics.count {
                let topics = state.topics
                state.order = topics.indices.sorted { topics[$0].name < topics[$1].name }
            }
            var look = state.look
            look.topics = state.order.map { state.topics[$0] }
            look.stage = stage
            return look
        }
    }

    /// The files that are going to be looked at, in the order of their names.
    func begin(_ files: [FirstLook.File]) {
        state.withLock { state in
            state = State()
            state.look.files = files
            for (index, file) in files.enumerated() { state.files[file.name] = index }
        }
    }

    func found(_ scan: FileScan) {
        state.withLock { state in
            guard let index = state.files[scan.name] else { return }
            state.look.files[index].blocks = scan.blocks.map {
                FirstLook.Block(slot: $0.frame.slot, units: $0.frame.units)
            }
            for block in scan.blocks {
                let place = state.places[block.frame.topic] ?? state.topics.count
                if place == state.topics.count {
                    state.places[block.frame.topic] = place
                    state.topics.append(FirstLook.Topic(name: block.frame.topic))
                }
                state.topics[place].blocks += 1
                let start = BytePlace(file: scan.name, slot: block.frame.slot, offset: 0)
                let known = state.topics[place].place
                if known.map({ ($0.file, $0.offset) > (start.file, start.offset) }) ?? true {
                    state.topics[place].place = start
                }
            }
        }
    }

    /// - Parameter index: among the file's blocks.
    func counted(_ block: BlockScan, _ index: Int, of file: DataFileName) {
        state.withLock { state in
            guard let file = state.files[file], let place = state.places[block.frame.topic],
                state.look.files[file].blocks?.indices.contains(index) == true
            else { return }
            state.look.files[file].blocks?[index].isCounted = true
            state.topics[place].countedBlocks += 1
            state.topics[place].entries += block.entries
            state.topics[place].size += block.used
            state.topics[place].damaged += block.damaged
        }
    }
}
