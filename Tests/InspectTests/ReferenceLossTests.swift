import Inspect
import TestSupport
import Testing
import WalrusFormat

/// What the reference would pass by after a restart is a warning where it goes on with the log.
@Suite struct ReferenceLossTests {
    /// A topic behind an unused slot, where the reference does not look; three of its entries are
    /// unread.
    private func log(stamped: Bool, read: Int = 2) throws -> LogWriter {
        let log = try LogWriter()
        let payloads = [[UInt8]](repeating: [7, 7], count: 5)
        try log.entries(payloads, "seen", slot: 0, firstSequence: stamped ? 1 : nil)
        try log.entries(payloads, "behind", slot: 2, firstSequence: stamped ? 1 : nil)
        let offset = read * (Layout.headerSize + 2)
        try log.cursors(["behind": .chain(0, offset: offset)])
        return log
    }

    private func losses(_ log: LogWriter) throws -> [Finding] {
        try #require(try Scanner(log.path).scan()).findings.filter { $0.kind == .referenceLoses }
    }

    @Test func isAWarningWhereTheReferenceWroteLast() throws {
        let found = try losses(log(stamped: false))
        #expect(found.map(\.severity) == [.warning])
        let loss = try #require(found.first)
        #expect(loss.message.contains("3 of 3 unread entries of \"behind\" would never"))
        // Where reading goes on, so that it can be gone to.
        #expect(loss.file == LogWriter.first && loss.block == 2)
        #expect(loss.offset == 2 * (Layout.headerSize + 2))
    }

    @Test func isNoneWhereNothingIsLost() throws {
        #expect(try losses(log(stamped: true)).isEmpty)
        #expect(try losses(log(stamped: false, read: 5)).isEmpty)
        let whole = try LogWriter()
        try whole.entries([[1], [2]], "t")
        #expect(try losses(whole).isEmpty)
    }

    /// A second look at the same directory, and one of another scanner, say the same.
    @Test func staysWhileNothingChanges() throws {
        let log = try log(stamped: false)
        let scanner = Scanner(log.path)
        let first = try #require(try scanner.scan()).findings
        #expect(try #require(try scanner.scan()).findings == first)
        try log.entry([1], "seen", at: 5 * (Layout.headerSize + 2))
        #expect(try scanner.scan()?.findings.map(\.kind) == first.map(\.kind))
    }

    /// The number is that of the preview of a restart.
    @Test func theFixtureWithLargeEntries() throws {
        let fixture = try ReferenceLog("large")
        let scanner = Scanner(fixture.path)
        let state = try #require(try scanner.scan())
        let preview = try #require(scanner.recoveryPreview())
        for topic in preview.topics {
            let lost = topic.reference.skipped + topic.reference.hidden
            let told = state.findings.contains {
                $0.kind == .referenceLoses && $0.message.hasPrefix("\(lost) of ")
                    && $0.message.contains("\"\(topic.name.text)\"")
            }
            #expect(told == (lost > 0), "\(topic.name)")
        }
    }
}
