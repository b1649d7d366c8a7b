internal import Synchronization
internal import SystemPackage
internal import WalrusActions
internal import WalrusBench
internal import WalrusConsole
internal import WalrusEngine
internal import WalrusIO

/// Runs benchmarks for the console: the program itself, `walrus bench`, as a process of its own, so
/// that nothing that a benchmark does to memory, files or signals is done to the console.
final class BenchRunner: Sendable {
    /// Nanoseconds that a benchmark has to end by itself, and take its files away, once it is told.
    private static let patience: UInt64 = 20_000_000_000
    private static let lineMax = 1 << 20

    private let program: String?
    private let child = Mutex<ChildProcess?>(nil)
    private let stops = Atomic(false)
    private static let count = Atomic(0)

    /// - Parameter program: the executable; without, the one that runs.
    init(program: String? = nil) { self.program = program ?? Host.executable }

    /// What an order would take on disk, in a new directory beside other temporary files.
    func estimate(_ order: BenchOrder) throws -> BenchEstimate {
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        let root = FilePath(Host.environment("TMPDIR") ?? "/tmp")
        let directory = root.appending("walrus-bench-\(Host.processID)-\(number)")
        let workload = try Self.workload(order, directory)
        try Bench.check(workload)
        let use = try Bench.diskUse(of: workload)
        return BenchEstimate(
            order: order, directory: directory.string, bytes: use.bytes, free: use.free)
    }

    private static func workload(_ order: BenchOrder, _ directory: FilePath) throws -> Workload {
        guard let mode = BenchMode(rawValue: order.mode),
            let schedule = FsyncSchedule(text: order.fsync),
            let backend = StorageBackend(text: order.backend)
        else { throw ActionFailure("there is no such workload") }
        var workload = Workload(mode)
        workload.sizes = order.size...order.size
        workload.threads = order.threads
        workload.duration = UInt64(order.seconds) * 1_000_000_000
        workload.schedule = schedule
        workload.backend = backend
        workload.batch = order.batch
        workload.comparesFloor = order.floor
        workload.directory = directory
        workload.diskLimit = BenchOrder.diskMax
        return workload
    }

    /// The next run is wanted, whatever was stopped before.
    func allow() { stops.store(false, ordering: .relaxed) }

    /// Tells the running benchmark to end soon.
    func stop() {
        stops.store(true, ordering: .relaxed)
        child.withLock { $0 }?.interrupt()
    }

    /// Runs it to its end. What it came to is kept; returns what went wrong, nil if nothing did.
    func run(_ estimate: BenchEstimate, _ tell: (Message) -> Void) -> String? {
        do {
            guard let program else { throw ActionFailure("this program's file is not found") }
            guard !stops.load(ordering: .relaxed) else { return nil }
            let words =
                [program, "bench"] + estimate.order.arguments(directory: estimate.directory)
            let line = words.map {
                "'"
                    + $0.split(separator: "'", omittingEmptySubsequences: false)
                    .joined(separator: "'\\''") + "'"
            }.joined(separator: " ")
            let process = try ChildProcess(shell: "exec " + line)
            child.withLock { $0 = process }
            defer {
                child.withLock { $0 = nil }
                process.end()
                removeRest(FilePath(estimate.directory))
            }
            return try follow(process, tell)
        } catch { return ActionFailure(error).message }
    }

    private func follow(_ process: ChildProcess, _ tell: (Message) -> Void) throws -> String? {
        var result: BenchResult?
        var deadline: UInt64?
        while true {
            if deadline == nil, stops.load(ordering: .relaxed) {
                deadline = Clock.monotonic() + Self.patience
                process.interrupt()
            }
            if let deadline, Clock.monotonic() > deadline {
                return "the benchmark did not end when it was told to, and was killed"
            }
            switch process.nextLine(limit: Self.lineMax, timeout: 200_000_000) {
            case .line(let bytes):
                if let progress = BenchProgress(json: bytes) {
                    tell(.benchStep(BenchStep(progress)))
                } else if let read = BenchResult(json: bytes) {
                    result = read
                }
            case .none: continue
            case .end(let complaint):
                guard let result else {
                    if stops.load(ordering: .relaxed) { return nil }
                    let prefix = "walrus: "
                    let text =
                        complaint.hasPrefix(prefix)
                        ? String(complaint.dropFirst(prefix.count)) : complaint
                    return text.isEmpty ? "the benchmark ended without a result" : text
                }
                try keep(result)
                return result.failure.map { "the benchmark ended early: \($0)" }
            }
        }
    }

    private func keep(_ result: BenchResult) throws {
        guard let path = UserFiles.benchResults else {
            throw ActionFailure("the result is not kept: neither XDG_STATE_HOME nor HOME is set")
        }
        try Directory.create(path.removingLastComponent())
        try ResultFile.append([result], to: path)
    }

    /// A benchmark that was killed leaves its files: what it makes, and nothing else, goes.
    private func removeRest(_ directory: FilePath) {
        guard Directory.exists(directory) else { return }
        try? Bench.clean(directory)
    }

    /// The results that are kept, as rows.
    func rows() -> (rows: [BenchRow], problem: String?) {
        guard let path = UserFiles.benchResults else { return ([], nil) }
        do throws(IOError) {
            guard let read = try ResultFile.read(path) else { return ([], nil) }
            // The newest are those that are looked at.
            let results = Array(read.results.suffix(Self.rowsMax))
            return (results.indices.map { BenchRow(results, $0) }, nil)
        } catch { return ([], "\(error)") }
    }

    private static let rowsMax = 1_000
}

extension BenchStep {
    init(_ progress: BenchProgress) {
        self.init()
        phase = progress.phase.rawValue
        fraction = progress.fraction
        elapsed = progress.elapsed
        interval = progress.interval
        entriesPerSecond = progress.entriesPerSecond
        bytesPerSecond = progress.bytesPerSecond
        entries = progress.entries
        errors = progress.errors
        if progress.latency.count > 0 {
            latency = Latency(
                p50: progress.latency.p50, p99: progress.latency.p99, max: progress.latency.max)
        }
    }
}

extension BenchRow {
    init(_ results: [BenchResult], _ index: Int) {
        let result = results[index]
        self.init()
        label = ResultTable.label(result)
        started = UInt64(Swift.max(0, result.started))
        wasInterrupted = result.wasInterrupted
        entriesPerSecond = result.entriesPerSecond
        bytesPerSecond = result.bytesPerSecond
        (p50, p99) = (result.latency.p50, result.latency.p99)
        (p999, max) = (result.latency.p999, result.latency.max)
        errors = result.errors
        floor = result.floor?.entriesPerSecond
        ratio = result.floor?.ratio
        change = ResultComparison.previous(to: index, in: results).flatMap {
            ResultComparison.change(from: results[$0], to: result)
        }
        history = result.history
    }
}
