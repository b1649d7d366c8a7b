import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat
import WalrusIO

@testable import WalrusTUI

/// Reclaim, repair and copies through their dialogs, on directories that the reference wrote.
@Suite struct LogActionTests {
    private func dataFiles(_ path: FilePath) throws -> [String] {
        try Directory.list(path).map(\.name).filter { DataFileName($0) != nil }.sorted()
    }

    private func counts(_ state: DirectoryState?) -> [TopicName: [Int]] {
        var counts: [TopicName: [Int]] = [:]
        for topic in state?.topics ?? [] { counts[topic.name] = [topic.entries, topic.unread] }
        return counts
    }

    /// All but the lock, which says who had it last, and what is for undo in the log itself.
    private func contents(_ path: FilePath) throws -> [String] {
        try Subprocess.bash(
            "for f in *; do [ $f = lock_index.db ] || cksum $f; done", directory: path
        ).lines.map(String.init)
    }

    private func garble(_ path: FilePath) throws {
        let file = try DiskFile(path, .readWrite)
        try [UInt8](repeating: 0xee, count: 24).write(to: file, at: try file.size() - 24)
    }

    @Test func reclaimAndTheTrash() throws {
        var acted = try Acted("restarts")
        // Nothing is read yet: it says what holds each file.
        try acted.press("a 7 <Enter>")
        #expect(acted.told.contains("nothing to take away"))
        #expect(acted.told.contains("stays: unread entries of"))
        try acted.press("<Esc>")
        for topic in acted.console.model.state?.topics ?? [] where topic.unread > 0 {
            try acted.select(topic.name)
            try acted.press("a 3 <Left> <Enter>")
            _ = try acted.confirm()
            #expect(try acted.topic(topic.name).unread == 0)
        }
        let before = counts(acted.console.model.state)
        let files = try dataFiles(acted.fixture.path)
        try acted.press("3 a 7 <Enter>")
        let plan = try acted.plan()
        #expect(plan.command == "walrus reclaim \(acted.fixture.path) --yes")
        let going = plan.lines.filter { $0.contains("goes to the trash") }
        #expect(!going.isEmpty)
        // Cancel is in focus.
        try acted.press("<Enter>")
        #expect(try dataFiles(acted.fixture.path) == files)
        try acted.press("a 7 <Enter>")
        #expect(try acted.confirm().contains("moved to the trash"))
        #expect(try dataFiles(acted.fixture.path).count == files.count - going.count)
        try acted.expectNoted("reclaim", has: ["\"trash\":\"20"])
        #expect(counts(acted.console.model.state).mapValues { $0[1] } == before.mapValues { $0[1] })

        try acted.press("a t <Tab> <Enter>")
        #expect(try acted.plan().command?.contains("--restore 20") == true)
        #expect(try acted.confirm().contains("put back"))
        #expect(try dataFiles(acted.fixture.path) == files)
        #expect(counts(acted.console.model.state) == before)
        try acted.expectNoted("reclaim --restore")

        try acted.press("a 7 <Enter>")
        _ = try acted.confirm()
        try acted.press("a t <Right> <Tab> <Enter>")
        #expect(try acted.confirm().contains("deleted"))
        try acted.expectNoted("reclaim --empty-trash", has: ["\"files\":\(going.count)"])
        #expect(try TrashFolder.all(in: acted.fixture.path).isEmpty)
        try acted.press("a t")
        #expect(acted.told == "the trash is empty")
    }

    @Test(arguments: ["small", "multi", "restarts"]) func repairAndUndo(name: String) throws {
        var acted = try Acted(name)
        try garble(acted.fixture.path.appending(DirectoryNames.cursorIndex))
        try acted.press("<C-r> 5")
        let before = try contents(acted.fixture.path)
        func isDamaged() -> Bool {
            acted.console.model.state?.findings.contains { $0.kind == .damagedCursorIndex } == true
        }
        #expect(isDamaged())
        // From Check, repair is what the menu points at.
        try acted.press("a <Enter> <Enter>")
        let plan = try acted.plan()
        #expect(plan.lines.contains { $0.hasPrefix("cursor-index (certain)") })
        #expect(plan.command == "walrus repair \(acted.fixture.path) --yes")
        try acted.press("<Enter>")
        #expect(try contents(acted.fixture.path) == before)
        try acted.press("a <Enter> <Down> <Enter>")
        #expect(try acted.plan().command?.contains("--only cursor-index") == true)
        let told = try acted.confirm()
        #expect(told.contains("made 1 repair; walrus repair --undo 1 puts the bytes back"))
        #expect(told.contains("number 1"))
        #expect(!isDamaged())
        try acted.expectNoted("repair", has: ["\"undo\":1", "\"repairs\":[\"cursor-index\"]"])

        try acted.press("a 9 <Enter>")
        #expect(try acted.plan().title == "undo repair 1 of \(acted.fixture.path)")
        #expect(try acted.confirm() == "every byte is as it was before repair 1")
        #expect(isDamaged())
        try acted.expectNoted("repair --undo", has: ["\"undo\":1", "\"changed\":true"])
        #expect(try contents(acted.fixture.path) == before)
        try acted.press("a 9")
        #expect(acted.told == "nothing of this log is there to be undone")
    }

