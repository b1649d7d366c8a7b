internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// Hands out the space for new blocks: the slots after the last used one of the newest file, then a
/// new file.
///
/// Its lock is held while the first entry of a block is written, and while a new file is made and
/// its directory synced. So a block that fails to come into being leaves no empty slot before
/// another one: the reference would not look behind it.
final class BlockAllocator: Sendable {
    private struct State {
        var current: DataFile?
        /// The first free slot of `current`.
        var slot = 0
        /// The greatest name that was ever in use.
        var lastName: DataFileName?
        /// Files that were filled, or left, since somebody asked.
        var left: [DataFile] = []
    }

    private let storage: any Storage
    private let clock: @Sendable () -> UInt64
    private let recorder: MetricsRecorder
    private let state: Mutex<State>
    private let hasLeft = Atomic(false)
    /// Taken under `state` and for a look: who asks which files there are need not wait for a block.
    private let open: Mutex<[DataFile]>

    /// - Parameters:
    ///   - files: the existing data files, in the order of names.
    ///   - freeSlot: the first free slot of the last one.
    ///   - lastName: the greatest name that is taken, by a data file or by anything else.
    init(
        _ storage: any Storage, files: [DataFile], freeSlot: Int, lastName: DataFileName?,
        clock: @escaping @Sendable () -> UInt64, recorder: MetricsRecorder
    ) {
        self.recorder = recorder
        self.storage = storage
        self.clock = clock
        // A file that others follow, or of an odd length, gets no new block.
        let current = files.last.flatMap { $0.isWritable && $0.name == lastName ? $0 : nil }
        current?.isFilling = freeSlot < Layout.unitsPerFile
        state = Mutex(State(current: current, slot: freeSlot, lastName: lastName))
        open = Mutex(files)
    }

    /// All data files there are.
    var files: [DataFile] { open.withLock { $0 } }

    /// What became of the first write into a new block.
    enum Outcome {
        case written
        /// It failed and left nothing behind: the slot is free again.
        case undone(EngineError)
        /// It failed and may have left something behind: the slot is not used again.
        case spoiled(EngineError)
    }

    /// Calls `write` with the place of a new block of `units`, which comes into being when it is
    /// written.
    func allocate(
        _ units: Int, topic: TopicName,
        _ write: (DataFile, _ start: Int, _ length: Int) -> Outcome
    ) throws(EngineError) {
        precondition((1...Layout.unitsPerFile).contains(units))
        try state.withLock { (state: inout State) throws(EngineError) in
            let file = try room(units, &state)
            switch write(file, state.slot * Layout.unit, units * Layout.unit) {
            case .written:
                file.residents.add(topic, slot: state.slot)
                take(units, &state)
            case .undone(let error):
                throw error
            case .spoiled(let error):
                take(units, &state)
                throw error
            }
        }
    }

    private func take(_ units: Int, _ state: inout State) {
        state.slot += units
        if state.slot == Layout.unitsPerFile { leave(&state) }
    }

    /// No more blocks go into the current file.
    private func leave(_ state: inout State) {
        guard let file = state.current, file.isFilling else { return }
        file.isFilling = false
        state.left.append(file)
        hasLeft.store(true, ordering: .releasing)
    }

    var hasLeftFiles: Bool { hasLeft.load(ordering: .acquiring) }

    /// The files that were left since the last call. None as long as a block is being made: who makes
    /// it may go back to the file before.
    func takeLeft() -> [DataFile] {
        state.withLockIfAvailable { state in
            hasLeft.store(false, ordering: .releasing)
            defer { state.left = [] }
            return state.left
        } ?? []
    }

    /// The first free slot of the last file.
    var freeSlot: Int { state.withLock { $0.slot } }

