import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusIO
import WalrusJSON

struct Namespaces: Verb {
    static let configuration = CommandConfiguration(
        abstract: "List the logs in a directory: its own, and those of instance keys.",
        discussion: """
            For each: topics, data files, bytes on disk, last write, and the processes that can write to \
            it. Exits with 1 when there is none.
            """)

    @Argument(
        help: ArgumentHelp("The data directory.", valueName: "DIR"), completion: .directory)
    var directory: String

    @OptionGroup var form: OutputArguments

    func perform() throws {
        let path = FilePath(directory)
        let logs: [NamespaceSummary]
        do throws(IOError) { logs = try NamespaceLister().list(path, withWriters: true) } catch {
            throw LogArguments.failure(path, error)
        }
        try Report(form.output).print(
            "namespaces", logs,
            [
                .init("LOG"), .init("TOPICS", number: true), .init("FILES", number: true),
                .init("DISK", number: true), .init("LAST WRITE"), .init("HELD BY"),
            ], members: Self.members
        ) { log in
            [
                log.name.map { VisibleText($0, mode: .escape, limit: 200).text } ?? ".",
                String(log.topics ?? 0), String(log.files), String(log.allocated),
                log.modified.map { Figures.dateTime(UInt64(max(0, $0)), offset: 0) } ?? "-",
                (log.writers ?? []).map(String.init).joined(separator: ","),
            ]
        }
        if logs.isEmpty { throw Failure(.nothing, "\(path): no log there") }
    }

    private static func members(_ log: NamespaceSummary) -> JSON {
        .object([
            ("namespace", .optional(log.name)), ("path", .string(log.path)),
            ("topics", .int(log.topics ?? 0)), ("files", .int(log.files)),
            ("allocated", .int(log.allocated)), ("modified", .optional(log.modified)),
            ("writers", .array((log.writers ?? []).map(JSON.int))),
        ])
    }
}
