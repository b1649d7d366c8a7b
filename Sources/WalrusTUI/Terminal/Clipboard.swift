internal import Inspect

/// The sequence that hands bytes to a terminal's clipboard. They are encoded: none drives it.
enum Clipboard {
    /// In bytes before encoding; terminals drop sequences much longer than 100 KiB.
    static let maximumBytes = 74_994

    /// nil when there are too many or the terminal is known to print such a sequence.
    static func sequence(for bytes: [UInt8], terminal: String, insideTmux: Bool) -> [UInt8]? {
        guard bytes.count <= maximumBytes else { return nil }
        let osc = Array("\u{1B}]52;c;".utf8) + Base64.encode(bytes)
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
}
