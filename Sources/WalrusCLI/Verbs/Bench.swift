import ArgumentParser
import SystemPackage
import WalrusBench
import WalrusEngine
import WalrusFormat
import WalrusIO

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the engine, and the floor under it. Writes, into a new directory only.",
        usage: "walrus bench append|batch|read|read-batch|recover|open [--dir DIR] ...",
        discussion: """
            With --floor the bare loop of the same system calls and copies runs in turns with the \
            engine, and the ratio of the two is told. docs/performance.md has the method.
            """,
        subcommands: [BenchRun.self, BenchTable.self, BenchReport.self, BenchCompare.self],
        defaultSubcommand: BenchRun.self)
}

struct BenchRun: Verb {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure one workload; the default. Writes.")

    @Argument(
        help: ArgumentHelp(
            "append, batch, read, read-batch, recover or open.", valueName: "MODE"))
    var mode: ModeArgument

    @Option(help: "The topics and entries are written here: a new or empty directory.")
    var dir: String?

    @Option(help: "Bytes of a payload: N, or MIN-MAX; 4K, 1M.")
    var size = SizeRange(1_024)

    @Option(help: "Threads: N, or A-B for a series with one result each.")
    var threads = NumberRange(1)

    @Option(help: "Topics; without, every thread has its own.")
    var topics: Int?

    @Option(help: "Seconds that the engine works; the floor has as many again.")
    var duration = 10.0

    @Option(help: "When entries go to disk: each, none, or every so many ms, as 200ms.")
    var fsync = FsyncArgument(schedule: .milliseconds(200))

    @Option(help: "How files are read and written: fd or mmap.")
    var backend = BackendArgument(backend: .fileDescriptor)

    @Option(help: "Entries of a batch.")
    var batch = 1_000

    @Option(help: "When reads are recorded: strict or at-least-once:N.")
    var consistency = ConsistencyArgument(consistency: .strictlyAtOnce)

    @Option(help: "Entries a topic has before it is read or opened.")
    var entries: Int?

    @Flag(help: "Measure the floor too, in turns, and tell the ratio.")
    var floor = false

    @Option(help: "Turns of floor and engine.")
    var rounds = 5

    @Option(
        help: "Bytes on disk at most, as 8G; then the log is begun anew while no clock runs.")
    var maxDisk: BytesArgument?

    @Flag(help: "Leave the log in its directory.")
    var keep = false

    @OptionGroup var sinks: BenchSinks

    func validate() throws {
        guard threads.range.lowerBound >= 1 else {
            throw ValidationError("--threads must be above 0")
        }
        if keep, dir == nil { throw ValidationError("--keep needs --dir: where to leave the log") }
        if keep, threads.range.count > 1 {
            throw ValidationError("--keep is for one number of threads, not for a series")
        }
        guard duration.isFinite, duration >= 0.001, duration <= 86_400 else {
            throw ValidationError("--duration must be 0.001 to 86400 seconds")
        }
        for workload in [threads.range.lowerBound, threads.range.upperBound].map(workload) {
            if let refusal = workload.refusal { throw ValidationError(refusal) }
        }
    }

    private func workload(_ threads: Int) -> Workload {
        var workload = Workload(mode.mode)
        workload.sizes = size.range
        workload.threads = threads
        workload.topics = topics
        workload.duration = UInt64(duration * 1e9)
        workload.schedule = fsync.schedule
        workload.backend = backend.backend
        workload.batch = batch
        workload.consistency = consistency.consistency
        workload.entries = entries
        workload.comparesFloor = floor
        workload.rounds = rounds
        workload.directory = dir.map { FilePath($0) }
        workload.keepsFiles = keep
        workload.diskLimit = maxDisk?.value
        return workload
    }

    func perform() throws {
        try BenchSession(sinks).run(threads.range.map(workload))
    }
}

/// Where the figures go.
struct BenchSinks: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "How to print: text, json or csv; jsonl tells each tenth of a second too.")
    var output: BenchOutput = .text

    @Option(help: "Add the results to this file, a line of JSON each.")
    var save: String?

    @Option(help: "Write what each tenth of a second brought to this file.")
    var csv: String?
}

enum BenchOutput: String, ExpressibleByArgument, CaseIterable { case text, json, jsonl, csv }

/// Values that WalrusBench knows, as an option's argument.
struct ModeArgument: ExpressibleByArgument {
    let mode: BenchMode

    init?(argument: String) {
        guard let mode = BenchMode(rawValue: argument) else { return nil }
        self.mode = mode
    }
}

struct BackendArgument: ExpressibleByArgument {
    let backend: StorageBackend

    init(backend: StorageBackend) { self.backend = backend }

    init?(argument: String) {
        guard let backend = StorageBackend(text: argument) else { return nil }
        self.backend = backend
    }

    var defaultValueDescription: String { backend.text }
    static var allValueStrings: [String] { StorageBackend.allCases.map(\.text) }
}

struct ConsistencyArgument: ExpressibleByArgument {
    let consistency: ReadConsistency

    init(consistency: ReadConsistency) { self.consistency = consistency }

    init?(argument: String) {
        guard let consistency = ReadConsistency(text: argument) else { return nil }
        self.consistency = consistency
    }

    var defaultValueDescription: String { consistency.text }
}

/// "N" or "MIN-MAX".
struct NumberRange: ExpressibleByArgument {
    let range: ClosedRange<Int>

    init(_ value: Int) { range = value...value }

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard (1...2).contains(parts.count), numbers.count == parts.count,
            let first = numbers.first,
            let last = numbers.last, first <= last
        else { return nil }
        range = first...last
    }

    var defaultValueDescription: String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}

/// Sizes in bytes: "1024", "4K", "100-4K".
struct SizeRange: ExpressibleByArgument {
    let range: ClosedRange<Int>

    init(_ value: Int) { range = value...value }

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        let sizes = parts.compactMap { ByteSize.parse($0) }
        guard (1...2).contains(parts.count), sizes.count == parts.count,
            let first = sizes.first, let last = sizes.last, first <= last
        else { return nil }
        range = first...last
    }

    var defaultValueDescription: String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}
