internal import Inspect
package import SystemPackage
public import WalrusEngine
public import WalrusFormat
internal import WalrusIO

/// A log that this process has opened for itself.
public final class EngineLog: OpenLog {
    private let engine: Walrus
    public let notes: [String]
    public var name: String { "this process" }

    /// Opens the log in `directory`, and makes it when it is missing.
    ///
    /// An action does what it says and no more: no file is deleted that happens to be consumed, no
    /// metrics are written that would look like those of a service, and nobody is served. Nothing is
    /// mended either.
    ///
    /// - Parameter given: what opening may erase, of batches that are not whole.
    ///
    /// Throws `NeedsRepair` where opening would take anything else away, and `EngineError`.
    package init(
        _ directory: FilePath, fsync: FsyncSchedule = .each, giving given: [Repair.Cut] = []
    ) throws {
        var configuration = Configuration(
            directory: directory, key: nil, readConsistency: .strictlyAtOnce, fsyncSchedule: fsync,
            reclamation: .off, backend: .fileDescriptor)
        configuration.writesMetrics = false
        configuration.servesControl = false
        engine = try Self.open(configuration, giving: given)
        notes = engine.recoveryReport.sentences
    }

    private static func open(_ configuration: Configuration, giving given: [Repair.Cut]) throws
        -> Walrus
    {
        let path = try Host.absolute(configuration.root)
        guard Directory.exists(path), try holdsFiles(path) else {
            return try Walrus(configuration)
        }
        // One that no engine of ours has ever opened has no lock file yet, and none is made for nothing.
        if try FileStatus.of(path.appending(DirectoryNames.lock)) == nil {
            let scanner = Scanner(path)
            _ = try scanner.scan()
            try OpeningLoss.admit(path, scanner)
        }
        let storage = CarefulStorage(path, giving: given)
        do {
            let engine = try Walrus(configuration, on: storage)
            try storage.release()
            return engine
        } catch {
            guard let deed = storage.refusal else { throw error }
            throw try OpeningLoss(path).refusal ?? NeedsRepair(directory: path, losses: deed)
        }
    }

    /// Whether there is anything that opening could take away.
    private static func holdsFiles(_ path: FilePath) throws(IOError) -> Bool {
        try Directory.list(path).contains { entry in
            DataFileName(entry.name) != nil
                || entry.name.hasSuffix(DirectoryNames.sidecarSuffix)
                    && entry.name != DirectoryNames.lock
        }
    }

    /// Opens the log for work that goes through no other process, and waits for those that are about
    /// to close it.
    static func openAlone(_ directory: FilePath) throws -> EngineLog {
        try Patience.whileLocked { try EngineLog(directory) }
    }

    public func append(_ payload: [UInt8], to topic: TopicName) throws(EngineError)
        -> AppendReceipt
    {
        try engine.append(payload, to: topic)
    }

    public func append(batch payloads: [[UInt8]], to topic: TopicName) throws(EngineError)
        -> BatchReceipt
    {
        try engine.append(batch: payloads, to: topic)
    }

    public func cursor(of topic: TopicName) throws(EngineError) -> EntryPlace? {
        engine.topics().first { $0.name == topic }?.cursor?.place
    }

    public func moveCursor(
        of topic: TopicName, from expected: EntryPlace?, to target: SeekTarget
    ) throws(EngineError) -> CursorMove {
        try engine.moveCursor(of: topic, from: expected, to: target)
    }

    public func mark(_ topic: TopicName, clean: Bool) throws(EngineError) {
        try clean ? engine.markClean(topic) : engine.markDirty(topic)
    }

    public func topics() throws(EngineError) -> [TopicStatus] { engine.topics() }

    public func reclaim() throws(EngineError) -> ReclaimReport { try engine.reclaim() }

    /// As `Walrus.reclaim`.
    public func reclaim(_ names: Set<DataFileName>, disposal: ReclaimDisposal)
        throws(EngineError) -> ReclaimReport
    {
        try engine.reclaim(names, disposal: disposal)
    }

    public func close() throws(EngineError) { try engine.close() }

    /// Closes the log, and puts data files back into it as the last thing.
    func close(adopting adoption: Adoption) throws(EngineError) {
        try engine.close(adopting: adoption)
    }
}

extension RecoveryReport {
    /// What recovery dropped or set aside, which is never silent.
    fileprivate var sentences: [String] {
        var sentences: [String] = []
        func places(_ count: Int) -> String { "\(count) \(count == 1 ? "place" : "places")" }
        if damageCount > 0 {
            sentences.append("the log has \(places(damageCount)) with damage; see walrus check")
        }
        if gapCount > 0 {
            sentences.append(
                "running numbers are missing in \(places(gapCount)); see walrus check")
        }
        for aside in setAside {
            sentences.append(
                "\(aside.name) was damaged (\(aside.reason)) and is now \(aside.newName)")
        }
        for batch in droppedBatches {
            sentences.append(
                "dropped a batch of \(batch.count) that was not whole (\(batch.found) were there)")
        }
        return sentences
    }
}