    /// Lets `work` take one new block after another; it gets each by its units. Nobody else gets one
    /// meanwhile.
    ///
    /// When it fails, `undo` erases the blocks and says whether nothing is left of them. Then they
    /// are given back, and files that were made for them are deleted.
    func allocateMany(
        for topic: TopicName,
        _ work: (_ take: (Int) throws(EngineError) -> (DataFile, start: Int)) throws(EngineError)
            -> Void,
        undo: () -> Bool
    ) throws(EngineError) {
        try state.withLock { (state: inout State) throws(EngineError) in
            let before = state
            let known = Set(files.map { ObjectIdentifier($0) })
            var blocks: [(file: DataFile, slot: Int)] = []
            do throws(EngineError) {
                try work { (units) throws(EngineError) in
                    let file = try room(units, &state)
                    let slot = state.slot
                    blocks.append((file, slot))
                    file.residents.add(topic, slot: slot)
                    take(units, &state)
                    return (file, slot * Layout.unit)
                }
            } catch {
                for block in blocks { block.file.residents.remove(topic, slot: block.slot) }
                if undo() {
                    let empty = open.withLock { files in
                        let empty = files.filter { !known.contains(ObjectIdentifier($0)) }
                        files.removeAll { !known.contains(ObjectIdentifier($0)) }
                        return empty
                    }
                    delete(empty)
                    let lastName = state.lastName
                    state = before
                    state.lastName = lastName
                    state.current?.isFilling = state.slot < Layout.unitsPerFile
                } else {
                    // No block may come to stand behind what may yet be erased.
                    leave(&state)
                    state.current = nil
                }
                throw error
            }
        }
    }

    /// Deletes files in which everything is erased. That one stays, if it does, is not worth a word.
    private func delete(_ empty: [DataFile]) {
        guard !empty.isEmpty else { return }
        do throws(IOError) {
            for file in empty { try storage.remove(file.name.text) }
            // A power loss must not bring back what a failed sync has left in one.
            try storage.syncDirectory()
            for file in empty { file.forget() }
        } catch {}
    }

    /// Those of `files` that no block will be put into any more, whatever happens. None of them as long
    /// as blocks are being made: who makes them goes back to the file before if he fails, and that may
    /// take as long as a batch takes to be written.
    func retire(_ files: [DataFile]) -> [DataFile] {
        state.withLockIfAvailable { state in
            let retired = files.filter { !$0.isFilling }
            if let current = state.current, retired.contains(where: { $0 === current }) {
                state.current = nil
                state.slot = Layout.unitsPerFile
            }
            return retired
        } ?? []
    }

    /// Forgets files that are being deleted, and that were retired.
    func forget(_ gone: [DataFile]) {
        open.withLock { files in
            files.removeAll { file in gone.contains { $0 === file } }
        }
    }

    private func room(_ units: Int, _ state: inout State) throws(EngineError) -> DataFile {
        // Once for a block: with no syncs nobody else would notice that the file is gone.
        try? state.current?.requireName()
        if let file = state.current, state.slot + units <= Layout.unitsPerFile,
            file.poison == nil
        {
            return file
        }
        let file = try makeFile(&state)
        file.isFilling = true
        open.withLock { $0.append(file) }
        leave(&state)
        state.current = file
        state.slot = 0
        return file
    }

    private func makeFile(_ state: inout State) throws(EngineError) -> DataFile {
        guard
            let name = DataFileName.next(
                after: state.lastName, milliseconds: clock() / 1_000_000)
        else {
            throw EngineError(
                .noFileName, "no name is left after \(state.lastName?.text ?? "") for a new file",
                path: storage.path)
        }
        // Also a name that failed is not tried again: something may be left of it.
        state.lastName = name
        return try engineErrors { () throws(IOError) in
            let file = try storage.create(name.text, size: Layout.fileSize)
            do throws(IOError) {
                // A crash must not take a file away whose entries were acknowledged.
                try storage.syncDirectory()
                return try DataFile(name, file, recorder)
            } catch {
                // An empty file does no harm: that it stays, if it does, is not worth a word.
                try? storage.remove(name.text)
                throw error
            }
        }
    }
}
