internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// Everything an engine starts from.
struct Recovered: Sendable {
    var files: [DataFile]
    /// The first free slot of the last file.
    var freeSlot: Int
    /// The greatest name in the directory that a data file could have, whatever it belongs to.
    var lastName: DataFileName?
    var topics: [TopicName: Topic]
    var marks: [TopicName: CleanMark]
    var cursors: CursorStore
    var report: RecoveryReport
}

/// Reads a directory into an engine's state. Writes only what must not stay as it is: an incomplete
/// batch, an index file that cannot be used, a cursor that would come to mean something else.
struct Recovery {
    let storage: any Storage
    let configuration: Configuration
    let recorder: MetricsRecorder
    var report = RecoveryReport()

    static func run(
        _ storage: any Storage, _ configuration: Configuration, _ recorder: MetricsRecorder
    ) throws(EngineError) -> Recovered {
        let began = Clock.monotonic()
        var recovery = Recovery(
            storage: storage, configuration: configuration, recorder: recorder)
        var recovered = try recovery.run()
        recovered.report.durationNanoseconds = Clock.monotonic() - began
        return recovered
    }

    private mutating func run() throws(EngineError) -> Recovered {
        let (names, lastName) = try dataFiles()
        let scans = try scan(try open(names))
        report.files = scans.count
        for found in scans.flatMap(\.damage) { report.add(found) }
        var chains = Chain.all(scans)
        try dropBatches(&chains)
        report.blocks = chains.values.reduce(0) { $0 + $1.links.count }
        report.entries = chains.values.reduce(0) { $0 + $1.entries }
        let marks = try cleanMarks()
        let (cursors, places, consumed) = try recoverCursors(chains)
        var topics: [TopicName: Topic] = [:]
        for (name, chain) in chains {
            topics[name] = try chain.topic(
                name, cursor: places[name], consumed: consumed[name] ?? 0)
        }
        // A dropped batch may have given slots back: none may stay empty before a used one.
        let last = report.droppedBatches.isEmpty ? scans.last : try scans.last.map(Self.again)
        return Recovered(
            files: scans.map(\.file), freeSlot: last?.freeSlot ?? 0, lastName: lastName,
            topics: topics, marks: marks, cursors: cursors, report: report)
    }

    // MARK: - Files

    private mutating func dataFiles() throws(EngineError)
        -> (names: [DataFileName], last: DataFileName?)
    {
        let entries = try engineErrors { () throws(IOError) in try storage.list() }
        var names: [DataFileName] = []
        var last: DataFileName?
        for entry in entries {
            if let name = DataFileName(entry.name) {
                // A folder of that name holds no entries, but its name is taken.
                last = max(last ?? name, name)
                if entry.kind == .file { names.append(name) }
            } else if entry.kind == .file,
                !entry.name.hasSuffix(DirectoryNames.sidecarSuffix)
            {
                report.ignoredFiles.append(entry.name)
            }
        }
        report.ignoredFiles.sort()
        return (names.sorted(), last)
    }

    /// A file that cannot be opened is an error: showing less data than there is would be worse.
    private func open(_ names: [DataFileName]) throws(EngineError) -> [DataFile] {
        var files: [DataFile] = []
        for name in names {
            files.append(
                try engineErrors { () throws(IOError) in
                    try DataFile(name, try storage.open(name.text), recorder)
                })
        }
        return files
    }

    private func scan(_ files: [DataFile]) throws(EngineError) -> [FileScan] {
        try inParallel(files) { file throws(EngineError) in try FileScan(file) }
    }

    private static func again(_ scan: FileScan) throws(EngineError) -> FileScan {
        try FileScan(scan.file)
    }

    // MARK: - Index files

    private mutating func cleanMarks() throws(EngineError) -> [TopicName: CleanMark] {
        let image = try engineErrors { () throws(IOError) in
            try storage.contents(of: DirectoryNames.cleanIndex)
        }
        guard let image else { return [:] }
        do throws(FormatError) { return try CleanIndexImage.decode(image) } catch {
            try setAside(DirectoryNames.cleanIndex, "\(error)")
            return [:]
        }
    }

    /// Gives a file that cannot be used another name, so that it is neither lost nor in the way.
    mutating func setAside(_ name: String, _ reason: String) throws(EngineError) {
        do throws(IOError) {
            let taken = Set(try storage.list().map(\.name))
            var newName: String
            var number = 1
            repeat {
                newName = "damaged\(number)_\(name)"
                number += 1
            } while taken.contains(newName)
            try storage.rename(name, to: newName)
            try storage.syncDirectory()
            report.setAside.append(.init(name: name, newName: newName, reason: reason))
        } catch { throw EngineError(error) }
    }
}

/// Runs `body` for every item on as many threads as there are processors. Results in order; the
/// first error counts.
func inParallel<T: Sendable, R: Sendable>(
    _ items: [T], _ body: @escaping @Sendable (T) throws(EngineError) -> R
) throws(EngineError) -> [R] {
    let results = Results<R>(items.count)
    Thread.forEach(items.count) { index in
        do throws(EngineError) { results.set(index, .success(try body(items[index]))) } catch {
            results.set(index, .failure(error))
        }
    }
    return try results.all()
}

private final class Results<R: Sendable>: Sendable {
    private let values: Mutex<[Result<R, EngineError>?]>

    init(_ count: Int) { values = Mutex(Array(repeating: nil, count: count)) }

    func set(_ index: Int, _ value: Result<R, EngineError>) {
        values.withLock { $0[index] = value }
    }

    func all() throws(EngineError) -> [R] {
        var all: [R] = []
        for value in values.withLock({ $0 }) {
            guard let value else { preconditionFailure("every index was worked on") }
            all.append(try value.get())
        }
        return all
    }
}
