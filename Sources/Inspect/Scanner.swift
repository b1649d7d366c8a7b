internal import Synchronization
public import SystemPackage
package import WalrusFormat
public import WalrusIO

/// Reads a directory without changing it, and keeps what it learnt: a second scan reads only what
/// was written since the first.
///
/// Takes no lock and opens every file read-only for as long as it reads it. Files may be written,
/// cut off or deleted meanwhile. Memory grows with topics and blocks, never with the bytes in them.
/// Not for use by two threads at once; `progress` may be called from any.
public final class Scanner {
    public struct Progress: Sendable {
        /// Bytes walked so far, and about how many in all: what takes space on disk, as far as the file
        /// system tells.
        public let done: Int
        public let total: Int
    }

    /// How far a scan is: what it does, one after the other.
    public enum Stage: Hashable, Sendable {
        /// Looking for blocks: data files so far, and in all, and the blocks found in them.
        case finding(files: Int, of: Int, blocks: Int)
        /// Walking over blocks that are new or have grown: bytes so far, and about how many in all, holes
        /// left out.
        case walking(bytes: Int, of: Int)
        /// Putting topics together: so far, and in all.
        case joining(topics: Int, of: Int)
    }

    public let directory: FilePath
    private var files: [DataFileName: FileScan] = [:]
    private var sidecars: Sidecars?
    /// What the last scan made of the directory, without what a running engine says.
    private var assembled: (state: DirectoryState, listing: Set<DirectoryEntry>)?
    private var revision = 0
    /// Batches that were seen to be written before the scan: what stands behind them does not count, even
    /// if they are whole by now.
    package var assumedIntents: [TopicName: BatchIntent] = [:]

    public init(_ directory: FilePath) {
        self.directory = directory
    }

    /// A file is looked at closely for this long after its last change: a writer through a memory
    /// map changes a file's time long after its bytes.
    private static let hotNanoseconds = 60 * 1_000_000_000

    /// Looks at the directory.
    ///
    /// - Parameters:
    ///   - forget: read everything again, not only what has changed.
    ///   - progress: hears how far the walk is; returning false stops it.
    ///   - stage: hears what the scan is at; called often, by any thread.
    ///   - notes: get what is found as it is found, where the scan is the first one.
    /// - Returns: the state, or nil when `progress` stopped the scan.
    /// - Throws: `IOError` when the directory itself cannot be read. What is wrong with a file in
    ///   it is a finding.
    public func scan(
        forget: Bool = false,
        progress: @Sendable @escaping (Progress) -> Bool = { _ in true },
        stage: @Sendable @escaping (Stage) -> Void = { _ in }, notes: FirstLookNotes? = nil
    ) throws(IOError) -> DirectoryState? {
        if forget {
            files = [:]
            sidecars = nil
            assembled = nil
        }
        let listing = try Directory.list(directory)
        var known = Sidecars.read(directory, known: sidecars)
        var isSame = known.signature == sidecars?.signature
        sidecars = known
        let names = listing.compactMap { $0.kind == .file ? DataFileName($0.name) : nil }.sorted()
        let looks = look(atFiles: names, Self.probes(known), stage, notes)
        var work: [Work] = []
        var scans: [DataFileName: FileScan] = [:]
        for look in looks {
            isSame = isSame && look.foundNothingNew
            let (scan, blocks) = look.result
            work += blocks.map { Work(file: scan.name, block: $0) }
            scans[scan.name] = scan
        }
        let trash = TrashSummary(directory, listing)
        isSame = isSame && files.count == scans.count && assembled?.state.trash == trash
        files = scans
        // Most directories are at rest most of the time: putting the state together anew would be
        // all the work there is.
        if isSame, let assembled, assembled.listing == Set(listing) {
            return withMetrics(assembled.state)
        }
        assembled = nil
        let walked = walk(work, notes) { soFar in
            stage(.walking(bytes: soFar.done, of: soFar.total))
            return progress(soFar)
        }
        guard walked else { return nil }
        known.addIntents(directory)
        known.intents.merge(assumedIntents) { _, assumed in assumed }

        var assembly = Assembly(
            sidecars: known, measure: { self.probe($0, $1, $2) },
            runBefore: { file, block, offset in
                guard let scan = self.files[file], let file = try? scan.open() else { return nil }
                return try? scan.blocks[block].run(file, before: offset)
            },
            holdsData: { file, range in
                // What cannot be looked at is taken for something.
                do { return try self.files[file]?.open().firstNonZero(in: range) != nil } catch {
                    return true
                }
            })
        for name in names {
            // Deleted while it was read: it is as if it had never been listed.
            guard let scan = files[name], scan.failure?.errno != .noSuchFileOrDirectory else {
                files[name] = nil
                continue
            }
            assembly.add(scan)
        }
        var state = assembly.finish(listing: listing, time: Clock.wall()) { done, total in
            stage(.joining(topics: done, of: total))
        }
        state.trash = trash
        revision += 1
        state.revision = revision
        assembled = (state, Set(listing))
        addReferenceLosses(to: &state)
        if let finding = trash?.finding { state.findings.append(finding) }
        assembled?.state = state
        return withMetrics(state)
    }

