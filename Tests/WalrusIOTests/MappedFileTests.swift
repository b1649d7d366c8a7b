import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusIO

@Suite struct MappedFileTests {
    private static let unit = 1 << 20
    private static let size = 4 * unit

    private static func storage(_ path: FilePath) -> MappedStorage {
        MappedStorage(path, fileSize: size, unit: unit) { $0.hasPrefix("log") }
    }

    /// Through a map, and through a descriptor beside it: the same bytes, those of an array.
    @Test func randomWorkMatchesAnArray() throws {
        var random = SeededRandom.fromEnvironment("randomWorkMatchesAnArray")
        let temp = try TempDirectory()
        var model = [UInt8](repeating: 0, count: Self.size)
        var file = try Self.storage(temp.path).create("log", size: Self.size)
        let beside = try DiskFile(temp.path.appending("log"), .readWrite)
        for step in 0..<600 {
            let offset = Int.random(in: 0..<Self.size, using: &random)
            let most = Int.random(in: 0..<10, using: &random) == 0 ? 200_000 : 5_000
            let count = Int.random(in: 0...min(most, Self.size - offset), using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let bytes = random.bytes(count)
                let split = Int.random(in: 0...count, using: &random)
                try unsafe bytes.withUnsafeBytes {
                    try unsafe file.write(
                        at: offset, UnsafeRawBufferPointer(rebasing: $0[..<split]),
                        UnsafeRawBufferPointer(rebasing: $0[split...]))
                }
                model.replaceSubrange(offset..<offset + count, with: bytes)
            case 4:
                // As the other backend, in an earlier session, or a ring would.
                let bytes = random.bytes(count)
                try bytes.write(to: beside, at: offset)
                model.replaceSubrange(offset..<offset + count, with: bytes)
            case 5..<8:
                let expected = Array(model[offset..<offset + count])
                #expect(try file.read(at: offset, count: count) == expected, "step \(step)")
                #expect(try beside.read(at: offset, count: count) == expected, "step \(step)")
            case 8:
                let range = offset..<offset + count
                let expected = model[range].firstIndex { $0 != 0 }
                #expect(try file.firstNonZero(in: range) == expected, "step \(step)")
            default:
                try file.sync()
                file = try Self.storage(temp.path).open("log")
            }
        }
        #expect(try beside.read(at: 0, count: Self.size) == model)
    }

    /// Space is taken little by little, and never beyond the unit.
    @Test func reservesWithinTheUnit() throws {
        let temp = try TempDirectory()
        let file = try Self.storage(temp.path).create("log", size: Self.size)
        func allocated() throws -> Int {
            try FileStatus.of(temp.path.appending("log"))?.allocated ?? -1
        }
        try [1].write(to: file, at: Self.unit)
        let one = try allocated()
        #expect(one > 0 && one <= 128 << 10)
        try [UInt8](repeating: 1, count: Self.unit - 20_000).write(to: file, at: Self.unit)
        // The rest of this unit, perhaps, and what the file system needs to keep account.
        #expect(try allocated() <= Self.unit + (64 << 10))
        #expect(try file.firstNonZero(in: 2 * Self.unit..<Self.size) == nil)
        #expect(try file.firstNonZero(in: 0..<Self.unit) == nil)
    }

    /// What is populated is zeros, takes space, and is stored to from then on.
    @Test func populatedPagesAreStoredTo() throws {
        let temp = try TempDirectory()
        let file = try Self.storage(temp.path).create("log", size: Self.size)
        try [1, 2, 3].write(to: file, at: 4_095)
        try file.populate(8_192..<65_536)
        #expect(try file.firstNonZero(in: 4_098..<Self.size) == nil)
        for at in [8_192, 16_383, 40_000, 65_533] { try [7, 8, 9].write(to: file, at: at) }
        let beside = try DiskFile(temp.path.appending("log"), .readWrite)
        for file in [file, beside, try Self.storage(temp.path).open("log")] as [any StorageFile] {
            for at in [8_192, 16_383, 40_000, 65_533] {
                #expect(try file.read(at: at - 1, count: 5) == [0, 7, 8, 9, 0])
            }
            #expect(try file.read(at: 4_094, count: 5) == [0, 1, 2, 3, 0])
        }
        let status = try #require(try FileStatus.of(temp.path.appending("log")))
        #expect(status.allocated >= 57_344)
        // Beside the end of a granule, and of the file.
        try file.populate(20_480..<24_576)
        try file.populate(Self.size - 4_096..<Self.size)
        try [5].write(to: file, at: Self.size - 1)
        #expect(try beside.read(at: Self.size - 2, count: 2) == [0, 5])
    }

