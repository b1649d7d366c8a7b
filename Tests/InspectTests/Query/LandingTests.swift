import Inspect
import TestSupport
import Testing
import WalrusFormat

/// Going to a place leads to the nearest that there is, and never silently.
@Suite struct LandingTests {
    @Test(
        arguments: [
            (.begin, 1, nil), (.end, 8, nil), (.cursor, 3, nil), (.ordinal(8), 8, nil),
            (.ordinal(9), 8, "there are 8 entries: at the last"),
            (.ordinal(.max), 8, "there are 8 entries: at the last"),
            (.ordinal(0), 1, "entries count from 1: at the first"),
            (.last(8), 1, nil), (.last(1), 8, nil),
            (.last(9), 1, "there are 8 entries: at the first"),
            (.last(.max), 1, "there are 8 entries: at the first"),
            (.sequence(13), 3, nil), (.sequence(18), 6, nil),
            (.sequence(2), 1, "the first running number is 11: at the first"),
            (.sequence(16), 6, "no sound entry has the number 16: at the next"),
            (.sequence(21), 8, "the last running number is 20: at the last"),
            (.time(1_011), 1, nil), (.time(1_016), 6, nil),
            (.time(1_005), 1, "everything was appended later: at the first"),
            (.time(.max), 8, "nothing was appended then or later: at the last"),
        ] as [(EntryPoint, Int, String?)])
    func leadsToTheNearest(point: EntryPoint, ordinal: Int, note: String?) throws {
        // Entries with the numbers 11 to 15 and 18 to 20, of which two are read.
        let log = try LogWriter()
        let payloads = [[UInt8]](repeating: [1, 2, 3], count: 5)
        let end = try log.entries(payloads, "t", firstSequence: 11)
        try log.entries(Array(payloads.prefix(3)), "t", at: end, firstSequence: 18)
        try log.cursors(["t": .chain(0, offset: 2 * (Layout.headerSize + 3))])
        let landing = try reader(log).landing(at: point)
        #expect(landing.ordinal == ordinal)
        #expect(landing.miss?.text == note)
    }

    @Test func whatIsReadHasNoCursorInIt() throws {
        let log = try LogWriter()
        let end = try log.entries([[1], [2]], "t")
        try log.cursors(["t": .chain(0, offset: end)])
        let landing = try reader(log).landing(at: .cursor)
        #expect(landing.ordinal == 2 && landing.miss?.text == "every entry is read: at the last")
        // Entries of the reference have no number: there is no nearest one.
        #expect(throws: EntryPoint.Missing.self) {
            try reader(log).landing(at: .sequence(1))
        }
    }

    private func reader(_ log: LogWriter) throws -> EntryReader {
        let state = try #require(try Scanner(log.path).scan())
        return EntryReader(directory: log.path, topic: try #require(state.topic("t")))
    }
}
