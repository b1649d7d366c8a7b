import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// Verbs that ask, on a terminal.
@Suite struct AskingEndToEndTests {
    private let pane: Pane

    init() throws {
        pane = try Pane(columns: 100, rows: 30, environment: ["EDITOR": "./edit"])
        try pane.run("seq 10 | \"$walrus\" append log jobs --lines --create; echo \"ma\"\"de $?\"")
        try pane.wait(for: "made 0")
    }

    /// Runs the verb, answers its question, and waits for its end. What the topic has unread then.
    private func unread(
        after verb: String, asking question: String, answer: String, status: Int
    ) throws -> String {
        try pane.run("clear; \"$walrus\" \(verb); echo \"sta\"\"tus $?\"")
        try pane.wait(for: question)
        try pane.type(answer)
        try pane.press("Enter")
        try pane.wait(for: "status \(status)")
        try pane.run(
            "\"$walrus\" topics log -o json | grep -o '\"unread\":[0-9]*' | head -1 >unread.\(answer)x"
        )
        return try pane.line(of: "unread.\(answer)x")
    }

    /// Forward: the topic's name. Backward: yes. Anything else, and nothing at all: no.
    @Test func seekingIsConfirmed() throws {
        let forward = "to skip 7 entries, type jobs:"
        for answer in ["", "yes", "Jobs"] {
            let left = try unread(
                after: "seek log jobs 8", asking: forward, answer: answer, status: 1)
            #expect(left == "\"unread\":10")
        }
        #expect(
            try unread(after: "seek log jobs 8", asking: forward, answer: "jobs", status: 0)
                == "\"unread\":3")
        let back = "type yes to do it:"
        for answer in ["y", "n"] {
            let left = try unread(after: "seek log jobs 2", asking: back, answer: answer, status: 1)
            #expect(left == "\"unread\":3")
        }
        #expect(
            try unread(after: "seek log jobs 2", asking: back, answer: "yes", status: 0)
                == "\"unread\":9")
    }

    /// What would be taken is shown before, and taken for the topic's name alone; --yes is not asked, and a
    /// script, which has nobody to ask, needs it.
    @Test func consumingIsConfirmed() throws {
        let verb = "consume log jobs --limit 2"
        for answer in ["", "yes"] {
            let left = try unread(
                after: verb, asking: "to consume 2 entries, type jobs:", answer: answer, status: 1)
            #expect(left == "\"unread\":10")
            try pane.wait(for: "nothing was done")
        }
        try pane.run("clear; \"$walrus\" \(verb) --payload hex >taken; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "entries 1 to 2 count as read, 2 bytes of payload:")
        try pane.wait(for: "    2  1 byte  2")
        try pane.type("jobs")
        try pane.press("Enter")
        try pane.wait(for: "status 0")
        #expect(try pane.line(of: "taken").contains("  consumed  3"))
        for (way, status) in [("--yes", 0), ("</dev/null", 2), ("--yes </dev/null", 0)] {
            try pane.run("clear; \"$walrus\" \(verb) \(way) >taken; echo \"sta\"\"tus $?\"")
            try pane.wait(for: "status \(status)")
        }
        try pane.run("\"$walrus\" topics log -o json | grep -o '\"unread\":[0-9]*' >left")
        #expect(try pane.line(of: "left") == "\"unread\":4")
    }

    /// A name that a slip of the finger could be is not what is typed.
    @Test func aShortNameIsNotEnough() throws {
        try pane.run("seq 9 | \"$walrus\" append log t --lines; clear")
        for (verb, deed) in [
            ("consume log t --limit 2", "consume 2 entries"), ("seek log t 8", "skip 5 entries"),
        ] {
            for (answer, status) in [("t", 1), (deed, 0)] {
                try pane.run("clear; \"$walrus\" \(verb); echo \"sta\"\"tus $?\"")
                try pane.wait(for: "type \(deed) to do it:")
                try pane.type(answer)
                try pane.press("Enter")
                try pane.wait(for: "status \(status)")
            }
        }
    }

    /// The editor gets a file that nobody else can read; what it saved is appended, and the file is
    /// gone. One that saves nothing appends nothing.
    @Test func appendingFromAnEditor() throws {
        try pane.run(
            """
            printf '#!/bin/sh\\nstat -c %%a "$1" "$(dirname "$1")" | xargs >mode; echo "$1" >name\\n\
            printf "one\\\\ntwo\\\\n" >"$1"\\n' >edit; chmod +x edit; clear; \
            "$walrus" append log u --editor; echo "sta""tus $?"
            """)
        try pane.wait(for: "status 0")
        #expect(try pane.line(of: "mode") == "600 700")
        let name = try pane.line(of: "name")
        #expect(!Directory.exists(FilePath(name).removingLastComponent()))
        try pane.run("\"$walrus\" entries log u --payload hex -o jsonl >entries")
        #expect(try pane.line(of: "entries").contains("\"payload\":\"6f6e650a74776f\""))
        try pane.run(
            "echo true >edit; clear; \"$walrus\" append log u --editor; echo \"sta\"\"tus $?\"")
        try pane.wait(for: "status 1")
        try pane.wait(for: "nothing was saved")
    }
}
