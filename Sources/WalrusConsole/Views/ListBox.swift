internal import Inspect

/// The frame of a list with what all lists have.
enum ListBox {
    /// Draws the frame. Returns the room inside; nil where there is no row, and `empty` was said.
    static func draw(
        _ rect: Rect, title: String, trailing: [StyledText] = [], style: Style = .border,
        empty: String?, emptyStyle: Style = .muted, _ grid: inout Grid
    ) -> Rect? {
        let inside = grid.box(rect, title: title, trailing: trailing, style: style)
        guard let empty else { return inside }
        grid.put(
            empty, x: inside.x + 2, y: inside.y + (inside.height > 1 ? 1 : 0),
            width: inside.width - 2, align: .leading,
            style: emptyStyle)
        return nil
    }

    /// The list of topics, as Home and Live have it: its order and its filter are in the frame.
    ///
    /// - Parameters:
    ///   - note: stands before the order.
    ///   - empty: what is said where there is no row.
    ///   - top: the first row that is shown, of `rows`.
    static func drawTopics(
        _ model: ConsoleModel, title: String, note: String = "", empty: String? = nil,
        top: Int, rows: Int, _ grid: inout Grid, _ rect: Rect
    ) -> Rect? {
        let home = model.home
        // What nobody can tell yet orders nothing.
        let sort = model.isSortKnown ? home.sort.rawValue : "blocks"
        var notes = [
            StyledText("\(note)sort \(sort) ", .muted),
            StyledText(home.isAscending ? model.glyphs.ascending : model.glyphs.descending, .muted),
        ]
        if !home.filter.isEmpty {
            let shown = VisibleText(
                home.filter, mode: .escape, ascii: model.glyphs.isASCII, limit: 24)
            notes += [StyledText("  ", .border), StyledText("/ \(shown.text)", .match)]
        }
        let empty =
            empty
            ?? (model.topicCount == 0
                ? "no topics: nothing has been appended here"
                : "no topic matches the filter; Esc shows all")
        let inside = draw(
            rect, title: title, trailing: notes, empty: home.order.isEmpty ? empty : nil, &grid)
        Scrollbar(total: home.order.count, visible: rows, top: top).draw(
            into: &grid, onBorderOf: rect)
        return inside
    }
}

extension Grid {
    /// Writes text in lines that are broken between words, from the first line of `rect` on. Returns
    /// the lines that are left.
    @discardableResult
    mutating func putProse(_ text: String, in rect: Rect, style: Style = .text) -> Rect {
        guard !rect.isEmpty else { return rect }
        let lines = PayloadText.prose(text, width: rect.width, ascii: glyphs.isASCII)
        let shown = lines.isEmpty ? [""] : lines.prefix(rect.height)
        for (row, line) in shown.enumerated() {
            put(
                line, x: rect.x, y: rect.y + row, width: rect.width, align: .leading, style: style)
        }
        return rect.splitTop(shown.count).rest
    }
}
