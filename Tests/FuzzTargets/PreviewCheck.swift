import Inspect
public import SystemPackage
import TestSupport
import WalrusEngine
import WalrusFormat
import WalrusIO

/// What a preview says of a directory is what then happens: in this engine, which opens it for that
/// and changes it, and in the reference, as an independent reader has its rules.
public enum PreviewCheck {
    /// What came of it, so that a test can see that it was about something.
    public struct Outcome {
        public var dropped = 0
        public var setAside = 0
        public var corrected = 0
        public var reclaimed = 0
        public var again = 0
        public var skipped = 0
        public var hidden = 0
        public var extra = 0
        public var stuck = 0
        public var hazards = 0
        public var isComparedWithReference = false

        public init() {}
    }

    @discardableResult
    public static func run(_ path: FilePath) throws -> Outcome {
        let scanner = Scanner(path)
        guard let state = try scanner.scan(), let preview = scanner.recoveryPreview() else {
            throw FuzzFailure(description: "a scan that nobody stops comes to its end")
        }
        var outcome = Outcome()
        try compareWithReference(preview, state, path, &outcome)
        try compareWithEngine(preview, path, &outcome)
        return outcome
    }

    // MARK: - This engine

    private static func compareWithEngine(
        _ preview: RecoveryPreview, _ path: FilePath, _ outcome: inout Outcome
    ) throws {
        var configuration = Configuration(
            directory: path, key: nil, fsyncSchedule: .never, reclamation: .immediate)
        configuration.looksForStrangers = false
        configuration.servesControl = false
        configuration.writesMetrics = false
        configuration.backend = .fileDescriptor
        let before = Set(try dataFiles(path))
        let walrus: Walrus
        do throws(EngineError) { walrus = try Walrus(configuration) } catch {
            return try expect(!preview.refusals.isEmpty, "opening is refused: \(error)")
        }
        let report = walrus.recoveryReport
        try expect(preview.refusals.isEmpty, "opening was to be refused: \(preview.refusals)")
        try expectEqual(
            report.setAside.map { [$0.name, $0.newName, $0.reason] }.sorted { $0[0] < $1[0] },
            preview.setAside.map { [$0.name, $0.newName, $0.reason] }.sorted { $0[0] < $1[0] },
            "what is set aside")
        try expectEqual(report.journalTail, preview.journalTail, "the torn end of the journal")
        let gone = before.subtracting(try dataFiles(path))
        try expectEqual(gone, Set(preview.reclaimed), "the files that are deleted")
        func drops(_ list: [(TopicName, DataFileName, Int, Int, Int, Int)]) -> [String] {
            list.map { "\($0.0.hex) \($0.1):\($0.2)+\($0.3) \($0.4) of \($0.5)" }.sorted()
        }
        try expectEqual(
            drops(
                report.droppedBatches.map {
                    ($0.topic, $0.file, $0.slot, $0.offset, $0.found, $0.count)
                }),
            drops(
                preview.dropped.map {
                    ($0.topic, $0.file, $0.slot, $0.offset, $0.found, $0.count)
                }), "the batches that are dropped")
        let lost = preview.setAside.contains { $0.name == DirectoryNames.cursorIndex }
        try expectEqual(
            Set(report.reconciliations.map { "\($0.topic.hex): \($0.reason)" }),
            Set(
                preview.topics.compactMap { topic -> String? in
                    guard let reason = topic.here.reason, !(lost && reason.contains("lost")) else {
                        return nil
                    }
                    return "\(topic.name.hex): \(reason)"
                }), "the cursors that are not as they were stored")
        let isReclaimed = !preview.reclaimed.isEmpty
        var known: [TopicName: TopicStatus] = [:]
        for topic in walrus.topics() { known[topic.name] = topic }
        for topic in preview.topics {
            let status = known[topic.name]
            let name = topic.name.hex
            try expectEqual(status?.unread ?? 0, topic.here.unread, "unread entries of \(name)")
            try expectEqual(status?.isClean ?? true, topic.here.isClean, "the mark of \(name)")
            // A file that is gone takes its consumed entries with it, and perhaps the cursor's.
            guard !isReclaimed else { continue }
            try expectEqual(status?.entries ?? 0, topic.here.entries, "entries of \(name)")
            if let cursor = status?.cursor, let file = cursor.file {
                let place = topic.here.cursor.map { "\($0.file):\($0.slot)+\($0.offset)" }
                try expectEqual(
                    "\(file):\(cursor.slot)+\(cursor.offset)", place, "the cursor of \(name)")
            }
        }
        try walrus.close()
        outcome.dropped = preview.dropped.count
        outcome.setAside = preview.setAside.count
        outcome.corrected = preview.topics.count { $0.here.reason != nil }
        outcome.reclaimed = gone.count
    }

