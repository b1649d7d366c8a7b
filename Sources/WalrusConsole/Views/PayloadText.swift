/// Payload bytes as lines that fit a width, every byte made harmless.
enum PayloadText {
    /// Lines made of one payload at most: a bound on work, not on what can be seen of it.
    private static let linesMax = 20_000

    /// How text is laid out.
    struct Layout {
        var width: Int
        var ascii: Bool
        /// Whether lines that are too long go on in the next one; else they are cut.
        var isWrapped = true
        /// Bytes left out at the start of lines that are not wrapped.
        var left = 0
    }

    /// Text, broken at its line ends and at the width. What stands in `marks`, ranges of bytes in
    /// order, is set apart.
    static func text(_ bytes: [UInt8], marks: [Range<Int>] = [], _ layout: Layout)
        -> [[StyledText]]
    {
        var lines: [[StyledText]] = []
        let width = max(1, layout.width)
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            var rest = line
            if rest.last == UInt8(ascii: "\r") { rest = rest.dropLast() }
            guard layout.isWrapped else {
                guard lines.count < linesMax else { return lines }
                rest = rest.dropFirst(layout.left)
                // Not from within a character.
                while layout.left > 0, let byte = rest.first, byte & 0xc0 == 0x80 {
                    rest = rest.dropFirst()
                }
                lines.append(
                    self.line(
                        rest.prefix(width * 8), marks: marks, width: width, ascii: layout.ascii))
                continue
            }
            repeat {
                guard lines.count < linesMax else { return lines }
                let piece = VisibleText(
                    rest.prefix(width * 8), mode: .dots, ascii: layout.ascii, limit: width)
                // A character wider than the whole line must not keep us here.
                let shown = max(piece.bytesShown, 1)
                lines.append(
                    self.line(rest.prefix(shown), marks: marks, width: width, ascii: layout.ascii))
                rest = rest.dropFirst(shown)
            } while !rest.isEmpty
        }
        return lines
    }

    /// One line of bytes, as many as fit, with what stands in `marks` set apart. The bytes' indices
    /// are what the marks count.
    static func line(
        _ bytes: ArraySlice<UInt8>, marks: [Range<Int>], width: Int, ascii: Bool,
        style: Style = .text
    ) -> [StyledText] {
        var pieces: [StyledText] = []
        var room = width
        var at = bytes.startIndex
        func add(_ end: Int, _ style: Style) {
            guard at < end, room > 0 else { return }
            let piece = VisibleText(bytes[at..<end], mode: .dots, ascii: ascii, limit: room)
            if !piece.text.isEmpty { pieces.append(StyledText(piece.text, style)) }
            // What did not fit ends the line.
            room = piece.isComplete ? room - piece.columns : 0
            at = end
        }
        for mark in marks where mark.upperBound > at && mark.lowerBound < bytes.endIndex {
            add(min(max(mark.lowerBound, at), bytes.endIndex), style)
            add(min(mark.upperBound, bytes.endIndex), Style(.match, [.bold, .underline]))
        }
        add(bytes.endIndex, style)
        return pieces
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
                let head = head(of: rest, columns: width)
                lines.append(String(head))
                rest = String(rest.dropFirst(head.count))
            }
            line += line.isEmpty ? rest : " " + rest
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// As many characters as so many columns hold, and one in any case.
    private static func head(of text: String, columns: Int) -> Substring {
        var (end, used) = (text.startIndex, 0)
        for index in text.indices {
            used += DisplayWidth.columns(of: String(text[index]))
            guard used <= columns || end == text.startIndex else { break }
            end = text.index(after: index)
        }
        return text[..<end]
    }

    /// Facts beside one another, as many in a line as it holds whole: the rest of a number would be
    /// another one.
    static func whole(_ facts: [String], width: Int) -> [String] {
        var lines: [String] = []
        for fact in facts {
            let columns = DisplayWidth.columns(of: fact)
            if let last = lines.last, DisplayWidth.columns(of: last) + 2 + columns <= width {
                lines[lines.count - 1] = last + "  " + fact
            } else {
                lines.append(fact)
            }
        }
        return lines
    }

    /// Sets the key at the start of a line of laid-out JSON apart from its value.
    static func colorKey(_ line: [StyledText]) -> [StyledText] {
        guard let text = line.first?.text, line.first?.style == .text,
            let start = text.firstIndex(where: { $0 != " " }),
            text[start] == "\"", let end = text.range(of: "\": ", after: start)
        else { return line }
        return [
            StyledText(String(text[..<end]), .accent), StyledText(String(text[end...])),
        ] + line.dropFirst()
    }

    /// Offset, bytes in hexadecimal, and the printable ones as text; marked ones set apart.
    static func hex(_ bytes: [UInt8], marks: [Range<Int>] = [], width: Int, ascii: Bool)
        -> [[StyledText]]
    {
        // An offset of six digits, then three columns for a byte in hex and one for it as text.
        let perLine = width >= 8 + 16 * 4 + 2 ? 16 : width >= 8 + 8 * 4 + 2 ? 8 : 4
        var lines: [[StyledText]] = []
        var marks = marks[...]
        for start in stride(from: 0, to: bytes.count, by: perLine) {
            guard lines.count < linesMax else { break }
            let end = min(start + perLine, bytes.count)
            while let first = marks.first, first.upperBound <= start { marks.removeFirst() }
            let digits = String(start, radix: 16)
            let offset = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
            var hex: [StyledText] = []
            var text: [StyledText] = [StyledText("  ", .hexText)]
            for at in start..<end {
                let isMarked = marks.first { at < $0.upperBound }?.contains(at) ?? false
                let byte = bytes[at]
                add((at - start == 8 ? "  " : " "), .text, to: &hex)
                let mark = Style(.match, [.bold, .underline])
                add(
                    (byte < 16 ? "0" : "") + String(byte, radix: 16), isMarked ? mark : .text,
                    to: &hex)
                let shown = VisibleText(
                    [(0x20...0x7e).contains(byte) ? byte : 0], mode: .dots, ascii: ascii, limit: 1)
                add(shown.text, isMarked ? mark : Style(.hexText), to: &text)
            }
            let full = perLine * 3 + (perLine > 8 ? 1 : 0)
            add(String(repeating: " ", count: max(0, full - hex.columns)), .text, to: &hex)
            lines.append([StyledText(offset, .hexOffset)] + hex + text)
        }
        return lines
    }

    private static func add(_ text: String, _ style: Style, to pieces: inout [StyledText]) {
        guard !text.isEmpty else { return }
        if let last = pieces.last, last.style == style {
            pieces[pieces.count - 1].text += text
        } else {
            pieces.append(StyledText(text, style))
        }
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
