import SystemPackage
import TestSupport
import Testing

@testable import WalrusIO

@Suite struct RingTests {
    /// Plain calls and a ring side by side, each on files of its own.
    private struct Twins {
        let temp: TempDirectory
        let plain: [DiskFile]
        let ringed: [DiskFile]

        init(_ count: Int) throws {
            temp = try TempDirectory()
            let path = temp.path
            plain = try (0..<count).map { try DiskFile(path.appending("plain\($0)"), .create) }
            ringed = try (0..<count).map { try DiskFile(path.appending("ring\($0)"), .create) }
        }
    }

    /// Pieces of random length at random places that do not overlap.
    private static func plan(_ random: inout SeededRandom, files: Int)
        -> [(file: Int, offset: Int, buffers: [[UInt8]])]
    {
        var ends = [Int](repeating: 0, count: files)
        return (0..<Int.random(in: 0...40, using: &random)).map { _ in
            let file = Int.random(in: 0..<files, using: &random)
            let offset = ends[file] + Int.random(in: 0...5_000, using: &random)
            // Some pieces have more buffers than the kernel takes at once.
            let count = Int.random(in: 0..<30, using: &random) == 0 ? 2_500 : 4
            let buffers = (0..<Int.random(in: 0...count, using: &random)).map { _ in
                random.bytes(Int.random(in: 0...(count > 100 ? 8 : 3_000), using: &random))
            }
            ends[file] = offset + buffers.reduce(0) { $0 + $1.count }
            return (file, offset, buffers)
        }
    }

    /// Memory that stays where it is.
    private static func pinned(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
        unsafe memory.copyBytes(from: bytes)
        return unsafe memory
    }

    private static func unpin(_ memory: [[UnsafeMutableRawBufferPointer]]) {
        for index in unsafe memory.indices {
            for buffer in unsafe memory[index].indices { unsafe memory[index][buffer].deallocate() }
        }
    }

    /// Whatever one operation may move, bytes arrive where plain calls put them. A small limit has
    /// the effect of short writes and reads: the rest is submitted again.
    @Test(arguments: [(64, 1 << 30), (4, 1_000), (1, 7)])
    func randomBatchesMatchPlainCalls(depth: Int, transferMax: Int) throws {
        var random = SeededRandom.fromEnvironment("randomBatchesMatchPlainCalls")
        let ring = RingBatchIO(depth: depth, transferMax: transferMax, refusal: nil)
        for _ in 0..<(transferMax < 100 ? 1 : 8) {
            let twins = try Twins(3)
            let plan = Self.plan(&random, files: 3)
            for (io, files) in [(PlainBatchIO() as any BatchIO, twins.plain), (ring, twins.ringed)]
            {
                let memory = unsafe plan.map { unsafe $0.buffers.map { unsafe Self.pinned($0) } }
                defer { unsafe Self.unpin(memory) }
                let writes = unsafe zip(plan, memory).map { piece, buffers in
                    unsafe FileWrite(
                        files[piece.file], at: piece.offset,
                        buffers.map { UnsafeRawBufferPointer($0) })
                }
                #expect(io.submit(writes: writes) == Array(repeating: nil, count: plan.count))
            }
            for (plain, ringed) in zip(twins.plain, twins.ringed) {
                #expect(try ringed.size() == plain.size())
                let size = try plain.size()
                #expect(try ringed.read(at: 0, count: size) == plain.read(at: 0, count: size))
            }
            try compareReads(plan, twins, ring)
        }
        #expect([.used, .idle].contains(ring.ring) || Self.isRefusedHere)
    }

    /// Reads of the same places, some of them beyond the end.
    private func compareReads(
        _ plan: [(file: Int, offset: Int, buffers: [[UInt8]])], _ twins: Twins, _ ring: RingBatchIO
    ) throws {
        func read(_ io: any BatchIO, _ files: [DiskFile]) -> ([Int?], [[UInt8]]) {
            let memory = unsafe plan.map { piece in
                unsafe piece.buffers.map {
                    unsafe Self.pinned([UInt8](repeating: 7, count: $0.count + 3))
                }
            }
            defer { unsafe Self.unpin(memory) }
            let reads = unsafe zip(plan, memory).map { piece, buffers in
                unsafe FileRead(files[piece.file], at: piece.offset, buffers)
            }
            let counts = io.submit(reads: reads).map { try? $0.get() }
            return unsafe (counts, memory.joined().map { unsafe Array($0) })
        }
        let (plain, ringed) = (read(PlainBatchIO(), twins.plain), read(ring, twins.ringed))
        #expect(plain.0 == ringed.0)
        #expect(plain.1 == ringed.1)
    }

    private static var isRefusedHere: Bool {
        (try? Ring(depth: 1)) == nil
    }

