public import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// A replay that was begun, on disk: what it is, and how far. Finished ones stay, so that whoever
/// repeats a command that has done its work does no harm.
public final class ReplayRecord {
    /// What does not change while it runs.
    struct Description: Sendable {
        var identity: ReplayIdentity
        /// Nanoseconds since 1970 UTC; what "an hour ago" in the query means.
        var began: UInt64
        /// The numbers of the directories in their file systems.
        var source: UInt64
        var target: UInt64
        /// Where the range ends.
        var end: EntryPlace
        /// Where the source's reader stood.
        var cursor: EntryPlace?
    }

    private static let slotSize = 4_096
    private static let descriptionName = "description"
    private static let progressName = "progress"

    let description: Description
    private(set) var progress: ReplayProgress
    private let folder: FilePath
    private let file: DiskFile
    private var generation: UInt64

    public var identity: ReplayIdentity { description.identity }
    /// Nanoseconds since 1970 UTC.
    public var began: UInt64 { description.began }
    public var finished: UInt64? { progress.finished }
    /// Entries that were handed over for sure.
    public var delivered: Int { progress.position.delivered }
    /// Entries that are still to be handed over, where no query leaves any out: within its limit, those of
    /// the range that were not looked at.
    public var left: Int {
        min(progress.position.left, max(0, (identity.limit ?? .max) - delivered))
    }
    /// A query may leave some of those out.
    public var isLeftAtMost: Bool { left > 0 && !identity.query.isEmpty }

    /// The folder of all records of this user.
    public static func root() throws -> FilePath {
        guard let state = UserFiles.state else { throw ReplayError.noStateFolder }
        return state.appending("replays")
    }

    /// All replays that were begun, the oldest first.
    public static func all(in root: FilePath) throws -> [ReplayRecord] {
        guard Directory.exists(root) else { return [] }
        var found: [ReplayRecord] = []
        for entry in try Directory.list(root) where entry.kind == .directory {
            if let record = try ReplayRecord(at: root.appending(entry.name)) {
                found.append(record)
            }
        }
        return found.sorted { ($0.began, $0.identity.id) < ($1.began, $1.identity.id) }
    }

    /// The record of a replay that was begun; nil when there is none.
    static func find(_ id: String, in root: FilePath) throws -> ReplayRecord? {
        try ReplayRecord(at: root.appending(id))
    }

    private init?(at folder: FilePath) throws {
        let path = folder.appending(Self.descriptionName)
        guard let image = try Directory.contents(of: path, limit: 1 << 22) else { return nil }
        guard let description = Fields(image).flatMap(Description.init) else {
            throw ReplayError.unusableRecord(path)
        }
        self.folder = folder
        self.description = description
        file = try DiskFile(folder.appending(Self.progressName), .readWrite)
        var best: (generation: UInt64, progress: ReplayProgress)?
        for slot in 0..<2 {
            let bytes = try file.read(at: slot * Self.slotSize, count: Self.slotSize)
            guard let fields = Fields(bytes), let generation = fields.number("generation"),
                let progress = ReplayProgress(fields)
            else { continue }
            if generation >= best?.generation ?? 0 { best = (generation, progress) }
        }
        guard let best else { throw ReplayError.unusableRecord(file.path) }
        (generation, progress) = best
    }

    /// Makes the record of a replay that begins, durably.
    init(_ description: Description, _ progress: ReplayProgress, in root: FilePath) throws {
        folder = root.appending(description.identity.id)
        self.description = description
        self.progress = progress
        generation = 0
        try Directory.createPrivate(folder)
        let storage = DiskStorage(folder)
        // The description makes it one: what an attempt that was killed left must not count.
        if try storage.status(of: Self.descriptionName) != nil {
            try storage.remove(Self.descriptionName)
            try storage.syncDirectory()
        }
        file = try DiskFile(folder.appending(Self.progressName), .openOrCreate)
        try file.truncate(to: 0)
        try save(progress)
        try storage.replace(
            Self.descriptionName, with: description.fields.encoded,
            temporary: "new_" + Self.descriptionName)
        try DiskStorage(root).syncDirectory()
    }

    /// Takes the progress over without a write: the one on disk leads to it.
    func remember(_ progress: ReplayProgress) { self.progress = progress }

    /// Makes the progress durable: after a crash it is this one or the one before.
    func save(_ progress: ReplayProgress) throws(IOError) {
        var fields = progress.fields
        fields.set("generation", generation + 1)
        var bytes = fields.encoded
        guard bytes.count <= Self.slotSize else {
            throw IOError("write", file.path, .fileTooLarge)
        }
        bytes += [UInt8](repeating: 0, count: Self.slotSize - bytes.count)
        // By turns, so that a write that is torn spoils the older one.
        let offset = Int((generation + 1) % 2) * Self.slotSize
        let failure: IOError? = unsafe bytes.withUnsafeBytes { buffer in
            do throws(IOError) {
                try unsafe file.write(
                    at: offset, buffer, UnsafeRawBufferPointer(start: nil, count: 0))
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
        try file.sync()
        generation += 1
        self.progress = progress
    }

    /// Forgets the replay: another run of it begins anew.
    public func forget() throws {
        let lock = try ReplayLock(identity, in: folder.removingLastComponent())
        defer { lock.release() }
        try remove()
    }

    /// The same, by one who has the lock.
    func remove() throws {
        let storage = DiskStorage(folder)
        try storage.remove(Self.descriptionName)
        try storage.syncDirectory()
        try storage.remove(Self.progressName)
        try Directory.remove(folder)
        try DiskStorage(folder.removingLastComponent()).syncDirectory()
    }
}

extension ReplayRecord.Description {
    var fields: Fields {
        var fields = identity.fields
        fields.set("began", began)
        fields.set("source_number", source)
        fields.set("target_number", target)
        fields.set("end_place", end)
        fields.set("cursor_place", cursor)
        return fields
    }

    init?(_ fields: Fields) {
        guard let identity = ReplayIdentity(fields), let began = fields.number("began"),
            let source = fields.number("source_number"),
            let target = fields.number("target_number"), let end = fields.place("end_place")
        else { return nil }
        self.init(
            identity: identity, began: began, source: source, target: target, end: end,
            cursor: fields.place("cursor_place"))
    }
}

/// The right to replay into a target: one at a time, so that it can be told afterwards whose a batch
/// is. Given back by the system when the process dies.
struct ReplayLock {
    private let file: DiskFile

    init(_ identity: ReplayIdentity, in root: FilePath) throws {
        let locks = root.appending("locks")
        try Directory.createPrivate(locks)
        let key = identity.target.map { "\($0)\n\(identity.targetTopic?.hex ?? "")" }
        let name = key.map { Hex.encode(FNV1a.hash(Array($0.utf8))) } ?? identity.id
        file = try DiskFile(locks.appending(name), .openOrCreate)
        guard try file.tryLock() else { throw ReplayError.busy(identity.text) }
    }

    func release() { file.unlock() }
}
