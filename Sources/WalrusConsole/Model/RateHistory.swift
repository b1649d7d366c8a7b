internal import Inspect
internal import WalrusFormat

/// How fast topics grew and were read, from one scan to the next.
struct RateHistory: Sendable {
    /// Rates kept for each topic.
    static let capacity = 60

    struct Rates: Sendable {
        /// Entries appended and consumed a second, newest last.
        var appended: [Float] = []
        var consumed: [Float] = []

        mutating func add(_ appended: Float, _ consumed: Float) {
            self.appended.append(appended)
            self.consumed.append(consumed)
            if self.appended.count > RateHistory.capacity {
                self.appended.removeFirst()
                self.consumed.removeFirst()
            }
        }
    }

    private struct Last: Sendable {
        let entries: Int
        let consumed: Int
    }

    private var last: [TopicName: Last] = [:]
    private var lastTime: UInt64?
    private(set) var rates: [TopicName: Rates] = [:]
    /// Entries appended a second in all topics, newest last.
    private(set) var total: [Double] = []
    private static let totalCapacity = 600

    /// Takes note of a new state. A topic seen for the first time has no rate yet.
    mutating func add(_ state: DirectoryState) {
        let seconds = lastTime.map { Double(state.time &- $0) / 1e9 }
        lastTime = state.time
        var current: [TopicName: Last] = [:]
        var sum = 0.0
        current.reserveCapacity(state.topics.count)
        for topic in state.topics {
            current[topic.name] = Last(entries: topic.entries, consumed: topic.consumed)
            guard let seconds, seconds > 0, seconds < 3_600, let before = last[topic.name] else {
                continue
            }
            // Reclaimed files make counts fall: that is no rate.
            let appended = Float(Double(max(0, topic.entries - before.entries)) / seconds)
            sum += Double(appended)
            let consumed = Float(Double(max(0, topic.consumed - before.consumed)) / seconds)
            // A topic at rest keeps no history: most topics of a big directory are.
            if rates[topic.name] == nil, appended == 0, consumed == 0 { continue }
            rates[topic.name, default: Rates()].add(appended, consumed)
        }
        if let seconds, seconds > 0 {
            total.append(sum)
            if total.count > Self.totalCapacity { total.removeFirst() }
        }
        last = current
        rates = rates.filter { current[$0.key] != nil }
    }

    /// Takes note that nothing has changed since the last state.
    mutating func addRest(at time: UInt64) {
        guard let lastTime, time > lastTime else { return }
        self.lastTime = time
        for topic in rates.keys { rates[topic]?.add(0, 0) }
        total.append(0)
        if total.count > Self.totalCapacity { total.removeFirst() }
    }

    /// The means of a topic's last rates, `count` of them at most.
    func mean(_ topic: TopicName, of count: Int) -> (appended: Double, consumed: Double) {
        guard let rates = rates[topic] else { return (0, 0) }
        func mean(_ values: [Float]) -> Double {
            let last = values.suffix(count)
            return last.isEmpty ? 0 : last.reduce(0) { $0 + Double($1) } / Double(last.count)
        }
        return (mean(rates.appended), mean(rates.consumed))
    }
}
