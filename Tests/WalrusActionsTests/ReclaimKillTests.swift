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
            let isRestore =
                !(try TrashFolder.all(in: log.path).allSatisfy { $0.files.isEmpty })
                && Bool.random(using: &random)
            let child = try Subprocess(
                Subprocess.walrus,
                ["reclaim", log.path.string, "--yes"] + (isRestore ? ["--restore"] : []),
                environment: ["XDG_STATE_HOME": state.path.string])
            Clock.sleep(nanoseconds: UInt64.random(in: 5...160, using: &random) * 1_000_000)
            child.send(SIGKILL)
            let result = try child.wait()
            let comment: Comment = "seed \(random.seed), kill \(kill): \(result.errors)"
            #expect([0, 1, 128 + Int(SIGKILL)].contains(result.status), comment)
            let trash = try TrashFolder.all(in: log.path).flatMap(\.files).map(\.name.text)
            let here = try ReclaimTests.dataFiles(log.path)
            #expect((here + trash).sorted() == names, comment)
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
}
