import Inspect
import SystemPackage
import TestSupport
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A whole directory, whatever is in it: the engine opens it and reads everything, Inspect says the
/// same of it, opening it again finds the same, and it goes on to be of use.
enum DirectoryTarget {
    /// An entry, wherever it was read.
    private struct Place: Hashable {
        let file: DataFileName
        let slot: Int
        let offset: Int
        let length: Int
        let checksum: UInt64
    }

    /// What there is of a topic.
    private struct Summary: Hashable, CustomStringConvertible {
        var entries: Int
        var unread: Int
        var isClean: Bool
        var description: String { "\(entries), \(unread) unread, clean \(isClean)" }
    }

    static func run(_ bytes: [UInt8]) throws {
        let log = try DirectoryInput.write(bytes)
        var state: DirectoryState
        var rows: [TopicName: [Place]]
        var known: [TopicName: Summary] = [:]
        var isSettled = false
        repeat {
            state = try look(log.path)
            rows = try Self.rows(of: state, log.path)
            try session(log) { walrus throws in
                known = summaries(walrus)
                try expectEqual(known, summaries(state), "the engine's topics and Inspect's")
                // What stood before a dropped batch is the topic's end now, and may be a part of
                // another. Among a block's first headers, those left may tell of another topic.
                isSettled = walrus.recoveryReport.droppedBatches.isEmpty
            }
            if !isSettled { try log.removeSnapshot() }
        } while !isSettled
        try expectEqual(summaries(try look(log.path)), known, "the topics after a clean close")
        try session(log) { walrus throws in
            try expectEqual(summaries(walrus), known, "the topics when opened again")
        }
        try log.removeSnapshot()
        let appended = try session(log) { walrus throws in
            let report = walrus.recoveryReport
            try expect(
                report.droppedBatches.isEmpty && report.setAside.isEmpty
                    && report.reconciliations.isEmpty && report.journalTail == nil,
                "what was mended is whole: \(report)")
            try expectEqual(summaries(walrus), known, "the topics when read again")
            for topic in state.topics where topic.entries > 0 {
                try expectEqual(
                    try consumeAll(walrus, topic.name), rows[topic.name] ?? [],
                    "the sound entries of \(topic.name.hex)")
            }
            return try append(walrus, known.keys.sorted() + ["new"])
        }
        try log.removeSnapshot()
        try session(log) { walrus throws in
            for (topic, payloads) in appended {
                let before = known[topic]?.entries ?? 0
                let status = walrus.topics().first { $0.name == topic }
                try expectEqual(
                    status?.entries ?? 0, before + payloads.count, "entries of \(topic.hex)")
                try expectEqual(status?.unread ?? 0, 0, "unread entries of \(topic.hex)")
                try walrus.seek(topic, to: .ordinal(before + 1))
                for payload in payloads {
                    try expectEqual(
                        try walrus.readNext(topic, checkpoint: true)?.payload, payload,
                        "what was appended to \(topic.hex)")
                }
            }
        }
    }

    // MARK: - The engine

    private static func session<R>(_ log: LogWriter, _ body: (Walrus) throws -> R) throws -> R {
        var configuration = Configuration(
            directory: log.path, key: nil, readConsistency: .strictlyAtOnce,
            fsyncSchedule: .never, reclamation: .off)
        configuration.looksForStrangers = false
        configuration.servesControl = false
        configuration.writesMetrics = false
        configuration.backend = .fileDescriptor
        let walrus = try Walrus(configuration)
        let result = try body(walrus)
        try walrus.close()
        return result
    }

    private static func summaries(_ walrus: Walrus) -> [TopicName: Summary] {
        var found: [TopicName: Summary] = [:]
        for topic in walrus.topics() where topic.entries > 0 || !topic.isClean {
            found[topic.name] = Summary(
                entries: topic.entries, unread: topic.unread, isClean: topic.isClean)
        }
        return found
    }

    private static func consumeAll(_ walrus: Walrus, _ topic: TopicName) throws -> [Place] {
        try walrus.seek(topic, to: .begin)
        var places: [Place] = []
        while true {
            let entries = try walrus.readBatch(topic, maxBytes: 1 << 16, checkpoint: true)
            guard !entries.isEmpty else { return places }
            for entry in entries {
                places.append(
                    Place(
                        file: entry.file, slot: entry.slot, offset: entry.offset,
                        length: entry.payload.count, checksum: FNV1a.hash(entry.payload)))
                try expectEqual(entry.ordinal, places.count, "the ordinal of an entry")
            }
        }
    }

    /// Appends to every topic that can be appended to, alone and in a batch, and consumes that.
    private static func append(_ walrus: Walrus, _ topics: [TopicName]) throws
        -> [TopicName: [[UInt8]]]
    {
        var appended: [TopicName: [[UInt8]]] = [:]
        for topic in topics where topic.refusal == nil {
            try walrus.seek(topic, to: .end)
            let (alone, batch): ([UInt8], [[UInt8]]) = ([1, 2, 3], [[4], [], [5, 6]])
            do throws(EngineError) {
                try walrus.append(alone, to: topic)
                appended[topic] = [alone]
                try walrus.append(batch: batch, to: topic)
                appended[topic] = [alone] + batch
            } catch {
                // Numbers and names of files have an end, and a hostile directory may be there.
                guard isExhausted(error) else { throw error }
            }
            for payload in appended[topic] ?? [] {
                try expectEqual(
                    try walrus.readNext(topic, checkpoint: true)?.payload, payload,
                    "what was just appended to \(topic.hex)")
            }
        }
        return appended
    }

    private static func isExhausted(_ error: EngineError) -> Bool {
        error.code == .noFileName
    }

    // MARK: - Inspect

    private static func look(_ path: FilePath) throws -> DirectoryState {
        guard let state = try Scanner(path).scan() else {
            throw FuzzFailure(description: "a scan that nobody stops comes to its end")
        }
        return state
    }

    private static func summaries(_ state: DirectoryState) -> [TopicName: Summary] {
        var found: [TopicName: Summary] = [:]
        for topic in state.topics where topic.entries > 0 || !topic.isClean {
            found[topic.name] = Summary(
                entries: topic.entries, unread: topic.unread, isClean: topic.isClean)
        }
        return found
    }

    /// The sound entries of every topic, as its rows tell of them.
    private static func rows(of state: DirectoryState, _ path: FilePath) throws
        -> [TopicName: [Place]]
    {
        var found: [TopicName: [Place]] = [:]
        for topic in state.topics {
            var (places, consumed) = ([Place](), 0)
            let reader = EntryReader(directory: path, topic: topic)
            try unsafe reader.forEach(from: 1) { row, _ in
                guard row.damage == nil else { return true }
                places.append(
                    Place(
                        file: row.file, slot: row.slot, offset: row.offset, length: row.length,
                        checksum: row.checksum))
                if row.isConsumed { consumed += 1 }
                return true
            }
            try expectEqual(places.count, topic.entries, "rows of \(topic.name.hex)")
            try expectEqual(consumed, topic.consumed, "consumed rows of \(topic.name.hex)")
            found[topic.name] = places
        }
        return found
    }
}

extension LogWriter {
    fileprivate func removeSnapshot() throws {
        guard try FileStatus.of(path.appending(DirectoryNames.snapshot)) != nil else { return }
        try remove(DirectoryNames.snapshot)
    }
}
