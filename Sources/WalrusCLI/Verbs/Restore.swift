import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusIO
import WalrusJSON

struct Restore: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Make a log of an archive that walrus backup wrote, and check it. Writes there.",
        discussion: """
            DIR must be new or empty. It is built as DIR.unfinished, compared with what the archive \
            says that it holds, made durable, and renamed. An archive with anything in it that is no \
            file of a log is refused whole.
            """)

    @Argument(help: ArgumentHelp("The archive.", valueName: "FILE.tar"), completion: .file())
    var archive: String

    @Argument(
        help: ArgumentHelp("The new directory.", valueName: "DIR"), completion: .directory)
    var directory: String

    @Option(help: "The instance key whose log it is to be: in a folder of its own in DIR.")
    var key: String?

    @OptionGroup var form: OutputArguments

    func validate() throws {
        if archive.isEmpty { throw ValidationError("the archive's name is empty") }
        try log.validate()
    }

    private var log: LogArguments { LogArguments(directory: directory, key: key) }

    func perform() throws {
        let job = RestoreJob(FilePath(archive), to: log.path, isOfKey: key != nil)
        StopSignals.watch()
        let command = ShellWord.line(["walrus", "restore", archive] + log.words)
        let line = ProgressLine()
        defer { line.clear() }
        do {
            let report = try AuditLog().noting(
                .init("restore", log.path, command: command),
                {
                    try job.run { done, all in
                        line.show("restoring: \(Figures.percent(done, of: all))")
                        return !StopSignals.isRequested
                    }
                },
                outcome: { $0.outcome(log.path.string) })
            line.clear()
            try tell(report)
        } catch let error as RestoreJob.Stopped {
            StopSignals.endIfRequested()
            throw error
        }
    }

    private func tell(_ report: RestoreJob.Report) throws {
        try form.print(report.outcome(log.path.string))
        if !report.isCompared {
            StandardStreams.complain(
                "walrus: note: the archive does not tell what it holds: only checksums were checked"
            )
        }
        guard report.findings == 0 else {
            throw Failure(
                .nothing,
                "it has \(counted(report.findings, "finding", "findings"))"
                    + (report.isCompared ? ", as the log had" : "")
                    + ": see walrus check \(ShellWord.quoted(log.path.string))"
            )
        }
    }
}
