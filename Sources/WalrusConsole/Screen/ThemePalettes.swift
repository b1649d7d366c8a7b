// The colours are entries of the xterm palette, so that 256 and 16 million colours look the same.
// Ordinary text keeps the terminal's own foreground, and all text its own background.

extension Theme {
    /// For dark terminals.
    public static let dark = Theme(
        name: "dark", canvas: 0x1C1C1C, ink: 0xD0D0D0, selection: 0x303030
    ) { role in
        Palette(
            black: Ink(0x121212, .black), bar: Ink(0x303030, nil), faint: Ink(0x585858, nil),
            dim: Ink(0x808080, nil), grey: Ink(0x9E9E9E, nil), white: Ink(0xEEEEEE, .white),
            red: Ink(0xFF5F5F, .red), green: Ink(0x87D787, .green),
            yellow: Ink(0xD7AF5F, .yellow), blue: Ink(0x5FAFFF, .blue),
            magenta: Ink(0xD787D7, .magenta), cyan: Ink(0x5FD7D7, .cyan),
            orange: Ink(0xFFAF5F, .yellow), teal: Ink(0x87AFAF, .cyan),
            rose: Ink(0xFF87AF, .red), violet: Ink(0xAF87FF, .blue),
            ramp: [
                Ink(0x5F5FD7, .blue), Ink(0x5F87D7, .blue), Ink(0x5FAFAF, .cyan),
                Ink(0x87D787, .green), Ink(0xAFD75F, .green), Ink(0xFFAF5F, .yellow),
            ]
        ).look(of: role)
    }

    /// For light terminals.
    public static let light = Theme(
        name: "light", canvas: 0xFFFFFF, ink: 0x303030, selection: 0xDFEAF5
    ) { role in
        Palette(
            black: Ink(0xFFFFFF, .white), bar: Ink(0xE4E4E4, nil), faint: Ink(0xA8A8A8, nil),
            dim: Ink(0x767676, nil), grey: Ink(0x626262, nil), white: Ink(0x121212, .black),
            red: Ink(0xD70000, .red), green: Ink(0x005F00, .green),
            yellow: Ink(0x875F00, .yellow), blue: Ink(0x005FAF, .blue),
            magenta: Ink(0x870087, .magenta), cyan: Ink(0x005F87, .cyan),
            orange: Ink(0x870000, .yellow), teal: Ink(0x005F5F, .cyan),
            rose: Ink(0xAF0087, .red), violet: Ink(0x5F5FAF, .blue),
            ramp: [
                Ink(0x5F5FAF, .blue), Ink(0x005FAF, .blue), Ink(0x008787, .cyan),
                Ink(0x008700, .green), Ink(0x5F8700, .green), Ink(0xD75F00, .yellow),
            ]
        ).look(of: role)
    }

    // What is good, doubtful, bad and neutral differs in brightness or between blue and yellow, which
    // every kind of colour blindness leaves apart (after M. Okabe and K. Ito, "Color Universal
    // Design", 2008). A test measures it.

    /// For dark terminals and eyes that do not tell red from green, or blue from yellow.
    public static let colorblind = Theme(
        name: "colorblind", canvas: 0x1C1C1C, ink: 0xD0D0D0, selection: 0x303030
    ) { role in
        Palette(
            black: Ink(0x121212, .black), bar: Ink(0x303030, nil), faint: Ink(0x585858, nil),
            dim: Ink(0x808080, nil), grey: Ink(0x9E9E9E, nil), white: Ink(0xEEEEEE, .white),
            red: Ink(0xFF5F00, .red), green: Ink(0x5FAFFF, .cyan),
            yellow: Ink(0xFFD75F, .yellow), blue: Ink(0xB2B2B2, .white),
            magenta: Ink(0xD787D7, .magenta), cyan: Ink(0xAFD7FF, .cyan),
            orange: Ink(0xFF8700, .yellow), teal: Ink(0x00AF87, .cyan),
            rose: Ink(0xEEEEEE, .white), violet: Ink(0xAF87FF, .blue),
            ramp: [
                Ink(0x005FFF, .blue), Ink(0x0087D7, .blue), Ink(0x5FAFFF, .cyan),
                Ink(0xAFD7FF, .cyan), Ink(0xFFD75F, .yellow), Ink(0xFF5F00, .red),
            ]
        ).look(of: role)
    }

    /// The same for light terminals.
    public static let colorblindLight = Theme(
        name: "colorblind-light", canvas: 0xFFFFFF, ink: 0x303030, selection: 0xDFEAF5
    ) { role in
        Palette(
            black: Ink(0xFFFFFF, .white), bar: Ink(0xE4E4E4, nil), faint: Ink(0xA8A8A8, nil),
            dim: Ink(0x767676, nil), grey: Ink(0x626262, nil), white: Ink(0x121212, .black),
            red: Ink(0x5F0000, .red), green: Ink(0x005FD7, .blue),
            yellow: Ink(0x875F00, .yellow), blue: Ink(0x4E4E4E, .black),
            magenta: Ink(0x870087, .magenta), cyan: Ink(0x00005F, .blue),
            orange: Ink(0xAF005F, .yellow), teal: Ink(0x005F5F, .cyan),
            rose: Ink(0x121212, .black), violet: Ink(0x5F00FF, .blue),
            ramp: [
                Ink(0x5F87AF, .blue), Ink(0x005FAF, .blue), Ink(0x005FFF, .blue),
                Ink(0xAF8700, .yellow), Ink(0xAF5F00, .yellow), Ink(0x870000, .red),
            ]
        ).look(of: role)
    }

