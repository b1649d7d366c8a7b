import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO
import WalrusJSON

/// A copy of a directory that the reference wrote, on which verbs act, with a place for what they note and
/// make.
final class ActedLog {
    /// What of a topic must not change but by what is done to it.
    struct Known: Hashable {
        var entries: Int
        var unread: Int
        var size: Int
        var isClean: Bool

        /// What stays as it is when files go that are all consumed, or come.
        var moved: Self { .init(entries: 0, unread: unread, size: 0, isClean: isClean) }
    }

    let fixture: Fixture
    let place: TempDirectory
    private let scanner: Scanner
    /// What is acted on: the smallest topic with some unread entries.
    let topic: TopicName
    /// The cursor index, as it was before it was damaged.
    var index: [UInt8] = []
    /// The topics after what was done last.
    var known: [TopicName: Known]?

    var path: FilePath { fixture.path }
    var log: String { path.string }
    var name: String { topic.hex }

    init(_ name: String) throws {
        fixture = try Fixture(name)
        place = try TempDirectory()
        scanner = Scanner(fixture.path)
        let state = try #require(try scanner.scan())
        topic = try #require(state.topics.filter { $0.unread > 2 }.min { $0.size < $1.size }).name
    }

    /// A path for something that is made.
    func out(_ name: String) -> String { place.path.appending(name).string }

    func write(_ text: String, to name: String) throws {
        try DiskStorage(place.path).replace(name, with: Array(text.utf8), temporary: "new")
    }

    func run(_ words: [String], input: String = "") throws -> Subprocess.Result {
        try Subprocess.run(
            Subprocess.walrus, words, input: Array(input.utf8),
            environment: ["XDG_STATE_HOME": place.path.string, "WALRUS_AUDIT": nil])
    }

    func topics(of directory: FilePath? = nil) throws -> [TopicName: Known] {
        let scanner = directory.map { Scanner($0) } ?? scanner
        var known: [TopicName: Known] = [:]
        for topic in try #require(try scanner.scan()).topics {
            known[topic.name] = Known(
                entries: topic.entries, unread: topic.unread, size: topic.size,
                isClean: topic.isClean)
        }
        return known
    }

    /// Size and last change of each data file.
    func stamps() throws -> [String: [Int]] {
        var stamps: [String: [Int]] = [:]
        for entry in try Directory.list(path) where DataFileName(entry.name) != nil {
            let status = try #require(try FileStatus.of(path.appending(entry.name)))
            stamps[entry.name] = [status.size, status.modified]
        }
        return stamps
    }

    func audit() throws -> [JSON] {
        let bytes = try Directory.contents(of: place.path.appending("walrus/audit.jsonl")) ?? []
        return try bytes.split(separator: 10).map { try JSON(reading: $0) }
    }

    /// Length and checksum of each sound entry of a topic, in order, as a line each.
    func sums(_ topic: TopicName) throws -> [String] {
        guard let state = try scanner.scan()?.topic(topic) else { return [] }
        var sums: [String] = []
        try unsafe EntryReader(directory: path, topic: state).forEach(from: 1) { row, _ in
            if row.damage == nil { sums.append("\(row.length) \(Hex.encode(row.checksum))") }
            return true
        }
        return sums
    }
}
