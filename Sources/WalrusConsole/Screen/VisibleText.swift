/// Text from a file, made harmless and unambiguous for a frame.
///
/// Every byte of the input is accounted for: printable scalars stay, everything else (controls,
/// formats, bidi overrides, invalid UTF-8, ...) becomes an escape or a dot. The work is bounded by
/// `limit`, never by the length of the input.
public struct VisibleText: Hashable, Sendable {
    public enum Mode: Hashable, Sendable {
        /// For names: `\n`, `\e`, `\0`, `\x80` for an invalid byte, `\u{200d}`, and `\\` for a
        /// backslash. Two different inputs never give the same text, nor texts that look the same
        /// because they are canonically equivalent: what is not in the composed form (NFC) is
        /// escaped, as in `cafe\u{301}`.
        case escape
        /// The same for text between quotes: a quote is `\"`.
        case quote
        /// For previews: one dot for each byte or scalar that cannot be drawn.
        case dots
    }

    /// Drawable text: no control, format or unassigned scalar, and ASCII alone when asked for.
    public let text: String
    /// The display width of `text`, at most the limit.
    public let columns: Int
    /// How many bytes of the input `text` stands for.
    public let bytesShown: Int
    /// False when the limit cut the input.
    public let isComplete: Bool

    /// - Parameter limit: the largest number of columns to fill. An escape is never cut in two.
    public init(
        _ bytes: some Collection<UInt8>, mode: Mode, ascii: Bool = false, limit: Int
    ) {
        var writer = VisibleTextWriter(mode: mode, ascii: ascii, limit: limit)
        var decoder = UTF8Walk(bytes)
        var shown = 0
        var complete = true
        while let step = decoder.next() {
            guard writer.write(step) else {
                complete = false
                break
            }
            shown += step.length
        }
        text = writer.text
        columns = writer.columns
        bytesShown = shown
        isComplete = complete
    }

    public init(_ string: String, mode: Mode, ascii: Bool = false, limit: Int) {
        self.init(string.utf8, mode: mode, ascii: ascii, limit: limit)
    }

    /// The whole of a name, escaped, cut to `limit` columns with an ellipsis at its end.
    public static func name(_ string: String, glyphs: GlyphSet, limit: Int) -> String {
        let ascii = glyphs.isASCII
        let whole = VisibleText(string, mode: .escape, ascii: ascii, limit: limit)
        guard !whole.isComplete, limit > 0 else { return whole.text }
        return VisibleText(string, mode: .escape, ascii: ascii, limit: limit - 1).text
            + glyphs.ellipsis
    }
}

/// One step of decoding: a scalar, or a byte that belongs to none.
enum UTF8Step {
    case scalar(Unicode.Scalar)
    case invalid(UInt8)

    /// In bytes.
    var length: Int {
        switch self {
        case .scalar(let scalar): UTF8.width(scalar)
        case .invalid: 1
        }
    }
}

/// Strict UTF-8: overlong forms, surrogates and values beyond U+10FFFF are invalid byte by byte.
struct UTF8Walk<Bytes: Collection<UInt8>> {
    private let bytes: Bytes
    private var index: Bytes.Index

    init(_ bytes: Bytes) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    mutating func next() -> UTF8Step? {
        guard index < bytes.endIndex else { return nil }
        let lead = bytes[index]
        let start = index
        bytes.formIndex(after: &index)
        let more: Int
        let smallest: UInt32
        switch lead {
        case 0..<0x80: return .scalar(Unicode.Scalar(lead))
        case 0xC2...0xDF: (more, smallest) = (1, 0x80)
        case 0xE0...0xEF: (more, smallest) = (2, 0x800)
        case 0xF0...0xF4: (more, smallest) = (3, 0x10000)
        default: return .invalid(lead)
        }
        var value = UInt32(lead) & (0x3F >> UInt32(more))
        for _ in 0..<more {
            guard index < bytes.endIndex, bytes[index] & 0xC0 == 0x80 else {
                return rewind(start, lead)
            }
            value = value << 6 | UInt32(bytes[index] & 0x3F)
            bytes.formIndex(after: &index)
        }
        guard value >= smallest, let scalar = Unicode.Scalar(value) else {
            return rewind(start, lead)
        }
        return .scalar(scalar)
    }

    private mutating func rewind(_ start: Bytes.Index, _ lead: UInt8) -> UTF8Step {
        index = bytes.index(after: start)
        return .invalid(lead)
    }
}

/// Collects visible text up to a number of columns.
private struct VisibleTextWriter {
    let mode: VisibleText.Mode
    let ascii: Bool
    let limit: Int
    var text = ""
    var columns = 0
    /// How many more marks the last glyph takes; 0 when there is none or it is a stand-in.
    private var room = 0
    /// What the next scalar may compose with: the last base and its marks.
    private var cluster = ""

    init(mode: VisibleText.Mode, ascii: Bool, limit: Int) {
        self.mode = mode
        self.ascii = ascii
        self.limit = max(0, limit)
    }

    /// False, and nothing written, when it does not fit.
    mutating func write(_ step: UTF8Step) -> Bool {
        switch step {
        case .invalid(let byte):
            return writeStandIn("\\x" + hex(UInt32(byte), digits: 2))
        case .scalar(let scalar):
            if scalar == "\\" && mode != .dots { return writeStandIn("\\\\") }
            if scalar == "\"" && mode == .quote { return writeStandIn("\\\"") }
            if ascii && !scalar.isASCII { return writeStandIn(escape(scalar)) }
            if mode != .dots && !isComposed(with: scalar) { return writeStandIn(escape(scalar)) }
            switch ScalarKind(scalar) {
            case .base(let width):
                if mode != .dots, !scalar.isASCII,
                    scalar.properties.generalCategory == .spaceSeparator
                {
                    return writeStandIn(escape(scalar))
                }
                guard columns + width <= limit else { return false }
                text.unicodeScalars.append(scalar)
                columns += width
                room = scalar == " " ? 0 : GlyphSequence.maximumMarks
                cluster = String(scalar)
                return true
            case .combining where room > 0:
                text.unicodeScalars.append(scalar)
                cluster.unicodeScalars.append(scalar)
                room -= 1
                return true
            case .combining, .undrawable:
                return writeStandIn(escape(scalar))
            }
        }
    }

    private mutating func writeStandIn(_ escaped: String) -> Bool {
        let standIn = mode == .dots ? (ascii ? "." : "·") : escaped
        let width = mode == .dots ? 1 : standIn.utf8.count
        guard columns + width <= limit else { return false }
        text += standIn
        columns += width
        room = 0
        cluster = ""
        return true
    }

    /// Whether the scalar is as the composed form has it, after what stands before it. The standard
    /// library's own normalization: Foundation has the only other one.
    private func isComposed(with scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return true }
        var more = cluster
        more.unicodeScalars.append(scalar)
        return more._nfcCodeUnits.elementsEqual(more.utf8)
    }

    private func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\0": "\\0"
        case "\t": "\\t"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\u{1B}": "\\e"
        default: "\\u{" + hex(scalar.value, digits: 1) + "}"
        }
    }

    private func hex(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
