/// Moments as people type them, all in UTC.
public enum Timestamp {
    /// Nanoseconds since 1970 of "2026-11-20T12:04:31Z", "2026-11-20 12:04", "2026-11-20", or of
    /// seconds, milliseconds, microseconds or nanoseconds since 1970, told by their number of digits.
    public static func parse(_ text: some StringProtocol) -> UInt64? {
        if !text.isEmpty, text.utf8.allSatisfy(\.isDigit), let number = UInt64(text) {
            let scale: UInt64 =
                switch text.utf8.count {
                case ...11: 1_000_000_000
                case ...14: 1_000_000
                case ...17: 1_000
                default: 1
                }
            let product = number.multipliedReportingOverflow(by: scale)
            return product.overflow ? nil : product.partialValue
        }
        return date(text)
    }

    /// The same, or a time before `now` as "-90s", "-15m", "-1h" or "-2d".
    public static func parse(_ text: some StringProtocol, now: UInt64) -> UInt64? {
        guard let seconds = seconds(ago: text) else { return parse(text) }
        let (span, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow || span > now ? 0 : now - span
    }

    static func seconds(ago text: some StringProtocol) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard text.hasPrefix("-"), let unit = text.last.flatMap({ units[$0] }),
            let value = Int(text.dropFirst().dropLast()), value >= 0
        else { return nil }
        let (seconds, overflow) = value.multipliedReportingOverflow(by: unit)
        return overflow ? nil : seconds
    }

    /// A number that `parse` takes for these nanoseconds.
    static func text(_ nanoseconds: UInt64) -> String {
        let digits = String(nanoseconds)
        return String(repeating: "0", count: max(0, 18 - digits.utf8.count)) + digits
    }

    private static func date(_ text: some StringProtocol) -> UInt64? {
        let text = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let halves = text.split(whereSeparator: { $0 == "T" || $0 == " " })
        let date = (halves.first ?? "").split(separator: "-").map { Int($0) ?? -1 }
        let time = halves.count > 1 ? halves[1].split(separator: ":").map { Int($0) ?? -1 } : [0]
        guard halves.count <= 2, date.count == 3, (1_970...9_999).contains(date[0]),
            (1...12).contains(date[1]), (1...31).contains(date[2]), (1...3).contains(time.count),
            time.allSatisfy({ $0 >= 0 }), time[0] < 24, time.dropFirst().allSatisfy({ $0 < 60 })
        else { return nil }
        // H. Hinnant, "chrono-compatible low-level date algorithms".
        let year = date[1] <= 2 ? date[0] - 1 : date[0]
        let era = year / 400
        let yoe = year - era * 400
        let doy = (153 * (date[1] > 2 ? date[1] - 3 : date[1] + 9) + 2) / 5 + date[2] - 1
        let days = era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
        let parts = time + [0, 0]
        let seconds = UInt64(days * 86_400 + parts[0] * 3_600 + parts[1] * 60 + parts[2])
        // A year that 64 bits of nanoseconds do not reach is later than every entry.
        let product = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return product.overflow ? .max : product.partialValue
    }

    /// "2026-11-20T12:04:31.250Z".
    public static func iso(_ nanoseconds: UInt64) -> String {
        let milliseconds = Int(nanoseconds / 1_000_000)
        let second = milliseconds / 1_000 % 86_400
        return date(ofDay: milliseconds / 86_400_000)
            + "T\(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))"
            + ".\(String(milliseconds % 1_000 + 1_000).dropFirst())Z"
    }

    /// "2026-11-20" of a day counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date
    /// algorithms").
    public static func date(ofDay days: Int) -> String {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let doe = z - era * 146_097
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
        let mp = (5 * doy + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        let year = yoe + era * 400 + (month <= 2 ? 1 : 0)
        return "\(year)-\(two(month))-\(two(doy - (153 * mp + 2) / 5 + 1))"
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
