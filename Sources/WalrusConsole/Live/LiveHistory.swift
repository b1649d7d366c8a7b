internal import Inspect
internal import WalrusFormat

/// What happened in a directory from one look to the next, as far as looks can tell: sums, what a
/// running engine counts itself, and events. Bounded, however long the console runs.
struct LiveHistory: Sendable {
    /// Looks that are remembered.
    static let capacity = 600
    /// Events that are remembered.
    static let eventsMax = 300

    /// All topics together, from one look to the next.
    struct Sample: Hashable, Sendable {
        /// Of the later look, in nanoseconds since 1970 UTC.
        var time: UInt64
        /// Between the two looks.
        var seconds: Double
        /// Entries a second.
        var appended = 0.0
        /// Payloads alone, in bytes a second.
        var payload = 0.0
        /// Headers and payloads, in bytes a second.
        var stored = 0.0
        /// Entries a second that cursors moved on by.
        var consumed = 0.0
    }

    /// What an engine did between two writings of its figures.
    struct EngineRates: Hashable, Sendable {
        var processID: UInt64
        /// When the later figures were written, in nanoseconds since 1970 UTC.
        var written: UInt64
        var seconds: Double
        /// Entries a second.
        var appended: Double
        /// Payloads, in bytes a second.
        var bytes: Double
        /// Entries a second that were handed out, consumed or not.
        var read: Double
        var readBytes: Double
        /// A second.
        var syncs: Double
    }

    /// The newest last.
    private(set) var samples: [Sample] = []
    /// The newest last.
    private(set) var events: [LiveEvent] = []
    /// Nil until two writings of one engine were seen.
    private(set) var engine: EngineRates?
    private var lastTime: UInt64?
    private var image: MetricsImage?
    private var findings = FindingFeed()

    /// Takes note of a look, and of the one before.
    ///
    /// - Parameter isHeld: a process has the directory open that may be writing.
    mutating func add(_ state: DirectoryState, after before: DirectoryState?, isHeld: Bool) {
        defer {
            lastTime = state.time
            addEngine(state.metrics?.image)
        }
        let news = findings.add(state, isHeld: isHeld)
        guard let before, let seconds = seconds(until: state.time) else { return }
        add(LiveEvent.all(from: before, to: state, findings: news))
        var sample = Sample(time: state.time, seconds: seconds)
        TopicState.forEachPair(before.topics, state.topics) { old, new in
            guard let old, let new else { return }
            // Reclaimed files make counts fall: that is no rate.
            let (entries, bytes) = (max(0, new.entries - old.entries), max(0, new.size - old.size))
            sample.appended += Double(entries)
            sample.stored += Double(bytes)
            sample.payload += Double(max(0, bytes - entries * Layout.headerSize))
            sample.consumed += Double(max(0, new.consumed - old.consumed))
        }
        sample.appended /= seconds
        sample.payload /= seconds
        sample.stored /= seconds
        sample.consumed /= seconds
        append(sample)
    }

    /// Takes note of a look that found nothing changed but what an engine says.
    mutating func addRest(_ state: DirectoryState, isHeld: Bool) {
        defer {
            lastTime = state.time
            addEngine(state.metrics?.image)
        }
        let news = findings.add(state, isHeld: isHeld)
        if !news.isEmpty { add(LiveEvent.all(from: state, to: state, findings: news)) }
        guard let seconds = seconds(until: state.time) else { return }
        append(Sample(time: state.time, seconds: seconds))
    }

    private mutating func add(_ new: [LiveEvent]) {
        events += new
        if events.count > Self.eventsMax { events.removeFirst(events.count - Self.eventsMax) }
    }

    /// Whether nothing moved in any look that is remembered, and rates are known: another look like
    /// those changes nothing that is drawn of them.
    var isAtRest: Bool {
        samples.count > 1
            && samples.allSatisfy { $0.appended == 0 && $0.stored == 0 && $0.consumed == 0 }
    }

    /// Nil after a gap that is too long to say anything about.
    private func seconds(until time: UInt64) -> Double? {
        guard let lastTime, time > lastTime, time - lastTime < 3_600_000_000_000 else { return nil }
        return Double(time - lastTime) / 1e9
    }

    private mutating func append(_ sample: Sample) {
        samples.append(sample)
        if samples.count > Self.capacity { samples.removeFirst() }
    }

    private mutating func addEngine(_ new: MetricsImage?) {
        guard let new else {
            (image, engine) = (nil, nil)
            return
        }
        defer { image = new }
        guard let old = image, old.processID == new.processID, old.opened == new.opened else {
            engine = nil
            return
        }
        guard new.written > old.written else { return }
        let seconds = Double(new.written - old.written) / 1e9
        func rate(_ counter: KeyPath<MetricCounters, UInt64>) -> Double {
            let (a, b) = (old.counters[keyPath: counter], new.counters[keyPath: counter])
            return b > a ? Double(b - a) / seconds : 0
        }
        engine = EngineRates(
            processID: new.processID, written: new.written, seconds: seconds,
            appended: rate(\.appended), bytes: rate(\.appendedBytes), read: rate(\.read),
            readBytes: rate(\.readBytes), syncs: rate(\.syncs))
    }
}

extension TopicState {
    /// Calls `body` for every topic of two lists in the order of names: with both of its states, or
    /// with the one that there is.
    static func forEachPair(
        _ old: [TopicState], _ new: [TopicState], _ body: (TopicState?, TopicState?) -> Void
    ) {
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if j == new.count || (i < old.count && old[i].name < new[j].name) {
                body(old[i], nil)
                i += 1
            } else if i == old.count || new[j].name < old[i].name {
                body(nil, new[j])
                j += 1
            } else {
                body(old[i], new[j])
                i += 1
                j += 1
            }
        }
    }
}
