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
            syncTogether(dirty[start...].prefix(togetherMax), io)
        }
    }

    private var isDirty: Bool { hasUnsyncedWrites && poison == nil }

    /// Enters all of `files` and then syncs those that need it: nobody may sync a file beside us,
    /// since the system tells of a failure only once.
    private static func syncTogether(_ files: ArraySlice<DataFile>, _ io: any BatchIO) {
        let chosen = files.filter { file in file.syncing.enter(unless: { !file.isDirty }) }
        guard !chosen.isEmpty else { return }
        let targets = chosen.map(\.ticket)
        let start = Clock.monotonic()
        let results = io.syncAll(chosen.map(\.file))
        for ((file, target), result) in zip(zip(chosen, targets), results) {
            var error = result
            if error == nil {
                do throws(IOError) { try file.checkName() } catch let lost { error = lost }
            }
            file.recorder.synced(failed: error != nil, since: start)
            if let error {
                file.poison(error)
            } else {
                file.durable.store(target, ordering: .releasing)
            }
            file.syncing.leave()
        }
    }
}
