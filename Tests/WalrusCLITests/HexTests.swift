import SystemPackage
import TestSupport
import Testing
import WalrusConsole
import WalrusFormat

/// `walrus hex`: the bytes and the fields, as the screen shows them.
@Suite struct HexTests {
    private func json(_ log: Log, _ arguments: String...) throws -> JSONValue {
        let result = try Subprocess.run(
            Subprocess.walrus, ["hex", log.path.string, "-o", "json"] + arguments)
        #expect(result.status == 0, "\(result.errors)")
        return try #require(JSONValue(result.text))
    }

    @Test func entriesAndFiles() throws {
        let log = try Log(fixture: "multi")
        let topic = try #require(
            try log.topics().first { ($0["entries"]?.int ?? 0) > 3 && $0["topic"] != .string("") })
        let hex = try #require(topic["topic_hex"]?.string)
        let entry = try json(log, "--topic", hex, "--topic-hex", "--entry", "2")
        #expect(entry["schema"] == .int(1) && entry["topic_hex"] == topic["topic_hex"])
        #expect(entry["entry"]?["ordinal"] == .int(2))
        let list = try Subprocess.run(
            Subprocess.walrus,
            [
                "entries", log.path.string, hex, "--topic-hex", "--from", "2", "--limit", "1",
                "--payload", "hex", "-o", "jsonl",
            ])
        let line = try #require(list.lines.first)
        let told = try #require(JSONValue(line))
        let bytes = try #require(entry["bytes"]?.string)
        #expect(bytes.utf8.count == 2 * (256 + (told["length"]?.int ?? -1)))
        #expect(bytes.hasSuffix(try #require(told["payload"]?.string)))
        let fields = try #require(entry["fields"]?.array)
        func field(_ name: String) throws -> JSONValue {
            try #require(fields.first { $0["name"] == .string(name) })
        }
        #expect(try field("read_size")["value"] == told["length"])
        #expect(try field("checksum")["value"] == told["fnv"])
        let place = (told["block"]?.int ?? 0) * 10_485_760 + (told["offset"]?.int ?? 0)
        #expect(entry["offset"] == .int(place) && entry["file"] == told["file"])

        // The same bytes by their place, in decimal and in hexadecimal.
        let name = try #require(entry["file"]?.string)
        let length = String(bytes.utf8.count / 2)
        for offset in [String(place), "0x" + String(place, radix: 16)] {
            let same = try json(
                log, "--file", name, "--offset", offset, "--length", length)
            #expect(same == entry)
        }
        let text = try log.run("hex", "--file", name, "--offset", String(place))
        #expect(text.status == 0 && text.lines.count > 20)
        #expect(text.text.contains("next_block_start"))
        #expect(text.output.allSatisfy { $0 == 0x0a || $0 >= 0x20 })
    }

    /// What the screen shows of an entry are the figures of the verb.
    @Test func everyNumberOnTheScreenIsTheVerbs() throws {
        let log = try Log(fixture: "restarts")
        for topic in try log.topics() where topic["entries"]?.int ?? 0 > 0 {
            let name = try #require(topic["topic"]?.string)
            let frame = try log.run(
                "frame", "--screen", "entries", "--topic", name, "--size", "200x60", "--keys", "g x"
            )
            let told = try json(log, "--topic", name, "--entry", "1")
            for field in try #require(told["fields"]?.array) where field["depth"]?.int ?? 0 > 2 {
                let title = try #require(field["name"]?.string)
                let row = try #require(frame.lines.first { $0.contains(" \(title) ") })
                switch field["value"] {
                case .int(let number)?: #expect(row.contains(Figures.grouped(number)))
                case .string(let text)? where title == "checksum": #expect(row.contains(text))
                default: break
                }
            }
            let bytes = try #require(told["bytes"]?.string.flatMap { Hex.decode($0) })
            let first = bytes.prefix(8).map { Hex.encode([$0]) }.joined(separator: " ")
            #expect(
                frame.text.contains(first)
                    || (told["offset"]?.int ?? 0) % 8 != 0, "\(name)")
            #expect(
                frame.text.contains("0x" + String(told["offset"]?.int ?? 0, radix: 16).uppercased())
            )
        }
    }

    @Test func longReadsArePieces() throws {
        let log = try Log(fixture: "small")
        let names = try log.bash("ls $log").lines.map { String($0) }
        let name = try #require(names.first { DataFileName($0) != nil })
        let long = try json(log, "--file", name, "--length", "200001")
        #expect(long["bytes"]?.string?.utf8.count == 400_002)
        let end = try json(log, "--file", name, "--offset", "1048575990")
        #expect(end["length"] == .int(10) && end["entry"] == .null)
        let index = try json(log, "--file", "read_offset_idx_index.db", "--offset", "0")
        #expect(index["fields"]?.array?.first?["name"] == .string("file"))
    }

    @Test func mistakes() throws {
        let log = try Log(fixture: "small")
        try log.run("hex").expectError(2, "--file", "--topic")
        try log.run("hex", "--file", "a", "--topic", "b", "--entry", "1").expectError(2, "--file")
        try log.run("hex", "--topic", "alpha").expectError(2, "--entry")
        try log.run("hex", "--topic", "nobody", "--entry", "1").expectError(1, "nobody")
        try log.run("hex", "--topic", "alpha", "--entry", "9999").expectError(1, "9999")
        try log.run("hex", "--file", "../etc", "--offset", "0").expectError(2, "path")
        try log.run("hex", "--file", "missing").expectError(3, "missing")
        try log.run("hex", "--file", "x", "--offset", "-1").expectError(2, "offset")
        try log.run(
            "hex", "--file", "read_offset_idx_index.db", "--offset", "99999"
        ).expectError(1, "99999")
    }
}
