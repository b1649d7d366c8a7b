import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO

/// The program: `walrus DIR` is the console, everything else a verb.
@main
struct WalrusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walrus",
        abstract: "Look at Walrus write-ahead logs, and operate on them.",
        usage: """
            walrus [DIR] [--write]
            walrus VERB DIR ...
            """,
        discussion: """
            walrus DIR opens the console on a data directory; `walrus demo DIR` makes one to try. \
            Nothing that looks ever writes. These verbs write: append, import, consume, seek, mark, replay, \
            reclaim and repair into the log, bench, demo, salvage and restore into a new directory, export \
            and backup into a file outside of the log; and the console's actions after --write.

            Exit status: 0 fine, 1 findings or nothing there, 2 usage, 3 I/O or lock; by SIGPIPE when \
            the reader of the output goes away.
            """,
        version: Software.version,
        subcommands: [
            Console.self, Topics.self, Files.self, Blocks.self, Forecast.self, Entries.self,
            Peek.self, Tail.self, Live.self, Record.self, Export.self, Check.self,
            RecoverPreview.self, HexVerb.self, Append.self, Consume.self, Seek.self,
            Mark.self, Replay.self, Replays.self, Reclaim.self, RepairVerb.self, Salvage.self,
            Backup.self, Restore.self, Import.self, Frame.self, Bench.self, Demo.self, Config.self,
            Namespaces.self, Completions.self, Manual.self, Version.self,
        ],
        defaultSubcommand: Console.self)

    static func main() {
        StandardStreams.guardClosed()
        StandardStreams.turnSignalsIntoErrors()
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            try refuseMistypedVerb(words.first)
            var command = try parseAsRoot(Seek.withPlaceApart(words))
            try command.run()
        } catch let failure as Failure {
            if failure.status == .closedPipe { StandardStreams.endByClosedPipe() }
            if let message = failure.message { StandardStreams.complain("walrus: " + message) }
            exit(withStatus: failure.status.rawValue)
        } catch let code as ExitCode {
            exit(withStatus: code.rawValue)
        } catch {
            // The parser's own: help and version go to standard output, mistakes are usage.
            let code = exitCode(for: error)
            var text = fullMessage(for: error)
            if code == .success {
                // They take a look at the machine, which is not for every verb.
                if text == Software.version { text = BuildFacts.text }
                do throws(IOError) {
                    let output = StandardOutput()
                    try output.write(text + (text.isEmpty ? "" : "\n"))
                    try output.flush()
                } catch {
                    if error.errno == .brokenPipe { StandardStreams.endByClosedPipe() }
                    exit(withStatus: Failure.Status.io.rawValue)
                }
                exit(withStatus: 0)
            }
            let usage = UsageLine(message: message(for: error), help: text, words: words)
            StandardStreams.complain("walrus: " + usage.text)
            exit(withStatus: Failure.Status.usage.rawValue)
        }
    }

    /// A first word that is nearly a verb, and no directory, is told from one that is neither.
    private static func refuseMistypedVerb(_ word: String?) throws {
        guard let word, !word.hasPrefix("-"), !word.contains("/"), !word.isEmpty,
            !Directory.exists(FilePath(word))
        else { return }
        let verbs = configuration.subcommands.map { $0._commandName } + ["help"]
        guard !verbs.contains(word), let near = Nearest.word(to: word, among: verbs) else { return }
        throw Failure(
            .usage, "\(word): no such verb, and no such directory; did you mean walrus \(near)?")
    }

    private static func exit(withStatus status: Int32) -> Never {
        exit(withError: ExitCode(status))
    }
}

/// A verb: what it does may fail, and every failure has its exit status.
protocol Verb: ParsableCommand {
    func perform() throws
}

extension Verb {
    func run() throws {
        do { try perform() } catch let code as ExitCode { throw code } catch {
            throw Failure(error)
        }
    }
}
