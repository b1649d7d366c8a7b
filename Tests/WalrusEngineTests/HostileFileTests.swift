import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Files that somebody else has put where an engine has its own: none of them takes all memory, and
/// none leads to a write elsewhere.
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

    // MARK: - Links

    /// A file elsewhere, and the name of a link to it in a log.
    private struct Elsewhere {
        let temp: TempDirectory
        let file: FilePath
        private static let text = Array("not to be touched".utf8)

        init() throws {
            temp = try TempDirectory()
            file = temp.path.appending("precious")
            try Self.text.write(to: DiskFile(file, .create))
        }

        func link(_ name: String, in place: Workplace) throws {
            try shell("ln -s \(file) \(place.path)/\(name)")
        }

        var isUntouched: Bool { get throws { try Directory.contents(of: file) == Self.text } }
    }

    /// What has the name of the lock and is none is an error that says what to do.
    @Test func aLockThatIsALink() throws {
        let (place, elsewhere) = (try Workplace(), try Elsewhere())
        try elsewhere.link(DirectoryNames.lock, in: place)
        #expect { _ = try place.open() } throws: {
            .io ~= $0 && "\($0)".contains("take the link away")
        }
        #expect(try elsewhere.isUntouched)
        try shell("cd \(place.path) && rm \(DirectoryNames.lock) && mkfifo \(DirectoryNames.lock)")
        #expect { _ = try place.open() } throws: { .io ~= $0 && "\($0)".contains("move it away") }
        try shell("rm \(place.path)/\(DirectoryNames.lock)")
        try place.session { walrus throws in try walrus.add(["a"], to: "t") }
    }

    /// All other files of ours, and the names under which they are written first.
    @Test(arguments: StorageBackend.allCases)
    func linksInThePlaceOfOurFiles(backend: StorageBackend) throws {
        let names = [
            DirectoryNames.cursorJournal, DirectoryNames.cursorIndex, DirectoryNames.cleanIndex,
            DirectoryNames.snapshot, DirectoryNames.batchIntents,
        ]
        let temporary = names.map(DirectoryNames.replacement)
        for name in names + temporary + [DirectoryNames.metrics] {
            let (place, elsewhere) = (try Workplace(backend), try Elsewhere())
            try elsewhere.link(name, in: place)
            var configuration = place.configuration()
            configuration.writesMetrics = true
            let walrus = try Walrus(configuration)
            try walrus.add(["a", "b"], to: "t")
            try walrus.append(batch: [[1], [2]], to: longName)
            try walrus.markClean("t")
            #expect(try walrus.texts("t", 1) == ["a"])
            try walrus.close()
            #expect(try elsewhere.isUntouched, "\(name)")
            try place.session { walrus throws in
                #expect(walrus.unreadCounts() == ["t": 1, longName: 2] && walrus.isClean("t"))
            }
        }
    }

    /// A journal that a link leads to is read; what is recorded next goes into one of our own.
    @Test func aJournalThatIsALink() throws {
        let (place, elsewhere) = (try Workplace(), try Elsewhere())
        try place.crashing { walrus throws in
            try walrus.add(["a", "b", "c"], to: "t")
            try walrus.consume("t", 1)
        }
        let name = DirectoryNames.cursorJournal
        try shell("mv \(place.path)/\(name) \(elsewhere.file)")
        try elsewhere.link(name, in: place)
        let journal = try Directory.contents(of: elsewhere.file)
        try place.crashing { walrus throws in #expect(try walrus.texts("t", 1) == ["b"]) }
        try place.session { walrus throws in #expect(try walrus.texts("t") == ["c"]) }
        #expect(try Directory.contents(of: elsewhere.file) == journal)
    }

    /// A data file that a link leads to is read and told of; entries go into another one.
    @Test(arguments: StorageBackend.allCases)
    func aDataFileThatIsALink(backend: StorageBackend) throws {
        let (place, elsewhere) = (try Workplace(backend), try Elsewhere())
        try place.session { walrus throws in try walrus.add(["a", "b"], to: "t") }
        let name = try place.dataFiles[0]
        try shell("mv \(place.path)/\(name) \(elsewhere.file)")
        try elsewhere.link(name, in: place)
        let before = try FileStatus.of(elsewhere.file)
        for _ in 0..<2 {
            try place.session { walrus throws in
                let damage = walrus.recoveryReport.damage
                #expect(damage.map(\.file.text) == [name])
                #expect(damage.first?.reason.contains("is a link") == true)
                try walrus.add(["c"], to: "t")
                try walrus.append(batch: [[1], [2]], to: "u")
            }
        }
        #expect(try place.dataFiles.count == 2)
        #expect(try FileStatus.of(elsewhere.file)?.modified == before?.modified)
        try place.session { walrus throws in
            #expect(try walrus.texts("t") == ["a", "b", "c", "c"])
            #expect(walrus.unreadCount(of: "u") == 4)
        }
        // Where it goes, the link goes.
        #expect(try FileStatus.of(elsewhere.file)?.size == Layout.fileSize)
    }

    /// The log itself may be reached through a link.
    @Test func aDirectoryThatIsALink() throws {
        let (place, link) = (try Workplace(), try TempDirectory().path.appending("link"))
        try Directory.create(link.removingLastComponent())
        try shell("ln -s \(place.path) \(link)")
        defer { try? shell("rm \(link) && rmdir \(link.removingLastComponent())") }
        let walrus = try Walrus(Configuration(directory: link, key: nil))
        try walrus.add(["a"], to: "t")
        try walrus.close()
        try place.session { walrus throws in #expect(try walrus.texts("t") == ["a"]) }
    }
}
