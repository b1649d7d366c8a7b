import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct AllocationTests {
    /// Opening, looking and closing makes no file but the lock.
    @Test func f11OpenMakesNoDataFile() throws {
        let place = try Workplace()
        for _ in 1...3 {
            try place.session { walrus throws in
                #expect(try walrus.readNext("t", checkpoint: true) == nil)
            }
        }
        #expect(try place.names == [DirectoryNames.lock])
    }

    @Test func f11TooFewDescriptorsIsAnError() throws {
        struct Limited: Storage {
            let disk: DiskStorage
            var path: FilePath { disk.path }
            func open(_ name: String) throws(IOError) -> any StorageFile {
                throw IOError("open", path.appending(name), .tooManyOpenFiles)
            }
            func list() throws(IOError) -> [DirectoryEntry] { try disk.list() }
            func create(_ name: String, size: Int) throws(IOError) -> any StorageFile {
                try disk.create(name, size: size)
            }
            func contents(of name: String) throws(IOError) -> [UInt8]? {
                try disk.contents(of: name)
            }
            func replace(_ name: String, with bytes: [UInt8], temporary: String) throws(IOError) {
                try disk.replace(name, with: bytes, temporary: temporary)
            }
            func rename(_ name: String, to newName: String) throws(IOError) {
                try disk.rename(name, to: newName)
            }
            func remove(_ name: String) throws(IOError) { try disk.remove(name) }
            func syncDirectory() throws(IOError) { try disk.syncDirectory() }
        }
        let place = try Workplace()
        try place.session { try $0.add(["a"], to: "t") }
        #expect {
            try Walrus(place.configuration(), on: Limited(disk: DiskStorage(place.path)))
        } throws: { ($0 as? EngineError)?.errno == .tooManyOpenFiles }
        try place.session { walrus throws in #expect(try walrus.texts("t") == ["a"]) }
    }

    /// The clock is set back, or stands still: names, and with them the order of entries, still go
    /// up, and no file is written over.
    @Test(
        arguments: [
            [1_600_000_000_000, 1_500_000_000_000], [1_763_670_155_020, 1_763_670_155_020],
        ] as [[UInt64]])
    func f13(milliseconds: [UInt64]) throws {
        let place = try Workplace()
        let first = "1763670155020"
        for slot in 0..<100 {
            try place.putEntry([UInt8(slot)], "t", file: first, slot: slot)
        }
        #expect {
            try DiskStorage(place.path).create(first, size: Layout.fileSize)
        } throws: {
            ($0 as? IOError)?.errno == .fileExists
        }
        for millisecond in milliseconds {
            let walrus = try place.openFaulty(clock: { millisecond * 1_000_000 })
            // A block of its own for each, and a file for the first.
            try walrus.append([UInt8](repeating: 200, count: Layout.unit - 1_000), to: "t")
            try walrus.close()
        }
        #expect(try place.dataFiles == [first, "1763670155021"])
        try place.session { walrus throws in
            let payloads = try walrus.consume("t").map { $0.payload.first }
            #expect(payloads == (0..<100).map { UInt8($0) } + [200, 200])
        }
    }

    @Test func timestampsNeverGoBack() throws {
        let place = try Workplace()
        for now in [5_000_000_000_000_000_000, 4_000_000_000_000_000_000] as [UInt64] {
            let walrus = try place.openFaulty(clock: { now })
            #expect(try walrus.append([], to: "t").timestamp == 5_000_000_000_000_000_000)
            try walrus.close()
        }
    }

    @Test func theLastSlotsOfTheNewestFileAreUsedFirst() throws {
        let place = try Workplace()
        let file = "1763670155020"
        for slot in 0..<97 { try place.putEntry([1], "old", file: file, slot: slot) }
        // Nobody can tell whose this is, but it is not free.
        try place.put(file, [0xff], at: 98 * Layout.unit + 500)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.damage.map(\.slot) == [98])
            try walrus.append([1], to: "a")
            #expect(try walrus.readNext("a", checkpoint: true)?.slot == 99)
            try walrus.append([1], to: "b")
            #expect(try walrus.readNext("b", checkpoint: true)?.slot == 0)
        }
        #expect(try place.dataFiles.count == 2)
    }

    /// A block whose free part is not empty, or that ends in damage, gets no more entries.
    @Test(arguments: [257 + 256 + 1, 257 + 2_000, 100])
    func anUncleanBlockIsNotContinued(flaw: Int) throws {
        let place = try Workplace()
        try place.session { try $0.append([1], to: "t") }
        let file = try place.dataFiles[0]
        try place.flip(file, at: flaw)
        try place.session { walrus throws in
            try walrus.append([2], to: "t")
            let status = walrus.status("t")
            let last = try walrus.consume("t").last
            #expect(last?.payload == [2])
            // The damaged header says nothing of the topic, so its block may be nobody's.
            #expect(last?.slot == 1 && last?.offset == 0 && status?.blocks ?? 0 <= 2)
        }
        // No number is used twice, as far as anything still tells which ones were.
        let sequence = try place.session { try $0.append([3], to: "t").sequence }
        #expect(sequence == (flaw == 100 ? 2 : 3))
    }

    /// A file of an odd length is read and not written to.
    @Test func aCutFileIsReadAsFarAsItGoes() throws {
        let place = try Workplace()
        try place.session { try $0.add(numbers(1...3), to: "t") }
        let file = try place.dataFiles[0]
        let size = 2 * (256 + 1) + 100
        try DiskFile(place.path.appending(file), .readWrite).truncate(to: size)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.damage.map(\.slot) == [nil])
            try walrus.add(["4"], to: "t")
            #expect(try walrus.texts("t") == ["1", "2", "4"])
        }
        #expect(try FileStatus.of(place.path.appending(file))?.size == size)
        #expect(try place.dataFiles.count == 2)
    }

    /// Stray files and folders are left alone.
    @Test func f10() throws {
        let place = try Workplace()
        try place.put("read_offset_idx_index.db.tmp", [1, 2, 3])
        try place.put("notes.txt", [1])
        // A name of a log file's kind, which is none.
        try place.put("123456789", [UInt8](repeating: 0xff, count: 5_000))
        try Directory.create(place.path.appending("9999999999999"))
        let stray = try #require(try Scanner(place.path).scan()).findings.filter {
            $0.kind == .strayFile
        }
        #expect(
            Set(stray.compactMap(\.file)).isSuperset(of: [
                "123456789", "notes.txt", "read_offset_idx_index.db.tmp",
            ]))
        try place.session { walrus throws in
            #expect(
                walrus.recoveryReport.ignoredFiles == [
                    "123456789", "notes.txt", "read_offset_idx_index.db.tmp",
                ])
            try walrus.add(["a"], to: "t")
        }
        try place.session { walrus throws in #expect(try walrus.texts("t") == ["a"]) }
        #expect(try place.bytes("notes.txt") == [1])
        #expect(try place.dataFiles.max() ?? "" > "9999999999999")
    }
}
