import Inspect
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@testable import WalrusBench

/// Each mode does what it says, on small sizes; what is counted is what is on disk.
@Suite struct BenchTests {
    private let place: TempDirectory

    init() throws { place = try TempDirectory() }

    private var log: FilePath { place.path.appending("log") }

    private func small(_ mode: BenchMode, milliseconds: UInt64 = 40) -> Workload {
        var workload = Workload(mode)
        workload.sizes = 10...200
        workload.duration = milliseconds * 1_000_000
        workload.schedule = .never
        workload.batch = 7
        workload.entries = 50
        workload.diskLimit = 64 << 20
        workload.directory = log
        return workload
    }

    private func state() throws -> DirectoryState {
        try #require(try Scanner(log).scan { _ in true })
    }

    @Test(arguments: [(1, nil), (2, nil), (3, 2), (1, 4)] as [(Int, Int?)])
    func appends(threads: Int, topics: Int?) throws {
        for mode in [BenchMode.append, .batch] {
            var workload = small(mode)
            workload.threads = threads
            workload.topics = topics
            workload.keepsFiles = true
            let result = try Bench(workload).run()
            #expect(result.errors == 0 && result.failure == nil && !result.wasInterrupted)
            #expect(result.threads == threads && result.topics == topics ?? threads)
            #expect(result.entries > 0 && result.prepared == topics ?? threads)
            #expect(result.entries == result.calls * (mode == .batch ? 7 : 1))
            #expect(result.latency.count == result.calls)
            #expect(result.latency.p50 <= result.latency.p99 && result.latency.p99 > 0)
            let state = try state()
            #expect(state.topics.count == result.topics)
            #expect(state.topics.reduce(0) { $0 + $1.entries } == result.entries + result.prepared)
            let stored = state.topics.reduce(0) { $0 + $1.size }
            let headers = (result.entries + result.prepared) * Layout.headerSize
            // The one that each topic had before has the first length of the row.
            #expect(stored == result.bytes + headers + result.prepared * 10)
            #expect(!state.findings.contains { $0.severity == .error })
            try Scratch.empty(log)
        }
    }

    @Test func readsAgainAndAgain() throws {
        for mode in [BenchMode.read, .readBatch] {
            var workload = small(mode)
            workload.threads = 2
            workload.topics = 3
            workload.consistency = .atLeastOnce(persistEvery: 1_000)
            workload.keepsFiles = true
            let result = try Bench(workload).run()
            #expect(result.prepared == 150 && result.errors == 0)
            // More than there are: the cursors went back.
            #expect(result.entries > 150)
            #expect(mode == .read ? result.calls == result.entries : result.calls < result.entries)
            let state = try state()
            #expect(state.topics.map(\.entries) == [50, 50, 50])
            try Scratch.empty(log)
        }
    }

    /// A crash leaves no snapshot and no word of a close; a clean close leaves both.
    @Test func opensWhatACrashLeaves() throws {
        for mode in [BenchMode.recover, .open] {
            let seen = Mutex<Set<Bool>>([])
            let folder = mode == .recover ? log.appending(Scratch.openedName) : log
            var workload = small(mode)
            workload.topics = 2
            let bench = Bench(workload) { progress in
                if progress.phase == .engine {
                    let snapshot = folder.appending(DirectoryNames.snapshot)
                    let exists = (try? FileStatus.of(snapshot)) != nil
                    seen.withLock { _ = $0.insert(exists) }
                }
                return true
            }
            let result = try bench.run()
            #expect(result.calls > 0 && result.entries == result.calls * 100)
            #expect(result.latency.count == result.calls)
            #expect(!Directory.exists(log))
        }
    }

    /// What an opening finds right after the crash: all entries, and nothing that close writes.
    @Test func aCrashIsNoClose() throws {
        try Directory.create(log)
        let scratch = try Scratch(log)
        let side = OpeningSide(small(.recover), scratch)
        let watch = Watch({ _ in true }, isCancelled: { false })
        try side.prepare(watch)
        try side.layOut()
        let crashed = try Directory.list(scratch.opened).map(\.name)
        #expect(crashed.contains { DataFileName($0) != nil })
        #expect(!crashed.contains(DirectoryNames.snapshot))
        #expect(!crashed.contains(DirectoryNames.cursorIndex))
        let closed = try Directory.list(log).map(\.name)
        #expect(closed.contains(DirectoryNames.snapshot))
        let engine = try Walrus(Configuration(directory: scratch.opened, key: nil))
        #expect(engine.topics().map(\.entries) == [50])
        try engine.close()
    }

