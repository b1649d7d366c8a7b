/// Where text stands in a field that is wider than the text.
public enum Alignment: Hashable, Sendable {
    case leading, trailing, center
}

/// Which end of a text gives way to an ellipsis when the field is too narrow.
public enum Truncation: Hashable, Sendable {
    case head, middle, tail
    /// Cut without a mark.
    case clip
}

extension Grid {
    /// Draws text in a field of `width` columns. The rest of the field is left as it is.
    public mutating func put(
        _ text: String, x: Int, y: Int, width: Int, align: Alignment,
        truncating: Truncation = .tail, style: Style = .text
    ) {
        guard width > 0, y >= 0, y < size.rows else { return }
        let fitted = fit(text, width: width, truncating: truncating)
        let space = width - fitted.columns
        let shift =
            switch align {
            case .leading: 0
            case .trailing: space
            case .center: space / 2
            }
        put(fitted.text, x: x + shift, y: y, style: style, width: width - shift)
    }

    /// Text cut to a number of columns, in the glyphs of this grid.
    func fit(_ text: String, width: Int, truncating: Truncation) -> (text: String, columns: Int) {
        var parts: [Glyph] = []
        var columns = 0
        for glyph in GlyphSequence(text, glyphs) {
            parts.append(glyph)
            columns += glyph.width
            // What follows cannot change the result of cutting the tail.
            if columns > width && (truncating == .tail || truncating == .clip) { break }
        }
        guard columns > width else { return (parts.map(\.text).joined(), columns) }
        let single = parts
        parts = Self.joiningEscapes(parts)
        guard truncating != .clip else {
            let head = prefix(parts, columns: width)
            return (head.text, head.columns)
        }
        let room = width - 1
        let headRoom =
            switch truncating {
            case .head: 0
            case .middle: (room + 1) / 2
            case .tail, .clip: room
            }
        let head = prefix(parts, columns: headRoom)
        let end = prefix(parts.reversed(), columns: room - headRoom, reversed: true)
        if head.columns + end.columns == 0, room > 0 {
            // An ellipsis alone names nothing: an escape at the start, or what there is room for of it.
            let whole = prefix(parts, columns: room)
            let start = whole.columns > 0 ? whole : prefix(single, columns: room)
            return (start.text + glyphs.ellipsis, start.columns + 1)
        }
        return (head.text + glyphs.ellipsis + end.text, head.columns + 1 + end.columns)
    }

    /// The same glyphs, those of an escape such as `\x1b` in one: half of one would be another name.
    private static func joiningEscapes(_ parts: [Glyph]) -> [Glyph] {
        guard parts.contains(where: { $0.text == "\\" }) else { return parts }
        var joined: [Glyph] = []
        var rest = parts[...]
        while let first = rest.first {
            var count = 1
            if first.text == "\\" {
                switch rest.dropFirst().first?.text {
                case "x": count = 4
                case "u" where rest.dropFirst(2).first?.text == "{":
                    let digits = rest.dropFirst(3).prefix { $0.text != "}" && $0.text != "\\" }
                    count = digits.count + 4
                case nil: break
                default: count = 2
                }
            }
            let whole = rest.prefix(count)
            joined.append(
                Glyph(
                    text: whole.map(\.text).joined(), width: whole.reduce(0) { $0 + $1.width }))
            rest = rest.dropFirst(count)
        }
        return joined
    }

    private func prefix(
        _ parts: [Glyph], columns limit: Int, reversed: Bool = false
    ) -> (text: String, columns: Int) {
        var taken: [String] = []
        var columns = 0
        for part in parts {
            guard columns + part.width <= limit else { break }
            taken.append(part.text)
            columns += part.width
        }
        return ((reversed ? taken.reversed() : taken).joined(), columns)
    }

    /// Draws pieces of text one after the other in a field of `width` columns; an ellipsis stands for
    /// what does not fit: the rest of a number would be another one. Returns the columns that they take.
    @discardableResult
    public mutating func put(_ pieces: [StyledText], x: Int, y: Int, width: Int) -> Int {
        var left = max(0, width)
        for (index, piece) in pieces.enumerated() where left > 0 {
            let isLast = !pieces.dropFirst(index + 1).contains {
                !$0.text.allSatisfy { $0 == " " }
            }
            // Where something has to follow, its ellipsis needs a column.
            let columns = DisplayWidth.columns(of: piece.text)
            if columns < left || (columns == left && isLast) {
                left -= put(piece.text, x: x + width - left, y: y, style: piece.style)
            } else if isLast, piece.text.allSatisfy({ $0 == " " }) {
                // Blanks tell nothing: there is nothing to say of those that do not fit.
                put(piece.text, x: x + width - left, y: y, style: piece.style, width: left)
                left = 0
            } else {
                let cut = columns == left ? piece.text + " " : piece.text
                put(
                    cut, x: x + width - left, y: y, width: left, align: .leading,
                    style: piece.style)
                left = 0
            }
        }
        return max(0, width) - left
    }

    /// A line from `x` on.
    public mutating func horizontalLine(x: Int, y: Int, width: Int, style: Style = .border) {
        fill(
            Rect(x: x, y: y, width: width, height: 1), style: style,
            with: glyphs.lines.horizontal)
    }

    /// A frame with a title at the left of its top line and notes at the right.
    ///
    /// - Returns: the room inside.
    @discardableResult
    public mutating func box(
        _ rect: Rect, title: String = "", trailing: [StyledText] = [], style: Style = .border,
        titleStyle: Style = Style(.title)
    ) -> Rect {
        box(
            rect, title: title.isEmpty ? [] : [StyledText(title, titleStyle)],
            trailing: trailing, style: style)
    }

    /// A frame whose title is made of pieces.
    @discardableResult
    public mutating func box(
        _ rect: Rect, title: [StyledText], trailing: [StyledText] = [], style: Style = .border
    ) -> Rect {
        guard rect.width >= 2, rect.height >= 2 else { return rect.inset() }
        let lines = glyphs.lines
        let (right, bottom) = (rect.maxX - 1, rect.maxY - 1)
        for y in [rect.y, bottom] {
            horizontalLine(x: rect.x + 1, y: y, width: rect.width - 2, style: style)
        }
        for y in max(rect.y + 1, 0)..<max(min(bottom, size.rows), rect.y + 1, 0) {
            put(lines.vertical, x: rect.x, y: y, style: style)
            put(lines.vertical, x: right, y: y, style: style)
        }
        put(lines.topLeft, x: rect.x, y: rect.y, style: style)
        put(lines.topRight, x: right, y: rect.y, style: style)
        put(lines.bottomLeft, x: rect.x, y: bottom, style: style)
        put(lines.bottomRight, x: right, y: bottom, style: style)

        // "┌─ Title ───── notes ─┐": the notes go first when there is no room for both.
        let room = rect.width - 6
        guard !title.isEmpty, room > 0 else { return rect.inset() }
        let titleColumns = min(title.columns, room)
        put(" ", x: rect.x + 2, y: rect.y, style: style)
        put(title, x: rect.x + 3, y: rect.y, width: titleColumns)
        put(" ", x: rect.x + 3 + titleColumns, y: rect.y, style: style)
        let notes = trailing.columns
        if notes > 0, titleColumns + notes + 3 <= room {
            let x = right - 2 - notes
            put(" ", x: x - 1, y: rect.y, style: style)
            put(trailing, x: x, y: rect.y, width: notes)
            put(" ", x: right - 2, y: rect.y, style: style)
        }
        return rect.inset()
    }
}
