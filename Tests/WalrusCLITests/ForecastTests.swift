import SystemPackage
import TestSupport
import Testing
import WalrusConsole

/// The map and the forecast: the verbs, and the screen that shows the same.
@Suite struct ForecastTests {
    private func json(_ log: Log, _ arguments: String...) throws -> JSONValue {
        let result = try Subprocess.run(
            Subprocess.walrus, [arguments[0], log.path.string] + arguments.dropFirst())
        #expect(result.status == 0, "\(result.errors)")
        return try #require(JSONValue(result.text))
    }

    @Test(arguments: ["restarts", "manyblocks", "multi", "large"])
    func everyNumberOnTheScreenIsTheVerbs(name: String) throws {
        let log = try Log(fixture: name)
        let forecast = try json(log, "forecast", "-o", "json")
        let blocks = try #require(try json(log, "blocks", "-o", "json")["blocks"]?.array)
        let files = try #require(forecast["files"]?.array)
        let disk = try #require(forecast["disk"])
        #expect(disk["allocated"]?.int == files.reduce(0) { $0 + ($1["allocated"]?.int ?? 0) })
        for (index, file) in files.enumerated() {
            let keys = "g" + String(repeating: " ]", count: index)
            let frame = try log.run(
                "frame", "--screen", "blocks", "--size", "200x60", "--keys", keys)
            let text = frame.text
            #expect(text.contains(" \(Figures.bytes(disk["allocated"]?.int ?? -1)) on disk"))
            for (fate, label) in [
                ("held", "held by unread"), ("goes", "can go"), ("stranded", "stranded"),
                ("filling", "newest file"),
            ] where disk[fate]?.int ?? 0 > (disk["allocated"]?.int ?? 0) / 4 {
                #expect(text.contains("\(label) \(Figures.bytes(disk[fate]?.int ?? -1))"))
            }
            #expect(text.contains("File \(index + 1) "))
            #expect(text.contains("\(Figures.bytes(file["allocated"]?.int ?? -1)) of 1000M"))
            for holder in try #require(file["holders"]?.array).prefix(4) {
                for field in ["unread", "entries_to_read"] {
                    #expect(text.contains(Figures.grouped(holder[field]?.int ?? -1)))
                }
                #expect(text.contains(Figures.bytes(holder["unread_size"]?.int ?? -1)))
            }
            // The block under the cursor, which is the first of the file.
            let block = try #require(
                blocks.first { $0["file"] == file["file"] && $0["block"] == .int(0) })
            let first = try #require(block["first_ordinal"]?.int)
            let entries = try #require(block["entries"]?.int)
            #expect(text.contains("#\(Figures.grouped(first)).."))
            #expect(text.contains("entries  \(Figures.grouped(entries)) "))
            #expect(text.contains("\(Figures.bytes(block["used"]?.int ?? -1)) of "))
        }
        for topic in try #require(forecast["topics"]?.array).prefix(4) {
            let frame = try log.run("frame", "--screen", "blocks", "--size", "200x60")
            let read = Figures.grouped(topic["entries_to_read"]?.int ?? -1)
            let alone = "\(topic["files_alone"]?.int ?? -1)/\(topic["files"]?.int ?? -1)"
            #expect(frame.lines.contains { $0.contains(read) && $0.contains(alone) })
        }
    }

    /// F25: who goes on with the log decides what becomes of its files.
    @Test func whoDeletesThem() throws {
        let log = try Log(fixture: "restarts")
        let before = try #require(try json(log, "forecast", "-o", "json")["files"]?.array)
        #expect(before.count > 1)
        #expect(try log.run("forecast").errors.contains("no file of an earlier run"))
        for file in before {
            #expect(file["deleted_by"] == .null)
            #expect(["stranded", "held", "filling"].contains(file["fate"]?.string))
            #expect(file["why"]?.string?.contains("reference") == true)
        }
        // A process that began after the files were made deletes none of them either.
        let held = try log.bash(
            "exec 9>>$log/\(before[0]["file"]?.string ?? ""); $walrus forecast $log -o json"
        )
        #expect(JSONValue(held.text)?["files"]?.array == before)
        // This engine goes on with the newest file.
        _ = try log.run("append", "a topic of ours", input: [120])
        let after = try #require(try json(log, "forecast", "-o", "json")["files"]?.array)
        #expect(after.allSatisfy { $0["deleted_by"]?.string == "walrus" })
        #expect(!after.contains { $0["fate"]?.string == "stranded" })
        #expect(try log.run("forecast").errors.isEmpty)
    }

    /// What was moved into the trash takes space: it is part of what the disk is full of, on every
    /// screen that tells that.
    @Test func theTrashTakesSpace() throws {
        let log = try Log(fixture: "small")
        _ = try log.bash(
            "mkdir -p $log/.walrus-trash/a; "
                + "head -c 90000000 /dev/zero | tr '\\0' x >$log/.walrus-trash/a/1763000000000")
        let disk = try #require(try json(log, "forecast", "-o", "json")["disk"])
        let trash = try #require(disk["trash"]?.int)
        let total = try #require(disk["total"]?.int)
        #expect(trash >= 90_000_000 && total == trash + (disk["allocated"]?.int ?? 0))
        let text = try log.run("forecast")
        #expect(text.errors.contains("the trash holds 1 more file, \(trash) bytes"))
        let home = try log.run("frame", "--size", "120x40").text
        #expect(home.contains(" disk \(Figures.bytes(total)) "))
        #expect(home.contains("in the trash \(Figures.bytes(trash))"))
        let blocks = try log.run("frame", "--screen", "blocks", "--size", "120x40").text
        #expect(blocks.contains(" \(Figures.bytes(total)) on disk "))
        #expect(blocks.contains("in the trash \(Figures.bytes(trash))"))
        let plain = try Subprocess.run(
            Subprocess.walrus, [log.path.string, "--plain"], input: Array("quit\n".utf8))
        #expect(
            plain.text.contains("Disk: \(Figures.bytes(total)) in 1 file and 1 file in the trash"))
        #expect(plain.text.contains("in the trash \(Figures.bytes(trash))."))
    }

    @Test func theMap() throws {
        let log = try Log(fixture: "manyblocks")
        let states = try json(log, "blocks", "--map", "-o", "json")["files"]?.array
        let blocks = try #require(try json(log, "blocks", "-o", "json")["blocks"]?.array)
        let slots = try #require(states?.first?["slots"]?.array)
        #expect(slots.count == 100)
        for block in blocks {
            let slot = slots[try #require(block["block"]?.int)]
            #expect(slot["topic_hex"] == block["topic_hex"] && slot["block"] == block["block"])
            let isEnd = block["last"] == .bool(true) && block["first_ordinal"]?.int ?? 0 > 1
            let state = isEnd ? "last" : block["state"]?.string
            #expect(slot["state"]?.string == state)
        }
        for mode in ["state", "topic", "fill"] {
            let text = try log.run("blocks", "--map", "--by", mode, "--ascii")
            #expect(text.status == 0)
            let row = try #require(text.lines.dropFirst().first)
            let cells = try #require(row.split(separator: " ").dropFirst().first)
            #expect(cells.count == 100 && text.output.allSatisfy { $0 < 0x7f })
            #expect(cells.suffix(50).allSatisfy { $0 == "." })
        }
        try log.run("blocks", "--map", "--by", "colour").expectError(2, "colour")
    }

    @Test func nothingThere() throws {
        let log = try Log()
        _ = try log.bash("mkdir $log")
        try log.run("forecast").expectError(1, "no data files")
        try log.run("blocks", "--map").expectError(1, "no data files")
    }
}
