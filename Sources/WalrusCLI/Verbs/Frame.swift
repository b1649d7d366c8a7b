import ArgumentParser
import Inspect
import SystemPackage
import WalrusConsole
import WalrusFormat
import WalrusIO
import WalrusTUI

struct Frame: Verb {
    static let configuration = CommandConfiguration(
        abstract: "Print one frame of the console: for scripts, tickets and pictures.",
        discussion: "The same directory gives the same bytes.")

    enum Form: String, ExpressibleByArgument, CaseIterable {
        case text, ansi, svg, json
    }

    @OptionGroup var log: LogArguments

    @Flag(help: "DIR is a recording of `walrus record`; the keys < and ( go back in it.")
    var play = false

    @OptionGroup var start: MomentArguments

    @Option(
        help: ArgumentHelp(
            "The screen; without it, what the console begins with: home, or the list of logs where DIR holds several or none.",
            valueName: "SCREEN"))
    var screen: NamedArgument<ConsoleModel.Screen>?

    @Option(help: "Columns and rows, as 120x40.")
    var size: SizeArgument = SizeArgument(size: Size(columns: 120, rows: 40))

    @Option(help: "The topic that is pointed at; without it, the first on Home.")
    var topic: String?

    @Flag(help: "TOPIC is the name's bytes in hexadecimal.")
    var topicHex = false

    @Option(help: "Keys to press first, as \"j <Enter> v\".")
    var keys = ""

    @Flag(help: "Draw with ASCII alone.")
    var ascii = false

    @Option(help: ArgumentHelp("Colours: \(Theme.choices).", valueName: "NAME"))
    var theme = "dark"

    @Option(
        help: ArgumentHelp(
            "Colours of ansi: auto, never, 16, 256 or truecolor. NO_COLOR is respected.",
            valueName: "WHEN"))
    var color = ColorArgument(choice: .auto)

    @OptionGroup var decoder: DecoderArguments

    @Option(name: .shortAndLong, help: "How to print.")
    var output: Form = .text

    func validate() throws {
        guard Theme.named(theme) != nil else {
            throw ValidationError("no theme '\(theme)': \(Theme.choices)")
        }
        if play, screen?.value == .entries || screen?.value == .hex {
            throw ValidationError(
                "a recording holds no payloads and no bytes: --screen "
                    + "\(screen?.value.rawValue ?? "") needs the directory itself")
        }
        if start.at != nil, !play { throw ValidationError("--at needs --play") }
        if topicHex, topic.flatMap({ TopicName(hex: $0) }) == nil {
            throw ValidationError("--topic-hex needs a TOPIC of hexadecimal digits")
        }
        do { _ = try Key.script(keys) } catch { throw ValidationError("\(error)") }
    }

    func perform() throws {
        let recording = play ? try RecordingFile(FilePath(log.directory)) : nil
        if let problem = recording?.problem { StandardStreams.complain("walrus: " + problem) }
        let (path, isChoice) = try chosen()
        var console = HeadlessConsole(
            directory: path.string,
            setup: ConsoleModel.Setup(
                directory: log.shown, root: log.directory,
                interval: recording?.interval ?? 1_000_000_000,
                hasDecoder: decoder.decode != nil),
            size: size.size, glyphs: ascii ? .ascii : .unicode, decoder: decoder.decode,
            recording: recording, from: try recording.flatMap { try start.frame(of: $0, zone: 0) })
        console.use(Theme.named(theme) ?? .dark)
        if isChoice {
            console.choose(in: path.string)
        } else {
            console.start()
        }
        if let topic {
            let name = topicHex ? TopicName(hex: topic) ?? TopicName("") : TopicName(topic)
            guard console.select(name) else {
                throw Failure(.nothing, "no topic \(name.shown(ascii: true)) there")
            }
        }
        if let screen, screen.value != .chooser { console.show(screen.value) }
        console.press(try Key.script(keys))
        let colors = console.model.theme
        let depth = color.choice.depth(
            colors: 1 << 24, noColor: Host.environment("NO_COLOR"))
        let frame = console.frame
        let text =
            switch output {
            case .text: FrameText.render(frame)
            case .ansi:
                FrameANSI.render(
                    frame, theme: depth == .mono ? .mono : colors, depth: depth)
            case .svg:
                FrameSVG.render(
                    frame, theme: depth == .mono ? .mono : colors,
                    title: "walrus \(console.model.screen.rawValue)")
            case .json: FrameJSON.render(frame)
            }
        let out = StandardOutput()
        try out.write(text)
        try out.flush()
    }
}

extension Frame {
    /// What is looked at, and whether the logs in it are listed.
    private func chosen() throws -> (FilePath, isChoice: Bool) {
        if play { return (FilePath(log.directory), false) }
        switch screen?.value {
        case .chooser: return (try log.existingOrChoice().path, true)
        // A topic is one of a log, which the list of logs has not got.
        case nil where topic == nil: return try log.existingOrChoice()
        default: return (try log.existing(), false)
        }
    }
}

/// "120x40".
struct SizeArgument: ExpressibleByArgument {
    let size: Size

    init(size: Size) { self.size = size }

    init?(argument: String) {
        let parts = argument.split(separator: "x").map { Int($0) ?? 0 }
        guard parts.count == 2, (1...2_000).contains(parts[0]), (1...1_000).contains(parts[1])
        else {
            return nil
        }
        size = Size(columns: parts[0], rows: parts[1])
    }

    var defaultValueDescription: String { "\(size.columns)x\(size.rows)" }
}
