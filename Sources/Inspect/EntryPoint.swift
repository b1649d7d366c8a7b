public import WalrusFormat

/// A place in a topic, as people name it.
public enum EntryPoint: Hashable, Sendable {
    case begin
    /// Where the topic's reader goes on.
    case cursor
    /// Behind the last entry.
    case end
    /// The sound entry with this 1-based place on disk.
    case ordinal(Int)
    /// So many sound entries before the end.
    case last(Int)
    /// The first entry with this running number or a later one.
    case sequence(UInt64)
    /// The first entry appended then or later, in nanoseconds since 1970 UTC.
    case time(UInt64)
    case place(EntryPlace)

    /// Reads begin, cursor, end, 2000, -100, #411127, @2026-11-20T12:00:00Z, @-1h, or
    /// 1763670155020:3+0x1F00; `now` is what a time span counts back from.
    public init?(_ text: String, now: UInt64) {
        switch text {
        case "begin": self = .begin
        case "cursor": self = .cursor
        case "end": self = .end
        default:
            if text.hasPrefix("@") {
                guard let time = Timestamp.parse(text.dropFirst(), now: now) else { return nil }
                self = .time(time)
            } else if text.hasPrefix("#") {
                guard let number = UInt64(text.dropFirst()) else { return nil }
                self = .sequence(number)
            } else if let place = EntryPlace(text) {
                self = .place(place)
            } else if let number = Int(text), number != 0 {
                self = number > 0 ? .ordinal(number) : .last(number == .min ? .max : -number)
            } else {
                return nil
            }
        }
    }

    /// What reads as the same.
    public var text: String {
        switch self {
        case .begin: "begin"
        case .cursor: "cursor"
        case .end: "end"
        case .ordinal(let number): "\(number)"
        case .last(let count): "-\(count)"
        case .sequence(let number): "#\(number)"
        case .time(let time): "@\(Timestamp.text(time))"
        case .place(let place): place.text
        }
    }

    /// That the topic has no such place.
    public struct Missing: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }
}

extension EntryReader {
    /// The ordinal of the first sound entry at `point` or behind it; one past the last when there is
    /// none. Throws `EntryPoint.Missing` where the topic cannot tell.
    public func ordinal(of point: EntryPoint) throws -> Int {
        switch point {
        case .begin: return 1
        case .cursor: return topic.consumed + 1
        case .end: return topic.entries + 1
        case .ordinal(let number): return number
        case .last(let count): return max(1, topic.entries - min(count, topic.entries) + 1)
        case .time(let time): return try certainOrdinal(at: time)
        case .sequence(let number):
            guard let ordinal = try ordinal(sequence: number) else {
                throw EntryPoint.Missing(description: "no entry of the topic has a running number")
            }
            return ordinal
        case .place(let place):
            guard topic.blockIndex(of: place) != nil else {
                throw EntryPoint.Missing(description: "the topic has no block at \(place)")
            }
            return try ordinal(file: place.file, slot: place.slot, offset: place.offset)
        }
    }

    /// Where the sound entry with the ordinal stands, or where the last one ends when there is none
    /// such; nil for a topic without blocks.
    public func place(ofOrdinal ordinal: Int) throws -> EntryPlace? {
        var place: EntryPlace?
        try unsafe forEach(from: max(1, ordinal)) { row, _ in
            if row.ordinal != nil { place = row.place }
            return place == nil
        }
        return place ?? topic.end
    }
}
