internal import WalrusFormat

/// Where the entries of a batch go: on in the topic's last block as far as it has room, then into
/// new blocks, each as long as its first entry needs.
struct BatchPlan {
    /// Entries that stand one after another in one block.
    struct Part: Hashable {
        /// Indices into the batch.
        var entries: Range<Int>
        /// Bytes, headers included.
        var size: Int
    }

    /// What goes into the last block.
    private(set) var tail: Part?
    /// What goes into new blocks, and how many units each of them has.
    private(set) var blocks: [(part: Part, units: Int)] = []

    /// - Parameters:
    ///   - payloadLengths: of the entries, in order.
    ///   - room: bytes that are left in the topic's last block.
    init(_ payloadLengths: some Sequence<Int>, room: Int) {
        var room = room
        for (index, length) in payloadLengths.enumerated() {
            let size = Layout.headerSize + length
            if size <= room {
                extend(index, size)
            } else {
                let units = Layout.units(forPayloadLength: length)
                blocks.append((Part(entries: index..<index + 1, size: size), units))
                room = units * Layout.unit
            }
            room -= size
        }
    }

    private mutating func extend(_ index: Int, _ size: Int) {
        func longer(_ part: Part) -> Part {
            Part(entries: part.entries.lowerBound..<index + 1, size: part.size + size)
        }
        if let last = blocks.last {
            blocks[blocks.count - 1].part = longer(last.part)
        } else {
            tail = longer(tail ?? Part(entries: index..<index, size: 0))
        }
    }
}
