internal import Inspect
public import SystemPackage
public import WalrusFormat
internal import WalrusIO
internal import WalrusJSON

/// Takes entries of a topic into another one, or to a command, in their order; one that was
/// interrupted goes on where it was.
///
/// Into a topic every entry comes once, whatever ends the process: before a batch is appended it is
/// noted durably where the target ends and what the batch holds, and a batch is appended whole or not
/// at all. So whoever goes on looks whether it is there (`ReplayTarget.find`). To a command an entry
/// comes at least once.
public struct Replay: Sendable {
    /// What to believe of a last batch of which nothing can be told.
    public enum LastBatch: String, Hashable, Sendable, CaseIterable {
        case there, missing
    }

    public let request: ReplayRequest
    /// Entries a second at most.
    public var rate: Double?
    /// Forget an earlier run, finished or not.
    public var restarts = false
    public var lastBatch: LastBatch?
    /// Opens the target, of which what an earlier run has not finished may go; nothing for a command.
    package var open: @Sendable (FilePath, [Repair.Cut]) throws -> any OpenLog = {
        try LogAccess($0).open(giving: $1)
    }

    /// Where it is noted how far it is (`ReplayRecord.root`).
    public let records: FilePath

    public init(_ request: ReplayRequest, records: FilePath) {
        self.request = request
        self.records = records
    }

    /// How far it is, while it runs.
    public struct Status: Sendable {
        /// Entries that were handed over, by earlier runs too.
        public var delivered = 0
        /// Sound entries of the source that are still to be looked at, as many as its limit leaves.
        public var left = 0
    }

    public struct Result: Sendable {
        /// Entries that were handed over, by all runs.
        public var delivered = 0
        public var bytes = 0
        /// Those of earlier runs.
        public var earlier = 0
        /// Over length and FNV-1a 64 of the entries in their order: of the source, which the target
        /// agrees with.
        public var sum: UInt64 = 0
        /// Entries that could not be compared: consumed and reclaimed in the target at once.
        public var unseen = 0
        public var damaged = 0
        /// The first of those that this run came upon.
        public var damagedPlaces: [EntryPlace] = []
        public var undecided = 0
        /// When it had come to its end before this run, in nanoseconds since 1970 UTC.
        public var finishedBefore: UInt64?
        /// Somebody asked it to stop: the same replay goes on later.
        public var isStopped = false

        /// No entry is what was asked for. It is not noted as done.
        public var isNothing: Bool { delivered == 0 && !isStopped }
    }

    /// What would be done, by a look at the source alone.
    public struct Survey: Sendable {
        public var entries = 0
        public var bytes = 0
        public var damaged = 0
        public var undecided = 0
        /// Entries that an earlier run has handed over already.
        public var delivered = 0
        public var finished: UInt64?
        public var targetEntries = 0
        /// The target is no directory yet: a log is made there.
        public var isTargetNew = false

        /// No entry is what was asked for.
        public var isNothing: Bool { entries == 0 && delivered == 0 && finished == nil }
    }

    // MARK: - The plan

    /// Counts what a run would hand over. Writes nothing. Nil when `goesOn` stopped it.
    public func survey(goesOn: (Int) -> Bool = { _ in true }) throws -> Survey? {
        var survey = Survey()
        guard let state = try Scanner(request.source).scan() else { return nil }
        let record = restarts ? nil : try ReplayRecord.find(request.identity.id, in: records)
        if let record { try admit(record) }
        // One that is missing is made when it begins.
        if case .topic(_, let path) = request.target {
            survey.isTargetNew = !Directory.exists(path)
        }
        if case .topic(let name, let path) = request.target, !survey.isTargetNew {
            let scanner = Scanner(path)
            let target = try scanner.scan()
            survey.targetEntries = target?.topic(name)?.entries ?? 0
            if try unfinished(request.identity, name, path).isEmpty {
                try OpeningLoss.admit(path, scanner)
            }
        }
        let topic = try sourceTopic(state)
        let source: ReplaySource
        var position: ReplayPosition
        if let record {
            survey.delivered = record.delivered
            survey.finished = record.finished
            if record.finished != nil { return survey }
            source = try resumed(record, topic)
            position = record.progress.position
        } else {
            let begun = try begun(topic)
            (source, position) = (begun.source, begun.position)
        }
        position.damaged = 0
        let limit = (request.limit ?? .max) - position.delivered
        let end = try unsafe source.forEach(
            from: position, limit: limit, goesOn: { goesOn($0.scanned) },
            visit: { _, row, _ in
                survey.entries += 1
                survey.bytes += row.length
                return true
            })
        guard let end else { return nil }
        survey.damaged = end.damaged
        survey.undecided = end.undecided
        return survey
    }

