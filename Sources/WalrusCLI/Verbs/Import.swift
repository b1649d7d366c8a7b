import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Import: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Append the payloads of exported JSON lines to a topic. Writes.",
        discussion: """
            Takes what `walrus export` and `walrus entries -o jsonl` write: payload, or payload_base64, of each \
            line; all else in it is ignored. A file is read through before anything is appended, so that \
            a line that is none changes nothing. Entries are appended a thousand at a time, each thousand \
            whole or not at all.
            """)

    @OptionGroup var log: LogArguments
    @OptionGroup var topic: TopicArguments
    @OptionGroup var form: OutputArguments

    @Argument(
        help: ArgumentHelp("A file, or \"-\" for standard input.", valueName: "FILE"),
        completion: .file())
    var source: String

    @Flag(help: "Make a new log where there is none, also beside other files.")
    var create = false

    func perform() throws {
        if let refusal = topic.name.refusal { throw Failure(.usage, refusal) }
        let path = try log.existingOrNew(creates: create)
        let words =
            ["walrus", "import"] + log.words + [topic.topic, source]
            + (topic.topicHex ? ["--topic-hex"] : []) + (create ? ["--create"] : [])
        if source != "-" {
            _ = try ImportJob.measure(FilePath(source))
        }
        var lines = source == "-" ? nil : try FileLines(FilePath(source), limit: ImportJob.lineMax)
        var input = StandardInput()
        StopSignals.watch()
        let bar = ProgressLine()
        defer { bar.clear() }
        let command = words.map(ShellWord.quoted).joined(separator: " ")
        var read = 0
        let outcome = try AuditLog().noting(
            .init("import", path, topic: topic.name, command: command)
        ) {
            let report = try LogAccess(path).acting { log in
                try ImportJob(topic: topic.name).run(
                    {
                        let line = lines == nil ? try Self.next(&input) : try lines?.next()
                        if line != nil { read += 1 }
                        return line
                    }, to: log
                ) { done in
                    bar.show("\(Figures.grouped(done)) entries appended")
                    return !StopSignals.isRequested
                }
            }
            return report.outcome
        }
        bar.clear()
        if read == 0 {
            // Mostly a pipe whose writer failed.
            StandardStreams.complain("walrus: note: the input is empty: nothing was appended")
        }
        try form.print(outcome)
        StopSignals.endIfRequested()
    }

    private static func next(_ input: inout StandardInput) throws -> [UInt8]? {
        switch try input.line(limit: ImportJob.lineMax) {
        case .line(let bytes): return bytes
        case .end: return nil
        case .tooLong: throw Failure(.usage, "a line is longer than any entry is in JSON")
        }
    }
}
