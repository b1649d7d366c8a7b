internal import Synchronization
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// An open data file: what was written to it, what of it is durable, and whether it can be trusted.
final class DataFile: Sendable {
    /// A number that changes with every write, off the lines of the processor's cache that hold what
    /// every writer reads: two threads that write to one file would take those from each other.
    private final class WriteCount: Sendable {
        private let before: InlineArray<8, Int> = .init(repeating: 0)
        let value = Atomic(0)
        private let after: InlineArray<8, Int> = .init(repeating: 0)
    }

    let name: DataFileName
    let path: FilePath
    /// Bytes when it was opened. A file that is not as long as all others, or that a link leads to, is
    /// read, never written.
    let size: Int
    let file: any StorageFile
    let recorder: MetricsRecorder
    /// Writes done so far, those of earlier engines being one.
    private let written = WriteCount()
    /// Writes known to be durable.
    let durable = Atomic(0)
    /// Held over a sync, so that those who wait for it find their own write done: one sync serves
    /// all who came while the last one ran.
    let syncing = Gate()
    // Of the last sync, and touched inside it: the writes that it served, and its nanoseconds.
    private let served = Atomic(0)
    private let syncTime = Atomic<UInt64>(0)
    /// Syncs to go without waiting for anybody.
    private let patience = Atomic(0)
    private static let gathersLeftOut = 8
    /// What is known of the file is not what another engine would find in it.
    private let disputed = Atomic(false)
    private let filling = Atomic(false)
    private let pinned = Atomic(false)
    private let forgotten = Atomic(false)
    private let unlistedDamage = Atomic(0)
    /// The blocks in it.
    let residents = Residents()
    private let failure = Mutex<IOError?>(nil)
    private let hasFailed = Atomic(false)

    init(_ name: DataFileName, _ file: any StorageFile, _ recorder: MetricsRecorder)
        throws(IOError)
    {
        self.recorder = recorder
        self.name = name
        self.file = file
        path = file.path
        size = try file.size()
    }

    var isWritable: Bool { isWhole && !file.isReadOnly }

    /// Whether it is as long as all data files are.
    var isWhole: Bool { size == Layout.fileSize }

    /// New blocks may still be put into it.
    var isFilling: Bool {
        get { filling.load(ordering: .acquiring) }
        set { filling.store(newValue, ordering: .releasing) }
    }

    /// Something of it can be read by nobody, and so never be consumed.
    var isPinned: Bool {
        get { pinned.load(ordering: .acquiring) }
        set { pinned.store(newValue, ordering: .releasing) }
    }

    /// Damages in it, as it was opened, that the `RecoveryReport` counts and does not list.
    var damageLeftOut: Int {
        get { unlistedDamage.load(ordering: .acquiring) }
        set { unlistedDamage.store(newValue, ordering: .releasing) }
    }

    /// It is being deleted by this engine, or is.
    func forget() { forgotten.store(true, ordering: .releasing) }
    var isForgotten: Bool { forgotten.load(ordering: .acquiring) }

    /// What is known of the file is not what another engine would find in it: remains of what was
    /// never acknowledged, or damage that showed only now.
    var isDisputed: Bool { disputed.load(ordering: .acquiring) }

    func dispute() { disputed.store(true, ordering: .releasing) }

    var hasUnsyncedWrites: Bool { !isDurable(ticket) }

    /// The failed sync that makes this file one that cannot be written any more.
    var poison: IOError? {
        hasFailed.load(ordering: .acquiring) ? failure.withLock { $0 } : nil
    }

    func poison(_ error: IOError) {
        failure.withLock { $0 = error }
        hasFailed.store(true, ordering: .releasing)
    }

    func checkPoison() throws(EngineError) {
        guard let poison else { return }
        throw EngineError(
            .poisoned,
            // No sync ends so: it is what `checkName` throws.
            poison.errno == .noSuchFileOrDirectory
                ? "another program deleted the file: all it holds is lost when this process ends; "
                    + "copy it from /proc/\(Host.processID)/fd, then open the engine again"
                : "an earlier sync failed (\(poison)); what of the file is on disk is unknown: "
                    + "look at the disk, then open the engine again",
            path: poison.path, errno: poison.errno)
    }

    /// Throws when somebody else has deleted the file, which would make nothing of what is
    /// acknowledged.
    func checkName() throws(IOError) {
        guard !isForgotten, try !file.hasName else { return }
        throw IOError("find", path, .noSuchFileOrDirectory)
    }

