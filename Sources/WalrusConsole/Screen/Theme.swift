/// What a role looks like in a theme. A nil ink is the terminal's own foreground or background.
public struct RoleLook: Hashable, Sendable {
    public var foreground: Ink?
    public var background: Ink?
    public var emphasis: Emphasis
    /// Emphasis that stands in for the ink where there are 16 colours or fewer.
    public var fallback: Emphasis

    init(
        _ foreground: Ink? = nil, on background: Ink? = nil, _ emphasis: Emphasis = [],
        fallback: Emphasis = []
    ) {
        self.foreground = foreground
        self.background = background
        self.emphasis = emphasis
        self.fallback = fallback
    }
}

/// What is sent to a terminal for a style.
public struct Appearance: Hashable, Sendable {
    /// nil is the terminal's own.
    public var foreground: TerminalColor?
    public var background: TerminalColor?
    public var emphasis: Emphasis
}

/// Maps styles to colours on the terminal's default background.
public struct Theme: Hashable, Sendable {
    public let name: String
    /// What a picture takes for the terminal's own background and text.
    public let canvas: RGB
    public let ink: RGB
    /// The background of a selected row, with 256 colours or more.
    let selection: Ink
    /// Uses no colour at any depth.
    public let isMono: Bool
    /// Indexed by the role's raw value; a test holds it to the number of roles.
    let looks: [RoleLook]

    init(
        name: String, canvas: UInt32, ink: UInt32, selection: UInt32, isMono: Bool = false,
        look: (Role) -> RoleLook
    ) {
        self.name = name
        self.canvas = RGB(canvas)
        self.ink = RGB(ink)
        self.selection = Ink(selection, nil)
        self.isMono = isMono
        looks = Role.allCases.map(look)
    }

    public static let all: [Theme] = [.dark, .light, .colorblind, .colorblindLight, .mono]

    /// The names, as one reads them in an error: "dark, light, ... or mono".
    public static var choices: String {
        all.dropLast().map(\.name).joined(separator: ", ") + " or " + (all.last?.name ?? "")
    }

    /// By name, as an option or a command gives it.
    public static func named(_ name: String) -> Theme? {
        all.first { $0.name == name }
    }

    /// The same theme with other looks for some roles. One without colour stays so.
    func replacing(_ looks: [Role: RoleLook]) -> Theme {
        guard !isMono else { return self }
        return Theme(
            name: name, canvas: canvas.hex, ink: ink.hex, selection: selection.rgb.hex
        ) { looks[$0] ?? look(of: $0) }
    }

    public func look(of role: Role) -> RoleLook { looks[Int(role.rawValue)] }

    public func appearance(of style: Style, depth: ColorDepth) -> Appearance {
        guard depth > .mono, !isMono else { return Theme.monoAppearance(of: style) }
        let look = look(of: style.role)
        var result = Appearance(
            foreground: look.foreground?.color(at: depth),
            background: look.background?.color(at: depth),
            emphasis: look.emphasis.union(style.emphasis))
        if depth <= .ansi16 { result.emphasis.formUnion(look.fallback) }
        if style.isSelected && result.background == nil {
            if depth > .ansi16 {
                result.background = selection.color(at: depth)
            } else {
                // A bar of one colour: reversed colours would make it a patchwork.
                result.foreground = nil
                result.emphasis.formUnion(.reverse)
                result.emphasis.subtract(.dim)
            }
        }
        // On a background of ours the terminal's own foreground may be unreadable.
        if depth > .ansi16, result.background != nil, result.foreground == nil {
            result.foreground = Ink(ink.hex, nil).color(at: depth)
        }
        return result
    }

    /// Without colours every theme is the same one, built from attributes alone.
    private static func monoAppearance(of style: Style) -> Appearance {
        var emphasis = monoEmphasis(of: style.role).union(style.emphasis)
        if style.isSelected {
            emphasis.formUnion(.reverse)
            emphasis.subtract(.dim)
        }
        return Appearance(foreground: nil, background: nil, emphasis: emphasis)
    }
}

/// A look with its colours resolved, for pictures: nothing is left to a terminal.
public struct ResolvedLook: Hashable, Sendable {
    public let foreground: RGB
    /// nil where the canvas shows.
    public let background: RGB?
    public let isBold: Bool
    public let isUnderlined: Bool
}

extension Theme {
    public func resolved(_ style: Style) -> ResolvedLook {
        let appearance = appearance(of: style, depth: .trueColor)
        var front = Theme.rgb(appearance.foreground) ?? ink
        var back = Theme.rgb(appearance.background)
        let emphasis = appearance.emphasis
        if emphasis.contains(.dim) { front = Theme.mix(front, back ?? canvas) }
        if emphasis.contains(.reverse) { (front, back) = (back ?? canvas, front) }
        return ResolvedLook(
            foreground: front, background: back, isBold: emphasis.contains(.bold),
            isUnderlined: emphasis.contains(.underline))
    }

    private static func rgb(_ color: TerminalColor?) -> RGB? {
        if case .rgb(let rgb) = color { rgb } else { nil }
    }

    private static func mix(_ a: RGB, _ b: RGB) -> RGB {
        func half(_ x: UInt8, _ y: UInt8) -> UInt32 { (UInt32(x) * 3 + UInt32(y) * 2) / 5 }
        return RGB(
            half(a.red, b.red) << 16 | half(a.green, b.green) << 8 | half(a.blue, b.blue))
    }
}
