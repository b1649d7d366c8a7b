import CNcursesShim
import Glibc
public import WalrusConsole

/// The terminal that the console runs in, through ncurses.
///
/// It is not Sendable: curses belongs to one thread, the main one, and to one object at a time.
/// However the process ends (`close`, a watched signal, a trap, a crash, `exit`), the terminal is
/// put back into the state in which it was found.
public final class Terminal {
    /// More keys than a person types between two frames; the rest waits for the next read.
    static let maximumKeysPerRead = 256

    public let depth: ColorDepth
    public let glyphs: GlyphSet
    /// TERM, as the environment had it.
    let type: String
    private let isMultiplexedByTmux: Bool

    private var answers = AnswerFilter()
    private var drawn: Grid?
    private var drawnTheme: Theme?
    private var pairs: [Pair: Int32] = [:]
    private var isOpen = true
    /// The other end is gone: nothing will be read from, or seen on, this terminal again.
    public private(set) var isHungUp = false
    /// Clicks and turns of the wheel that `readKeys` came upon.
    private var mouseEvents: [MouseEvent] = []
    private var isMouseOn = false
    /// The last read stopped at its limit; curses may hold keys that no poll will announce.
    private(set) var hasPendingKeys = false

    private struct Pair: Hashable {
        var foreground: Int32
        var background: Int32
    }

    /// Takes over standard input and output.
    ///
    /// - Parameter ascii: draw with ASCII alone, also where the locale speaks UTF-8.
    public init(color: ColorChoice = .auto, ascii: Bool = false) throws(TerminalError) {
        type = Terminal.environment("TERM") ?? ""
        isMultiplexedByTmux = Terminal.environment("TMUX") != nil
        guard !type.isEmpty else { throw .noTerm() }
        guard type != "dumb" else { throw .cannotMoveCursor(type) }
        let isUTF8 = wcurses_locale_is_utf8()
        let noColor = Terminal.environment("NO_COLOR")
        let wantsColor = color.depth(colors: 256, noColor: noColor) > .mono
        switch Int(wcurses_open(wantsColor)) {
        case Int(WCURSES_OPEN_OK): break
        case Int(WCURSES_OPEN_NOT_A_TERMINAL): throw .notATerminal
        case Int(WCURSES_OPEN_UNKNOWN_TERM): throw .unknownTerm(type)
        case Int(WCURSES_OPEN_NO_CURSOR): throw .cannotMoveCursor(type)
        default: throw .failed
        }
        depth = color.depth(colors: Int(wcurses_colors()), noColor: noColor)
        glyphs = Terminal.glyphs(type: type, isUTF8: isUTF8, ascii: ascii)
    }

    deinit { close() }

    /// The Linux console speaks UTF-8, but its fonts hold few glyphs.
    static func glyphs(type: String, isUTF8: Bool, ascii: Bool) -> GlyphSet {
        guard isUTF8 && !ascii else { return .ascii }
        return type == "linux" || type.hasPrefix("linux-") ? .console : .unicode
    }

    public var size: Size {
        Size(columns: Int(wcurses_columns()), rows: Int(wcurses_rows()))
    }

    /// The descriptor to wait on for keys.
    var inputDescriptor: Int32 { STDIN_FILENO }

