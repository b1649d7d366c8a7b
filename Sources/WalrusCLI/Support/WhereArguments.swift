import ArgumentParser
import Inspect
import WalrusIO

/// --where: which entries.
struct WhereArguments: ParsableArguments {
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            """
            Only entries that QUERY asks for: text, ~/regex/, hex:1f8b, '.status == "err"', \
            'length > 10K', 'time > -1h', is:unread, with and, or, not, ( ).
            """, valueName: "QUERY"))
    var text: String?

    func validate() throws { _ = try parsed() }

    /// The query, with moments before now made fixed ones; nil without one.
    func query() throws -> Query? { try parsed()?.resolved(now: Clock.wall()) }

    /// The same with moments before now as they were typed.
    func unresolved() throws -> Query? { try parsed() }

    private func parsed() throws -> Query? {
        do throws(QueryError) {
            return try text.map { text throws(QueryError) in try Query(text) }
        } catch {
            throw ValidationError("--where, \(error)")
        }
    }
}

/// What was left out of an answer, and must not pass for something that is not there.
struct LeftOut {
    var damaged = 0
    var undecided = 0
    /// Where the first of the damaged ones are.
    var places: [String] = []

    func admit() throws {
        var parts: [String] = []
        if damaged > 0 {
            let entries = damaged == 1 ? "entry was" : "entries were"
            let more = damaged > places.count ? ", ..." : ""
            let named = places.isEmpty ? "" : " (\(places.joined(separator: ", "))\(more))"
            parts.append("\(damaged) damaged \(entries) left out\(named): see walrus check")
        }
        if undecided > 0 {
            let entries = undecided == 1 ? "entry" : "entries"
            parts.append(
                "of \(undecided) \(entries) it cannot be told whether the query means them: "
                    + "their time is unknown, or they are too long to be read as JSON")
        }
        if !parts.isEmpty { throw Failure(.nothing, parts.joined(separator: "; ")) }
    }
}
