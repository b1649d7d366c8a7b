internal import Inspect
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// A look at a directory that others may write to meanwhile, and the part of it that is of one moment.
///
/// Every topic's part is what a reader could have had at some moment during the look: entries only come
/// after others, in the order of slots and of files, and nothing that was acknowledged changes. A cursor is
/// read before the entries, so it is never ahead of them. What can break that is looked for afterwards,
/// and the look is taken again: a file that was deleted, a slot that was empty when it was passed and is
/// not any more, a batch without stamps that came or went.
struct BackupLook {
    struct Restless: Error, CustomStringConvertible {
        let description: String
    }

    let state: DirectoryState
    /// What stands at the end of every block, and the parts of batches that are not whole.
    let ends: [BlockEnd]
    let cuts: [BatchCut]
    /// Open, so that what is deleted now can still be read.
    let files: [DataFileName: DiskFile]
    /// The small files before the look, and after it.
    let before: StoredFiles
    let after: StoredFiles
    /// Nobody could write while it was taken.
    let isQuiet: Bool

    private static let triesMax = 40

    init(_ directory: FilePath, progress: @escaping @Sendable (Scanner.Progress) -> Bool) throws {
        var reason = ""
        for _ in 0..<Self.triesMax {
            switch try Self.attempt(directory, progress) {
            case .success(let look):
                self = look
                return
            case .failure(let restless): reason = restless.description
            }
        }
        throw Restless(
            description: "\(directory) changes too fast to be looked at whole: \(reason); try again"
        )
    }

    private init(
        scanner: Scanner, state: DirectoryState, files: [DataFileName: DiskFile],
        before: StoredFiles, after: StoredFiles, isQuiet: Bool
    ) {
        self.state = state
        ends = scanner.blockEnds()
        cuts = scanner.incompleteBatches().flatMap(\.pieces)
        self.files = files
        self.before = before
        self.after = after
        self.isQuiet = isQuiet
    }

    private static func attempt(
        _ directory: FilePath, _ progress: @escaping @Sendable (Scanner.Progress) -> Bool
    ) throws -> Result<BackupLook, Restless> {
        func again(_ why: String) -> Result<BackupLook, Restless> {
            .failure(Restless(description: why))
        }
        let isFree = !hasWriter(directory)
        let first = try Stamp.all(in: directory)
        let folder = try settledFolder(directory)
        let before = try StoredFiles(directory)
        var files: [DataFileName: DiskFile] = [:]
        for name in first.keys.compactMap({ DataFileName($0) }) {
            do throws(IOError) {
                files[name] = try DiskFile(directory.appending(name.text), .readOnly)
            } catch {
                guard error.errno == .noSuchFileOrDirectory else { throw error }
                return again("a data file was deleted")
            }
        }
        let scanner = Scanner(directory)
        if !isFree { scanner.assumedIntents = try beginnings(in: directory) }
        guard let state = try scanner.scan(progress: progress) else {
            throw RepairPlanner.Stopped()
        }
        if let finding = state.findings.first(where: { $0.kind == .unreadableFile }) {
            throw Restless(
                description: "\(finding.file ?? "a file") cannot be read: \(finding.message)")
        }
        let after = try StoredFiles(directory)
        let last = try Stamp.all(in: directory)
        for file in state.files {
            guard let open = files[file.name] else { return again("a data file was made") }
            guard last[file.name.text]?.identity == (try open.status().identity) else {
                return again("a data file was deleted")
            }
            for slot in scanner.holes(in: file.name) {
                let range = slot * Layout.unit..<(slot + 1) * Layout.unit
                if try open.firstNonZero(in: range) != nil { return again("a block was begun") }
            }
        }
        guard state.files.count == files.count else { return again("a data file was deleted") }
        let look = BackupLook(
            scanner: scanner, state: state, files: files, before: before, after: after,
            isQuiet: isFree && first == last && !hasWriter(directory))
        guard try folder?.changed != FileStatus.of(directory)?.changed else {
            return .success(look)
        }
        // Batches of topics with long names are told by a file alone, which comes and goes with them.
        let doubtful = state.topics.filter {
            !EntryStamp.fits(topicLength: $0.name.bytes.count) && $0.entries > 0
                && scanner.assumedIntents[$0.name] == nil
        }
        guard !doubtful.isEmpty, after.images[DirectoryNames.cursorJournal] != nil else {
            return .success(look)
        }
        // Where none is told of, and the topic is the same before and after that, none was under way.
        let intents = try StoredFiles.intents(in: directory)
        let later = try scanner.scan(progress: progress)
        for topic in doubtful {
            let now = later?.topic(topic.name)
            guard intents[topic.name] == nil, now?.blocks == topic.blocks else {
                return again("batches are written to a topic with a long name")
            }
        }
        return .success(look)
    }

    /// Batches without stamps that are under way, looked for until there is one or some time is over: what
    /// stands before the beginning of one is whole.
    private static func beginnings(in directory: FilePath) throws -> [TopicName: BatchIntent] {
        var found: [TopicName: BatchIntent] = [:]
        for _ in 0..<40 {
            found.merge(try StoredFiles.intents(in: directory)) { first, _ in first }
            if !found.isEmpty { break }
            Clock.sleep(nanoseconds: 500_000)
        }
        // The batch may go on in any file, and so may what comes after it.
        let greatest = DataFileName(String(repeating: "9", count: 20))
        return found.mapValues { intent in
            var intent = intent
            intent.lastFile = greatest
            return intent
        }
    }

    /// What the system tells of the directory, so that a change that comes now shows: times are as fine as
    /// its tick. Nil where it changes all the time.
    private static func settledFolder(_ directory: FilePath) throws(IOError) -> FileStatus? {
        for _ in 0..<3 {
            let now = Int(clamping: Clock.fileTime())
            guard let status = try FileStatus.of(directory) else { return nil }
            if status.changed < now { return status }
            Clock.sleep(nanoseconds: 10_000_000)
        }
        return nil
    }

    /// Whether anybody could write to a file of the log now.
    static func hasWriter(_ directory: FilePath) -> Bool {
        func counts(_ name: String) -> Bool {
            DataFileName(name) != nil || name.hasSuffix(DirectoryNames.sidecarSuffix)
        }
        return OpenFiles.hasWriters(in: directory, named: counts)
            ?? !OpenFiles.writers(in: directory, named: counts).isEmpty
    }

    /// What shows from outside whether a file was changed.
    struct Stamp: Hashable {
        let identity: FileIdentity
        let size: Int
        let changed: Int

        /// Those of all files, by name.
        static func all(in directory: FilePath) throws(IOError) -> [String: Stamp] {
            var stamps: [String: Stamp] = [:]
            for entry in try Directory.list(directory) where entry.kind == .file {
                guard let status = try FileStatus.of(directory.appending(entry.name)) else {
                    continue
                }
                stamps[entry.name] = Stamp(
                    identity: status.identity, size: status.size, changed: status.changed)
            }
            return stamps
        }
    }
}
