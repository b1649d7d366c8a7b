import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Directories written by the reference.
@Suite struct FixtureTests {
    /// What the reference knew of a topic when it closed.
    private struct Truth {
        var topic = TopicName("")
        var entries = 0
        var consumed = 0
        var size = 0
        var isClean = false
        /// Length and FNV-1a 64 of every payload.
        var payloads: [String] = []
    }

    private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Fixtures")

    /// One field a line: all that the truth files need.
    private static func truths(_ name: String) throws -> [Truth] {
        let folder = root.appending(name)
        let json = try Directory.contents(of: folder.appending("topics.json")) ?? []
        var truths: [Truth] = []
        for line in String(decoding: json, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].filter { $0 != "," && $0 != " " && $0 != "\"" }
            switch parts[0] {
            case "\"topic_hex\"":
                truths.append(Truth())
                truths[truths.count - 1].topic = try #require(TopicName(hex: value))
            case "\"entries\"": truths[truths.count - 1].entries = Int(value) ?? -1
            case "\"consumed\"": truths[truths.count - 1].consumed = Int(value) ?? -1
            case "\"size\"": truths[truths.count - 1].size = Int(value) ?? -1
            case "\"clean\"": truths[truths.count - 1].isClean = value == "true"
            default: break
            }
        }
        let temp = try TempDirectory()
        let list = temp.path.appending("entries")
        try shell("xz -dc \(folder)/entries.csv.xz > \(list)")
        let text = String(decoding: try Directory.contents(of: list) ?? [], as: UTF8.self)
        for line in text.split(separator: "\n").dropFirst() {
            let columns = line.split(separator: ",", omittingEmptySubsequences: false)
            let topic = TopicName(hex: columns[0])
            let at = try #require(truths.firstIndex { $0.topic == topic })
            truths[at].payloads.append("\(columns[2]),\(columns[3])")
        }
        return truths
    }

    @Test(arguments: ["small", "multi"], StorageBackend.allCases)
    func everyUnreadEntryIsRead(name: String, backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let wal = place.path.appending("wal")
        try shell("tar -xJf \(Self.root)/\(name)/wal.tar.xz -C \(place.path)")
        var configuration = place.configuration()
        let inner = try Directory.list(place.path).filter { $0.kind == .directory }
        configuration.directory = inner.isEmpty ? place.path : place.path.appending(inner[0].name)
        #expect(wal != configuration.directory || !inner.isEmpty)
        let truths = try Self.truths(name)
        let walrus = try Walrus(configuration)
        #expect(walrus.recoveryReport.isClean)
        #expect(walrus.recoveryReport.entries == truths.reduce(0) { $0 + $1.entries })
        for truth in truths {
            let status = walrus.status(truth.topic)
            #expect(status?.entries == truth.entries)
            #expect(status?.unread == truth.entries - truth.consumed)
            #expect(status?.size == truth.size)
            #expect(status?.isClean == truth.isClean)
            let found = try walrus.consume(truth.topic).map {
                "\($0.payload.count),\(Hex.encode(FNV1a.hash($0.payload)))"
            }
            #expect(found == Array(truth.payloads.dropFirst(truth.consumed)))
            #expect(try walrus.append([1], to: truth.topic).ordinal == truth.entries + 1)
        }
        try walrus.close()
        let again = try Walrus(configuration)
        #expect(again.recoveryReport.isClean)
        for truth in truths {
            #expect(again.unreadCount(of: truth.topic) == 1)
            #expect(try again.consume(truth.topic).map(\.payload) == [[1]])
        }
        try again.close()
    }
}