    /// The state as of now, with what a running engine says of itself.
    private func withMetrics(_ assembled: DirectoryState) -> DirectoryState {
        var state = assembled
        state.time = Clock.wall()
        let (metrics, finding) = LiveMetrics.read(directory, at: state.time)
        state.metrics = metrics
        // The least of them all, and so the last.
        if let finding { state.findings.append(finding) }
        return state
    }

    /// The offsets at which cursors may stand, by topic.
    private static func probes(_ sidecars: Sidecars) -> [TopicName: [Int]] {
        var probes: [TopicName: [Int]] = [:]
        for (topic, cursor) in sidecars.cursors {
            probes[topic, default: []].append(Int(clamping: cursor.offset))
        }
        for (topic, position) in sidecars.journal {
            probes[topic, default: []].append(position.offset)
        }
        return probes
    }

    private struct Work: Sendable {
        let file: DataFileName
        let block: Int
    }

    /// Brings what is known of the files up to date: on all processors where there is much to read.
    private func look(
        atFiles names: [DataFileName], _ probes: [TopicName: [Int]],
        _ stage: @Sendable @escaping (Stage) -> Void, _ notes: FirstLookNotes?
    ) -> [FileLook] {
        let newest = names.last
        let looks = names.compactMap { name -> FileLook? in
            let path = directory.appending(name.text)
            guard let status = try? FileStatus.of(path) else { return nil }
            return FileLook(
                files[name] ?? FileScan(name: name, path: path, status: status), status,
                isNew: files[name] == nil, isNewest: name == newest)
        }
        notes?.begin(looks.map(\.told))
        // Threads for a few stats would cost more than they save.
        let isMuch = looks.count { $0.isNew } > 1
        let done = Atomic(0)
        let blockCount = Atomic(0)
        Thread.forEach(looks.count, threads: isMuch ? Thread.processorCount : 1) { index in
            looks[index].run(probes)
            let scan = looks[index].result.scan
            let found = scan.blocks.count
            notes?.found(scan)
            stage(
                .finding(
                    files: done.wrappingAdd(1, ordering: .relaxed).newValue, of: looks.count,
                    blocks: blockCount.wrappingAdd(found, ordering: .relaxed).newValue))
        }
        return looks
    }

    /// A look at one file, by some thread.
    private final class FileLook: Sendable {
        let isNew: Bool
        private let isNewest: Bool
        private let status: FileStatus
        private let before: (status: FileStatus, slots: [FileScan.Slot], hasFailed: Bool)
        private let state: Mutex<(scan: FileScan, blocks: [Int])>

