import Glibc
import Synchronization
import TestSupport
import WalrusEngine
import WalrusFormat
import WalrusIO

extension StandardOutput {
    /// A line, in one call of the system.
    func say(_ line: String) throws(IOError) {
        try write(line + "\n")
        try flush()
    }
}

/// One thread's share of the work. No other touches its topics, so that what it says of them comes
/// in the order in which it happened.
final class Worker: Sendable {
    private struct State {
        var random: SeededRandom
        var calls = 0
    }

    private let number: Int
    private let topics: [TopicName]
    /// Many topics with a slot each fill files fast, which then go once all is consumed.
    private let smallTopics: [TopicName]
    private let state: Mutex<State>

    init(_ number: Int, _ seed: UInt64) {
        self.number = number
        topics =
            number == 0
            // The second has no room for stamps in its headers: its batches need intents.
            ? ["orders", TopicName(String(repeating: "n", count: 200))]
            : ["jobs", "a/longer name of a topic"]
        smallTopics = (0..<80).map { TopicName("small \($0 * 2 + number)") }
        state = Mutex(State(random: SeededRandom(seed: seed)))
    }

    func work(_ walrus: Walrus, _ calls: Int) {
        let output = StandardOutput()
        state.withLock { state in
            do {
                if Int.random(in: 0..<3, using: &state.random) == 0 { try drain(walrus, output) }
                for _ in 0..<calls {
                    state.calls += 1
                    try step(walrus, state.calls * 2 + number, &state.random, output)
                }
            } catch {
                try? output.say("error \(error)")
                exit(1)
            }
        }
    }

    private func step(
        _ walrus: Walrus, _ call: Int, _ random: inout SeededRandom, _ output: StandardOutput
    ) throws {
        let group = Int.random(in: 0..<3, using: &random) == 0 ? smallTopics : topics
        let topic = group[Int.random(in: 0..<group.count, using: &random)]
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6:
            let entry = KilledEntry.batch(life: life, call: call, count: 1)[0]
            try output.say("try append \(topic.hex) \(entry)")
            let receipt = try walrus.append(entry.payload(in: topic), to: topic)
            try output.say("did append \(topic.hex) \(receipt.sequence)")
        case 6..<9:
            let count = Int.random(in: 1...12, using: &random)
            let batch = KilledEntry.batch(life: life, call: call, count: count)
            let payloads = batch.map { $0.payload(in: topic) }
            try output.say("try batch \(topic.hex) \(batch[0])")
            let receipt = try walrus.append(batch: payloads, to: topic)
            try output.say("did batch \(topic.hex) \(receipt.sequences.lowerBound)")
        case 9..<14:
            try output.say("try read \(topic.hex) 1")
            let entry = try walrus.readNext(topic, checkpoint: true)
            try tell(entry.map { [$0] } ?? [], of: topic, output)
        case 14..<19:
            let most = Int.random(in: 0...60_000, using: &random)
            _ = try readBatch(walrus, topic, most, output)
        default:
            try output.say("try clean \(topic.hex)")
            try walrus.markClean(topic)
            try output.say("did clean \(topic.hex)")
        }
    }

    /// Consumes all there is.
    private func drain(_ walrus: Walrus, _ output: StandardOutput) throws {
        for topic in topics + smallTopics where walrus.unreadCount(of: topic) > 0 {
            while try readBatch(walrus, topic, .max, output) > 0 {}
        }
    }

    private func readBatch(
        _ walrus: Walrus, _ topic: TopicName, _ most: Int, _ output: StandardOutput
    ) throws -> Int {
        try output.say("try read \(topic.hex) 2000")
        let entries = try walrus.readBatch(topic, maxBytes: most, checkpoint: true)
        try tell(entries, of: topic, output)
        return entries.count
    }

    private func tell(_ entries: [Entry], of topic: TopicName, _ output: StandardOutput) throws {
        let texts = entries.map { entry in
            let text = KilledEntry(entry.payload, in: topic).map { "\($0)" } ?? "damaged"
            return "\(text):\(entry.sequence ?? 0)"
        }
        try output.say("did read \(topic.hex) \(texts.joined(separator: " "))")
    }
}
