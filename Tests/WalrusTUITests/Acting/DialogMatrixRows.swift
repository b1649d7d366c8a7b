import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat
import WalrusIO

@testable import WalrusTUI

extension DialogMatrixTests {
    /// In this order on one log, from what the reference left.
    static let rows: [Row] = [
        Row(
            kind: .append,
            keys: { try $0.press("a 1 <Tab> x <Tab> <Tab> <Tab> <Tab> <Enter>") },
            action: "append", change: { $0[$1]?.add(1) }),
        Row(
            kind: .import,
            keys: { acted in
                try acted.press("a i")
                acted.type(acted.out("lines"))
                try acted.press("<Enter>")
            }, action: "import",
            prepare: { acted in
                try DiskStorage(acted.place.path).replace(
                    "lines", with: Array("{\"payload\":\"y\"}\n{\"payload\":\"z\"}\n".utf8),
                    temporary: "new")
            }, change: { $0[$1]?.add(2) }),
        Row(
            kind: .consume, keys: { try $0.press("a 2 <Tab> <BS> 2 <Enter> <Enter>") },
            action: "consume", change: { $0[$1]?.unread -= 2 }),
        Row(
            kind: .seek, keys: { try $0.press("a 3 <Right> <Enter>") }, action: "seek",
            change: { topics, topic in
                let count = topics[topic]?.entries ?? 0
                topics[topic]?.unread = count
            }),
        Row(
            kind: .markClean, keys: { try $0.press("a 4") }, action: "mark",
            change: { $0[$1]?.isClean = true }),
        Row(
            kind: .markDirty, keys: { try $0.press("a 5") }, action: "mark",
            change: { $0[$1]?.isClean = false }),
        Row(
            kind: .replay,
            keys: { try $0.press("a 6 <Tab> copy <Tab> <Tab> <Tab> <Enter>") }, action: "replay",
            change: { topics, topic in
                let count = topics[topic]?.entries ?? 0
                topics["copy"] = .init(entries: count, unread: count, isClean: false)
            }),
        Row(
            kind: .backup,
            keys: { acted in
                try acted.press("a b")
                acted.type(acted.out("log.tar"))
                try acted.press("<Enter>")
            }, action: "backup"),
        Row(
            kind: .restore,
            keys: { acted in
                try acted.press("a r")
                acted.type(acted.out("log.tar"))
                try acted.press("<Tab>")
                acted.type(acted.out("restored"))
                try acted.press("<Enter>")
            }, action: "restore", check: { try $0.remove("log.tar", "restored") }),
        Row(
            kind: .salvage,
            keys: { acted in
                try acted.press("a s")
                acted.type(acted.out("saved"))
                try acted.press("<Enter>")
            }, action: "salvage", check: { try $0.remove("saved") }),
        Row(
            kind: .repair, keys: { try $0.press("a 8 <Enter>") }, action: "repair",
            prepare: { try $0.garble() }, preparesLog: true),
        Row(
            kind: .undo,
            keys: { acted in
                try acted.press("a 9 <Enter>")
                // The reader that was moved here comes before the repair.
                guard try acted.plan().title.hasPrefix("move the cursor") else { return }
                try acted.press("<Esc> a 9 <Down> <Enter>")
            }, action: "repair --undo",
            check: { try $0.mend() }, preparesLog: true),
        Row(
            kind: .reclaim, keys: { try $0.press("a 7 <Enter>") }, action: "reclaim",
            prepare: { acted in
                guard acted.fixture.name == "restarts" else { return }
                for topic in acted.console.model.state?.topics ?? [] where topic.unread > 0 {
                    let seek = try Subprocess.run(
                        Subprocess.walrus,
                        [
                            "seek", acted.fixture.path.string, topic.name.hex, "end",
                            "--topic-hex", "--yes",
                        ]
                    )
                    #expect(seek.status == 0)
                }
            },
            refusal: { $0.fixture.name == "restarts" ? nil : "nothing to take away" },
            movesFiles: true, preparesLog: true),
        Row(
            kind: .trash,
            keys: { acted in
                try acted.press("a t")
                if acted.told.isEmpty { try acted.press("<Tab> <Enter>") }
            },
            action: "reclaim --restore",
            refusal: { $0.fixture.name == "restarts" ? nil : "the trash is empty" },
            movesFiles: true),
    ]
}

extension DialogMatrixTests.Known {
    fileprivate mutating func add(_ count: Int) {
        entries += count
        unread += count
        isClean = false
    }
}

extension Acted {
    /// A path for something that is made.
    fileprivate func out(_ name: String) -> String { place.path.appending(name).string }

    fileprivate func remove(_ names: String...) throws {
        _ = try Subprocess.run("/bin/rm", ["-r"] + names.map(out))
    }

    private var index: FilePath { fixture.path.appending(DirectoryNames.cursorIndex) }

    /// Damages the cursor index, and keeps what it was.
    fileprivate func garble() throws {
        _ = try Subprocess.run("/bin/cp", [index.string, out("index")])
        let file = try DiskFile(index, .readWrite)
        try [UInt8](repeating: 0xee, count: 24).write(to: file, at: try file.size() - 24)
    }

    /// Looks whether it is as damaged as before, and puts it right.
    fileprivate func mend() throws {
        let bytes = try Directory.contents(of: index)
        let kept = try #require(try Directory.contents(of: FilePath(out("index"))))
        #expect(bytes == kept.dropLast(24) + [UInt8](repeating: 0xee, count: 24))
        _ = try Subprocess.run("/bin/cp", [out("index"), index.string])
    }
}
