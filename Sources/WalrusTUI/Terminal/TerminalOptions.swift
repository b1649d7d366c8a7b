public import WalrusConsole

/// What `--color` asks for.
public enum ColorChoice: String, CaseIterable, Hashable, Sendable {
    /// What terminfo and the environment say.
    case auto
    case never
    case ansi16 = "16"
    case indexed256 = "256"
    case trueColor = "truecolor"

    /// The depth to draw with.
    ///
    /// - Parameters:
    ///   - colors: what terminfo says, 0 for none and 1 << 24 for RGB values. Curses sends colours
    ///     through terminfo, so that no choice can go beyond it.
    ///   - noColor: the variable NO_COLOR; anything but an empty value asks for no colour. An
    ///     explicit choice goes before it.
    public func depth(colors: Int, noColor: String?) -> ColorDepth {
        let most: ColorDepth =
            switch colors {
            case 0x100_0000...: .trueColor
            case 256...: .indexed256
            case 16...: .ansi16
            case 8...: .ansi8
            default: .mono
            }
        switch self {
        case .auto: return noColor?.isEmpty == false ? .mono : most
        case .never: return .mono
        case .ansi16: return min(most, .ansi16)
        case .indexed256: return min(most, .indexed256)
        case .trueColor: return most
        }
    }
}

/// Why a terminal cannot be used, and what to do about it. One line, as standard error wants it.
public struct TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    static let notATerminal = TerminalError(
        description: "standard input and output must be a terminal; for a pipe or a file use "
            + "`walrus topics` or `walrus frame`")

    static func noTerm() -> TerminalError {
        TerminalError(
            description: "TERM is not set; run with TERM=xterm-256color, or use `walrus frame`")
    }

    static func unknownTerm(_ name: String) -> TerminalError {
        TerminalError(
            description: "terminal type \(quoted(name)) is not in the terminfo database; try "
                + "TERM=xterm-256color, or install ncurses-term")
    }

    static func cannotMoveCursor(_ name: String) -> TerminalError {
        TerminalError(
            description: "terminal type \(quoted(name)) cannot move its cursor; run in a full "
                + "terminal, or use `walrus frame` and the other verbs")
    }

    static let failed = TerminalError(
        description: "cannot open the terminal; it may be in use by this process already")

    /// TERM comes from outside and goes to a terminal.
    private static func quoted(_ name: String) -> String {
        "'" + VisibleText(name, mode: .escape, ascii: true, limit: 60).text + "'"
    }
}
