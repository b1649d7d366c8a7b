public import SystemPackage
public import WalrusEngine
internal import WalrusFormat

/// What a benchmark does.
public enum BenchMode: String, Hashable, Sendable, CaseIterable {
    /// `append(_:to:)`, entry by entry.
    case append
    /// `append(batch:to:)`.
    case batch
    /// `readNext(_:checkpoint:)` with a checkpoint.
    case read
    /// `readBatch(_:maxBytes:checkpoint:)` of 1 MiB with a checkpoint.
    case readBatch = "read-batch"
    /// Opening a directory whose engine ended without `close`.
    case recover
    /// Opening a directory whose engine was closed.
    case open

    public var writes: Bool { self == .append || self == .batch }
    public var reads: Bool { self == .read || self == .readBatch }
    /// Whether what is timed is opening an engine.
    public var opens: Bool { self == .recover || self == .open }
}

/// A benchmark: what to do, with what, for how long.
public struct Workload: Hashable, Sendable {
    public var mode: BenchMode
    /// Bytes of a payload. Where they differ, they are spread evenly over the range.
    public var sizes: ClosedRange<Int> = 1_024...1_024
    public var threads = 1
    /// Nil: every thread has a topic of its own.
    public var topics: Int?
    /// Nanoseconds that the engine works; the floor has as much again.
    public var duration: UInt64 = 10_000_000_000
    public var schedule: FsyncSchedule = .milliseconds(200)
    public var backend: StorageBackend = .fileDescriptor
    /// Entries of a batch.
    public var batch = 1_000
    public var consistency: ReadConsistency = .strictlyAtOnce
    /// Entries of a topic that are written, unmeasured, to be read or found. Nil: about 400 MB in
    /// all to be read, 300 MB to be found when a log is opened.
    public var entries: Int?
    /// Whether the floor is measured too, in turns with the engine.
    public var comparesFloor = false
    /// Turns of floor and engine.
    public var rounds = 5
    /// Where to write: a directory that does not exist yet or is empty. Nil: a new one in the
    /// working directory.
    public var directory: FilePath?
    /// Whether the directory stays when all is done.
    public var keepsFiles = false
    /// Bytes on disk at most, at any time. Nil: 8 GiB, or half of what is free when that is less.
    public var diskLimit: Int?

    public init(_ mode: BenchMode) { self.mode = mode }

    public var topicCount: Int { topics ?? (mode.opens ? 1 : threads) }

    /// Why this cannot be done; nil when it can.
    public var refusal: String? {
        if sizes.lowerBound < 0 || sizes.upperBound > Self.sizeMax {
            return "a payload of a benchmark has 0 to \(Self.sizeMax) bytes"
        }
        if !(1...Self.threadsMax).contains(threads) {
            return "there can be 1 to \(Self.threadsMax) threads"
        }
        if !(1...Self.topicsMax).contains(topicCount) {
            return "there can be 1 to \(Self.topicsMax) topics"
        }
        if !(1...Layout.batchEntriesMax).contains(batch) {
            return "a batch has 1 to \(Layout.batchEntriesMax) entries"
        }
        if mode == .batch, batch * (Layout.headerSize + sizes.upperBound) > Self.batchBytesMax {
            return "a batch of a benchmark has at most \(Self.batchBytesMax) bytes with headers"
        }
        if let entries, entries < 1 { return "there must be entries to be read" }
        if rounds < 1 || rounds > 1_000 { return "there can be 1 to 1000 rounds" }
        if duration < 1_000_000 { return "the duration must be a millisecond at least" }
        if let diskLimit, diskLimit < Self.diskLimitMin {
            return "less than \(Self.diskLimitMin) bytes on disk are not enough for a benchmark"
        }
        if case .atLeastOnce(let every) = consistency, every < 1 {
            return "at-least-once needs a number of entries above 0"
        }
        return nil
    }

    public static let sizeMax = 64 << 20
    public static let threadsMax = 256
    /// Each topic takes a slot, and a file has 100 of them.
    public static let topicsMax = 10_000
    public static let batchBytesMax = 512 << 20
    public static let diskLimitMin = 1 << 20

    // MARK: - Derived

    var meanSize: Int { (sizes.lowerBound + sizes.upperBound) / 2 }
    var storedSize: Int { Layout.headerSize + meanSize }

    /// Entries that each topic holds before anything is measured; of those that write, one, which
    /// makes the first file.
    var preparedPerTopic: Int {
        if mode.writes { return 1 }
        if let entries { return entries }
        let bytes = mode.reads ? 400_000_000 : 300_000_000
        return max(1, bytes / storedSize / topicCount)
    }

    var preparedBytes: Int {
        let (bytes, overflow) = (preparedPerTopic * topicCount)
            .multipliedReportingOverflow(by: storedSize)
        return overflow ? .max : bytes
    }

    /// Bytes that the threads together may write before the files are deleted.
    func budget(free: Int) -> Int {
        let limit = diskLimit ?? min(8 << 30, free / 2)
        // The engine's small files, and the last entries of each thread.
        return min(limit, free) * 9 / 10
    }

    func configuration(_ directory: FilePath) -> Configuration {
        var configuration = Configuration(
            directory: directory, key: nil, readConsistency: consistency, fsyncSchedule: schedule,
            // What was read is read again.
            reclamation: .off, backend: backend)
        // So that a console can watch from another terminal.
        configuration.writesMetrics = true
        // Nobody is to act in it.
        configuration.servesControl = false
        return configuration
    }

    var topicNames: [TopicName] { (0..<topicCount).map { TopicName("bench-\($0)") } }

    /// Lengths of payloads, to be taken in turn: a power of two of them, the same every time.
    var lengths: [Int] {
        guard sizes.lowerBound < sizes.upperBound else { return [sizes.lowerBound] }
        let count = 1_024
        let span = sizes.upperBound - sizes.lowerBound
        // Evenly spread, and in an order without a pattern: 389 and 1024 have no common divisor.
        return (0..<count).map { sizes.lowerBound + span * ($0 * 389 % count) / (count - 1) }
    }
}

extension FsyncSchedule {
    /// "each", "none" or "200ms", as options and results have it.
    public var text: String {
        switch self {
        case .each: "each"
        case .never: "none"
        case .milliseconds(let interval): "\(interval)ms"
        }
    }

    public init?(text: String) {
        switch text {
        case "each": self = .each
        case "none": self = .never
        default:
            guard text.hasSuffix("ms"), let interval = Int(text.dropLast(2)),
                (1...3_600_000).contains(interval)
            else { return nil }
            self = .milliseconds(interval)
        }
    }
}

extension StorageBackend {
    /// "fd" or "mmap", as options and results have it.
    public var text: String { self == .fileDescriptor ? "fd" : "mmap" }

    public init?(text: String) {
        switch text {
        case "fd": self = .fileDescriptor
        case "mmap": self = .memoryMap
        default: return nil
        }
    }
}

extension ReadConsistency {
    /// "strict" or "at-least-once:1000", as options and results have it.
    public var text: String {
        switch self {
        case .strictlyAtOnce: "strict"
        case .atLeastOnce(let every): "at-least-once:\(every)"
        }
    }

    public init?(text: String) {
        if text == "strict" {
            self = .strictlyAtOnce
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0] == "at-least-once", let every = Int(parts[1]), every > 0
        else { return nil }
        self = .atLeastOnce(persistEvery: every)
    }
}
