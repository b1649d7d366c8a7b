import ArgumentParser
import SystemPackage
import WalrusActions
import WalrusBench
import WalrusIO
import WalrusTUI

struct BenchCompare: Verb {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare the last two results of each workload in a file of results.",
        discussion: "Exits with 1 when no workload was measured twice.")

    @Argument(
        help: ArgumentHelp(
            "What --save wrote; without it, what the console's Bench screen has kept.",
            valueName: "FILE"),
        completion: .file())
    var file: String?

    @Option(name: .shortAndLong, help: "How to print.")
    var output: OutputFormat = .text

    func perform() throws {
        guard let path = file.map({ FilePath($0) }) ?? UserFiles.benchResults else {
            throw Failure(.usage, "which file? give what bench --save wrote")
        }
        guard let read = try ResultFile.read(path) else {
            throw Failure(.io, "\(path): no such file; give what bench --save wrote")
        }
        let pairs = ResultComparison.pairs(read.results)
        let output = StandardOutput()
        switch self.output {
        case .json:
            let list = pairs.map(\.json).joined(separator: ",")
            try output.write("{\"schema\":1,\"comparisons\":[\(list)]}\n")
        case .jsonl: for pair in pairs { try output.write(pair.json + "\n") }
        case .text: if !pairs.isEmpty { try output.write(ResultComparison.text(pairs)) }
        }
        try output.flush()
        if pairs.isEmpty {
            throw Failure(.nothing, "\(path): no workload in it was measured twice")
        }
    }
}
