internal import Inspect
internal import WalrusFormat

/// Something that changed between two looks, in words.
public struct LiveEvent: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case topic, mark, cursor, file, block, finding, engine

        var role: Role {
            switch self {
            case .topic, .block: .info
            case .mark: .good
            case .file: .accent
            case .cursor, .finding: .warning
            case .engine: .title
            }
        }
    }

    /// Of the look that found it, in nanoseconds since 1970 UTC.
    public let time: UInt64
    public let kind: Kind
    /// One sentence in harmless characters.
    public let text: String

    /// Events of one kind that one look may bring; the rest are counted.
    private static let perKindMax = 8

    /// What changed from one state to a later one.
    ///
    /// - Parameter findings: what is news of the later one's findings.
    static func all(
        from old: DirectoryState, to new: DirectoryState, findings: [FindingFeed.News] = []
    ) -> [LiveEvent] {
        var list = List(time: new.time)
        TopicState.forEachPair(old.topics, new.topics) { a, b in
            switch (a, b) {
            case (let a?, let b?): compare(a, b, &list)
            case (nil, let b?):
                list.add(.topic, "\(name(b)) appeared, \(plural(b.entries, "entry", "entries"))")
            case (let a?, nil): list.add(.topic, "\(name(a)) is gone")
            case (nil, nil): break
            }
        }
        compareFiles(old.files, new.files, &list)
        for finding in findings { add(finding, &list) }
        compareEngines(old.metrics?.image, new.metrics?.image, &list)
        return list.events
    }

    private static func name(_ topic: TopicState) -> String {
        topic.name.shown(.unicode, limit: 80)
    }

    private static func compare(_ old: TopicState, _ new: TopicState, _ list: inout List) {
        guard old != new else { return }
        if old.isClean != new.isClean {
            list.add(.mark, "\(name(new)) marked \(new.isClean ? "clean" : "dirty")")
        }
        if let back = stepBack(old, new) {
            list.add(.cursor, "\(name(new)): the cursor went back \(back)")
        }
        if let last = new.blocks.last, let before = old.blocks.last,
            (before.file, before.slot) < (last.file, last.slot)
        {
            list.add(.block, "\(name(new)) went on to block \(last.slot) of \(last.file)")
        }
    }

    /// How far the topic's cursor went back; nil when it did not.
    private static func stepBack(_ old: TopicState, _ new: TopicState) -> String? {
        guard let from = old.cursor else { return nil }
        let entries = old.consumed - new.consumed
        guard entries > 0 else { return nil }
        guard let to = new.cursor else {
            return new.blocks.isEmpty
                ? nil : "to the begin, \(plural(entries, "entry", "entries"))"
        }
        guard (to.file, to.slot, to.offset) < (from.file, from.slot, from.offset) else {
            return nil
        }
        return plural(entries, "entry", "entries")
    }

    private static func compareFiles(
        _ old: [FileState], _ new: [FileState], _ list: inout List
    ) {
        let (before, after) = (Set(old.map(\.name)), Set(new.map(\.name)))
        for file in new where !before.contains(file.name) {
            list.add(.file, "file \(file.name) appeared")
        }
        for file in old where !after.contains(file.name) {
            list.add(.file, "file \(file.name) is gone, \(Figures.bytes(file.allocated)) freed")
        }
    }

    private static func add(_ news: FindingFeed.News, _ list: inout List) {
        switch news {
        case .came(let finding):
            list.add(.finding, "\(finding.severity.rawValue): \(sentence(finding))")
        case .went(let finding): list.add(.finding, "no more: \(sentence(finding))")
        }
    }

    private static func sentence(_ finding: Finding) -> String {
        let text = "\(finding.kind.rawValue) \(place(finding))"
        return VisibleText(text, mode: .escape, ascii: false, limit: 120).text
    }

    private static func place(_ finding: Finding) -> String {
        let file = finding.file.map {
            VisibleText($0, mode: .escape, ascii: false, limit: 60).text
        }
        guard let block = finding.block else {
            let parts = [
                finding.offset.map { "at \(EntriesView.hex($0))" }, file.map { "of \($0)" },
            ]
            return parts.compactMap { $0 }.joined(separator: " ")
        }
        return "in \(file ?? "?"):\(block)"
            + (finding.offset.map { "+" + EntriesView.hex($0) } ?? "")
    }

    private static func compareEngines(
        _ old: MetricsImage?, _ new: MetricsImage?, _ list: inout List
    ) {
        switch (old, new) {
        case (nil, let new?): list.add(.engine, "engine \(new.processID) tells its figures")
        case (let old?, nil): list.add(.engine, "engine \(old.processID) closed, or fell silent")
        case (let old?, let new?):
            if (old.processID, old.opened) != (new.processID, new.opened) {
                list.add(.engine, "engine \(new.processID) follows engine \(old.processID)")
            } else if new.counters.failedSyncs > old.counters.failedSyncs {
                list.add(.engine, "engine \(new.processID): a sync has failed")
            } else if new.counters.failedAppends > old.counters.failedAppends {
                list.add(.engine, "engine \(new.processID): appends have failed")
            }
        case (nil, nil): break
        }
    }

    /// Events of one look.
    private struct List {
        let time: UInt64
        private var found: [LiveEvent] = []
        private var counts: [Kind: Int] = [:]

        init(time: UInt64) { self.time = time }

        mutating func add(_ kind: Kind, _ text: @autoclosure () -> String) {
            counts[kind, default: 0] += 1
            guard counts[kind, default: 0] <= LiveEvent.perKindMax else { return }
            found.append(LiveEvent(time: time, kind: kind, text: text()))
        }

        var events: [LiveEvent] {
            let more = Kind.allCases.compactMap { kind -> LiveEvent? in
                let count = counts[kind, default: 0] - LiveEvent.perKindMax
                guard count > 0 else { return nil }
                return LiveEvent(
                    time: time, kind: kind,
                    text: "\(Figures.grouped(count)) more of these: \(kind.rawValue)")
            }
            return found + more
        }
    }
}
