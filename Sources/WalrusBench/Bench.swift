internal import Synchronization
public import SystemPackage
internal import WalrusEngine
internal import WalrusIO

/// A benchmark that runs once: `run` on a thread of the caller's, or `start` on one of its own.
///
/// Nothing of it stays on disk unless the workload says so; it never writes into a directory that
/// holds something.
public final class Bench: Sendable {
    public let workload: Workload
    private let onProgress: @Sendable (BenchProgress) -> Bool
    private let cancelled = Atomic(false)

    /// - Parameter onProgress: called about ten times a second by the thread that runs. False ends
    ///   the benchmark, as `cancel` does.
    public init(
        _ workload: Workload,
        onProgress: @escaping @Sendable (BenchProgress) -> Bool = { _ in true }
    ) {
        self.workload = workload
        self.onProgress = onProgress
    }

    /// Ends the run soon; its result is what was measured until then.
    public func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Runs the benchmark on a thread of its own and gives its end to `completion`, on that thread.
    public static func start(
        _ workload: Workload, onProgress: @escaping @Sendable (BenchProgress) -> Bool,
        completion: @escaping @Sendable (Result<BenchResult, any Error>) -> Void
    ) -> Bench {
        let bench = Bench(workload, onProgress: onProgress)
        Thread.detach { completion(Result { try bench.run() }) }
        return bench
    }

    /// Most bytes that the workload will have on disk at any time, where it would run.
    public static func diskUse(of workload: Workload) throws -> (bytes: Int, free: Int) {
        let free = try Directory.freeSpace(existing(workload.directory))
        let budget = workload.budget(free: free)
        guard !workload.mode.writes else { return (budget, free) }
        // The floor of reads has a copy of its own.
        let copies = workload.mode.reads && workload.comparesFloor ? 2 : 1
        let (bytes, overflow) = workload.preparedBytes.multipliedReportingOverflow(by: copies)
        return (overflow ? .max : bytes, free)
    }

    /// Throws why the workload cannot be run where it is to run, before anything is written.
    ///
    /// - Returns: bytes that it may have on disk.
    @discardableResult
    public static func check(_ workload: Workload) throws -> Int {
        if let refusal = workload.refusal { throw BenchError.refused(refusal) }
        if let directory = workload.directory { try Scratch.check(directory) }
        let use = try diskUse(of: workload)
        let budget = workload.budget(free: use.free)
        guard use.bytes <= budget || workload.mode.writes else {
            throw BenchError.noRoom(existing(workload.directory), needed: use.bytes, free: budget)
        }
        return budget
    }

    /// Blocks until it is done. Throws `BenchError`, and `EngineError` or `IOError` from before
    /// anything was measured; a failure later is in the result.
    public func run() throws -> BenchResult {
        let budget = try Self.check(workload)
        let scratch = try Scratch(workload.directory)
        let result: BenchResult
        do { result = try measure(scratch, budget: budget) } catch {
            // The first failure is the one to tell.
            try? scratch.remove()
            throw error
        }
        if !workload.keepsFiles { try scratch.remove() } else { try scratch.removeFolders() }
        return result
    }

    /// Removes what a benchmark that was killed has left in `directory`, and the directory where
    /// nothing else is in it.
    public static func clean(_ directory: FilePath) throws {
        try Scratch(leftBehind: directory).remove()
    }

    private static func existing(_ directory: FilePath?) -> FilePath {
        guard let directory else { return "." }
        if Directory.exists(directory) { return directory }
        let parent = directory.removingLastComponent()
        return parent.isEmpty ? "." : parent
    }

    // MARK: - Measuring

    private func measure(_ scratch: Scratch, budget: Int) throws -> BenchResult {
        var result = BenchResult(workload)
        result.started = Int(clamping: Clock.wall())
        let history = Mutex<[Double]>([])
        let watch = Watch(
            { [onProgress] progress in
                if progress.phase == .engine {
                    history.withLock { $0.append(progress.entriesPerSecond) }
                }
                return onProgress(progress)
            }, isCancelled: { [self] in cancelled.load(ordering: .relaxed) })
        let sides = sides(scratch, budget)
        watch.begin(.preparing, round: 0, of: 1)
        try sides.engine.prepare(watch)
        if !watch.wasCancelled { try sides.floor?.prepare(watch) }
        if watch.wasCancelled { throw BenchError.cancelled }

        var run = Run(rounds: workload.comparesFloor ? workload.rounds : nil)
        try measure(&run, sides, watch)
        watch.begin(.cleaning, round: run.turns.count, of: run.turns.count)
        try sides.floor?.finish()
        if run.failures.isEmpty { try sides.engine.finish() } else { try? sides.engine.finish() }
        guard run.total.calls > 0 || !run.failures.isEmpty else { throw BenchError.cancelled }
        result.take(run, wasInterrupted: watch.wasCancelled)
        result.history = history.withLock { rates in
            Series.thinned(rates, to: Self.historyMax).map { Int($0.rounded()) }
        }
        return result
    }

    private static let historyMax = 240

