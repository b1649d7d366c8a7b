import TestSupport
import Testing

@Suite struct LiveTests {
    @Test func oneReport() throws {
        let log = try Log(fixture: "small")
        let result = try log.run("live", "-o", "json", "--interval", "100ms")
        #expect(result.status == 0 && result.errors.isEmpty)
        for part in ["\"appended_per_second\":0.0", "\"source\":\"difference of two looks"] {
            #expect(result.text.contains(part))
        }
        #expect(result.text.contains("\"topic\":\"alpha\""))
        let lines = try log.run("live", "-o", "jsonl", "--interval", "100ms", "--count", "3")
        #expect(lines.text.split(separator: "\n").count == 3)
        let text = try log.run("live", "--interval", "100ms")
        #expect(
            text.text.hasPrefix(
                "Throughput: appended 0 entries/s, 0B/s of payload, 0B/s with headers; ")
                && text.text.contains("\nTopic alpha: unread "))
    }

    @Test func mistakes() throws {
        let log = try Log(fixture: "small")
        #expect(try log.run("live", "--count", "0").status == 2)
        #expect(try log.run("live", "-o", "json", "-f").status == 2)
        #expect(try log.run("live", "--interval", "1ms").status == 2)
    }
}
