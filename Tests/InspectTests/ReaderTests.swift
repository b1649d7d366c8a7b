import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@Suite struct ReaderTests {
    private func reader(_ log: LogWriter, _ topic: TopicName = "t") throws -> EntryReader {
        let state = try #require(try Scanner(log.path).scan())
        return EntryReader(directory: log.path, topic: try #require(state.topic(topic)))
    }

    /// Entries of all lengths, over blocks and files, some longer than the window of 1 MiB.
    private static let lengths = [0, 1, 300, 1 << 20, (1 << 20) - 256, 3 << 20, 5, 70_000]

    private func filled() throws -> LogWriter {
        let log = try LogWriter()
        for (slot, file) in [(0, 0), (2, 0), (0, 1)] {
            try log.entries(
                Self.lengths.map { length in
                    (0..<length).map { UInt8(truncatingIfNeeded: $0 / 3 + slot) }
                }, "t", file: LogWriter.name(file), slot: slot)
        }
        try log.cursors(["t": .chain(1, offset: 256)])
        return log
    }

    @Test func aPlaceHasAnOrdinal() throws {
        let log = try filled()
        let reader = try reader(log)
        let count = Self.lengths.count
        for row in try reader.rows(from: 1, count: 100) {
            let found = try reader.ordinal(file: row.file, slot: row.slot, offset: row.offset)
            #expect(found == row.ordinal)
        }
        let block = try #require(reader.topic.blocks.first)
        let behind = try reader.ordinal(file: block.file, slot: block.slot, offset: block.used)
        #expect(behind == count + 1)
    }

    @Test func rowsFromAnywhere() throws {
        let log = try filled()
        let reader = try reader(log)
        let count = Self.lengths.count
        let all = try reader.rows(from: 1, count: 100, previewMax: 8)
        #expect(all.map(\.ordinal) == (1...3 * count).map { $0 })
        #expect(all.map(\.length) == Self.lengths + Self.lengths + Self.lengths)
        #expect(all.map(\.isConsumed) == (1...3 * count).map { $0 <= count + 1 })
        #expect(all.allSatisfy { $0.preview.count == min(8, $0.length) })
        for first in [-5, 0, 1] {
            #expect(try reader.rows(from: first, count: 100, previewMax: 8) == all)
        }
        for first in 1...3 * count + 1 {
            let rows = try reader.rows(from: first, count: 3, previewMax: 8)
            #expect(rows == Array(all[min(first - 1, all.count)...].prefix(3)))
        }
        #expect(try reader.rows(from: 1, count: 0).isEmpty)
        #expect(try reader.rows(from: .max, count: 1).isEmpty)
    }

    @Test func payloads() throws {
        let log = try filled()
        let reader = try reader(log)
        for row in try reader.rows(from: 1, count: Self.lengths.count) {
            let payload = try reader.payload(of: row)
            #expect(payload.count == row.length && FNV1a.hash(payload) == row.checksum)
            #expect(
                try reader.payload(of: row, from: 2, count: 3)
                    == Array(payload.dropFirst(2).prefix(3)))
            #expect(try reader.payload(of: row, from: row.length + 5).isEmpty)
        }
    }

    /// What was appended after the state was taken belongs to a later one.
    @Test func laterEntriesAreNotRead() throws {
        let log = try LogWriter()
        let end = try log.entries([[1], [2]], "t")
        let reader = try reader(log)
        try log.entry([3], "t", at: end)
        #expect(try reader.rows(from: 1, count: 10).count == 2)
    }

    @Test func aReaderOfAFileThatIsGone() throws {
        let log = try filled()
        let reader = try reader(log)
        try log.remove(LogWriter.name(1))
        #expect(try reader.rows(from: 1, count: 16).count == 16)
        let error = #expect(throws: IOError.self) { try reader.rows(from: 1, count: 17) }
        #expect(error?.errno == .noSuchFileOrDirectory)
        #expect(error?.path == log.file(LogWriter.name(1)))
    }

    @Test func damagedEntriesAreShownWhereTheyStand() throws {
        let log = try LogWriter()
        try log.entries([[1], [2], [3], [4]], "t")
        try log.entries([[5]], "t", slot: 1)
        try log.flip(bit: 0, at: 256)
        try log.flip(bit: 0, at: 2 * 257 + 256)
        let reader = try reader(log)
        #expect(try reader.rows(from: 1, count: 9).map(\.ordinal) == [nil, 1, nil, 2, 3])
        #expect(try reader.rows(from: 2, count: 9).map(\.ordinal) == [2, 3])
        // Nothing but damage.
        let other = try LogWriter()
        try other.entries([[1]], "t")
        try other.flip(bit: 0, at: 256)
        #expect(try self.reader(other).rows(from: 1, count: 9).map(\.ordinal) == [nil])
    }

    @Test func ordinalsByTime() throws {
        let log = try LogWriter()
        var number: UInt64 = 0
        for slot in 0..<3 {
            var at = 0
            for _ in 0..<4 {
                number += 1
                at = try log.entry(
                    [1], "t", slot: slot, at: at,
                    stamp: EntryStamp(sequence: number, timestamp: 1_000 * number))
            }
        }
        let reader = try reader(log)
        #expect(try reader.ordinal(at: 0) == 1)
        for ordinal in 1...12 {
            #expect(try reader.ordinal(at: UInt64(1_000 * ordinal)) == ordinal)
            #expect(try reader.ordinal(at: UInt64(1_000 * ordinal) + 1) == ordinal + 1)
        }
        #expect(try reader.ordinal(at: .max) == 13)

        // Ours behind entries of the reference, in one block.
        let mixed = try LogWriter()
        let born: UInt64 = 1_763_670_155_020_000_000
        let at = try mixed.entries([[1], [2]], "t")
        try mixed.entry(
            [3], "t", at: at, stamp: EntryStamp(sequence: 1, timestamp: born + 10))
        #expect(try self.reader(mixed).ordinal(at: born) == 1)
        #expect(try self.reader(mixed).ordinal(at: born + 1) == 3)
        #expect(try self.reader(mixed).ordinal(at: born + 11) == 4)

        // Without stamps only the file's name tells.
        let plain = try LogWriter()
        for file in 0..<3 { try plain.entries([[1], [2]], "t", file: LogWriter.name(file)) }
        let other = try self.reader(plain)
        #expect(try other.ordinal(at: born) == 1)
        #expect(try other.ordinal(at: born + 1) == 3)
        #expect(try other.ordinal(at: born + 1_000_000) == 3)
        #expect(try other.ordinal(at: born + 2_000_000) == 5)
        #expect(try other.ordinal(at: born + 2_000_001) == 7)
    }

    // MARK: - Search

    @Test func smartCase() throws {
        let lower = try #require(TextPattern("error"))
        let mixed = try #require(TextPattern("Error"))
        for (text, isLower, isMixed) in [
            ("an Error", true, true), ("ERROR", true, false), ("error", true, false),
            ("erro", false, false), ("", false, false), ("errorError", true, true),
            ("erErrorr", true, true),
        ] {
            #expect(lower.matches(Array(text.utf8)) == isLower, "\(text)")
            #expect(mixed.matches(Array(text.utf8)) == isMixed, "\(text)")
        }
        #expect(TextPattern("") == nil)
        // Only letters have a case: these differ in the same bit.
        #expect(TextPattern("{")?.matches([UInt8(ascii: "[")]) == false)
        #expect(TextPattern("\u{e9}")?.matches(Array("caf\u{e9}".utf8)) == true)
    }

    /// Matches at every place of long payloads, across the borders of the pieces that are read.
    @Test func matchesAcrossWindows() throws {
        let query = try Query("needle")
        let step = 1 << 20
        for length in [step - 256, step, 2 * step + 10] {
            let log = try LogWriter()
            let places = [0, step - 3, step - 6, step, step - 256 - 3, 2 * step - 1, length - 6]
            var at = 0
            var expected: [Int] = []
            for (index, place) in places.filter({ $0 + 6 <= length }).enumerated() {
                var payload = [UInt8](repeating: UInt8(ascii: "n"), count: length)
                payload.replaceSubrange(place..<place + 6, with: "needle".utf8)
                let slot = index / 4
                if index.isMultiple(of: 4) { at = 0 }
                at = try log.entry(payload, "t", slot: slot, at: at)
                expected.append(index + 1)
            }
            let result = try reader(log).search(query, limit: 100)
            #expect(result.rows.compactMap(\.ordinal) == expected)
            #expect(result.isComplete && result.scanned == expected.count)
        }
    }

    @Test func limitAndStop() throws {
        let log = try LogWriter()
        var at = 0
        for number in 1...3_000 {
            at = try log.entry(Array((number % 10 == 0 ? "ten" : "one").utf8), "t", at: at)
        }
        let reader = try reader(log)
        let query = try Query("ten")
        var result = try reader.search(query, limit: 7)
        #expect(result.rows.compactMap(\.ordinal) == (1...7).map { 10 * $0 })
        #expect(!result.isComplete && result.next == 71 && result.scanned == 70)
        result = try reader.search(query, from: result.next, limit: 1)
        #expect(result.rows.first?.ordinal == 80)
        #expect(result.rows.first?.preview == Array("ten".utf8))
        result = try reader.search(query, from: 2_995, limit: 7)
        #expect(result.rows.map(\.ordinal) == [3_000] && result.isComplete)
        var calls = 0
        result = try reader.search(query, limit: 1_000) { _ in
            calls += 1
            return calls < 2
        }
        #expect(calls == 2 && result.scanned == 2_000 && !result.isComplete)
        #expect(result.next == 2_001)
    }

    // MARK: - Traces

    /// Looking changes nothing: no byte, no time, not even that of last access.
    @Test func readingLeavesNoTrace() throws {
        let log = try filled()
        try log.marks(["t": CleanMark(isClean: true, generation: 1)])
        try log.journal([("t", .begin)])
        try Shell.run("touch -a -d '2001-01-01' '\(log.path)' '\(log.path)'/*")
        let before = try Trace.all(in: log.path)
        let scanner = Scanner(log.path)
        let state = try #require(try scanner.scan())
        _ = try scanner.scan()
        _ = try scanner.scan(forget: true)
        let reader = EntryReader(directory: log.path, topic: try #require(state.topic("t")))
        let rows = try reader.rows(from: 1, count: 100)
        for row in rows { _ = try reader.payload(of: row) }
        _ = try reader.search(Query("x"), limit: 10)
        _ = try reader.ordinal(at: .max)
        _ = try DataDirectory.namespaces(in: log.path)
        _ = DataDirectory.writers(of: log.path)
        #expect(try Trace.all(in: log.path) == before)
    }

    @Test func namespaces() throws {
        let log = try LogWriter()
        #expect(try DataDirectory.namespaces(in: log.path).isEmpty)
        for folder in ["empty", "b", "a"] { try Directory.create(log.path.appending(folder)) }
        _ = try DiskFile(log.path.appending("b").appending(DirectoryNames.cursorIndex), .create)
        try DiskFile(log.path.appending("a").appending("1763670155020"), .create).truncate(to: 9)
        #expect(try DataDirectory.namespaces(in: log.path).map(\.name) == ["a", "b"])
        #expect(try DataDirectory.namespaces(in: log.path).map(\.fileCount) == [1, 0])
        try log.create()
        #expect(try DataDirectory.namespaces(in: log.path).map(\.name) == [nil, "a", "b"])
        #expect(DataDirectory.path(log.path, key: "a/b") == log.path.appending("a_b"))
        #expect(DataDirectory.path(log.path, key: nil) == log.path)
        #expect(throws: IOError.self) { try Scanner(log.path.appending("none")).scan() }
    }
}
