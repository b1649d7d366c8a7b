import Inspect
import Synchronization
import SystemPackage
import TestSupport
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Goes as it is told to.
private final class ModelClock: Sendable {
    private let now = Atomic(1_763_670_155_020_000_000)

    /// Nanoseconds since 1970 UTC.
    var time: UInt64 { UInt64(now.load(ordering: .relaxed)) }

    func move(by nanoseconds: Int) { now.wrappingAdd(nanoseconds, ordering: .relaxed) }
}

/// A directory, what is known of it, and the processes that work in it one after another.
final class PowerLossWorld {
    struct Summary: CustomStringConvertible {
        var sessions = 0
        var powerLosses = 0
        var deaths = 0
        var appended = 0
        var lost = 0
        var damaged = 0
        var droppedBatches = 0
        var reclaimed = 0
        var compared = 0

        mutating func add(_ other: Summary) {
            sessions += other.sessions
            powerLosses += other.powerLosses
            deaths += other.deaths
            appended += other.appended
            lost += other.lost
            damaged += other.damaged
            droppedBatches += other.droppedBatches
            reclaimed += other.reclaimed
            compared += other.compared
        }

        var description: String {
            "\(sessions) sessions, \(deaths) deaths, \(powerLosses) power losses: "
                + "\(appended) entries acknowledged, \(lost) lost, \(damaged) pieces of damage, "
                + "\(droppedBatches) batches dropped, \(reclaimed) files reclaimed, "
                + "\(compared) times read as the reference does"
        }
    }

    let crash: CrashStorage
    var random: SeededRandom
    var topics: [TopicName: PowerLossTopic] = [:]
    var summary = Summary()
    /// The power was gone since the last process found its way.
    private var hasLost = false
    private var files: Set<DataFileName> = []
    private(set) var story = ""
    private var calls = 0
    private let clock = ModelClock()
    /// Every append is durable: nothing is torn, so that files can go.
    private let isEach: Bool

    static let names: [TopicName] = [
        "orders", "jobs", "a/longer name of a topic", TopicName(String(repeating: "n", count: 176)),
        TopicName(String(repeating: "ü", count: 100)),
        TopicName(String(repeating: "x", count: 216)),
    ]
    /// Many topics with a slot each fill files fast.
    static let smallNames = (0..<110).map { TopicName("small \($0)") }

    /// - Parameter fullSlots: of the first file, behind an entry: the file is soon full, and soon goes.
    init(seed: UInt64, fullSlots: Int = 0) throws {
        crash = try CrashStorage()
        random = SeededRandom(seed: seed)
        isEach = Bool.random(using: &random)
        for name in Self.names + Self.smallNames { topics[name] = PowerLossTopic(name: name) }
        if fullSlots > 0 { try fill(fullSlots) }
    }

    /// Puts an entry, durably, into the last of the first file's `slots`.
    private func fill(_ slots: Int) throws {
        let name = Self.smallNames[0]
        let entry = KilledEntry.batch(life: 0, call: 0, count: 1)
        let payload = entry[0].payload(in: name)
        let header = EntryHeader(
            topic: name, blockEnd: slots * Layout.unit, checksum: FNV1a.hash(payload),
            payloadLength: payload.count, stamp: EntryStamp(sequence: 1, timestamp: 1))
        let file = try DiskStorage(crash.path).create("1763670155020", size: Layout.fileSize)
        try (header.encoded() + payload).write(to: file, at: (slots - 1) * Layout.unit)
        try topics[name]?.add(entry, from: 1, isDurable: true)
        summary.appended += 1
    }

    // MARK: - One life

    /// Opens, looks at what is there, works, and ends somehow.
    func live() throws {
        summary.sessions += 1
        calls = 0
        var configuration = Configuration(directory: crash.path, key: nil)
        configuration.looksForStrangers = false
        configuration.servesControl = false
        configuration.writesMetrics = false
        configuration.journalSizeMax = 4_000
        // The second one's flusher has a time of its own: the same seed may take some tries.
        configuration.fsyncSchedule =
            isEach
            ? .each
            : [.each, .milliseconds(1), .milliseconds(100_000), .never, .never]
                .randomElement(using: &random)!
        configuration.readConsistency =
            [
                .strictlyAtOnce, .strictlyAtOnce, .atLeastOnce(persistEvery: 3),
                .atLeastOnce(persistEvery: 40),
            ]
            .randomElement(using: &random)!
        configuration.reclamation = Int.random(in: 0..<3, using: &random) > 0 ? .immediate : .off
        configuration.backend = StorageBackend.allCases.randomElement(using: &random)!
        let isDoomed = Int.random(in: 0..<3, using: &random) > 0
        let dyingAfter =
            isDoomed
            ? Int.random(in: 0...[6, 60, 600].randomElement(using: &random)!, using: &random)
            : nil
        story =
            "seed \(random.seed), session \(summary.sessions), \(configuration.fsyncSchedule), "
            + "\(configuration.readConsistency), \(configuration.reclamation), "
            + "\(configuration.backend), dying after \(dyingAfter.map { "\($0)" } ?? "-")"
        let storage = crash.process(
            on: configuration.backend.storage(crash.path), dyingAfter: dyingAfter)
        do {
            try live(configuration, storage)
        } catch let error as EngineError {
            guard crash.hasDied else { throw error }
            summary.deaths += 1
        }
        crash.kill()
        if Int.random(in: 0..<3, using: &random) > 0 {
            story += ", power loss"
            summary.powerLosses += 1
            hasLost = true
            try crash.powerLoss(&random)
        }
    }

