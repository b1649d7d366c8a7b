/// Why a text is no look.
struct LookError: Error, Hashable {
    let message: String
}

extension RoleLook {
    /// From words: `#ff8700`, `red`, `bold`, `black on yellow`, `default on #303030 underline`.
    init(text: String) throws(LookError) {
        self.init()
        var isBackground = false
        var hasInk = false
        for word in text.split(separator: " ") {
            if let emphasis = Self.emphases.first(where: { $0.name == word })?.emphasis {
                self.emphasis.formUnion(emphasis)
            } else if word == "on", !isBackground {
                isBackground = true
                hasInk = false
            } else if let ink = Self.ink(word), !hasInk {
                if isBackground { background = ink } else { foreground = ink }
                hasInk = true
            } else if word == "default", !hasInk {
                hasInk = true
            } else {
                let shown = VisibleText(String(word), mode: .escape, limit: 40).text
                throw LookError(
                    message:
                        "no \"\(shown)\" in a look: #rrggbb, \(Self.names.map(\.name).joined(separator: ", ")), default, on, \(Self.emphases.map(\.name).joined(separator: ", "))"
                )
            }
        }
        if isBackground && !hasInk { throw LookError(message: "on what? a colour follows \"on\"") }
    }

    /// The words that `init(text:)` makes the same look of.
    var text: String {
        var words: [String] = []
        words.append(foreground.map(Self.word) ?? "default")
        if let background { words += ["on", Self.word(background)] }
        words += Self.emphases.filter { emphasis.contains($0.emphasis) }.map(\.name)
        return words.joined(separator: " ")
    }

    private static let emphases: [(name: String, emphasis: Emphasis)] = [
        ("bold", .bold), ("dim", .dim), ("underline", .underline), ("reverse", .reverse),
    ]

    /// The names that every terminal's palette has, with xterm's values for pictures.
    private static let names: [(name: String, ink: Ink)] = [
        ("black", Ink(0x000000, .black)), ("red", Ink(0xD70000, .red)),
        ("green", Ink(0x00AF00, .green)), ("yellow", Ink(0xD7AF00, .yellow)),
        ("blue", Ink(0x005FD7, .blue)), ("magenta", Ink(0xAF00AF, .magenta)),
        ("cyan", Ink(0x00AFAF, .cyan)), ("white", Ink(0xEEEEEE, .white)),
    ]

    private static func ink(_ word: Substring) -> Ink? {
        if let named = names.first(where: { $0.name == word }) { return named.ink }
        guard word.hasPrefix("#"), word.count == 7, word.dropFirst().allSatisfy(\.isHexDigit),
            let hex = UInt32(word.dropFirst(), radix: 16)
        else { return nil }
        return Ink(hex, nearest(RGB(hex)))
    }

    private static func word(_ ink: Ink) -> String {
        names.first { $0.ink == ink }?.name ?? ink.rgb.css
    }

    /// The one of the eight colours that a terminal with no more shows instead.
    private static func nearest(_ color: RGB) -> ANSIColor? {
        func distance(_ other: RGB) -> Int {
            let parts = [
                (color.red, other.red), (color.green, other.green), (color.blue, other.blue),
            ]
            return parts.reduce(0) { $0 + (Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1)) }
        }
        return names.min { distance($0.ink.rgb) < distance($1.ink.rgb) }?.ink.ansi
    }
}

extension Role {
    /// `badgeReadOnly` is `badge-read-only`.
    public var name: String { "\(self)".kebab }
}

extension String {
    /// `goToCursor` is `go-to-cursor`. Of names in ASCII, by bytes: the help and the palette ask for all
    /// of them whenever they are drawn.
    var kebab: String {
        var name: [UInt8] = []
        for byte in utf8 {
            let isUppercase = (0x41...0x5a).contains(byte)
            if isUppercase { name.append(UInt8(ascii: "-")) }
            name.append(isUppercase ? byte | 0x20 : byte)
        }
        return String(decoding: name, as: UTF8.self)
    }
}
