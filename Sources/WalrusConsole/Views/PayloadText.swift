/// Payload bytes as lines that fit a width, every byte made harmless.
enum PayloadText {
    /// Lines made of one payload at most: a bound on work, not on what can be seen of it.
    private static let linesMax = 20_000

    /// Text, broken at its line ends and at the width.
    static func text(_ bytes: [UInt8], width: Int, ascii: Bool) -> [[StyledText]] {
        var lines: [[StyledText]] = []
        let width = max(1, width)
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            var rest = line
            if rest.last == UInt8(ascii: "\r") { rest = rest.dropLast() }
            repeat {
                guard lines.count < linesMax else { return lines }
                let expanded = Array(rest.prefix(width * 8))
                let piece = VisibleText(expanded, mode: .dots, ascii: ascii, limit: width)
                // A character wider than the whole line must not keep us here.
                let shown = max(piece.bytesShown, 1)
                lines.append([StyledText(piece.text)])
                rest = rest.dropFirst(shown)
            } while !rest.isEmpty
        }
        return lines
    }

    /// Prose, broken between words; a word longer than a line is broken where it must be.
    static func prose(_ text: String, width: Int, ascii: Bool) -> [String] {
        let width = max(1, width)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            var rest = VisibleText(String(word), mode: .escape, ascii: ascii, limit: 10_000).text
            let room = width - DisplayWidth.columns(of: line) - 1
            if !line.isEmpty, DisplayWidth.columns(of: rest) > room {
                lines.append(line)
                line = ""
            }
            while DisplayWidth.columns(of: rest) > width {
                let head = rest.prefix(max(1, width / 2))
                lines.append(String(head))
                rest = String(rest.dropFirst(head.count))
            }
            line += line.isEmpty ? rest : " " + rest
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// Sets the key at the start of a line of laid-out JSON apart from its value.
    static func colorKey(_ line: [StyledText]) -> [StyledText] {
        guard let text = line.first?.text, let start = text.firstIndex(where: { $0 != " " }),
            text[start] == "\"", let end = text.range(of: "\": ", after: start)
        else { return line }
        return [
            StyledText(String(text[..<end]), .accent), StyledText(String(text[end...])),
        ]
    }

    /// Offset, bytes in hexadecimal, and the printable ones as text.
    static func hex(_ bytes: [UInt8], width: Int, ascii: Bool) -> [[StyledText]] {
        // An offset of six digits, then three columns for a byte in hex and one for it as text.
        let perLine = width >= 8 + 16 * 4 + 2 ? 16 : width >= 8 + 8 * 4 + 2 ? 8 : 4
        var lines: [[StyledText]] = []
        for start in stride(from: 0, to: bytes.count, by: perLine) {
            guard lines.count < linesMax else { break }
            let piece = bytes[start..<min(start + perLine, bytes.count)]
            let digits = String(start, radix: 16)
            let offset = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
            var hex = ""
            for (index, byte) in piece.enumerated() {
                if index == 8 { hex += " " }
                hex += (byte < 16 ? " 0" : " ") + String(byte, radix: 16)
            }
            let full = perLine * 3 + (perLine > 8 ? 1 : 0)
            hex += String(repeating: " ", count: max(0, full - hex.utf8.count))
            let text = VisibleText(
                piece.map { (0x20...0x7e).contains($0) ? $0 : 0 }, mode: .dots, ascii: ascii,
                limit: perLine
            ).text
            lines.append([
                StyledText(offset, .hexOffset), StyledText(hex), StyledText("  " + text, .hexText),
            ])
        }
        return lines
    }
}

extension String {
    /// The index just before the last two characters of the first `mark` after `start`.
    fileprivate func range(of mark: String, after start: Index) -> Index? {
        var at = index(after: start)
        while at < endIndex {
            if self[at...].hasPrefix(mark) { return index(after: at) }
            // An escaped quotation mark does not end the key.
            if self[at] == "\\" { at = index(after: at) }
            guard at < endIndex else { return nil }
            at = index(after: at)
        }
        return nil
    }
}

/// JSON laid out for reading, without changing a character of its values.
enum JSONText {
    /// Nested deeper than this, it is not worth laying out.
    private static let depthMax = 200

    /// The bytes with line ends and indentation put in; nil when they are not JSON.
    static func pretty(_ bytes: [UInt8]) -> [UInt8]? {
        var parser = Parser(bytes: bytes)
        parser.skipSpace()
        guard parser.value(depth: 0) else { return nil }
        parser.skipSpace()
        return parser.at == bytes.count ? parser.output : nil
    }

    private struct Parser {
        let bytes: [UInt8]
        var at = 0
        var output: [UInt8] = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func skipSpace() {
            while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { at += 1 }
        }

        mutating func take() {
            output.append(bytes[at])
            at += 1
        }

        mutating func newline(_ depth: Int) {
            output.append(UInt8(ascii: "\n"))
            output += repeatElement(UInt8(ascii: " "), count: 2 * depth)
        }

        mutating func value(depth: Int) -> Bool {
            guard depth < depthMax, let byte = next else { return false }
            switch byte {
            case UInt8(ascii: "{"): return list(depth, close: UInt8(ascii: "}"), hasKeys: true)
            case UInt8(ascii: "["): return list(depth, close: UInt8(ascii: "]"), hasKeys: false)
            case UInt8(ascii: "\""): return string()
            default: return word()
            }
        }

        private mutating func list(_ depth: Int, close: UInt8, hasKeys: Bool) -> Bool {
            take()
            skipSpace()
            if next == close {
                take()
                return true
            }
            while true {
                newline(depth + 1)
                if hasKeys {
                    guard next == UInt8(ascii: "\""), string() else { return false }
                    skipSpace()
                    guard next == UInt8(ascii: ":") else { return false }
                    take()
                    output.append(UInt8(ascii: " "))
                    skipSpace()
                }
                guard value(depth: depth + 1) else { return false }
                skipSpace()
                if next == UInt8(ascii: ",") {
                    take()
                    skipSpace()
                    continue
                }
                guard next == close else { return false }
                newline(depth)
                take()
                return true
            }
        }

        private mutating func string() -> Bool {
            take()
            while let byte = next {
                take()
                if byte == UInt8(ascii: "\"") { return true }
                if byte == UInt8(ascii: "\\") {
                    guard next != nil else { return false }
                    take()
                }
            }
            return false
        }

        /// A number, true, false or null.
        private mutating func word() -> Bool {
            let start = at
            while let byte = next,
                byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xdf)
            {
                take()
            }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            return ["true", "false", "null"].contains(text)
                || (Double(text) != nil && text.first.map { $0 == "-" || $0.isNumber } == true)
        }
    }
}
