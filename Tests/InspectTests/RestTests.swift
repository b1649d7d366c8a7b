import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import Inspect

/// A directory at rest is not put together again, and one that changes always is.
@Suite struct RestTests {
    @Test func aDirectoryAtRestKeepsItsRevision() throws {
        let fixture = try Fixture("small")
        let scanner = Scanner(fixture.path)
        let first = try #require(try scanner.scan())
        let second = try #require(try scanner.scan())
        #expect(first.revision > 0 && second.revision == first.revision)
        #expect(second.time > first.time && second.topics == first.topics)

        var last = second.revision
        func expectsChange(_ what: String, _ script: String) throws {
            _ = try Subprocess.bash("cd \(fixture.path) && \(script)")
            let state = try #require(try scanner.scan())
            #expect(state.revision != last, "\(what)")
            let fresh = try #require(try Scanner(fixture.path).scan())
            #expect(state.topics == fresh.topics && state.files == fresh.files, "\(what)")
            #expect(state.findings == fresh.findings, "\(what)")
            last = state.revision
            let rest = try #require(try scanner.scan())
            #expect(rest.revision == last, "rest after \(what)")
        }
        let file = try #require(first.files.first?.name.text)
        try expectsChange("a stray file", "echo x >stray.txt")
        try expectsChange("a stray file gone", "rm stray.txt")
        try expectsChange("a time", "touch \(file)")
        try expectsChange("an index gone", "rm -f read_offset_idx_index.db")
        try expectsChange("an entry", "\"$walrus\" append . new_topic - </dev/null")
        try expectsChange("a file gone", "rm \(file)")
        // To be asked for everything anew is to be told everything anew.
        #expect(try scanner.scan(forget: true)?.revision != last)
    }
}
