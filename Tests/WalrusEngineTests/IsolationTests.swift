import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Topics, keys and processes that must not know of each other; and the environment, which says
/// where an engine works.
@Suite struct IsolationTests {
    /// Names that look like files, paths, escapes and each other.
    private static let hostile: [TopicName] = [
        "t", "T", "t ", " t", "t\0", "\0", "t\n", "../t", "/", "..", ".", "*", "%s%n", "'; --",
        "\u{1b}[2J", "1763670155020", "read_offset_idx_index.db", "cursor_journal_index.db",
        "\u{202e}t", "\u{feff}t", "\u{e9}", "e\u{301}", "-", "__", "topic_clean_index.db.tmp",
    ]

    @Test(arguments: StorageBackend.allCases)
    func topicsDoNotMix(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let topics = Self.hostile
        func entry(_ topic: Int, _ number: Int) -> [UInt8] { [UInt8(topic), UInt8(number)] }
        let names = try place.crashing { walrus throws in
            for number in 0..<6 {
                for (index, topic) in topics.enumerated() {
                    if number.isMultiple(of: 2) {
                        try walrus.append(entry(index, number), to: topic)
                    } else {
                        try walrus.append(batch: [entry(index, number)], to: topic)
                    }
                }
            }
            // Each is read to another place, and marked or not.
            for (index, topic) in topics.enumerated() {
                try walrus.consume(topic, index % 7)
                if index.isMultiple(of: 3) { try walrus.markClean(topic) }
            }
            return try place.names
        }
        #expect(
            Set(names.filter { DataFileName($0) == nil }).isSubset(of: [
                DirectoryNames.lock, DirectoryNames.cursorJournal, DirectoryNames.cursorIndex,
                DirectoryNames.cleanIndex, DirectoryNames.batchIntents,
            ]))
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.topics().map(\.name) == topics.sorted())
            for (index, topic) in topics.enumerated() {
                let consumed = min(index % 7, 6)
                #expect(walrus.unreadCount(of: topic) == 6 - consumed, "\(topic)")
                #expect(walrus.isClean(topic) == index.isMultiple(of: 3), "\(topic)")
                #expect(
                    try walrus.consume(topic).map(\.payload)
                        == (consumed..<6).map { entry(index, $0) }, "\(topic)")
            }
            #expect(try walrus.readNext("nobody's", checkpoint: true) == nil)
            #expect(walrus.unreadCounts().count == topics.count)
        }
    }

    // MARK: - Keys

    /// Whatever a key is, its engine stays in a folder of its own below the data directory.
    @Test func keysStayBelowTheDirectory() throws {
        let temp = try TempDirectory()
        let data = temp.path.appending("data")
        let keys = [
            "a", "../../x", "/etc/passwd", "", "___", "///", "a\0b", "caf\u{e9}", "\n",
            "1763670155020", "...",
        ]
        var folders: Set<String> = []
        for (index, key) in keys.enumerated() {
            var configuration = Configuration(directory: data, key: key, fsyncSchedule: .never)
            configuration.looksForStrangers = false
            configuration.servesControl = false
            configuration.writesMetrics = false
            let walrus = try Walrus(configuration)
            #expect(walrus.topics() == [])
            #expect(walrus.directory.removingLastComponent() == data)
            folders.insert(walrus.directory.lastComponent?.string ?? "")
            try walrus.append([UInt8(index)], to: "t")
            try walrus.close()
        }
        #expect(folders.count == keys.count)
        #expect(try Set(Directory.list(data).map(\.name)) == folders)
        #expect(try Directory.list(temp.path).map(\.name) == ["data"])
        // As an engine without a key works there, those are none of its business.
        var configuration = Configuration(directory: data, key: nil, fsyncSchedule: .never)
        configuration.looksForStrangers = false
        configuration.servesControl = false
        let walrus = try Walrus(configuration)
        #expect(walrus.topics() == [] && walrus.recoveryReport.ignoredFiles == [])
        try walrus.close()
    }

    /// Engines of several keys begin at once where there is no directory yet.
    @Test func keysAtOnce() throws {
        for _ in 0..<10 {
            let temp = try TempDirectory()
            Thread.forEach(8, threads: 8) { index in
                do {
                    var configuration = Configuration(
                        directory: temp.path.appending("a").appending("b"), key: "key \(index)",
                        fsyncSchedule: .never)
                    configuration.looksForStrangers = false
                    configuration.servesControl = false
                    let walrus = try Walrus(configuration)
                    try walrus.add(["\(index)"], to: "t")
                    #expect(try walrus.texts("t") == ["\(index)"])
                    try walrus.close()
                } catch { Issue.record(error) }
            }
        }
    }

    // MARK: - The environment

    private func run(_ environment: [String: String?], in directory: FilePath) throws
        -> Subprocess.Result
    {
        let program = FilePath(CommandLine.arguments[0]).removingLastComponent()
            .appending("EngineUnderLimits")
        return try Subprocess.run(
            program, ["environment"], directory: directory, environment: environment)
    }

    /// The environment says where, when the configuration is made and not later; and nothing is
    /// ever said on the standard streams, whatever `WALRUS_QUIET` is.
    @Test(arguments: [nil, "0", "1"])
    func theEnvironmentSaysWhere(quiet: String?) throws {
        let temp = try TempDirectory()
        let elsewhere = temp.path.appending("data dir").string
        let usual = temp.path.appending("wal_files").string
        for (directory, key, root, entries) in [
            (nil, nil, usual, 1), ("", "", usual, 2), (elsewhere, nil, elsewhere, 1),
            (elsewhere, "a/b", elsewhere + "/a_b", 1), (nil, "k", usual + "/k", 1),
        ] as [(String?, String?, String, Int)] {
            let result = try run(
                [
                    "WALRUS_DATA_DIR": directory, "WALRUS_INSTANCE_KEY": key,
                    "WALRUS_QUIET": quiet,
                ], in: temp.path)
            #expect(result.status == 0 && result.errors == "")
            #expect(result.lines.map(String.init) == ["\(root) \(entries)"])
        }
        #expect(try Directory.list(temp.path).map(\.name).sorted() == ["data dir", "wal_files"])
    }

    @Test func aKeyThatLeadsElsewhereIsRefused() throws {
        let temp = try TempDirectory()
        let result = try run(["WALRUS_INSTANCE_KEY": ".."], in: temp.path)
        #expect(result.lines.map(String.init) == ["invalidKey"])
        #expect(try Directory.list(temp.path).isEmpty)
    }

    /// Processes begin at once with one environment: one at a time has the directory, and nothing of
    /// any of them is lost.
    @Test func processesWithOneEnvironment() throws {
        let temp = try TempDirectory()
        let program = FilePath(CommandLine.arguments[0]).removingLastComponent()
            .appending("EngineUnderLimits")
        let processes = try (0..<12).map { index in
            try Subprocess(
                program, ["environment"], directory: temp.path,
                environment: ["WALRUS_DATA_DIR": "data", "WALRUS_INSTANCE_KEY": "k\(index % 3)"])
        }
        let results = try processes.map { try $0.wait() }
        for key in 0..<3 {
            let lines = results.indices.filter { $0 % 3 == key }.flatMap { results[$0].lines }
            #expect(lines.sorted() == (1...4).map { "\(temp.path)/data/k\(key) \($0)" })
        }
    }
}