    private func sides(_ scratch: Scratch, _ budget: Int) -> (engine: any Side, floor: (any Side)?)
    {
        // A look at the clock costs a share of the shortest calls, and the floor has none of it.
        let isShort =
            workload.comparesFloor && workload.mode != .batch && workload.schedule != .each
        let mask = isShort ? 15 : 0
        switch workload.mode {
        case .append, .batch:
            return (
                WritingSide(workload, scratch, budget: budget, timingMask: mask),
                workload.comparesFloor ? FloorSide(workload, scratch, budget: budget) : nil
            )
        case .read, .readBatch:
            return (
                ReadingSide(workload, scratch, timingMask: mask),
                workload.comparesFloor ? FloorSide(workload, scratch, budget: budget) : nil
            )
        case .recover:
            return (
                OpeningSide(workload, scratch),
                workload.comparesFloor ? ScanFloor(workload, scratch) : nil
            )
        case .open: return (OpeningSide(workload, scratch), nil)
        }
    }

    /// Slices in turns: with a floor as many as there are rounds, without one until time is up.
    private func measure(
        _ run: inout Run, _ sides: (engine: any Side, floor: (any Side)?), _ watch: Watch
    ) throws {
        let rounds = run.rounds ?? 1
        let perRound = max(1, workload.duration / UInt64(rounds))
        let duration = workload.duration
        while run.rounds.map({ run.turns.count < $0 }) ?? (run.spent < duration) {
            let turn = run.turns.count
            let before = run.spent
            func fraction(_ done: UInt64, isFloor: Bool) -> Double {
                guard run.rounds != nil else { return Double(before + done) / Double(duration) }
                let half = sides.floor == nil ? 1.0 : 0.5
                let part = Double(done) / Double(perRound) * half + (isFloor ? 0 : 1 - half)
                return (Double(turn) + part) / Double(rounds)
            }
            var floor = 0.0
            if let side = sides.floor {
                watch.begin(.floor, round: turn, of: rounds)
                let outcome = try side.slice(perRound, watch) { fraction($0, isFloor: true) }
                if let failure = outcome.failures.first { throw failure }
                if watch.wasCancelled { return }
                floor = outcome.slice.entriesPerSecond
            }
            watch.begin(.engine, round: turn, of: rounds)
            Host.forgetPeakMemory()
            let left = run.rounds == nil ? duration - before : perRound
            let outcome: SliceOutcome
            do {
                outcome = try sides.engine.slice(left, watch) { fraction($0, isFloor: false) }
            } catch {
                // What was measured before is not worth less for it.
                guard run.total.calls > 0 else { throw error }
                run.failures.append(error)
                watch.failed(1)
                return
            }
            run.take(outcome, floor: floor, peak: Host.peakMemory ?? 0)
            if watch.wasCancelled || !run.failures.isEmpty || outcome.slice.calls == 0 { return }
        }
    }
}

/// The slices so far.
struct Run {
    /// Nil: no floor, and so no rounds.
    let rounds: Int?
    var total = Slice()
    var latencies = Latencies()
    /// Nanoseconds of the engine's slices.
    var spent: UInt64 = 0
    var turns: [(engine: Double, floor: Double)] = []
    var bytesPerSecond: [Double] = []
    var failures: [any Error] = []
    var peak = 0

    init(rounds: Int?) { self.rounds = rounds }

    mutating func take(_ outcome: SliceOutcome, floor: Double, peak: Int) {
        total = total + outcome.slice
        spent += outcome.spent
        latencies.add(outcome.latencies)
        turns.append((outcome.slice.entriesPerSecond, floor))
        bytesPerSecond.append(Slice.perSecond(outcome.slice.bytes, outcome.slice.nanoseconds))
        failures += outcome.failures
        self.peak = max(self.peak, peak)
    }
}

extension BenchResult {
    /// The settings of `workload`, and no figures.
    init(_ workload: Workload) {
        self.init()
        mode = workload.mode.rawValue
        sizes = workload.sizes
        threads = workload.mode.opens ? 1 : workload.threads
        topics = workload.topicCount
        fsync = workload.schedule.text
        backend = workload.backend.text
        batch = workload.mode == .batch ? workload.batch : 1
        consistency = workload.consistency.text
        prepared = workload.preparedPerTopic * workload.topicCount
    }

    mutating func take(_ run: Run, wasInterrupted: Bool) {
        self.wasInterrupted = wasInterrupted
        entries = run.total.entries
        bytes = run.total.bytes
        calls = run.total.calls
        conflicts = run.total.conflicts
        elapsed = Int(clamping: run.total.nanoseconds)
        latency = run.latencies.figures
        peakMemory = run.peak
        errors = run.failures.count
        failure = run.failures.first.map { "\($0)" }
        // An interrupted slice is short, but its rate is one.
        let turns = run.turns.filter { $0.engine > 0 }
        if run.rounds != nil {
            entriesPerSecond = Int((Series.median(turns.map(\.engine)) ?? 0).rounded())
            bytesPerSecond = Int((Series.median(run.bytesPerSecond) ?? 0).rounded())
            floor = Comparison(turns)
        } else {
            entriesPerSecond = Int(run.total.entriesPerSecond.rounded())
            bytesPerSecond = Int(
                Slice.perSecond(run.total.bytes, run.total.nanoseconds).rounded())
        }
    }
}
