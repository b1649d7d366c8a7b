import CNcursesShim
import WalrusConsole

/// Turns what curses read into keys. Pure, so that it is tested without a terminal.
enum KeyDecoder {
    /// One result of a read.
    enum Input: Hashable {
        /// A Unicode scalar, control characters included.
        case character(UInt32)
        /// One of the shim's codes.
        case code(UInt32)
    }

    /// The keys of everything that was read at once: a character right after ESC is an Alt key,
    /// and an escape sequence that terminfo does not know is one key or none, never its letters
    /// (a stray `1` would change the screen).
    static func keys(_ inputs: [Input]) -> [Key] {
        var keys: [Key] = []
        var rest = inputs[...]
        while let input = rest.popFirst() {
            guard input == .character(0x1B), let following = rest.first else {
                if let key = key(input) { keys.append(key) }
                continue
            }
            switch following {
            case .character(0x5B) where rest.count > 1:
                rest.removeFirst()
                if let key = controlSequence(&rest) { keys.append(key) }
            case .character(0x4F) where rest.count > 1:
                rest.removeFirst()
                if case .character(let final)? = rest.popFirst(), let key = letterKey(final) {
                    keys.append(key)
                }
            case .character(let value) where value >= 0x20 && value != 0x7F:
                rest.removeFirst()
                if let scalar = Unicode.Scalar(value) { keys.append(.alt(Character(scalar))) }
            default:
                keys.append(.escape)
            }
        }
        return keys
    }

    /// The key of a single input; nil for what is no key.
    static func key(_ input: Input) -> Key? {
        switch input {
        case .character(let value): character(value)
        case .code(let code): named(code)
        }
    }

    private static func character(_ value: UInt32) -> Key? {
        switch value {
        case 0x09: return .tab
        case 0x0A, 0x0D: return .enter
        case 0x08, 0x7F: return .backspace
        case 0x1B: return .escape
        case 0x00: return .control(" ")
        case 0x01...0x1A: return .control(Character(Unicode.Scalar(UInt8(value + 0x60))))
        case 0x1C...0x1F: return .control(Character(Unicode.Scalar(UInt8(value + 0x40))))
        case 0x80...0x9F: return nil
        default: return Unicode.Scalar(value).map { .character(Character($0)) }
        }
    }

    /// The keys behind the shim's codes. F1 is `functionBase` plus 1.
    static let codes: [UInt32: Key] = [
        UInt32(WCURSES_KEY_UP): .up, UInt32(WCURSES_KEY_DOWN): .down,
        UInt32(WCURSES_KEY_LEFT): .left, UInt32(WCURSES_KEY_RIGHT): .right,
        UInt32(WCURSES_KEY_HOME): .home, UInt32(WCURSES_KEY_END): .end,
        UInt32(WCURSES_KEY_PAGE_UP): .pageUp, UInt32(WCURSES_KEY_PAGE_DOWN): .pageDown,
        UInt32(WCURSES_KEY_INSERT): .insert, UInt32(WCURSES_KEY_DELETE): .delete,
        UInt32(WCURSES_KEY_BACKSPACE): .backspace, UInt32(WCURSES_KEY_ENTER): .enter,
        UInt32(WCURSES_KEY_BACK_TAB): .backTab,
    ]
    static let functionBase = UInt32(WCURSES_KEY_FUNCTION)

    private static func named(_ code: UInt32) -> Key? {
        code > functionBase ? .function(Int(code - functionBase)) : codes[code]
    }

    /// What follows `ESC [`: parameters, then one final character.
    private static func controlSequence(_ rest: inout ArraySlice<Input>) -> Key? {
        var parameter: UInt32 = 0
        var inFirst = true
        while case .character(let value)? = rest.first, (0x20...0x7E).contains(value) {
            rest.removeFirst()
            switch value {
            case 0x30...0x39 where inFirst: parameter = min(parameter * 10 + value - 0x30, 999)
            case 0x40...: return value == 0x7E ? tildeKey(parameter) : letterKey(value)
            default: inFirst = false
            }
        }
        return nil
    }

    private static func letterKey(_ final: UInt32) -> Key? {
        switch Unicode.Scalar(final) {
        case "A": .up
        case "B": .down
        case "C": .right
        case "D": .left
        case "H": .home
        case "F": .end
        case "Z": .backTab
        case "M": .enter
        case "P": .function(1)
        case "Q": .function(2)
        case "R": .function(3)
        case "S": .function(4)
        default: nil
        }
    }

    private static func tildeKey(_ parameter: UInt32) -> Key? {
        switch parameter {
        case 1, 7: .home
        case 2: .insert
        case 3: .delete
        case 4, 8: .end
        case 5: .pageUp
        case 6: .pageDown
        case 11...15: .function(Int(parameter) - 10)
        case 17...21: .function(Int(parameter) - 11)
        case 23, 24: .function(Int(parameter) - 12)
        default: nil
        }
    }
}