    @Test func onlyFilesOfTheRightSizeAndNameAreMapped() throws {
        let temp = try TempDirectory()
        let storage = Self.storage(temp.path)
        #expect(try storage.create("log1", size: Self.size) is MappedFile)
        #expect(try storage.open("log1") is MappedFile)
        #expect(try storage.create("log2", size: Self.size - 1) is DiskFile)
        #expect(try storage.open("log2") is DiskFile)
        #expect(try storage.create("other", size: Self.size) is DiskFile)
    }

    @Test func theEndOfTheFileIsTheEnd() throws {
        let temp = try TempDirectory()
        let file = try Self.storage(temp.path).create("log", size: Self.size)
        try [7, 8].write(to: file, at: Self.size - 2)
        #expect(try file.read(at: Self.size - 2, count: 100) == [7, 8])
        #expect(try file.read(at: Self.size + 5, count: 100) == [])
        #expect { try [1, 2, 3].write(to: file, at: Self.size - 2) } throws: {
            ($0 as? IOError)?.errno == .fileTooLarge
        }
        #expect { try file.truncate(to: 10) } throws: { ($0 as? IOError)?.errno == .notPermitted }
        #expect(try file.size() == Self.size)
    }

    /// What was written before the disk was full can be read and erased; everything else is an
    /// error, and nothing is a signal.
    @Test(
        .enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"),
        arguments: TinyDisk.possible)
    func aFullDiskIsAnError(kind: TinyDisk.Kind) throws {
        let disk = try TinyDisk(kind, megabytes: 8)
        let size = 32 << 20
        let storage = MappedStorage(disk.path, fileSize: size, unit: Self.unit) { _ in true }
        let file = try storage.create("log", size: size)
        var written: [Int] = []
        var failure: IOError?
        // Every write but the first few lands in a hole, as those of many topics would.
        for at in stride(from: 0, to: size, by: 20_000) {
            do throws(IOError) {
                let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: at), count: 9_000)
                try unsafe bytes.span.bytes.withUnsafeBytes { (bytes) throws(IOError) in
                    unsafe try file.write(
                        at: at, bytes, UnsafeRawBufferPointer(start: nil, count: 0))
                }
                written.append(at)
            } catch {
                failure = error
                break
            }
        }
        let failed = written.count * 20_000
        #expect(failure?.errno == .noSpace)
        #expect((failed..<failed + 9_000).contains(try #require(failure?.offset)))
        #expect(written.count > 100)
        for again in [file, try storage.open("log")] {
            for at in written {
                let bytes = try again.read(at: at, count: 9_000)
                #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: at) })
            }
            // Holes, on a disk that has nothing for them.
            #expect(try again.read(at: size - 10_000, count: 9_000).allSatisfy { $0 == 0 })
            for at in written.prefix(9) {
                try [UInt8](repeating: 5, count: 9_000).write(to: again, at: at)
            }
            for at in written.prefix(9) {
                try [UInt8](repeating: UInt8(truncatingIfNeeded: at), count: 9_000)
                    .write(to: again, at: at)
            }
        }
    }

    /// Pages that an earlier session wrote through a descriptor, one here and one there, can be
    /// written over and erased when there is nothing left to reserve beside them.
    @Test(
        .enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"),
        arguments: TinyDisk.possible)
    func pagesAreOverwrittenOnAFullDisk(kind: TinyDisk.Kind) throws {
        let disk = try TinyDisk(kind, megabytes: 8)
        let size = 256 << 20
        let storage = MappedStorage(disk.path, fileSize: size, unit: Self.unit) { _ in true }
        let beside = try DiskFile(disk.path.appending("log"), .create)
        try beside.truncate(to: size)
        var count = 0
        while (try? [UInt8](repeating: 1, count: 4_096).write(to: beside, at: count << 16)) != nil {
            count += 1
        }
        #expect(count > 500)
        let file = try storage.open("log")
        for page in 0..<count { try [2, 3].write(to: file, at: page << 16 + 99) }
        for page in 0..<count {
            #expect(try beside.read(at: page << 16 + 98, count: 4) == [1, 2, 3, 1])
        }
        #expect { try [UInt8](repeating: 1, count: 8_192).write(to: file, at: 0) } throws: {
            ($0 as? IOError)?.errno == .noSpace
        }
        #expect(try file.read(at: 0, count: 4) == [1, 1, 1, 1])
    }
}
