/// The glyphs that a picture draws as shapes, in a cell of 8 by 16 units.
struct SVGGlyph {
    enum Part {
        case rect(x: Int, y: Int, width: Int, height: Int)
        /// A path from a starting point, in relative commands.
        case curve(x: Int, y: Int, commands: String)
    }

    let parts: [Part]
    /// Quarters of full opacity.
    var shade = 4

    init?(_ glyph: String) {
        var scalars = glyph.unicodeScalars.makeIterator()
        guard let scalar = scalars.next(), scalars.next() == nil, scalar.value >= 0x2500 else {
            return nil
        }
        switch scalar.value {
        case 0x2500...0x253C:
            guard let lines = SVGGlyph.lines(scalar) else { return nil }
            parts = lines
        case 0x256D...0x2570: parts = [SVGGlyph.corner(scalar)]
        case 0x2581...0x2588:
            let height = Int(scalar.value - 0x2580) * 2
            parts = [.rect(x: 0, y: 16 - height, width: 8, height: height)]
        case 0x2589...0x258F:
            parts = [.rect(x: 0, y: 0, width: Int(0x2590 - scalar.value), height: 16)]
        case 0x2580: parts = [.rect(x: 0, y: 0, width: 8, height: 8)]
        case 0x2590: parts = [.rect(x: 4, y: 0, width: 4, height: 16)]
        case 0x2591...0x2593:
            parts = [.rect(x: 0, y: 0, width: 8, height: 16)]
            shade = Int(scalar.value - 0x2590)
        case 0x2801...0x28FF: parts = SVGGlyph.dots(scalar.value - 0x2800)
        default: return nil
        }
    }

    /// Lines one unit thick through the middle of the cell, from the arms that a glyph has.
    private static func lines(_ scalar: Unicode.Scalar) -> [Part]? {
        let arms: (up: Bool, down: Bool, left: Bool, right: Bool)
        switch scalar {
        case "─": arms = (false, false, true, true)
        case "│": arms = (true, true, false, false)
        case "┌": arms = (false, true, false, true)
        case "┐": arms = (false, true, true, false)
        case "└": arms = (true, false, false, true)
        case "┘": arms = (true, false, true, false)
        case "├": arms = (true, true, false, true)
        case "┤": arms = (true, true, true, false)
        case "┬": arms = (false, true, true, true)
        case "┴": arms = (true, false, true, true)
        case "┼": arms = (true, true, true, true)
        default: return nil
        }
        var parts: [Part] = []
        let left = arms.left ? 0 : 4
        let right = arms.right ? 8 : 5
        let top = arms.up ? 0 : 8
        let bottom = arms.down ? 16 : 9
        if arms.left || arms.right {
            parts.append(.rect(x: left, y: 8, width: right - left, height: 1))
        }
        if arms.up || arms.down {
            parts.append(.rect(x: 4, y: top, width: 1, height: bottom - top))
        }
        return parts
    }

    /// The four rounded corners, as closed bands that meet the straight lines.
    private static func corner(_ scalar: Unicode.Scalar) -> Part {
        switch scalar {
        case "╭": .curve(x: 4, y: 16, commands: "v-4a4 4 0 0 1 4-4v1a3 3 0 0 0-3 3v4z")
        case "╮": .curve(x: 0, y: 8, commands: "h1a4 4 0 0 1 4 4v4h-1v-4a3 3 0 0 0-3-3h-1z")
        case "╯": .curve(x: 4, y: 0, commands: "h1v5a4 4 0 0 1-4 4h-1v-1h1a3 3 0 0 0 3-3z")
        default: .curve(x: 4, y: 0, commands: "v5a4 4 0 0 0 4 4v-1a3 3 0 0 1-3-3v-5z")
        }
    }

    private static func dots(_ bits: UInt32) -> [Part] {
        let places = [(1, 1), (1, 5), (1, 9), (5, 1), (5, 5), (5, 9), (1, 13), (5, 13)]
        var parts: [Part] = []
        for (i, place) in places.enumerated() where bits & (1 << UInt32(i)) != 0 {
            parts.append(.rect(x: place.0, y: place.1, width: 2, height: 2))
        }
        return parts
    }
}
