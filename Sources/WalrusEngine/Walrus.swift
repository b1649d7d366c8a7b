internal import Synchronization
public import SystemPackage
internal import WalrusFormat
package import WalrusIO

/// A write-ahead log with topics, in a directory that the reference engine reads and writes too.
///
/// Every call blocks until it is done and may be made from any thread. `docs/engine.md` says what
/// is durable when, and which locks are held in which order.
///
/// Corresponds to the reference's `Walrus`.
public final class Walrus: Sendable {
    public let configuration: Configuration
    /// The directory that holds the files, the key's folder included.
    public let directory: FilePath
    /// What opening found, dropped and mended.
    public let recoveryReport: RecoveryReport

    let registry: TopicRegistry
    let allocator: BlockAllocator
    let cursors: CursorStore
    let marks: CleanMarks
    let reclaimer: Reclaimer
    private let storage: any Storage
    let appendContext: AppendContext
    let recorder: MetricsRecorder
    let meter: Meter
    /// Many reads, writes or syncs at once.
    let batchIO: any BatchIO
    let batchAhead = BatchAhead()
    /// Nil where the configuration wants none.
    let control: ControlServer?
    private let flusher: Flusher?
    private let lock: Mutex<DirectoryLock?>
    /// Held over `close`, so that whoever comes second finds it done.
    private let closing = Mutex(())

    /// Opens the directory, and makes it when it is missing. No data file is made.
    ///
    /// Throws `.locked` with the holders when another engine has the directory open, in this
    /// process or another; `.invalidKey`; `.io`. Corresponds to `Walrus::new` and its variants.
    public convenience init(_ configuration: Configuration = Configuration()) throws(EngineError) {
        // A process that changes its working directory must not go on in another log.
        let root = try Host.absolute(configuration.root)
        try engineErrors { () throws(IOError) in try Self.make(root) }
        try self.init(configuration, on: configuration.backend.storage(root))
    }

    /// Opens an engine on `storage`, whose directory exists, with `clock` for the time.
    package init(
        _ configuration: Configuration, on storage: any Storage,
        clock: @escaping @Sendable () -> UInt64 = Clock.wall
    ) throws(EngineError) {
        let lock = try DirectoryLock(
            storage.path, looksForStrangers: configuration.looksForStrangers)
        let recorder = MetricsRecorder()
        let recovered = try Recovery.run(storage, configuration, recorder)
        self.configuration = configuration
        directory = storage.path
        recoveryReport = recovered.report
        registry = TopicRegistry(recovered.topics)
        cursors = recovered.cursors
        marks = CleanMarks(recovered.cursors, registry, recovered.cursors.marks)
        let allocator = BlockAllocator(
            storage, files: recovered.files, freeSlot: recovered.freeSlot,
            lastName: recovered.lastName, clock: clock, recorder: recorder)
        self.allocator = allocator
        let io = RingBatchIO.fromEnvironment()
        batchIO = io
        appendContext = AppendContext(
            allocator, BatchIntents(storage), io, clock: clock,
            syncsEach: configuration.fsyncSchedule == .each)
        self.recorder = recorder
        flusher =
            if case .milliseconds(let interval) = configuration.fsyncSchedule {
                try Flusher(everyMilliseconds: interval, recovered.cursors, io) { allocator.files }
            } else { nil }
        meter = Meter(
            recorder, allocator, recovered.cursors, io, directory: storage.path,
            writesFile: configuration.writesMetrics)
        control =
            configuration.servesControl
            ? ControlServer(configuration, storage.path, lock.directory) : nil
        self.lock = Mutex(lock)
        self.storage = storage
        // What is read with this schedule is durable, whoever wrote it.
        if configuration.fsyncSchedule == .each { DataFile.syncMany(allocator.files, io) }
        reclaimer = Reclaimer(storage, allocator, registry, cursors)
        if configuration.reclamation == .immediate { reclaimer.attempt(allocator.files) }
        control?.start(self)
    }

