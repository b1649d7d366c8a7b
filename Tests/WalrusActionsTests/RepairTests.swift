import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@testable import WalrusActions

/// Repairs one by one. `FuzzTests.RepairTests` has what holds for any directory.
@Suite struct RepairTests {
    private let place: TempDirectory
    private let store: UndoStore

    init() throws {
        place = try TempDirectory()
        store = UndoStore(place.path.appending("undo"))
    }

    private func job(_ path: FilePath) -> RepairJob {
        RepairJob(path, store: store, command: "walrus repair x")
    }

    private func look(_ path: FilePath) throws -> DirectoryState {
        try #require(try Scanner(path).scan())
    }

    private func engine(_ path: FilePath) throws -> Walrus {
        try Walrus(
            Configuration(directory: path, key: nil, fsyncSchedule: .never, reclamation: .off))
    }

    private func garble(_ path: FilePath) throws {
        let file = try DiskFile(path, .readWrite)
        try [UInt8](repeating: 0xee, count: 24).write(to: file, at: try file.size() - 24)
    }

    /// What the engine knew that closed the directory is as good as the index that is lost.
    @Test func cursorsComeBackFromTheSnapshot() throws {
        let path = place.path.appending("wal")
        let walrus = try engine(path)
        for topic in ["a", "b", "a longer name"] as [TopicName] {
            for number in 0..<10 { try walrus.append([UInt8(number)], to: topic) }
        }
        for _ in 0..<4 { _ = try walrus.readNext("a", checkpoint: true) }
        for _ in 0..<10 { _ = try walrus.readNext("a longer name", checkpoint: true) }
        try walrus.close()
        try garble(path.appending(DirectoryNames.cursorIndex))
        #expect(try look(path).topics.map(\.unread) == [10, 10, 10])
        let plan = try job(path).plan()
        #expect(plan.chosen.map(\.id) == ["cursor-index"])
        #expect(
            plan.chosen[0].effects == [
                "2 topics go on where the last engine left them",
                "of \"b\" nothing tells how far its reader was: all 10 entries come (again)",
            ])
        let number = try job(path).apply(plan)
        let after = try look(path)
        #expect(after.topics.map(\.unread) == [6, 0, 10] && after.findings.isEmpty)
        #expect(
            try Directory.list(path).map(\.name).contains(
                "damaged1_read_offset_idx_index.db"))
        try store.bring(number, back: true)
        #expect(try look(path).topics.map(\.unread) == [10, 10, 10])
        try store.bring(number, back: false)
        let again = try engine(path)
        #expect(again.unreadCount(of: "a") == 6 && again.unreadCount(of: "a longer name") == 0)
        try again.close()
    }

    /// A mark that nothing tells of any more is taken for dirty.
    @Test func marksThatAreLostAreDirty() throws {
        let log = try LogWriter()
        try log.entries([[1], [2]], "a")
        try log.entries([[1]], "b", slot: 1)
        try log.marks([
            "a": CleanMark(isClean: true, generation: 2),
            "b": CleanMark(isClean: false, generation: 1),
        ])
        try garble(log.path.appending(DirectoryNames.cleanIndex))
        let plan = try job(log.path).plan()
        #expect(plan.chosen.map(\.kind) == [.cleanIndex])
        _ = try job(log.path).apply(plan)
        #expect(try look(log.path).topics.map(\.isClean) == [false, false])
    }

    /// A reader that stood behind a torn entry stands before the next one that comes there.
    @Test func aCursorBehindATornTailGoesBeforeIt() throws {
        let log = try LogWriter()
        let torn = try log.entries([[1, 2], [3, 4]], "t")
        let end = try log.entry([UInt8](repeating: 7, count: 9_000), "t", at: torn)
        try log.zero(at: torn + 4_096, count: end - torn - 4_096)
        try log.cursors(["t": .chain(0, offset: end)])
        let plan = try job(log.path).plan()
        #expect(plan.chosen.map(\.id) == ["tail:\(LogWriter.first):0"])
        #expect(plan.chosen[0].certainty == .likely)
        let number = try job(log.path).apply(plan)
        let state = try look(log.path)
        #expect(state.findings.isEmpty && state.topic("t")?.unread == 0)
        let walrus = try engine(log.path)
        try walrus.append([9], to: "t")
        #expect(try walrus.readNext("t", checkpoint: true)?.payload == [9])
        #expect(walrus.topics()[0].blocks == 1)
        try walrus.close()
        // Its bytes are an entry's now.
        func contents() throws -> [UInt64] {
            try Trace.all(in: log.path).filter { $0.name != DirectoryNames.lock }.map(\.contents)
        }
        let before = try contents()
        #expect(throws: UndoRecord.Refusal.self) { try store.bring(number, back: true) }
        #expect(throws: UndoRecord.Refusal.self) { try store.bring(number, back: false) }
        #expect(try contents() == before)
    }

    /// What may have been an entry once is only taken away by name.
    @Test func damageThatMayHaveComeLaterIsDoubtful() throws {
        let log = try LogWriter()
        let last = try log.entries([[1, 2]], "t")
        try log.entry([3, 4], "t", at: last)
        try log.flip(bit: 0, at: last + 256)
        let plan = try job(log.path).plan()
        #expect(plan.chosen.isEmpty && plan.changes.isEmpty)
        #expect(plan.repairs.map(\.certainty) == [.doubtful])
        let named = try job(log.path).plan(only: plan.repairs.map(\.id))
        _ = try job(log.path).apply(named)
        #expect(try look(log.path).findings.isEmpty)
        #expect(throws: RepairPlan.Gone.self) { try job(log.path).plan(only: ["tail:x"]) }
        #expect(throws: RepairPlan.Unknown.self) { try job(log.path).plan(only: ["nosuch"]) }
    }

    @Test func refusesWhatAnotherHolds() throws {
        let log = try LogWriter()
        try log.entries([[1, 2]], "t")
        try log.put([1], at: 5_000)
        let plan = try job(log.path).plan()
        #expect(plan.chosen.map(\.kind) == [.leftover])
        let walrus = try engine(log.path)
        do {
            _ = try job(log.path).apply(plan)
            Issue.record("was not refused")
        } catch let error as EngineError {
            #expect(error.code == .locked && error.holders == [Host.processID])
        }
        try walrus.close()
        // Nothing was kept, since nothing was to be changed.
        #expect(try store.list().records.isEmpty)
        try log.put([2], at: 6_000)
        try log.entries([[5]], "t", at: 258)
        #expect(throws: RepairJob.Failure.self) { try job(log.path).apply(plan) }
    }

    /// A damaged record says so, and writes nothing.
    @Test func aDamagedRecordIsNotUsed() throws {
        let log = try LogWriter()
        try log.entries([[1, 2]], "t")
        try log.put([1, 2, 3], at: 5_000)
        let number = try job(log.path).apply(try job(log.path).plan())
        let folder = try store.record(number).folder
        for name in ["bytes", "manifest"] {
            let image = try #require(try Directory.contents(of: folder.appending(name)))
            let file = try DiskFile(folder.appending(name), .readWrite)
            try [image[0] ^ 1].write(to: file, at: 0)
            #expect(throws: UndoRecord.Refusal.self) { try store.bring(number, back: true) }
            #expect(try log.get(at: 5_000, count: 3) == [0, 0, 0])
            try [image[0]].write(to: file, at: 0)
        }
        try store.bring(number, back: true)
        #expect(try log.get(at: 5_000, count: 3) == [1, 2, 3])
        // It was undone by somebody who wanted that: there is nothing to be finished.
        #expect(throws: UndoRecord.Refusal.self) {
            try UndoAction(number, in: store, finishes: true)
        }
    }

    /// The reference's own directory, with its index damaged: mended, and every byte put back.
    @Test(arguments: ["small", "multi", "restarts"]) func ofAFixture(name: String) throws {
        let fixture = try Fixture(name)
        try garble(fixture.path.appending(DirectoryNames.cursorIndex))
        let entries = try look(fixture.path).topics.map(\.entries)
        let before = try Trace.all(in: fixture.path).filter { $0.name != "." }
            .map { "\($0.name) \($0.contents)" }
        let number = try job(fixture.path).apply(try job(fixture.path).plan())
        let state = try look(fixture.path)
        #expect(state.topics.map(\.entries) == entries)
        #expect(!state.findings.contains { $0.kind == .damagedCursorIndex })
        try store.bring(number, back: true)
        let after = try Trace.all(in: fixture.path)
            .filter { $0.name != "." && $0.name != DirectoryNames.lock }
            .map { "\($0.name) \($0.contents)" }
        #expect(after == before)
    }
}
