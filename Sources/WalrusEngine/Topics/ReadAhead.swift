internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// What a topic's reader has read ahead of its cursor: sound entries, one behind the other.
///
/// Nothing that was acknowledged ever changes, so what was sound when it was read stays so. A reader
/// that goes on and on reads long pieces, one that looks in now and then short ones. Memory is
/// bounded over all topics of the process: readers that find none left read entry by entry. What was
/// handed out shares the bytes, and keeps them longer than this where the caller keeps it.
struct ReadAhead: Sendable {
    private var entries: [StoredEntry] = []
    /// The next one of them.
    private var next = 0
    /// What they were read with.
    private var bytes: [UInt8] = []
    private var lease: Lease?
    /// The block that was read last, and where in it reading goes on. No file is held: one that is
    /// reclaimed would keep its space on disk.
    private var file: DataFileName?
    private var start = 0
    private var offset = 0
    /// Bytes of the last read.
    private var size = 0

    private static let sizeMin = 4_096
    private static let sizeMax = 65_536

    /// The entry at the spot; nil when it is not sound.
    mutating func entry(at spot: Topic.Spot) throws(EngineError) -> Topic.Stored? {
        let follows =
            offset == spot.offset && start == spot.block.frame.start
            && file == spot.block.file.name
        if !follows || entries.isEmpty { try read(spot, follows) }
        guard next < entries.count else { return nil }
        let stored = (entry: entries[next], bytes: bytes)
        next += 1
        offset += stored.entry.size
        if next == entries.count { drop() }
        return stored
    }

    private mutating func read(_ spot: Topic.Spot, _ follows: Bool) throws(EngineError) {
        drop()
        size = follows ? min(4 * size, Self.sizeMax) : Self.sizeMin
        file = spot.block.file.name
        start = spot.block.frame.start
        offset = spot.offset
        lease = Lease(size)
        let count = lease == nil ? 1 : Int.max
        let need = StoredRun.Need(count: count, payloadSize: .max, readSize: size)
        let run = try engineErrors(spot.block.frame.topic) { () throws(IOError) in
            do throws(IOError) { return try StoredRun(spot.block, at: spot.offset, need) } catch {
                // Whatever cannot be read may be behind the entry.
                return try StoredRun.single(spot.block, at: spot.offset)
            }
        }
        (entries, bytes) = (run.entries, run.bytes)
    }

    private mutating func drop() {
        entries = []
        next = 0
        bytes = []
        lease = nil
    }
}
