internal import WalrusFormat

/// Where going to a place in a topic leads: to the entry there, or to the nearest that there is.
public struct EntryLanding: Hashable, Sendable {
    /// Which entry stands for the one that is not there.
    public enum Nearest: String, Hashable, Sendable {
        case first, next, last
    }

    /// That there is no entry at the place.
    public struct Miss: Hashable, Sendable {
        public let nearest: Nearest
        /// What is there instead: "there are 40 entries".
        public let fact: String

        public init(_ nearest: Nearest, _ fact: String) {
            (self.nearest, self.fact) = (nearest, fact)
        }

        /// "there are 40 entries: at the last".
        public var text: String { "\(fact): at the \(nearest.rawValue)" }
    }

    /// Of a sound entry of the topic; 0: it has none.
    public let ordinal: Int
    /// Nil: the entry is the one that was asked for.
    public let miss: Miss?

    public init(ordinal: Int, miss: Miss?) { (self.ordinal, self.miss) = (ordinal, miss) }
}

extension EntryReader {
    /// The entry at `point`, or the nearest, for a look: of entries without a stamp the time is
    /// that of their file. Throws `EntryPoint.Missing` where the topic has nothing of that kind.
    public func landing(at point: EntryPoint) throws -> EntryLanding {
        let ordinal: Int
        if case .time(let time) = point {
            ordinal = try self.ordinal(at: time)
        } else {
            ordinal = try self.ordinal(of: point)
        }
        return EntryLanding(
            ordinal: min(max(1, ordinal), topic.entries), miss: try miss(of: point, at: ordinal))
    }

    /// That `ordinal`, to which `point` leads by the rule "there or behind it", is not of the entry
    /// that was asked for; nil where it is.
    public func miss(of point: EntryPoint, at ordinal: Int) throws -> EntryLanding.Miss? {
        let count = topic.entries
        guard count > 0 else { return .init(.last, "the topic has no sound entries") }
        let all = count == 1 ? "there is 1 entry" : "there are \(count) entries"
        switch point {
        case .begin, .end, .place: return nil
        case .cursor:
            return ordinal > count ? .init(.last, "every entry is read") : nil
        case .ordinal(let number):
            if number < 1 { return .init(.first, "entries count from 1") }
            return number > count ? .init(.last, all) : nil
        case .last(let number):
            return number > count ? .init(.first, all) : nil
        case .sequence(let number):
            if ordinal > count {
                let last = topic.blocks.last { $0.stamps != nil }?.stamps?.last.sequence ?? 0
                return .init(.last, "the last running number is \(last)")
            }
            guard let found = try row(ordinal)?.stamp?.sequence, found != number else { return nil }
            return ordinal == 1
                ? .init(.first, "the first running number is \(found)")
                : .init(.next, "no sound entry has the number \(number)")
        case .time(let time):
            if ordinal > count { return .init(.last, "nothing was appended then or later") }
            guard ordinal == 1, let first = try row(1)?.stamp?.timestamp, first > time else {
                return nil
            }
            return .init(.first, "everything was appended later")
        }
    }

    private func row(_ ordinal: Int) throws -> EntryRow? {
        var found: EntryRow?
        try unsafe forEach(from: ordinal) { row, _ in
            if row.ordinal == ordinal { found = row }
            return found == nil && row.ordinal ?? 0 <= ordinal
        }
        return found
    }
}