    private static func dataFiles(_ path: FilePath) throws -> [DataFileName] {
        try Directory.list(path).compactMap { $0.kind == .file ? DataFileName($0.name) : nil }
    }

    // MARK: - The reference

    private static func compareWithReference(
        _ preview: RecoveryPreview, _ state: DirectoryState, _ path: FilePath,
        _ outcome: inout Outcome
    ) throws {
        outcome.hazards = preview.hazardCount
        // What it makes of a damaged index, or of a file that is none, nobody can tell.
        guard !preview.setAside.contains(where: { !$0.name.contains("journal") }),
            !state.findings.contains(where: { $0.kind == .strayFile })
        else { return try expect(preview.mayCrash || preview.setAside.count > 0, "a hazard") }
        let reference = try ReferenceReader(path, keepsPayloads: false)
        try expect(
            reference.crashes.isEmpty || preview.mayCrash, "it may crash: \(reference.crashes)")
        outcome.isComparedWithReference = true
        for topic in preview.topics {
            let (seen, told, name) = (
                reference.topics[topic.name.bytes] ?? ReferenceReader.Topic(), topic.reference,
                topic.name.hex
            )
            let places = seen.places
            let delivered = seen.isStuck ? [] : places.suffix(places.count - seen.consumed)
            try expectEqual(told.entries, places.count, "entries of \(name) that it sees")
            try expectEqual(told.isStuck, seen.isStuck, "whether it is stuck in \(name)")
            try expectEqual(told.unread, delivered.count, "entries of \(name) that it delivers")
            try expectEqual(
                told.isClean, reference.clean[topic.name.bytes] ?? true, "its mark of \(name)")
            let (consumed, unread) = try own(topic.name, state, path)
            let due = Set(delivered)
            try expectEqual(
                told.again, consumed.count(where: due.contains), "entries of \(name) again")
            let found = Set(places)
            try expectEqual(
                told.skipped, unread.count { !due.contains($0) && found.contains($0) },
                "entries of \(name) that it passes by")
            try expectEqual(
                told.hidden, unread.count { !found.contains($0) },
                "entries of \(name) that it does not find")
            let all = Set(consumed).union(unread)
            try expectEqual(
                told.extra, delivered.count { !all.contains($0) },
                "entries of \(name) that count for nothing here")
            outcome.again += told.again ?? 0
            outcome.skipped += told.skipped
            outcome.hidden += told.hidden
            outcome.extra += told.extra
            outcome.stuck += told.isStuck ? 1 : 0
        }
    }

    /// The sound entries of a topic before its cursor, and those from there on.
    private static func own(_ name: TopicName, _ state: DirectoryState, _ path: FilePath) throws
        -> (consumed: [ReferenceReader.Place], unread: [ReferenceReader.Place])
    {
        var (consumed, unread) = ([ReferenceReader.Place](), [ReferenceReader.Place]())
        guard let topic = state.topic(name) else { return (consumed, unread) }
        let reader = EntryReader(directory: path, topic: topic)
        try unsafe reader.forEach(from: 1) { row, _ in
            guard row.damage == nil else { return true }
            let place = ReferenceReader.Place(
                file: row.file.text, slot: row.slot, offset: row.offset)
            if row.isConsumed { consumed.append(place) } else { unread.append(place) }
            return true
        }
        return (consumed, unread)
    }
}

extension PreviewCheck {
    /// The same for a directory that is made of bytes as fuzzing does it.
    @discardableResult
    public static func run(_ bytes: [UInt8]) throws -> Outcome {
        let log = try DirectoryInput.write(bytes)
        return try run(log.path)
    }
}
