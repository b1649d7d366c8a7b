import SystemPackage
import TestSupport
import Testing
import WalrusFormat

/// What the verbs write, as the reference would read it.
@Suite struct ReferenceTests {
    /// Everything that the program tells of the log, against a reading by the reference's rules.
    private func compare(_ log: Log, _ note: String) throws {
        let reference = try ReferenceReader(log.path)
        #expect(reference.problems.isEmpty, "\(note): \(reference.problems)")
        #expect(reference.stops.isEmpty, "\(note): \(reference.stops)")
        for topic in try log.topics() {
            let hex = try #require(topic["topic_hex"]?.string)
            let name = try #require(Hex.decode(hex))
            let read = reference.topics[name]
            let entries = read?.entries ?? []
            #expect(topic["entries"]?.int == entries.count, "\(note): entries of \(hex)")
            let unread = entries.count - (read?.consumed ?? 0)
            #expect(topic["unread"]?.int == unread, "\(note): unread of \(hex)")
            #expect(topic["clean"]?.bool == reference.clean[name] ?? true, "\(note): \(hex)")
            let result = try log.run("entries", hex, "--topic-hex", "-o", "jsonl")
            let sums = result.lines.compactMap { JSONValue($0)?["fnv"]?.string }
            #expect(sums == entries.map { Hex.encode(FNV1a.hash($0.payload)) }, "\(note): \(hex)")
        }
    }

    @Test func aNewDirectory() throws {
        let log = try Log()
        for (index, name) in ["a", "a longer name", "東京"].enumerated() {
            let lines = (0..<30).map { "\(name) \($0)\n" }.joined()
            #expect(try log.run("append", name, "--lines", input: Array(lines.utf8)).status == 0)
            try log.run("consume", name, "--yes", "--limit", "\(1 + index * 10)")
        }
        try compare(log, "written")
        try log.run("mark", "a", "clean")
        #expect(try log.run("consume", "a", "--yes", "--limit", "99").status == 0)
        try compare(log, "consumed")
        // New blocks: the cursor is in the chain now, not in the block being written.
        var random = SeededRandom(seed: 3)
        try log.append([random.bytes(6_000_000), random.bytes(6_000_000)], to: "a", first: 31)
        try compare(log, "two blocks")
        #expect(try log.run("consume", "a", "--yes", "--limit", "1").status == 0)
        #expect(try log.run("append", "b", input: [1]).status == 0)
        try compare(log, "between the blocks")
        #expect(try log.run("consume", "a", "--yes", "--limit", "1").status == 0)
        try compare(log, "at the end")
    }

    @Test(arguments: ["small", "multi"])
    func onTopOfTheReference(name: String) throws {
        let log = try Log(fixture: name)
        try compare(log, "as it was")
        let topics = try log.topics().prefix(6)
        for topic in topics {
            let hex = try #require(topic["topic_hex"]?.string)
            let count = try #require(topic["entries"]?.int)
            let result = try log.run(
                "append", hex, "--topic-hex", "--lines", input: Array("x\ny\n".utf8))
            #expect(result.text == "\(count + 1)\n\(count + 2)\n", "\(result.errors)")
        }
        try compare(log, "appended")
        for topic in topics {
            let hex = try #require(topic["topic_hex"]?.string)
            let limit = max(1, (topic["unread"]?.int ?? 0) / 2)
            #expect(
                try log.run("consume", hex, "--yes", "--topic-hex", "--limit", "\(limit)").status
                    == 0)
        }
        try compare(log, "half consumed")
        let first = try #require(topics.first?["topic_hex"]?.string)
        #expect(
            try log.run("consume", first, "--yes", "--topic-hex", "--limit", "99999").status == 0)
        #expect(try log.run("mark", first, "--topic-hex", "clean").status == 0)
        try compare(log, "one consumed whole, and clean")
        #expect(try log.run("check").status == 0)
    }
}
