import WalrusBench
import WalrusConsole
import WalrusIO

/// Prints what benchmarks came to.
struct BenchPrinter {
    private let format: BenchOutput

    init(_ format: BenchOutput) { self.format = format }

    func print(_ results: [BenchResult], labels: [String] = []) throws(IOError) {
        let output = StandardOutput()
        switch format {
        case .json:
            // One run is one object; a series has them in a list.
            if results.count == 1, labels.isEmpty {
                try output.write(results[0].json + "\n")
            } else {
                let list = results.map(\.json).joined(separator: ",")
                try output.write("{\"schema\":1,\"results\":[\(list)]}\n")
            }
        case .jsonl:
            for result in results { try output.write(result.json + "\n") }
        case .csv:
            try output.write(Self.csvTitle)
            for result in results { try output.write(Self.csvRow(result)) }
        case .text: try output.write(ResultTable.text(results, labels: labels))
        }
        try output.flush()
    }

    private static let csvTitle =
        "engine,mode,size,threads,topics,fsync,backend,batch,consistency,entries,elapsed_ns,"
        + "entries_per_s,bytes_per_s,p50_ns,p90_ns,p99_ns,p999_ns,max_ns,errors,conflicts,"
        + "peak_memory_bytes,floor,ratio\n"

    private static func csvRow(_ result: BenchResult) -> String {
        let latency = result.latency
        let cells: [String] = [
            result.engine, result.mode, result.size, "\(result.threads)", "\(result.topics)",
            result.fsync, result.backend, "\(result.batch)", result.consistency,
            "\(result.entries)", "\(result.elapsed)", "\(result.entriesPerSecond)",
            "\(result.bytesPerSecond)", "\(latency.p50)", "\(latency.p90)", "\(latency.p99)",
            "\(latency.p999)", "\(latency.max)", "\(result.errors)", "\(result.conflicts)",
            "\(result.peakMemory)", result.floor.map { "\($0.entriesPerSecond)" } ?? "",
            result.floor.map { ResultTable.ratio($0.ratio) } ?? "",
        ]
        return cells.joined(separator: ",") + "\n"
    }
}
