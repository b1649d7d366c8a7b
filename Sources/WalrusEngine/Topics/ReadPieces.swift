internal import WalrusFormat
internal import WalrusIO

/// What a batch read that spans several blocks is likely to want of them, read at once through the
/// ring: of files that are not in memory, one piece need not wait for the other.
struct ReadPieces {
    private struct Piece {
        let block: Block
        /// From the block's start.
        let offset: Int
        let bytes: [UInt8]
    }

    private var pieces: [Piece] = []

    private static let countMax = 16
    private static let sizeMin = 4_096

    /// The bytes at the spot, if they were read.
    mutating func take(at spot: Topic.Spot) -> [UInt8]? {
        let index = pieces.firstIndex {
            $0.offset == spot.offset && $0.block.isSame(as: spot.block)
        }
        return index.map { pieces.remove(at: $0).bytes }
    }

    /// Reads `size` bytes from the spot on, and from the start of the blocks that come next. Does
    /// nothing where all of it is in one block, or where something was read and not taken yet.
    mutating func fetch(
        _ size: Int, from spot: Topic.Spot, then next: () -> [Block], _ io: any BatchIO
    ) throws(IOError) {
        guard pieces.isEmpty, size > spot.block.used - spot.offset else { return }
        var places = [(block: spot.block, offset: spot.offset)]
        var sizes = [spot.block.used - spot.offset]
        for block in next() {
            let rest = size - sizes.reduce(0, +)
            guard rest > 0, places.count < Self.countMax else { break }
            places.append((block, 0))
            // A header at least: a piece without one would pass for damage.
            sizes.append(min(block.used, max(rest, Self.sizeMin)))
        }
        guard places.count > 1 else { return }
        let buffers = unsafe sizes.map {
            UnsafeMutableRawBufferPointer.allocate(byteCount: $0, alignment: 16)
        }
        defer {
            for index in places.indices { unsafe buffers[index].deallocate() }
        }
        let reads = places.indices.map { index in
            let (block, offset) = places[index]
            let buffer = unsafe buffers[index]
            return unsafe FileRead(block.file.file, at: block.frame.start + offset, [buffer])
        }
        for (index, result) in io.submit(reads: reads).enumerated() {
            let count = try result.get()
            let bytes = unsafe [UInt8](buffers[index][..<count])
            let (block, offset) = places[index]
            pieces.append(Piece(block: block, offset: offset, bytes: bytes))
        }
    }
}
