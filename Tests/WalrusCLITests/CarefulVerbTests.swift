import SystemPackage
import TestSupport
import Testing
import WalrusIO

/// What a verb that acts refuses, since it may not be what was meant.
@Suite struct CarefulVerbTests {
    private func log(_ count: Int, topic: String = "t") throws -> Log {
        let log = try Log()
        let lines = (1...count).map { "\($0)\n" }.joined()
        #expect(try log.run("append", topic, "--lines", input: Array(lines.utf8)).status == 0)
        return log
    }

    /// A number that no entry has is no end.
    @Test(arguments: [
        ("7", "entry 7: entries 1 to 5 are on disk"), ("999", "entry 999"),
        ("#7", "numbers 1 to 5"), ("#999", "running number 999"),
    ])
    func pastTheEnd(place: String, told: String) throws {
        let log = try log(5)
        for dry in [[], ["--dry-run"]] {
            let seek = ["seek", log.path.string, "t", place, "--yes"] + dry
            try Subprocess.run(Subprocess.walrus, seek).expectError(1, "t has no", told)
            let consume = ["consume", log.path.string, "t", "--to", place, "--yes"] + dry
            try Subprocess.run(Subprocess.walrus, consume).expectError(1, "t has no", told)
        }
        #expect(try log.topic("t")["unread"] == .int(5))
        // Behind the last one is a place.
        #expect(
            try log.run("consume", "t", "--to", place.hasPrefix("#") ? "#6" : "6", "--yes").lines
                .count == 5)
    }

    /// Without a terminal nothing is taken, moved or deleted that --yes does not answer for.
    @Test func nobodyToAsk() throws {
        let log = try log(3)
        for verb in [
            ["consume", "t", "--limit", "1"], ["consume", "t", "--limit", "1", "--out", "f"],
            ["seek", "t", "end"],
        ] {
            let result = try Subprocess.run(
                Subprocess.walrus, [verb[0], log.path.string] + verb.dropFirst(),
                directory: log.path.removingLastComponent())
            result.expectError(2, "nobody is there to ask; --yes does it")
        }
        #expect(try log.topic("t")["unread"] == .int(3))
    }

    /// What still is in the pipe when its reader goes away was not delivered.
    @Test func aReaderThatGoesAway() throws {
        let log = try log(3)
        let gone = try log.bash(
            "\"$walrus\" consume $log t --limit 3 --yes | sleep 0.3; echo ${PIPESTATUS[0]}")
        #expect(gone.text == "141\n" && gone.errors.isEmpty)
        #expect(try log.topic("t")["unread"] == .int(3))
        // One that is slow gets all of it.
        let slow = try log.bash(
            "\"$walrus\" consume $log t --limit 3 --yes | (sleep 0.3; cat | wc -l)")
        #expect(slow.text == "3\n")
        #expect(try log.topic("t")["unread"] == .int(0))
    }

    /// One of two equal keys would be taken, and nobody can tell which.
    @Test(arguments: [
        "{\"payload\":\"a\",\"payload\":\"b\"}", "{\"x\":1,\"payload\":\"a\",\"x\":{\"x\":1}}",
        "{\"payload\":\"a\",\"pay\\u006coad\":\"b\"}",
    ])
    func equalKeys(line: String) throws {
        let log = try log(1)
        let key = line.contains("\"x\"") ? "x" : "payload"
        let text = "{\"payload\":\"fine\",\"x\":{\"payload\":1,\"payload\":2}}\n\(line)\n"
        try Array(text.utf8).write(
            to: DiskFile(log.path.removingLastComponent().appending("lines"), .create), at: 0)
        try log.run("import", "t", "lines").expectError(
            2, "line 2", "it has the key \"\(key)\" twice", "nothing was appended")
        #expect(try log.topic("t")["entries"] == .int(1))
        try log.run("import", "t", "-", input: Array(text.utf8)).expectError(2, "line 2", key)
        #expect(try log.topic("t")["entries"] == .int(2))
    }

    /// What has to be typed cannot be meant for another topic, nor come by accident.
    @Test(arguments: [
        ("orders", "orders"), ("t", "consume 2 entries"), ("  ", "consume 2 entries"),
        ("ab ", "consume 2 entries"), ("a\u{200b}bc", "consume 2 entries"),
        ("gr\u{f6}\u{df}e", "consume 2 entries"),
    ])
    func typedWords(topic: String, word: String) throws {
        let log = try log(2, topic: topic)
        let plan = try log.run("consume", topic, "--limit", "2", "--dry-run")
        let shown =
            ["  ", "ab ", "a\u{200b}bc"].contains(topic)
            ? "hex:" + topic.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            : topic
        #expect(plan.lines.first == "consume 2 entries of \(shown)")
        let script = "script -qec \"'$walrus' consume $log \\\"$topic\\\" --limit 2\" /dev/null"
        for (answer, left) in [(topic + "x", 2), (word, 0)] {
            let folder = log.path.removingLastComponent()
            let result = try Subprocess.bash(
                "(sleep 0.2; printf '%s\\n' \"$answer\") | \(script)", directory: folder,
                environment: ["log": log.path.string, "topic": topic, "answer": answer])
            let question =
                word == topic ? "to consume 2 entries, type \(word): " : "type \(word) to do it: "
            #expect(result.text.contains(question), "\(result.text)")
            #expect(try log.topics().first?["unread"] == .int(left))
        }
    }
}
