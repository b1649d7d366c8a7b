import TestSupport
import WalrusEngine
import WalrusFormat

/// One call of the engine after another, each with what must come of it.
struct PowerLossWork {
    private let world: PowerLossWorld
    private let isEach: Bool
    /// Entries that may come again.
    private let every: Int

    init(_ world: PowerLossWorld, _ configuration: Configuration) {
        self.world = world
        isEach = configuration.fsyncSchedule == .each
        every =
            switch configuration.readConsistency {
            case .strictlyAtOnce: 0
            case .atLeastOnce(let every): every
            }
    }

    /// A read of so many entries, of which those are counted that may be recorded before it returns.
    private func reading(_ most: Int) -> PowerLossTopic.Pending {
        .read(most: most > every ? most : 0)
    }

    private func random(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &world.random)
    }

    func step(_ walrus: Walrus) throws {
        let group = random(0...3) == 0 ? PowerLossWorld.smallNames : PowerLossWorld.names
        let name = group[random(0...group.count - 1)]
        switch random(0...40) {
        case 0..<9: try append(walrus, name)
        case 9..<16: try appendBatch(walrus, name)
        case 16..<21: try readNext(walrus, name)
        case 21..<27: try readBatch(walrus, name)
        case 27, 28: try readInPlace(walrus, name)
        case 29: try readAnywhere(walrus, name)
        case 30..<33: try seek(walrus, name)
        case 33..<36: try mark(walrus, name)
        case 36: try walrus.reclaim()
        case 37: try burst(walrus)
        case 38: if random(0...2) == 0 { try drain(walrus) }
        default: try check(walrus)
        }
    }

    /// Does a call that may be cut short.
    private func attempt<R>(
        _ name: TopicName, _ pending: PowerLossTopic.Pending,
        _ call: (inout PowerLossTopic) throws -> R
    ) throws -> R {
        guard var topic = world.topics[name] else { throw Broken(description: "no \(name)") }
        world.topics[name]?.pending = pending
        let result = try call(&topic)
        topic.pending = nil
        world.topics[name] = topic
        return result
    }

    // MARK: - Appending

    private func append(_ walrus: Walrus, _ name: TopicName) throws {
        let batch = newBatch(1)
        try attempt(name, .append(batch)) { topic in
            let receipt = try walrus.append(batch[0].payload(in: name), to: name)
            try topic.add(batch, from: receipt.sequence, isDurable: isEach)
            topic.mark(false, isDurable: isEach)
        }
        world.summary.appended += 1
    }

    private func appendBatch(_ walrus: Walrus, _ name: TopicName) throws {
        let batch = newBatch(random(1...12))
        try attempt(name, .append(batch)) { topic in
            let receipt = try walrus.append(batch: batch.map { $0.payload(in: name) }, to: name)
            try topic.add(
                batch, from: receipt.sequences.lowerBound, isDurable: isEach || !topic.hasStamps)
            topic.mark(false, isDurable: isEach)
        }
        world.summary.appended += batch.count
    }

    private func newBatch(_ count: Int) -> [KilledEntry] {
        KilledEntry.batch(
            life: world.summary.sessions, call: world.nextCall(), count: count)
    }

    /// Takes a slot for each of many topics.
    private func burst(_ walrus: Walrus) throws {
        for _ in 0..<random(1...40) {
            try append(walrus, PowerLossWorld.smallNames[random(0...109)])
        }
    }

    // MARK: - Reading

    private func readNext(_ walrus: Walrus, _ name: TopicName) throws {
        let checkpoint = random(0...4) > 0
        try attempt(name, reading(1)) { topic in
            let entry = try walrus.readNext(name, checkpoint: checkpoint)
            try Broken.check(entry != nil || topic.unread == 0, "nothing, \(topic.unread) due")
            try topic.deliver(entry.map { [$0] } ?? [], checkpoint: checkpoint, every: every)
        }
    }

    private func readInPlace(_ walrus: Walrus, _ name: TopicName) throws {
        try attempt(name, reading(1)) { topic in
            let before = topic
            let isRead = try walrus.withNextEntry(name, checkpoint: true) { payload, info in
                let bytes = unsafe payload.withUnsafeBytes { unsafe Array($0) }
                let due = before.items[before.position]
                try Broken.check(
                    KilledEntry(bytes, in: name) == due.entry, "\(info) where \(due) is due")
                return true
            }
            try Broken.check(isRead != nil || topic.unread == 0, "nothing, \(topic.unread) due")
            if isRead != nil { topic.pass(1, every: every) }
        }
    }

    private func readBatch(_ walrus: Walrus, _ name: TopicName) throws {
        let checkpoint = random(0...4) > 0
        let most = random(0...60_000)
        try attempt(name, reading(checkpoint ? Layout.batchEntriesMax : 0)) { topic in
            let entries = try walrus.readBatch(name, maxBytes: most, checkpoint: checkpoint)
            try Broken.check(!entries.isEmpty || topic.unread == 0, "none, \(topic.unread) due")
            let size = entries.reduce(0) { $0 + $1.payload.count }
            try Broken.check(entries.count == 1 || size <= most, "\(size) bytes, not \(most)")
            try topic.deliver(entries, checkpoint: checkpoint, every: every)
        }
    }

    private func readAnywhere(_ walrus: Walrus, _ name: TopicName) throws {
        guard let unread = world.topics[name]?.items.suffix(world.topics[name]?.unread ?? 0) else {
            return
        }
        // Beginning in the midst of what is there.
        let offset = random(0...max(1, walrus.size(of: name)))
        let entries = try walrus.readBatch(
            name, maxBytes: .max, checkpoint: true, startOffset: offset)
        let last = entries.suffix(unread.count).map { KilledEntry($0.payload, in: name) }
        try Broken.check(
            last.elementsEqual(unread.suffix(last.count).map(\.entry)) { $0 == $1 },
            "at byte \(offset): \(last) where \(unread) are due")
    }

    /// Reads everything, so that files can go.
    private func drain(_ walrus: Walrus) throws {
        for name in PowerLossWorld.names + PowerLossWorld.smallNames {
            while walrus.unreadCount(of: name) > 0 {
                try attempt(name, reading(Layout.batchEntriesMax)) { topic in
                    let entries = try walrus.readBatch(name, maxBytes: .max, checkpoint: true)
                    try topic.deliver(entries, checkpoint: true, every: every)
                    try Broken.check(!entries.isEmpty, "\(name) does not come to an end")
                }
            }
        }
    }

    // MARK: - The rest

    private func seek(_ walrus: Walrus, _ name: TopicName) throws {
        let found = try world.entries(walrus, name)
        guard var topic = world.topics[name] else { return }
        try Broken.check(found.count >= topic.unread, "\(found.count) entries on disk")
        // What has been reclaimed can be found no more.
        let there = Set(found.compactMap { KilledEntry($0.payload, in: name) })
        topic.position -= topic.items[..<topic.position].count { !there.contains($0.entry) }
        topic.items.removeAll { !there.contains($0.entry) }
        try Broken.check(topic.items.count == found.count, "\(found.count), not \(topic.items)")
        world.topics[name] = topic
        let number = random(1...found.count + 1)
        let chosen = number <= found.count ? found[number - 1] : nil
        let (target, to): (SeekTarget, Int) =
            switch random(0...4) {
            case 0: (.begin, 0)
            case 1: (.end, found.count)
            case 2: (.ordinal(number), number - 1)
            case 3: (.sequence(chosen?.sequence ?? .max), topic.hasStamps ? number - 1 : 0)
            default:
                (
                    .time(chosen?.timestamp ?? .max),
                    !topic.hasStamps
                        ? 0
                        : found.firstIndex { $0.timestamp == chosen?.timestamp } ?? found.count
                )
            }
        try attempt(name, .seek(to: to)) { topic in
            try walrus.seek(name, to: target)
            guard !found.isEmpty else { return }
            topic.position = to
            topic.unrecorded = 0
            let next = try walrus.readNext(name, checkpoint: false)
            try Broken.check(
                next?.ordinal == (to < found.count ? to + 1 : nil),
                "\(target) leads to \(String(describing: next?.info)), not \(to)")
        }
    }

    private func mark(_ walrus: Walrus, _ name: TopicName) throws {
        let isClean = random(0...2) > 0
        try attempt(name, .mark(isClean)) { topic in
            if isClean { try walrus.markClean(name) } else { try walrus.markDirty(name) }
            topic.mark(isClean, isDurable: true)
        }
    }

    private func check(_ walrus: Walrus) throws {
        let counts = walrus.unreadCounts()
        for status in walrus.topics() {
            guard let topic = world.topics[status.name] else { continue }
            try Broken.check(
                status.unread == topic.unread && counts[status.name] ?? 0 == topic.unread
                    && status.entries <= topic.items.count && status.isClean == topic.isClean
                    && walrus.isClean(status.name) == topic.isClean,
                "\(status) is not \(topic.items.count) entries, \(topic.unread) unread")
        }
    }
}
