import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

/// Actions on a real terminal, on a directory that the reference wrote: what is done is done, and
/// noted.
@Suite struct ActionsEndToEndTests {
    private func dataFiles(_ path: FilePath) throws -> Int {
        try Directory.list(path).count { DataFileName($0.name) != nil }
    }

    private func audit(_ pane: Pane) throws -> String {
        let path = pane.path.appending("state/walrus/audit.jsonl")
        return String(decoding: try Directory.contents(of: path) ?? [], as: UTF8.self)
    }

    /// Damages a file, and leaves it: a process that has it open would be in the way of a repair.
    private func garble(_ path: FilePath) throws {
        let file = try DiskFile(path, .readWrite)
        try [UInt8](repeating: 0xee, count: 24).write(to: file, at: try file.size() - 24)
    }

    /// Closes the box that tells what an action came to, where there is one.
    ///
    /// A key that follows Escape at once is another key to a terminal, so it is not pressed here.
    private func close(_ pane: Pane) throws {
        guard try pane.lines().contains(where: { $0.contains("[ close ]") }) else { return }
        try pane.press("Enter")
        try pane.wait("no box") { lines in !lines.contains { $0.contains("[ close ]") } }
    }

    @Test func reclaimRepairAndUndo() throws {
        let fixture = try Fixture("restarts")
        let path = fixture.path
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run(
            "for t in $(\"$walrus\" topics \(path) -o jsonl | grep -o '\"topic_hex\":\"[0-9a-f]*' | cut -d'\"' -f4); "
                + "do \"$walrus\" seek \(path) $t end --topic-hex --yes; done; echo \"re\"\"ady $?\""
        )
        try pane.wait(for: "ready 0")
        let files = try dataFiles(path)
        try pane.run("clear; \"$walrus\" \(path) --write; echo \"sta\"\"tus $?\"")
        try pane.waitForLook()

        // From the map of blocks: the files go to the trash.
        try pane.press("3", "a", "7")
        try pane.wait(for: "take away what is read")
        try pane.press("Enter")
        try pane.wait(for: "same as")
        try pane.press("Enter")
        try pane.wait("no plan") { lines in !lines.contains { $0.contains("Cancel") } }
        #expect(try dataFiles(path) == files)
        try pane.press("a", "7", "Enter")
        try pane.wait(for: "same as")
        try pane.press("Tab", "Enter")
        try pane.wait(for: "moved to the trash")
        #expect(try dataFiles(path) < files)
        #expect(try audit(pane).contains("\"action\":\"reclaim\",\"event\":\"end\""))
        try close(pane)
        try pane.press("a", "t")
        try pane.wait(for: "come back into the log")
        try pane.press("Tab", "Enter")
        try pane.wait(for: "data files back with")
        try pane.press("Tab", "Enter")
        try pane.wait(for: "entries put back")
        #expect(try dataFiles(path) == files)

        // Something breaks, is mended from Check, and put back.
        let index = path.appending(DirectoryNames.cursorIndex)
        try garble(index)
        let broken = try Directory.contents(of: index)
        try close(pane)
        try pane.press("5", "C-r")
        try pane.wait(for: "read_offset_idx_index.db")
        try pane.press("a", "Enter")
        try pane.wait(for: "all but the doubtful ones")
        try pane.press("Enter")
        try pane.wait(for: "same as")
        try pane.wait(for: "cursor-index (certain)")
        try pane.press("Tab", "Enter")
        try pane.wait(for: "walrus repair --undo 1")
        #expect(try Directory.contents(of: index) != broken)
        try close(pane)
        try pane.press("a", "9")
        try pane.wait(for: "undo 1")
        try pane.press("Enter")
        try pane.wait(for: "undo repair 1 of")
        try pane.press("Tab", "Enter")
        try pane.wait(for: "every byte is as it was before repair 1")
        #expect(try Directory.contents(of: index) == broken)
        try close(pane)
        try pane.press("1", "q")
        try pane.wait(for: "status 0")
        let lines = try audit(pane).split(separator: "\n")
        for action in ["reclaim --restore", "repair", "repair --undo"] {
            #expect(
                lines.contains { $0.contains("\"action\":\"\(action)\",\"event\":\"end\"") },
                "\(action)")
        }
    }

    /// A replay with a rate goes on while one looks around, is stopped, and goes on where it was.
    @Test func aReplayInTheBackground() throws {
        let fixture = try Fixture("small")
        let path = fixture.path
        let pane = try Pane(columns: 80, rows: 24)
        try pane.run("\"$walrus\" \(path) --write; echo \"sta\"\"tus $?\"")
        try pane.waitForLook()
        func plan(rate: String) throws {
            try pane.press("a", "6")
            try pane.wait(for: "replay entries of")
            try pane.press("Tab")
            try pane.type("copy")
            try pane.press("Tab", "Tab")
            try pane.type(rate)
            try pane.press("Tab", "Enter")
            try pane.wait(for: "same as")
            try pane.press("Tab", "Enter")
        }
        try plan(rate: "1/s")
        try pane.wait(for: "look around meanwhile")
        try pane.wait(for: "still to be looked at")
        try pane.press("Enter")
        try pane.wait(for: "a shows it")
        try pane.press("5", "1")
        try pane.wait(for: "a shows it")
        try pane.press("q")
        try pane.wait(for: "look around meanwhile")
        try pane.press("Tab", "Enter")
        try pane.wait(for: "stopped after")
        try close(pane)
        try plan(rate: "")
        try pane.wait(for: "replayed 52 entries")
        try close(pane)
        try pane.press("q")
        try pane.wait(for: "status 0")
        let state = try #require(try Scanner(path).scan())
        #expect(state.topic("copy")?.entries == 52)
        #expect(try audit(pane).contains("\"stopped\":true"))
    }
}
