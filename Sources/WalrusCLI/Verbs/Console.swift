import ArgumentParser
import Inspect
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
            "The data directory; without it WALRUS_DATA_DIR, else ./wal_files.", valueName: "DIR"),
        completion: .directory)
    var directory: String?

    @Option(help: "The instance key: its log lies in a folder of its own in DIR.")
    var key: String?

    @Flag(
        help:
            "Offer the actions that write: append, consume, seek, replay, reclaim, repair and others."
    )
    var write = false

    @Option(
        help: ArgumentHelp("Look at the directory every so often: 1s, 500ms.", valueName: "TIME"))
    var refresh: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Colours: auto, never, 16, 256 or truecolor. NO_COLOR is respected.", valueName: "WHEN")
    )
    var color: ColorArgument?

    @Option(
        help: ArgumentHelp(
            "\(Theme.choices); without it, what fits the terminal's background, where that can be told.",
            valueName: "NAME"))
    var theme: String?

    @Option(
        help: ArgumentHelp(
            "Show a recording of `walrus record` and no directory.", valueName: "FILE"),
        completion: .file())
    var play: String?

    @OptionGroup var start: MomentArguments

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    @Flag(help: "Click selects, the wheel scrolls; :mouse on the way.")
    var mouse = false

    @Flag(
        help: """
            For screen readers: labelled lines instead of a screen, and words instead of keys; \
            type help.
            """)
    var plain = false

    @OptionGroup var decoder: DecoderArguments
    @OptionGroup var configuration: ConfigurationArguments

    func validate() throws {
        if let directory { try LogArguments(directory: directory, key: key).validate() }
        if start.at != nil, play == nil { throw ValidationError("--at needs --play FILE") }
        if plain, write {
            throw ValidationError("--plain only looks: append, consume and mark are verbs")
        }
        if let theme, Theme.named(theme) == nil {
            throw ValidationError("no theme '\(theme)': \(Theme.choices)")
        }
    }

    func perform() throws {
        let recording = try play.map { try RecordingFile(FilePath($0)) }
        let log = try play.map { LogArguments(directory: $0, key: nil) } ?? chosenLog()
        let (path, isChoice) =
            recording == nil ? try log.existingOrChoice() : (FilePath(log.directory), false)
        var (chosen, notice) = try configuration.read()
        if let problem = recording?.problem { notice = .init(kind: .problem, text: problem) }
        if let theme { chosen.theme = theme }
        if let color { chosen.color = color.choice }
        if let refresh { chosen.refresh = refresh.nanoseconds }
        if ascii { chosen.ascii = true }
        if mouse { chosen.mouse = true }
        let first = try recording.flatMap { try start.frame(of: $0, zone: Clock.zoneOffset()) }
        let setup = ConsoleModel.Setup(
            directory: log.shown, root: log.directory, canWrite: write && recording == nil,
            interval: refresh?.nanoseconds ?? recording?.interval ?? chosen.refresh,
            timeZone: Clock.zoneOffset(), hasDecoder: decoder.decode != nil)
        if plain {
            var console = PlainConsole(
                directory: path.string, setup: setup,
                decoder: decoder.decode ?? (chosen.decode.isEmpty ? nil : chosen.decode),
                recording: recording, from: first)
            complain(of: notice)
            console.configure(chosen)
            return try console.run(choosing: isChoice)
        }
        guard StandardOutput.isTerminal, StandardStreams.isInputTerminal else {
            var console = HeadlessConsole(
                directory: path.string, setup: setup, size: Size(columns: 100, rows: 30),
                glyphs: chosen.ascii ? .ascii : .unicode, decoder: decoder.decode,
                recording: recording, from: first)
            complain(of: notice)
            console.configure(chosen)
            if isChoice { console.choose(in: path.string) } else { console.start() }
            let output = StandardOutput()
            try output.write(FrameText.render(console.frame))
            return try output.flush()
        }
        let status: Int32
        do throws(TerminalError) {
            status = try ConsoleApp(
                directory: path.string, setup: setup, configuration: chosen,
                choosing: isChoice, notice: notice,
                decoder: decoder.decode ?? (chosen.decode.isEmpty ? nil : chosen.decode),
                recording: recording, from: first
            ).run()
        } catch { throw Failure(.io, error.description) }
        if status != 0 { throw ExitCode(status) }
    }

    /// Where no bottom line would say it.
    private func complain(of notice: ConsoleModel.Notice?) {
        guard let notice else { return }
        StandardStreams.complain("walrus: " + Failure.line(ConfigurationArguments.line(notice)))
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

/// --at: the moment of a recording to begin with.
struct MomentArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Begin with the last look at or before this time and not with the last of all: \
            \(ConsoleModel.momentForms); --at=-90s is before the end.
            """, valueName: "TIME"))
    var at: String?

    /// The frame of that time; nil where none is asked for.
    ///
    /// - Parameter zone: seconds east of UTC.
    func frame(of recording: RecordingFile, zone: Int) throws -> Int? {
        guard let at else { return nil }
        let times = recording.times
        guard let time = ConsoleModel.moment(at, end: times.last ?? 0, zone: zone) else {
            throw Failure(.usage, "--at \(at): which time? \(ConsoleModel.momentForms)")
        }
        guard let frame = recording.index(at: time) else {
            let first = Figures.dateTime(times.first ?? 0, offset: zone)
            throw Failure(.nothing, "--at \(at): the recording begins at \(first)")
        }
        return frame
    }
}

/// --decode: what makes text of payloads.
struct DecoderArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A program that makes text of payloads: for each it gets a line of hexadecimal digits \
            and answers with one line, in which \\n, \\t and \\\\ stand for a line end, a tab and a \
            backslash. It runs as long as the console; it is started again when it dies or takes \
            2 s. Payloads over 64 KiB are not given to it.
            """, valueName: "CMD"))
    var decode: String?
}

/// A choice of colours, as an option.
struct ColorArgument: ExpressibleByArgument {
    let choice: ColorChoice

    init(choice: ColorChoice) { self.choice = choice }

    init?(argument: String) {
        guard let choice = ColorChoice(rawValue: argument) else { return nil }
        self.choice = choice
    }

    static var allValueStrings: [String] { ColorChoice.allCases.map(\.rawValue) }
    var defaultValueDescription: String { choice.rawValue }
}

/// "1s", "500ms".
struct DurationArgument: ExpressibleByArgument {
    let nanoseconds: UInt64

    init?(argument: String) {
        guard let nanoseconds = Figures.parseDuration(argument) else { return nil }
        self.nanoseconds = nanoseconds
    }
}