    private func live(_ configuration: Configuration, _ storage: any Storage) throws {
        // Inspect first: opening mends.
        let before = try inspect()
        let walrus = try Walrus(configuration, on: storage) { [clock] in clock.time }
        defer {
            crash.kill()
            try? walrus.close()
        }
        try recover(walrus, before)
        let work = PowerLossWork(self, configuration)
        for _ in 0..<Int.random(in: 1...80, using: &random) {
            // Also backwards, now and then.
            clock.move(by: Int.random(in: -200_000...2_000_000, using: &random))
            try work.step(walrus)
            try Broken.check(walrus.poisonedFiles.isEmpty || crash.hasDied, "a file is poisoned")
        }
        guard Int.random(in: 0..<3, using: &random) > 0 else { return }
        try walrus.close()
        story += ", closed"
        for name in topics.keys {
            topics[name]?.close(isDurable: configuration.fsyncSchedule != .never)
        }
        try compareWithReference()
    }

    /// A number that no other call of the session has.
    func nextCall() -> Int {
        calls += 1
        return calls
    }

    func inspect() throws -> DirectoryState {
        guard let state = try Scanner(crash.path).scan() else {
            throw Broken(description: "the scan was stopped")
        }
        return state
    }

    // MARK: - What a process finds

    private func recover(_ walrus: Walrus, _ before: DirectoryState) throws {
        let report = walrus.recoveryReport
        summary.damaged += report.damageCount
        summary.droppedBatches += report.droppedBatches.count
        let names = Set(before.files.map(\.name))
        summary.reclaimed += files.subtracting(names).count
        files = names
        try Broken.check(
            report.setAside.isEmpty && report.reconciledMarks.isEmpty, "opening reports \(report)")
        try Broken.check(hasLost || report.reconciliations.isEmpty, "\(report.reconciliations)")
        let after = try inspect()
        let left = Set(after.files.map(\.name))
        try checkFindings(after, report)
        let known = Set(topics.keys)
        try Broken.check(
            Set(after.topics.map(\.name)).union(walrus.topics().map(\.name)).isSubset(of: known),
            "a topic from nowhere: \(after.topics.map(\.name).filter { !known.contains($0) })")
        for name in topics.keys.sorted() {
            guard var topic = topics[name] else { continue }
            do {
                let found = try entries(walrus, name)
                let unread = walrus.unreadCount(of: name)
                let isClean = walrus.isClean(name)
                for state in [before, after] {
                    let seen = state.topic(name)
                    // What was consumed may have gone when the engine opened.
                    let gone = seen?.blocks.filter { !left.contains($0.file) } ?? []
                    let entries = gone.reduce(seen?.entries ?? 0) { $0 - $1.entries }
                    let size = gone.reduce(seen?.size ?? 0) { $0 - $1.used }
                    try Broken.check(
                        entries == found.count && seen?.unread ?? 0 == unread
                            && seen?.isClean ?? true == isClean
                            && size == walrus.size(of: name),
                        "Inspect: \(String(describing: seen)), engine: \(found.count) entries, "
                            + "\(unread) unread, \(walrus.size(of: name)) bytes")
                }
                try topic.recover(
                    found, unread: unread, isClean: isClean, hasLost: hasLost,
                    hasDamage: report.damage.contains { $0.topic == name || $0.topic == nil },
                    hasGap: report.gaps.contains { $0.topic == name },
                    isMoved: hasLost && report.reconciliations.contains { $0.topic == name })
            } catch let error as Broken {
                throw Broken(
                    description: "\(name.text.prefix(9)): \(error); position \(topic.position) of "
                        + "\(topic.items.count), under way \(topic.pending.map { "\($0)" } ?? "-"), "
                        + "\(report)")
            }
            // Those that were consumed may have been reclaimed.
            summary.lost += max(0, (topics[name]?.unread ?? 0) - topic.unread)
            topics[name] = topic
        }
        hasLost = false
    }

    /// What Inspect calls an error the engine has told too.
    private func checkFindings(_ state: DirectoryState, _ report: RecoveryReport) throws {
        for finding in state.findings where finding.severity == .error {
            try Broken.check(
                report.damage.contains {
                    $0.file.text == finding.file && $0.slot == finding.block
                }, "\(finding), and the report tells \(report.damage)")
        }
    }

    /// All that the topic has on disk.
    func entries(_ walrus: Walrus, _ name: TopicName) throws -> [Entry] {
        let found = try walrus.readBatch(
            name, maxBytes: .max, checkpoint: false, startOffset: 0)
        try Broken.check(found.count < Layout.batchEntriesMax, "more entries than one call reads")
        try Broken.check(
            found.map(\.ordinal) == Array(1..<found.count + 1), "ordinals \(found.map(\.ordinal))")
        return found
    }

    /// The reference sees the same, where damage and holes do not end its reading.
    private func compareWithReference() throws {
        let reference = try ReferenceReader(crash.path)
        guard reference.stops.isEmpty else { return }
        try Broken.check(reference.problems.isEmpty, "\(reference.problems)")
        summary.compared += 1
        for state in try inspect().topics {
            let seen = reference.topics[state.name.bytes] ?? ReferenceReader.Topic()
            try Broken.check(
                seen.entries.count == state.entries && seen.consumed == state.consumed
                    && reference.clean[state.name.bytes] ?? true == state.isClean,
                "the reference sees \(seen.entries.count) entries of \(state), \(seen.consumed) read"
            )
            let due = topics[state.name]?.items.suffix(seen.entries.count).map(\.entry) ?? []
            try Broken.check(
                seen.entries.elementsEqual(due) { KilledEntry($0.payload, in: state.name) == $1 },
                "the reference reads other entries of \(state.name)")
        }
    }
}
