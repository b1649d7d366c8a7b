public import Inspect
internal import WalrusFormat
public import WalrusJSON

/// The figures of the Live screen and of `walrus live`, which therefore cannot differ.
public struct LiveReport: Sendable {
    /// Looks that a topic's rates are the mean of, at most.
    static let meanOf = 10

    /// Where a topic's unread entries go.
    public enum Trend: Hashable, Sendable {
        /// Nothing is unread.
        case empty
        /// As many are appended as are consumed, give or take a fiftieth: often none.
        case steady
        /// Entries a second that it grows by.
        case grows(Double)
        /// Seconds until nothing is unread.
        case drains(Double)
        /// It takes two looks to know.
        case unknown

        var name: String {
            switch self {
            case .empty: "empty"
            case .steady: "steady"
            case .grows: "grows"
            case .drains: "drains"
            case .unknown: "unknown"
            }
        }

        /// "12s"; what takes less than a second does not take none.
        static func duration(_ seconds: Double) -> String {
            seconds < 1 ? "<1s" : Figures.duration(seconds)
        }

        /// "drains in 12s", "grows".
        var text: String {
            switch self {
            case .drains(let seconds): "drains in \(Self.duration(seconds))"
            case .unknown: "?"
            default: name
            }
        }
    }

    public struct Topic: Sendable {
        let state: TopicState
        /// Entries a second.
        let appended: Double
        let consumed: Double
        let trend: Trend
    }

    let state: DirectoryState
    let history: LiveHistory
    let rates: RateHistory

    init(_ state: DirectoryState, _ history: LiveHistory, _ rates: RateHistory) {
        self.state = state
        self.history = history
        self.rates = rates
    }

    /// What the directory looks like after the looks that were added.
    public init?(_ looks: LiveLooks) {
        guard let state = looks.state else { return nil }
        self.init(state, looks.history, looks.rates)
    }

    /// Nil: two looks are needed.
    var now: LiveHistory.Sample? { history.samples.last }

    func topic(_ topic: TopicState) -> Topic {
        let (appended, consumed) = rates.mean(topic.name, of: Self.meanOf)
        return Topic(
            state: topic, appended: appended, consumed: consumed,
            trend: trend(topic, appended, consumed))
    }

    private func trend(_ topic: TopicState, _ appended: Double, _ consumed: Double) -> Trend {
        guard now != nil else { return .unknown }
        if topic.unread == 0 { return .empty }
        let rate = appended - consumed
        // Looks catch a writer and a reader at odd moments: a fiftieth is no movement.
        if abs(rate) <= max(appended, consumed) / 50 { return .steady }
        return rate > 0 ? .grows(rate) : .drains(Double(topic.unread) / -rate)
    }

    // MARK: - For scripts

    /// One object: throughput, the engine's own figures, latencies, topics and events.
    ///
    /// - Parameter events: leave out events before this time, in nanoseconds since 1970 UTC.
    public func json(eventsSince events: UInt64 = 0) -> JSON {
        .object([
            ("time", .int(Int(clamping: state.time))), ("throughput", throughput),
            ("engine", engine), ("latency", latency),
            ("unread", .int(state.unread)), ("cursors_lost", .bool(state.areCursorsLost)),
            ("topics", .array(state.topics.map { json(topic($0)) })),
            (
                "events",
                .array(history.events.filter { $0.time >= events }.map(json))
            ),
        ])
    }

    private var throughput: JSON {
        guard let now else { return .null }
        return .object([
            ("source", .string("difference of two looks at the files")),
            ("seconds", .double(now.seconds)), ("appended_per_second", .double(now.appended)),
            ("payload_bytes_per_second", .double(now.payload)),
            ("stored_bytes_per_second", .double(now.stored)),
            ("consumed_per_second", .double(now.consumed)),
        ])
    }

    private var engine: JSON {
        guard let metrics = state.metrics else { return .null }
        let head: [(String, JSON)] = [
            ("source", .string("metrics_index.db")),
            ("pid", .int(Int(clamping: metrics.image.processID))),
            ("age_seconds", .double(Double(metrics.age) / 1e9)),
        ]
        guard let rates = history.engine else { return .object(head) }
        return .object(
            head + [
                ("seconds", .double(rates.seconds)),
                ("appended_per_second", .double(rates.appended)),
                ("payload_bytes_per_second", .double(rates.bytes)),
                ("read_per_second", .double(rates.read)),
                ("read_payload_bytes_per_second", .double(rates.readBytes)),
                ("syncs_per_second", .double(rates.syncs)),
            ])
    }

    private var latency: JSON {
        guard let image = state.metrics?.image else { return .null }
        func summary(_ of: LatencySummary) -> JSON {
            func figure(_ value: UInt64) -> JSON { .int(Int(clamping: value)) }
            return .object([
                ("count", figure(of.count)), ("p50_ns", figure(of.p50)), ("p90_ns", figure(of.p90)),
                ("p99_ns", figure(of.p99)), ("p999_ns", figure(of.p999)),
                ("max_ns", figure(of.max)),
            ])
        }
        func history(_ of: LatencyHistory) -> JSON {
            .object([("recent", summary(of.recent)), ("total", summary(of.total))])
        }
        return .object([
            ("append", history(image.append)), ("read", history(image.read)),
            ("sync", history(image.sync)),
        ])
    }

    private func json(_ topic: Topic) -> JSON {
        let known = now != nil
        var drain = JSON.null
        if case .drains(let seconds) = topic.trend { drain = .double(seconds) }
        return .object([
            ("topic", .string(topic.state.name.text)), ("topic_hex", .string(topic.state.name.hex)),
            ("unread", .int(topic.state.unread)),
            ("cursor_lost", .bool(state.isCursorLost(topic.state))),
            ("unread_size", .int(topic.state.unreadSize)),
            ("appended_per_second", known ? .double(topic.appended) : .null),
            ("consumed_per_second", known ? .double(topic.consumed) : .null),
            ("trend", .string(topic.trend.name)), ("drains_in_seconds", drain),
        ])
    }

    private func json(_ event: LiveEvent) -> JSON {
        .object([
            ("time", .int(Int(clamping: event.time))), ("kind", .string(event.kind.rawValue)),
            ("text", .string(event.text)),
        ])
    }
}

/// Looks at a directory one after another, for figures that take more than one.
public struct LiveLooks: Sendable {
    public private(set) var state: DirectoryState?
    private(set) var history = LiveHistory()
    private(set) var rates = RateHistory()

    public init() {}

    /// - Parameter isHeld: a process has the directory open that may be writing.
    public mutating func add(_ new: DirectoryState, isHeld: Bool) {
        if new.isSame(as: state) {
            history.addRest(new, isHeld: isHeld)
            rates.addRest(at: new.time)
        } else {
            history.add(new, after: state, isHeld: isHeld)
            rates.add(new)
        }
        state = new
    }
}
