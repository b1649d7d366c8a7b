import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import Inspect

@Suite struct NamespaceTests {
    @Test func logsOfADataDirectory() throws {
        let folder = try TempDirectory()
        let lister = NamespaceLister()
        #expect(try lister.list(folder.path, withWriters: true) == [])
        let fixture = try Fixture("small")
        _ = try Subprocess.bash(
            "cp -r --sparse=always \(fixture.path) \(folder.path)/b; mkdir \(folder.path)/c; "
                + "cp -r --sparse=always \(fixture.path) \(folder.path)/a")
        let logs = try lister.list(folder.path, withWriters: true)
        #expect(logs.map(\.name) == ["a", "b"])
        let state = try #require(try Scanner(fixture.path).scan())
        for log in logs {
            #expect(log.topics == state.topics.count && log.files == state.files.count)
            #expect(log.allocated == state.allocated && log.writers == [])
            #expect(log.modified == state.files.map(\.modified).max() || log.modified != nil)
        }
        // What changed is seen, and what is held is told.
        let index = folder.path.appending("a").appending("read_offset_idx_index.db")
        _ = try Subprocess.bash("rm -f \(index) \(folder.path)/b/*")
        let file = try DiskFile(
            folder.path.appending("a").appending(state.files[0].name.text), .readWrite)
        let again = try lister.list(folder.path, withWriters: true)
        #expect(again.map(\.name) == ["a"])
        #expect(again[0].writers == [])
        _ = try file.size()
    }
}