    /// Puts the terminal back. Harmless when called again.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        wcurses_close()
    }

    // MARK: Drawing

    /// Shows a frame. Only cells that differ from the frame before go to curses, which sends the
    /// terminal what differs from its screen.
    public func draw(_ grid: Grid, theme: Theme) {
        guard isOpen else { return }
        let isNew = drawn?.size != grid.size || drawnTheme != theme
        if isNew { wcurses_erase() } else if let drawn { resendMovedRows(from: drawn, to: grid) }
        let width = min(grid.size.columns, size.columns)
        for y in 0..<min(grid.size.rows, size.rows) {
            let row = grid.row(y)
            let before = isNew ? [] : drawn?.row(y) ?? []
            if !before.isEmpty && before == row { continue }
            for x in 0..<width {
                let cell = row[row.startIndex + x]
                let isSame = !before.isEmpty && before[before.startIndex + x] == cell
                guard cell.width > 0, !isSame, x + Int(cell.width) <= width else { continue }
                put(cell, x: x, y: y, theme: theme)
            }
        }
        wcurses_flush()
        (drawn, drawnTheme) = (grid, theme)
    }

    /// Curses scrolls the terminal where a row's old content shows up in another row, which nothing
    /// but a switch in terminfo can forbid. Emulators without that sequence (CSI S) would be left
    /// with a broken frame, so rows that moved are sent whole instead.
    private func resendMovedRows(from old: Grid, to new: Grid) {
        let changed = (0..<new.size.rows).filter { old.row($0) != new.row($0) }
        guard changed.count > 2 else { return }
        let arrived = Set(changed.map { new.row($0).map(\.glyph) })
        for y in changed where arrived.contains(old.row(y).map(\.glyph)) {
            wcurses_resend_row(Int32(y))
        }
    }

    /// The next frame repaints the whole screen, for Ctrl-L.
    public func forgetScreen() {
        drawn = nil
        wcurses_forget()
    }

    private func put(_ cell: Cell, x: Int, y: Int, theme: Theme) {
        let appearance = theme.appearance(of: cell.style, depth: depth)
        var scalars = cell.glyph.unicodeScalars.makeIterator()
        let base = scalars.next()?.value ?? 0x20
        let marks = (0..<4).map { _ in scalars.next()?.value ?? 0 }
        wcurses_put(
            Int32(y), Int32(x), Int32(cell.width), base, marks[0], marks[1], marks[2], marks[3],
            UInt32(appearance.emphasis.rawValue), pair(for: appearance))
    }

    /// The number of a colour pair, 0 for the terminal's own colours or when pairs have run out.
    private func pair(for appearance: Appearance) -> Int32 {
        let wanted = Pair(
            foreground: Terminal.number(appearance.foreground),
            background: Terminal.number(appearance.background))
        guard depth > .mono, wanted != Pair(foreground: -1, background: -1) else { return 0 }
        if let known = pairs[wanted] { return known }
        let next = Int32(pairs.count + 1)
        let isDefined =
            next < wcurses_color_pairs()
            && wcurses_define_pair(next, wanted.foreground, wanted.background)
        guard isDefined else { return 0 }
        pairs[wanted] = next
        return next
    }

    private static func number(_ color: TerminalColor?) -> Int32 {
        switch color {
        case nil: -1
        case .index(let n): Int32(n)
        case .rgb(let rgb): Int32(rgb.hex)
        }
    }

    // MARK: Keys

    /// The keys that have arrived, without waiting. A resize is not among them: compare `size`.
    public func readKeys() -> [Key] {
        guard isOpen, !isHungUp else { return [] }
        var inputs: [KeyDecoder.Input] = []
        hasPendingKeys = false
        // Curses gives up once on a byte that is not UTF-8 and may hold keys after it.
        var misses = 0
        while misses < 2 {
            guard inputs.count < Terminal.maximumKeysPerRead else {
                hasPendingKeys = true
                break
            }
            let input = wcurses_read()
            switch Int(input.kind) {
            case Int(WCURSES_INPUT_CHARACTER): inputs.append(.character(input.code))
            case Int(WCURSES_INPUT_KEY) where input.code == UInt32(WCURSES_KEY_RESIZE):
                drawn = nil
            case Int(WCURSES_INPUT_KEY): inputs.append(.code(input.code))
            case Int(WCURSES_INPUT_MOUSE): takeMouse(input)
            case Int(WCURSES_INPUT_HANGUP):
                isHungUp = true
                misses = 2
            default: misses += 1
            }
        }
        return KeyDecoder.keys(answers.filter(inputs))
    }

    // MARK: The mouse

    /// Asks the terminal for clicks and the wheel, or for them no more. While it tells of them, it
    /// selects no text by itself.
    func setMouse(_ isOn: Bool) {
        guard isOpen, isOn != isMouseOn else { return }
        isMouseOn = isOn
        _ = wcurses_mouse(isOn)
    }

    private func takeMouse(_ input: wcurses_input) {
        guard mouseEvents.count < Terminal.maximumKeysPerRead,
            let action = MouseEvent.Action(code: Int(input.code))
        else { return }
        mouseEvents.append(
            MouseEvent(action, x: Int(input.column), y: Int(input.row)))
    }

    /// What the mouse did, as `readKeys` came upon it.
    func takeMouseEvents() -> [MouseEvent] {
        defer { mouseEvents = [] }
        return mouseEvents
    }

    // MARK: Asking

    /// Asks the terminal what its background is, and what it is: any terminal answers the second
    /// question, after the first. Answers come among the keys, whenever they come, and cost none.
    ///
    /// - Returns: false for a terminal that would show the question, or that has no colours.
    public func askForBackground() -> Bool {
        guard isOpen, depth > .mono, !type.hasPrefix("linux"), !type.hasPrefix("vt") else {
            return false
        }
        let question = Array("\u{1B}]11;?\u{1B}\\\u{1B}[c".utf8)
        answers.isWaiting = unsafe question.withUnsafeBufferPointer {
            unsafe wcurses_write($0.baseAddress, $0.count)
        }
        return answers.isWaiting
    }

    var awaitsAnswer: Bool { answers.isWaiting }

    /// Whether the background is light, once the terminal has told.
    func takeBackground() -> Bool? {
        defer { answers.background = nil }
        return answers.background?.isLight
    }

    // MARK: Everything else

    /// Stops the process as Ctrl-Z does, and returns when it is continued. Draw again then.
    public func suspend() {
        guard isOpen else { return }
        wcurses_suspend()
        drawn = nil
    }

    /// Gives the terminal to another program until `resume`.
    func leave() {
        guard isOpen else { return }
        wcurses_leave()
        drawn = nil
    }

    /// Takes the terminal again, after `leave` or a stop from outside (`.continued`). Draw then.
    public func resume() {
        guard isOpen else { return }
        wcurses_resume()
        drawn = nil
    }

    public func bell() {
        guard isOpen else { return }
        wcurses_bell()
    }

    /// Hands bytes to the clipboard of the terminal, also over ssh, by OSC 52.
    ///
    /// - Returns: false when there are too many for a terminal to take or this one has no
    ///   clipboard. True means sent; a terminal may still refuse, and says nothing.
    public func copy(_ bytes: [UInt8]) -> Bool {
        guard isOpen, !isHungUp else { return false }
        guard
            let sequence = Clipboard.sequence(
                for: bytes, terminal: type, insideTmux: isMultiplexedByTmux)
        else { return false }
        return unsafe sequence.withUnsafeBufferPointer {
            unsafe wcurses_write($0.baseAddress, $0.count)
        }
    }

    /// Whether the terminal says that its background is light (COLORFGBG, as rxvt, Konsole and
    /// others set it: the last number is the background's). Nil: it does not say.
    public static var isLight: Bool? {
        let last = environment("COLORFGBG")?.split(separator: ";").last.flatMap { Int($0) }
        return last.map { $0 == 7 || (9...15).contains($0) }
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

extension MouseEvent.Action {
    fileprivate init?(code: Int) {
        switch code {
        case Int(WCURSES_MOUSE_PRESS): self = .press
        case Int(WCURSES_MOUSE_WHEEL_UP): self = .wheelUp
        case Int(WCURSES_MOUSE_WHEEL_DOWN): self = .wheelDown
        default: return nil
        }
    }
}
