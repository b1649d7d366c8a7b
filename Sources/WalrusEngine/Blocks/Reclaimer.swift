internal import Synchronization
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// Deletes data files in which nothing is left to be read, or moves them away.
///
/// A file goes when every block in it is consumed, no block will be put into it any more, and all of
/// it could be read. First what is true without it is made durable (`CursorStore.release`), then it
/// is forgotten, disposed of, and the directory synced. One thread does so at a time; it holds the locks
/// on the readers of all topics with blocks in the file, in the order of names, so that no cursor
/// moves meanwhile. Entries being read keep their file open.
final class Reclaimer: Sendable {
    private struct Running {
        var isClosed = false
        /// Forgotten, but not gone yet: to be tried again.
        var doomed: [Doomed] = []
    }

    /// Files that were forgotten together, and the topics that had blocks in them.
    private struct Doomed {
        var files: [DataFileName]
        /// Those that are gone and could come back with a power loss.
        var gone: [DataFileName] = []
        let topics: [TopicName]
        let disposal: ReclaimDisposal
    }

    /// Files handled at once, which cost one rewrite of the index.
    private static let groupSize = 8

    private let storage: any Storage
    private let allocator: BlockAllocator
    private let registry: TopicRegistry
    private let cursors: CursorStore
    private let running = Mutex(Running())
    /// Files that could not go because somebody was appending to a topic in them.
    private let postponed = Mutex<[DataFile]>([])
    private let hasPostponed = Atomic(false)
    private let failed = Mutex<[DataFileName: EngineError]>([:])

    init(
        _ storage: any Storage, _ allocator: BlockAllocator, _ registry: TopicRegistry,
        _ cursors: CursorStore
    ) {
        self.storage = storage
        self.allocator = allocator
        self.registry = registry
        self.cursors = cursors
        for topic in registry.all {
            for block in topic.state.withLock({ $0.blocks }) {
                block.file.residents.add(topic.name, slot: block.frame.slot)
            }
        }
    }

    /// The files that should be gone and are not, with the reason.
    var failures: [DataFileName: EngineError] { failed.withLock { $0 } }

    // MARK: - What there is to do

    /// Deletes the files that the topic's reader was the last to need. What goes wrong shows in
    /// `failures`.
    func afterReading(_ topic: Topic) {
        attempt(topic.state.withLock { $0.takeFinishedFiles() })
    }

    /// Deletes a file that was left with nothing in it to be read, or that was in use a moment ago.
    func afterAppending() {
        if allocator.hasLeftFiles { attempt(allocator.takeLeft()) }
        guard hasPostponed.load(ordering: .sequentiallyConsistent) else { return }
        attempt(
            postponed.withLock { files in
                hasPostponed.store(false, ordering: .sequentiallyConsistent)
                defer { files = [] }
                return files
            })
    }

    private func postpone(_ files: [DataFile]) {
        postponed.withLock { $0 += files }
        hasPostponed.store(true, ordering: .sequentiallyConsistent)
    }

    func attempt(_ files: [DataFile]) {
        guard files.contains(where: isConsumed) else { return }
        _ = try? reclaim(files, .delete)
    }

    private func isConsumed(_ file: DataFile) -> Bool {
        guard !file.isFilling, !file.isPinned, file.poison == nil else { return false }
        return file.residents.allSatisfy { block in
            // A block whose first entry is being written is in no topic yet.
            registry.find(block.topic)?.state.withLock {
                $0.isConsumed(file, slot: block.slot)
            } ?? false
        }
    }

    // MARK: - Doing it

    /// Disposes of those of `files` in which nothing is left to be read, and of what could not go
    /// before, as was decided on then.
    func reclaim(_ files: [DataFile], _ disposal: ReclaimDisposal) throws(EngineError)
        -> ReclaimReport
    {
        try running.withLock { (running: inout Running) throws(EngineError) in
            guard !running.isClosed else { throw .closed }
            var report = ReclaimReport()
            dispose(&running, &report)
            var rest = files[...]
            while !rest.isEmpty {
                let group = rest.prefix(Self.groupSize).filter(isConsumed)
                rest = rest.dropFirst(Self.groupSize)
                guard !group.isEmpty else { continue }
                do throws(EngineError) { try release(group, disposal, &running) } catch {
                    failed.withLock { for file in group { $0[file.name] = error } }
                    throw error
                }
                dispose(&running, &report)
            }
            return report
        }
    }

