import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@Suite struct SeekVerbTests {
    private func log(entries: Int) throws -> Log {
        let log = try Log()
        let lines = (1...entries).map { "\($0)\n" }.joined()
        #expect(try log.run("append", "t", "--lines", input: Array(lines.utf8)).status == 0)
        return log
    }

    private func next(_ log: Log) throws -> Int? {
        JSONValue(try log.run("peek", "t", "--limit", "1", "-o", "jsonl").text)?["ordinal"]?.int
    }

    @Test(
        arguments: [
            ("end", nil), ("begin", 1), ("7", 7), ("-3", 8), ("#4", 4), ("@2000-01-01", 1),
            ("@2100-01-01", nil), ("11", nil),
        ] as [(String, Int?)])
    func aPlaceIsFound(word: String, ordinal: Int?) throws {
        let log = try log(entries: 10)
        #expect(try log.run("consume", "t", "--yes", "--limit", "5").status == 0)
        let result = try log.run("seek", "t", "--yes", "-o", "json", "--", word)
        #expect(result.status == 0, "\(result.errors)")
        #expect(try next(log) == ordinal)
        let told = try #require(JSONValue(result.text))
        #expect(told["skipped"] == .int(max(0, (ordinal ?? 11) - 6)))
        #expect(told["repeated"] == .int(max(0, 6 - (ordinal ?? 11))))
        #expect(try ReferenceReader(log.path).clean[Array("t".utf8)] == false)
    }

    @Test func placesInFiles() throws {
        let log = try log(entries: 10)
        let entries = try log.entries("t")
        let file = try #require(entries[6]["file"]?.string)
        let offset = try #require(entries[6]["offset"]?.int)
        let hex = "\(file):0+0x\(String(offset, radix: 16))"
        #expect(try log.run("seek", "t", "\(file):0+\(offset)", "--yes").status == 0)
        #expect(try next(log) == 7)
        #expect(try log.run("seek", "t", hex, "--yes").status == 0)
        try log.run("seek", "t", "\(file):0+\(offset + 1)", "--yes")
            .expectError(1, "no entry of t begins at \(file):0+\(offset + 1)", "\(file):0+")
        try log.run("seek", "t", "\(file):9+0", "--yes").expectError(1, "no block at \(file):9+0")
        try log.run("seek", "t", "somewhere", "--yes").expectError(2, "somewhere")
        try log.run("seek", "u", "end", "--yes").expectError(1, "no topic u")
        #expect(try next(log) == 7)
    }

    /// What a reader never gets because nobody can read it is named too, at the very end as well.
    @Test(arguments: [2, 4])
    func damageOnTheWayIsTold(index: Int) throws {
        let log = try log(entries: 5)
        let entry = try log.entries("t")[index]
        let file = try #require(entry["file"]?.string)
        let start = try #require(entry["offset"]?.int)
        do {
            let data = try DiskFile(log.path.appending(file), .readWrite)
            try [0xff].write(to: data, at: start + Layout.headerSize)
        }
        let plan = try log.run("seek", "t", "end", "--dry-run")
        #expect(plan.text.contains("1 damaged entry is skipped too, at \(file):0+\(start)"))
        let before = try log.run("seek", "t", "2", "--dry-run")
        #expect(!before.text.contains("damaged"))
        let done = try log.run("seek", "t", "end", "--yes", "-o", "json")
        #expect(JSONValue(done.text)?["damaged"] == .int(1))
    }

    /// "A seek to ... takes it back": wherever the reader stood, where a block ends too.
    @Test func whatAPlanNamesIsFoundAgain() throws {
        let log = try Log()
        let large = Array(repeating: UInt8(7), count: 6 << 20)
        try log.append([large, large, [3]], to: "t")
        for before in [1, 2, 3] {
            #expect(try log.run("seek", "t", "begin", "--yes").status == 0)
            let taken = try log.run(
                "consume", "t", "--yes", "--limit", "\(before)", "--payload", "none")
            #expect(taken.status == 0)
            let plan = try log.run("seek", "t", "begin", "--dry-run")
            let line = try #require(plan.lines.first { $0.contains("takes it back") })
            let place = String(line.split(separator: " ")[3])
            #expect(try log.run("seek", "t", "begin", "--yes").status == 0)
            let back = try log.run("seek", "t", place, "--yes")
            #expect(back.status == 0, "\(back.errors)")
            #expect(try log.topic("t")["unread"] == .int(3 - before))
        }
    }

    /// Nobody to ask: forward and backward need a word, and a dry run writes nothing.
    @Test func isNotDoneUnasked() throws {
        let log = try log(entries: 10)
        #expect(try log.run("consume", "t", "--yes", "--limit", "5").status == 0)
        try log.run("seek", "t", "end").expectError(2, "--yes")
        try log.run("seek", "t", "begin").expectError(2, "--yes")
        let before = try log.bash("sha256sum $log/*_index.db; ls -l $log").text
        let forward = try log.run("seek", "t", "end", "--dry-run")
        #expect(forward.text.contains("5 entries that are unread will be skipped"))
        let back = try log.run("seek", "t", "2", "--dry-run")
        #expect(back.text.contains("4 entries will be delivered again"))
        #expect(back.text.contains("takes it back"))
        #expect(try log.bash("sha256sum $log/*_index.db; ls -l $log").text == before)
        // Where nothing is skipped and nothing comes again there is nothing to ask.
        #expect(try log.run("seek", "t", "6").status == 0)
        #expect(try next(log) == 6)
    }

    @Test(arguments: ["small", "multi", "restarts", "manyblocks"])
    func inADirectoryOfTheReference(name: String) throws {
        let log = try Log(fixture: name)
        let topic = try #require(try log.topics().max { $0["entries"]!.int! < $1["entries"]!.int! })
        let hex = try #require(topic["topic_hex"]?.string)
        let entries = try #require(topic["entries"]?.int)
        for ordinal in [1, entries / 2 + 1, entries, entries + 1] {
            let result = try log.run("seek", hex, "--topic-hex", "\(ordinal)", "--yes")
            #expect(result.status == 0, "\(result.errors)")
            let now = try #require(
                try log.topics().first { $0["topic_hex"]?.string == hex }?["unread"]?.int)
            #expect(now == entries - ordinal + 1)
        }
        try log.run("seek", hex, "--topic-hex", "#1", "--yes").expectError(
            1, "has a running number")
        // A directory that another process writes to is left alone, and says whose it is.
        let held = try log.bash(
            """
            for file in $log/[0-9]*; do exec 9<>$file; done
            "$walrus" seek $log \(hex) --topic-hex begin --yes
            status=$?
            exit $status
            """)
        #expect(held.status == 3 && held.errors.contains("process"), "\(held.errors)")
    }
}
