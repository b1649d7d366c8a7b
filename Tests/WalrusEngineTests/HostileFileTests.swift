import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Files that somebody else has put where an engine has its own: none of them takes all memory.
@Suite struct HostileFileTests {
    /// Longer than all memory, and without a byte on disk: set aside unread, as Inspect foretells.
    @Test(arguments: [
        DirectoryNames.cursorIndex, DirectoryNames.cleanIndex, DirectoryNames.cursorJournal,
        DirectoryNames.batchIntents,
    ])
    func aFileLongerThanMemory(name: String) throws {
        let place = try Workplace()
        try place.crashing { walrus throws in try walrus.add(["a"], to: "t") }
        try place.put(name, [], size: 1 << 40)
        let scanner = Scanner(place.path)
        let state = try #require(try scanner.scan())
        let found = try #require(state.findings.first { $0.file == name })
        #expect(found.message.contains("was not read"))
        #expect(scanner.recoveryPreview()?.setAside.map(\.name) == [name])
        try place.session { walrus throws in
            let report = walrus.recoveryReport
            #expect(report.setAside.map(\.name) == [name])
            #expect(report.setAside.first?.reason.contains("was not read") == true)
            #expect(try walrus.texts("t") == ["a"])
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.setAside.isEmpty && walrus.unreadCount(of: "t") == 0)
        }
    }

    @Test func anOffsetIndexLongerThanMemory() throws {
        let place = try Workplace()
        try place.put("my_index.db", [], size: 1 << 40)
        let path = place.path.appending("my_index.db")
        #expect { try OffsetIndex(path) } throws: { .damaged ~= $0 }
        #expect(try FileStatus.of(path)?.size == 1 << 40)
    }
}
