import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO
import WalrusJSON

extension VerbMatrixTests {
    /// In this order on one log, from what the reference left.
    static let deeds: [Row] = [
        Row(
            verb: "append", words: { [$0.log, $0.name, "--topic-hex", "--lines", "--batch"] },
            input: "one\ntwo\n",
            change: { topics, log in
                topics[log.topic]?.add(entries: 2, size: 6 + 2 * Layout.headerSize)
            }, answer: { _ in [("entries", .int(2))] }),
        Row(
            verb: "append", words: { [$0.log, $0.name, "--topic-hex", "--text", "three"] },
            change: { topics, log in
                topics[log.topic]?.add(entries: 1, size: 5 + Layout.headerSize)
            }),
        Row(
            verb: "import", words: { [$0.log, $0.name, "--topic-hex", $0.out("lines")] },
            prepare: {
                try $0.write("{\"payload\":\"x\"}\n{\"payload_base64\":\"AAE=\"}\n", to: "lines")
            },
            change: { topics, log in
                topics[log.topic]?.add(entries: 2, size: 3 + 2 * Layout.headerSize)
            }, answer: { _ in [("entries", .int(2))] }),
        Row(
            verb: "consume",
            words: {
                [$0.log, $0.name, "--topic-hex", "--limit", "2", "--yes", "--payload", "none"]
            },
            change: { topics, log in topics[log.topic]?.unread -= 2 }),
        Row(
            verb: "seek", words: { [$0.log, $0.name, "--topic-hex", "-3", "--yes"] },
            change: { topics, log in topics[log.topic]?.unread = 3 }),
        Row(
            verb: "mark", words: { [$0.log, $0.name, "--topic-hex", "clean"] },
            change: { topics, log in topics[log.topic]?.isClean = true },
            answer: { _ in [("mark", .string("clean"))] }),
        Row(
            verb: "replay",
            words: { [$0.log, $0.name, "--topic-hex", "--from", "-2", "--into", "copy"] },
            change: { topics, _ in
                topics["copy"] = .init(
                    entries: 2, unread: 2, size: 3 + 2 * Layout.headerSize, isClean: false)
            }, answer: { _ in [("entries", .int(2)), ("bytes", .int(3))] },
            check: { log in
                let last = try log.sums(log.topic).suffix(2)
                #expect(try log.sums("copy") == Array(last))
            }),
        Row(
            verb: "backup", words: { [$0.log, $0.out("log.tar")] },
            answer: { _ in [("exact", .bool(true))] }),
        Row(
            verb: "restore", words: { [$0.out("log.tar"), $0.out("restored")] },
            answer: { _ in [("compared", .bool(true)), ("findings", .int(0))] },
            check: { log in
                let restored = log.place.path.appending("restored")
                #expect(try log.topics(of: restored) == log.topics())
                try log.remove("restored")
                try log.remove("log.tar")
            }),
        Row(
            verb: "salvage", words: { [$0.log, $0.out("saved")] + $0.salvaged },
            check: { log in
                let saved = try log.topics(of: log.place.path.appending("saved"))
                for (topic, known) in try log.topics() where saved[topic] != nil {
                    #expect(saved[topic]?.entries == known.entries)
                    #expect(saved[topic]?.unread == known.unread)
                }
                try log.remove("saved")
            }),
        Row(
            verb: "repair", words: { [$0.log, "--yes"] }, prepare: { try ActedLog.garble($0) },
            answer: { _ in
                [("repairs", .array([.string("cursor-index")])), ("undo", .int(1))]
            }),
        Row(
            verb: "repair", action: "repair --undo", words: { _ in ["--undo", "1", "--yes"] },
            answer: { _ in [("changed", .bool(true))] },
            check: { log in
                let index = log.path.appending(DirectoryNames.cursorIndex)
                #expect(try Directory.contents(of: index) == log.garbled)
                try DiskStorage(log.path).replace(
                    DirectoryNames.cursorIndex, with: log.index, temporary: "new_index.db")
            }),
        Row(
            verb: "reclaim", words: { [$0.log, "--yes"] },
            prepare: { try ReclaimTests.drain($0.path, Array($0.topics().keys)) },
            change: { topics, _ in topics = topics.mapValues { $0.read } },
            refusal: { $0.hasFilesToSpare ? nil : (1, "nothing to take away") },
            isRefusedUnnoted: true, movesFiles: true),
        Row(
            verb: "reclaim", action: "reclaim --restore",
            words: { [$0.log, "--restore", "--yes"] },
            refusal: { $0.hasFilesToSpare ? nil : (1, "the trash is empty") },
            isRefusedUnnoted: true, movesFiles: true),
        Row(
            verb: "reclaim", action: "reclaim --empty-trash",
            words: { [$0.log, "--empty-trash", "--yes"] },
            prepare: { log in
                if log.hasFilesToSpare { _ = try log.run(["reclaim", log.log, "--yes"]) }
            },
            refusal: { $0.hasFilesToSpare ? nil : (1, "the trash is empty") },
            isRefusedUnnoted: true, movesFiles: true),
    ]

