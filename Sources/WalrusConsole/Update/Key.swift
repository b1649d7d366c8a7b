/// A key as the console's update function sees it, free of any terminal's codes.
public enum Key: Hashable, Sendable {
    case character(Character)
    case enter, tab, backTab, escape, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    /// F1 is 1.
    case function(Int)
    /// The letter is in lower case: Ctrl-R is `control("r")`.
    case control(Character)
    case alt(Character)

    /// The key's name on a help screen: `g`, `Space`, `Ctrl-R`, `F5`, `PgUp`.
    public var name: String {
        switch self {
        case .character(" "): "Space"
        case .character(let c): String(c)
        case .function(let n): "F\(n)"
        case .control(" "): "Ctrl-Space"
        case .control(let c): "Ctrl-" + c.uppercased()
        case .alt(let c): "Alt-" + String(c)
        default: Key.names.first { $0.key == self }?.name ?? "?"
        }
    }

    /// Named keys; the first name of a key is the one that is shown.
    fileprivate static let names: [(name: String, key: Key)] = [
        ("Enter", .enter), ("Tab", .tab), ("Shift-Tab", .backTab), ("Esc", .escape),
        ("Backspace", .backspace), ("Del", .delete), ("Ins", .insert), ("Up", .up),
        ("Down", .down), ("Left", .left), ("Right", .right), ("Home", .home), ("End", .end),
        ("PgUp", .pageUp), ("PgDn", .pageDown),
        ("CR", .enter), ("Return", .enter), ("S-Tab", .backTab), ("BackTab", .backTab),
        ("Escape", .escape), ("BS", .backspace), ("Delete", .delete), ("Insert", .insert),
        ("PageUp", .pageUp), ("PageDown", .pageDown),
    ]
}

/// A key script that cannot be read.
public struct KeyScriptError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The part between `<` and `>`.
    public let token: String
    public var description: String { "unknown key <\(token)> in a key script" }
}

extension Key {
    /// Reads a script such as `j j <Enter> <C-d> /err <Esc>`.
    ///
    /// Blanks part words and are not typed. A word is typed character by character, apart from
    /// `<Name>`, `<C-x>`, `<A-x>`, `<F5>`, `<Space>`, and `<lt>` for `<`. A `<` that no `>` of the same
    /// word follows is an ordinary character.
    public static func script(_ text: String) throws(KeyScriptError) -> [Key] {
        var keys: [Key] = []
        for word in text.split(whereSeparator: \.isWhitespace) {
            var rest = word
            while let first = rest.first {
                if first == "<", let close = rest.firstIndex(of: ">"),
                    close > rest.index(after: rest.startIndex)
                {
                    let token = String(rest[rest.index(after: rest.startIndex)..<close])
                    guard let key = Key(token: token) else { throw KeyScriptError(token: token) }
                    keys.append(key)
                    rest = rest[rest.index(after: close)...]
                } else {
                    keys.append(.character(first))
                    rest = rest.dropFirst()
                }
            }
        }
        return keys
    }

    /// From the name of one key: `x`, `Space`, `C-x`, `A-x`, `F5`, `PgUp`.
    public init?(named name: String) {
        switch name.lowercased() {
        case "c-space": self = .control(" ")
        case _ where name.count == 1 && name != " ":
            guard let character = name.first,
                character.unicodeScalars.allSatisfy({ $0.value > 0x20 })
            else { return nil }
            self = .character(character)
        default:
            guard let key = Key(token: name) else { return nil }
            self = key
        }
    }

    /// The name that `init(named:)` makes the same key of.
    public var token: String {
        switch self {
        case .control(" "): "C-Space"
        case .control(let c): "C-\(c)"
        case .alt(let c): "A-\(c)"
        default: name
        }
    }

    private init?(token: String) {
        let lowered = token.lowercased()
        if let named = Key.names.first(where: { $0.name.lowercased() == lowered }) {
            self = named.key
            return
        }
        if lowered == "space" {
            self = .character(" ")
        } else if lowered == "lt" {
            self = .character("<")
        } else if lowered.first == "f", let n = Int(lowered.dropFirst()), (1...63).contains(n) {
            self = .function(n)
        } else if token.count == 3, let last = token.last, lowered.hasPrefix("c-") {
            self = .control(Character(last.lowercased()))
        } else if token.count == 3, let last = token.last,
            lowered.hasPrefix("a-") || lowered.hasPrefix("m-")
        {
            self = .alt(last)
        } else {
            return nil
        }
    }
}