        init(_ scan: FileScan, _ status: FileStatus, isNew: Bool, isNewest: Bool) {
            (self.isNew, self.isNewest, self.status) = (isNew, isNewest, status)
            before = (scan.status, scan.slots, scan.failure != nil)
            state = Mutex((scan, []))
        }

        /// What is known of it before it is read.
        var told: FirstLook.File {
            FirstLook.File(
                name: result.scan.name, size: status.size, allocated: status.allocated)
        }

        /// What is known of the file, and the blocks that must be walked.
        var result: (scan: FileScan, blocks: [Int]) { state.withLock { $0 } }

        var foundNothingNew: Bool {
            let (scan, blocks) = result
            return !isNew && before.status == status && !before.hasFailed && blocks.isEmpty
                && scan.slots == before.slots && scan.failure == nil
        }

        func run(_ probes: [TopicName: [Int]]) {
            state.withLock { state in
                state.blocks = Scanner.look(
                    at: &state.scan, status, isNew: isNew, isNewest: isNewest, probes)
            }
        }
    }

    /// Brings what is known of a file's blocks up to date. Returns those that must be walked.
    private static func look(
        at scan: inout FileScan, _ status: FileStatus, isNew: Bool, isNewest: Bool,
        _ probes: [TopicName: [Int]]
    ) -> [Int] {
        let before = scan.status
        let isReplaced = before.identity != status.identity || status.size != before.size
        let isSame = !isNew && before == status
        // Reading a failing device again and again makes it no better.
        let isFinal = scan.failure == nil || scan.failure?.errno == .ioError
        let age = Int(Clock.wall()) - status.modified
        if isSame, isFinal, !isNewest, age > hotNanoseconds { return [] }
        scan.status = status
        do {
            if isNew || isReplaced || scan.failure != nil {
                scan.failure = nil
                try scan.findBlocks(probes: probes)
                return Array(scan.blocks.indices)
            }
            let file = try scan.open()
            var known: [BlockFrame: (scan: BlockScan, staleness: BlockScan.Staleness)] = [:]
            for block in scan.blocks { known[block.frame] = (block, try block.isStale(file)) }
            if known.values.contains(where: { $0.staleness == .rewritten }) {
                // A block that was given up may be free again, or belong to another topic.
                try scan.findBlocks(probes: probes)
            } else {
                try scan.findNewBlocks(in: file, probes: probes)
            }
            return scan.blocks.indices.filter { index in
                let frame = scan.blocks[index].frame
                guard let (block, staleness) = known[frame] else { return true }
                switch staleness {
                case .same: scan.blocks[index] = block
                case .grown: scan.blocks[index] = block
                case .rewritten:
                    scan.blocks[index] = BlockScan(
                        frame: frame, probes: probes[frame.topic] ?? [],
                        confirmedDamage: block.damagedCount)
                }
                return staleness != .same
            }
        } catch {
            scan.failure = error as? IOError
            return []
        }
    }

    /// Walks over blocks on all processors. Returns false when `progress` stopped it.
    private func walk(
        _ work: [Work], _ notes: FirstLookNotes?,
        _ progress: @Sendable @escaping (Progress) -> Bool
    ) -> Bool {
        // A few blocks of a file at a time: opening it takes as long as reading a small one, and every
        // thread is to have something to do to the end.
        let many = max(1, min(16, work.count / 64))
        var tasks: [Task] = []
        var rest = work[...]
        while let first = rest.first {
            let blocks = rest.prefix(many).prefix { $0.file == first.file }
            rest = rest.dropFirst(blocks.count)
            guard let scan = files[first.file] else { continue }
            tasks.append(
                Task(first.file, scan.path, blocks.map { ($0.block, scan.blocks[$0.block]) }))
        }
        let total = tasks.reduce(0) { $0 + $1.expected }
        let done = Atomic(0)
        let goesOn = Atomic(true)
        Thread.forEach(tasks.count) { [tasks] index in
            tasks[index].run(notes) { bytes in
                guard goesOn.load(ordering: .relaxed) else { return false }
                let sum = done.wrappingAdd(bytes, ordering: .relaxed).newValue
                if !progress(Progress(done: sum, total: total)) {
                    goesOn.store(false, ordering: .relaxed)
                }
                return goesOn.load(ordering: .relaxed)
            }
        }
        guard goesOn.load(ordering: .relaxed) else {
            // Half-walked blocks would pass for whole ones.
            files = [:]
            return false
        }
        for task in tasks {
            let (blocks, failure) = task.result
            for (index, block) in blocks { files[task.file]?.blocks[index] = block }
            if let failure { files[task.file]?.failure = failure }
        }
        return true
    }

