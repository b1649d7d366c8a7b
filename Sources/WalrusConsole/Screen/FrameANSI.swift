/// A frame as text with SGR sequences, for `cat` and pagers. It leaves every line reset.
public enum FrameANSI {
    public static func render(_ grid: Grid, theme: Theme, depth: ColorDepth) -> String {
        var out = ""
        for y in 0..<grid.size.rows {
            var current = plain
            for run in StyleRun.runs(of: grid.row(y)) {
                let appearance = theme.appearance(of: run.style, depth: depth)
                if appearance != current {
                    out += sgr(appearance)
                    current = appearance
                }
                out += run.text
            }
            out += current == plain ? "\n" : "\u{1B}[0m\n"
        }
        return out
    }

    private static let plain = Appearance(foreground: nil, background: nil, emphasis: [])

    /// Always from a reset, so that a line means the same wherever it is cut out.
    private static func sgr(_ appearance: Appearance) -> String {
        var codes = ["0"]
        let attributes: [(Emphasis, String)] = [
            (.bold, "1"), (.dim, "2"), (.underline, "4"), (.reverse, "7"),
        ]
        for (emphasis, code) in attributes where appearance.emphasis.contains(emphasis) {
            codes.append(code)
        }
        if let color = appearance.foreground { codes.append(code(color, base: 30)) }
        if let color = appearance.background { codes.append(code(color, base: 40)) }
        return "\u{1B}[" + codes.joined(separator: ";") + "m"
    }

    private static func code(_ color: TerminalColor, base: Int) -> String {
        switch color {
        case .index(let n) where n < 8: "\(base + n)"
        case .index(let n) where n < 16: "\(base + 60 + n - 8)"
        case .index(let n): "\(base + 8);5;\(n)"
        case .rgb(let rgb): "\(base + 8);2;\(rgb.red);\(rgb.green);\(rgb.blue)"
        }
    }
}