    /// - Parameter command: the words of the command that does it.
    public func plan(_ survey: Survey, command: [String]) -> ActionPlan {
        let entries = counted(survey.entries, "entry", "entries")
        var lines: [String] = []
        let title: String
        switch request.target {
        case .topic(let name, let path):
            title = "replay \(entries) of \(request.topic.word) into \(name.word)"
            lines.append("\(survey.bytes) bytes of payload, in atomic batches, into \(path)")
            lines.append(
                survey.isTargetNew
                    ? "no directory is there: a new log is made"
                    : "the target has \(counted(survey.targetEntries, "entry", "entries")) now")
        case .command(let command):
            title = "hand \(entries) of \(request.topic.word) to a command"
            lines.append("\(survey.bytes) bytes of payload, one process an entry: \(command)")
        }
        if survey.delivered > 0 {
            lines.append(
                "goes on after the \(counted(survey.delivered, "entry", "entries")) of an earlier run"
            )
        }
        if survey.finished != nil { lines.append("an earlier run has finished it: nothing to do") }
        if survey.damaged > 0 {
            lines.append("\(counted(survey.damaged, "damaged entry", "damaged entries")) left out")
        }
        return ActionPlan(
            title: title, command: command, lines: lines, confirmation: .yes,
            figures: [
                ("entries", .int(survey.entries)), ("bytes", .int(survey.bytes)),
                ("earlier", .int(survey.delivered)), ("damaged", .int(survey.damaged)),
                ("undecided", .int(survey.undecided)),
                ("finished_before", .optional(survey.finished.map(Timestamp.iso))),
            ])
    }

    // MARK: - Doing it

    /// Does it, or goes on with it.
    ///
    /// - Parameters:
    ///   - note: hears what opening the target dropped or set aside, and that it is a new log.
    ///   - goesOn: hears how far it is; returning false stops it behind a batch.
    public func run(
        note: ([String]) -> Void = { _ in }, goesOn: @escaping (Status) -> Bool = { _ in true }
    ) throws -> Result {
        let identity = request.identity
        let lock = try ReplayLock(identity, in: records)
        defer { lock.release() }
        if restarts { try ReplayRecord.find(identity.id, in: records)?.remove() }
        // Before the target is opened, which makes a directory where none is.
        if let known = try ReplayRecord.find(identity.id, in: records) {
            try admit(known)
            if known.finished != nil {
                var result = result(of: known, earlier: known.delivered)
                result.finishedBefore = known.finished
                return result
            }
        }
        guard case .topic(let name, let path) = request.target else {
            return try run(identity, nil, goesOn)
        }
        let isNew = !Directory.exists(path)
        // No log is made for a topic that is not there.
        if isNew, let state = try Scanner(request.source).scan() { _ = try sourceTopic(state) }
        let log = try open(path, unfinished(identity, name, path))
        note((isNew ? ["\(path) was not there: a new log"] : []) + log.notes)
        let result: Result
        do {
            let scanner = Scanner(path)
            let target = ReplayTarget(scanner, log, name)
            try settleOthers(identity, target)
            result = try run(identity, (log, target), goesOn)
        } catch {
            // The first failure is the one to tell.
            try? log.close()
            throw error
        }
        log.close(telling: note)
        return result
    }

    private func run(
        _ identity: ReplayIdentity, _ target: (log: any OpenLog, look: ReplayTarget)?,
        _ goesOn: @escaping (Status) -> Bool
    ) throws -> Result {
        // After the target was opened, which may erase what is no whole batch.
        guard let state = try Scanner(request.source).scan() else { return Result(isStopped: true) }
        let topic = try sourceTopic(state)
        let record: ReplayRecord
        let source: ReplaySource
        if let known = try ReplayRecord.find(identity.id, in: records) {
            if let target { try settle(known, target.look, lastBatch) }
            record = known
            source = try resumed(record, topic)
        } else {
            let begun = try begun(topic)
            source = begun.source
            record = try ReplayRecord(
                begun.description, ReplayProgress(begun.position), in: records)
        }
        let earlier = record.delivered
        var run = ReplayRun(self, source, record, goesOn)
        if let target, case .topic(let name, _) = request.target {
            try run.append(to: name, target.log, target.look)
        } else if case .command(let command) = request.target {
            try run.hand(to: command)
        }
        var result = result(of: record, earlier: earlier)
        result.isStopped = run.isStopped
        result.damagedPlaces = run.damagedPlaces
        // Nothing was replayed: the same command is to look again, for there may be something then.
        if result.isNothing { try record.remove() }
        return result
    }

    private func result(of record: ReplayRecord, earlier: Int) -> Result {
        let progress = record.progress
        return Result(
            delivered: progress.position.delivered, bytes: progress.position.bytes,
            earlier: earlier, sum: progress.position.sum.value, unseen: progress.unseen,
            damaged: progress.position.damaged, undecided: progress.position.undecided)
    }

