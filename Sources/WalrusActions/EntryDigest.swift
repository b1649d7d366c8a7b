internal import Inspect
internal import WalrusFormat

/// A sum over entries in their order: their number, and FNV-1a 64 over length and checksum of each, as
/// eight bytes little endian.
struct EntryDigest: Hashable, Sendable {
    private(set) var entries = 0
    private var state = FNV1a()

    var sum: UInt64 { state.value }

    mutating func add(length: Int, checksum: UInt64) {
        entries += 1
        var bytes: [UInt8] = []
        for value in [UInt64(length), checksum] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        unsafe bytes.withUnsafeBytes { unsafe state.add($0) }
    }

    static func == (a: EntryDigest, b: EntryDigest) -> Bool {
        a.entries == b.entries && a.sum == b.sum
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(entries)
        hasher.combine(sum)
    }
}

extension EntryReader {
    /// The digest of the sound entries of a block, or of all of them.
    func digest(block index: Int? = nil) throws -> EntryDigest {
        var digest = EntryDigest()
        for block in index.map({ [$0] }) ?? Array(topic.blocks.indices) {
            unsafe try forEach(in: block) { row, _ in
                if row.damage == nil { digest.add(length: row.length, checksum: row.checksum) }
                return true
            }
        }
        return digest
    }
}
