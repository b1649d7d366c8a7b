import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Where blocks and files end: nothing is lost, cut or moved there.
@Suite struct RolloverTests {
    private static let file = "1763670155020"

    /// A topic whose block has `room` bytes left, in the given slot.
    private func filled(_ backend: StorageBackend, room: Int) throws -> Workplace {
        let place = try Workplace(backend)
        try place.putFiller(
            "t", file: Self.file, slot: 0, length: Layout.unit - Layout.headerSize - room)
        try place.session { try $0.seek("t", to: .end) }
        return place
    }

    /// What fits to the last byte goes into the block, and with one byte more into the next.
    @Test(arguments: StorageBackend.allCases, [[500], [0], [100, 0, 344], [0, 0]])
    func theLastByteOfABlock(backend: StorageBackend, lengths: [Int]) throws {
        let batch = payloads(lengths)
        let size = batch.reduce(0) { $0 + Layout.headerSize + $1.count }
        for (room, last) in [(size, 0), (size - 1, 1), (size + 1, 0)] {
            let place = try filled(backend, room: room)
            try place.session { walrus throws in
                if batch.count == 1 {
                    try walrus.append(batch[0], to: "t")
                } else {
                    try walrus.append(batch: batch, to: "t")
                }
                #expect(walrus.status("t")?.blocks == last + 1)
                try walrus.append([9], to: "t")
            }
            try place.removeSnapshot()
            try place.session { walrus throws in
                #expect(walrus.recoveryReport.isClean)
                let found = try walrus.consume("t")
                expectSame(found.map(\.payload), batch + [[9]])
                #expect(found[batch.count - 1].slot == last && found[batch.count].slot == 1)
            }
        }
    }

    /// Single entries go from block to block, and from the last block of a file to the next file.
    @Test(arguments: StorageBackend.allCases)
    func entriesGoOnInTheNextFile(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let room = 3 * 356 + 10
        try place.putFiller(
            "t", file: Self.file, slot: 99, length: Layout.unit - Layout.headerSize - room)
        let all = (1...8).map { [UInt8](repeating: $0, count: 100) }
        try place.session { walrus throws in
            for payload in all[..<6] { try walrus.append(payload, to: "t") }
            #expect(try walrus.consume("t", 1).map(\.payload.count) == [Layout.unit - 256 - room])
            // The reader is in the last block of the first file, and follows.
            expectSame(try walrus.consume("t", 2).map(\.payload), Array(all[..<2]))
            for payload in all[6...] { try walrus.append(payload, to: "t") }
            let found = try walrus.readBatch("t", maxBytes: .max, checkpoint: false)
            #expect(found.map(\.slot) == [99, 0, 0, 0, 0, 0])
            #expect(Set(found.map(\.file)).count == 2)
        }
        try place.removeSnapshot()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            expectSame(try walrus.consume("t").map(\.payload), Array(all[2...]))
        }
    }

    /// A block of several units that the rest of a file cannot hold begins the next file, and what
    /// is left of the first one is no hole in anything.
    @Test func aLargeBlockGoesIntoTheNextFile() throws {
        let place = try Workplace()
        try place.putEntry([1], "old", file: Self.file, slot: 98)
        let large = [UInt8](repeating: 2, count: Layout.unit)
        try place.session { walrus throws in
            try walrus.append(large, to: "t")
            try walrus.append([3], to: "u")
            try walrus.append([4], to: "t")
        }
        try place.removeSnapshot()
        #expect(try place.dataFiles.count == 2)
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean && walrus.recoveryReport.entries == 4)
            let found = try walrus.consume("t")
            expectSame(found.map(\.payload), [large, [4]])
            #expect(found.map(\.slot) == [0, 0] && found[0].file.text > Self.file)
            #expect(try walrus.consume("u").map(\.payload) == [[3]])
        }
    }

    /// A reader that goes by offsets gets past entries larger than a block and than its budget.
    @Test func offsetsLeadPastLargeEntries() throws {
        let place = try Workplace()
        let all = payloads([18, Layout.unit + 5, 18, 6_000_000, 18])
        try place.session { walrus throws in
            for payload in all { try walrus.append(payload, to: "t") }
        }
        try place.session { walrus throws in
            var (offset, found) = (0, [[UInt8]]())
            while found.count < all.count {
                let entries = try walrus.readBatch(
                    "t", maxBytes: 1 << 20, checkpoint: false, startOffset: offset)
                let due = ReadBatchTests.expected(all[found.count...], 1 << 20)
                expectSame(entries.map(\.payload), due)
                guard !entries.isEmpty else { break }
                found += entries.map(\.payload)
                offset += entries.reduce(0) { $0 + Layout.headerSize + $1.payload.count }
            }
            #expect(offset == walrus.size(of: "t") && walrus.unreadCount(of: "t") == 5)
        }
    }

    /// The reader stands in the block that is written to while that is finished, and goes on.
    @Test(arguments: StorageBackend.allCases)
    func theReadersBlockIsFinished(backend: StorageBackend) throws {
        let place = try filled(backend, room: 4 * 258)
        try place.session { walrus throws in
            var (next, read) = (0, 0)
            func write(_ count: Int) throws {
                for _ in 0..<count {
                    try walrus.append([UInt8(next), 0], to: "t")
                    next += 1
                }
            }
            for (writes, reads) in [(2, 1), (1, 2), (3, 1), (1, 3), (4, 4), (0, 2)] {
                try write(writes)
                let due = (read..<min(next, read + reads)).map { UInt8($0) }
                let found =
                    reads.isMultiple(of: 2)
                    ? try walrus.readBatch("t", maxBytes: 2 * reads, checkpoint: true)
                    : try walrus.consume("t", reads)
                #expect(found.map { $0.payload[0] } == due)
                read += due.count
                #expect(walrus.unreadCount(of: "t") == next - read)
            }
            #expect(read == next && walrus.status("t")?.blocks == 2)
        }
    }
}
