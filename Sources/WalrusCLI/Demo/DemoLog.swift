import SystemPackage
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Writes the demonstration log: the same bytes in its data files every time.
enum DemoLog {
    /// 2025-11-20 12:00:00 UTC.
    private static let start: UInt64 = 1_763_640_000_000_000_000

    static func write(_ path: FilePath, _ topics: [DemoTopic]) throws {
        try Directory.create(path)
        let clock = SteppingClock(start: start, step: 3_000_000)
        var configuration = Configuration(directory: path, key: nil)
        // A demonstration may be lost in a crash; the last cursor is recorded on close.
        configuration.fsyncSchedule = .never
        configuration.readConsistency = .atLeastOnce(persistEvery: .max)
        configuration.reclamation = .off
        configuration.writesMetrics = false
        configuration.servesControl = false
        let engine = try Walrus(configuration, on: DiskStorage(path), clock: clock.now)
        var random = SplitMix(seed: 7)
        for round in 0..<26 {
            let those = round == 0 ? topics : topics.filter(\.isNoTenant)
            try appendRound(round, those, &random, engine)
        }
        for topic in topics {
            for _ in 0..<topic.consumed(engine.unreadCount(of: topic.name)) {
                _ = try engine.readNext(topic.name, checkpoint: true)
            }
            if topic.isClean { try engine.markClean(topic.name) }
        }
        try engine.close()
        try damage(path, "audit", ordinal: 700)
    }

    private static func appendRound(
        _ round: Int, _ topics: [DemoTopic], _ random: inout SplitMix, _ engine: Walrus
    ) throws {
        for topic in topics {
            let count = topic.perRound(round)
            for _ in 0..<count {
                let number = engine.unreadCount(of: topic.name) + 1
                try engine.append(topic.payload(number, &random), to: topic.name)
            }
        }
    }

    /// Flips a bit in a payload, as a failing disk would.
    private static func damage(_ path: FilePath, _ topic: TopicName, ordinal: Int) throws {
        let storage = DiskStorage(path)
        let names = try storage.list().compactMap { DataFileName($0.name) }.sorted()
        for name in names {
            let file = try storage.open(name.text)
            for slot in 0..<Layout.unitsPerFile {
                var walker = unsafe EntryWalker { offset, buffer in
                    unsafe try file.read(at: offset, into: buffer)
                }
                guard let frame = try walker.frame(at: slot * Layout.unit), frame.topic == topic
                else {
                    continue
                }
                var seen = 0
                var place: Int?
                _ = unsafe try walker.walk(frame, verify: false) { entry, _ in
                    seen += 1
                    if seen == ordinal {
                        place = frame.start + entry.offset + Layout.headerSize + 9
                    }
                    return place == nil
                }
                guard let place else { continue }
                let flipped = try file.read(at: place, count: 1).map { $0 ^ 0x04 }
                unsafe try flipped.withUnsafeBytes { bytes in
                    unsafe try file.write(
                        at: place, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
                }
                return
            }
        }
    }

    // MARK: - Live

    /// Appends and consumes until the time is up, or for ever. Of many topics that are alike, every
    /// second entry goes to one of them.
    static func run(_ path: FilePath, _ topics: [DemoTopic], rate: Int, seconds: Int?) throws {
        let live = topics.filter(\.isLive)
        let tenants = topics.filter { !$0.isNoTenant }
        var configuration = Configuration(directory: path, key: nil)
        configuration.readConsistency = .atLeastOnce(persistEvery: 50)
        let engine = try Walrus(configuration)
        var random = SplitMix(seed: Clock.wall())
        let ticksPerSecond = 10
        let end = seconds.map { $0 * ticksPerSecond } ?? .max
        var tick = 0
        while tick < end {
            // The load swells and ebbs every twenty seconds.
            let phase = abs(tick % 200 - 100)
            let count = max(1, rate * (20 + phase) / 70 / ticksPerSecond)
            for _ in 0..<count {
                let group =
                    tenants.isEmpty || random.next(below: 2) == 0 ? live : tenants
                let topic = group[random.next(below: group.count)]
                let number = engine.unreadCount(of: topic.name) + 1
                try engine.append(topic.payload(number, &random), to: topic.name)
            }
            for topic in live {
                for _ in 0..<topic.consumedLive(count, tick) {
                    guard try engine.readNext(topic.name, checkpoint: true) != nil else { break }
                }
            }
            tick += 1
            Clock.sleep(nanoseconds: 1_000_000_000 / UInt64(ticksPerSecond))
        }
        try engine.close()
    }
}

/// A clock that goes on by the same step whenever it is asked.
private final class SteppingClock: Sendable {
    private let ticks = Counter()
    private let start: UInt64
    private let step: UInt64

    init(start: UInt64, step: UInt64) {
        self.start = start
        self.step = step
    }

    var now: @Sendable () -> UInt64 { { [self] in start + step * ticks.next() } }
}

/// Random numbers that are the same for the same seed (Steele, Lea, Flood: SplitMix64).
struct SplitMix {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
