import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import WalrusIO

@Suite struct OutputFileTests {
    private let place: TempDirectory

    init() throws { place = try TempDirectory() }

    private func names() throws -> [String] {
        try Directory.list(place.path).map(\.name).sorted()
    }

    private func leave(_ name: String) throws {
        try [1].write(to: DiskFile(place.path.appending(name), .create), at: 0)
    }

    /// A process that has ended, whose number nobody has.
    private func deadProcess() throws -> Int32 {
        let child = try Subprocess("/bin/true", [])
        _ = try child.wait()
        return child.processID
    }

    /// What killed processes left of the same file goes, and nothing else.
    @Test func leftoversGo() throws {
        let dead = try deadProcess()
        try leave(".a.\(dead).part")
        try leave(".a.\(getpid()).part")
        // Of one that lives; of another file; something that is called nearly the same.
        let kept = [".a.\(getppid()).part", ".b.\(dead).part", ".a.x.part", ".a.\(dead).parts"]
        for name in kept { try leave(name) }
        let file = try OutputFile(place.path.appending("a"), replaces: false)
        try file.write([2])
        #expect(try names() == (kept + [".a.\(getpid()).part"]).sorted())
        try file.finish()
        #expect(try names() == (kept + ["a"]).sorted())
    }

    /// One that is being written is locked: it stays, whatever its name says.
    @Test func aLockedOneStays() throws {
        let name = ".a.\(try deadProcess()).part"
        try leave(name)
        let writer = try DiskFile(place.path.appending(name), .readOnly)
        #expect(try writer.tryLock())
        try OutputFile(place.path.appending("a"), replaces: false).finish()
        #expect(try names() == [name, "a"])
    }
}
