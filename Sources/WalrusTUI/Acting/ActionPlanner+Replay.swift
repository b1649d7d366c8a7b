internal import Inspect
internal import SystemPackage
internal import WalrusActions
internal import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

// Entries once more, into another topic. The console's replay is that of the verb: either goes on with
// what the other has begun.
extension ActionPlanner {
    func replay(_ order: ReplayOrder, of topic: TopicState, _ control: ActionControl) throws
        -> PlannedAction
    {
        if let refusal = order.into.refusal { throw ActionFailure(refusal) }
        guard let records = places.replays else { throw ReplayError.noStateFolder }
        let other = order.directory.map { UserFiles.typed($0) }
        let target = try other.map { try existingOrNew(FilePath($0)) } ?? directory
        var request = ReplayRequest(directory, topic.name, to: .topic(order.into, target))
        var words: [String] = []
        switch order.entries {
        case .all: break
        case .unread:
            request.from = ReplayRequest.Bound("cursor") { try $0.ordinal(of: .cursor) }
            words = ["--from", "cursor"]
        case .query(let query):
            request.query = query
            words = ["--where", query.text]
        case .marked(let rows):
            let ordinals = try ordinals(of: rows, in: topic, control)
            guard let first = rows.first, let last = rows.last else { break }
            // What names the same entries for good, where they have it.
            let sequences = rows.compactMap { $0.stamp.map { Int(clamping: $0.sequence) } }
            let query =
                try sequences.count == rows.count
                ? Self.query("sequence", sequences) : Self.query("ordinal", ordinals)
            let (from, to) = (
                first.place, EntryPlace(file: last.file, slot: last.slot, offset: last.end)
            )
            request.query = query
            request.from = ReplayRequest.Bound(from.text) { try $0.ordinal(of: .place(from)) }
            request.to = ReplayRequest.Bound(to.text) { try $0.ordinal(of: .place(to)) }
            words = ["--where", query.text, "--from", from.text, "--to", to.text]
        }
        var replay = Replay(request, records: records)
        replay.restarts = order.restarts
        if let rate = order.rate {
            guard let number = Self.perSecond(rate) else {
                throw ActionFailure("\(rate) is no rate: 500 or 0.5, entries a second")
            }
            replay.rate = number
        }
        let survey = try replay.survey { scanned in
            control.goesOn("\(Figures.grouped(scanned)) entries looked at")
        }
        guard let survey else { throw ActionControl.Stopped() }
        guard !survey.isNothing else {
            throw ActionFailure("no entry of \(topic.name.word) matches: nothing to replay")
        }
        words += order.into.intoArguments
        if let other { words += ["--into-dir", other] }
        if let rate = order.rate { words += ["--rate", rate] }
        if order.restarts { words.append("--restart") }
        var plan = replay.plan(survey, command: command("replay", topic.name, words))
        plan.lines.append("it can be stopped, and goes on when it is asked for again")
        return PlannedAction(
            plan: plan, verb: "replay", directory: target, topic: order.into,
            canStop: true
        ) { [replay] control in
            let result = try replay.run(note: control.note) { status in
                control.goesOn(
                    "\(Figures.grouped(status.delivered)) replayed, "
                        + "\(Figures.grouped(status.left)) still to be looked at")
            }
            control.note(Self.leftOut(result))
            return result.outcome(isTopic: true)
        }
    }

    private static func leftOut(_ result: Replay.Result) -> [String] {
        var notes: [String] = []
        if result.damaged > 0 {
            let places = result.damagedPlaces.map(\.text).joined(separator: ", ")
            let more = result.damaged > result.damagedPlaces.count ? ", ..." : ""
            notes.append(
                "left out: \(plural(result.damaged, "damaged entry", "damaged entries")) "
                    + "(\(places)\(more))")
        }
        if result.undecided > 0 {
            notes.append(
                "of \(plural(result.undecided, "entry", "entries")) it cannot be told whether the "
                    + "query means them")
        }
        return notes
    }

    /// "500", "500/s", "0.5".
    private static func perSecond(_ text: String) -> Double? {
        let number = text.hasSuffix("/s") ? String(text.dropLast(2)) : text
        guard let rate = Double(number), rate > 0, rate.isFinite else { return nil }
        return rate
    }

    /// A directory that is missing is made, but not what it would lie in.
    private func existingOrNew(_ path: FilePath) throws -> FilePath {
        let logs = Directory.exists(path) ? try DataDirectory.namespaces(in: path) : []
        let isInLog = try DataDirectory.isInLog(path) || EntryExport.isInside(path, directory)
        guard !logs.isEmpty || !isInLog else {
            throw ActionFailure(
                "\(path) lies in the directory of a log: name one somewhere else")
        }
        guard !Directory.exists(path) else {
            guard logs.isEmpty || logs.contains(where: { $0.name == nil }) else {
                throw ActionFailure(
                    "\(path) holds no log itself, but \(logs.count) of instance keys: name the "
                        + "folder of one")
            }
            return path
        }
        let parent = path.removingLastComponent()
        _ = try Directory.list(parent.isEmpty ? "." : parent)
        return path
    }

    // MARK: - Marked entries

    /// Where the marked entries stand among those of the topic now, in their order.
    private func ordinals(
        of rows: [EntryRow], in topic: TopicState, _ control: ActionControl
    ) throws -> [Int] {
        guard let first = rows.first, let last = rows.last else {
            throw ActionFailure("the marks are gone")
        }
        let reader = EntryReader(directory: directory, topic: topic)
        var left: [EntryPlace: EntryRow] = [:]
        for row in rows { left[row.place] = row }
        var ordinals: [Int] = []
        try unsafe reader.forEach(from: try reader.ordinal(of: .place(first.place))) { row, _ in
            guard row.place <= last.place else { return false }
            if let marked = left[row.place], let ordinal = row.ordinal,
                (marked.length, marked.checksum) == (row.length, row.checksum)
            {
                ordinals.append(ordinal)
                left[row.place] = nil
            }
            return control.goesOn("\(Figures.grouped(ordinals.count)) marked entries found")
        }
        try control.check("")
        if let gone = left.keys.min() {
            throw ActionFailure("the entry at \(gone) is not the one that was marked")
        }
        return ordinals
    }

    /// The longest list of numbers that is still a command somebody can read and repeat.
    private static let rangesMax = 200

    /// A query for exactly the entries with these numbers, runs of them as ranges.
    private static func query(_ field: String, _ ordinals: [Int]) throws -> Query {
        var ranges: [ClosedRange<Int>] = []
        for ordinal in ordinals {
            if let last = ranges.last, last.upperBound + 1 == ordinal {
                ranges[ranges.count - 1] = last.lowerBound...ordinal
            } else {
                ranges.append(ordinal...ordinal)
            }
        }
        guard ranges.count <= rangesMax else {
            throw ActionFailure(
                "\(plural(ordinals.count, "marked entry", "marked entries")) in "
                    + "\(ranges.count) places are too many for one replay: use a query, or append them"
            )
        }
        let terms = ranges.map { range in
            range.count == 1
                ? "\(field) == \(range.lowerBound)"
                : "(\(field) >= \(range.lowerBound) and \(field) <= \(range.upperBound))"
        }
        return try Query(terms.joined(separator: " or "))
    }
}

extension TopicName {
    /// The words that name the topic as a replay's target.
    fileprivate var intoArguments: [String] {
        let words = arguments
        return ["--into", words[0]] + (words.count > 1 ? ["--into-hex"] : [])
    }
}