    /// Makes the directory and those above it, each of them durably: what is acknowledged in it must
    /// not go with a name that never reached the disk.
    private static func make(_ path: FilePath) throws(IOError) {
        let parent = path.removingLastComponent()
        let wasThere = Directory.exists(path)
        if wasThere {
            // Whoever made it may have died before its name was durable. Not where there is data:
            // that came after this.
            guard try !hasData(path) else { return }
        } else {
            if !parent.isEmpty { try make(parent) }
            try Directory.create(path)
        }
        do throws(IOError) {
            try DiskStorage(parent.isEmpty ? "." : parent).syncDirectory()
        } catch {
            // A directory that may be passed through and not opened: somebody else made this one.
            guard wasThere, error.errno == .permissionDenied else { throw error }
        }
    }

    private static func hasData(_ path: FilePath) throws(IOError) -> Bool {
        try Directory.list(path).contains { DataFileName($0.name) != nil }
    }

    deinit {
        // Nobody is left to be told; those who want to know call `close()` themselves.
        try? close()
    }

    /// Ends the work under way, makes entries durable unless the schedule is `.never`, writes the
    /// index files and a snapshot for the next open, and gives the directory free. Further calls do
    /// nothing.
    ///
    /// Everything is tried whatever fails; the first failure is thrown. That the snapshot cannot be
    /// written is none: the next opening reads the data files then.
    public func close() throws(EngineError) {
        try closing.withLock { _ throws(EngineError) in
            if let topics = registry.close() { try close(topics) }
        }
    }

    /// The same, and puts data files back that were moved away, just before the directory is given
    /// free. Throws `.closed` where that is done already.
    package func close(adopting adoption: Adoption) throws(EngineError) {
        try closing.withLock { _ throws(EngineError) in
            guard let topics = registry.close() else { throw .closed }
            try close(topics, adoption)
        }
    }

    private func close(_ topics: [Topic], _ adoption: Adoption? = nil) throws(EngineError) {
        control?.end()
        for topic in topics { topic.close() }
        batchAhead.end()
        marks.close()
        flusher?.end()
        var failure: EngineError?
        func attempt(_ work: () throws(EngineError) -> Void) {
            do throws(EngineError) { try work() } catch { failure = failure ?? error }
        }
        let isReclaimed = reclaimer.close()
        if configuration.fsyncSchedule != .never {
            DataFile.syncMany(allocator.files, batchIO)
            for file in allocator.files {
                attempt { () throws(EngineError) in try file.sync() }
            }
        }
        for file in allocator.files {
            attempt { () throws(EngineError) in try file.requireName() }
        }
        attempt { () throws(EngineError) in
            try cursors.record(topics.compactMap(Self.unrecorded), durably: true)
            try cursors.compact()
        }
        if failure == nil, let adoption {
            attempt { () throws(EngineError) in
                try adoption.perform(on: storage, cursors, topics)
            }
        } else if failure == nil, isReclaimed {
            // It saves time and holds nothing else: without it the next opening reads the files, and
            // all that was promised is kept.
            try? writeSnapshot(topics)
        }
        meter.end()
        lock.withLock { $0 = nil }
        if let failure { throw failure }
    }

    /// Saves the next open the reading of the data files, where what is known of them is what it
    /// would find.
    private func writeSnapshot(_ topics: [Topic]) throws(EngineError) {
        let files = allocator.files
        let survives = !files.contains(where: \.hasUnsyncedWrites)
        guard !files.isEmpty, !files.contains(where: { $0.isDisputed || $0.poison != nil }),
            let boot = survives ? "" : Host.bootID
        else { return }
        let writer = SnapshotWriter(
            storage: storage, files: files, freeSlot: allocator.freeSlot, boot: boot,
            bases: cursors.bases)
        try engineErrors { () throws(IOError) in
            try writer.write(topics, damage: recoveryReport)
        }
    }

    /// The topic's cursor, when checkpoints since it was last recorded are not in it.
    private static func unrecorded(_ topic: Topic) -> CursorStore.Change? {
        guard topic.consuming.withLock({ $0.unrecorded }) > 0 else { return nil }
        return topic.state.withLock { state in
            state.cursor.map {
                .cursor(
                    topic.name, state.blocks[$0.block].saved($0, in: $0.block), reached: 0)
            }
        }
    }
}

extension Block {
    /// The cursor as it is recorded; `index` is the block's place among the topic's.
    func saved(_ cursor: ReadCursor, in index: Int) -> CursorStore.Saved {
        CursorStore.Saved(
            position: position(at: cursor.offset, sequence: cursor.sequence), block: index)
    }
}
