/// A bar that is full to a fraction, with an optional label at its right.
public struct Gauge: Hashable, Sendable {
    /// 0...1; anything else is clamped.
    public var fraction: Double
    public var label: String
    public var style: Style

    public init(_ fraction: Double, label: String = "", style: Style = Style(.accent)) {
        self.fraction = fraction
        self.label = label
        self.style = style
    }

    public func draw(into grid: inout Grid, in rect: Rect) {
        guard !rect.isEmpty else { return }
        let labelColumns = label.isEmpty ? 0 : DisplayWidth.columns(of: label) + 1
        let width = max(0, rect.width - labelColumns)
        let levels = grid.glyphs.horizontalLevels
        let steps = levels.count - 1
        let part = fraction.isFinite ? max(0, min(fraction, 1)) : 0
        let filled = Int(part * Double(width * steps) + 0.5)
        let track = Style(.neverWritten, isSelected: style.isSelected)
        for column in 0..<width {
            let level = max(0, min(steps, filled - column * steps))
            grid.put(
                level == 0 ? grid.glyphs.neverWritten : levels[level], x: rect.x + column,
                y: rect.y, style: level == 0 ? track : style)
        }
        if labelColumns > 0 {
            grid.put(
                label, x: rect.x + width + 1, y: rect.y, width: rect.width - width - 1,
                align: .leading, style: Style(.text, isSelected: style.isSelected))
        }
    }
}

/// A bar of labelled parts that sum up to a whole.
public struct StackedBar: Hashable, Sendable {
    public struct Segment: Hashable, Sendable {
        public var label: String
        /// Taken where the label does not fit.
        public var shortLabel: String
        public var value: Double
        /// A style with a background of its own, such as `.barGood`.
        public var style: Style

        public init(_ label: String, short: String = "", value: Double, style: Style) {
            self.label = label
            shortLabel = short
            self.value = value
            self.style = style
        }
    }

    public var segments: [Segment]

    public init(_ segments: [Segment]) { self.segments = segments }

    /// One row. Every part above zero gets a column at least; a label that does not fit stands
    /// behind the bar, beside a piece of its part's colour, rather than being cut: half a number is
    /// a wrong number.
    public func draw(into grid: inout Grid, in rect: Rect) {
        guard !rect.isEmpty else { return }
        let pad = grid.glyphs.isASCII ? "" : " "
        let (widths, beside) = layout(columns: rect.width, pad: pad)
        var x = rect.x
        for (i, segment) in segments.enumerated() where widths[i] > 0 {
            let area = Rect(x: x, y: rect.y, width: widths[i], height: 1)
            grid.fill(area, style: segment.style, with: fill(i, grid.glyphs))
            let label = [segment.label, segment.shortLabel].map { pad + $0 }
                .first { DisplayWidth.columns(of: $0) <= area.width }
            if let label, !beside.contains(i) {
                grid.put(label, x: area.x, y: area.y, style: segment.style)
            }
            x += widths[i]
        }
        for i in beside {
            x += 1
            grid.put(fill(i, grid.glyphs), x: x, y: rect.y, style: segments[i].style, width: 1)
            x += 2
            x += grid.put(segments[i].label, x: x, y: rect.y, style: .muted)
        }
    }

    /// Where neither colour nor attributes may be seen, a fill tells the parts apart.
    private func fill(_ index: Int, _ glyphs: GlyphSet) -> String {
        let shades = glyphs.shades
        return glyphs.isASCII ? shades[(shades.count - 1 - index % shades.count)] : " "
    }

    /// The columns of each part, and the parts whose label stands behind the bar, which keeps a
    /// third of its columns: where that is too little, parts have their short label or none.
    private func layout(columns: Int, pad: String) -> (widths: [Int], beside: [Int]) {
        let values = segments.map(\.value)
        func width(_ label: String) -> Int { DisplayWidth.columns(of: label) }
        var (beside, taken): (Set<Int>, Int) = ([], 0)
        var widths = StackedBar.apportion(values, columns: columns)
        var isSettled = false
        while !isSettled {
            isSettled = true
            for (i, segment) in segments.enumerated() where widths[i] > 0 && !segment.label.isEmpty
            {
                let more = Self.besideGap + width(segment.label)
                guard width(pad + segment.label) > widths[i], !beside.contains(i),
                    columns - taken - more >= columns / 3
                else { continue }
                beside.insert(i)
                taken += more
                widths = StackedBar.apportion(values, columns: columns - taken)
                isSettled = false
                break
            }
        }
        return (widths, beside.sorted())
    }

    /// A blank, the part's colour, a blank.
    private static let besideGap = 3

    /// Whole columns in proportion to the values, with the given sum (largest remainder).
    static func apportion(_ values: [Double], columns: Int) -> [Int] {
        let values = values.map { $0.isFinite ? max(0, $0) : 0 }
        let total = values.reduce(0, +)
        guard total > 0, total.isFinite, columns > 0 else { return values.map { _ in 0 } }
        let exact = values.map { $0 / total * Double(columns) }
        var result = exact.map { $0 > 0 ? max(1, Int($0)) : 0 }
        var spare = columns - result.reduce(0, +)
        let remainders = exact.map { $0 - Double(Int($0)) }
        let order = exact.indices.sorted { (remainders[$0], $1) > (remainders[$1], $0) }
        for i in order where spare > 0 && exact[i] > 0 {
            result[i] += 1
            spare -= 1
        }
        while spare < 0, let widest = result.indices.max(by: { result[$0] < result[$1] }) {
            result[widest] -= 1
            spare += 1
        }
        return result
    }
}

/// Where a scrolled list stands, in its rightmost column.
public struct Scrollbar: Hashable, Sendable {
    public var total: Int
    public var visible: Int
    public var top: Int

    public init(total: Int, visible: Int, top: Int) {
        self.total = total
        self.visible = visible
        self.top = top
    }

    /// Draws it on the right border of a box, beside its rows.
    ///
    /// - Parameter first: the line inside of the box with the first row: 1 below a table's heading.
    public func draw(into grid: inout Grid, onBorderOf box: Rect, from first: Int = 1) {
        draw(
            into: &grid,
            in: Rect(x: box.maxX - 1, y: box.y + 1 + first, width: 1, height: visible))
    }

    /// Draws nothing when all rows are visible.
    public func draw(into grid: inout Grid, in rect: Rect) {
        guard !rect.isEmpty, visible > 0, total > visible else { return }
        let height = rect.height
        let share = Double(visible) / Double(total)
        let length = max(1, min(height, Int(share * Double(height) + 0.5)))
        let way = Double(max(0, min(top, total - visible))) / Double(total - visible)
        let start = rect.y + Int(way * Double(height - length) + 0.5)
        for y in rect.y..<rect.maxY {
            let isThumb = y >= start && y < start + length
            grid.put(
                isThumb ? grid.glyphs.scrollThumb : grid.glyphs.scrollTrack, x: rect.maxX - 1,
                y: y, style: Style(isThumb ? .scrollThumb : .scrollTrack))
        }
    }
}
