import WalrusFormat

@testable import Inspect

extension Sample {
    /// A preview with something of everything in it.
    static func preview(of state: DirectoryState) -> RecoveryPreview {
        var preview = RecoveryPreview()
        preview.revision = state.revision
        for (index, topic) in state.topics.enumerated() {
            var value = RecoveryPreview.Topic(name: topic.name, entries: topic.entries)
            var restart = RecoveryPreview.Restart()
            restart.entries = topic.entries
            restart.unread = topic.unread
            restart.isClean = topic.isClean
            restart.cursor = topic.cursor.map {
                .init(file: $0.file, slot: $0.slot, offset: $0.offset)
            }
            (value.here, value.reference) = (restart, restart)
            switch index {
            case 0:
                value.here.again = nil
                value.here.reason = "its cursor is lost with the index"
            case 1:
                value.reference.again = 1_234
                value.reference.unread += 1_234
                value.reference.reason = "block 4, where the index has it, is not found"
            case 2:
                value.reference.hidden = 31
                value.reference.skipped = 7
                value.reference.isClean.toggle()
            case 3:
                value.reference.isStuck = true
                value.reference.unread = 0
                value.reference.reason = "no entry begins where the index has it, at byte 91"
            default: break
            }
            preview.topics.append(value)
        }
        preview.dropped = [
            .init(
                topic: "orders", file: newer, slot: 3, offset: 91_234, found: 2, sound: 1, count: 5)
        ]
        preview.setAside = [
            .init(
                name: "read_offset_idx_index.db",
                newName: "damaged1_read_offset_idx_index.db",
                reason: "root (bytes 100..<112) is cut short")
        ]
        preview.reclaimed = [older]
        preview.add(
            .init(
                file: newer.text, slot: 4, mayCrash: true,
                message: "A damaged header leads out of its bounds."))
        return preview
    }
}
