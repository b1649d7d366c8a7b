import SystemPackage
import TestSupport
import Testing
import WalrusConsole

/// `walrus recover-preview`: its forms and its exit status. What it tells is tested in FuzzTests,
/// against what happens.
@Suite struct PreviewTests {
    private func json(_ log: Log) throws -> JSONValue {
        try #require(JSONValue(try log.run("recover-preview", "-o", "json").text))
    }

    @Test func aLogAtRest() throws {
        let log = try Log()
        try log.append((0..<30).map { [UInt8($0)] }, to: "orders")
        #expect(try log.run("consume", "orders", "--yes", "--limit", "10").status == 0)
        let result = try log.run("recover-preview", "-o", "json")
        #expect(result.status == 0 && result.errors.isEmpty)
        let value = try #require(JSONValue(result.text))
        #expect(value["schema"]?.int == 1 && value["engine"]?["clean"]?.bool == true)
        #expect(value["reference"]?["exact"]?.bool == true)
        let topic = try #require(value["topics"]?.array?.first)
        #expect(topic["topic"]?.string == "orders" && topic["next"]?.int == 11)
        let engine = try #require(topic["engine"])
        #expect(engine["delivers"]?.int == 20 && engine["again"]?.int == 0)
        #expect(engine["cursor"]?["offset"]?.int == 10 * 257)
        #expect(engine.names == topic["reference"]?.names)
        let text = try log.run("recover-preview")
        #expect(text.status == 0)
        for word in ["THIS ENGINE", "THE REFERENCE", "orders", "opens the directory as it is"] {
            #expect(text.text.contains(word), "\(word)")
        }
        #expect(try log.run("recover-preview", "-o", "jsonl").lines.count == 1)
    }

    @Test func whatIsWrong() throws {
        let log = try Log()
        try log.append((0..<30).map { [UInt8($0)] }, to: "orders")
        #expect(try log.run("consume", "orders", "--yes", "--limit", "10").status == 0)
        // The journal's 10 are all that is known; a file that cannot be used is set aside.
        _ = try log.bash("printf garbage > $log/read_offset_idx_index.db")
        let before = try Trace.all(in: log.path)
        let result = try log.run("recover-preview")
        #expect(result.status == 1)
        #expect(result.text.contains("renames read_offset_idx_index.db"))
        #expect(result.text.contains("may crash at read_offset_idx_index.db"))
        let aside = try json(log)["engine"]?["set_aside"]?.array?.first
        #expect(aside?["new_name"]?.string == "damaged1_read_offset_idx_index.db")
        #expect(try Trace.all(in: log.path) == before)
    }

    @Test(arguments: ["restarts", "multi", "large", "small"])
    func everyNumberOnTheScreenIsTheVerbs(name: String) throws {
        let log = try Log(fixture: name)
        let topics = try #require(try json(log)["topics"]?.array)
        let frame = try log.run(
            "frame", "--screen", "check", "--size", "200x60", "--keys", "<Tab>")
        #expect(frame.status == 0)
        for topic in topics.prefix(12) {
            let name = try #require(topic["topic"]?.string)
            guard name.allSatisfy({ $0.isLetter && $0.isASCII }) else { continue }
            let rows = frame.lines.filter { $0.contains("  \(name) ") && $0.contains("#") }
            let row = try #require(rows.last)
            let cells = row.split(separator: " ")
            let engine = try #require(topic["engine"])
            let there = try #require(topic["reference"])
            var due = ["#" + Figures.grouped(topic["next"]?.int ?? -1)]
            due += ["delivers", "again"].map { Figures.grouped(engine[$0]?.int ?? -1) }
            due += ["delivers", "again", "skipped", "hidden", "extra"].map {
                Figures.grouped(there[$0]?.int ?? -1)
            }
            // Without the place and the two flags.
            let numbers = cells.filter { $0.allSatisfy { "#0123456789,".contains($0) } }
            #expect(numbers.map(String.init) == due, "\(name): \(row)")
        }
    }

    @Test func nothingThere() throws {
        let log = try Log()
        try log.run("recover-preview").expectError(3, "no such directory")
        _ = try log.bash("mkdir $log")
        try log.run("recover-preview").expectError(1, "no topics")
    }
}
