/// What one place of a grid shows. Only a grid makes cells, so a cell holds nothing that could
/// drive a terminal.
public struct Cell: Hashable, Sendable {
    /// A base with its combining marks; empty in the right half of a wide glyph.
    public fileprivate(set) var glyph: String
    /// 1, or 2 for a wide glyph, whose right half is a cell of width 0.
    public fileprivate(set) var width: UInt8
    public fileprivate(set) var style: Style

    fileprivate static func blank(_ style: Style) -> Cell {
        Cell(glyph: " ", width: 1, style: style)
    }
}

/// A frame: rows of cells that views draw on, as a value.
///
/// Three things hold at any time, whatever is drawn: every row is exactly `size.columns` wide, a
/// wide glyph is never cut in two, and no cell holds a control, format or invalid character (in
/// the ASCII set, nothing but 0x20...0x7e). Drawing outside is clipped and never an error.
public struct Grid: Hashable, Sendable {
    public let size: Size
    public let glyphs: GlyphSet
    private var cells: [Cell]

    public init(_ size: Size, glyphs: GlyphSet = .unicode) {
        self.size = size
        self.glyphs = glyphs
        cells = Array(repeating: .blank(.text), count: size.columns * size.rows)
    }

    public var bounds: Rect { size.bounds }

    /// The cell at a place; a blank one outside the grid.
    public subscript(x: Int, y: Int) -> Cell {
        bounds.contains(x: x, y: y) ? cells[y * size.columns + x] : .blank(.text)
    }

    /// The cells of a row; empty outside the grid.
    public func row(_ y: Int) -> ArraySlice<Cell> {
        guard y >= 0, y < size.rows else { return [] }
        return cells[y * size.columns..<(y + 1) * size.columns]
    }

    /// The characters of a row, exactly `size.columns` wide.
    public func text(row y: Int) -> String {
        var line = ""
        for cell in row(y) { line += cell.glyph }
        return line
    }

    /// Draws text from `x` on, cut at the edge of the grid or after `width` columns.
    ///
    /// - Returns: the columns that the text took up to where it was cut, so that `x` plus the
    ///   result is where the next text goes.
    @discardableResult
    public mutating func put(
        _ text: String, x: Int, y: Int, style: Style = .text, width: Int? = nil
    ) -> Int {
        let start = Rect.clamp(x)
        let end = min(size.columns, start + max(0, Rect.clamp(width ?? size.columns - start)))
        guard y >= 0, y < size.rows, start < end else { return 0 }
        var at = start
        for glyph in GlyphSequence(text, glyphs) {
            if at >= end { break }
            let next = at + glyph.width
            if at >= 0 && next <= end {
                store(glyph, x: at, y: y, style: style)
            } else if end > 0 && next > 0 {
                // Half of a wide glyph is in sight, at either edge.
                store(Glyph(text: " ", width: 1), x: max(at, 0), y: y, style: style)
            }
            at += glyph.width
        }
        return min(at, end) - start
    }

    /// Draws pieces of text one after the other. Returns the columns that they take.
    @discardableResult
    public mutating func put(_ pieces: [StyledText], x: Int, y: Int) -> Int {
        var used = 0
        for piece in pieces { used += put(piece.text, x: x + used, y: y, style: piece.style) }
        return used
    }

    /// Blanks a rectangle in a style.
    public mutating func fill(_ rect: Rect, style: Style = .text) {
        fill(rect, style: style, with: " ")
    }

    /// Fills a rectangle with one glyph of a single column.
    public mutating func fill(_ rect: Rect, style: Style, with glyph: String) {
        let area = rect.intersection(bounds)
        var sequence = GlyphSequence(glyph, glyphs)
        guard !area.isEmpty, let glyph = sequence.next(), glyph.width == 1 else { return }
        for y in area.y..<area.maxY {
            for x in area.x..<area.maxX { store(glyph, x: x, y: y, style: style) }
        }
    }

    /// Changes the style of what is already drawn, for a selected row or the page under a dialog.
    public mutating func restyle(_ rect: Rect, _ change: (inout Style) -> Void) {
        let area = rect.intersection(bounds)
        guard !area.isEmpty else { return }
        for y in area.y..<area.maxY {
            for x in area.x..<area.maxX { change(&cells[y * size.columns + x].style) }
        }
    }

    /// Lays another grid over this one, its top left corner at a place that may be outside.
    public mutating func copy(from other: Grid, toX x: Int, y: Int) {
        let (left, top) = (Rect.clamp(x), Rect.clamp(y))
        for row in 0..<other.size.rows {
            for (column, cell) in other.row(row).enumerated() where cell.width > 0 {
                let at = left + column
                let glyph = Glyph(text: cell.glyph, width: Int(cell.width))
                guard top + row >= 0, top + row < size.rows else { continue }
                guard at + glyph.width > 0, at < size.columns else { continue }
                if at < 0 || at + glyph.width > size.columns || (glyphs.isASCII && !other.isASCII) {
                    put(cell.glyph, x: at, y: top + row, style: cell.style)
                } else {
                    store(glyph, x: at, y: top + row, style: cell.style)
                }
            }
        }
    }

    private var isASCII: Bool { glyphs.isASCII }

    /// The only place that writes a glyph. The glyph comes from a `GlyphSequence` or another grid
    /// and fits into the row.
    private mutating func store(_ glyph: Glyph, x: Int, y: Int, style: Style) {
        let index = y * size.columns + x
        releaseHalves(index)
        cells[index] = Cell(glyph: glyph.text, width: UInt8(glyph.width), style: style)
        if glyph.width == 2 {
            releaseHalves(index + 1)
            cells[index + 1] = Cell(glyph: "", width: 0, style: style)
        }
    }

    /// Before a cell is overwritten: blanks the other half of the wide glyph that it belongs to.
    private mutating func releaseHalves(_ index: Int) {
        switch cells[index].width {
        case 0: cells[index - 1] = .blank(cells[index - 1].style)
        case 2: cells[index + 1] = .blank(cells[index + 1].style)
        default: break
        }
    }
}
