import ArgumentParser
import Inspect
import WalrusConsole
import WalrusFormat

/// Where to start in a topic: begin, cursor, end, an ordinal, the last N, or a time.
enum StartPoint: ExpressibleByArgument {
    case begin, cursor, end
    case ordinal(Int)
    case last(Int)
    /// Nanoseconds since 1970 UTC.
    case time(UInt64)

    init?(argument: String) {
        switch argument {
        case "begin": self = .begin
        case "cursor": self = .cursor
        case "end": self = .end
        default:
            if argument.hasPrefix("@") {
                guard let time = Timestamp.parse(argument.dropFirst()) else { return nil }
                self = .time(time)
            } else if let number = Int(argument), number != 0 {
                self = number > 0 ? .ordinal(number) : .last(number == .min ? .max : -number)
            } else {
                return nil
            }
        }
    }

    static var defaultValueDescription: String { "begin" }

    /// The ordinal to start at.
    func ordinal(_ reader: EntryReader) throws -> Int {
        let topic = reader.topic
        switch self {
        case .begin: return 1
        case .cursor: return topic.consumed + 1
        case .end: return topic.entries + 1
        case .ordinal(let number): return number
        case .last(let count): return max(1, topic.entries - min(count, topic.entries) + 1)
        case .time(let time): return try reader.ordinal(at: time)
        }
    }
}
