import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

/// What comes back from the trash does not keep a log from being opened as it is, whatever became of a
/// batch in it: its reader has had it.
@Suite struct ReturnTests {
    /// What becomes of an entry of the batch.
    enum Harm: CaseIterable, Sendable { case middle, tail }
    enum Time: CaseIterable, Sendable { case beforeItGoes, inTheTrash }
    /// What the topic has behind the file that goes.
    enum Rest: CaseIterable, Sendable { case nothing, unread, consumed }

    @Test(arguments: Harm.allCases, Rest.allCases)
    func aBatchThatIsNotWholeAnyMore(harm: Harm, rest: Rest) throws {
        for time in Time.allCases { try check(harm, rest, time) }
    }

    private func check(_ harm: Harm, _ rest: Rest, _ time: Time) throws {
        let log = try LogWriter()
        var offset = try log.entries([[1]], "t", file: LogWriter.name(0), firstSequence: 1)
        var starts: [Int] = []
        for index in 0..<3 {
            let stamp = EntryStamp(
                batchIndex: index, batchCount: 3, sequence: UInt64(2 + index), timestamp: 1_002)
            starts.append(offset)
            offset = try log.entry(
                [9, UInt8(index)], "t", file: LogWriter.name(0), at: offset, stamp: stamp)
        }
        if rest != .nothing {
            try log.entries([[5], [6]], "t", file: LogWriter.name(1), firstSequence: 5)
        }
        try log.entries([[7]], "other", file: LogWriter.name(1), slot: 1, firstSequence: 1)
        try log.entries([[8]], "other", file: LogWriter.name(2), firstSequence: 2)
        try ReplayBench.session(log.path) { walrus in
            try walrus.seek("t", to: rest == .unread ? .ordinal(5) : .end)
        }
        func spoil(_ path: FilePath) throws {
            let at = starts[harm == .middle ? 1 : 2] + Layout.headerSize
            try [UInt8(0xee)].write(to: DiskFile(path, .readWrite), at: at)
        }
        // So that all is read again.
        func forget() throws {
            try DiskStorage(log.path).remove(DirectoryNames.snapshot)
        }
        if time == .beforeItGoes { try spoil(log.file(LogWriter.name(0))) }
        try forget()
        let result = try ReclaimTests.reclaim(log.path)
        guard let folder = result.folder else { return }
        let trash = TrashFolder.root(of: log.path).appending(folder)
        if time == .inTheTrash { try spoil(trash.appending(LogWriter.name(0))) }
        let unread = try ReclaimTests.unread(log.path)
        try forget()
        _ = try RestoreAction(log.path, name: nil).apply()
        #expect(try ReclaimTests.unread(log.path).merging(unread) { $1 } == unread)
        for _ in 0..<2 {
            try forget()
            try LogAccess(log.path).open().close()
            #expect(try ReclaimTests.unread(log.path) == unread)
        }
        let state = try #require(try Scanner(log.path).scan())
        #expect(state.topic("t")?.entries ?? 0 >= 3)
    }
}
