internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

extension DataFile {
    /// Files that are synced together; their locks are held together too.
    private static let togetherMax = 16

    /// Makes everything durable that was written so far to any of `files`, several at once, and says
    /// nothing of failures: they poison the files. Files are taken in the order of names, which
    /// keeps two such calls from waiting for each other.
    static func syncMany(_ files: [DataFile], _ io: any BatchIO) {
        let dirty = files.filter(\.isDirty).sorted { $0.name < $1.name }
        for start in stride(from: 0, to: dirty.count, by: togetherMax) {
            _ = syncTogether(dirty[start...].prefix(togetherMax), [], io)
        }
    }

    private var isDirty: Bool {
        durable.load(ordering: .acquiring) < written.load(ordering: .acquiring)
    }

    /// Takes the lock of each file of `rest`, one inside the other, and then syncs those that need
    /// it: nobody may sync a file beside us, since the system tells of a failure only once.
    /// The results are those of `chosen` and of what was added to it.
    private static func syncTogether(
        _ rest: ArraySlice<DataFile>, _ chosen: [DataFile], _ io: any BatchIO
    ) -> [IOError?] {
        guard let file = rest.first else {
            guard !chosen.isEmpty else { return [] }
            let start = Clock.monotonic()
            let results = io.syncAll(chosen.map(\.file))
            for (file, error) in zip(chosen, results) {
                file.recorder.synced(failed: error != nil, since: start)
            }
            return results
        }
        return file.syncing.withLock { _ in
            let target = file.written.load(ordering: .acquiring)
            guard file.poison == nil, file.isDirty else {
                return syncTogether(rest.dropFirst(), chosen, io)
            }
            let results = syncTogether(rest.dropFirst(), chosen + [file], io)
            if let error = results[chosen.count] {
                file.failure.withLock { $0 = error }
            } else {
                file.durable.store(target, ordering: .releasing)
            }
            return results
        }
    }
}