    /// Blocks of one file to be walked by some thread.
    private final class Task: Sendable {
        let file: DataFileName
        private let path: FilePath
        private let state: Mutex<(blocks: [(index: Int, block: BlockScan)], failure: IOError?)>
        /// Bytes that the walk will read, about.
        let expected: Int

        init(_ file: DataFileName, _ path: FilePath, _ blocks: [(index: Int, block: BlockScan)]) {
            (self.file, self.path) = (file, path)
            expected = blocks.reduce(0) { $0 + $1.block.toRead }
            state = Mutex((blocks, nil))
        }

        /// The blocks as far as they could be walked, and why one could not.
        var result: (blocks: [(index: Int, block: BlockScan)], failure: IOError?) {
            state.withLock { $0 }
        }

        /// - Parameter advance: hears of bytes that were read: for each block as many as were expected,
        ///   whatever it holds.
        func run(_ notes: FirstLookNotes?, _ advance: (Int) -> Bool) {
            var (blocks, failure) = result
            func note(_ error: any Error) {
                failure = error as? IOError ?? IOError("read", path, .ioError)
            }
            do {
                let file = try DiskFile(path, .readOnly)
                for place in blocks.indices where advance(0) {
                    var (index, block) = blocks[place]
                    var rest = block.toRead
                    do {
                        try block.walk(file) { bytes in
                            let told = min(bytes, rest)
                            rest -= told
                            return advance(told)
                        }
                        blocks[place].block = block
                        notes?.counted(block, index, of: self.file)
                    } catch { note(error) }
                    _ = advance(rest)
                }
            } catch { note(error) }
            state.withLock { $0 = (blocks, failure) }
        }
    }

    /// Where `offset` falls in a block, measuring it when it is not known yet.
    private func probe(_ name: DataFileName, _ index: Int, _ offset: Int) -> BlockScan.Probe {
        if let known = files[name]?.blocks[index].boundary(offset) { return known }
        guard let probe = measure(name, index, offset) else { return BlockScan.Probe() }
        files[name]?.blocks[index].remember(offset, probe)
        return probe
    }

    private func measure(_ name: DataFileName, _ index: Int, _ offset: Int) -> BlockScan.Probe? {
        guard let scan = files[name], let file = try? scan.open() else { return nil }
        return try? scan.blocks[index].measure(file, offset)
    }

    // MARK: - For what is made of the last scan

    /// The last look at the directory: its state, its listing, and the small files.
    var lastLook: (state: DirectoryState, listing: Set<DirectoryEntry>, sidecars: Sidecars)? {
        guard let assembled, let sidecars else { return nil }
        return (assembled.state, assembled.listing, sidecars)
    }

    func scan(of file: DataFileName) -> FileScan? { files[file] }

    /// Whether a look has come to its end: the next one reads only what is new.
    public var hasLooked: Bool { assembled != nil }

    /// Where `offset` falls in the block that begins in a slot.
    func probe(_ name: DataFileName, slot: Int, _ offset: Int) -> BlockScan.Probe {
        guard let scan = files[name], scan.slots.indices.contains(slot),
            case .block(let index) = scan.slots[slot]
        else { return BlockScan.Probe() }
        return probe(name, index, offset)
    }
}
