import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusJSON

struct Salvage: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Copy all that can be read of a damaged log into a new directory. Writes there.",
        discussion: """
            The log itself is only read. Entries keep their order and times, readers the next entry, \
            topics their marks; of a batch that is not whole the sound entries are taken, as single ones. OUT is built as \
            OUT.unfinished, compared with what was read, and then renamed. What could not be read is \
            told with its place; exit status 1.
            """)

    @OptionGroup var log: LogArguments

    @Argument(
        help: ArgumentHelp("The new directory.", valueName: "OUT"), completion: .directory)
    var out: String

    @Option(
        name: .customLong("topic"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Only this topic; may be given again.", valueName: "TOPIC"))
    var topics: [String] = []

    @Flag(help: "TOPIC is the name's bytes in hexadecimal.")
    var topicHex = false

    @Option(
        name: .customLong("file"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Only what is in this data file; may be given again.", valueName: "NAME")
    )
    var files: [String] = []

    @OptionGroup var wanted: WhereArguments
    @OptionGroup var form: OutputArguments

    func validate() throws {
        if out.isEmpty { throw ValidationError("OUT is empty: name a new directory") }
        for file in files where DataFileName(file) == nil {
            throw ValidationError("--file \(file): that is no name of a data file")
        }
        if topicHex, let wrong = topics.first(where: { TopicName(hex: $0) == nil }) {
            throw ValidationError("'\(wrong)' is not pairs of hexadecimal digits")
        }
    }

    func perform() throws {
        let path = try log.existing()
        guard let state = try SalvageJob.look(Scanner(path), scanTellingProgress) else {
            throw Failure(.io, "the scan was stopped")
        }
        var job = SalvageJob(path, to: FilePath(out))
        job.query = try wanted.query()
        if !topics.isEmpty {
            let names = topics.map { topicHex ? TopicName(hex: $0) ?? "" : TopicName($0) }
            if let missing = names.first(where: { state.topic($0) == nil }) {
                throw Failure(
                    .nothing,
                    "no topic \(missing.shown(ascii: true)); walrus topics lists the \(state.topics.count) there"
                )
            }
            job.topics = Set(names)
        }
        if !files.isEmpty { job.files = Set(files.compactMap { DataFileName($0) }) }
        if let missing = job.files?.first(where: { name in
            !state.files.contains { $0.name == name }
        }) {
            throw Failure(.nothing, "there is no data file \(missing) in \(path)")
        }
        StopSignals.watch()
        let report = try run(job, state)
        try tell(report)
        try admit(report)
    }

    private func run(_ job: SalvageJob, _ state: DirectoryState) throws -> SalvageJob.Report {
        let line = ProgressLine()
        defer { line.clear() }
        var words = ["walrus", "salvage"] + log.words + [out]
        for topic in topics { words += ["--topic", topic] }
        if topicHex { words.append("--topic-hex") }
        for file in files { words += ["--file", file] }
        if let text = wanted.text { words += ["--where", text] }
        let command = words.map(ShellWord.quoted).joined(separator: " ")
        do {
            return try AuditLog().noting(
                .init("salvage", job.source, command: command),
                {
                    try job.run(state) { done, all in
                        line.show(
                            "\(Figures.grouped(done)) of \(Figures.grouped(all)) entries copied")
                        return !StopSignals.isRequested
                    }
                },
                outcome: { $0.outcome(out) })
        } catch let error as SalvageJob.Stopped {
            StopSignals.endIfRequested()
            throw error
        }
    }

    private func tell(_ report: SalvageJob.Report) throws {
        if form.output != .text {
            let left = report.left.map { finding in
                JSON.object([
                    ("kind", .string(finding.kind.rawValue)), ("file", .optional(finding.file)),
                    ("block", .optional(finding.block)), ("offset", .optional(finding.offset)),
                    ("message", .string(finding.message)),
                ])
            }
            let output = StandardOutput()
            let members = [("schema", JSON.int(1))] + report.figures.dropLast()
            try output.write(JSON.object(members + [("left_out", .array(left))]).text + "\n")
            return try output.flush()
        }
        for finding in report.left {
            var place = finding.file.map { VisibleText($0, mode: .escape, limit: 200).text } ?? "-"
            if let block = finding.block { place += ":\(block)" }
            if let offset = finding.offset { place += "+\(offset)" }
            let what = finding.kind == .incompleteBatch ? "" : "left out: "
            StandardStreams.complain(Failure.line("\(what)\(place): \(finding.message)"))
        }
        try form.print(report.outcome(out))
    }

    private func admit(_ report: SalvageJob.Report) throws {
        for topic in report.topics {
            guard let refusal = topic.refusal else { continue }
            throw Failure(.nothing, "\(topic.name.shown(ascii: true)) was left out: \(refusal)")
        }
        guard report.left.isEmpty else {
            throw Failure(
                .nothing, "not all could be read: \(counted(report.left.count, "place", "places"))")
        }
        try LeftOut(undecided: report.undecided).admit()
    }
}
