import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import Inspect

/// Why a file is there, for every reason there is.
@Suite struct ForecastTests {
    private let log: LogWriter

    init() throws { log = try LogWriter() }

    private func forecast() throws -> ReclaimForecast {
        ReclaimForecast(try #require(try Scanner(log.path).scan()))
    }

    private func payloads(_ count: Int) -> [[UInt8]] { (0..<count).map { [UInt8($0)] } }

    /// Where the reader of a topic stands that has consumed so many entries of one byte.
    private func consumed(_ count: Int, block: Int = 0) -> StoredCursor {
        .chain(block, offset: count * (Layout.headerSize + 1))
    }

    @Test func everyFate() throws {
        // Consumed; held by two; not to be read; the newest, with free slots.
        let names = (0..<4).map { LogWriter.name($0) }
        try log.entries(payloads(3), "a", file: names[0])
        try log.entries(payloads(4), "a", file: names[1])
        try log.entries(payloads(2), "bb", file: names[1], slot: 1)
        try log.put([UInt8](repeating: 7, count: 300), file: names[2], at: 0)
        try log.entries(payloads(2), "c", file: names[3], firstSequence: 1)
        try log.cursors(["a": consumed(1, block: 1), "c": consumed(2)])

        let forecast = try forecast()
        #expect(forecast.files.map(\.fate) == [.goes, .held, .kept, .filling])
        #expect(forecast.files.map(\.freeSlots) == [0, 0, 0, 99])
        #expect(forecast.files[2].obstacle == .unreadableSlot(0))
        let held = forecast.files[1]
        #expect(held.holders.map(\.topic) == ["a", "bb"])
        #expect(held.holders.map(\.unread) == [3, 2])
        #expect(held.holders.map(\.entriesToRead) == [3, 2])
        #expect(held.holders.map(\.unreadSize) == [3 * 257, 2 * 257])
        #expect(held.holders.map(\.slot) == [0, 1])
        #expect(held.entriesToRead == 5 && held.goesWhenRead)
        #expect(forecast.next == held)
        // Neither topic frees it alone, both together do.
        #expect(forecast.topics.map(\.filesAlone) == [0, 0])
        #expect(
            forecast.bytesIfAllRead == forecast.files[0].allocated + forecast.files[1].allocated)
        for fate in ReclaimForecast.Fate.allCases {
            let sum = forecast.files.filter { $0.fate == fate }.reduce(0) { $0 + $1.allocated }
            #expect(forecast.bytes[fate] ?? 0 == sum)
        }
    }

    /// What stands in an earlier file has to be read first.
    @Test func entriesBeforeCount() throws {
        try log.entries(payloads(5), "a", file: LogWriter.name(0))
        try log.entries(payloads(7), "a", file: LogWriter.name(1))
        try log.entries(payloads(1), "z", file: LogWriter.name(2))
        try log.cursors(["a": consumed(2)])
        let forecast = try forecast()
        #expect(forecast.files.map { $0.holders.first?.entriesToRead } == [3, 10, 1])
        #expect(forecast.files.map { $0.holders.first?.unread } == [3, 7, 1])
        let topic = try #require(forecast.topics.first)
        #expect(topic.name == "a" && topic.files == 2 && topic.filesAlone == 2)
        #expect(topic.entriesToRead == 10)
        #expect(topic.bytesAlone == forecast.files[0].allocated + forecast.files[1].allocated)
        // The newest file is held, and reading it frees nothing yet.
        #expect(forecast.topics.last?.filesAlone == 0 && !forecast.files[2].goesWhenRead)
        #expect(forecast.next?.name == forecast.files[0].name)
    }

    @Test func fullNewestFileAndOddOnes() throws {
        try log.entries(payloads(1), "a", file: LogWriter.name(0))
        try log.truncate(LogWriter.name(0), to: 5 * Layout.unit)
        try log.entries(payloads(1), "a", file: LogWriter.name(1), slot: 99, firstSequence: 2)
        try log.cursors(["a": consumed(1, block: 1)])
        let forecast = try forecast()
        #expect(forecast.files.map(\.fate) == [.kept, .goes])
        #expect(forecast.files[0].obstacle == .size(5 * Layout.unit))
        #expect(forecast.topics.isEmpty && forecast.next == nil)
    }

    /// A file without a block goes, unless it is the one that blocks will be put into.
    @Test func emptyFiles() throws {
        try log.create(LogWriter.name(0))
        try log.create(LogWriter.name(1))
        #expect(try forecast().files.map(\.fate) == [.stranded, .filling])
        #expect(ReclaimForecast(DirectoryState()).files.isEmpty)
    }

