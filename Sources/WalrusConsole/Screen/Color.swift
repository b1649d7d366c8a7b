/// How many colours a terminal shows.
public enum ColorDepth: Int, CaseIterable, Hashable, Sendable, Comparable {
    /// None: attributes carry the meaning (NO_COLOR, TERM=dumb).
    case mono
    case ansi8
    case ansi16
    case indexed256
    case trueColor

    public static func < (a: ColorDepth, b: ColorDepth) -> Bool { a.rawValue < b.rawValue }
}

/// A colour as an sRGB triple.
public struct RGB: Hashable, Sendable {
    public let red: UInt8, green: UInt8, blue: UInt8

    /// From 0xRRGGBB.
    public init(_ hex: UInt32) {
        red = UInt8(truncatingIfNeeded: hex >> 16)
        green = UInt8(truncatingIfNeeded: hex >> 8)
        blue = UInt8(truncatingIfNeeded: hex)
    }

    /// 0xRRGGBB.
    public var hex: UInt32 { UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue) }

    /// `#rrggbb`.
    public var css: String {
        let digits = String(hex, radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }

    /// Whether dark text is the one to read on it (luma of ITU-R BT.601).
    public var isLight: Bool {
        299 * Int(red) + 587 * Int(green) + 114 * Int(blue) > 127_500
    }

    /// The nearest entry of the xterm palette, 16...255. The first 16 are the user's own choice, so
    /// their values are unknown.
    public var indexed256: Int {
        let levels = [0, 95, 135, 175, 215, 255]
        func nearestLevel(_ v: UInt8) -> Int {
            levels.indices.min { abs(levels[$0] - Int(v)) < abs(levels[$1] - Int(v)) } ?? 0
        }
        let (r, g, b) = (nearestLevel(red), nearestLevel(green), nearestLevel(blue))
        let grey = max(0, min(23, ((Int(red) + Int(green) + Int(blue)) / 3 - 8 + 5) / 10))
        let greyValue = 8 + 10 * grey
        let cube = distance(levels[r], levels[g], levels[b])
        return distance(greyValue, greyValue, greyValue) < cube
            ? 232 + grey : 16 + 36 * r + 6 * g + b
    }

    private func distance(_ r: Int, _ g: Int, _ b: Int) -> Int {
        let (dr, dg, db) = (Int(red) - r, Int(green) - g, Int(blue) - b)
        return dr * dr + dg * dg + db * db
    }
}

/// One of the eight colours that every colour terminal has.
public enum ANSIColor: Int, Hashable, Sendable {
    case black, red, green, yellow, blue, magenta, cyan, white
}

/// A colour in the form that one depth of terminal takes.
public enum TerminalColor: Hashable, Sendable {
    /// 0...7 with 8 colours, 0...15 with 16, else 0...255.
    case index(Int)
    case rgb(RGB)
}

/// A colour of a theme at every depth.
public struct Ink: Hashable, Sendable {
    public let rgb: RGB
    /// With 8 and 16 colours; nil leaves the terminal's own colour.
    public let ansi: ANSIColor?
    /// Take the bright half when there are 16 colours.
    public let isBright: Bool

    public init(_ hex: UInt32, _ ansi: ANSIColor?, bright: Bool = false) {
        rgb = RGB(hex)
        self.ansi = ansi
        isBright = bright
    }

    public func color(at depth: ColorDepth) -> TerminalColor? {
        switch depth {
        case .mono: nil
        case .ansi8: ansi.map { .index($0.rawValue) }
        case .ansi16: ansi.map { .index($0.rawValue + (isBright ? 8 : 0)) }
        case .indexed256: .index(rgb.indexed256)
        case .trueColor: .rgb(rgb)
        }
    }
}
