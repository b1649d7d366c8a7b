import Inspect
import SystemPackage
import WalrusFormat
import WalrusIO

/// A topic whose blocks are to come back: whether that leaves its order and its reader as they are.
struct TopicOrder {
    private struct Place: Comparable {
        let file: DataFileName
        let slot: Int
        static func < (a: Place, b: Place) -> Bool { (a.file, a.slot) < (b.file, b.slot) }
    }

    private let topic: TopicState?
    /// In the order of files and slots.
    private let returning: [BlockState]

    init(_ topic: TopicState?, _ returning: [BlockState]) {
        self.topic = topic
        self.returning = returning.sorted { ($0.file, $0.slot) < ($1.file, $1.slot) }
    }

    private var last: Place {
        let block = returning[returning.count - 1]
        return Place(file: block.file, slot: block.slot)
    }

    /// The block with the first unread entry; nil: nothing is unread.
    private var next: (block: BlockPlace, offset: Int)? {
        guard let topic, topic.unread > 0 else { return nil }
        for (index, block) in topic.blocks.enumerated() {
            guard let cursor = topic.cursor else { return (block, 0) }
            if index < cursor.blockIndex { continue }
            let offset = index == cursor.blockIndex ? cursor.offset : 0
            if offset < block.used { return (block, offset) }
        }
        return nil
    }

    /// Why the blocks cannot come back.
    var refusal: String? {
        if let next, !(last < Place(file: next.block.file, slot: next.block.slot)) {
            return "its next unread entry stands before what would come back, "
                + "which would be delivered again"
        }
        let all =
            returning.map { (Place(file: $0.file, slot: $0.slot), $0.stamps) }
            + (topic?.blocks ?? []).map { (Place(file: $0.file, slot: $0.slot), $0.stamps) }
        var before: UInt64 = 0
        for (_, stamps) in all.sorted(by: { $0.0 < $1.0 }) {
            guard let stamps else { continue }
            guard stamps.first.sequence > before else {
                return "entries were appended since to a block in front of what would come back"
            }
            before = stamps.last.sequence
        }
        return nil
    }

    /// Where the reader is to go on; nil: it stands right.
    ///
    /// - Parameter trash: the folder that the blocks are in.
    func position(_ trash: FilePath) throws -> CursorPosition? {
        if let next {
            // At the end of a block in front of those that come back it would get them once more.
            return CursorPosition(
                file: next.block.file, slot: next.block.slot, offset: next.offset,
                sequence: 0)
        }
        let live = topic?.blocks.last.map { Place(file: $0.file, slot: $0.slot) }
        guard live.map({ $0 < last }) ?? true else { return nil }
        let block = returning[returning.count - 1]
        let frame = BlockFrame(
            start: block.slot * Layout.unit, length: block.length, topic: block.topic)
        var sequence: UInt64 = 0
        let file = try DiskFile(trash.appending(block.file.text), .readOnly)
        var walker = unsafe EntryWalker { offset, buffer in
            try unsafe file.read(at: offset, into: buffer)
        }
        let end = unsafe try walker.walk(frame) { entry, _ in
            sequence = entry.stamp?.sequence ?? sequence
            return true
        }
        return CursorPosition(
            file: block.file, slot: block.slot, offset: end.offset, sequence: sequence)
    }
}
