import Inspect
import Synchronization
import SystemPackage
import TestSupport
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A directory with two logs and a folder for records, for one test of replays.
struct ReplayBench {
    let temp: TempDirectory
    var source: FilePath { temp.path.appending("source") }
    var target: FilePath { temp.path.appending("target") }
    var records: FilePath { temp.path.appending("state/replays") }

    init() throws { temp = try TempDirectory() }

    static func open(_ path: FilePath) throws -> Walrus {
        var configuration = Configuration(directory: path, key: nil)
        configuration.fsyncSchedule = .never
        configuration.reclamation = .off
        configuration.writesMetrics = false
        configuration.looksForStrangers = false
        return try Walrus(configuration)
    }

    /// Opens a log, works and closes it.
    @discardableResult
    static func session<R>(_ path: FilePath, _ work: (Walrus) throws -> R) throws -> R {
        let walrus = try open(path)
        let result = try work(walrus)
        try walrus.close()
        return result
    }

    func append(_ payloads: [[UInt8]], to topic: TopicName, in path: FilePath? = nil) throws {
        try Self.session(path ?? source) { walrus in
            for start in stride(from: 0, to: payloads.count, by: 500) {
                try walrus.append(
                    batch: Array(payloads[start..<min(start + 500, payloads.count)]), to: topic)
            }
        }
    }

    /// The sound payloads of a topic, as Inspect reads them.
    static func payloads(_ path: FilePath, _ topic: TopicName) throws -> [[UInt8]] {
        guard let state = try Scanner(path).scan()?.topic(topic) else { return [] }
        let reader = EntryReader(directory: path, topic: state)
        var payloads: [[UInt8]] = []
        try unsafe reader.forEach(from: 1) { row, payload in
            guard row.damage == nil else { return true }
            if let payload = unsafe payload {
                payloads.append(unsafe Array(payload))
            } else {
                payloads.append(try reader.payload(of: row))
            }
            return true
        }
        return payloads
    }

    /// A replay of `topic` into `name` of the target, or of the source itself.
    func replay(
        _ topic: TopicName, into name: TopicName, of path: FilePath? = nil,
        _ change: (inout ReplayRequest) -> Void = { _ in }
    ) -> Replay {
        var request = ReplayRequest(source, topic, to: .topic(name, path ?? target))
        change(&request)
        return Replay(request, records: records)
    }

    static func bound(_ ordinal: Int) -> ReplayRequest.Bound {
        .init(String(ordinal)) { _ in ordinal }
    }
}

/// The end of the process, as a test plays it.
struct Killed: Error {}

/// A log whose user dies at a batch: before it is appended, or behind it with nobody told.
final class DyingLog: ExclusiveLog {
    enum Moment: CaseIterable { case before, behind }

    private let log: any OpenLog
    private let moment: Moment
    private let left: Mutex<Int>

    /// - Parameter batch: 0: with the first one.
    init(_ log: any OpenLog, _ moment: Moment, at batch: Int) {
        self.log = log
        self.moment = moment
        left = Mutex(batch)
    }

    var name: String { log.name }
    var notes: [String] { log.notes }

    func append(_ payload: [UInt8], to topic: TopicName) throws(EngineError) -> AppendReceipt {
        try log.append(payload, to: topic)
    }

    func append(batch payloads: [[UInt8]], to topic: TopicName) throws(EngineError)
        -> BatchReceipt
    {
        let dies = left.withLock { left in
            left -= 1
            return left == -1
        }
        if dies, moment == .before { throw EngineError(.closed, "killed") }
        let receipt = try log.append(batch: payloads, to: topic)
        if dies { throw EngineError(.closed, "killed") }
        return receipt
    }

    func cursor(of topic: TopicName) throws(EngineError) -> EntryPlace? {
        try log.cursor(of: topic)
    }
    func moveCursor(
        of topic: TopicName, from expected: EntryPlace?, to target: SeekTarget
    ) throws(EngineError) -> CursorMove {
        try log.moveCursor(of: topic, from: expected, to: target)
    }
    func mark(_ topic: TopicName, clean: Bool) throws(EngineError) {
        try log.mark(topic, clean: clean)
    }
    func topics() throws(EngineError) -> [TopicStatus] { try log.topics() }
    func reclaim() throws(EngineError) -> ReclaimReport { try log.reclaim() }
    func close() throws(EngineError) { try log.close() }
}
