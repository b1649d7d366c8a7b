/// The glyphs that frames are drawn with. Views take them from the grid and never spell one out.
public struct GlyphSet: Hashable, Sendable {
    /// The lines of a box or a table.
    public struct Lines: Hashable, Sendable {
        public let horizontal: String, vertical: String
        public let topLeft: String, topRight: String, bottomLeft: String, bottomRight: String
        public let teeLeft: String, teeRight: String, teeTop: String, teeBottom: String
        public let cross: String

        /// From eleven characters, in the order of the properties.
        init(_ drawing: String) {
            let g = drawing.map { String($0) }
            precondition(g.count == 11)
            (horizontal, vertical) = (g[0], g[1])
            (topLeft, topRight, bottomLeft, bottomRight) = (g[2], g[3], g[4], g[5])
            (teeLeft, teeRight, teeTop, teeBottom, cross) = (g[6], g[7], g[8], g[9], g[10])
        }
    }

    /// What an area graph is made of.
    public enum GraphStyle: Hashable, Sendable {
        /// Two by four dots in a cell.
        case braille
        /// Half blocks.
        case halfBlock
        /// `.` and `:`.
        case ascii
    }

    public let lines: Lines
    public let graphStyle: GraphStyle
    /// Frames hold only bytes 0x20...0x7e.
    public let isASCII: Bool
    /// Heights of a bar from empty to full.
    public let verticalLevels: [String]
    /// Lengths of a bar from empty to full.
    public let horizontalLevels: [String]
    /// Shades from light to full.
    public let shades: [String]
    public let full: String
    public let ellipsis: String
    public let undrawable: String
    /// Carries a combining mark that has no base.
    public let markBase: String

    // Marks in maps and lists. Each differs from the others in shape, not in colour alone.
    public let consumed: String, unread: String, cursor: String, tail: String, damaged: String
    public let orphan: String, neverWritten: String, reclaimable: String
    public let selection: String, bullet: String, separator: String, dash: String
    public let ascending: String, descending: String
    public let left: String, right: String, up: String, down: String
    public let check: String, cross: String, warning: String, marked: String, times: String
    public let atMost: String
    public let scrollTrack: String, scrollThumb: String

    /// For UTF-8 terminals with a full font.
    public static let unicode = GlyphSet(
        lines: Lines("─│╭╮╰╯├┤┬┴┼"), graphStyle: .braille, isASCII: false,
        verticalLevels: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        horizontalLevels: [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
        shades: ["░", "▒", "▓", "█"], full: "█", ellipsis: "…", undrawable: "\u{FFFD}",
        markBase: "◌",
        consumed: "░", unread: "█", cursor: "▓", tail: "▶", damaged: "✖", orphan: "?",
        neverWritten: "·", reclaimable: "▒", selection: "▌", bullet: "●", separator: "·",
        dash: "–", ascending: "▲", descending: "▼", left: "←", right: "→", up: "↑", down: "↓",
        check: "✔", cross: "✖", warning: "!", marked: "◆", times: "×", atMost: "≤",
        scrollTrack: "│", scrollThumb: "█")

    /// For the Linux console, whose fonts hold little more than the old PC character set.
    public static let console = GlyphSet(
        lines: Lines("─│┌┐└┘├┤┬┴┼"), graphStyle: .halfBlock, isASCII: false,
        verticalLevels: [" ", "▄", "█"], horizontalLevels: [" ", "▌", "█"],
        shades: ["░", "▒", "▓", "█"], full: "█", ellipsis: "~", undrawable: "?", markBase: "?",
        consumed: "░", unread: "█", cursor: "▓", tail: ">", damaged: "X", orphan: "?",
        neverWritten: "·", reclaimable: "▒", selection: "▌", bullet: "*", separator: "·",
        dash: "-", ascending: "^", descending: "v", left: "<", right: ">", up: "^", down: "v",
        check: "+", cross: "X", warning: "!", marked: "*", times: "x", atMost: "<=",
        scrollTrack: "│", scrollThumb: "█")

    /// For everything else, and the base that the layout is tested with.
    public static let ascii = GlyphSet(
        lines: Lines("-|+++++++++"), graphStyle: .ascii, isASCII: true,
        verticalLevels: [" ", ".", ":", "-", "=", "+", "*", "#"], horizontalLevels: [" ", "#"],
        shades: [".", "-", "=", "#"], full: "#", ellipsis: "~", undrawable: "?", markBase: "?",
        consumed: "=", unread: "#", cursor: "+", tail: ">", damaged: "X", orphan: "?",
        neverWritten: ".", reclaimable: "-", selection: ">", bullet: "*", separator: "-",
        dash: "-", ascending: "^", descending: "v", left: "<", right: ">", up: "^", down: "v",
        check: "+", cross: "X", warning: "!", marked: "*", times: "x", atMost: "<=",
        scrollTrack: "|", scrollThumb: "@")

    /// One ASCII character for the few symbols that prose uses, `?` for the rest.
    static func asciiEquivalent(of scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "·", "…": "."
        case "–", "—", "−", "─", "‐", "‑": "-"
        case "→", "▶", "›", "»": ">"
        case "←", "◀", "‹", "«": "<"
        case "↑", "▲": "^"
        case "↓", "▼": "v"
        case "•", "●", "◆": "*"
        case "×": "x"
        case "│": "|"
        case "‘", "’": "'"
        case "“", "”": "\""
        case "\u{A0}": " "
        case "█": "#"
        default: "?"
        }
    }
}
