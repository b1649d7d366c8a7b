import Glibc
import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

/// The program is killed at any moment while files go to the trash and come back.
@Suite struct ReclaimKillTests {
    @Test func eachFileIsHereOrThere() throws {
        var random = SeededRandom.fromEnvironment("eachFileIsHereOrThere")
        let log = try LogWriter()
        let state = try TempDirectory()
        var names: [String] = []
        for number in 0..<12 {
            let name = LogWriter.name(number)
            names.append(name)
            for slot in 0..<4 {
                let topic: TopicName = [
                    "a", "b", TopicName(String(repeating: "n", count: 200)), "gone",
                ][slot]
                guard topic != "gone" || number < 3 else { continue }
                try log.entries([[1], [2]], topic, file: name, slot: slot)
            }
        }
        // The last files have something unread, and none that is read may come again.
        try ReplayBench.session(log.path) { walrus in
            for topic in walrus.topics().map(\.name) {
                try walrus.seek(topic, to: topic == "gone" ? .end : .ordinal(20))
            }
        }
        let unread = try ReclaimTests.unread(log.path)
        for kill in 0..<ReplayKillTests.kills {
            let before = try ReclaimTests.dataFiles(log.path)
            let isRestore =
                !(try TrashFolder.all(in: log.path).allSatisfy { $0.files.isEmpty })
                && Bool.random(using: &random)
            let child = try Subprocess(
                Subprocess.walrus,
                ["reclaim", log.path.string, "--yes"] + (isRestore ? ["--restore"] : []),
                environment: ["XDG_STATE_HOME": state.path.string, "WALRUS_AUDIT": nil])
            Clock.sleep(nanoseconds: UInt64.random(in: 5...160, using: &random) * 1_000_000)
            child.send(SIGKILL)
            let result = try child.wait()
            let comment: Comment = "seed \(random.seed), kill \(kill): \(result.errors)"
            #expect([0, 1, 128 + Int(SIGKILL)].contains(result.status), comment)
            let trash = try TrashFolder.all(in: log.path).flatMap(\.files).map(\.name.text)
            let here = try ReclaimTests.dataFiles(log.path)
            #expect((here + trash).sorted() == names, comment)
            let isNoted = try child.hasBegun(in: state.path.appending("walrus/audit.jsonl"))
            #expect(here == before || isNoted, comment)
            #expect(try ReclaimTests.unread(log.path) == unread, comment)
            if Bool.random(using: &random) {
                try ReplayBench.session(log.path) { walrus in
                    #expect(walrus.recoveryReport.isClean, comment)
                    for (topic, count) in unread {
                        #expect(walrus.unreadCount(of: topic) == count, comment)
                    }
                }
            }
        }
        while let folder = try TrashFolder.all(in: log.path).last(where: { !$0.files.isEmpty }) {
            _ = try RestoreAction(log.path, name: folder.name).apply()
        }
        #expect(try ReclaimTests.dataFiles(log.path) == names)
        #expect(try ReclaimTests.unread(log.path) == unread)
        let entries = try ReclaimTests.counts(log.path).mapValues { $0[0] }
        #expect(entries["gone"] == 6 && entries["a"] == 24)
    }

    /// Each file is there whole or gone, the log does not change, and one more command empties the trash.
    @Test func theTrashIsEmptied() throws {
        var random = SeededRandom.fromEnvironment("theTrashIsEmptied")
        let state = try TempDirectory()
        let audit = state.path.appending("walrus/audit.jsonl")
        let environment: [String: String?] = [
            "XDG_STATE_HOME": state.path.string, "WALRUS_AUDIT": nil,
        ]
        func trash(_ log: LogWriter) throws -> [String] {
            try TrashFolder.all(in: log.path).flatMap(\.files).map(\.name.text).sorted()
        }
        for kill in 0..<ReplayKillTests.kills / 2 {
            let log = try LogWriter()
            for number in 0..<13 { try log.entries([[1]], "t", file: LogWriter.name(number)) }
            try ReclaimTests.drain(log.path, ["t"])
            let verb = ["reclaim", log.path.string, "--yes"]
            let moved = try Subprocess.run(Subprocess.walrus, verb, environment: environment)
            #expect(moved.status == 0, "\(moved.errors)")
            let (here, before) = (try ReclaimTests.dataFiles(log.path), try trash(log))
            #expect(before.count == 12)
            let child = try Subprocess(
                Subprocess.walrus, verb + ["--empty-trash"], environment: environment)
            Clock.sleep(nanoseconds: UInt64.random(in: 2...60, using: &random) * 1_000_000)
            child.send(SIGKILL)
            let result = try child.wait()
            let comment: Comment = "seed \(random.seed), kill \(kill): \(result.errors)"
            let left = try trash(log)
            #expect(Set(left).isSubset(of: before), comment)
            #expect(left.isEmpty || result.status != 0, comment)
            let isNoted = try child.hasBegun(in: audit)
            #expect(left == before || isNoted, comment)
            #expect(try ReclaimTests.dataFiles(log.path) == here, comment)
            let again = try Subprocess.run(
                Subprocess.walrus, verb + ["--empty-trash"], environment: environment)
            #expect([0, 1].contains(again.status), comment)
            #expect(!Directory.exists(TrashFolder.root(of: log.path)), comment)
        }
    }
}
