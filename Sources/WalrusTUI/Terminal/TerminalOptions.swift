internal import WalrusConsole

/// Why a terminal cannot be used, and what to do about it. One line, as standard error wants it.
public struct TerminalError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    static let notATerminal = TerminalError(
        description: "standard input and output must be a terminal; for a pipe or a file use "
            + "`walrus topics` or `walrus frame`")

    static func noTerm() -> TerminalError {
        TerminalError(
            description: "TERM is not set; run with TERM=xterm-256color, or use `walrus DIR "
                + "--plain`, which needs no more than lines")
    }

    static func unknownTerm(_ name: String) -> TerminalError {
        TerminalError(
            description: "terminal type \(quoted(name)) is not in the terminfo database; try "
                + "TERM=xterm-256color, or install ncurses-term")
    }

    static func cannotMoveCursor(_ name: String) -> TerminalError {
        TerminalError(
            description: "terminal type \(quoted(name)) cannot move its cursor: `walrus DIR "
                + "--plain` needs no more than lines, and neither do the verbs")
    }

    static let failed = TerminalError(
        description: "cannot open the terminal; it may be in use by this process already")

    /// TERM comes from outside and goes to a terminal.
    private static func quoted(_ name: String) -> String {
        "'" + VisibleText(name, mode: .escape, ascii: true, limit: 60).text + "'"
    }
}