    @Test(arguments: BenchMode.allCases) func withItsFloor(mode: BenchMode) throws {
        for backend in StorageBackend.allCases {
            var workload = small(mode, milliseconds: 60)
            workload.backend = backend
            workload.comparesFloor = true
            workload.rounds = 3
            workload.threads = mode.opens ? 1 : 2
            let phases = Mutex<[BenchProgress.Phase]>([])
            let result = try Bench(workload) { progress in
                phases.withLock { $0.append(progress.phase) }
                return true
            }.run()
            #expect(result.entries > 0 && result.entriesPerSecond > 0)
            #expect(!Directory.exists(log))
            guard mode != .open else {
                #expect(result.floor == nil)
                continue
            }
            let floor = try #require(result.floor)
            #expect(floor.rounds == 3 && floor.entriesPerSecond > 0)
            #expect(floor.ratioMin <= floor.ratio && floor.ratio <= floor.ratioMax)
        }
    }

    /// The log is begun anew when its share of the disk is used up, and the clock goes on.
    @Test func diskUseIsBounded() throws {
        var workload = small(.append, milliseconds: 3_600_000)
        workload.sizes = 50_000...50_000
        workload.diskLimit = 3 << 20
        workload.keepsFiles = true
        let result = try Bench(workload) { $0.phase != .engine || $0.bytes < 9 << 20 }.run()
        #expect(result.bytes >= 9 << 20 && result.errors == 0)
        let state = try state()
        #expect(state.topics.reduce(0) { $0 + $1.size } <= 3 << 20)
    }

    @Test func refusesWhatIsNotEmpty() throws {
        try Directory.create(log)
        let engine = try Walrus(Configuration(directory: log, key: nil))
        try engine.append([1, 2, 3], to: "precious")
        try engine.close()
        let before = try Snapshot(log)
        #expect(throws: BenchError.occupied(log)) { try Bench(small(.append)).run() }
        #expect(try Snapshot(log).changes(since: before).isEmpty)
        // What somebody puts beside the log meanwhile stays too.
        try Scratch.empty(log)
        let result = try Bench(small(.append, milliseconds: 3_600_000)) { [log] figures in
            guard figures.phase == .engine, figures.entries > 0 else { return true }
            return (try? DiskFile(log.appending("theirs"), .openOrCreate)) == nil
        }.run()
        #expect(result.entries > 0)
        #expect(try Directory.list(log).map(\.name) == ["theirs"])
    }

    @Test func anInterruptedRunHasItsFiguresAndLeavesNothing() throws {
        var workload = small(.append, milliseconds: 3_600_000)
        let result = try Bench(workload) { $0.phase != .engine || $0.entries == 0 }.run()
        #expect(result.wasInterrupted && result.entries > 0 && result.errors == 0)
        #expect(!Directory.exists(log))
        // On the floor's turn there is nothing to tell yet.
        workload.comparesFloor = true
        #expect(throws: BenchError.cancelled) { try Bench(workload) { _ in false }.run() }
        #expect(!Directory.exists(log))
        let (working, ended) = (Event(), Event())
        let outcome = Mutex<BenchResult?>(nil)
        workload.comparesFloor = false
        let bench = Bench.start(
            workload,
            onProgress: { progress in
                if progress.phase == .engine, progress.entries > 0 { working.set() }
                return true
            },
            completion: { result in
                outcome.withLock { $0 = try? result.get() }
                ended.set()
            })
        #expect(working.wait(nanoseconds: 60_000_000_000))
        bench.cancel()
        #expect(ended.wait(nanoseconds: 60_000_000_000))
        #expect(outcome.withLock { $0 }?.wasInterrupted == true)
    }

    @Test(.enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"))
    func aFullDisk() throws {
        let kind = try #require(TinyDisk.possible.first)
        let disk = try TinyDisk(kind)
        // It fills the disk itself: the benchmark's own limit keeps it from doing so.
        let filler = disk.path.appending("filler")
        var workload = small(.append, milliseconds: 60_000)
        workload.sizes = 20_000...20_000
        workload.directory = disk.path.appending("log")
        workload.diskLimit = nil
        let result = try Bench(workload) { progress in
            guard progress.phase == .engine, progress.entries > 0 else { return true }
            let file = try? DiskFile(filler, .openOrCreate)
            let bytes = [UInt8](repeating: 1, count: 1 << 20)
            for index in 0..<64 {
                unsafe bytes.withUnsafeBytes { bytes in
                    let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
                    unsafe try? file?.write(at: index << 20, bytes, nothing)
                }
            }
            return true
        }.run()
        #expect(result.errors > 0)
        #expect(result.failure?.contains("free some space") == true)
        #expect(!Directory.exists(disk.path.appending("log")))
    }

    @Test func tooMuchToReadIsRefused() throws {
        var workload = small(.read)
        workload.entries = 10_000_000
        #expect(throws: BenchError.self) { try Bench(workload).run() }
        #expect(!Directory.exists(log))
    }
}
