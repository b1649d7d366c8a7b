/// A number of bytes as a person types it, the same wherever a size is taken.
public enum ByteSize {
    /// "500", "0x1F4", "10K", "2M", "1G", "1GiB": units are binary, in
    /// capitals or not, and may end in B or iB. Nil: no such number, or more than an `Int` holds.
    public static func parse(_ text: some StringProtocol) -> Int? {
        let text = text.lowercased()
        if text.hasPrefix("0x") {
            guard text.utf8.count > 2, text.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }) else {
                return nil
            }
            return Int(text.dropFirst(2), radix: 16)
        }
        let digits = text.prefix { ("0"..."9").contains($0) }
        let shift: Int
        switch text.dropFirst(digits.count) {
        case "", "b": shift = 0
        case "k", "kb", "kib": shift = 10
        case "m", "mb", "mib": shift = 20
        case "g", "gb", "gib": shift = 30
        case "t", "tb", "tib": shift = 40
        default: return nil
        }
        guard let value = Int(digits) else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : product
    }
}
