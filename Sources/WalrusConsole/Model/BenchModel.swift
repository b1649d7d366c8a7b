/// A benchmark to be run in a scratch directory.
public struct BenchOrder: Hashable, Sendable {
    public var mode = "append"
    /// Bytes of a payload.
    public var size = 1_024
    public var threads = 1
    public var seconds = 5
    public var fsync = "200ms"
    public var backend = "fd"
    /// Entries of a batch.
    public var batch = 1_000
    /// Whether the bare loop of its system calls is measured too.
    public var floor = true

    public init() {}

    /// Bytes that it may have on disk.
    public static let diskMax = 2 << 30

    public static let modes = ["append", "batch", "read", "read-batch", "recover", "open"]

    /// What comes after `walrus bench`.
    public func arguments(directory: String) -> [String] {
        var list = [
            mode, "--dir", directory, "--size", "\(size)", "--threads", "\(threads)",
            "--duration", "\(seconds)", "--fsync", fsync, "--backend", backend,
            "--max-disk", "\(Self.diskMax)", "-o", "jsonl",
        ]
        if mode == "batch" { list += ["--batch", "\(batch)"] }
        if floor { list.append("--floor") }
        return list
    }
}

/// What an order would take on disk, and where.
public struct BenchEstimate: Hashable, Sendable {
    public let order: BenchOrder
    /// The directory that is made for it, and removed after it.
    public let directory: String
    public let bytes: Int
    public let free: Int

    public init(order: BenchOrder, directory: String, bytes: Int, free: Int) {
        self.order = order
        self.directory = directory
        self.bytes = bytes
        self.free = free
    }
}

/// What a benchmark is at.
public struct BenchStep: Hashable, Sendable {
    public var phase = ""
    /// From 0 to 1.
    public var fraction = 0.0
    /// Nanoseconds since it began, and since the step before.
    public var elapsed: UInt64 = 0
    public var interval: UInt64 = 0
    public var entriesPerSecond = 0.0
    public var bytesPerSecond = 0.0
    public var entries = 0
    public var errors = 0
    /// Of the calls since the step before, in nanoseconds; nil where none was timed.
    public var latency: Latency?

    public struct Latency: Hashable, Sendable {
        public let p50: Int
        public let p99: Int
        public let max: Int

        public init(p50: Int, p99: Int, max: Int) {
            self.p50 = p50
            self.p99 = p99
            self.max = max
        }
    }

    public init() {}
}

/// A result, as the list of them shows it.
public struct BenchRow: Hashable, Sendable {
    /// What was measured, in words.
    public var label = ""
    /// Nanoseconds since 1970 UTC.
    public var started: UInt64 = 0
    public var wasInterrupted = false
    public var entriesPerSecond = 0
    public var bytesPerSecond = 0
    /// In nanoseconds.
    public var p50 = 0
    public var p99 = 0
    public var p999 = 0
    public var max = 0
    public var errors = 0
    public var floor: Int?
    /// Engine by floor.
    public var ratio: Double?
    /// Entries a second by those of the run before of the same workload.
    public var change: Double?
    /// Entries a second while it ran.
    public var history: [Int] = []

    public init() {}
}

/// The bench screen: what to run, what is running, what was run.
public struct BenchModel: Hashable, Sendable {
    public enum Stage: Hashable, Sendable {
        case idle
        /// The room on disk is being looked up.
        case estimating
        case asking(BenchEstimate)
        case running(BenchEstimate)
        case stopping(BenchEstimate)
    }

    public var order = BenchOrder()
    public internal(set) var stage = Stage.idle
    /// What was last found out of what an order would take.
    var estimate: BenchEstimate?
    public internal(set) var step: BenchStep?
    /// Entries a second of the engine, a step each, nil while something else had its turn; the
    /// newest last.
    public internal(set) var rates: [Double?] = []
    /// How long each of these steps was, in seconds.
    var rateSeconds: [Double] = []
    /// In the order in which they were run.
    public internal(set) var rows: [BenchRow] = []
    var areRowsLoaded = false
    /// What went wrong with the results' file.
    var problem: String?
    /// The line of the form under the cursor.
    var field = 0
    var areResultsFocused = false
    var position = ListPosition()
    /// The row that others are compared with, instead of the one before of the same workload.
    var baseline: Int?

    static let ratesMax = 600

    public init() {}

    var isBusy: Bool { stage != .idle }
    var isAsking: Bool { if case .asking = stage { true } else { false } }

    /// Lines of the form: what they are called, and what can be chosen.
    struct Field {
        let name: String
        let choices: [String]
        let selected: Int
        let hint: String
        let apply: (inout BenchOrder, Int) -> Void
    }

    var fields: [Field] {
        func field<T: Equatable>(
            _ name: String, _ values: [T], _ key: WritableKeyPath<BenchOrder, T>, _ hint: String,
            text: (T) -> String = { "\($0)" }
        ) -> Field {
            Field(
                name: name, choices: values.map(text),
                selected: values.firstIndex(of: order[keyPath: key]) ?? 0, hint: hint,
                apply: { order, index in order[keyPath: key] = values[index] })
        }
        var list = [
            field("workload", BenchOrder.modes, \.mode, Self.meaning(order.mode)),
            field(
                "payload", [0, 64, 256, 1_024, 4_096, 65_536, 1 << 20], \.size, "bytes of an entry",
                text: { Figures.bytes($0) }),
            field("threads", [1, 2, 4, 8, 16], \.threads, "each with a topic of its own"),
            field(
                "duration", [1, 2, 5, 10, 30, 60], \.seconds,
                order.floor ? "of the engine, and as much of the floor" : "of the engine",
                text: { "\($0)s" }),
            field("fsync", ["each", "200ms", "none"], \.fsync, "when entries go to disk"),
            field("backend", ["fd", "mmap"], \.backend, "how files are read and written"),
            field(
                "floor", [true, false], \.floor, "the bare system calls, measured in turns",
                text: { $0 ? "yes" : "no" }),
        ]
        if order.mode == "batch" {
            list.insert(
                field("batch", [10, 100, 1_000, 2_000], \.batch, "entries of a batch"), at: 2)
        }
        return list
    }

    private static func meaning(_ mode: String) -> String {
        switch mode {
        case "append": "entry by entry"
        case "batch": "many entries in one call"
        case "read": "entry by entry, each recorded"
        case "read-batch": "1 MiB in one call, recorded"
        case "recover": "opening a log after a crash"
        default: "opening a log that was closed"
        }
    }
}
