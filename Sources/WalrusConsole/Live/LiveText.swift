internal import Inspect
internal import WalrusFormat

/// The Live screen in words, for `walrus live` and for those who cannot see it.
extension LiveReport {
    /// Labelled lines, in harmless characters: throughput, latencies, unread, a line a topic, events.
    public func text(eventsSince time: UInt64 = 0) -> String {
        let topics = state.topics.map { "Topic \(line($0))." }
        let events = history.events.filter { $0.time >= time }.map(line)
        return (summary + topics + events).map { $0 + "\n" }.joined()
    }

    /// What there is to say of all topics together, each line with its source.
    var summary: [String] { [throughput] + engine + latencies + [unread] }

    private var throughput: String {
        guard let now else { return "Throughput: it takes two looks at the files to know." }
        return "Throughput: appended \(entries(now.appended)), \(bytes(now.payload)) of payload, "
            + "\(bytes(now.stored)) with headers; consumed "
            + "\(entries(now.consumed)). From files and cursors on disk, looks "
            + "\((now.seconds * 10).rounded() / 10)s apart."
    }

    private var engine: [String] {
        guard let metrics = state.metrics else { return [] }
        let source = "From metrics_index.db, \(latency(metrics.age)) ago."
        guard let rates = history.engine else {
            return [
                "Engine \(metrics.image.processID): its rates come with its next figures. \(source)"
            ]
        }
        return [
            "Engine \(metrics.image.processID): in \(entries(rates.appended)), "
                + "\(bytes(rates.bytes)) of payload; out \(entries(rates.read)), "
                + "\(bytes(rates.readBytes)) of payload; syncs \(rate(rates.syncs)). \(source)"
        ]
    }

    private var latencies: [String] {
        guard let image = state.metrics?.image else {
            return ["Latency: not visible in files, and no engine tells it now."]
        }
        return [("append", image.append), ("read", image.read), ("sync", image.sync)].map {
            let summary = $1.recent
            guard summary.count > 0 else { return "Latency of \($0): no calls lately." }
            let times = [
                ("p50", summary.p50), ("p90", summary.p90), ("p99", summary.p99),
                ("p99.9", summary.p999), ("max", summary.max),
            ].map { "\($0) \(latency($1))" }
            return "Latency of \($0): \(times.joined(separator: ", ")); "
                + "\(plural(Int(clamping: summary.count), "call")) in \(latency(image.interval)). "
                + "From engine \(image.processID)."
        }
    }

    private var unread: String {
        "Unread: \(state.areCursorsLost ? "at most " : "")"
            + "\(plural(state.unread, "entry", "entries")) in "
            + "\(plural(state.topics.count { $0.unread > 0 }, "topic")) of "
            + "\(Figures.grouped(state.topics.count))."
    }

    /// "orders: unread 904, in 120 entries/s, out 130 entries/s, drains in 1m".
    func line(_ state: TopicState) -> String {
        let topic = topic(state)
        let rates =
            now == nil ? "" : ", in \(entries(topic.appended)), out \(entries(topic.consumed))"
        let trend = topic.trend == .unknown ? "" : ", " + topic.trend.text
        let most = self.state.isCursorLost(state) ? "at most " : ""
        return "\(state.name.shown(ascii: false)): unread \(most)\(state.unread)" + rates + trend
    }

    /// "Event, block: orders went on to block 3 of 1763640000003."
    private func line(_ event: LiveEvent) -> String {
        "Event, \(event.kind.rawValue): \(event.text)."
    }

    /// The newest first, with their times in a zone so many seconds east of UTC.
    func events(count: Int, zone: Int) -> [String] {
        history.events.suffix(count).reversed().map {
            "Event at \(Figures.time($0.time, offset: zone)), \($0.kind.rawValue): \($0.text)."
        }
    }

    private func rate(_ value: Double) -> String { Figures.count(value) + "/s" }
    private func entries(_ value: Double) -> String { Figures.count(value) + " entries/s" }
    private func bytes(_ value: Double) -> String { Figures.bytes(Int(min(value, 1e15))) + "B/s" }
    private func latency(_ value: UInt64) -> String { Figures.latency(value, ascii: true) }
}
