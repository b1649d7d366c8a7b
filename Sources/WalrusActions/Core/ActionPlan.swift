public import WalrusFormat
public import WalrusJSON

/// What an action is going to do, made without writing anything.
public struct ActionPlan: Sendable {
    /// What somebody has to say before it is done.
    public enum Confirmation: Hashable, Sendable {
        case none
        /// Yes, where no is what the keyboard points at.
        case yes
        /// This word, typed out.
        case typed(String)
    }

    /// One line: "consume 3 entries of orders".
    public var title: String
    /// The words of the command that does the same, "walrus" being the first.
    public var command: [String]
    /// What will happen, a fact a line.
    public var lines: [String]
    public var confirmation: Confirmation
    /// What typing the word does, with its number: "consume 3 entries"; nil where no word is asked for.
    public var deed: String?
    /// What it would come to, for scripts: under the names that the outcome has, as far as that can be
    /// known before.
    public var figures: [(String, JSON)]

    public init(
        title: String, command: [String], lines: [String], confirmation: Confirmation,
        deed: String? = nil, figures: [(String, JSON)] = []
    ) {
        self.title = title
        self.command = command
        self.lines = lines
        self.confirmation = confirmation
        self.deed = deed
        self.figures = figures
    }

    /// The command as a line for a shell.
    public var commandLine: String { ShellWord.line(command) }

    /// The plan for scripts: the same members for every action, then its figures (`docs/acting.md`).
    public var json: JSON {
        let asks: JSON =
            switch confirmation {
            case .none: .null
            case .yes: .string("yes")
            case .typed(let word): .string(word)
            }
        return .object(
            [
                ("schema", .int(1)), ("plan", .string(title)),
                ("command", .string(commandLine)), ("asks", asks),
                ("lines", .array(lines.map(JSON.string))),
            ] + figures)
    }
}

/// What became of an action.
public struct ActionOutcome: Sendable {
    /// One sentence: "consumed 3 entries of orders".
    public var text: String
    /// What it came to, for scripts and for the audit log, in the order in which it is shown.
    public var figures: [(String, JSON)]
    /// The number by which it can be undone.
    public var undo: Int?
    /// What it did to a topic's reader, which can be undone too.
    public var cursorMove: CursorChange?

    public init(_ text: String, figures: [(String, JSON)] = [], undo: Int? = nil) {
        self.text = text
        self.figures = figures
        self.undo = undo
    }
}

/// A topic's reader that was moved.
public struct CursorChange: Hashable, Sendable {
    public let topic: TopicName
    /// Where it stood; nil: at the first entry.
    public let before: EntryPlace?
    public let after: EntryPlace
    /// The action in a few words: "consume 3 entries".
    public let deed: String
}

/// Words of a command line.
public enum ShellWord {
    /// The words as a line for a shell.
    public static func line(_ words: [String]) -> String {
        words.map(quoted).joined(separator: " ")
    }

    /// The word as POSIX shells read it back, with nothing in it that could drive a terminal: what
    /// is no plain letter, digit or sign stands in quotes, control characters as $'\x1b'.
    public static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:,+@%=".utf8.contains(byte)
            }
        }
        if plain, !word.isEmpty { return word }
        if word.unicodeScalars.allSatisfy({ $0.isASCII && $0.value >= 0x20 && $0.value < 0x7f }) {
            return "'"
                + word.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
        }
        var text = "$'"
        for byte in word.utf8 {
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\\"):
                text += "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7f: text += String(UnicodeScalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return text + "'"
    }
}
