internal import Synchronization
internal import SystemPackage
public import WalrusIO

/// What a power loss leaves of all that no sync has covered.
private struct Mood {
    /// Everything up to this operation has reached the disk, nothing of what came after; nil: each
    /// piece has its own fate, in any order.
    let moment: Int?
    /// How much of it has reached the disk: from 0 to 1.
    let kept: Double
    /// Bytes that a device writes whole: pieces of a page have fates of their own.
    let atom: Int

    init(_ state: CrashStorage.State, _ random: inout SeededRandom) {
        let isOrdered = Int.random(in: 0..<4, using: &random) == 0
        moment =
            isOrdered ? state.count - Int.random(in: 0...min(60, state.count), using: &random) : nil
        kept = [0, 0.1, 0.5, 0.9, 0.98, 1].randomElement(using: &random) ?? 0
        atom = [512, CrashStorage.page].randomElement(using: &random) ?? 512
    }

    func keeps(_ operation: Int, _ random: inout SeededRandom) -> Bool {
        if let moment { return operation <= moment }
        return Double.random(in: 0..<1, using: &random) < kept
    }

    /// One of the states that something had, the durable one first.
    func choose<Value>(
        _ versions: [CrashStorage.Version<Value>], _ current: Value, _ random: inout SeededRandom
    ) -> Value {
        guard let durable = versions.first else { return current }
        if let moment { return versions.first { $0.until > moment }?.value ?? current }
        if Double.random(in: 0..<1, using: &random) < kept { return current }
        if Int.random(in: 0..<4, using: &random) > 0 { return durable.value }
        return versions.randomElement(using: &random)?.value ?? current
    }
}

extension CrashStorage {
    /// The power goes and comes back: all processes are dead, and of everything that no sync has
    /// covered each page, or each sector, each size and each change of a name is kept or lost.
    /// What is there now is durable.
    public func powerLoss(_ random: inout SeededRandom) throws(IOError) {
        try state.withLock { state throws(IOError) in
            state.life += 1
            let mood = Mood(state, &random)
            let names = Self.names(state, mood, &random)
            for (name, inode) in state.names.sorted(by: { $0.key < $1.key }) {
                try store(name, as: inode)
            }
            for (name, inode) in names.sorted(by: { $0.key < $1.key }) {
                if let lost = state.inodes[inode] { try lose(lost, inode, mood, &random) }
                try fetch(inode, as: name)
            }
            for entry in try Directory.list(attic) { try DiskStorage(attic).remove(entry.name) }
            var next = State()
            next.count = state.count
            next.life = state.life
            state = next
        }
    }

    private static func names(_ state: State, _ mood: Mood, _ random: inout SeededRandom)
        -> [String: Int]
    {
        var names = state.durableNames
        for (change, at) in state.changes where mood.keeps(at, &random) {
            switch change {
            case .make(let name, let inode): names[name] = inode
            case .rename(_, let name, let inode):
                names = names.filter { $0.value != inode }
                names[name] = inode
            case .remove(let name): names[name] = nil
            }
        }
        return names
    }

    private func lose(
        _ inode: Inode, _ number: Int, _ mood: Mood, _ random: inout SeededRandom
    ) throws(IOError) {
        guard !inode.pages.isEmpty || !inode.sizes.isEmpty else { return }
        let file = try DiskFile(attic.appending("\(number)"), .readWrite)
        let size = mood.choose(inode.sizes, try file.size(), &random)
        for (page, versions) in inode.pages.sorted(by: { $0.key < $1.key }) {
            let start = page * Self.page
            var bytes = try file.read(at: start, count: Self.page)
            bytes += [UInt8](repeating: 0, count: Self.page - bytes.count)
            let before = bytes
            for at in stride(from: 0, to: Self.page, by: mood.atom) {
                let range = at..<at + mood.atom
                let piece = mood.choose(
                    versions.map { Version(value: $0.value[range], until: $0.until) },
                    before[range], &random)
                bytes.replaceSubrange(range, with: piece)
            }
            if bytes != before { try bytes.write(to: file, at: start) }
        }
        try file.truncate(to: size)
    }
}
