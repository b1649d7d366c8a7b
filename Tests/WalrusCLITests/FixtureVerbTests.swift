import SystemPackage
import TestSupport
import Testing

/// What the reference wrote, as the verbs tell it.
@Suite struct FixtureVerbTests {
    @Test(arguments: Fixture.names)
    func topicsAndEntries(name: String) throws {
        let fixture = try Fixture(name)
        let text = String(decoding: try fixture.topicsJSON(), as: UTF8.self)
        let truth = try #require(JSONValue(text))
        let expected = try #require(truth["topics"]?.array)
        let payloads = Dictionary(grouping: try fixture.payloads(), by: \.topicHex)

        let result = try Subprocess.run(
            Subprocess.walrus, ["topics", fixture.path.string, "-o", "json"])
        #expect(result.status == 0 && result.errors.isEmpty)
        let told = try #require(JSONValue(result.text))
        #expect(told["schema"] == .int(1))
        let topics = try #require(told["topics"]?.array)

        for topic in expected {
            let hex = try #require(topic["topic_hex"]?.string)
            let found = try #require(topics.first { $0["topic_hex"]?.string == hex })
            for field in ["topic", "entries", "unread", "size", "clean"] {
                #expect(found[field] == topic[field], "\(name): \(field) of \(hex)")
            }
            #expect(found["blocks"]?.int ?? -1 >= 0)
            try checkEntries(fixture, hex, payloads[hex] ?? [], consumed: topic["consumed"]?.int)
        }
        // Nothing is there that the truth does not know, but names that only an index file holds.
        let known = Set(expected.compactMap { $0["topic_hex"]?.string })
        for topic in topics where !known.contains(topic["topic_hex"]?.string ?? "") {
            #expect(topic["entries"] == .int(0))
        }
        let check = try Subprocess.run(
            Subprocess.walrus, ["check", fixture.path.string, "-o", "json"])
        // Of the large entries the reference would deliver none that is unread: that is not fine.
        #expect(check.status == (name == "large" ? 1 : 0), "\(check.text)")
    }

    /// Home, Check and the verb say the same of what the reference would pass by.
    @Test func whatTheReferenceWouldPassBy() throws {
        let fixture = try Fixture("large")
        let check = try Subprocess.run(
            Subprocess.walrus, ["check", fixture.path.string, "-o", "json"])
        let findings = try #require(JSONValue(check.text)?["findings"]?.array)
        let warnings = findings.filter { $0["severity"]?.string == "warning" }
        #expect(warnings.allSatisfy { $0["kind"]?.string == "reference-loses" })
        for screen in ["home", "check"] {
            let frame = try Subprocess.run(
                Subprocess.walrus,
                ["frame", fixture.path.string, "--screen", screen, "--size", "120x40"])
            #expect(frame.text.contains("\(warnings.count) warnings"))
            #expect(!frame.text.contains("nothing is wrong"))
        }
        let text = try Subprocess.run(Subprocess.walrus, ["check", fixture.path.string])
        #expect(text.status == 1 && !text.text.contains("nothing is wrong"))
    }

    private func checkEntries(
        _ fixture: Fixture, _ hex: String, _ expected: [Fixture.Payload], consumed: Int?
    ) throws {
        let result = try Subprocess.run(
            Subprocess.walrus,
            ["entries", fixture.path.string, "--topic-hex", hex, "-o", "jsonl"])
        // A topic that only an index file knows has no entries, and that is no error.
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        let lines = result.lines
        #expect(lines.count == expected.count)
        for (line, truth) in zip(lines, expected) {
            let entry = try #require(JSONValue(line))
            #expect(
                entry.names?.isSuperset(of: [
                    "ordinal", "length", "fnv", "file", "block", "offset", "state",
                ]) == true)
            #expect(entry["ordinal"]?.int == truth.ordinal)
            #expect(entry["length"]?.int == truth.length)
            #expect(entry["fnv"]?.string == truth.checksum)
            let state = truth.ordinal <= consumed ?? 0 ? "consumed" : "unread"
            #expect(entry["state"]?.string == state)
        }
    }

    /// The members and their types, which scripts rely on.
    @Test func members() throws {
        let log = try Log(fixture: "small")
        let topic = try log.topic("alpha")
        #expect(topic["topic_hex"] == .string("616c706861"))
        for field in ["entries", "unread", "size", "blocks"] { #expect(topic[field]?.int != nil) }
        #expect(topic["clean"]?.bool == true)
        let cursor = try #require(topic["cursor"])
        #expect(cursor.names == ["file", "block", "offset"])
        #expect(cursor["file"]?.string?.utf8.count == 13)
        #expect(cursor["block"]?.int == 0 && cursor["offset"]?.int ?? 0 > 0)
        #expect(try log.topic("beta_topic_longer")["cursor"] == .null)

        let check = try #require(JSONValue(try log.run("check", "-o", "json").text))
        #expect(check["schema"] == .int(1))
        #expect(check["findings"]?.array != nil)
        let files = try #require(JSONValue(try log.run("files", "-o", "json").text))
        #expect(files["files"]?.array?.first?["size"] == .int(1_048_576_000))
        let blocks = try #require(JSONValue(try log.run("blocks", "-o", "json").text))
        #expect(blocks["blocks"]?.array?.count == 3)
        // The same things, a line each: one topic is known from an index file alone.
        #expect(try log.run("topics", "-o", "jsonl").lines.count == 4)
        #expect(try log.run("topics").lines.count == 5)
    }
}
