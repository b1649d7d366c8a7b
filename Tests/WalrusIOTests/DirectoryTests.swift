import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import WalrusIO

@Suite struct DirectoryTests {
    private let place: TempDirectory

    init() throws { place = try TempDirectory() }

    @Test func kinds() throws {
        try Shell.run(
            """
            cd '\(place.path)' && touch f && mkdir d && mkfifo p && ln -s f lf && ln -s d ld \
            && ln -s none l0 && ln -s l1 l1 && touch '.hidden'
            """)
        let kinds = Dictionary(
            uniqueKeysWithValues: try Directory.list(place.path).map { ($0.name, $0.kind) })
        #expect(
            kinds == [
                "f": .file, "d": .directory, "p": .other, "lf": .file, "ld": .directory,
                "l0": .other, "l1": .other, ".hidden": .file,
            ])
    }

    @Test func namesThatAreNotUTF8AreLeftOut() throws {
        try Shell.run("touch \"$(printf '%s/\\377' '\(place.path)')\" '\(place.path)/ok'")
        #expect(try Directory.list(place.path).map(\.name) == ["ok"])
        try Shell.run("rm \"$(printf '%s/\\377' '\(place.path)')\"")
    }

    @Test func errors() throws {
        let none = place.path.appending("none")
        let error = #expect(throws: IOError.self) { try Directory.list(none) }
        #expect(error?.errno == .noSuchFileOrDirectory && error?.path == none)
        #expect(try Directory.contents(of: none) == nil)
        #expect(throws: IOError.self) { try Directory.contents(of: place.path) }
        #expect(!Directory.exists(none) && Directory.exists(place.path))
    }

    @Test func makesDirectoriesAndThoseAbove() throws {
        let deep = place.path.appending("a").appending("b").appending("c")
        try Directory.create(deep)
        try Directory.create(deep)
        #expect(Directory.exists(deep))
        let file = place.path.appending("file")
        _ = try DiskFile(file, .create)
        #expect(throws: IOError.self) { try Directory.create(file) }
        #expect(throws: IOError.self) { try Directory.create(file.appending("below")) }
    }

    @Test func contentsUpToALimit() throws {
        let storage = DiskStorage(place.path)
        try storage.replace("x", with: [1, 2, 3], temporary: "t")
        #expect(try storage.contents(of: "x") == [1, 2, 3])
        #expect(try Directory.contents(of: place.path.appending("x"), limit: 2) == [1, 2])
        try storage.replace("x", with: [], temporary: "t")
        #expect(try storage.contents(of: "x") == [])
        try storage.remove("x")
        #expect(try storage.contents(of: "x") == nil)
        #expect(throws: IOError.self) { try storage.remove("x") }
    }

    @Test func aNewFileIsNew() throws {
        let storage = DiskStorage(place.path)
        let file = try storage.create("1763670155020", size: 1_048_576_000)
        #expect(try file.size() == 1_048_576_000)
        #expect(try FileStatus.of(file.path)?.allocated == 0)
        let error = #expect(throws: IOError.self) { try storage.create("1763670155020", size: 1) }
        #expect(error?.errno == .fileExists)
        #expect(try file.size() == 1_048_576_000)
        // A file that could not get its size is taken away again.
        #expect(throws: IOError.self) { try storage.create("other", size: -1) }
        #expect(try storage.list().map(\.name) == ["1763670155020"])
    }

    /// Whoever looks while the file is replaced sees the old contents or the new, all of them.
    @Test func replacingIsAtomic() throws {
        let path = place.path
        let storage = DiskStorage(path)
        func image(_ number: Int) -> [UInt8] {
            [UInt8](repeating: UInt8(number), count: 20_000 + 1_000 * number)
        }
        try storage.replace("x", with: image(0), temporary: "t")
        let isOver = Atomic(false)
        let looks = Atomic(0)
        let faults = Atomic(0)
        let finished = Event()
        Thread.detach {
            while !isOver.load(ordering: .relaxed) {
                let bytes = (try? DiskStorage(path).contents(of: "x")) ?? []
                let isWhole =
                    bytes.count == 20_000 + 1_000 * Int(bytes.first ?? 0)
                    && bytes.allSatisfy { $0 == bytes[0] }
                if !isWhole { faults.wrappingAdd(1, ordering: .relaxed) }
                looks.wrappingAdd(1, ordering: .relaxed)
            }
            finished.set()
        }
        for number in 0..<60 { try storage.replace("x", with: image(number % 9), temporary: "t") }
        isOver.store(true, ordering: .relaxed)
        #expect(finished.wait(nanoseconds: 300_000_000_000))
        #expect(looks.load(ordering: .relaxed) > 0 && faults.load(ordering: .relaxed) == 0)
        #expect(try storage.list().map(\.name) == ["x"])
    }

    /// A leftover of an earlier attempt is no obstacle, also where it is longer.
    @Test func replacingOverALeftover() throws {
        let storage = DiskStorage(place.path)
        _ = try storage.create("t", size: 1_000)
        try storage.replace("x", with: [1, 2], temporary: "t")
        #expect(try storage.contents(of: "x") == [1, 2])
    }

    /// The process that can write to a file is found; one that reads it, and this one, are not.
    @Test func writers() throws {
        let file = place.path.appending("held")
        let own = try DiskFile(file, .create)
        #expect(OpenFiles.writers(in: place.path) { _ in true } == [])
        #expect(OpenFiles.writers(of: []) == [])
        #expect(OpenFiles.isOwnWriter(in: place.path) { $0 == "held" })
        #expect(!OpenFiles.isOwnWriter(in: place.path) { $0 == "none" })
        let writer = try holder("<> '\(file)'")
        defer { kill(pid_t(writer), SIGKILL) }
        let reader = try holder("< '\(file)'")
        defer { kill(pid_t(reader), SIGKILL) }
        #expect(OpenFiles.writers(in: place.path) { $0 == "held" } == [writer])
        #expect(OpenFiles.writers(in: place.path) { $0 == "none" } == [])
        #expect(OpenFiles.writers(of: [try own.status().identity]) == [writer])
    }

    /// The kernel tells whether anybody can write to a file, this process included.
    @Test func hasWriters() throws {
        let file = place.path.appending("held")
        func answer() -> Bool? { OpenFiles.hasWriters(in: place.path) { $0 == "held" } }
        #expect(answer() == false)
        var own: DiskFile? = try DiskFile(file, .create)
        #expect(answer() == true)
        withExtendedLifetime(own) {}
        own = nil
        #expect(answer() == false)
        let reader = try holder("< '\(file)'")
        defer { kill(pid_t(reader), SIGKILL) }
        #expect(answer() == false)
        let writer = try holder("<> '\(file)'")
        #expect(answer() == true)
        kill(pid_t(writer), SIGKILL)
        // It is gone in its own time.
        for _ in 0..<5_000 where answer() == true { Clock.sleep(nanoseconds: 2_000_000) }
        #expect(answer() == false)
    }

    /// A process that has a file open for a while.
    private func holder(_ redirection: String) throws -> Int {
        let path = place.path.appending("pid")
        try Shell.run("exec 9\(redirection); sleep 20 & echo $! > '\(path)'")
        let text = try #require(try Directory.contents(of: path))
        return try #require(Int(String(decoding: text, as: UTF8.self).filter(\.isNumber)))
    }
}
