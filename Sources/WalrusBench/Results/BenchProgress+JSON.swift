internal import WalrusJSON

extension BenchProgress {
    /// One line of JSON, without its end; `init?(json:)` reads it.
    public var json: String {
        func latency(_ value: Int) -> JSON { self.latency.count > 0 ? .int(value) : .null }
        return JSON.object([
            ("progress", .string(phase.rawValue)), ("round", .int(round)), ("rounds", .int(rounds)),
            ("fraction", .double(fraction)), ("elapsed_ns", .int(Int(clamping: elapsed))),
            ("interval_ns", .int(Int(clamping: interval))),
            ("interval_entries", .int(intervalEntries)), ("interval_bytes", .int(intervalBytes)),
            ("entries", .int(entries)), ("bytes", .int(bytes)), ("errors", .int(errors)),
            ("latencies", .int(self.latency.count)), ("p50_ns", latency(self.latency.p50)),
            ("p99_ns", latency(self.latency.p99)), ("max_ns", latency(self.latency.max)),
        ]).text
    }

    /// Nil: this is no line of progress.
    public init?(json line: some Sequence<UInt8>) {
        guard let value = try? JSON(reading: line),
            let phase = value["progress"]?.string.flatMap(Phase.init)
        else { return nil }
        func number(_ name: String) -> Int { max(0, value[name]?.int ?? 0) }
        self.init()
        self.phase = phase
        round = number("round")
        rounds = number("rounds")
        fraction = min(1, max(0, value["fraction"]?.double ?? 0))
        elapsed = UInt64(number("elapsed_ns"))
        interval = UInt64(number("interval_ns"))
        intervalEntries = number("interval_entries")
        intervalBytes = number("interval_bytes")
        entries = number("entries")
        bytes = number("bytes")
        errors = number("errors")
        latency.count = number("latencies")
        latency.p50 = number("p50_ns")
        latency.p99 = number("p99_ns")
        latency.max = number("max_ns")
    }
}
