import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO
import WalrusJSON

/// Every verb that acts, on every directory that the reference wrote: what it comes to, what it notes, and
/// that nothing else changes.
@Suite struct VerbMatrixTests {
    typealias Topics = [TopicName: ActedLog.Known]

    struct Row: Sendable {
        let verb: String
        /// What the audit log calls it, where that is not the verb.
        var action: String?
        /// What follows the verb.
        let words: @Sendable (ActedLog) -> [String]
        var input = ""
        /// What is done before, which is no part of it.
        var prepare: @Sendable (ActedLog) throws -> Void = { _ in }
        /// The topics afterwards, of those before.
        var change: @Sendable (inout Topics, ActedLog) -> Void = { _, _ in }
        /// What the answer has to hold, by name.
        var answer: @Sendable (ActedLog) -> [(String, JSON)] = { _ in [] }
        /// A part of the reason why nothing is done; nil: it is done.
        var refusal: @Sendable (ActedLog) -> (status: Int, text: String)? = { _ in nil }
        /// Whether it is refused before it begins, and leaves no line.
        var isRefusedUnnoted = false
        /// Looked at, and put right, before the topics are.
        var check: @Sendable (ActedLog) throws -> Void = { _ in }
        /// Whether entries that are all consumed go with it, or come.
        var movesFiles = false
    }

    /// The verbs whose help says that they write, into a log or a copy of one.
    private static func catalogue() throws -> [(name: String, options: [String])] {
        let help = try Subprocess.run(Subprocess.walrus, ["--experimental-dump-help"])
        let verbs = try JSON(reading: help.output)["command"]?["subcommands"]?.items ?? []
        return verbs.compactMap { verb in
            guard let name = verb["commandName"]?.string, let abstract = verb["abstract"]?.string,
                abstract.hasSuffix("Writes.") || abstract.hasSuffix("Writes there.")
            else { return nil }
            let options = verb["arguments"]?.items.compactMap { $0["valueName"]?.string } ?? []
            return (name, options)
        }
    }

    /// A new verb has a row here.
    @Test func everyVerbHasItsRows() throws {
        let verbs = Set(try Self.catalogue().map(\.name))
        #expect(verbs.count > 10)
        #expect(Set(Self.deeds.map(\.verb)) == verbs)
        #expect(Set(Self.refusals.map(\.verb)) == verbs)
    }

    @Test(arguments: Fixture.names) func onWhatTheReferenceWrote(name: String) throws {
        let log = try ActedLog(name)
        let stamps = try log.stamps()
        // Those that take long to read have nothing of their own to be refused for.
        for row in log.isLong ? [] : Self.refusals {
            try run(row, log)
            #expect(try log.stamps() == stamps, "\(row.verb)")
        }
        for row in Self.deeds { try run(row, log) }
        // What the reference wrote is there yet, but for what was reclaimed; nothing else stands between.
        for (hex, entries) in Dictionary(grouping: try log.fixture.payloads(), by: \.topicHex) {
            let topic = try #require(TopicName(hex: hex))
            let sums = try log.sums(topic)
            let expected = entries.map { "\($0.length) \($0.checksum)" }
            let added = topic == log.topic ? 5 : 0
            let kept = expected.suffix(max(0, sums.count - added))
            #expect(Array(sums.prefix(kept.count)) == Array(kept), "\(hex)")
            #expect(name == "restarts" || kept.count == expected.count, "\(hex)")
        }
    }

    private func run(_ row: Row, _ log: ActedLog) throws {
        let what = Comment(rawValue: "\(log.log): \(row.verb) \(row.words(log))")
        let old = try log.known ?? log.topics()
        try row.prepare(log)
        let lines = try log.audit().count
        let result = try log.run([row.verb] + row.words(log) + ["-o", "json"], input: row.input)
        let noted = try log.audit().dropFirst(lines)
        if let (status, text) = row.refusal(log) {
            #expect(result.status == status && result.output.isEmpty, what)
            #expect(result.errors.contains(text), "\(result.errors)")
            #expect(noted.count == (row.isRefusedUnnoted ? 0 : 2), what)
            #expect(row.isRefusedUnnoted || noted.last?["error"]?.string != nil, what)
        } else {
            #expect(result.status == 0, "\(result.errors)")
            let answer = try JSON(reading: result.output)
            #expect(answer["schema"]?.int == 1, what)
            for (name, value) in row.answer(log) {
                #expect(answer[name]?.text == value.text, "\(what) \(name)")
            }
            #expect(noted.map { $0["event"]?.string } == ["begin", "end"], what)
            #expect(noted.last?["outcome"] != nil, what)
        }
        for line in noted {
            #expect(line["action"]?.string == row.action ?? row.verb, what)
            #expect(line["command"]?.string?.hasPrefix("walrus \(row.verb) ") == true, what)
        }
        try row.check(log)
        var expected = old
        row.change(&expected, log)
        let topics = try log.topics()
        log.known = topics
        if row.movesFiles {
            #expect(topics.mapValues(\.moved) == expected.mapValues(\.moved), what)
        } else {
            #expect(topics == expected, what)
        }
    }

    /// Scripts get a plan of one shape from every verb that has one.
    @Test func plansAreJSON() throws {
        let log = try ActedLog("small")
        try ActedLog.garble(log)
        let repair = try log.run(["repair", log.log, "--yes"])
        #expect(repair.status == 0, "\(repair.errors)")
        let words = [
            "consume": [[log.log, log.name, "--topic-hex", "--limit", "2"]],
            "seek": [[log.log, log.name, "--topic-hex", "-1"]],
            "mark": [[log.log, log.name, "--topic-hex", "clean"]],
            "replay": [[log.log, log.name, "--topic-hex", "--into", "copy"]],
            "reclaim": [[log.log], [log.log, "--delete"]],
            "repair": [[log.log], ["--undo", "1"], ["--finish", "1"]],
        ]
        let stamps = try log.stamps()
        let lines = try log.audit().count
        for verb in try Self.catalogue() where verb.options.contains("dry-run") {
            for words in try #require(words[verb.name], "\(verb.name)") {
                for form in ["json", "jsonl"] {
                    let dry = try log.run([verb.name] + words + ["--dry-run", "-o", form])
                    #expect(dry.status == 0, "\(dry.errors)")
                    let plan = try JSON(reading: dry.output)
                    let shape = ["schema", "plan", "command", "asks", "lines"]
                    #expect(plan.members.prefix(5).map(\.0) == shape)
                    #expect(plan.members.count > 5, "\(words)")
                    #expect(plan["command"]?.string?.hasPrefix("walrus \(verb.name) ") == true)
                }
            }
        }
        #expect(try log.stamps() == stamps)
        #expect(try log.audit().count == lines)
    }
}
