internal import Glibc
public import SystemPackage
public import WalrusFormat
internal import WalrusIO

/// A directory that the reference wrote (`Tests/Fixtures/README.md`), unpacked for one test.
public final class ReferenceLog: Sendable {
    /// What the reference knew of a topic when it closed, and every entry it wrote.
    public struct Topic: Sendable {
        public var name = TopicName("")
        public var entries = 0
        public var unread = 0
        public var size = 0
        public var isClean = false
        /// Length and FNV-1a 64 of every payload, in order.
        public var payloads: [Payload] = []
    }

    public struct Payload: Hashable, Sendable {
        public let length: Int
        public let checksum: UInt64

        public init(length: Int, checksum: UInt64) {
            self.length = length
            self.checksum = checksum
        }
    }

    public static let names = [
        "small", "mmap", "batch", "multi", "restarts", "manyblocks", "largeok", "large",
    ]
    public static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Fixtures")

    public let topics: [Topic]
    private let place: TempDirectory

    /// The directory of the log.
    public var path: FilePath { place.path.appending("wal") }

    public init(_ name: String) throws {
        let folder = Self.root.appending(name)
        place = try TempDirectory()
        try Shell.run("tar -xJf '\(folder)/wal.tar.xz' -C '\(place.path)'")
        let csv = place.path.appending("entries.csv")
        try Shell.run("xz -dc '\(folder)/entries.csv.xz' > '\(csv)'")
        var topics = try Self.truths(folder.appending("topics.json"))
        var places: [TopicName: Int] = [:]
        for (index, topic) in topics.enumerated() { places[topic.name] = index }
        for line in try Self.text(csv).split(separator: "\n").dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == 4, let name = TopicName(hex: fields[0]), let index = places[name],
                let length = Int(fields[2]), let checksum = UInt64(fields[3], radix: 16)
            else { throw Shell.Failure(command: "read \(line)") }
            topics[index].payloads.append(Payload(length: length, checksum: checksum))
        }
        self.topics = topics
    }

    private static func text(_ path: FilePath) throws -> String {
        String(decoding: try Directory.contents(of: path) ?? [], as: UTF8.self)
    }

    /// One field a line: all that the files need.
    private static func truths(_ path: FilePath) throws -> [Topic] {
        var topics: [Topic] = []
        for line in try text(path).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].filter { $0 != "," && $0 != " " && $0 != "\"" }
            let last = topics.count - 1
            switch parts[0] {
            case "\"topic_hex\"":
                topics.append(Topic())
                topics[last + 1].name = TopicName(hex: value) ?? ""
            case "\"entries\"": topics[last].entries = Int(value) ?? -1
            case "\"unread\"": topics[last].unread = Int(value) ?? -1
            case "\"size\"": topics[last].size = Int(value) ?? -1
            case "\"clean\"": topics[last].isClean = value == "true"
            default: break
            }
        }
        return topics
    }
}

/// Programs that a test needs: `tar`, `xz`, `touch`.
public enum Shell {
    public struct Failure: Error, CustomStringConvertible {
        public let command: String
        public var description: String { "failed: \(command)" }
    }

    public static func run(_ command: String) throws {
        guard unsafe system(command) == 0 else { throw Failure(command: command) }
    }
}