    @Test func salvageAndBackup() throws {
        var acted = try Acted("small")
        let before = try Snapshot(acted.fixture.path)
        let entries = acted.console.model.state?.entries ?? 0
        let out = acted.place.path.appending("saved").string
        try acted.press("a s \(out) <Enter>")
        #expect(try acted.plan().command == "walrus salvage \(acted.fixture.path) \(out)")
        #expect(try acted.confirm().hasPrefix("\(entries) entries in "))
        #expect(try Scanner(FilePath(out)).scan()?.entries == entries)
        try acted.expectNoted("salvage", has: ["\"entries\":\(entries)"])
        let archive = acted.place.path.appending("a.tar").string
        try acted.press("a b \(archive) <Enter>")
        #expect(try acted.plan().command == "walrus backup \(acted.fixture.path) \(archive)")
        #expect(try acted.confirm().contains("every byte of the log"))
        try acted.expectNoted("backup", has: ["\"exact\":true"])
        #expect(try FileStatus.of(FilePath(archive))?.size ?? 0 > 0)
        // What is there is not replaced, and nothing is put into the log.
        for path in [archive, out, acted.fixture.path.appending("x").string] {
            for key in ["s", "b"] {
                try acted.press("a \(key) \(path) <Enter>")
                #expect(throws: Acted.NoPlan.self) { try acted.plan() }
                try acted.press("<Esc> <Esc>")
            }
        }
        #expect(try Snapshot(acted.fixture.path).changes(since: before) == [])
    }

    /// Who has the log is named, in the plan and when it is refused; that it failed is noted.
    /// What was backed up comes to be another log, and what was exported is appended: as the verbs do it.
    @Test(arguments: ["small", "multi"]) func restoreAndImport(name: String) throws {
        var acted = try Acted(name)
        let archive = acted.place.path.appending("a.tar")
        let target = acted.place.path.appending("b")
        let before = counts(acted.console.model.state)
        try acted.press("a b")
        acted.type(archive.string)
        try acted.press("<Enter>")
        _ = try acted.confirm()
        try acted.press("a r")
        acted.type(archive.string)
        try acted.press("<Tab>")
        acted.type(target.string)
        try acted.press("<Enter>")
        #expect(try acted.plan().command == "walrus restore \(archive) \(target)")
        #expect(try acted.plan().lines[1].hasPrefix("it holds "))
        #expect(try acted.confirm().contains("are those that were backed up"))
        try acted.expectNoted("restore", has: ["\"compared\":true"])
        #expect(counts(try Scanner(target).scan()) == before)
        // Not over what is there.
        try acted.press("a r")
        acted.type(archive.string)
        try acted.press("<Tab>")
        acted.type(target.string)
        try acted.press("<Enter>")
        #expect(acted.told.contains("not empty"), "\(acted.told)")
        try acted.press("<Esc>")

        let topic = try #require(acted.console.model.state?.topics.first { $0.entries > 0 })
        let lines = acted.place.path.appending("lines")
        try Array("{\"payload\":\"x\"}\n{\"payload_base64\":\"AAE=\"}\n".utf8).write(
            to: DiskFile(lines, .create), at: 0)
        try acted.select(topic.name)
        try acted.press("a i")
        acted.type(lines.string)
        try acted.press("<Enter>")
        #expect(try acted.plan().title.hasPrefix("append 2 entries in "))
        #expect(try acted.confirm().contains("appended 2 entries, 3 bytes"))
        try acted.expectNoted("import", has: ["\"entries\":2"])
        #expect(try acted.topic(topic.name).entries == topic.entries + 2)
    }

    @Test func whatAnotherHoldsIsRefused() throws {
        var acted = try Acted("small")
        let path = acted.fixture.path
        try garble(path.appending(DirectoryNames.cleanIndex))
        try acted.press("<C-r> a 8 <Enter>")
        #expect(try !acted.plan().lines.contains { $0.contains("has the log open") })
        // The reference takes no lock: it shows by the files that it holds open.
        let holder = try Subprocess.bash(
            "exec 9<>topic_clean_index.db; sleep 120 >/dev/null 2>&1 </dev/null & echo $!",
            directory: path)
        let process = String(try #require(holder.lines.first))
        defer { _ = try? Subprocess.bash("kill \(process)") }
        try acted.press("<Esc>")
        let before = try contents(path)
        for keys in ["a 8 <Enter>", "a 8 <Down> <Enter>"] {
            try acted.press(keys)
            let warning = "process \(process) has the log open"
            #expect(try acted.plan().lines.contains { $0.hasPrefix(warning) })
            let told = try acted.confirm()
            #expect(told.contains("in use by process \(process)"))
            try acted.expectNoted("repair", has: ["\"error\":"])
        }
        #expect(try contents(path) == before)
    }
}
