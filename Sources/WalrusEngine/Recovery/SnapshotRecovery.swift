internal import WalrusFormat
internal import WalrusIO

extension Recovery {
    /// The last engine's snapshot, deleted durably: from now on the directory changes.
    ///
    /// Whatever there is of it, the directory is synced: a process that died may have left a file under
    /// a new name, or deleted, and no power loss must take that back once others build on it.
    mutating func takeSnapshot() throws(EngineError) -> Snapshot? {
        do throws(IOError) {
            guard let status = try storage.status(of: DirectoryNames.snapshot) else {
                try storage.syncDirectory()
                return nil
            }
            var snapshot: Snapshot?
            if status.size > SnapshotImage.sizeMax {
                report.snapshotRefusal = "it has \(status.size) bytes"
            } else if let image = try storage.contents(of: DirectoryNames.snapshot) {
                do throws(FormatError) { snapshot = try SnapshotImage.decode(image) } catch {
                    report.snapshotRefusal = "\(error)"
                }
            }
            try storage.remove(DirectoryNames.snapshot)
            try storage.syncDirectory()
            return snapshot
        } catch { throw EngineError(error) }
    }

    /// The state that the snapshot describes; nil when the directory is not the one it describes.
    mutating func restore(
        _ snapshot: Snapshot?, _ files: [DataFile], _ images: StoredIndexes.Images,
        _ indexes: StoredIndexes
    ) throws(EngineError) -> Recovered? {
        guard let snapshot else { return nil }
        if let refusal = try refusal(of: snapshot, files, images, indexes) {
            report.snapshotRefusal = refusal
            return nil
        }
        for (file, known) in zip(files, snapshot.files) {
            file.isPinned = known.isPinned
            file.damageLeftOut = known.damageLeftOut
        }
        var contents = indexes.contents
        contents.marks = indexes.marks ?? [:]
        for topic in indexes.cursors?.keys ?? [:].keys { contents.saved[topic] = .begin }
        var topics: [TopicName: Topic] = [:]
        for known in snapshot.topics {
            let state = Self.state(of: known, files)
            if let cursor = state.cursor {
                contents.saved[known.name] = state.blocks[cursor.block].saved(
                    cursor, in: cursor.block)
            }
            topics[known.name] = Topic(
                known.name, state,
                Topic.Appending(
                    lastSequence: known.lastSequence, lastTimestamp: known.lastTimestamp))
        }
        for (name, counter) in contents.counters where topics[name] == nil {
            topics[name] = Chain().topic(name, cursor: nil, counter: counter)
        }
        report.isFromSnapshot = true
        report.files = files.count
        for topic in snapshot.topics {
            report.blocks += topic.blocks.count
            report.entries += topic.blocks.reduce(0) { $0 + $1.entries }
        }
        for damage in snapshot.damage {
            report.add(
                .init(
                    file: snapshot.files[damage.file].name, slot: damage.slot,
                    offset: damage.offset, topic: damage.topic, reason: damage.reason))
        }
        report.damageCount += snapshot.files.reduce(0) { $0 + $1.damageLeftOut }
        return Recovered(
            files: files, freeSlot: snapshot.freeSlot, topics: topics,
            cursors: CursorStore(
                storage, contents, journalSizeMax: configuration.journalSizeMax),
            report: report, areFilesDurable: snapshot.boot.isEmpty)
    }

    /// Why the directory is not, or may not be, as the snapshot has it.
    private func refusal(
        of snapshot: Snapshot, _ files: [DataFile], _ images: StoredIndexes.Images,
        _ indexes: StoredIndexes
    ) throws(EngineError) -> String? {
        if snapshot.cursorIndex != CursorJournal.Base(index: images.cursors.bytes) {
            return "\(DirectoryNames.cursorIndex) has changed since"
        }
        if snapshot.cleanIndex != CursorJournal.Base(index: images.marks.bytes) {
            return "\(DirectoryNames.cleanIndex) has changed since"
        }
        if snapshot.journal != CursorJournal.Base(index: images.journal.bytes) {
            return "\(DirectoryNames.cursorJournal) has changed since"
        }
        if !report.setAside.isEmpty || indexes.contents.hasRecords || report.journalTail != nil {
            return "the index files are not as a closed engine leaves them"
        }
        let intents = try engineErrors { () throws(IOError) in
            try storage.status(of: DirectoryNames.batchIntents)
        }
        if intents != nil { return "a batch was being written" }
        if !snapshot.boot.isEmpty, snapshot.boot != Host.bootID {
            return "the system was started since, and the files were never synced"
        }
        guard files.map(\.name) == snapshot.files.map(\.name) else {
            return "there are other data files"
        }
        for (file, known) in zip(files, snapshot.files) {
            let status = try engineErrors { () throws(IOError) in
                try storage.status(of: file.name.text)
            }
            guard let status,
                Snapshot.File(
                    file.name, status, isPinned: known.isPinned,
                    damageLeftOut: known.damageLeftOut) == known
            else { return "\(file.name) has changed since" }
        }
        return nil
    }

    private static func state(of known: Snapshot.Topic, _ files: [DataFile]) -> Topic.State {
        let blocks = known.blocks.map { block in
            Block(
                file: files[block.file],
                frame: BlockFrame(
                    start: block.slot * Layout.unit, length: block.units * Layout.unit,
                    topic: known.name),
                used: block.used, entries: block.entries, damaged: block.damaged,
                isSealed: block.isSealed)
        }
        let cursor = known.cursor.map {
            ReadCursor(
                block: $0.block, offset: $0.offset, consumed: $0.consumed,
                consumedInBlock: $0.consumedInBlock, sequence: $0.sequence)
        }
        return Topic.State(blocks, cursor: cursor)
    }
}
