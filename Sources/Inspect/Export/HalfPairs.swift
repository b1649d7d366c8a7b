/// Escapes in JSON that name half of a surrogate pair: RFC 8259 allows them, and no text has such
/// a character, so that whoever decodes them puts another one in its place.
enum HalfPairs {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// Where the first one stands in the strings that the object `line` has under `key`; nil: nowhere.
    /// A key that is written with escapes counts as any key.
    ///
    /// - Parameter line: an object that was parsed before; of other bytes the answer means nothing.
    static func first(in line: [UInt8], _ key: String) -> Int? {
        guard line.contains(backslash) else { return nil }
        var at = 0
        var depth = 0
        var isKeyNext = false
        var isWanted = false
        while at < line.count {
            switch line[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                isKeyNext = depth == 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ",") where depth == 1: isKeyNext = true
            case UInt8(ascii: ":") where depth == 1: isKeyNext = false
            case quote:
                let text = string(line, after: at)
                at = text.upperBound
                guard depth == 1 else { break }
                if isKeyNext {
                    isWanted = line[text].elementsEqual(key.utf8) || line[text].contains(backslash)
                } else if isWanted, let half = first(in: line, text) {
                    return half
                }
            default: break
            }
            at += 1
        }
        return nil
    }

    /// What stands between the quotation mark at `start` and the next one.
    private static func string(_ line: [UInt8], after start: Int) -> Range<Int> {
        var at = start + 1
        while at < line.count, line[at] != quote { at += line[at] == backslash ? 2 : 1 }
        return start + 1..<max(start + 1, min(at, line.count))
    }

    private static func first(in line: [UInt8], _ text: Range<Int>) -> Int? {
        var at = text.lowerBound
        while at < text.upperBound {
            guard line[at] == backslash else {
                at += 1
                continue
            }
            guard let unit = unit(line, at, text.upperBound) else {
                at += 2
                continue
            }
            switch unit {
            case 0xd800..<0xdc00:
                guard let next = self.unit(line, at + 6, text.upperBound),
                    (0xdc00..<0xe000).contains(next)
                else { return at }
                at += 12
            case 0xdc00..<0xe000: return at
            default: at += 6
            }
        }
        return nil
    }

    /// The number of the escape `\uXXXX` that begins at `at`.
    private static func unit(_ line: [UInt8], _ at: Int, _ end: Int) -> Int? {
        guard at + 6 <= end, line[at] == backslash, line[at + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return Int(String(decoding: line[at + 2..<at + 6], as: UTF8.self), radix: 16)
    }
}
