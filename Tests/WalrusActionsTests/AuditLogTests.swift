import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusFormat
import WalrusIO
import WalrusJSON

@Suite struct AuditLogTests {
    private let place: TempDirectory
    private var path: FilePath { place.path.appending("state/walrus/audit.jsonl") }
    private let subject = AuditLog.Subject(
        "consume", "/data/wal", topic: "a\u{1b}b", command: "walrus consume /data/wal x")

    private struct Wrong: Error {}

    init() throws { place = try TempDirectory() }

    private func lines() throws -> [Substring] {
        String(decoding: try Directory.contents(of: path) ?? [], as: UTF8.self)
            .split(separator: "\n")
    }

    @Test func linesSayWhoDidWhatToWhat() throws {
        let outcome = try AuditLog(path).noting(subject) {
            ActionOutcome("consumed", figures: [("entries", .int(3))], undo: 7)
        }
        #expect(outcome.text == "consumed")
        let lines = try lines()
        try #require(lines.count == 2)
        for (line, event) in zip(lines, ["begin", "end"]) {
            for part in [
                #""schema":1,"time":"2"#, #""uid":\#(Host.user.number),"#,
                #""pid":\#(Host.processID),"#,
                #""action":"consume","event":"\#(event)","directory":"/data/wal","#,
                #""topic":"a\u001bb","topic_hex":"611b62","command":"walrus consume /data/wal x""#,
            ] {
                #expect(line.contains(part))
            }
        }
        #expect(lines[0].hasSuffix(#"x"}"#))
        #expect(lines[1].hasSuffix(#"x","outcome":{"entries":3},"undo":7}"#))
    }

    /// A change that is cut off has a line too.
    @Test func theFirstLineIsThereBeforeAnythingIsDone() throws {
        let audit = try AuditLog(path)
        _ = try audit.noting(subject) { () throws -> ActionOutcome in
            #expect(try lines().map { $0.contains(#""event":"begin""#) } == [true])
            return ActionOutcome("done")
        }
        #expect(try lines().map { $0.contains(#""event":"end""#) } == [false, true])
    }

    @Test func aFailureIsNotedToo() throws {
        let audit = try AuditLog(path)
        #expect(throws: Wrong.self) {
            try audit.noting(subject) { () throws -> ActionOutcome in throw Wrong() }
        }
        #expect(
            try lines().map { $0.contains(#""event":"end""#) && $0.contains("error") }
                == [false, true])
    }

    @Test func isForItsUserAlone() throws {
        _ = try AuditLog(path)
        let modes = try Subprocess.bash(
            "stat -c %a '\(path)' '\(path.removingLastComponent())'")
        #expect(modes.lines == ["600", "700"])
    }

    /// Two logs on one file do not write over each other, and what a kill left stays a line of its own.
    @Test func linesStayApart() throws {
        try Shell.run("mkdir -p '\(path.removingLastComponent())' && printf '{\"torn' > '\(path)'")
        let logs = [try AuditLog(path), try AuditLog(path)]
        for log in logs + logs { _ = try log.noting(subject) { ActionOutcome("done") } }
        let all = try lines()
        #expect(all.count == 9)
        #expect(all.first == "{\"torn")
        #expect(all.dropFirst().allSatisfy { $0.hasPrefix("{\"schema\"") && $0.hasSuffix("}") })
    }

    /// A folder, a link and a place that cannot be made: refused, and before anything is done.
    @Test(arguments: ["folder", "link", "file/below"])
    func whereNothingCanBeNotedNothingIsDone(name: String) throws {
        let root = place.path
        try Shell.run(
            "cd '\(root)' && mkdir folder && touch file target && ln -s target link")
        #expect(throws: AuditLog.Unavailable.self) { try AuditLog(root.appending(name)) }
    }

    @Test(arguments: [
        ("orders", "orders"), ("/data/wal-1", "/data/wal-1"), ("", "''"), ("a b", "'a b'"),
        ("it's", #"'it'\''s'"#), ("a\u{1b}[31m'", #"$'a\x1b[31m\''"#), ("é", #"$'\xc3\xa9'"#),
    ])
    func wordsAreQuotedForAShell(word: String, text: String) throws {
        #expect(ShellWord.quoted(word) == text)
        let echoed = try Subprocess.bash("printf %s \(text)")
        #expect(echoed.text == word)
    }
}
