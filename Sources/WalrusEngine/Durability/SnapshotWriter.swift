internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// Writes what an engine that is being closed knows of its directory (`Snapshot`).
struct SnapshotWriter {
    let storage: any Storage
    /// In the order of names; nothing will be written to them any more.
    let files: [DataFile]
    let freeSlot: Int
    /// The run of the system, when it may not have written all of the files yet.
    let boot: String
    let bases: (cursors: CursorJournal.Base, marks: CursorJournal.Base)

    /// Writes nothing where a snapshot could not be trusted.
    func write(_ topics: [Topic], damage report: RecoveryReport) throws(IOError) {
        // A batch that could not be taken back is told of by a file of its own.
        guard try storage.status(of: DirectoryNames.batchIntents) == nil else { return }
        guard let files = try states() else { return }
        let places = Dictionary(
            uniqueKeysWithValues: self.files.enumerated().map { (ObjectIdentifier($1), $0) })
        let names = Dictionary(uniqueKeysWithValues: files.enumerated().map { ($1.name, $0) })
        let snapshot = Snapshot(
            boot: boot, cursorIndex: bases.cursors, cleanIndex: bases.marks,
            journal: CursorJournal.Base(
                index: try storage.contents(of: DirectoryNames.cursorJournal)),
            files: files, freeSlot: freeSlot,
            damage: report.damage.compactMap { damage in
                names[damage.file].map {
                    Snapshot.Damage(
                        file: $0, slot: damage.slot, offset: damage.offset, topic: damage.topic,
                        reason: damage.reason)
                }
            },
            topics: topics.sorted { $0.name < $1.name }.compactMap { Self.topic($0, places) })
        try storage.replace(
            DirectoryNames.snapshot, with: SnapshotImage.encode(snapshot),
            temporary: DirectoryNames.replacement(of: DirectoryNames.snapshot))
    }

    /// What the system says of the files, at a time when every later change shows in it. Nil when
    /// there is no such time.
    private func states() throws(IOError) -> [Snapshot.File]? {
        var states: [Snapshot.File] = []
        var last = 0
        for file in files {
            guard let status = try storage.status(of: file.name.text) else { return nil }
            // Whatever changes the contents changes this time, and nobody can set it.
            last = max(last, status.changed)
            states.append(
                Snapshot.File(
                    file.name, status, isPinned: file.isPinned,
                    damageLeftOut: file.damageLeftOut))
        }
        // Within one tick of the system's clock a file may change twice and look the same.
        for _ in 0..<20 {
            if Int(Clock.fileTime()) > last { return states }
            Clock.sleep(nanoseconds: 1_000_000)
        }
        return nil
    }

    private static func topic(_ topic: Topic, _ places: [ObjectIdentifier: Int])
        -> Snapshot.Topic?
    {
        let (sequence, timestamp) = topic.appending.withLock {
            ($0.lastSequence, $0.lastTimestamp)
        }
        let state = topic.state.withLock { $0 }
        guard !state.blocks.isEmpty else { return nil }
        return Snapshot.Topic(
            name: topic.name, lastSequence: sequence, lastTimestamp: timestamp,
            cursor: state.cursor.map {
                Snapshot.Cursor(
                    block: $0.block, offset: $0.offset, consumed: $0.consumed,
                    consumedInBlock: $0.consumedInBlock, sequence: $0.sequence)
            },
            blocks: state.blocks.map { block in
                Snapshot.Block(
                    file: places[ObjectIdentifier(block.file)] ?? 0, slot: block.frame.slot,
                    units: block.frame.units, used: block.used, entries: block.entries,
                    isSealed: block.isSealed, damaged: block.damaged)
            })
    }
}

extension Snapshot.File {
    init(_ name: DataFileName, _ status: FileStatus, isPinned: Bool, damageLeftOut: Int) {
        self.init(
            name: name, size: status.size, modified: status.modified, changed: status.changed,
            inode: status.identity.number, isPinned: isPinned, damageLeftOut: damageLeftOut)
    }
}
