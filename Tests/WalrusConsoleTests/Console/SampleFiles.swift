import WalrusFormat

@testable import Inspect
@testable import WalrusConsole

extension Sample {
    /// A directory of many files: the oldest are consumed, one cannot be read in part, then comes
    /// what is unread; the newest is being filled.
    ///
    /// - Parameter isStamped: this engine has written it, and not the reference.
    static func manyFiles(_ count: Int, isStamped: Bool) -> DirectoryState {
        var state = DirectoryState()
        state.time = time
        let names: [TopicName] = ["audit", "mail", "orders"]
        var entries: [TopicName: Int] = [:]
        var blocks: [TopicName: [BlockPlace]] = [:]
        for index in 0..<count {
            let name = DataFileName(String(1_763_640_000_003 + index * 437_113))!
            var file = FileState(
                name: name, size: Layout.fileSize, allocated: 900_000_000 + index * 1_000_003,
                modified: Int(time))
            let isNewest = index == count - 1
            var slot = 0
            while slot < (isNewest ? 31 : 100) {
                let topic = names[(index * 7 + slot * slot) % (index < count / 2 ? 2 : 3)]
                let units = slot % 23 == 22 && slot < 90 ? 3 : 1
                defer { slot += units }
                if index == 1, slot == 40 {
                    file.unreadableSlots.append(40)
                    continue
                }
                let isRead = index < count / 3
                let before = entries[topic, default: 0]
                let isReading = index == count / 3 && slot == 50
                let used = units * Layout.unit * (3 + slot % 7) / 10
                file.blocks.append(
                    BlockState(
                        file: name, slot: slot, units: units, topic: topic, number: 1, used: used,
                        entries: 1_000,
                        damaged: index == count - 2 && file.blocks.count == 33 ? 3 : 0,
                        hasLostBytes: false, entriesBefore: before,
                        reading: isRead ? .consumed : isReading ? .reading : .unread,
                        unreadSize: isRead ? 0 : isReading ? used / 2 : used,
                        isTail: isNewest && slot > 27,
                        stamps: isStamped ? stamps(before, 1_000) : nil))
                blocks[topic, default: []].append(
                    BlockPlace(
                        file: name, slot: slot, units: units, used: used, entries: 1_000,
                        entriesBefore: before, stamps: isStamped ? stamps(before, 1_000) : nil))
                entries[topic] = before + 1_000
            }
            state.files.append(file)
        }
        state.topics = names.map { name in
            var topic = TopicState(name: name)
            topic.entries = entries[name] ?? 0
            topic.blocks = blocks[name] ?? []
            let read = state.files.prefix(count / 3).flatMap(\.blocks)
                .filter { $0.topic == name }.count
            topic.unread = topic.entries - read * 1_000
            if let block = topic.blocks.dropFirst(read).first {
                topic.cursor = CursorState(
                    blockIndex: read, file: block.file, slot: block.slot, offset: 0,
                    source: .journal, isClear: true)
            }
            return topic
        }
        return state
    }
}

extension Sample {
    static func manyFiles(_ count: Int) -> DirectoryState { manyFiles(count, isStamped: true) }

    /// Stamps of so many entries behind others.
    static func stamps(_ before: Int, _ count: Int) -> StampRange? {
        guard count > 0 else { return nil }
        func stamp(_ ordinal: Int) -> EntryStamp {
            EntryStamp(
                sequence: UInt64(ordinal),
                timestamp: time - 3_600_000_000_000 + UInt64(ordinal) * 1_000_000)
        }
        return StampRange(first: stamp(before + 1), last: stamp(before + count))
    }

    /// Bytes of every kind, and fields whose texts are as bad as a file can make them.
    static func page(
        _ place: BytePlace, _ range: Range<Int>, _ file: FileState?, _ cursor: CursorState?
    ) -> HexPage {
        let size = file?.size ?? 3_000
        let end = max(range.lowerBound, min(range.upperBound, size))
        let window = ByteInspector.Window(
            size: size, start: min(range.lowerBound, size),
            bytes: (min(range.lowerBound, end)..<end).map { UInt8(truncatingIfNeeded: $0 * 7) })
        let block = file?.block(at: place.offset / Layout.unit)
        let start = place.offset / 400 * 400
        let text: [UInt8] = Array("\u{1b}]0;x\u{7}\u{202e}é".utf8) + [0, 0xff, 0x9b]
        var map = ByteMap(
            [
                ByteField("block", .group, depth: 0, 0..<size, .text(text)),
                ByteField(
                    "entry", .group, depth: 1, start..<start + 400, .number(.max),
                    problem: String(decoding: text, as: UTF8.self)),
                ByteField("checksum", .checksum, depth: 2, start..<start + 8, .hex(.max, bytes: 8)),
                ByteField("timestamp", .stamp, depth: 2, start + 8..<start + 16, .time(.max)),
                ByteField("free", .free, depth: 2, start + 16..<start + 20),
                ByteField("payload", .payload, depth: 2, start + 20..<start + 400, .number(380)),
            ], range: start..<start + 400)
        map.topic = block?.topic ?? TopicName(bytes: text)
        map.slot = place.offset / Layout.unit
        map.entry = ByteMap.Entry(
            ordinal: start.isMultiple(of: 3) ? nil : .max, offset: start % Layout.unit,
            range: start..<start + 400, isConsumed: cursor != nil)
        map.previous = start >= 400 ? start - 400 : nil
        return HexPage(file: place.file, window: window, map: map)
    }
}
