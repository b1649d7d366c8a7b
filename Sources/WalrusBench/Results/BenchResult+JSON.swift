public import SystemPackage
public import WalrusIO
internal import WalrusJSON

extension BenchResult {
    /// One line of JSON, without its end.
    public var json: String {
        var members: [(String, JSON)] = [
            ("schema", .int(1)), ("engine", .string(engine)), ("mode", .string(mode)),
            ("started", .int(started)), ("interrupted", .bool(wasInterrupted)),
            ("size_min", .int(sizes.lowerBound)), ("size_max", .int(sizes.upperBound)),
            ("threads", .int(threads)), ("topics", .int(topics)), ("fsync", .string(fsync)),
            ("backend", .string(backend)), ("batch", .int(batch)),
            ("consistency", .string(consistency)), ("prepared", .int(prepared)),
            ("entries", .int(entries)), ("bytes", .int(bytes)), ("calls", .int(calls)),
            ("elapsed_ns", .int(elapsed)), ("entries_per_s", .int(entriesPerSecond)),
            ("bytes_per_s", .int(bytesPerSecond)), ("errors", .int(errors)),
            ("failure", .optional(failure)), ("conflicts", .int(conflicts)),
            ("peak_memory_bytes", .int(peakMemory)), ("latency_ns", latency.json),
        ]
        if let floor {
            members += [
                ("floor", .int(floor.entriesPerSecond)), ("ratio", .double(floor.ratio)),
                ("ratio_min", .double(floor.ratioMin)), ("ratio_max", .double(floor.ratioMax)),
                ("rounds", .int(floor.rounds)),
            ]
        }
        members.append(("history", .array(history.map(JSON.int))))
        return JSON.object(members).text
    }

    /// Nil: this is no result. What a newer version has added is passed over, and what is missing
    /// has its default, but for what makes a figure.
    public init?(json line: some Sequence<UInt8>) {
        guard let value = try? JSON(reading: line), value["schema"]?.int == 1,
            let mode = value["mode"]?.string, let entries = value["entries"]?.int,
            let rate = value["entries_per_s"]?.int
        else { return nil }
        self.init()
        self.mode = mode
        self.entries = entries
        entriesPerSecond = rate
        engine = value["engine"]?.string ?? engine
        started = value["started"]?.int ?? 0
        wasInterrupted = value["interrupted"]?.bool ?? false
        let least = value["size_min"]?.int ?? 0
        sizes = least...max(least, value["size_max"]?.int ?? least)
        threads = value["threads"]?.int ?? 1
        topics = value["topics"]?.int ?? 1
        fsync = value["fsync"]?.string ?? ""
        backend = value["backend"]?.string ?? ""
        batch = value["batch"]?.int ?? 1
        consistency = value["consistency"]?.string ?? ""
        prepared = value["prepared"]?.int ?? 0
        bytes = value["bytes"]?.int ?? 0
        calls = value["calls"]?.int ?? 0
        elapsed = value["elapsed_ns"]?.int ?? 0
        bytesPerSecond = value["bytes_per_s"]?.int ?? 0
        errors = value["errors"]?.int ?? 0
        failure = value["failure"]?.string
        conflicts = value["conflicts"]?.int ?? 0
        peakMemory = value["peak_memory_bytes"]?.int ?? 0
        latency = value["latency_ns"].map(LatencyFigures.init(json:)) ?? LatencyFigures()
        if let floor = value["floor"]?.int, let ratio = value["ratio"]?.double {
            var comparison = Comparison()
            comparison.entriesPerSecond = floor
            comparison.ratio = ratio
            comparison.ratioMin = value["ratio_min"]?.double ?? ratio
            comparison.ratioMax = value["ratio_max"]?.double ?? ratio
            comparison.rounds = value["rounds"]?.int ?? 1
            self.floor = comparison
        }
        history = value["history"]?.items.compactMap(\.int) ?? []
    }
}

extension LatencyFigures {
    fileprivate var json: JSON {
        .object([
            ("count", .int(count)), ("p50", .int(p50)), ("p90", .int(p90)), ("p99", .int(p99)),
            ("p99.9", .int(p999)), ("max", .int(max)),
        ])
    }

    fileprivate init(json value: JSON) {
        self.init()
        count = value["count"]?.int ?? 0
        p50 = value["p50"]?.int ?? 0
        p90 = value["p90"]?.int ?? 0
        p99 = value["p99"]?.int ?? 0
        p999 = value["p99.9"]?.int ?? 0
        max = value["max"]?.int ?? 0
    }
}

/// A file of results, one line of JSON each, that every run adds to.
public enum ResultFile {
    /// Longer files are not read: results are a kilobyte each.
    public static let sizeMax = 64 << 20

    /// Adds `results` at the end, and makes the file when it is missing.
    public static func append(_ results: [BenchResult], to path: FilePath) throws(IOError) {
        let file = try DiskFile(path, .openOrCreate)
        let size = try file.size()
        // A line that another program left unfinished must not swallow ours.
        var text = ""
        if size > 0, try file.read(at: size - 1, count: 1) != [UInt8(ascii: "\n")] { text = "\n" }
        for result in results { text += result.json + "\n" }
        let bytes = Array(text.utf8)
        try unsafe bytes.span.bytes.withUnsafeBytes { (bytes) throws(IOError) in
            try unsafe file.write(
                at: size, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    /// The results of the file in their order, and how many lines are none. Nil: there is no file.
    public static func read(_ path: FilePath) throws(IOError)
        -> (results: [BenchResult], otherLines: Int)?
    {
        guard let bytes = try Directory.contents(of: path, limit: sizeMax) else { return nil }
        return parse(bytes)
    }

    static func parse(_ bytes: [UInt8]) -> (results: [BenchResult], otherLines: Int) {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { line in
            line.contains { $0 > 0x20 }
        }
        let results = lines.compactMap { BenchResult(json: $0) }
        return (results, lines.count - results.count)
    }
}
