public import Inspect
public import WalrusConsole
public import WalrusIO

/// The console without a screen: a line in, labelled lines out. It moves no cursor and sends no
/// control byte, so that a screen reader, a braille line, a dumb terminal or a pipe can follow.
public struct PlainConsole {
    private var console: HeadlessConsole
    private let root: String

    /// Wide and high enough that nothing is left out for want of room.
    private static let size = Size(columns: 200, rows: 60)
    /// A longer line is no command.
    private static let lineMax = 64 << 10

    /// - Parameter start: the frame of the recording to begin with; without one, the last.
    public init(
        directory: String, setup: ConsoleModel.Setup, decoder: String?,
        recording: RecordingFile? = nil, from start: Int? = nil
    ) {
        root = directory
        console = HeadlessConsole(
            directory: directory, setup: setup, size: Self.size, glyphs: .unicode,
            clock: Clock.wall(), decoder: decoder, keepsFiles: true, recording: recording,
            from: start)
    }

    public mutating func configure(_ configuration: ConsoleConfiguration) {
        console.configure(configuration)
    }

    /// Runs until `quit` or the end of the input.
    public mutating func run(choosing: Bool) throws(IOError) {
        if choosing { console.choose(in: root) } else { console.start() }
        var input = StandardInput()
        let output = StandardOutput()
        // A prompt in a pipe is noise among the answers.
        let isTerminal = StandardOutput.isTerminal
        try say(["Walrus console, plain. Say help for the words."], output)
        try say(PlainText.lines(.screen, console.model), output)
        while true {
            if isTerminal {
                try output.write("\(console.model.screen.title.lowercased())> ")
                try output.flush()
            }
            let line: String
            switch try input.line(limit: Self.lineMax) {
            case .line(let bytes): line = String(decoding: bytes, as: UTF8.self)
            case .end: return
            case .tooLong: return try say(["Problem: a line that long is no command."], output)
            }
            console.tick(Clock.wall())
            let reply = console.take(plain: line)
            if reply == .quit || console.hasEnded { return }
            try say(PlainText.lines(reply, console.model), output)
        }
    }

    private func say(_ lines: [String], _ output: StandardOutput) throws(IOError) {
        for line in lines { try output.write(line + "\n") }
        try output.flush()
    }
}