    /// Without colour, as NO_COLOR asks for.
    public static let mono = Theme(
        name: "mono", canvas: 0x1C1C1C, ink: 0xD0D0D0, selection: 0x303030, isMono: true
    ) { RoleLook(nil, on: nil, monoEmphasis(of: $0)) }
}

/// The inks that a theme is made of. `black` is the text on a coloured badge, `faint` is for lines,
/// `dim` for what has a meaning and steps back, `grey` for text that does.
private struct Palette {
    let black: Ink, bar: Ink, faint: Ink, dim: Ink, grey: Ink, white: Ink
    let red: Ink, green: Ink, yellow: Ink, blue: Ink, magenta: Ink, cyan: Ink
    let orange: Ink, teal: Ink, rose: Ink, violet: Ink
    let ramp: [Ink]

    func look(of role: Role) -> RoleLook {
        switch role {
        case .text, .input, .dialog, .button: RoleLook()
        case .muted, .hexOffset, .status: RoleLook(grey, fallback: .dim)
        case .heading: RoleLook(grey, fallback: .bold)
        case .title, .dialogTitle: RoleLook(nil, .bold)
        case .border, .scrollTrack, .neverWritten: RoleLook(faint, fallback: .dim)
        case .accent, .prompt, .scrollThumb: RoleLook(cyan)
        case .good: RoleLook(green)
        case .warning, .marked: RoleLook(yellow)
        case .bad, .damaged: RoleLook(red, .bold)
        case .info, .field0: RoleLook(blue)
        case .header: RoleLook(grey, on: bar, fallback: .reverse)
        case .headerTitle: RoleLook(cyan, on: bar, .bold, fallback: .reverse)
        case .key: RoleLook(black, on: cyan, .bold)
        case .keyLabel: RoleLook(nil, on: bar)
        case .badgeReadOnly, .barGood: RoleLook(black, on: green, .bold)
        case .badgeWrite, .barBad: RoleLook(black, on: red, .bold)
        case .badgeLive, .barWarning: RoleLook(black, on: yellow, .bold)
        case .badgePaused: RoleLook(black, on: magenta, .bold)
        case .badgeOffline: RoleLook(grey, on: bar, fallback: .reverse)
        case .barIdle: RoleLook(white, on: faint, .bold, fallback: .reverse)
        case .unread: RoleLook(blue)
        case .consumed, .hexZero: RoleLook(dim, fallback: .dim)
        case .cursorMark: RoleLook(green, .bold)
        case .tail: RoleLook(magenta, .bold)
        case .orphan: RoleLook(yellow, .bold)
        case .reclaimable: RoleLook(grey, fallback: .dim)
        case .blocked: RoleLook(yellow)
        case .selectionMarker: RoleLook(cyan, .bold)
        case .match: RoleLook(black, on: yellow)
        case .hexText, .field1: RoleLook(green)
        case .field2: RoleLook(magenta)
        case .field3: RoleLook(yellow)
        case .graph0: RoleLook(ramp[0])
        case .graph1: RoleLook(ramp[1])
        case .graph2: RoleLook(ramp[2])
        case .graph3: RoleLook(ramp[3])
        case .graph4: RoleLook(ramp[4])
        case .graph5: RoleLook(ramp[5])
        case .topic0: RoleLook(blue)
        case .topic1: RoleLook(green)
        case .topic2: RoleLook(orange)
        case .topic3: RoleLook(magenta)
        case .topic4: RoleLook(teal)
        case .topic5: RoleLook(yellow)
        case .topic6: RoleLook(rose)
        case .topic7: RoleLook(violet)
        }
    }
}

extension Theme {
    /// The attributes that keep a role's meaning where there is no colour.
    static func monoEmphasis(of role: Role) -> Emphasis {
        switch role {
        case .muted, .border, .consumed, .hexZero, .hexOffset, .neverWritten, .scrollTrack,
            .reclaimable, .graph0, .graph1:
            .dim
        case .heading, .title, .dialogTitle, .warning, .marked, .headerTitle, .selectionMarker,
            .cursorMark, .tail, .orphan, .blocked, .accent, .prompt, .graph4, .graph5:
            .bold
        case .bad, .damaged, .badgeWrite, .barBad: [.bold, .reverse]
        case .key, .match, .badgeReadOnly, .badgeLive, .badgePaused, .barGood: .reverse
        case .barWarning: [.reverse, .underline]
        case .barIdle, .badgeOffline: .underline
        case .text, .good, .info, .header, .status, .keyLabel, .unread, .input, .dialog, .button,
            .scrollThumb, .hexText, .field0, .field1, .field2, .field3, .graph2, .graph3,
            .topic0, .topic1, .topic2, .topic3, .topic4, .topic5, .topic6, .topic7:
            []
        }
    }
}
