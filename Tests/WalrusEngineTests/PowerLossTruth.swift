import Inspect
import TestSupport
import WalrusEngine
import WalrusFormat

/// What a topic may hold after its process or the power has gone, and what it must.
struct PowerLossTopic {
    struct Item: Equatable {
        let entry: KilledEntry
        var sequence: UInt64
        /// It must be there whatever happens.
        var isDurable: Bool
    }

    /// A call that was cut short: it has happened or not.
    enum Pending {
        case append([KilledEntry])
        case read(most: Int)
        case seek(to: Int)
        case mark(Bool)
    }

    let name: TopicName
    /// In their order. Consumed ones may have been reclaimed.
    var items: [Item] = []
    /// Entries that were delivered.
    var position = 0
    /// Delivered, and to be delivered again at most, should the process end now.
    var unrecorded = 0
    var isClean = true
    /// What the mark may be found to be once the power has gone.
    var marks: Set<Bool> = [true]
    /// The greatest number that must never be given again.
    var floor: UInt64 = 0
    var lastSequence: UInt64 = 0
    var pending: Pending?

    var hasStamps: Bool { name.bytes.count <= Layout.extendedTopicLengthMax }
    var unread: Int { items.count - position }

    mutating func mark(_ isClean: Bool, isDurable: Bool) {
        self.isClean = isClean
        marks = isDurable ? [isClean] : marks.union([isClean])
    }

    mutating func add(_ batch: [KilledEntry], from sequence: UInt64, isDurable: Bool) throws {
        try Broken.check(
            sequence > max(lastSequence, hasStamps ? floor : 0),
            "number \(sequence) after \(lastSequence), \(floor) being taken")
        items += batch.enumerated().map {
            Item(entry: $1, sequence: sequence + UInt64($0), isDurable: isDurable)
        }
        lastSequence = sequence + UInt64(batch.count) - 1
        if isDurable { floor = lastSequence }
    }

    /// What was delivered to a reader.
    mutating func deliver(_ entries: [Entry], checkpoint: Bool, every: Int) throws {
        let due = items[position...].prefix(entries.count)
        try Broken.check(
            entries.elementsEqual(due) {
                KilledEntry($0.payload, in: name) == $1.entry
                    && $0.sequence == (hasStamps ? $1.sequence : nil)
            }, "delivers \(entries.map(\.info)) where \(Array(due)) is due")
        if checkpoint, !entries.isEmpty { pass(entries.count, every: every) }
    }

    /// `count` entries are consumed, of which `every` may come again; 0 where none may.
    mutating func pass(_ count: Int, every: Int) {
        position += count
        unrecorded = count > every ? 0 : unrecorded + count <= every ? unrecorded + count : count
    }

    /// The process has been closed well.
    mutating func close(isDurable: Bool) {
        unrecorded = 0
        marks = [isClean]
        guard isDurable else { return }
        for index in items.indices { items[index].isDurable = true }
        floor = max(floor, lastSequence)
    }
}

struct Broken: Error, CustomStringConvertible {
    let description: String

    static func check(_ holds: Bool, _ text: @autoclosure () -> String) throws(Broken) {
        if !holds { throw Broken(description: text()) }
    }
}

// MARK: - After a crash

