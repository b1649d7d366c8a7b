import Synchronization
import SystemPackage
import WalrusBench
import WalrusConsole
import WalrusIO

/// Runs workloads one after another, shows what they are at, and prints what they came to.
struct BenchSession {
    private let sinks: BenchSinks

    init(_ sinks: BenchSinks) { self.sinks = sinks }

    func run(_ workloads: [Workload], labels: [String] = []) throws {
        Interruption.watch()
        let intervals = try sinks.csv.map { try IntervalFile(FilePath($0)) }
        // A file that cannot be written is to be known before the work, not after it.
        if let path = sinks.save { try ResultFile.append([], to: FilePath(path)) }
        var results: [BenchResult] = []
        for (index, workload) in workloads.enumerated() where !Interruption.isRequested {
            do { try announce(workload) } catch { throw Self.failure(error) }
            let live = sinks.output == .jsonl ? ProgressLines() : nil
            let title = labels.isEmpty ? "\(workload.mode.rawValue)" : labels[index]
            let screen = BenchScreen(
                workloads.count > 1 ? "\(title) (\(index + 1)/\(workloads.count))" : title)
            let bench = WalrusBench.Bench(workload) { progress in
                screen.show(progress)
                intervals?.add(progress, threads: workload.threads)
                return live?.add(progress) != false && !Interruption.isRequested
            }
            defer { screen.clear() }
            let result: BenchResult
            do { result = try bench.run() } catch BenchError.cancelled where !results.isEmpty {
                break
            } catch { throw Self.failure(error) }
            results.append(result)
            screen.clear()
            if let path = sinks.save { try ResultFile.append([result], to: FilePath(path)) }
            if result.failure != nil { break }
        }
        try intervals?.close()
        try BenchPrinter(sinks.output).print(results, labels: labels)
        if let failure = results.last?.failure {
            throw Failure(.io, "the benchmark ended early: \(failure)")
        }
    }

    /// Nobody should wonder where the disk went.
    private func announce(_ workload: Workload) throws {
        guard sinks.output == .text else { return }
        try WalrusBench.Bench.check(workload)
        let use = try WalrusBench.Bench.diskUse(of: workload)
        StandardStreams.complain(
            "walrus: \(workload.mode.rawValue) takes up to \(Figures.bytes(use.bytes)) of the "
                + "\(Figures.bytes(use.free)) that are free on disk"
                + (workload.keepsFiles ? "" : ", and gives them back"))
    }

    private static func failure(_ error: any Error) -> any Error {
        switch error {
        case BenchError.refused, BenchError.occupied: Failure(.usage, "\(error)")
        case BenchError.noRoom, BenchError.lost: Failure(.io, "\(error)")
        case BenchError.cancelled: Failure(.nothing, "\(error)")
        default: error
        }
    }
}

/// The rows of `--csv`.
final class IntervalFile: Sendable {
    private let file: DiskFile
    private let state: Mutex<State>

    private struct State {
        var size = 0
        var failure: IOError?
    }

    init(_ path: FilePath) throws(IOError) {
        file = try DiskFile(path, .openOrCreate)
        try file.truncate(to: 0)
        state = Mutex(State())
        write(
            "phase,threads,elapsed_ms,interval_ms,entries,bytes,entries_per_s,bytes_per_s,"
                + "p50_ns,p99_ns,max_ns,errors\n")
    }

    func add(_ progress: BenchProgress, threads: Int) {
        guard progress.phase == .engine || progress.phase == .floor else { return }
        let latency = progress.latency
        // Where no call was timed there is no latency, and not one of 0.
        let latencies: [Int?] =
            latency.count > 0 ? [latency.p50, latency.p99, latency.max] : [nil, nil, nil]
        let numbers: [Int?] =
            [
                threads, Int(progress.elapsed / 1_000_000), Int(progress.interval / 1_000_000),
                progress.intervalEntries, progress.intervalBytes,
                Int(progress.entriesPerSecond.rounded()), Int(progress.bytesPerSecond.rounded()),
            ] + latencies + [progress.errors]
        let cells = [progress.phase.rawValue] + numbers.map { $0.map(String.init) ?? "" }
        write(cells.joined(separator: ",") + "\n")
    }

    private func write(_ text: String) {
        state.withLock { state in
            guard state.failure == nil else { return }
            do throws(IOError) {
                let bytes = Array(text.utf8)
                try unsafe bytes.span.bytes.withUnsafeBytes { (bytes) throws(IOError) in
                    let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
                    try unsafe file.write(at: state.size, bytes, nothing)
                }
                state.size += bytes.count
            } catch { state.failure = error }
        }
    }

    /// Throws what a row could not be written for.
    func close() throws(IOError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}

/// The lines of `-o jsonl`: what each tenth of a second brought, for programs that look on.
struct ProgressLines: Sendable {
    /// False: nobody reads any more, and the benchmark is to end.
    func add(_ progress: BenchProgress) -> Bool {
        let output = StandardOutput()
        do throws(IOError) {
            try output.write(progress.json + "\n")
            try output.flush()
            return true
        } catch { return false }
    }
}
