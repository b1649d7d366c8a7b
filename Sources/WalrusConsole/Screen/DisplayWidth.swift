/// How a scalar behaves on a grid of cells.
///
/// A scalar whose number of cells depends on its neighbours or on the terminal (joiners,
/// variation selectors, emoji modifiers, regional indicators) counts as undrawable, like one that
/// draws nothing or drives the terminal: a frame must line up in every terminal, and two
/// different names must never look alike.
enum ScalarKind: Equatable {
    /// Takes one or two cells.
    case base(width: Int)
    /// Is drawn over the base before it.
    case combining
    /// Must be shown by an escape or a stand-in.
    case undrawable

    init(_ scalar: Unicode.Scalar) {
        if scalar.value < 0x7F {
            self = scalar.value >= 0x20 ? .base(width: 1) : .undrawable
            return
        }
        if scalar.value < 0xA0 {
            self = .undrawable
            return
        }
        self = ScalarKind.classify(scalar)
    }

    private static func classify(_ scalar: Unicode.Scalar) -> ScalarKind {
        let properties = scalar.properties
        if DisplayWidth.isConjoiningJamo(scalar.value) { return .combining }
        if properties.isDefaultIgnorableCodePoint || properties.isEmojiModifier
            || (0x1F1E6...0x1F1FF).contains(scalar.value)
        {
            return .undrawable
        }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            return .undrawable
        case .nonspacingMark, .enclosingMark:
            return .combining
        default:
            return .base(width: DisplayWidth.isWide(scalar.value) ? 2 : 1)
        }
    }
}

/// The number of terminal columns that text takes, from a table of our own: libc's answer depends
/// on the locale and its age, and frames must not.
public enum DisplayWidth {
    /// 0, 1 or 2 columns. An undrawable scalar counts 1, for the stand-in that a grid draws.
    public static func columns(of scalar: Unicode.Scalar) -> Int {
        switch ScalarKind(scalar) {
        case .base(let width): width
        case .combining: 0
        case .undrawable: 1
        }
    }

    /// The columns that a grid uses to draw `text` in full.
    public static func columns(of text: String) -> Int {
        var total = 0
        for glyph in GlyphSequence(text, .unicode) { total += glyph.width }
        return total
    }

    static func isWide(_ value: UInt32) -> Bool {
        guard value >= wide[0].first else { return false }
        var low = 0
        var high = wide.count
        while low < high {
            let middle = (low + high) / 2
            if wide[middle].last < value { low = middle + 1 } else { high = middle }
        }
        return low < wide.count && wide[low].first <= value
    }

    /// Vowels and finals of decomposed Hangul: letters by category, but drawn into the cell of
    /// the leading consonant.
    static func isConjoiningJamo(_ value: UInt32) -> Bool {
        switch value {
        case 0x1161...0x11FF, 0xD7B0...0xD7C6, 0xD7CB...0xD7FB: true
        default: false
        }
    }
}

/// What goes into one cell, or into two for a wide one.
struct Glyph: Equatable {
    var text: String
    var width: Int
}

/// Text cut into glyphs: a base with at most `maximumMarks` combining marks each. Undrawable
/// scalars become stand-ins, so that whatever comes out of here is harmless.
struct GlyphSequence: Sequence, IteratorProtocol {
    /// More marks than that only serve to run over the neighbouring rows.
    static let maximumMarks = 4

    private var scalars: String.UnicodeScalarView.Iterator
    private var ahead: Unicode.Scalar?
    private var pending: Glyph?
    private let glyphs: GlyphSet

    init(_ text: String, _ glyphs: GlyphSet) {
        scalars = text.unicodeScalars.makeIterator()
        ahead = scalars.next()
        self.glyphs = glyphs
    }

    mutating func next() -> Glyph? {
        if let glyph = pending {
            pending = nil
            return glyph
        }
        guard let scalar = ahead else { return nil }
        ahead = scalars.next()
        var glyph: Glyph
        var marks = 0
        switch ScalarKind(scalar) {
        case .undrawable:
            return Glyph(text: glyphs.undrawable, width: 1)
        case .combining:
            glyph = Glyph(text: glyphs.markBase, width: 1)
            if !glyphs.isASCII { glyph.text.unicodeScalars.append(scalar) }
            marks = 1
        case .base(let width):
            glyph = Glyph(text: String(scalar), width: width)
        }
        if let ahead, !ahead.isASCII { takeMarks(into: &glyph, already: marks) }
        return glyphs.isASCII && !scalar.isASCII ? asciiGlyph(for: scalar, glyph.width) : glyph
    }

    private mutating func takeMarks(into glyph: inout Glyph, already: Int) {
        var count = already
        while let mark = ahead, ScalarKind(mark) == .combining {
            if count < GlyphSequence.maximumMarks && !glyphs.isASCII {
                glyph.text.unicodeScalars.append(mark)
            }
            count += 1
            ahead = scalars.next()
        }
    }

    /// As many columns as the scalar itself would take, so that a layout is the same in both sets.
    private mutating func asciiGlyph(for scalar: Unicode.Scalar, _ width: Int) -> Glyph {
        let glyph = Glyph(text: GlyphSet.asciiEquivalent(of: scalar), width: 1)
        if width == 2 { pending = glyph }
        return glyph
    }
}
