import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import WalrusActions

@Suite struct SalvageTests {
    private func look(_ path: FilePath) throws -> DirectoryState {
        try #require(try Scanner(path).scan())
    }

    private func salvage(
        _ path: FilePath, to target: FilePath, _ change: (inout SalvageJob) -> Void = { _ in }
    ) throws -> SalvageJob.Report {
        var job = SalvageJob(path, to: target)
        change(&job)
        let state = try #require(try SalvageJob.look(Scanner(path)) { try $0.scan() })
        return try job.run(state) { _, _ in true }
    }

    private func payloads(_ path: FilePath, _ topic: TopicName) throws -> [[UInt8]] {
        let state = try #require(try look(path).topic(topic))
        let reader = EntryReader(directory: path, topic: state)
        return try reader.rows(from: 1, count: 100_000, previewMax: 1 << 20).filter {
            $0.damage == nil
        }.map(\.preview)
    }

    /// Everything but the damaged entry, in order, and the reader before the same entry.
    @Test func takesWhatCanBeRead() throws {
        let log = try LogWriter()
        let entries = (0..<9).map { [UInt8](repeating: UInt8($0), count: 40) }
        try log.entries(entries, "t", firstSequence: 5)
        try log.entries([[1], [2]], "clean", slot: 1)
        try log.flip(bit: 3, at: 2 * 296 + 256)
        try log.cursors(["t": .chain(0, offset: 4 * 296)])
        try log.marks(["t": CleanMark(isClean: false, generation: 3)])
        let place = try TempDirectory()
        let out = place.path.appending("out")
        let report = try salvage(log.path, to: out)
        #expect(report.entries == 10 && report.consumed == 3)
        #expect(report.left.map(\.kind) == [.damagedPayload] && report.left[0].offset == 2 * 296)
        let state = try look(out)
        #expect(state.findings.allSatisfy { $0.severity == .info })
        #expect(state.topic("t")?.unread == 5 && state.topic("clean")?.unread == 2)
        #expect(state.topic("t")?.isClean == false && state.topic("clean")?.isClean == true)
        #expect(try payloads(out, "t") == Array(entries[..<2]) + Array(entries[3...]))
        // Entries keep their times.
        #expect(state.topic("t")?.blocks.first?.stamps?.last.timestamp == 1_013)
        #expect(try Directory.list(place.path).map(\.name) == ["out"])
    }

    @Test(arguments: Fixture.names) func ofAFixtureAll(name: String) throws {
        let fixture = try Fixture(name)
        let place = try TempDirectory()
        let out = place.path.appending("out")
        let before = try look(fixture.path)
        let report = try salvage(fixture.path, to: out)
        #expect(
            report.entries == before.entries && report.consumed == before.entries - before.unread)
        let after = try look(out)
        #expect(after.topics.map(\.entries) == before.topics.map(\.entries))
        #expect(after.topics.map(\.unread) == before.topics.map(\.unread))
        #expect(after.topics.map(\.isClean) == before.topics.map(\.isClean))
    }

    @Test func takesAPart() throws {
        let log = try LogWriter()
        try log.entries([[1], [2], [3]], "a")
        try log.entries([[4], [5, 5]], "a", file: LogWriter.name(1))
        try log.entries([[6]], "b", slot: 1)
        try log.cursors(["a": .chain(1, offset: 257)])
        let place = try TempDirectory()
        let query = try Query("length > 1")
        _ = try salvage(log.path, to: place.path.appending("1")) { $0.query = query }
        #expect(try look(place.path.appending("1")).topics.map(\.name) == ["a"])
        #expect(try payloads(place.path.appending("1"), "a") == [[5, 5]])
        _ = try salvage(log.path, to: place.path.appending("2")) { $0.topics = ["b"] }
        #expect(try look(place.path.appending("2")).topics.map(\.name) == ["b"])
        let file = try #require(DataFileName(LogWriter.name(1)))
        _ = try salvage(log.path, to: place.path.appending("3")) { $0.files = [file] }
        #expect(try payloads(place.path.appending("3"), "a") == [[4], [5, 5]])
        #expect(try look(place.path.appending("3")).topic("a")?.unread == 1)
    }

    @Test func refusesWhatIsThereAndStopsWithoutATrace() throws {
        let log = try LogWriter()
        try log.entries((0..<5_000).map { [UInt8(truncatingIfNeeded: $0)] }, "a")
        let place = try TempDirectory()
        let out = place.path.appending("out")
        let state = try look(log.path)
        #expect(throws: SalvageJob.Stopped.self) {
            try SalvageJob(log.path, to: out).run(state) { done, _ in done < 2_000 }
        }
        #expect(try Directory.list(place.path).isEmpty)
        #expect(throws: DirectoryDraft.Refusal.self) {
            try salvage(log.path, to: log.path.appending("out"))
        }
        try Directory.create(place.path.appending("something"))
        #expect(throws: DirectoryDraft.Refusal.self) { try salvage(log.path, to: place.path) }
        #expect(throws: IOError.self) {
            try salvage(log.path, to: place.path.appending("none/out"))
        }
    }

    /// What a killed process has left of a directory goes; what somebody works in, or what is none of it, stays.
    @Test func whatWasLeftUnfinished() throws {
        let log = try LogWriter()
        try log.entries([[1], [2]], "t")
        let place = try TempDirectory()
        let out = place.path.appending("out")
        let draft = place.path.appending("out.unfinished")
        try Directory.create(draft)
        try [UInt8(7)].write(to: DiskFile(draft.appending(LogWriter.first), .create), at: 0)
        let holder = try DiskFile(draft, .readOnly)
        #expect(try holder.tryLock())
        #expect(throws: DirectoryDraft.Refusal.self) { try salvage(log.path, to: out) }
        #expect(try Directory.list(draft).count == 1)
        holder.unlock()
        _ = try DiskFile(draft.appending("notes"), .create)
        #expect(throws: DirectoryDraft.Refusal.self) { try salvage(log.path, to: out) }
        #expect(try Directory.list(draft).count == 2)
        try DiskStorage(draft).remove("notes")
        #expect(try salvage(log.path, to: out).entries == 2)
        #expect(try Directory.list(place.path).map(\.name) == ["out"])
    }
}
