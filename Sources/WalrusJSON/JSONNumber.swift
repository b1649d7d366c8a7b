/// A number of a JSON document, exact whatever its size: identifiers have more digits than a
/// floating-point number keeps.
public struct JSONNumber: Hashable, Sendable, Comparable {
    private let isNegative: Bool
    /// Without zeros at either end; empty for zero.
    private let digits: [UInt8]
    /// Where the decimal point stands, counted from the first digit.
    private let point: Int

    /// Nil when `text` is no number as RFC 8259 has it.
    public init?(_ text: [UInt8]) {
        guard unsafe JSONTokens.endOfNumber(text.span.bytes, from: 0) == text.count else {
            return nil
        }
        var rest = text[...]
        let isMinus = rest.first == UInt8(ascii: "-")
        if isMinus { rest.removeFirst() }
        let whole = rest.prefix(while: Self.isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: Self.isDigit)
            rest = rest.dropFirst(1 + fraction.count)
        }
        var exponent = 0
        if !rest.isEmpty {
            rest.removeFirst()
            // Beyond this, numbers that differ only there count as equal: nobody has written them.
            for digit in rest.drop(while: { !Self.isDigit($0) }) {
                exponent = min(exponent * 10 + Int(digit - 48), 1_000_000_000_000)
            }
            if rest.first == UInt8(ascii: "-") { exponent = -exponent }
        }
        var all = Array(whole + fraction)
        let zeros = all.prefix { $0 == UInt8(ascii: "0") }.count
        all.removeFirst(zeros)
        while all.last == UInt8(ascii: "0") { all.removeLast() }
        digits = all
        point = all.isEmpty ? 0 : whole.count - zeros + exponent
        isNegative = isMinus && !all.isEmpty
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    public static func < (a: JSONNumber, b: JSONNumber) -> Bool {
        guard a.isNegative == b.isNegative else { return a.isNegative }
        return a.isNegative ? b.isSmaller(a) : a.isSmaller(b)
    }

    /// Compares magnitudes.
    private func isSmaller(_ other: JSONNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        guard point == other.point else { return point < other.point }
        return digits.lexicographicallyPrecedes(other.digits)
    }

    /// The number in a form that reads as the same one.
    public var text: String {
        guard !digits.isEmpty else { return "0" }
        let sign = isNegative ? "-" : ""
        let text = String(decoding: digits, as: UTF8.self)
        if point >= digits.count, point <= 21 {
            return sign + text + String(repeating: "0", count: point - digits.count)
        }
        if point > 0, point < digits.count {
            return sign + text.prefix(point) + "." + text.dropFirst(point)
        }
        if point <= 0, point > -6 {
            return sign + "0." + String(repeating: "0", count: -point) + text
        }
        let rest = text.dropFirst()
        return sign + text.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e\(point - 1)"
    }
}
