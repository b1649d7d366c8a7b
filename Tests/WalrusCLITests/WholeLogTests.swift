import SystemPackage
import TestSupport
import Testing

/// What is looked at is named, and so is what is not: other logs of the directory, damaged entries.
@Suite struct WholeLogTests {
    /// A log of a topic with so many entries and one more that is damaged: the one at `point`.
    private func damagedLog(_ entries: Int, at point: String = "-1") throws -> (
        log: Log, place: JSONValue
    ) {
        let log = try Log()
        let lines = [UInt8](String(repeating: "an entry\n", count: entries + 1).utf8)
        #expect(try log.run("append", "t", "--lines", "--fsync", "none", input: lines).status == 0)
        let last = try #require(try log.entries("t", "--from", point).first)
        let file = try #require(last["file"]?.string)
        let block = try #require(last["block"]?.int)
        let offset = try #require(last["offset"]?.int)
        let path = log.path.appending(file)
        let at = block * 10 * 1024 * 1024 + offset + 256
        let broken = try log.bash(
            "printf X | dd of=\(path) bs=1 seek=\(at) conv=notrunc status=none")
        #expect(broken.status == 0, "\(broken.errors)")
        return (log, last)
    }

    /// More than the console holds at once stand before it.
    @Test func aDamagedLastEntryIsReached() throws {
        let (log, _) = try damagedLog(450)
        for keys in ["G", "G k j", ":end<Enter> j", "g G <PgUp> <PgDn>"] {
            let frame = try log.run(
                "frame", "--screen", "entries", "--topic", "t", "--size", "120x40", "--keys", keys
            ).text
            #expect(frame.contains("Payload, damaged"), "\(keys): \(frame)")
        }
    }

    @Test func aDamagedEntryIsCalledSo() throws {
        let (log, place) = try damagedLog(3)
        let text = try log.run("entries", "t", "--where", "is:damaged").text
        let stored = try #require(place["fnv"]?.string)
        #expect(text.contains("  damaged, header says \(stored)"), "\(text)")
        let json = try #require(try log.entries("t", "--where", "is:damaged").first)
        #expect(json["state"]?.string == "damaged" && json["stored_fnv"]?.string == stored)
        #expect(json["damage"]?.string?.contains("its header says \(stored)") == true)
        // The line above the list and the list count the same entries.
        let frame = try log.run(
            "frame", "--screen", "entries", "--topic", "t", "--size", "120x40", "--keys",
            "/is:damaged<Enter>"
        ).text
        #expect(frame.contains(" 3 entries   ") && frame.contains("1 of 3 + 1 damaged"), "\(frame)")
    }

    /// Whether readers have passed what is damaged or not: the file stays, and there is a way out.
    @Test func aFileThatIsKeptForItsDamage() throws {
        let (log, place) = try damagedLog(3, at: "2")
        let way = "walrus salvage keeps what is sound"
        for isPassed in [false, true] {
            if isPassed {
                #expect(try log.run("consume", "t", "--limit", "9", "--yes").status == 0)
            }
            let why = try log.run("forecast", "-o", "json").text
            #expect(why.contains("is damaged, which readers pass by: no engine"), "\(why)")
            #expect(!why.contains("never read") && why.contains(way))
            let check = try log.run("check")
            #expect(check.errors.contains("note: \(place["file"]?.string ?? "")"))
            #expect(check.errors.contains(way))
            #expect(try log.run("repair", "--dry-run").text.contains(way))
        }
        // It gets no more blocks.
        #expect(try log.run("forecast", "-o", "json").text.contains("\"free_slots\":null"))
    }

    @Test func aLogOfAKeyIsNamedByItsFolder() throws {
        let log = try Log()
        #expect(try log.run("append", "own", "--key", "alpha", "--text", "x").status == 0)
        let name = log.path.appending("alpha").string
        let frame = try log.run("frame", "--key", "alpha", "--size", "160x50").lines
        #expect(frame.first?.contains(name) == true)
        let plain = try Subprocess.run(
            Subprocess.walrus, [log.path.string, "--key", "alpha", "--plain"],
            input: Array("quit\n".utf8))
        #expect(plain.text.contains("Directory: \(name), read-only"), "\(plain.text)")
        // From there the other logs are those beside it, not those in it.
        #expect(try log.run("append", "own", "--key", "beta", "--text", "x").status == 0)
        let others = try log.run(
            "frame", "--key", "alpha", "--size", "160x50", "--keys", ":cd<Enter>"
        ).text
        #expect(others.contains("beta"), "\(others)")
        // The variable is one of applications.
        let environment = try log.bash("WALRUS_INSTANCE_KEY=beta \"$walrus\" topics \"$log\"")
        #expect(environment.status == 1)
        #expect(
            environment.errors.contains("WALRUS_INSTANCE_KEY counts for applications, not here"))
    }

    @Test func otherLogsOfTheDirectoryAreNamed() throws {
        let log = try Log(fixture: "small")
        #expect(!(try log.run("check").errors.contains("note: this is")))
        #expect(
            try log.run("append", "own", "--key", "svc-b", "--create", "--text", "x").status == 0)
        let check = try log.run("check")
        #expect(check.errors.contains("1 more, of instance keys (--key): svc-b"), "\(check.errors)")
        #expect(!(try log.run("check", "--key", "svc-b").errors.contains("note: this is")))
    }

    /// What was typed is named, and what would lead there.
    @Test func aPlaceThatIsNone() throws {
        let log = try Log(fixture: "small")
        let frame = try log.run(
            "frame", "--screen", "entries", "--topic", "alpha", "--size", "120x40", "--keys",
            ":0x1F<Enter>"
        ).lines
        #expect(frame.last?.contains("0x1F alone is a byte on Hex (6)") == true, "\(frame)")
        #expect(frame.last?.contains("in this block it is 1:0+0x1F") == true, "\(frame)")
        let query = try log.run("entries", "alpha", "--where", "len > 108")
        #expect(query.errors.contains("did you mean length?"), "\(query.errors)")
    }
}
