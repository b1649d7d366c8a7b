import ArgumentParser
import Inspect
import SystemPackage
import WalrusActions
import WalrusConsole
import WalrusIO

struct Backup: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Copy a log into a tar archive, also while it is written to. Writes there.",
        discussion: """
            While another process writes, each topic is copied as it was at some moment during the \
            copy: whole entries and whole batches, and a cursor that is not ahead of them, so that \
            some may be delivered again. When nobody writes, every byte is copied. Holes stay holes: \
            `tar -xf` extracts the archive as `walrus restore` does, which checks it too. The archive is \
            read back before it gets its name.
            """)

    @OptionGroup var log: LogArguments

    @Argument(
        help: ArgumentHelp("The archive to make.", valueName: "FILE.tar"), completion: .file())
    var archive: String

    @Flag(help: "Replace the archive if it is there.")
    var force = false

    @OptionGroup var form: OutputArguments

    func validate() throws {
        if archive.isEmpty { throw ValidationError("the archive's name is empty") }
        if archive == "-" {
            throw ValidationError(
                "an archive is a file, which is checked and renamed once it is whole")
        }
    }

    func perform() throws {
        let path = try log.existing()
        var job = BackupJob(path, to: FilePath(archive))
        job.replaces = force
        StopSignals.watch()
        let command = (["walrus", "backup"] + log.words + [archive] + (force ? ["--force"] : []))
            .map(ShellWord.quoted).joined(separator: " ")
        let line = ProgressLine()
        defer { line.clear() }
        let ready = job
        do {
            let report = try AuditLog().noting(
                .init("backup", path, command: command),
                {
                    try ready.run { progress in
                        switch progress {
                        case .looking(let scan):
                            line.show("reading: \(Figures.percent(scan.done, of: scan.total))")
                        case .copying(let done, let all):
                            line.show("copying: \(Figures.percent(done, of: all))")
                        }
                        return !StopSignals.isRequested
                    }
                },
                outcome: { $0.outcome(archive) })
            line.clear()
            try tell(report)
        } catch let error as BackupJob.Stopped {
            StopSignals.endIfRequested()
            throw error
        } catch let error as IOError where error.errno == .fileExists {
            throw Failure(.usage, "\(archive) is there already: name another file, or --force")
        }
    }

    private func tell(_ report: BackupJob.Report) throws {
        try form.print(report.outcome(archive))
        guard report.findings == 0 else {
            throw Failure(
                .nothing,
                "the log has \(counted(report.findings, "finding", "findings")), see walrus check: its damage is backed up with it"
            )
        }
    }
}
