/// A column of a table.
public struct TableColumn: Hashable, Sendable {
    public enum Width: Hashable, Sendable {
        /// In columns.
        case fixed(Int)
        /// At least so many columns, and a share of what is left, by weight.
        case flexible(minimum: Int, weight: Int = 1)

        var minimum: Int {
            switch self {
            case .fixed(let n): n
            case .flexible(let minimum, _): minimum
            }
        }
    }

    public var title: String
    public var width: Width
    public var align: Alignment
    public var truncating: Truncation
    /// When the table is too narrow the column with the lowest priority goes first, and among
    /// equals the rightmost.
    public var priority: Int

    public init(
        _ title: String, _ width: Width, align: Alignment = .leading,
        truncating: Truncation = .tail, priority: Int = 0
    ) {
        self.title = title
        self.width = width
        self.align = align
        self.truncating = truncating
        self.priority = priority
    }
}

public enum TableCell: Hashable, Sendable {
    case empty
    case text(String, Style = .text)
    case pieces([StyledText])
    /// A text that gives way to what stands behind it.
    case marked(String, Style, StyledText)
    case sparkline(Sparkline)
    case gauge(Gauge)
}

/// A table with a header, a selected row and a scroll window.
///
/// `rows` may be the whole list with `top` saying which is drawn first, or only the page at hand
/// with `top` 0: a table never needs rows that it does not draw.
public struct Table: Hashable, Sendable {
    public var columns: [TableColumn]
    public var rows: [[TableCell]]
    /// An index into `rows`.
    public var selected: Int?
    /// The index of the row in the first line.
    public var top: Int
    public var sort: (column: Int, ascending: Bool)? {
        get { sortColumn.map { ($0, sortAscending) } }
        set { (sortColumn, sortAscending) = (newValue?.column, newValue?.ascending ?? true) }
    }
    public var showsHeader: Bool
    /// A table without the focus keeps its selection but not the marker.
    public var isFocused: Bool
    /// Blank columns between two columns.
    public var gap: Int

    private var sortColumn: Int?
    private var sortAscending = true

    public init(
        _ columns: [TableColumn], rows: [[TableCell]], selected: Int? = nil, top: Int = 0,
        sort: (column: Int, ascending: Bool)? = nil, showsHeader: Bool = true,
        isFocused: Bool = true, gap: Int = 2
    ) {
        self.columns = columns
        self.rows = rows
        self.selected = selected
        self.top = top
        self.showsHeader = showsHeader
        self.isFocused = isFocused
        self.gap = gap
        self.sort = sort
    }

    /// Where a column is drawn.
    public struct Place: Hashable, Sendable {
        public let column: Int
        /// Columns from the left edge of the table.
        public let x: Int
        public let width: Int
    }

    /// The columns that fit into so many columns of the screen. The first two are kept for the
    /// selection marker, and the last one parts the text from what stands at the right.
    public func places(width: Int) -> [Place] {
        let room = width - 3
        // One of no width is of no use to these rows.
        var kept = columns.indices.filter { columns[$0].width.minimum > 0 }
        func needed() -> Int {
            kept.reduce(gap * max(0, kept.count - 1)) { $0 + max(0, columns[$1].width.minimum) }
        }
        while kept.count > 1, needed() > room {
            let lowest = kept.map { columns[$0].priority }.min()
            let victim = kept.lastIndex { columns[$0].priority == lowest }
            kept.remove(at: victim ?? kept.count - 1)
        }
        let extents = kept.map { index -> Extent in
            switch columns[index].width {
            case .fixed(let n): .fixed(n)
            case .flexible(let minimum, let weight): .share(minimum: minimum, weight: weight)
            }
        }
        let parts = Rect.divide(max(0, room), extents, gap: gap)
        return zip(kept, parts).map { Place(column: $0, x: 2 + $1.start, width: $1.length) }
            .filter { $0.width > 0 }
    }

    public func draw(into grid: inout Grid, in rect: Rect) {
        guard !rect.isEmpty else { return }
        let places = places(width: rect.width)
        var body = rect
        if showsHeader {
            body = rect.splitTop(1).rest
            drawHeader(places, into: &grid, in: rect.row(0))
        }
        for line in 0..<body.height {
            let index = top + line
            guard rows.indices.contains(index) else { continue }
            drawRow(index, places, into: &grid, in: body.row(line))
        }
    }

    private func drawHeader(_ places: [Place], into grid: inout Grid, in line: Rect) {
        for place in places {
            let column = columns[place.column]
            var title = column.title
            var style = Style(.heading)
            if sortColumn == place.column {
                let arrow = sortAscending ? grid.glyphs.ascending : grid.glyphs.descending
                title = column.align == .trailing ? arrow + title : title + arrow
                style = Style(.heading, .bold)
            }
            // A numeric title may reach into the gap at its left rather than lose its arrow.
            let extra =
                column.align == .trailing
                ? min(gap - 1, max(0, DisplayWidth.columns(of: title) - place.width)) : 0
            grid.put(
                title, x: line.x + place.x - max(0, extra), y: line.y,
                width: place.width + max(0, extra), align: column.align, truncating: .clip,
                style: style)
        }
    }

    private func drawRow(_ index: Int, _ places: [Place], into grid: inout Grid, in line: Rect) {
        for place in places {
            guard rows[index].indices.contains(place.column) else { continue }
            let column = columns[place.column]
            let field = Rect(x: line.x + place.x, y: line.y, width: place.width, height: 1)
            switch rows[index][place.column] {
            case .empty: break
            case .text(let text, let style):
                grid.put(
                    text, x: field.x, y: field.y, width: field.width, align: column.align,
                    truncating: column.truncating, style: style)
            case .pieces(let pieces):
                let space = max(0, field.width - pieces.columns)
                let shift = column.align == .trailing ? space : 0
                grid.put(pieces, x: field.x + shift, y: field.y, width: field.width - shift)
            case .marked(let text, let style, let mark):
                let room = max(0, field.width - [mark].columns)
                let shown = grid.fit(text, width: room, truncating: column.truncating)
                grid.put(
                    [StyledText(shown.text, style), mark], x: field.x, y: field.y,
                    width: field.width)
            case .sparkline(let sparkline): sparkline.draw(into: &grid, in: field)
            case .gauge(let gauge): gauge.draw(into: &grid, in: field)
            }
        }
        guard index == selected else { return }
        grid.restyle(line) { $0.isSelected = true }
        if isFocused {
            grid.put(
                grid.glyphs.selection, x: line.x, y: line.y,
                style: Style(.selectionMarker, isSelected: true))
        }
    }

    public static func == (a: Table, b: Table) -> Bool {
        a.columns == b.columns && a.rows == b.rows && a.selected == b.selected && a.top == b.top
            && a.sortColumn == b.sortColumn && a.sortAscending == b.sortAscending
            && a.showsHeader == b.showsHeader && a.isFocused == b.isFocused && a.gap == b.gap
    }
}

/// Keeps the selected row of a long list in sight.
public enum ScrollWindow {
    /// The first row to show: `top` when the selection is visible from there, else the nearest that
    /// shows it with `margin` rows of context where there are any.
    public static func top(
        keeping selected: Int, in count: Int, height: Int, from top: Int, margin: Int = 1
    ) -> Int {
        guard height > 0, count > height else { return 0 }
        let margin = max(0, min(margin, (height - 1) / 2))
        let chosen = max(0, min(selected, count - 1))
        var first = top
        if chosen - margin < first { first = chosen - margin }
        if chosen + margin >= first + height { first = chosen + margin - height + 1 }
        return max(0, min(first, count - height))
    }
}
