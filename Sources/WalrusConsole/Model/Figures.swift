internal import Inspect

/// Numbers as people read them.
public enum Figures {
    /// 412331 -> "412,331".
    public static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// Bytes in at most five columns, with binary units: "812M", "3.21G".
    public static func bytes(_ count: Int) -> String {
        short(Double(count), base: 1_024, units: ["", "K", "M", "G", "T", "P"])
    }

    /// A count or a rate in at most five columns, with decimal units: "130", "1.1k".
    public static func count(_ value: Double) -> String {
        if value > 0, value < 1 { return "<1" }
        return short(value, base: 1_000, units: ["", "k", "M", "G", "T"])
    }

    private static func short(_ value: Double, base: Double, units: [String]) -> String {
        var value = value
        var unit = 0
        while abs(value) >= (unit == 0 ? base : base - 0.5), unit < units.count - 1 {
            value /= base
            unit += 1
        }
        guard unit > 0 else { return String(Int(value.rounded())) }
        let scale: Double = abs(value) < 9.995 ? 100 : abs(value) < 99.95 ? 10 : 1
        let rounded = (value * scale).rounded() / scale
        var text = scale == 1 ? String(Int(rounded)) : "\(rounded)"
        if scale > 1, text.hasSuffix(".0") { text.removeLast(2) }
        return text + units[unit]
    }

    /// Seconds as "12s", "4m", "3h", "5d".
    public static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<60: "\(Int(seconds.rounded()))s"
        case ..<3_600: "\(Int(seconds / 60))m"
        case ..<86_400: "\(Int(seconds / 3_600))h"
        default: "\(Int(min(seconds / 86_400, 9_999)))d"
        }
    }

    /// Nanoseconds as "00:01:10".
    public static func span(_ nanoseconds: UInt64) -> String {
        let seconds = Int(clamping: nanoseconds / 1_000_000_000)
        return "\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    /// How long something took, in at most five columns: "812ns", "12µs", "3.21s".
    public static func latency(_ nanoseconds: UInt64, ascii: Bool) -> String {
        guard nanoseconds < 9_999_500_000 else { return duration(Double(nanoseconds) / 1e9) }
        var value = Double(nanoseconds)
        var unit = 0
        while value >= (unit == 0 ? 1_000 : 999.5), unit < 3 {
            value /= 1_000
            unit += 1
        }
        let tenths = (value * 10).rounded() / 10
        let text = unit == 0 || tenths >= 10 ? String(Int(value.rounded())) : "\(tenths)"
        return text + ["ns", ascii ? "us" : "µs", "ms", "s"][unit]
    }

    /// "41%" of a whole. A part that is there is never 0%, but "<1%", and one that is not whole never
    /// 100%, but ">99%".
    public static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0%" }
        guard part < whole else { return "100%" }
        let percent = Double(part) * 100 / Double(whole)
        return percent < 1 ? "<1%" : percent > 99 ? ">99%" : "\(Int(percent.rounded()))%"
    }

    /// Nanoseconds since 1970 as "12:04:31", in the zone `offset` seconds east of UTC.
    public static func time(_ nanoseconds: UInt64, offset: Int) -> String {
        let (_, second) = split(nanoseconds, offset)
        return "\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }

    /// Nanoseconds since 1970 as "2026-11-20 12:04:31.250".
    public static func dateTime(_ nanoseconds: UInt64, offset: Int) -> String {
        let (days, _) = split(nanoseconds, offset)
        let milliseconds = String(nanoseconds / 1_000_000 % 1_000 + 1_000).dropFirst()
        return
            "\(Timestamp.date(ofDay: days)) \(time(nanoseconds, offset: offset)).\(milliseconds)"
    }

    private static func split(_ nanoseconds: UInt64, _ offset: Int) -> (days: Int, second: Int) {
        let seconds = Int(nanoseconds / 1_000_000_000) + offset
        let second = ((seconds % 86_400) + 86_400) % 86_400
        return ((seconds - second) / 86_400, second)
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

extension Figures {
    /// "1s", "500ms" or "2" seconds as nanoseconds, from 100 ms to an hour.
    public static func parseDuration(_ text: String) -> UInt64? {
        let (digits, scale): (Substring, Double) =
            text.hasSuffix("ms")
            ? (text.dropLast(2), 1e6)
            : text.hasSuffix("s") ? (text.dropLast(), 1e9) : (Substring(text), 1e9)
        guard let value = Double(digits), value.isFinite, value * scale >= 1e8,
            value * scale <= 3.6e12
        else { return nil }
        return UInt64(value * scale)
    }

    /// What `parseDuration` reads as the same, to the millisecond.
    public static func durationText(_ nanoseconds: UInt64) -> String {
        nanoseconds.isMultiple(of: 1_000_000_000)
            ? "\(nanoseconds / 1_000_000_000)s" : "\(nanoseconds / 1_000_000)ms"
    }
}
