import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusIO

/// The command that a plan and the audit log show does the same: no option of a verb that changes what is
/// done is missing in it.
@Suite struct CommandWordsTests {
    /// What is done is the same with these and without.
    private static let neutral: Set = ["--yes", "--dry-run", "--output", "--version", "--help"]

    /// Options that are noted nowhere, or cannot be given here, and why.
    private static let apart: [String: Set<String>] = [
        // An editor needs a terminal.
        "append": ["--editor"],
        // It only reads.
        "replay": ["--stdout", "--format"],
        "reclaim": ["--list-trash"],
        // It only reads; and what is to be finished was cut off.
        "repair": ["--list", "--finish"],
    ]

    /// In this order, on one log: "log" with the topic t, and that of the key k in it; "many", and that of
    /// the key k in "keyed", have files to spare.
    private static let rows: [(verb: String, words: [String])] = [
        ("append", ["log", "t", "lines", "--create", "--lines", "--batch", "--fsync", "none"]),
        ("append", ["log", "t", "prefixed", "--length-prefixed", "--fsync", "200ms"]),
        ("append", ["log", "74", "--topic-hex", "--text", "a b"]),
        ("append", ["log", "t", "--key", "k", "--create", "--text", "x"]),
        ("append", ["log", "t", "--key", "k", "--text", "y"]),
        ("import", ["log", "t", "exported", "--create"]),
        ("import", ["log", "74", "exported", "--topic-hex", "--key", "k"]),
        ("mark", ["log", "74", "clean", "--topic-hex"]),
        ("mark", ["log", "t", "clean", "--key", "k"]),
        (
            "replay",
            ["log", "t", "--where", "length > 0", "--from", "1", "--to", "3", "--into", "u"]
        ),
        ("replay", ["log", "t", "--limit", "1", "--into", "75", "--into-hex", "--rate", "500/s"]),
        ("replay", ["log", "74", "--topic-hex", "--into", "u", "--into-dir", "l2", "--restart"]),
        ("replay", ["log", "t", "--into", "u", "--into-key", "k", "--last-batch", "missing"]),
        ("replay", ["log", "t", "--key", "k", "--exec", "cat >/dev/null"]),
        ("consume", ["log", "t", "--limit", "1", "--payload", "hex", "-o", "jsonl"]),
        ("consume", ["log", "74", "--topic-hex", "--limit", "1", "--payload", "none"]),
        ("consume", ["log", "t", "--to", "4", "--out", "taken", "--format", "raw"]),
        ("consume", ["log", "t", "--limit", "1", "--out", "taken", "--force"]),
        ("consume", ["log", "t", "--key", "k", "--limit", "1"]),
        ("seek", ["log", "74", "begin", "--topic-hex"]),
        ("seek", ["log", "t", "begin", "--key", "k"]),
        ("backup", ["log", "tar"]), ("backup", ["log", "tar", "--force"]),
        ("backup", ["log", "tar2", "--key", "k"]),
        ("restore", ["tar", "restored"]), ("restore", ["tar", "restored2", "--key", "k"]),
        ("salvage", ["log", "s1", "--topic", "74", "--topic-hex", "--where", "length > 0"]),
        ("salvage", ["log", "s2", "--key", "k"]),
        ("salvage", ["log", "s3", "--file", "FILE"]),
        ("reclaim", ["many"]), ("reclaim", ["many", "--restore"]), ("reclaim", ["many"]),
        ("reclaim", ["many", "--empty-trash"]), ("reclaim", ["keyed", "--key", "k", "--delete"]),
        ("repair", ["log", "--only", "cursor-index"]), ("repair", ["--undo", "1"]),
        ("repair", ["log", "--key", "k"]),
    ]

    private func options(_ words: [String]) -> [String] { words.filter { $0.hasPrefix("-") } }

    /// A new option of a verb has its row, or its reason.
    @Test func everyOptionHasItsRow() throws {
        for verb in Set(Self.rows.map(\.verb)) {
            let help = try Subprocess.run(Subprocess.walrus, ["help", verb]).text
            let all = help.split(separator: "\n").filter { $0.hasPrefix("  -") }.compactMap {
                $0.split(whereSeparator: { " ,".contains($0) }).first { $0.hasPrefix("--") }
            }.map(String.init)
            #expect(all.contains("--key"), "\(verb)")
            let known = Set(Self.rows.filter { $0.verb == verb }.flatMap { options($0.words) })
                .union(Self.neutral).union(Self.apart[verb] ?? [])
            #expect(Set(all).subtracting(known).isEmpty, "\(verb)")
        }
    }

    @Test func everyOptionIsInTheCommand() throws {
        let log = try Log()
        let folder = log.path.removingLastComponent()
        func write(_ text: String, _ name: String) throws {
            try Array(text.utf8).write(to: DiskFile(folder.appending(name), .create), at: 0)
        }
        try write("1\n2\n3\n4\n5\n", "lines")
        try write("\u{1}\0\0\0x", "prefixed")
        try write("{\"payload\":\"x\"}\n", "exported")
        let fixture = try Fixture("restarts")
        try log.bash(
            """
            cp -a \(fixture.path) many
            for t in $("$walrus" topics many -o json | grep -o '"topic_hex":"[^"]*"' | cut -d'"' -f4); do
              "$walrus" seek many $t end --topic-hex --yes >/dev/null
            done
            mkdir keyed; cp -a many keyed/k
            """)
        for (verb, row) in Self.rows {
            let file = try log.bash("ls $log 2>/dev/null | grep -m1 '^[0-9]*$'").lines.first ?? ""
            let words = row.map { $0 == "FILE" ? String(file) : $0 }
            if verb == "repair" {
                try log.bash(
                    "for f in $log $log/k; do echo x >$f/read_offset_idx_index.db; done")
            }
            let asks = ["consume", "seek", "reclaim", "repair"].contains(verb) ? ["--yes"] : []
            let result = try Subprocess.run(
                Subprocess.walrus, [verb] + words + asks, directory: folder,
                environment: [
                    "WALRUS_AUDIT": folder.appending("audit").string,
                    "XDG_STATE_HOME": folder.appending("state").string,
                ])
            let told = try log.bash("tail -n1 audit")
            let command = JSONValue(told.text)?["command"]?.string ?? ""
            #expect(command.hasPrefix("walrus \(verb) "), "\(words): \(result.errors)")
            for (at, option) in words.enumerated() where option.hasPrefix("-") {
                let next = words.dropFirst(at + 1).first.flatMap { $0.hasPrefix("-") ? nil : $0 }
                let shown = ShellWord.line([option] + (next.map { [$0] } ?? []))
                #expect((command + " ").contains(" \(shown) "), "\(words): \(command)")
            }
        }
    }

    /// The plan has the same words.
    @Test func aPlanOfConsume() throws {
        let log = try Log()
        try log.append([[65], [66]], to: "t")
        let plan = try log.run(
            "consume", "t", "--limit", "2", "--out", "new.dat", "--format", "raw", "--force",
            "--dry-run", "-o", "json")
        #expect(
            JSONValue(plan.text)?["command"]
                == .string(
                    "walrus consume \(log.path) t --limit 2 --out new.dat --format raw --force --yes"
                ))
        // What nobody gets is said.
        let none = try log.run("consume", "t", "--limit", "2", "--payload", "none", "--dry-run")
        #expect(
            none.lines.contains(
                "  printed first, without their payloads, which nobody gets"))
        let all = try log.run("consume", "t", "--limit", "2", "--dry-run")
        #expect(all.lines.contains("  printed first"))
    }
}
