package import Inspect
package import SystemPackage
internal import WalrusEngine
internal import WalrusFormat
internal import WalrusIO

/// Mends a directory: a plan, its doing, and what must hold afterwards.
package struct RepairJob: Sendable {
    package typealias Progress = @Sendable (Scanner.Progress) -> Bool

    package let directory: FilePath
    package let store: UndoStore
    /// The command line that does the same, for the undo record.
    package let command: String

    package init(_ directory: FilePath, store: UndoStore, command: String) {
        self.directory = directory
        self.store = store
        self.command = command
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What could be done, without writing anything.
    ///
    /// - Parameter ids: the repairs to be made; nil: all that are not doubtful.
    package func plan(only ids: [String]? = nil, progress: @escaping Progress = { _ in true })
        throws
        -> RepairPlan
    {
        try RepairPlanner(directory, progress: progress).plan(only: ids)
    }

    /// Does what the plan says, if the directory is still what it was made for.
    ///
    /// Throws `EngineError.locked` with the holders when another process has the directory.
    /// - Returns: the number under which it can be undone.
    package func apply(_ plan: RepairPlan, progress: @escaping Progress = { _ in true }) throws
        -> Int
    {
        let lock = try Patience.whileLocked { () throws(EngineError) in
            try DirectoryLock(directory, looksForStrangers: true)
        }
        let planner = try RepairPlanner(directory, progress: progress)
        let now = try planner.plan(only: plan.chosen.map(\.id))
        guard now.chosen == plan.chosen, now.changes == plan.changes else {
            throw Failure(
                description:
                    "\(directory) has changed since the plan was made; nothing was written: "
                    + "look at the plan again")
        }
        let touched = Set(now.chosen.flatMap(\.cuts).map(\.topic))
        let before = try Self.digests(planner.state, touched, directory)
        let record = try store.keep(now.changes, of: directory, command: command)
        try record.bring(to: .new)
        if let broken = try Self.broken(now.expectation, before, touched, directory) {
            try store.record(record.number).bring(to: .old)
            throw Failure(
                description: "\(broken); every byte was put back, nothing is changed")
        }
        withExtendedLifetime(lock) {}
        return record.number
    }

    // MARK: - What must hold

    private static func digests(
        _ state: DirectoryState, _ topics: Set<TopicName>, _ directory: FilePath
    ) throws -> [TopicName: EntryDigest] {
        var digests: [TopicName: EntryDigest] = [:]
        for topic in state.topics where topics.contains(topic.name) {
            digests[topic.name] = try EntryReader(directory: directory, topic: topic).digest()
        }
        return digests
    }

    /// What is not as the plan said it would be; nil: all is.
    private static func broken(
        _ expectation: RepairExpectation, _ before: [TopicName: EntryDigest],
        _ touched: Set<TopicName>, _ directory: FilePath
    ) throws -> String? {
        guard let state = try Scanner(directory).scan() else { return "the scan was stopped" }
        for topic in expectation.topics {
            let found = state.topic(topic.name)
            // A topic of which nothing counts any more need not be listed.
            let name = topic.name.quoted
            if found?.entries ?? 0 != topic.entries {
                return "\(name) would have \(found?.entries ?? 0) entries, not \(topic.entries)"
            }
            if topic.entries > 0, found?.cursor?.stand != topic.cursor {
                return "the reader of \(name) would not stand where it should"
            }
            if found?.isClean ?? true != topic.isClean {
                return "the mark of \(name) would not be what it should"
            }
        }
        let after = try digests(state, touched, directory)
        for (name, digest) in before where digest.entries > 0 && after[name] != digest {
            return "the entries of \(name.quoted) would not be the same"
        }
        let there = Set(state.findings.map(\.identity))
        if let finding = expectation.gone.first(where: { there.contains($0.identity) }) {
            return "what was found would still be there: \(finding.message)"
        }
        // Where a number is missing shows only once nothing damaged stands there.
        let new = state.findings.first {
            $0.severity > .info && $0.kind != .sequenceGap && $0.kind != .more
                && !expectation.known.contains($0.place)
        }
        return new.map { "something new would be wrong: \($0.message)" }
    }
}
