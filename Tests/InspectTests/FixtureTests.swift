import Inspect
import TestSupport
import Testing
import WalrusFormat

/// What the reference wrote reads back exactly.
@Suite struct FixtureTests {
    /// All that is to be said of each directory, by kind: none of it above "info", but what the
    /// reference itself would not deliver any more.
    static let findings: [String: [Finding.Kind]] = [
        "large": [Finding.Kind](repeating: .referenceLoses, count: 4)
            + [.referenceStops, .cursorShifted]
    ]

    @Test(arguments: ReferenceLog.names)
    func everythingIsThere(name: String) throws {
        let fixture = try ReferenceLog(name)
        let before = try Trace.all(in: fixture.path)
        let state = try #require(try Scanner(fixture.path).scan())
        let written = state.topics.filter { $0.entries > 0 }.map(\.name)
        #expect(written == fixture.topics.map(\.name).sorted())
        for truth in fixture.topics {
            let topic = try #require(state.topic(truth.name))
            #expect(topic.entries == truth.entries, "\(truth.name)")
            #expect(topic.unread == truth.unread, "\(truth.name)")
            #expect(topic.size == truth.size, "\(truth.name)")
            #expect(topic.isClean == truth.isClean, "\(truth.name)")
            #expect(topic.damaged == 0)
            let reader = EntryReader(directory: fixture.path, topic: topic)
            var found: [ReferenceLog.Payload] = []
            var isInOrder = true
            let visit: EntryReader.Visit = { row, _ in
                found.append(ReferenceLog.Payload(length: row.length, checksum: row.checksum))
                isInOrder = isInOrder && row.ordinal == found.count
                isInOrder = isInOrder && row.isConsumed == (found.count <= topic.consumed)
                return true
            }
            try unsafe reader.forEach(visit)
            #expect(found == truth.payloads, "\(truth.name)")
            #expect(isInOrder, "\(truth.name)")
            #expect(truth.payloads.count == truth.entries)
        }
        #expect(state.findings.map(\.kind) == Self.findings[name] ?? [])
        for finding in state.findings {
            #expect(finding.severity == (finding.kind == .referenceLoses ? .warning : .info))
        }
        #expect(try Trace.all(in: fixture.path) == before)
    }
}