    /// Disposes of what could not go before; nothing more goes after that. Whether everything that
    /// should be gone is gone.
    func close() -> Bool {
        running.withLock { running in
            guard !running.isClosed else { return true }
            var report = ReclaimReport()
            dispose(&running, &report)
            running.isClosed = true
            return running.doomed.isEmpty
        }
    }

    private func release(
        _ files: [DataFile], _ disposal: ReclaimDisposal, _ running: inout Running
    ) throws(EngineError) {
        let names = Set(files.flatMap { $0.residents.blocks.map(\.topic) })
        let topics = names.sorted().compactMap(registry.find)
        try withReaders(of: topics[...]) { () throws(EngineError) in
            // Nobody appends to a block that is about to go, and no cursor moves any more: now it
            // shows whether the files are still as they were. An append that is under way is not
            // waited for: who ends it finds the file here.
            postpone(files)
            var ends: [TopicName: Topic.End] = [:]
            for topic in topics { ends[topic.name] = topic.sealEnd(in: files) }
            // Retired first: of a file that nothing is put into any more, what is seen then stays so.
            let gone = allocator.retire(files).filter { file in
                isConsumed(file)
                    && file.residents.blocks.allSatisfy { ends[$0.topic]?.isSealed ?? false }
            }
            postponed.withLock { $0.removeAll { file in gone.contains { $0 === file } } }
            guard !gone.isEmpty else { return }
            let plans = topics.compactMap { topic in
                ends[topic.name].flatMap { end in
                    topic.planRemoval(of: gone, end).map { (topic, $0) }
                }
            }
            try cursors.release(plans.map(\.1))
            for (topic, _) in plans { topic.state.withLock { $0.remove(gone) } }
            for file in gone { file.forget() }
            allocator.forget(gone)
            running.doomed.append(
                Doomed(
                    files: gone.map(\.name), topics: plans.map(\.1.topic), disposal: disposal))
        }
    }

    /// Runs `body` with the locks on the readers of all `topics`, which are in the order of names.
    private func withReaders(
        of topics: ArraySlice<Topic>, _ body: () throws(EngineError) -> Void
    ) throws(EngineError) {
        guard let first = topics.first else { return try body() }
        try first.consuming.withLock { _ throws(EngineError) in
            try withReaders(of: topics.dropFirst(), body)
        }
    }

    private func dispose(_ running: inout Running, _ report: inout ReclaimReport) {
        guard !running.doomed.isEmpty else { return }
        for index in running.doomed.indices {
            let files = running.doomed[index].files
            running.doomed[index].files = []
            for file in files {
                do throws(IOError) {
                    try remove(file, running.doomed[index].disposal)
                    running.doomed[index].gone.append(file)
                } catch {
                    failed.withLock { $0[file] = EngineError(error) }
                    running.doomed[index].files.append(file)
                }
            }
        }
        do throws(IOError) { try sync(running.doomed) } catch {
            for file in running.doomed.flatMap(\.gone) {
                failed.withLock { $0[file] = EngineError(error) }
            }
            report.failures = failures
            return
        }
        for index in running.doomed.indices {
            let gone = running.doomed[index].gone
            running.doomed[index].gone = []
            failed.withLock { for file in gone { $0[file] = nil } }
            report.files += gone
            if running.doomed[index].files.isEmpty {
                cursors.settle(running.doomed[index].topics)
            }
        }
        running.doomed.removeAll { $0.files.isEmpty }
        report.failures = failures
    }

    /// The new names first: a file that was moved has one of the two after a power loss.
    private func sync(_ doomed: [Doomed]) throws(IOError) {
        for disposal in Set(doomed.map(\.disposal)) {
            if case .move(let folder) = disposal { try storage.syncFolder(folder) }
        }
        try storage.syncDirectory()
    }

    private func remove(_ name: DataFileName, _ disposal: ReclaimDisposal) throws(IOError) {
        do throws(IOError) {
            switch disposal {
            case .delete: try storage.remove(name.text)
            case .move(let folder): try storage.move(name.text, to: "\(folder)/\(name.text)")
            }
        } catch {
            // Somebody was faster.
            guard error.errno == .noSuchFileOrDirectory else { throw error }
        }
    }
}