    /// One file that fails says so; the others are done.
    @Test func aFailureIsThatOfItsPiece() throws {
        let temp = try TempDirectory()
        let good = try DiskFile(temp.path.appending("good"), .create)
        let other = try DiskFile(temp.path.appending("other"), .create)
        let closed = try DiskFile(temp.path.appending("good"), .readOnly)
        let memory = unsafe Self.pinned([1, 2, 3])
        defer { unsafe memory.deallocate() }
        let bytes = unsafe [UnsafeRawBufferPointer(memory)]
        for io in [PlainBatchIO(), RingBatchIO()] as [any BatchIO] {
            let results = unsafe io.submit(writes: [
                FileWrite(good, at: 0, bytes), FileWrite(closed, at: 9, bytes),
                FileWrite(other, at: 5, bytes),
            ])
            #expect(results[0] == nil && results[2] == nil)
            #expect(results[1]?.errno == .badFileDescriptor)
            #expect(results[1]?.offset == 9 && results[1]?.path == closed.path)
            #expect(try other.size() == 8)
        }
    }

    /// A disk that really gets full: a write stops in the middle, its rest is tried again and fails.
    @Test(.enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"))
    func aFullDiskIsAnError() throws {
        let disk = try TinyDisk(.tmpfs, megabytes: 1)
        let file = try DiskFile(disk.path.appending("file"), .create)
        let memory = unsafe Self.pinned([UInt8](repeating: 9, count: 800_000))
        defer { unsafe memory.deallocate() }
        let bytes = unsafe [UnsafeRawBufferPointer(memory)]
        let io = RingBatchIO()
        let results = unsafe io.submit(writes: [
            FileWrite(file, at: 0, bytes), FileWrite(file, at: 1 << 20, bytes),
        ])
        let failures = results.compactMap(\.self)
        #expect(failures.map(\.errno) == [.noSpace])
        #expect(io.ring == .used || Self.isRefusedHere)
        // It says where what is written ends.
        let end = try #require(failures.first?.offset)
        #expect(end > 0 && end < 2 << 20)
    }

    @Test func manyFilesAreSyncedAtOnce() throws {
        let twins = try Twins(40)
        for file in twins.ringed { try [1, 2, 3].write(to: file) }
        let io = RingBatchIO(depth: 8, transferMax: 1 << 20, refusal: nil)
        #expect(io.syncAll(twins.ringed) == Array(repeating: nil, count: 40))
        #expect(io.ringOperations == 40 || Self.isRefusedHere)
        // A file that must not be passed by is synced by its own method.
        let faulty = FaultyStorage(twins.temp.path)
        let guarded = try faulty.open("ring0")
        faulty.fail { operation, _ in operation == .sync ? .ioError : nil }
        let results = io.syncAll([twins.ringed[1], guarded, twins.ringed[2]])
        #expect(results.map { $0?.errno } == [nil, .ioError, nil])
    }

    /// Where the kernel grants no ring, plain calls do the work, and that is to be seen.
    @Test(arguments: [Errno.notPermitted, .noFunction, .noMemory])
    func refusalIsNoError(refusal: Errno) throws {
        let twins = try Twins(3)
        let io = RingBatchIO(depth: 8, transferMax: 1 << 20, refusal: refusal)
        #expect(io.ring == .idle)
        #expect(io.syncAll([twins.plain[0]]) == [nil])
        #expect(io.ring == .idle)
        #expect(io.syncAll(twins.plain) == [nil, nil, nil])
        #expect(io.ring == .unavailable(refusal))
        #expect(io.ringOperations == 0)
    }

    /// Threads that find the ring in use do without.
    @Test func manyThreads() throws {
        let twins = try Twins(4)
        let io = RingBatchIO()
        let memory = unsafe Self.pinned([UInt8](repeating: 5, count: 4_096))
        defer { unsafe memory.deallocate() }
        let address = Int(bitPattern: memory.baseAddress)
        Thread.forEach(8, threads: 8) { index in
            let bytes = unsafe UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: address), count: 4_096)
            for round in 0..<50 {
                let writes = twins.ringed.map { file in
                    unsafe FileWrite(file, at: (index * 50 + round) * 4_096, [bytes])
                }
                precondition(io.submit(writes: writes).allSatisfy { $0 == nil })
            }
        }
        for file in twins.ringed {
            #expect(try file.size() == 400 * 4_096)
            #expect(try file.read(at: 0, count: 400 * 4_096).allSatisfy { $0 == 5 })
        }
    }
}

extension [UInt8] {
    func write(to file: any StorageFile, at offset: Int = 0) throws {
        try unsafe withUnsafeBytes {
            try unsafe file.write(at: offset, $0, UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }
}