extension PowerLossTopic {
    /// Compares with what the next process finds, and goes on from there.
    ///
    /// - Parameters:
    ///   - found: all entries on disk, consumed or not.
    ///   - hasLost: the power was gone.
    ///   - hasDamage: something of the topic cannot be read.
    ///   - hasGap: opening told that entries are missing between others.
    ///   - isMoved: opening told that the power took what the cursor's place is counted from.
    mutating func recover(
        _ found: [Entry], unread: Int, isClean: Bool, hasLost: Bool, hasDamage: Bool, hasGap: Bool,
        isMoved: Bool
    ) throws {
        var all = items
        if case .append(let batch) = pending {
            all += batch.map { Item(entry: $0, sequence: 0, isDurable: false) }
        }
        var kept: [Item] = []
        var indices: [Int] = []
        for entry in found {
            guard let known = KilledEntry(entry.payload, in: name) else {
                throw Broken(description: "\(entry.info) is not what was appended")
            }
            let next = (indices.last ?? -1) + 1
            guard let index = all[next...].firstIndex(where: { $0.entry == known }) else {
                throw Broken(description: "\(known) at \(entry.info) comes from nowhere")
            }
            indices.append(index)
            var item = all[index]
            if let sequence = entry.sequence {
                try Broken.check(
                    item.sequence == 0 || item.sequence == sequence,
                    "\(known) had the number \(item.sequence): \(entry.info)")
                item.sequence = sequence
            }
            // What a power loss has left is on disk.
            item.isDurable = item.isDurable || hasLost
            kept.append(item)
        }
        try checkNothingIsMissing(all, Set(indices), hasLost: hasLost)
        if !hasDamage {
            try checkLastBatch(all, indices, hasLost: hasLost)
            try checkGaps(indices, hasGap)
        }
        try checkCursor(indices, unread, mayComeAgain: isMoved && hasDamage)
        try Broken.check(
            possibleMarks(hasLost: hasLost).contains(isClean),
            "is clean: \(isClean); it was \(self.isClean), on disk \(marks)")
        mark(isClean, isDurable: true)
        items = kept
        position = kept.count - unread
        unrecorded = 0
        floor = max(floor, kept.lazy.filter(\.isDurable).map(\.sequence).max() ?? 0)
        lastSequence = 0
        pending = nil
    }

    private func checkNothingIsMissing(_ all: [Item], _ found: Set<Int>, hasLost: Bool) throws {
        var most = position
        switch pending {
        case .read(let more): most += more
        case .seek(let to): most = max(most, to)
        default: break
        }
        for index in items.indices where !found.contains(index) && index >= most {
            try Broken.check(
                hasLost && !items[index].isDurable, "\(items[index]) is missing, read to \(most)")
        }
        guard !hasLost, case .append = pending else { return }
        let count = found.count { $0 >= items.count }
        try Broken.check(
            count == 0 || count == all.count - items.count, "\(count) entries of the last batch")
    }

    /// A batch at the end of which nobody had any is there whole.
    private func checkLastBatch(_ all: [Item], _ indices: [Int], hasLost: Bool) throws {
        guard let last = indices.last else { return }
        let entry = all[last].entry
        let due = all.indices.filter {
            all[$0].entry.life == entry.life && all[$0].entry.call == entry.call
        }
        let missing = due.filter { !indices.contains($0) }
        try Broken.check(
            missing.isEmpty || due.contains { $0 < position },
            "\(missing.count) of \(due.count) entries of the last batch are missing")
    }

    /// What is lost between unread entries is never silent; what was read may have been reclaimed.
    private func checkGaps(_ indices: [Int], _ hasGap: Bool) throws {
        let unread = indices.drop { $0 < position }
        let isWhole = zip(unread, unread.dropFirst()).allSatisfy { $1 == $0 + 1 }
        try Broken.check(
            isWhole || hasGap || !hasStamps, "\(Array(unread)) are left, which nobody tells")
    }

    private func checkCursor(_ indices: [Int], _ unread: Int, mayComeAgain: Bool) throws {
        let consumed = indices.dropLast(unread).last.map { $0 + 1 } ?? 0
        var (least, most) = (position, position)
        switch pending {
        case .read(let more): most += more
        case .seek(let to): (least, most) = (min(least, to), max(most, to))
        default: break
        }
        try Broken.check(consumed <= most, "the cursor is at \(consumed): entries are skipped")
        let again = indices.suffix(unread).count { $0 < least }
        try Broken.check(
            again <= unrecorded || mayComeAgain, "\(again) entries come again, not \(unrecorded)")
    }

    private func possibleMarks(hasLost: Bool) -> Set<Bool> {
        let known = hasLost ? marks : [isClean]
        return switch pending {
        case .append: known.union([false])
        case .mark(let isClean): known.union([isClean])
        default: known
        }
    }
}
