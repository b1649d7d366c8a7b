import ArgumentParser
import Inspect
import WalrusIO

/// A place in a topic as an option: begin, cursor, end, N, -N, #SEQ, @TIME or FILE:BLOCK+OFF.
struct StartPoint: ExpressibleByArgument {
    static let begin = StartPoint(point: .begin)
    static let cursor = StartPoint(point: .cursor)
    static let end = StartPoint(point: .end)

    let point: EntryPoint

    init(point: EntryPoint) { self.point = point }

    init?(argument: String) {
        guard let point = EntryPoint(argument, now: Clock.wall()) else { return nil }
        self.point = point
    }

    var defaultValueDescription: String { point.text }

    /// The ordinal to start at.
    func ordinal(_ reader: EntryReader) throws -> Int {
        do { return try reader.ordinal(of: point) } catch let error as EntryPoint.Missing {
            throw Failure(.nothing, error.description)
        }
    }

    /// Says that what was printed begins with another entry than the one that was asked for. Of a
    /// time that is what it means.
    func admit(_ miss: EntryLanding.Miss?) {
        guard let miss else { return }
        if case .time = point { return }
        StandardStreams.complain("walrus: note: \(miss.fact): from the \(miss.nearest.rawValue)")
    }
}
