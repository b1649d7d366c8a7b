import SystemPackage
import TestSupport
import Testing

/// An answer that is not so makes people do a thing twice, or take what they did not mean.
@Suite struct UntrueAnswerTests {
    private func run(_ log: Log, _ words: [String]) throws -> Subprocess.Result {
        try Subprocess.run(
            Subprocess.walrus, [words[0], log.path.string] + words.dropFirst(),
            directory: log.path.removingLastComponent())
    }

    /// The index cannot be written at the end: what was done is done, durably, and told as done.
    @Test(arguments: [
        ["consume", "beta_topic_longer", "--limit", "2", "--yes"],
        ["seek", "beta_topic_longer", "end", "--yes"], ["mark", "beta_topic_longer", "clean"],
    ])
    func whatIsDoneIsToldAsDone(words: [String]) throws {
        let log = try Log(fixture: "small")
        let index = log.path.appending("new_read_offset_idx_index.db").string
        let marks = log.path.appending("new_topic_clean_index.db").string
        #expect(try log.bash("mkdir \(index) \(marks)").status == 0)
        let before = try log.run("topics", "-o", "json").text
        let result = try run(log, words)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("it is done and on disk"), "\(result.errors)")
        #expect(try log.run("topics", "-o", "json").text != before)
    }

    /// Nobody knows when the reference's entries were appended: none is taken, or skipped, for a time.
    @Test(arguments: [
        ["consume", "alpha", "--to", "@2099-01-01", "--yes"],
        ["seek", "alpha", "@2099-01-01", "--yes"],
        ["export", "alpha", "--from", "@2099-01-01", "--out", "-"],
    ])
    func timesThatNobodyKnows(words: [String]) throws {
        let log = try Log(fixture: "small")
        let before = try log.run("topics", "-o", "json").text
        let result = try run(log, words)
        #expect(result.status == 1 && result.output.isEmpty)
        #expect(result.errors.contains("do not tell when they were appended"), "\(result.errors)")
        #expect(try log.run("topics", "-o", "json").text == before)
    }

    @Test func standardOutputIsNoFile() throws {
        let log = try Log(fixture: "small")
        let result = try log.run("consume", "alpha", "--limit", "1", "--out", "-", "--yes")
        #expect(result.status == 2 && result.errors.contains("--out needs a file"))
    }

    @Test func doneAndNotPrinted() throws {
        let log = try Log(fixture: "small")
        let result = try log.bash(
            "\"$walrus\" append \(log.path) alpha --text one-more >/dev/full")
        #expect(result.status == 3 && result.errors.contains("1 entry was appended; then"))
        let mark = try log.bash("\"$walrus\" seek \(log.path) alpha begin --yes >/dev/full")
        #expect(mark.status == 3 && mark.errors.contains("it is done ("), "\(mark.errors)")
    }

    @Test func nothingToSalvage() throws {
        let log = try Log(fixture: "small")
        let target = log.path.appending("../salvaged").string
        let result = try log.run("salvage", target, "--where", "length > 100M")
        #expect(result.status == 1 && result.errors.contains("nothing that can be read matches"))
    }

    /// Without the index nobody knows how far readers came, for the reference either.
    @Test func lostCursors() throws {
        let log = try Log(fixture: "small")
        let index = log.path.appending("read_offset_idx_index.db").string
        #expect(try log.bash("truncate -s 20 \(index)").status == 0)
        #expect(try log.run("topics").text.contains("lost"))
        #expect(try log.run("topics", "-o", "json").text.contains("\"cursor_lost\":true"))
        // How many are unread is then the most that it can be, wherever it stands.
        let unread = try #require(try log.topics().first?["unread"]?.int)
        #expect(try log.run("topics").text.contains(" <=\(unread) "))
        for screen in ["home", "live", "entries"] {
            let frame = try log.run(
                "frame", "--screen", screen, "--topic", "alpha", "--size", "120x40")
            #expect(frame.text.contains("≤\(unread)"), "\(screen): \(frame.text)")
        }
        let preview = try log.run("recover-preview", "-o", "json").text
        // Three topics have entries.
        #expect(preview.ranges(of: "\"again\":null").count == 6)
        #expect(preview.contains("\"clean\":false,\"unclear_cursors\":3,"))
        let frame = try log.run("frame", "--size", "120x40").text
        #expect(frame.contains(" lost "))
        #expect(frame.contains(" unread ≤"))
        // No figure of what is left to read passes for one that is known.
        let blocks = try log.run("frame", "--screen", "blocks", "--size", "160x50").text
        #expect(blocks.contains("state    not known") && blocks.contains("unread   ≤"), "\(blocks)")
        let entries = try log.run(
            "frame", "--screen", "entries", "--topic", "alpha", "--size", "160x50")
        #expect(entries.text.contains(", cursor lost"))
        #expect(try log.run("live", "--interval", "500ms").text.contains("Unread: at most "))
        #expect(try log.run("forecast").text.contains("(at most "))
        #expect(try log.run("blocks").text.contains("not known"))
        for verb in ["forecast", "live"] {
            let json = try log.run(verb, "-o", "json").text
            #expect(json.contains("\"cursors_lost\":true"), "\(verb)")
        }
    }
}
