import Synchronization
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

    /// Whatever one operation may move, the ring reads what plain calls read. A small limit has the
    /// effect of short reads: the rest is submitted again.
    @Test(arguments: [(64, 1 << 30), (4, 1_000), (1, 7)])
    func randomBatchesMatchPlainCalls(depth: Int, transferMax: Int) throws {
        var random = SeededRandom.fromEnvironment("randomBatchesMatchPlainCalls")
        let ring = RingBatchIO(depth: depth, transferMax: transferMax, refusal: nil)
        for _ in 0..<(transferMax < 100 ? 1 : 8) {
            let twins = try Twins(3)
            let plan = Self.plan(&random, files: 3)
            for files in [twins.plain, twins.ringed] {
                for piece in plan {
                    try Array(piece.buffers.joined()).write(
                        to: files[piece.file], at: piece.offset)
                }
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

    /// One file that fails says so; the others are read.
    @Test func aFailureIsThatOfItsPiece() throws {
        let temp = try TempDirectory()
        let good = try DiskFile(temp.path.appending("good"), .create)
        try [1, 2, 3].write(to: good)
        let folder = try DiskFile(temp.path, .readOnly)
        let memory = unsafe Self.pinned([0, 0, 0])
        defer { unsafe memory.deallocate() }
        for io in [PlainBatchIO(), RingBatchIO()] as [any BatchIO] {
            let results = unsafe io.submit(reads: [
                FileRead(good, at: 1, [memory]), FileRead(folder, at: 9, [memory]),
                FileRead(good, at: 3, [memory]),
            ])
            #expect(results.map { try? $0.get() } == [2, nil, 0])
            guard case .failure(let error) = results[1] else { continue }
            #expect(error.errno == .isDirectory && error.offset == 9 && error.path == folder.path)
        }
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
        let pages = [UInt8](repeating: 5, count: 50 * 4_096)
        for file in twins.ringed { try pages.write(to: file) }
        let wrong = Atomic(0)
        Thread.forEach(8, threads: 8) { _ in
            let memory = unsafe Self.pinned([UInt8](repeating: 0, count: 4 * 4_096))
            defer { unsafe memory.deallocate() }
            for round in 0..<50 {
                let reads = twins.ringed.enumerated().map { index, file in
                    unsafe FileRead(
                        file, at: round * 4_096,
                        [
                            UnsafeMutableRawBufferPointer(
                                rebasing: memory[index * 4_096..<(index + 1) * 4_096])
                        ])
                }
                let counts = io.submit(reads: reads).map { try? $0.get() }
                let isRight =
                    unsafe counts == [4_096, 4_096, 4_096, 4_096]
                    && memory.allSatisfy { $0 == 5 }
                if !isRight { wrong.wrappingAdd(1, ordering: .relaxed) }
                unsafe memory.copyBytes(from: repeatElement(0, count: memory.count))
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }
}
