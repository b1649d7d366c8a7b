import Inspect
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct EngineLogTests {
    @Test func appendsTellWhereTheirEntriesStand() throws {
        let place = try TempDirectory()
        let access = LogAccess(place.path.appending("wal"))
        let (one, many) = try access.withLog { log in
            let one = try log.append(Array("one".utf8), to: "t")
            return (one, try log.append(batch: [[2], [3]], to: "t"))
        }
        let state = try #require(try Scanner(access.directory).scan()?.topic("t"))
        let rows = try EntryReader(directory: access.directory, topic: state)
            .rows(from: 1, count: 9)
        #expect(rows.count == 3)
        #expect(one.place == rows[0].place)
        #expect(many.place == rows[1].place)
        #expect(many.ordinals == 2..<4)
    }

    /// What Inspect sees of a directory that the reference wrote is where the engine moves to.
    @Test(arguments: ["small", "multi", "restarts"])
    func everyEntryOfTheReferenceIsAPlace(name: String) throws {
        let fixture = try Fixture(name)
        let state = try #require(try Scanner(fixture.path).scan())
        let topic = try #require(state.topics.max { $0.entries < $1.entries })
        let rows = try EntryReader(directory: fixture.path, topic: topic)
            .rows(from: 1, count: 300)
        try LogAccess(fixture.path).withLog { log in
            var from = topic.cursor?.place
            #expect(
                try log.moveCursor(of: topic.name, from: from, to: .begin).before == topic.consumed)
            from = nil
            for row in rows where row.ordinal != nil {
                let move = try log.moveCursor(of: topic.name, from: from, to: .place(row.place))
                #expect(move.after == (row.ordinal ?? 0) - 1)
                from = row.place
                #expect(try log.cursor(of: topic.name) == from)
            }
        }
    }

    @Test func aMoveFromElsewhereIsRefused() throws {
        let place = try TempDirectory()
        try LogAccess(place.path.appending("wal")).withLog { log in
            let places = try (0..<3).map { try log.append([$0], to: "t").place }
            let move = try log.moveCursor(of: "t", from: nil, to: .place(places[2]))
            #expect((move.before, move.after, move.skipped, move.repeated) == (0, 2, 2, 0))
            expect(.cursorMoved) {
                try log.moveCursor(of: "t", from: nil, to: .begin)
            }
            expect(.cursorMoved) {
                try log.moveCursor(of: "t", from: places[1], to: .end)
            }
            #expect(try log.cursor(of: "t") == places[2])
            // Between entries, in another block, in another file, of a topic that has none.
            let inside = EntryPlace(file: places[0].file, slot: 0, offset: 1)
            let block = EntryPlace(file: places[0].file, slot: 1, offset: 0)
            for wrong in [inside, block] {
                expect(.noSuchPlace) {
                    try log.moveCursor(of: "t", from: places[2], to: .place(wrong))
                }
            }
            expect(.noSuchPlace) {
                try log.moveCursor(of: "other", from: nil, to: .end)
            }
            #expect(try log.cursor(of: "t") == places[2])
        }
    }

    /// Of many who saw the cursor at one place, one moves it; and readers count as well.
    @Test func oneOfManyMovesTheCursor() throws {
        let place = try TempDirectory()
        try LogAccess(place.path.appending("wal"), fsync: .never).withLog { log in
            let places = try (0..<41).map { try log.append([UInt8($0)], to: "t").place }
            for round in 0..<20 {
                let won = Atomic(0)
                let from = round == 0 ? nil : places[2 * round]
                let threads = (0..<6).map { number in
                    Thread {
                        let to = number % 2 == 0 ? places[2 * round + 1] : places[2 * round + 2]
                        if (try? log.moveCursor(of: "t", from: from, to: .place(to))) != nil {
                            won.add(1, ordering: .relaxed)
                        }
                    }
                }
                for thread in threads { thread.join() }
                #expect(won.load(ordering: .relaxed) == 1)
                let now = try log.cursor(of: "t")
                _ = try log.moveCursor(of: "t", from: now, to: .place(places[2 * round + 2]))
            }
        }
    }

    /// The end of what is consumed is the start of what comes next, also when that is in another block.
    @Test func theEndOfABlockIsTheStartOfTheNext() throws {
        let place = try TempDirectory()
        let path = place.path.appending("wal")
        let end = try LogAccess(path).withLog { log in
            _ = try log.append([1], to: "t")
            return try log.moveCursor(of: "t", from: nil, to: .end).place
        }
        try LogAccess(path).withLog { log in
            let big = [UInt8](repeating: 7, count: Layout.unit)
            let next = try log.append(big, to: "t").place
            #expect(next != end)
            let move = try log.moveCursor(of: "t", from: next, to: .place(end))
            #expect((move.skipped, move.repeated) == (0, 0))
            #expect(try log.moveCursor(of: "t", from: end, to: .begin).repeated == 1)
        }
    }
}

/// Expects that `work` is refused with the code.
func expect(
    _ code: EngineError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () throws -> some Any
) {
    do {
        _ = try work()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch { #expect(code ~= error, "\(error)", sourceLocation: sourceLocation) }
}
