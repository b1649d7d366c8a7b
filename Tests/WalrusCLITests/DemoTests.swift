import SystemPackage
import TestSupport
import Testing

@Suite struct DemoTests {
    @Test func theSameEachTime() throws {
        let (first, second) = (try Log(), try Log())
        for log in [first, second] {
            let result = try log.run("demo")
            #expect(result.status == 0 && result.text == "\(log.path)\n")
        }
        let sums = try [first, second].map {
            try $0.bash("for file in [a-z]*/[0-9]*; do cksum <$file; done; ls log").text
        }
        #expect(sums[0] == sums[1])
        #expect(try first.topics().count == 7)
        // One entry is damaged, and that is all.
        let check = try first.run("check", "-o", "json")
        #expect(check.status == 1)
        #expect(JSONValue(check.text)?["findings"]?.array?.count == 1)
        let entries = try first.run("entries", "audit", "-o", "jsonl")
        #expect(entries.status == 1 && entries.lines.count == 1_195)
        #expect(entries.errors.contains("1 damaged entry"))

        let before = try Snapshot(first.path)
        try first.run("demo").expectError(2, "not empty")
        #expect(try Snapshot(first.path).changes(since: before) == [])
        let inFile = try first.bash("touch file; \"$walrus\" demo file")
        inFile.expectError(3, "file")
    }

    @Test func manyTopics() throws {
        let log = try Log()
        let result = try log.run("demo", "--topics", "250", "--live", "--duration", "1")
        #expect(result.status == 0)
        let topics = try log.topics()
        #expect(topics.count == 250)
        #expect(topics.contains { $0["topic"]?.string == "tenant-00243" })
        let files = try log.bash("ls $log | grep -c '^1'")
        #expect(files.text == "3\n")
        try log.run("demo", "--topics", "0").expectError(2, "--topics")
    }

    @Test(arguments: [1, 3, 7, 8]) func anyNumberOfTopics(count: Int) throws {
        let log = try Log()
        let result = try log.run("demo", "--topics", "\(count)", "--live", "--duration", "1")
        #expect(result.status == 0, "\(result.errors)")
        let topics = try log.topics()
        #expect(topics.count == count && topics.contains { $0["topic"]?.string == "orders" })
    }

    @Test func liveWriter() throws {
        let log = try Log()
        let result = try log.run("demo", "--live", "--rate", "100", "--duration", "1")
        #expect(result.status == 0)
        #expect(try log.topic("orders")["entries"]?.int ?? 0 > 3_120)
    }
}