    /// The same, and poisons the file then.
    func requireName() throws(EngineError) {
        do throws(IOError) { try checkName() } catch { poison(error) }
        try checkPoison()
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(IOError) -> Int {
        unsafe try file.read(at: offset, into: buffer)
    }

    func bytes(at offset: Int, count: Int) throws(IOError) -> [UInt8] {
        try file.read(at: offset, count: count)
    }

    func firstNonZero(in range: Range<Int>) throws(IOError) -> Int? {
        try file.firstNonZero(in: range)
    }

    func dataRange(from offset: Int) throws(IOError) -> Range<Int>? {
        try file.dataRange(from: offset)
    }

    func write(
        at offset: Int, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) throws(IOError) {
        // Counted also when it fails: some of it may have been written.
        defer { written.value.wrappingAdd(1, ordering: .releasing) }
        unsafe try file.write(at: offset, first, second)
    }

    /// Writes `buffers`, one behind the other.
    func write(at offset: Int, _ buffers: [UnsafeRawBufferPointer]) throws(IOError) {
        defer { written.value.wrappingAdd(1, ordering: .releasing) }
        unsafe try file.write(at: offset, buffers)
    }

    /// Brings a range into memory that holds nothing but zeros and that nobody else writes to, so that
    /// small writes to it are cheaper. It may take space on disk.
    func populate(_ range: Range<Int>) throws(IOError) { try file.populate(range) }

    /// Writes zeros over what is not zero in `range`, its first `headerSize` bytes first: without
    /// its header an entry is gone, whatever else of it remains. Holes stay holes, so that this
    /// works on a full disk.
    func erase(_ range: Range<Int>) throws(IOError) {
        do throws(IOError) {
            let header = range.prefix(Layout.headerSize)
            if try file.firstNonZero(in: header) != nil { try zero(header) }
            try zeroData(header.upperBound..<range.upperBound)
        } catch {
            dispute()
            throw error
        }
    }

    /// The same from the end to the start: whenever it stops, what is left are whole entries and at
    /// most one torn one, which is a batch that is not whole.
    func eraseBackwards(_ range: Range<Int>) throws(IOError) {
        do throws(IOError) {
            var end = range.upperBound
            while end > range.lowerBound {
                let start = max(range.lowerBound, end - 1 << 20)
                try zeroData(start..<end)
                end = start
            }
        } catch {
            dispute()
            throw error
        }
    }

    /// Writes zeros over what is not zero in `range`.
    private func zeroData(_ range: Range<Int>) throws(IOError) {
        var at = range.lowerBound
        while at < range.upperBound, let start = try file.firstNonZero(in: at..<range.upperBound) {
            let data = try file.dataRange(from: start)
            at = min(data?.upperBound ?? range.upperBound, range.upperBound)
            try zero(start..<at)
        }
    }

    private func zero(_ range: Range<Int>) throws(IOError) {
        let zeros = [UInt8](repeating: 0, count: min(range.count, 1 << 16))
        var at = range.lowerBound
        while at < range.upperBound {
            let count = min(zeros.count, range.upperBound - at)
            unsafe try zeros.span.bytes.extracting(0..<count).withUnsafeBytes {
                (bytes) throws(IOError) in
                unsafe try write(at: at, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
            }
            at += count
        }
    }

    /// Stands for everything that was written so far.
    var ticket: Int { written.value.load(ordering: .acquiring) }

    /// Earlier engines may have left something of it to the system to write: it counts as a write of
    /// this one, so that the next sync, whoever asks for it, covers that too.
    func inherit() { written.value.wrappingAdd(1, ordering: .releasing) }

    /// Whether everything that the ticket stands for is on disk.
    func isDurable(_ ticket: Int) -> Bool { durable.load(ordering: .acquiring) >= ticket }

    /// Makes everything durable that was written so far, or up to a ticket. After one failure the
    /// file is poisoned: the system may have thrown the pages away and will report success next
    /// time.
    ///
    /// - Parameter onSuccess: called by the thread that does it, while those who wait for it still do.
    func sync(
        upTo ticket: Int? = nil, _ onSuccess: () -> Void = {}
    ) throws(EngineError) {
        let goal = ticket ?? self.ticket
        let isServed = { [self] in isDurable(goal) || hasFailed.load(ordering: .acquiring) }
        guard syncing.enter(unless: isServed) else {
            if !isDurable(goal) { try checkPoison() }
            return
        }
        defer { syncing.leave() }
        gather()
        let target = self.ticket
        let start = Clock.monotonic()
        do throws(IOError) {
            try file.sync()
            try checkName()
        } catch {
            recorder.synced(failed: true, since: start)
            poison(error)
            throw EngineError(error)
        }
        recorder.synced(failed: false, since: start)
        served.store(target - durable.load(ordering: .relaxed), ordering: .relaxed)
        syncTime.store(Clock.monotonic() - start, ordering: .relaxed)
        durable.store(target, ordering: .releasing)
        onSuccess()
    }

    /// Gives those who were served by the last sync time to come with their next write: one sync for
    /// all is worth more than one for each half of them, by turns. It takes at most half as long as
    /// that sync took, and is left out for a while when nobody came.
    private func gather() {
        let done = durable.load(ordering: .relaxed)
        let first = ticket - done
        let served = served.load(ordering: .relaxed)
        // Who waited for that sync to end is none of those whom it served.
        let expected = first > 1 ? first + served : served
        guard expected > first else { return }
        guard patience.load(ordering: .relaxed) == 0 else {
            patience.wrappingSubtract(1, ordering: .relaxed)
            return
        }
        let end = Clock.monotonic() + syncTime.load(ordering: .relaxed) / 2
        while ticket - done < expected, Clock.monotonic() < end { Thread.yield() }
        if ticket - done == first { patience.store(Self.gathersLeftOut, ordering: .relaxed) }
    }
}
