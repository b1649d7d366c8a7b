/// The sequence that hands text to a terminal's clipboard.
enum Clipboard {
    /// In bytes before encoding; terminals drop sequences much longer than 100 KiB.
    static let maximumBytes = 74_994

    /// nil when the text is too long or the terminal is known to print such a sequence.
    static func sequence(for text: String, terminal: String, insideTmux: Bool) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.count <= maximumBytes else { return nil }
        let osc = Array("\u{1B}]52;c;".utf8) + base64(bytes)
        // tmux takes the sequence itself. GNU screen passes on what stands in a device control
        // string, no more than 768 bytes at a time, so that it gets pieces.
        if insideTmux || !terminal.hasPrefix("screen") {
            return hasNoClipboard(terminal) ? nil : osc + [0x07]
        }
        var wrapped: [UInt8] = []
        var rest = (osc + [0x07])[...]
        while !rest.isEmpty {
            wrapped += [0x1B, 0x50]
            wrapped += rest.prefix(700)
            wrapped += [0x1B, 0x5C]
            rest = rest.dropFirst(700)
        }
        return wrapped
    }

    private static func hasNoClipboard(_ terminal: String) -> Bool {
        terminal == "linux" || terminal.hasPrefix("vt") || terminal.hasPrefix("linux-")
    }

    /// RFC 4648, with padding.
    static func base64(_ bytes: [UInt8]) -> [UInt8] {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var value = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            value <<= UInt32(8 * (3 - group.count))
            for i in 0..<4 {
                let shift = UInt32(18 - 6 * i)
                out.append(i <= group.count ? alphabet[Int(value >> shift & 0x3F)] : 0x3D)
            }
        }
        return out
    }
}
