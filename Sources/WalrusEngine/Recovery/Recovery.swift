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
    var cursors: CursorStore
    var report: RecoveryReport
    /// Nothing in the files is left to the system to write.
    var areFilesDurable = false
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
        // Before anything is written that it does not know of.
        let snapshot = try takeSnapshot()
        let files = try open(names)
        let images = try StoredIndexes.Images(storage)
        let indexes = try StoredIndexes(images, &self)
        // A name that a cursor stands in is taken as well.
        let last = [lastName, indexes.lastName].compactMap(\.self).max()
        var recovered: Recovered
        if let restored = try restore(snapshot, files, images, indexes) {
            recovered = restored
        } else {
            recovered = try scan(files, indexes)
        }
        recovered.lastName = last
        if indexes.contents.hasRecords { try recovered.cursors.sync() }
        if !recovered.areFilesDurable { for file in files { file.inherit() } }
        return recovered
    }

    private mutating func scan(_ files: [DataFile], _ indexes: StoredIndexes)
        throws(EngineError) -> Recovered
    {
        let scans = try FileScan.all(files)
        report.files = scans.count
        for scan in scans {
            scan.file.damageLeftOut = report.add(scan.damage, leftOut: scan.damageLeftOut)
            scan.file.isPinned = scan.isPinned
        }
        var chains = Chain.all(scans)
        let doubtful = try dropBatches(&chains, indexes, files)
        for chain in chains.values {
            for (index, link) in chain.links.enumerated()
            where link.survey.isWorthKeeping(isTopicsLast: index == chain.links.count - 1) {
                link.file.isPinned = true
            }
        }
        report.blocks = chains.values.reduce(0) { $0 + $1.links.count }
        report.entries = chains.values.reduce(0) { $0 + $1.entries }
        let (cursors, places) = try recoverCursors(
            chains, indexes, doubtful: doubtful, files: files.map(\.name))
        for name in chains.keys.sorted() {
            let gaps = chains[name]?.gaps(name, places[name] ?? .begin) ?? []
            for gap in gaps { report.add(gap) }
        }
        let counters = cursors.counters
        var topics: [TopicName: Topic] = [:]
        for (name, chain) in chains {
            topics[name] = chain.topic(name, cursor: places[name], counter: counters[name])
        }
        for (name, counter) in counters where topics[name] == nil {
            topics[name] = Chain().topic(name, cursor: nil, counter: counter)
        }
        // A dropped batch may have given slots back: none may stay empty before a used one.
        let last = report.droppedBatches.isEmpty ? scans.last : try scans.last.map(Self.again)
        return Recovered(
            files: files, freeSlot: last?.freeSlot ?? 0, topics: topics, cursors: cursors,
            report: report)
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
                if entry.kind == .other {
                    report.add(
                        .init(
                            file: name, slot: nil, offset: nil, topic: nil,
                            reason: "is a link that leads nowhere, or a device: it was not read"))
                }
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

    private static func again(_ scan: FileScan) throws(EngineError) -> FileScan {
        try FileScan.all([scan.file])[0]
    }

    // MARK: - Index files

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
