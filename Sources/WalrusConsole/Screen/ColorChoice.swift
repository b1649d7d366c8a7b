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