    // MARK: - Beginning and going on

    public struct NoTopic: Error, Hashable, CustomStringConvertible {
        public let topic: TopicName
        public var description: String { "no topic \(topic.word) with entries is there" }
    }

    private func sourceTopic(_ state: DirectoryState) throws -> TopicState {
        guard let topic = state.topic(request.topic), !topic.blocks.isEmpty else {
            throw NoTopic(topic: request.topic)
        }
        return topic
    }

    private func number(of path: FilePath) throws -> UInt64 {
        try FileStatus.of(path)?.identity.number ?? 0
    }

    private func begun(_ topic: TopicState) throws -> (
        source: ReplaySource, position: ReplayPosition, description: ReplayRecord.Description
    ) {
        let now = Clock.wall()
        let reader = EntryReader(directory: request.source, topic: topic)
        guard let (first, end) = try ReplaySource.range(request, reader) else {
            throw NoTopic(topic: request.topic)
        }
        var targetNumber: UInt64 = 0
        if case .topic(_, let path) = request.target { targetNumber = try number(of: path) }
        let description = ReplayRecord.Description(
            identity: request.identity, began: now, source: try number(of: request.source),
            target: targetNumber, end: end, cursor: topic.cursor?.place)
        let source = try ReplaySource(
            request.source, topic, query: (request.query ?? .everything).resolved(now: now),
            end: end, cursor: topic.cursor?.place, left: nil)
        return (source, try source.position(at: first), description)
    }

    private func resumed(_ record: ReplayRecord, _ topic: TopicState) throws -> ReplaySource {
        let description = record.description
        let source = try ReplaySource(
            request.source, topic,
            query: (request.query ?? .everything).resolved(now: description.began),
            end: description.end, cursor: description.cursor, left: record.progress.position.left)
        try source.check(record.progress.position)
        return source
    }

    /// Fails unless the directories are those that the replay began with, and what a finished one brought is
    /// in the target or was taken by its reader: of another target it is not to be said that it has the entries.
    private func admit(_ record: ReplayRecord) throws {
        guard try number(of: request.source) == record.description.source else {
            throw ReplayError.otherDirectory(request.source)
        }
        guard case .topic(let name, let path) = request.target else { return }
        guard Directory.exists(path) else { throw ReplayError.directoryGone(path) }
        guard try number(of: path) == record.description.target else {
            throw ReplayError.otherDirectory(path)
        }
        guard record.finished != nil, let last = record.progress.last else { return }
        guard try ReplayTarget(Scanner(path), nil, name).holds(last) else {
            throw ReplayError.entriesGone(last.position.delivered, name, path)
        }
    }

    /// What there is of a batch that a replay into the topic was appending when its run was cut off: nobody
    /// was told that it was there, and it is appended once more. Empty where anything else is not whole.
    private func unfinished(_ own: ReplayIdentity, _ topic: TopicName, _ path: FilePath) throws
        -> [Repair.Cut]
    {
        let pending = try ReplayRecord.all(in: records).filter {
            $0.identity.target == own.target && $0.identity.targetTopic == own.targetTopic
        }.compactMap(\.progress.pending)
        guard !pending.isEmpty, Directory.exists(path) else { return [] }
        let loss = try OpeningLoss(path)
        guard loss.batches.count == 1, let batch = loss.batches.first?.batch, batch.topic == topic,
            pending.contains(where: { $0.isOf(batch) })
        else { return [] }
        return loss.cuts
    }

    /// Finds out what became of the batch that was being appended when the last run ended.
    private func settle(_ record: ReplayRecord, _ target: ReplayTarget, _ belief: LastBatch?) throws
    {
        var progress = record.progress
        guard let batch = progress.pending else { return }
        switch (try target.find(batch, continuing: progress.foundSum), belief) {
        case (.there(let sum), _): progress.settle(batch, found: sum)
        case (.missing, _), (.unknown, .missing): progress.pending = nil
        case (.unknown, .there): progress.settle(batch, found: nil)
        case (.unknown, nil):
            throw ReplayError.uncertain(count: batch.count, after: batch.after)
        }
        try record.save(progress)
    }

    /// Before anything new is appended, what others left open is settled: a batch of this replay could
    /// be the same as theirs.
    private func settleOthers(_ own: ReplayIdentity, _ target: ReplayTarget) throws {
        for record in try ReplayRecord.all(in: records)
        where record.identity != own && record.identity.target == own.target
            && record.identity.targetTopic == own.targetTopic
        {
            // Of one that cannot be told anything now, no more can be told later.
            do { try settle(record, target, nil) } catch ReplayError.uncertain {}
        }
    }
}