    /// On a log as the reference left it, which stays so.
    static let refusals: [Row] = [
        refused("append", 2, "a topic name has at most", unnoted: true) {
            [$0.log, String(repeating: "x", count: 300), "--text", "x"]
        },
        refused("append", 2, "lies in the directory of a log", unnoted: true) {
            [$0.log + "/inside", "t", "--create", "--text", "x"]
        },
        refused(
            "import", 2, "line 2", unnoted: true,
            prepare: { try $0.write("{\"payload\":\"x\"}\nno\n", to: "wrong") },
            { [$0.log, $0.name, "--topic-hex", $0.out("wrong")] }),
        refused("consume", 2, "nobody is there to ask", unnoted: true) {
            [$0.log, $0.name, "--topic-hex", "--limit", "1"]
        },
        refused("seek", 1, "entries", unnoted: true) {
            [$0.log, $0.name, "--topic-hex", "99999999", "--yes"]
        },
        refused("seek", 2, "--yes stands behind \"--\"", unnoted: true) {
            [$0.log, $0.name, "--topic-hex", "--", "-1", "--yes"]
        },
        refused("mark", 1, "no topic nobody") { [$0.log, "nobody", "clean"] },
        refused("replay", 2, "lies in the directory of a log", unnoted: true) {
            [$0.log, $0.name, "--topic-hex", "--into", "t", "--into-dir", $0.log + "/inside"]
        },
        refused("reclaim", 1, "nothing to take away", unnoted: true) { [$0.log, "--yes"] },
        refused("reclaim", 1, "the trash is empty", unnoted: true) {
            [$0.log, "--restore", "--yes"]
        },
        refused("repair", 2, "nonsense", unnoted: true) {
            [$0.log, "--only", "nonsense", "--yes"]
        },
        refused("repair", 1, "99", unnoted: true) { _ in ["--undo", "99", "--yes"] },
        refused("salvage", 3, "lies in the directory of a log") { [$0.log, $0.log + "/inside"] },
        refused("backup", 3, "lies in the directory of a log") { [$0.log, $0.log + "/a.tar"] },
        refused(
            "restore", 3, "", prepare: { try $0.write("no archive\n", to: "no.tar") },
            { [$0.out("no.tar"), $0.out("new")] }),
    ]

    private static func refused(
        _ verb: String, _ status: Int, _ text: String, unnoted: Bool = false,
        prepare: @escaping @Sendable (ActedLog) throws -> Void = { _ in },
        _ words: @escaping @Sendable (ActedLog) -> [String]
    ) -> Row {
        Row(
            verb: verb, words: words, prepare: prepare, refusal: { _ in (status, text) },
            isRefusedUnnoted: unnoted)
    }
}

extension ActedLog.Known {
    fileprivate mutating func add(entries count: Int, size bytes: Int) {
        entries += count
        unread += count
        size += bytes
        isClean = false
    }

    fileprivate var read: Self { .init(entries: entries, unread: 0, size: size, isClean: isClean) }
}

extension ActedLog {
    /// Only what another run of the reference left can go: its newest file still gets blocks.
    var hasFilesToSpare: Bool { fixture.name == "restarts" }

    var isLong: Bool { ["manyblocks", "large", "largeok"].contains(fixture.name) }

    /// Of what takes long to copy, one topic.
    var salvaged: [String] { isLong ? ["--topic", "copy"] : [] }

    var garbled: [UInt8] { index.dropLast(24) + [UInt8](repeating: 0xee, count: 24) }

    func remove(_ name: String) throws { _ = try Subprocess.run("/bin/rm", ["-r", out(name)]) }

    /// Damages the cursor index, and remembers what it was.
    static func garble(_ log: ActedLog) throws {
        let path = log.path.appending(DirectoryNames.cursorIndex)
        log.index = try Directory.contents(of: path) ?? []
        try DiskStorage(log.path).replace(
            DirectoryNames.cursorIndex, with: log.garbled, temporary: "new_index.db")
    }
}
