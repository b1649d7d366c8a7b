import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import WalrusIO

@Suite struct DiskFileTests {
    private let place: TempDirectory
    private var path: FilePath { place.path.appending("file") }

    init() throws { place = try TempDirectory() }

    private func write(_ file: DiskFile, at offset: Int, _ first: [UInt8], _ second: [UInt8] = [])
        throws(IOError)
    {
        var failure: IOError?
        unsafe first.withUnsafeBytes { a in
            unsafe second.withUnsafeBytes { b in
                do throws(IOError) { try unsafe file.write(at: offset, a, b) } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
    }

    @Test func readsAreShortAtTheEndOnly() throws {
        let file = try DiskFile(path, .create)
        try write(file, at: 0, Array(0..<100))
        #expect(try file.read(at: 0, count: 100) == Array(0..<100))
        #expect(try file.read(at: 90, count: 100) == Array(90..<100))
        #expect(try file.read(at: 100, count: 5).isEmpty)
        #expect(try file.read(at: 1 << 40, count: 5).isEmpty)
        #expect(try file.read(at: 7, count: 0).isEmpty)
        #expect(try file.size() == 100)
    }

    @Test func writesOfTwoBuffers() throws {
        let file = try DiskFile(path, .create)
        for (first, second) in [
            ([], []), ([1, 2], []), ([], [3, 4]), ([1, 2], [3, 4, 5]),
            ([UInt8](repeating: 6, count: 3 << 20), [UInt8](repeating: 7, count: 2 << 20)),
        ] as [([UInt8], [UInt8])] {
            try file.truncate(to: 0)
            try write(file, at: 10, first, second)
            let whole = first + second
            #expect(try file.size() == (whole.isEmpty ? 0 : 10 + whole.count))
            #expect(try file.read(at: 10, count: whole.count + 5) == whole)
        }
    }

    @Test func modes() throws {
        #expect(throws: IOError.self) { try DiskFile(path, .readOnly) }
        #expect(throws: IOError.self) { try DiskFile(path, .readWrite) }
        _ = try DiskFile(path, .create)
        let error = #expect(throws: IOError.self) { try DiskFile(path, .create) }
        #expect(error?.errno == .fileExists && error?.operation == "create" && error?.path == path)
        try write(DiskFile(path, .readWrite), at: 0, [1, 2, 3])
        #expect(try DiskFile(path, .openOrCreate).size() == 3)
        let reader = try DiskFile(path, .readOnly)
        let refused = #expect(throws: IOError.self) { try write(reader, at: 5, [1]) }
        #expect(refused?.errno == .badFileDescriptor && refused?.offset == 5)
        _ = try DiskFile(place.path.appending("other"), .openOrCreate)
    }

    /// A pipe in the place of a file is an error, not a wait for somebody who writes into it.
    @Test func aPipeIsNoFile() throws {
        try Shell.run("mkfifo '\(path)'")
        let pipe = try DiskFile(path, .readOnly)
        let error = #expect(throws: IOError.self) { try pipe.read(at: 0, count: 1) }
        #expect(error?.errno == Errno(rawValue: ESPIPE))
    }

    @Test func errorsTellWhatAndWhere() throws {
        let error = IOError("write", "/a/b", at: 7, .noSpace)
        let text = error.description
        for part in ["write", "/a/b", "byte 7", "No space", "free some space"] {
            #expect(text.contains(part), "\(text)")
        }
        #expect(!IOError("open", "/a", .noSuchFileOrDirectory).description.contains("byte"))
        try Directory.create(path)
        let read = #expect(throws: IOError.self) {
            try DiskFile(path, .readOnly).read(at: 3, count: 1)
        }
        #expect(read?.errno == .isDirectory && read?.offset == 3 && read?.path == path)
    }

    /// Two openings of one file exclude each other, in one process too.
    @Test func locks() throws {
        var first: DiskFile? = try DiskFile(path, .openOrCreate)
        let second = try DiskFile(path, .openOrCreate)
        #expect(try first?.tryLock() == true)
        #expect(try second.tryLock() == false)
        #expect(try first?.tryLock() == true)
        first = nil
        #expect(try second.tryLock() == true)
    }

    @Test func holes() throws {
        let file = try DiskFile(path, .create)
        #expect(try file.dataRange(from: 0) == nil)
        #expect(try file.firstNonZero(in: 0..<100) == nil)
        try file.truncate(to: 10 << 20)
        #expect(try file.firstNonZero(in: 0..<10 << 20) == nil)
        try write(file, at: 4 << 20, [0, 0, 9])
        try write(file, at: 7 << 20, [5])
        let first = try #require(try file.dataRange(from: 0))
        #expect(first.contains(4 << 20 + 2))
        #expect(try file.dataRange(from: 8 << 20) == nil || first.count >= 4 << 20)
        #expect(try file.firstNonZero(in: 0..<10 << 20) == 4 << 20 + 2)
        #expect(try file.firstNonZero(in: 4 << 20 + 2..<10 << 20) == 4 << 20 + 2)
        #expect(try file.firstNonZero(in: 4 << 20 + 3..<10 << 20) == 7 << 20)
        #expect(try file.firstNonZero(in: 4 << 20 + 3..<7 << 20) == nil)
        #expect(try file.firstNonZero(in: 5..<5) == nil)
        #expect(try file.firstNonZero(in: 20 << 20..<21 << 20) == nil)
    }

    @Test func firstNonZeroByteOfAnyLength() {
        for length in 0..<40 {
            for place in 0..<length {
                var bytes = [UInt8](repeating: 0, count: length)
                #expect(unsafe bytes.withUnsafeBytes { unsafe firstNonZeroByte($0) } == nil)
                bytes[place] = 0x80
                #expect(unsafe bytes.withUnsafeBytes { unsafe firstNonZeroByte($0) } == place)
            }
        }
    }

    @Test func status() throws {
        #expect(try FileStatus.of(path) == nil)
        let file = try DiskFile(path, .create)
        try file.truncate(to: 1 << 20)
        let status = try #require(try FileStatus.of(path))
        #expect(status.size == 1 << 20 && status.allocated == 0)
        #expect(try file.status() == status)
        for (date, expected) in [
            ("2001-09-09 01:46:40.5 UTC", 1_000_000_000_500_000_000), ("1969-01-01", 0),
        ] {
            try Shell.run("touch -d '\(date)' '\(path)'")
            #expect(try FileStatus.of(path)?.modified == expected)
        }
        // Later than 64 bits of nanoseconds reach, where the file system can say so.
        try Shell.run("touch -d '2300-01-01' '\(path)'")
        #expect(try #require(try FileStatus.of(path)).modified > 1_700_000_000_000_000_000)
    }
}
