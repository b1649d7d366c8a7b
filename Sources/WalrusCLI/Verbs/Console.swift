import ArgumentParser
import SystemPackage
import WalrusConsole
import WalrusIO
import WalrusTUI

struct Console: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Open the console on a directory. This is what `walrus DIR` does.",
        discussion: """
            Looking changes no byte and no cursor, and no timestamp either where the files are yours \
            or you are root. Keys: ? shows them all, q quits. \
            Without a terminal, prints the first screen as text. A directory that is named like a \
            verb is opened by ./NAME.
            """)

    @Argument(
        help: ArgumentHelp(
            "The data directory; without it WALRUS_DATA_DIR, else ./wal_files.", valueName: "DIR"))
    var directory: String?

    @Option(help: "The instance key: its log lies in a folder of its own in DIR.")
    var key: String?

    @Flag(help: "Offer the actions that write (append, consume).")
    var write = false

    @Option(help: "Look at the directory every so often: 1s, 500ms.")
    var refresh: DurationArgument = DurationArgument(nanoseconds: 1_000_000_000)

    @Option(help: "Colours: auto, never, 16, 256 or truecolor. NO_COLOR is respected.")
    var color: ColorArgument = ColorArgument(choice: .auto)

    @Option(
        help: ArgumentHelp(
            "\(Theme.choices); without it, what fits the terminal's background, where that can be told.",
            valueName: "NAME"))
    var theme: String?

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    func validate() throws {
        if let directory { try LogArguments(directory: directory, key: key).validate() }
        if let theme, Theme.named(theme) == nil {
            throw ValidationError("no theme '\(theme)': \(Theme.choices)")
        }
    }

    func perform() throws {
        let log = try chosenLog()
        let path = try log.existing()
        let setup = ConsoleModel.Setup(
            directory: log.directory, canWrite: write, interval: refresh.nanoseconds,
            timeZone: Clock.zoneOffset())
        guard StandardOutput.isTerminal, StandardStreams.isInputTerminal else {
            var console = HeadlessConsole(
                directory: path.string, setup: setup, size: Size(columns: 100, rows: 30),
                glyphs: ascii ? .ascii : .unicode)
            console.start()
            let output = StandardOutput()
            try output.write(FrameText.render(console.frame))
            return try output.flush()
        }
        let status: Int32
        do throws(TerminalError) {
            status = try ConsoleApp(
                directory: path.string, setup: setup, theme: theme.flatMap(Theme.named), color: color.choice,
                ascii: ascii
            ).run()
        } catch { throw Failure(.io, error.description) }
        if status != 0 { throw ExitCode(status) }
    }

    /// Where an application writes that was told nothing, unless there is a DIR.
    private func chosenLog() throws -> LogArguments {
        let standard = Directory.exists("wal_files") ? "wal_files" : nil
        guard let chosen = directory ?? Host.environment("WALRUS_DATA_DIR") ?? standard else {
            throw Failure(
                .usage,
                "which directory? walrus DIR opens the console, walrus demo DIR makes one to try; "
                    + "see walrus --help")
        }
        // A mistyped verb comes here as well.
        if chosen == directory, !chosen.contains("/"), try FileStatus.of(FilePath(chosen)) == nil {
            throw Failure(.io, "\(chosen): no such directory, and no such verb; see walrus --help")
        }
        return LogArguments(directory: chosen, key: key)
    }
}

/// A choice of colours, as an option.
struct ColorArgument: ExpressibleByArgument {
    let choice: ColorChoice

    init(choice: ColorChoice) { self.choice = choice }

    init?(argument: String) {
        guard let choice = ColorChoice(rawValue: argument) else { return nil }
        self.choice = choice
    }

    var defaultValueDescription: String { choice.rawValue }
}

/// "1s", "500ms".
struct DurationArgument: ExpressibleByArgument {
    let nanoseconds: UInt64

    init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    init?(argument: String) {
        let (digits, scale): (Substring, Double) =
            argument.hasSuffix("ms")
            ? (argument.dropLast(2), 1e6)
            : argument.hasSuffix("s") ? (argument.dropLast(), 1e9) : (Substring(argument), 1e9)
        guard let value = Double(digits), value.isFinite, value * scale >= 1e8,
            value * scale <= 3.6e12
        else { return nil }
        nanoseconds = UInt64(value * scale)
    }

    var defaultValueDescription: String { "\(Double(nanoseconds) / 1e9)s" }
}