    /// F25: the reference deletes nothing that an earlier run of it has made, read or not.
    @Test func theReferenceStrandsFiles() throws {
        // Seconds lie between them.
        let names = ["1763670155020", "1763670156030", "1763670165020", "1763670175020"]
        try log.entries(payloads(3), "a", file: names[0])
        try log.create(names[1])
        try log.entries(payloads(4), "a", file: names[2])
        try log.entries(payloads(2), "b", file: names[3])
        try log.cursors(["a": consumed(1, block: 1), "b": consumed(2)])
        let closed = try forecast()
        #expect(closed.owner == .reference(runBegan: nil))
        #expect(closed.files.map(\.fate) == [.stranded, .stranded, .held, .filling])
        #expect(closed.files.allSatisfy { $0.deleter == .nobody })
        #expect(closed.files.map(\.isFree) == [true, true, false, false])
        // Reading it makes it free, though not for the reference.
        #expect(closed.files[2].goesWhenRead && closed.next == closed.files[2])
        #expect(closed.files[0].reason.contains("walrus reclaim"))
        #expect(closed.files[2].reason.contains("walrus reclaim"))

        // A process that began before the third file was made: it deletes that one, once it is read
        // and "a" has gone on to another block.
        let began = try #require(DataFileName(names[2])?.milliseconds) * 1_000_000
        let state = try #require(try Scanner(log.path).scan())
        let running = ReclaimForecast(state, runBegan: began + 500_000_000)
        #expect(running.files.map(\.deleter) == [.nobody, .nobody, .reference, .reference])
        #expect(running.files.map(\.fate) == [.stranded, .stranded, .held, .filling])
        let later = ReclaimForecast(state, runBegan: began + 1_500_000_000)
        #expect(later.files.map(\.deleter) == [.nobody, .nobody, .nobody, .reference])
        // Since when it has been at work is not known: it may have made all that have blocks.
        let unknown = ReclaimForecast(state, runBegan: 0)
        #expect(
            unknown.files.map(\.deleter) == [
                .perhapsReference, .nobody, .perhapsReference, .perhapsReference,
            ])
        #expect(unknown.files[0].fate == .goes)
    }

    /// Of the run that goes on, the reference deletes what is read and full and has no topic's last block.
    @Test func theReferenceFreesWhatItsRunHasFilled() throws {
        try log.entries(payloads(3), "a", file: LogWriter.name(0))
        try log.entries(payloads(3), "b", file: LogWriter.name(1))
        try log.entries(payloads(4), "a", file: LogWriter.name(2))
        try log.cursors(["a": consumed(1, block: 1), "b": consumed(3)])
        let state = try #require(try Scanner(log.path).scan())
        let forecast = ReclaimForecast(state, runBegan: 1_000_000_000)
        #expect(forecast.files.map(\.fate) == [.goes, .filling, .held])
        #expect(forecast.files[1].freeSlots == 0 && forecast.files[1].isFree)
        #expect(forecast.files.map(\.reason).allSatisfy { !$0.contains("stranded") })
        #expect(forecast.isOther(for: nil) && !forecast.isOther(for: 1_000_000_000))
    }

    /// The engine that wrote the last entries is the one that goes on.
    @Test func whoGoesOn() throws {
        try log.entries(payloads(1), "a", file: LogWriter.name(0), firstSequence: 1)
        #expect(try forecast().owner == .thisEngine)
        // An open of the reference leaves an empty file, which says nothing of who writes.
        try log.create(LogWriter.name(1))
        #expect(try forecast().owner == .thisEngine)
        try log.entries(payloads(1), "a", file: LogWriter.name(2))
        #expect(try forecast().owner == .reference(runBegan: nil))
        // This engine goes on with the newest file.
        try log.entries(payloads(1), "b", file: LogWriter.name(2), slot: 1, firstSequence: 1)
        #expect(try forecast().owner == .thisEngine)
        // A name without room for a stamp tells nothing.
        let long = TopicName(String(repeating: "x", count: 200))
        try log.entries(payloads(1), long, file: LogWriter.name(3))
        #expect(try forecast().owner == .thisEngine)
        #expect(ReclaimForecast(DirectoryState()).owner == .thisEngine)
    }

    /// Parts that sum up to what there is.
    @Test(arguments: ["restarts", "manyblocks", "small", "multi"])
    func totals(name: String) throws {
        let fixture = try Fixture(name)
        let state = try #require(try Scanner(fixture.path).scan())
        let forecast = ReclaimForecast(state)
        #expect(forecast.files.map(\.name) == state.files.map(\.name))
        #expect(forecast.bytes.values.reduce(0, +) == state.allocated)
        // Every unread entry is in exactly one file.
        let unread = forecast.files.flatMap(\.holders).reduce(0) { $0 + $1.unread }
        #expect(unread == state.unread)
        for topic in forecast.topics {
            #expect(state.topic(topic.name)?.unread == topic.entriesToRead)
        }
    }
}
