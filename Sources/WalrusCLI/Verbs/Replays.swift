import ArgumentParser
import Inspect
import WalrusActions
import WalrusConsole
import WalrusIO
import WalrusJSON

struct Replays: Verb {
    static let configuration = CommandConfiguration(
        abstract: "List the replays of this user: those to go on with, and the finished ones.",
        discussion: """
            A replay goes on when its command is repeated, and a finished one does nothing: this is \
            where that is known from, in $XDG_STATE_HOME/walrus/replays. LEFT is what its range and its limit leave; with a \
            query that is the most there can be. Exits with 1 when there is none.
            """)

    @Option(
        help: ArgumentHelp(
            "Forget this one: its command begins anew, and brings all entries again.",
            valueName: "ID"))
    var forget: String?

    @OptionGroup var form: OutputArguments

    func perform() throws {
        do {
            let records = try ReplayRecord.all(in: ReplayRecord.root())
            if let forget {
                guard let record = records.first(where: { $0.identity.id == forget }) else {
                    throw Failure(.nothing, "no replay \(forget); walrus replays lists them")
                }
                return try record.forget()
            }
            try list(records)
        } catch let error as ReplayError {
            throw Failure(.io, "\(error)")
        }
    }

    private func list(_ records: [ReplayRecord]) throws {
        try Report(form.output).print(
            "replays", records,
            [
                .init("ID"), .init("BEGAN"), .init("STATE"), .init("REPLAYED", number: true),
                .init("LEFT", number: true), .init("WHAT"),
            ],
            members: { record in
                .object([
                    ("id", .string(record.identity.id)),
                    ("began", .string(Timestamp.iso(record.began))),
                    ("finished", .optional(record.finished.map(Timestamp.iso))),
                    ("replayed", .int(record.delivered)), ("left", .int(record.left)),
                    ("left_at_most", .bool(record.isLeftAtMost)),
                    ("what", .string(record.identity.text)),
                ])
            },
            cells: { record in
                [
                    record.identity.id, Figures.dateTime(record.began, offset: 0),
                    record.finished == nil ? "to go on" : "finished", String(record.delivered),
                    (record.isLeftAtMost ? "at most " : "") + String(record.left),
                    VisibleText(record.identity.text, mode: .escape, limit: 400).text,
                ]
            })
        if records.isEmpty { throw Failure(.nothing, "no replay is known") }
    }
}
