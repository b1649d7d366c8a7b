package import Inspect
internal import Synchronization
package import SystemPackage
internal import WalrusEngine
package import WalrusFormat
internal import WalrusIO

/// Takes all entries that can be read out of a log, whatever state it is in, and appends them to a new
/// one, with cursors and marks.
package struct SalvageJob: Sendable {
    package let source: FilePath
    package let target: FilePath
    /// Nil: all topics.
    package var topics: Set<TopicName>?
    /// Nil: entries of all data files.
    package var files: Set<DataFileName>?
    /// Nil: all entries.
    package var query: Query?

    package init(_ source: FilePath, to target: FilePath) {
        self.source = source
        self.target = target
    }

    /// What became of a topic.
    package struct Topic: Hashable, Sendable {
        package let name: TopicName
        package internal(set) var entries = 0
        /// Bytes of payload.
        package internal(set) var bytes = 0
        /// Those of them that were consumed.
        package internal(set) var consumed = 0
        /// Damaged ones that were left out.
        package internal(set) var damaged = 0
        /// Entries of which it cannot be told whether the query means them.
        package internal(set) var undecided = 0
        /// Why none of it could be taken over.
        package internal(set) var refusal: String?
        var digest = EntryDigest()
        var isClean = true
    }

    package struct Report: Sendable {
        package internal(set) var topics: [Topic] = []
        /// What could not be read, with its place.
        package internal(set) var left: [Finding] = []

        package var entries: Int { topics.reduce(0) { $0 + $1.entries } }
        package var bytes: Int { topics.reduce(0) { $0 + $1.bytes } }
        package var consumed: Int { topics.reduce(0) { $0 + $1.consumed } }
        package var undecided: Int { topics.reduce(0) { $0 + $1.undecided } }
    }

    package struct Stopped: Error, CustomStringConvertible {
        package let description = "stopped; nothing was made"
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What can be read in the log that the scanner looks at: the entries of batches that are not whole,
    /// too, which count for nobody else. Nil where the look was stopped.
    package static func look(
        _ scanner: Scanner, _ scan: (Scanner) throws -> DirectoryState?
    ) rethrows -> DirectoryState? {
        guard try scan(scanner) != nil else { return nil }
        return scanner.stateWithParts()
    }

    /// Does it, and checks the new log before it gets its name.
    ///
    /// - Parameter state: what `look` found.
    /// - Parameter progress: hears of the entries copied, and all there are; returning false stops.
    package func run(
        _ state: DirectoryState, progress: @escaping (_ done: Int, _ all: Int) -> Bool
    ) throws -> Report {
        let draft = try DirectoryDraft(target, source: source)
        do {
            let report = try fill(draft, state, progress)
            guard report.entries > 0 || query == nil && files == nil else { throw Nothing() }
            try check(report, draft.draft)
            try draft.finish()
            return report
        } catch {
            draft.discard()
            throw error
        }
    }

    /// No entry is to be copied: there is no new log then.
    package struct Nothing: Error, CustomStringConvertible {
        package var description: String { "nothing that can be read matches: no log was made" }
    }

    // MARK: - Copying

    private func fill(
        _ draft: DirectoryDraft, _ state: DirectoryState, _ progress: (Int, Int) -> Bool
    ) throws -> Report {
        let chosen = state.topics.filter { topics?.contains($0.name) ?? true }
        try draft.require(bytes: query == nil ? chosen.reduce(0) { $0 + $1.size } : 0)
        // Entries keep their times: the engine asks this clock when it stamps one.
        let time = Moment()
        var configuration = Configuration(
            directory: draft.draft, key: nil, fsyncSchedule: .milliseconds(1_000),
            reclamation: .off, backend: .fileDescriptor)
        configuration.writesMetrics = false
        let engine = try Walrus(
            configuration, on: DiskStorage(draft.draft), clock: { time.value.withLock { $0 } })
        var report = Report()
        let all = chosen.reduce(0) { $0 + $1.entries }
        do {
            for topic in chosen {
                report.topics.append(
                    try copy(topic, to: engine, time) { progress(report.entries + $0, all) })
            }
        } catch {
            try? engine.close()
            throw error
        }
        try engine.close()
        report.left = state.findings.filter(isLoss).map { finding in
            guard finding.kind == .incompleteBatch else { return finding }
            return Finding(
                finding.severity, finding.kind, file: finding.file, block: finding.block,
                offset: finding.offset,
                finding.message.replacing("do not count", with: "are copied, as single ones"))
        }
        return report
    }

    private func copy(
        _ topic: TopicState, to engine: Walrus, _ time: Moment, _ progress: (Int) -> Bool
    ) throws -> Topic {
        var done = Topic(name: topic.name)
        if let refusal = topic.name.refusal {
            done.refusal = topic.entries > 0 ? refusal : nil
            return done
        }
        done.isClean = topic.isClean
        let reader = EntryReader(directory: source, topic: topic)
        var result = SearchResult()
        var isStopped = false
        try unsafe reader.forEachMatch(
            of: query ?? .everything, counting: &result,
            progress: { _ in
                isStopped = !progress(done.entries)
                return !isStopped
            },
            visit: { _, row, payload in
                guard files?.contains(row.file) ?? true else { return true }
                guard row.damage == nil else {
                    done.damaged += 1
                    return true
                }
                let bytes =
                    try unsafe payload.map { unsafe Array($0) } ?? reader.payload(of: row)
                guard bytes.count == row.length, FNV1a.hash(bytes) == row.checksum else {
                    throw Failure(
                        description: "\(row.file) block \(row.slot) has changed while it was read: "
                            + "try again once nobody writes to \(source)")
                }
                time.set(row)
                try engine.append(bytes, to: topic.name)
                done.entries += 1
                done.bytes += row.length
                if row.isConsumed { done.consumed += 1 }
                done.digest.add(length: row.length, checksum: row.checksum)
                return true
            })
        guard !isStopped, progress(done.entries) else { throw Stopped() }
        done.undecided = result.undecided
        if done.consumed > 0 {
            try engine.seek(
                topic.name, to: done.consumed == done.entries ? .end : .ordinal(done.consumed + 1))
        }
        try topic.isClean ? engine.markClean(topic.name) : engine.markDirty(topic.name)
        return done
    }

    /// When the entry at hand was appended; where nothing tells, when its file was made.
    private final class Moment: Sendable {
        let value = Mutex(Clock.wall())

        func set(_ row: EntryRow) {
            let made = (row.file.milliseconds ?? 0).multipliedReportingOverflow(by: 1_000_000)
            let time = row.stamp?.timestamp ?? (made.overflow ? .max : made.partialValue)
            value.withLock { $0 = min(time, UInt64(Int64.max)) }
        }
    }

    /// Whether the finding tells of something that was not taken over.
    private func isLoss(_ finding: Finding) -> Bool {
        let kinds: [Finding.Kind] = [
            .damagedPayload, .damagedHeader, .misplacedEntry, .tornTail, .lostRest, .hiddenEntries,
            .unreadableBlock, .unreadableFile, .incompleteBatch, .damagedCursorIndex,
            .damagedCleanIndex, .damagedJournal, .cursorLost, .more,
        ]
        guard kinds.contains(finding.kind) else { return false }
        guard let files, let name = finding.file.flatMap({ DataFileName($0) }) else { return true }
        return files.contains(name)
    }

    // MARK: - Checking

    /// The new log has the same entries, cursors and marks, and nothing wrong.
    private func check(_ report: Report, _ path: FilePath) throws {
        guard let state = try Scanner(path).scan() else { throw Stopped() }
        func wrong(_ what: String) -> Failure {
            Failure(description: "\(what); nothing was made: try again")
        }
        if let finding = state.findings.first(where: { $0.severity > .info }) {
            throw wrong("the new log is not sound: \(finding.message)")
        }
        for topic in report.topics where topic.refusal == nil {
            let found = state.topic(topic.name)
            let name = topic.name.quoted
            let digest = try found.map {
                try EntryReader(directory: path, topic: $0).digest()
            }
            guard digest ?? EntryDigest() == topic.digest else {
                throw wrong("the entries of \(name) are not the same")
            }
            guard found?.consumed ?? 0 == topic.consumed else {
                throw wrong("the reader of \(name) does not stand at the same entry")
            }
            guard found?.isClean ?? true == topic.isClean else {
                throw wrong("the mark of \(name) is not the same")
            }
        }
    }
}
