/// What an engine has done since it was opened.
public struct MetricCounters: Hashable, Sendable {
    /// Entries that were appended, alone or in a batch.
    public var appended: UInt64 = 0
    /// Bytes of their payloads.
    public var appendedBytes: UInt64 = 0
    /// Appends, of an entry or a batch, that ended with an error.
    public var failedAppends: UInt64 = 0
    /// Entries that were handed out, consumed or not, alone or in a batch.
    public var read: UInt64 = 0
    /// Bytes of their payloads.
    public var readBytes: UInt64 = 0
    public var appendedBatches: UInt64 = 0
    /// Entries in these batches, and in the largest of them.
    public var batchEntriesAppended: UInt64 = 0
    public var largestBatchAppended: UInt64 = 0
    /// Batch reads that returned something.
    public var readBatches: UInt64 = 0
    public var batchEntriesRead: UInt64 = 0
    public var largestBatchRead: UInt64 = 0
    /// Syncs of data files, those that failed included.
    public var syncs: UInt64 = 0
    public var failedSyncs: UInt64 = 0
    /// Cursors that were written to the journal.
    public var recordedCursors: UInt64 = 0
    /// Data files that are not written to any more, because a sync of theirs has failed.
    public var poisonedFiles: UInt64 = 0
    /// Reads, writes and syncs that went through a ring of the kernel (io_uring).
    public var ringOperations: UInt64 = 0

    public init() {}

    /// In the order in which they are stored.
    fileprivate static var stored: [WritableKeyPath<MetricCounters, UInt64>] {
        [
            \.appended, \.appendedBytes, \.failedAppends, \.read, \.readBytes, \.appendedBatches,
            \.batchEntriesAppended, \.largestBatchAppended, \.readBatches, \.batchEntriesRead,
            \.largestBatchRead, \.syncs, \.failedSyncs, \.recordedCursors, \.poisonedFiles,
            \.ringOperations,
        ]
    }
}

/// How long calls took, in nanoseconds, to about one per cent. All zero when there were none.
public struct LatencySummary: Hashable, Sendable {
    public var count: UInt64 = 0
    public var p50: UInt64 = 0
    public var p90: UInt64 = 0
    public var p99: UInt64 = 0
    public var p999: UInt64 = 0
    public var max: UInt64 = 0

    public init() {}

    public init(
        count: UInt64, p50: UInt64, p90: UInt64, p99: UInt64, p999: UInt64, max: UInt64
    ) {
        self.count = count
        self.p50 = p50
        self.p90 = p90
        self.p99 = p99
        self.p999 = p999
        self.max = max
    }

    fileprivate static var stored: [WritableKeyPath<LatencySummary, UInt64>] {
        [\.count, \.p50, \.p90, \.p99, \.p999, \.max]
    }
}

/// The latencies of one kind of call.
public struct LatencyHistory: Hashable, Sendable {
    /// Since the engine was opened.
    public var total = LatencySummary()
    /// In the last interval; that of `metrics_index.db` is about a second.
    public var recent = LatencySummary()

    public init() {}

    public init(total: LatencySummary, recent: LatencySummary) {
        self.total = total
        self.recent = recent
    }
}

/// `metrics_index.db`: what a running engine lets others know about itself (`docs/format.md`,
/// section 11).
public struct MetricsImage: Hashable, Sendable {
    public static let size = 512
    static let magic: UInt32 = 0x314d_5357  // "WSM1"

    /// Whether the engine's batches and syncs go through a ring of the kernel.
    public enum Ring: Hashable, Sendable {
        case idle
        case used
        /// With the number of the kernel's error.
        case unavailable(UInt32)
        case disabled
    }

    public var processID: UInt64
    /// When the engine was opened, and when this was written, in nanoseconds since 1970 UTC.
    public var opened: UInt64
    public var written: UInt64
    /// The engine was closed; these are its last figures.
    public var isClosed: Bool
    /// What "recent" means: nanoseconds.
    public var interval: UInt64
    public var ring = Ring.idle
    public var counters = MetricCounters()
    public var append = LatencyHistory()
    public var read = LatencyHistory()
    public var sync = LatencyHistory()

    public init(
        processID: UInt64, opened: UInt64, written: UInt64, isClosed: Bool, interval: UInt64
    ) {
        self.processID = processID
        self.opened = opened
        self.written = written
        self.isClosed = isClosed
        self.interval = interval
    }

    private static let countersAt = 56
    private static let latenciesAt = 192
    private static let checksumAt = size - 4

    private static var summaries: [WritableKeyPath<MetricsImage, LatencySummary>] {
        [
            \.append.total, \.append.recent, \.read.total, \.read.recent, \.sync.total,
            \.sync.recent,
        ]
    }

    public func encode() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(Self.magic)
        bytes.appendLittleEndian(UInt32(Self.size))
        bytes.appendLittleEndian(processID)
        bytes.appendLittleEndian(opened)
        bytes.appendLittleEndian(written)
        bytes.appendLittleEndian(interval)
        bytes.appendLittleEndian(UInt64(isClosed ? 1 : 0))
        let (mark, errno): (UInt32, UInt32) =
            switch ring {
            case .idle: (0, 0)
            case .used: (1, 0)
            case .unavailable(let errno): (2, errno)
            case .disabled: (3, 0)
            }
        bytes.appendLittleEndian(mark)
        bytes.appendLittleEndian(errno)
        for counter in MetricCounters.stored {
            bytes.appendLittleEndian(counters[keyPath: counter])
        }
        bytes += [UInt8](repeating: 0, count: Self.latenciesAt - bytes.count)
        for summary in Self.summaries {
            for field in LatencySummary.stored {
                bytes.appendLittleEndian(self[keyPath: summary][keyPath: field])
            }
        }
        bytes += [UInt8](repeating: 0, count: Self.checksumAt - bytes.count)
        bytes.appendLittleEndian(CRC32C.hash(bytes))
        return bytes
    }

    public static func decode(_ image: [UInt8]) throws(FormatError) -> MetricsImage {
        let bytes = unsafe image.span.bytes
        guard bytes.byteCount == size else {
            throw FormatError(
                field: "metrics", range: 0..<bytes.byteCount, problem: "are not \(size) bytes")
        }
        func field(_ at: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: at) }
        guard bytes.littleEndian(UInt32.self, at: 0) == magic,
            bytes.littleEndian(UInt32.self, at: 4) == UInt32(size)
        else { throw FormatError(field: "metrics magic", range: 0..<8, problem: "is not WSM1") }
        guard CRC32C.hash(bytes, 0..<checksumAt) == bytes.littleEndian(UInt32.self, at: checksumAt)
        else {
            throw FormatError(
                field: "metrics", range: 0..<size,
                problem: "do not match their CRC: the last write is not whole")
        }
        var result = MetricsImage(
            processID: field(8), opened: field(16), written: field(24),
            isClosed: field(40) & 1 == 1, interval: field(32))
        switch bytes.littleEndian(UInt32.self, at: 48) {
        case 0: result.ring = .idle
        case 1: result.ring = .used
        case 2: result.ring = .unavailable(bytes.littleEndian(UInt32.self, at: 52))
        case 3: result.ring = .disabled
        default:
            throw FormatError(field: "ring", range: 48..<52, problem: "has a state nobody knows")
        }
        for (index, counter) in MetricCounters.stored.enumerated() {
            result.counters[keyPath: counter] = field(countersAt + 8 * index)
        }
        var at = latenciesAt
        for summary in summaries {
            for part in LatencySummary.stored {
                result[keyPath: summary.appending(path: part)] = field(at)
                at += 8
            }
        }
        return result
    }
}
