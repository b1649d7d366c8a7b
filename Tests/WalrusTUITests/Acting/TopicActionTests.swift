import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusConsole
import WalrusFormat
import WalrusIO

@testable import WalrusTUI

/// What is done to topics through the dialogs, on a directory that the reference wrote.
@Suite struct TopicActionTests {
    /// The topic with the most unread entries.
    private func selected(_ acted: inout Acted) throws -> TopicName {
        let topic = try #require(acted.console.model.state?.topics.max { $0.unread < $1.unread })
        try acted.select(topic.name)
        return topic.name
    }

    /// The first entries and the last are before one's eyes, and what was consumed comes back.
    @Test func consumeAndUndo() throws {
        var acted = try Acted("multi")
        let name = try selected(&acted)
        let topic = try acted.topic(name)
        let reader = EntryReader(directory: acted.fixture.path, topic: topic)
        let rows = try reader.rows(from: topic.consumed + 1, count: 5)
        try acted.press("a 2 <Tab> <BS> 5 <Enter> <Enter>")
        let lines = try acted.plan().lines
        let bytes = rows.reduce(0) { $0 + $1.length }
        #expect(lines[0].hasSuffix("count as read, \(bytes) bytes of payload:"))
        for (line, row) in zip(lines[1...3], rows) {
            #expect(line.hasPrefix("  \(row.ordinal ?? 0)  \(row.length) byte"))
        }
        #expect(lines[4] == "  1 more" && lines[5].hasPrefix("  \(rows[4].ordinal ?? 0)  "))
        #expect(try acted.confirm().contains("consumed 5 entries"))
        #expect(try acted.topic(name).unread == topic.unread - 5)

        try acted.press("a 9 <Enter>")
        let shown = name.shown(ascii: true)
        #expect(try acted.plan().title == "move the cursor of \(shown) back to where it was")
        #expect(try acted.plan().lines.contains("5 entries will be delivered again"))
        #expect(try acted.confirm().contains("5 entries come again"))
        #expect(try acted.topic(name).unread == topic.unread)
        try acted.expectNoted("seek", has: ["\"repeated\":5"])

        // And back once more, since that was a move too; but not when the reader went on.
        try acted.press("a 9")
        let walrus = Subprocess.walrus
        let arguments = [
            "consume", acted.fixture.path.string, name.hex, "--topic-hex", "--yes", "--limit", "1",
        ]
        #expect(try Subprocess.run(walrus, arguments).status == 0)
        try acted.press("<Enter>")
        guard case .plan? = acted.console.model.overlay else {
            #expect(acted.told.contains("nothing is undone"), "\(acted.told)")
            return
        }
        #expect(!(try acted.confirm().contains("come again")))
        #expect(try acted.topic(name).unread == topic.unread - 1)
    }

    @Test func seekAndUndo() throws {
        var acted = try Acted("multi")
        let name = try selected(&acted)
        let unread = try acted.topic(name).unread
        try acted.press("a 3 <Right> <Right> <Enter>")
        _ = try acted.confirm()
        #expect(try acted.topic(name).unread == 0)
        try acted.press("a 9 <Enter>")
        _ = try acted.confirm()
        #expect(try acted.topic(name).unread == unread)
    }

    /// A path is taken as a shell takes it, and the command shows it whole.
    @Test func theHomeOfTheUser() throws {
        let home = Host.environment("HOME") ?? ""
        try #require(home.hasPrefix("/"))
        var acted = try Acted("multi")
        _ = try selected(&acted)
        try acted.press("a 2 <Tab> 3 <Tab>")
        acted.type("~/.walrus-no-such-file.raw")
        try acted.press("<Enter>")
        let plan = try acted.plan()
        #expect(plan.deed == "consume 3 entries")
        let file = "\(home)/.walrus-no-such-file.raw"
        #expect(plan.command?.hasSuffix(" --out \(file) --yes") == true)
        #expect(plan.lines.contains("written to \(file) first, durably"))
        for (path, expected) in [
            ("~", "/h"), ("~/a b", "/h/a b"), ("~a/b", "~a/b"), ("a/~/b", "a/~/b"), ("", ""),
        ] {
            #expect(UserFiles.typed(path, home: "/h") == expected)
        }
        #expect(UserFiles.typed("~/a", home: nil) == "~/a")
    }

    /// A file in each of its forms: how many entries it is stands in the plan, and what is none is
    /// refused before anything is appended.
    @Test func appendFromAFile() throws {
        var acted = try Acted("multi")
        let name = try selected(&acted)
        let before = try acted.topic(name).entries
        let folder = acted.place.path
        func write(_ file: String, _ bytes: [UInt8]) throws {
            try bytes.write(to: DiskFile(folder.appending(file), .create), at: 0)
        }
        try write("lines", Array("a\nb\nc\n".utf8))
        try write("lp", [1, 0, 0, 0, 65, 2, 0, 0, 0, 66, 67])
        try write("cut", [1, 0, 0, 0, 65, 2, 0, 0, 0, 66])
        try write("empty", [])
        let cases = [
            ("lines", "", 1, "6 bytes"), ("lines", "<Right>", 3, "3 bytes"),
            ("lp", "<Left>", 2, "3 bytes"),
        ]
        var entries = before
        for (file, keys, count, bytes) in cases {
            try acted.press("a 1 <Left> <Tab>")
            acted.type(folder.appending(file).string)
            try acted.press("<Tab> \(keys) <Tab> <Right> <Enter>")
            let plan = try acted.plan()
            let told = count == 1 ? "1 entry" : "\(count) entries"
            #expect(plan.title.hasPrefix("append \(told) in "), "\(plan.title)")
            #expect(plan.lines[0].contains("\(told), \(bytes) of payload, as one batch"))
            #expect(try acted.confirm().contains("appended \(told)"))
            entries += count
            #expect(try acted.topic(name).entries == entries)
        }
        for (file, reason) in [("cut", "ends within entry 2"), ("empty", "is empty")] {
            try acted.press("a 1 <Left> <Tab>")
            acted.type(folder.appending(file).string)
            try acted.press("<Tab> <Left> <Tab> <Enter>")
            #expect(acted.told.contains(reason), "\(acted.told)")
        }
        #expect(try acted.topic(name).entries == entries)
    }
}
