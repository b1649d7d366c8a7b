internal import WalrusConsole

/// Takes a terminal's answers out of what it sends, so that no answer is ever taken for keys and no
/// key for a part of an answer.
struct AnswerFilter {
    /// Whether a question has been asked that has not been answered in full.
    var isWaiting: Bool
    /// What the terminal said of its background.
    var background: RGB?
    /// The beginning of an answer whose end has not come.
    private var held: [KeyDecoder.Input] = []

    init(isWaiting: Bool = false) { self.isWaiting = isWaiting }

    /// Longer than any answer to what is asked.
    private static let lengthMax = 80

    mutating func filter(_ inputs: [KeyDecoder.Input]) -> [KeyDecoder.Input] {
        guard isWaiting || !held.isEmpty else { return inputs }
        var rest = (held + inputs)[...]
        held = []
        var others: [KeyDecoder.Input] = []
        while let input = rest.first {
            switch Self.answer(at: rest) {
            case .none:
                others.append(input)
                rest.removeFirst()
            case .unfinished:
                held = Array(rest)
                return others
            case .background(let color, let length):
                background = color
                rest.removeFirst(length)
            case .attributes(let length):
                // The last answer.
                isWaiting = false
                rest.removeFirst(length)
            }
        }
        return others
    }

    private enum Answer {
        case none, unfinished
        case background(RGB?, length: Int)
        case attributes(length: Int)
    }

    private static func answer(at inputs: ArraySlice<KeyDecoder.Input>) -> Answer {
        var scalars: [Unicode.Scalar] = []
        for input in inputs.prefix(lengthMax) {
            guard case .character(let value) = input, let scalar = Unicode.Scalar(value) else {
                break
            }
            scalars.append(scalar)
        }
        let isAll = scalars.count == inputs.count
        if let answer = color(scalars, isAll: isAll) { return answer }
        return attributes(scalars, isAll: isAll) ?? .none
    }

    /// `ESC ] 11 ; rgb:RRRR/GGGG/BBBB`, up to BEL or `ESC \` (xterm, "Operating System Commands").
    private static func color(_ scalars: [Unicode.Scalar], isAll: Bool) -> Answer? {
        let start = Array("\u{1B}]11;".unicodeScalars)
        guard scalars.count >= start.count else {
            // An Escape alone is a key: only what follows makes it the beginning of an answer.
            let isBeginning = isAll && scalars.count >= 2 && start.starts(with: scalars)
            return isBeginning ? .unfinished : nil
        }
        guard scalars.starts(with: start) else { return nil }
        var text = ""
        for (index, scalar) in scalars.enumerated().dropFirst(start.count) {
            switch scalar {
            case "\u{7}", "\u{9C}": return .background(rgb(text), length: index + 1)
            case "\u{1B}":
                guard index + 1 < scalars.count else { return isAll ? .unfinished : nil }
                guard scalars[index + 1] == "\\" else { return nil }
                return .background(rgb(text), length: index + 2)
            case " "..."~": text.unicodeScalars.append(scalar)
            default: return nil
            }
        }
        return isAll && scalars.count < lengthMax ? .unfinished : nil
    }

    /// `ESC [ ? 6 4 ; 1 ; ... c` (DEC STD 070, "primary device attributes").
    private static func attributes(_ scalars: [Unicode.Scalar], isAll: Bool) -> Answer? {
        let start = Array("\u{1B}[?".unicodeScalars)
        guard scalars.count >= start.count else {
            let isBeginning = isAll && scalars.count >= 2 && start.starts(with: scalars)
            return isBeginning ? .unfinished : nil
        }
        guard scalars.starts(with: start) else { return nil }
        for (index, scalar) in scalars.enumerated().dropFirst(start.count) {
            switch scalar {
            case "c": return .attributes(length: index + 1)
            case "0"..."9", ";": continue
            default: return nil
            }
        }
        return isAll && scalars.count < lengthMax ? .unfinished : nil
    }

    /// `rgb:ffff/ffff/ffff`, with one to four digits a part, or `rgba:` with a fourth part.
    static func rgb(_ text: String) -> RGB? {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, halves[0] == "rgb" || halves[0] == "rgba" else { return nil }
        let parts = halves[1].split(separator: "/", omittingEmptySubsequences: false).prefix(3)
        let values = parts.compactMap { part -> UInt32? in
            guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit),
                let value = UInt32(part, radix: 16)
            else { return nil }
            return value * 255 / (1 << (4 * UInt32(part.count)) - 1)
        }
        guard values.count == 3 else { return nil }
        return RGB(values[0] << 16 | values[1] << 8 | values[2])
    }
}
