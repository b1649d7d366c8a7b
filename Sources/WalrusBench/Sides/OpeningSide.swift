internal import SystemPackage
internal import WalrusEngine
internal import WalrusFormat
internal import WalrusIO

/// The engine, opening a log again and again: as a crash left it, or as it was closed.
///
/// What a killed process leaves is every byte that it had handed to the system, and no more. So the
/// small files are kept as they are while the engine is still open, and each opening gets them with
/// the data files, which closing does not change, in a folder of its own.
final class OpeningSide: Side {
    private let workload: Workload
    private let scratch: Scratch
    private var smallFiles: [(name: String, bytes: [UInt8])] = []
    private var dataFiles: [String] = []
    private(set) var entriesFound = 0

    init(_ workload: Workload, _ scratch: Scratch) {
        self.workload = workload
        self.scratch = scratch
    }

    private var crashes: Bool { workload.mode == .recover }

    func prepare(_ watch: Watch) throws {
        guard let engine = try LogFiller(workload).fill(scratch.path, watch) else { return }
        let storage = DiskStorage(scratch.path)
        for entry in try storage.list() where entry.kind == .file {
            if DataFileName(entry.name) != nil {
                dataFiles.append(entry.name)
            } else if entry.name != DirectoryNames.lock {
                smallFiles.append((entry.name, try storage.contents(of: entry.name) ?? []))
            }
        }
        try engine.close()
        if crashes { try Directory.create(scratch.opened) }
    }

    func slice(_ limit: UInt64, _ watch: Watch, fraction: (UInt64) -> Double) throws -> SliceOutcome
    {
        var outcome = SliceOutcome()
        let bytesPerEntry = workload.meanSize
        let start = Clock.monotonic()
        // What happens between openings counts for the time that this takes, not for the figure.
        repeat {
            if crashes { try layOut() }
            let before = Clock.monotonic()
            let engine = try Walrus(
                workload.configuration(crashes ? scratch.opened : scratch.path))
            let taken = Clock.monotonic() - before
            let found = engine.topics().reduce(0) { $0 + $1.entries }
            try engine.close()
            guard found == workload.preparedPerTopic * workload.topicCount else {
                throw BenchError.lost(found, of: workload.preparedPerTopic * workload.topicCount)
            }
            var slice = Slice()
            slice.entries = found
            slice.bytes = found * bytesPerEntry
            slice.calls = 1
            slice.nanoseconds = taken
            outcome.slice = outcome.slice + slice
            var recent = Latencies()
            recent.record(taken)
            outcome.latencies.add(recent)
            watch.end(slice, recent, fraction: fraction(min(limit, Clock.monotonic() - start)))
        } while Clock.monotonic() - start < limit && !watch.wasCancelled
        outcome.spent = Clock.monotonic() - start
        return outcome
    }

    func finish() throws {}

    /// Makes the folder look as the crash left the log.
    func layOut() throws(IOError) {
        let storage = DiskStorage(scratch.opened)
        for entry in try storage.list() where entry.kind == .file { try storage.remove(entry.name) }
        for name in dataFiles {
            try Directory.link(scratch.path.appending(name), as: scratch.opened.appending(name))
        }
        for (name, bytes) in smallFiles {
            try storage.replace(name, with: bytes, temporary: "laying_out_index.db")
        }
    }
}

/// The floor under recovery: every byte of the data files read once, 1 MiB at a time, by one thread.
final class ScanFloor: Side {
    private let workload: Workload
    private let scratch: Scratch

    init(_ workload: Workload, _ scratch: Scratch) {
        self.workload = workload
        self.scratch = scratch
    }

    func prepare(_ watch: Watch) throws {}

    func slice(_ limit: UInt64, _ watch: Watch, fraction: (UInt64) -> Double) throws -> SliceOutcome
    {
        let names = try Directory.list(scratch.path).map(\.name)
            .filter { DataFileName($0) != nil }
        let files = try names.map { (name) throws(IOError) in
            try DiskFile(scratch.path.appending(name), .readOnly)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4_096)
        defer { unsafe buffer.deallocate() }
        var outcome = SliceOutcome()
        let start = Clock.monotonic()
        repeat {
            let before = Clock.monotonic()
            for file in files { unsafe try Self.read(file, buffer) }
            var slice = Slice()
            slice.nanoseconds = Clock.monotonic() - before
            slice.entries = workload.preparedPerTopic * workload.topicCount
            slice.bytes = slice.entries * workload.meanSize
            slice.calls = 1
            outcome.slice = outcome.slice + slice
            watch.end(
                slice, Latencies(), fraction: fraction(min(limit, Clock.monotonic() - start)))
        } while Clock.monotonic() - start < limit && !watch.wasCancelled
        outcome.spent = Clock.monotonic() - start
        return outcome
    }

    func finish() throws {}

    private static func read(_ file: DiskFile, _ buffer: UnsafeMutableRawBufferPointer)
        throws(IOError)
    {
        var at = 0
        while let range = try file.dataRange(from: at) {
            at = range.lowerBound
            while at < range.upperBound {
                let part = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: buffer.prefix(range.upperBound - at))
                let count = unsafe try file.read(at: at, into: part)
                if count == 0 { return }
                at += count
            }
        }
    }
}
