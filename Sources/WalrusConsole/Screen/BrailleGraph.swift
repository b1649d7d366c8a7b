/// An area graph of one value over time, newest at the right, coloured from low to high.
///
/// In braille it shows two values a column and four steps a row, in half blocks and ASCII one
/// value and two steps. A nil value leaves a gap.
public struct BrailleGraph: Hashable, Sendable {
    public var values: [Double?]
    /// The value at the top; nil takes the largest value shown.
    public var maximum: Double?
    /// Labels beside the topmost row and the middle.
    public var topLabel: String
    public var middleLabel: String
    /// Times on the line below the graph. None, no line.
    public var times: [Mark]
    /// nil colours by height.
    public var style: Style?

    public init(
        _ values: [Double?], maximum: Double? = nil, topLabel: String = "",
        middleLabel: String = "", times: [Mark] = [], style: Style? = nil
    ) {
        self.values = values
        self.maximum = maximum
        self.topLabel = topLabel
        self.middleLabel = middleLabel
        self.times = times
        self.style = style
    }

    /// A time below a graph.
    public struct Mark: Hashable, Sendable {
        /// How many values came after it: 0 is the right edge.
        public var back: Int
        public var text: String

        public init(_ text: String, back: Int = 0) {
            self.text = text
            self.back = back
        }
    }

    /// How many values a graph of that many columns shows, for a view that resamples.
    public static func capacity(columns: Int, glyphs: GlyphSet) -> Int {
        max(0, columns) * (glyphs.graphStyle == .braille ? 2 : 1)
    }

    public func draw(into grid: inout Grid, in rect: Rect) {
        let labels = [topLabel, middleLabel].filter { !$0.isEmpty }
        let gutter = (labels.map { DisplayWidth.columns(of: $0) }.max() ?? -1) + 1
        var (axis, area) = rect.splitLeft(rect.width > 2 * gutter ? gutter : 0)
        if !times.isEmpty, area.height > 2 {
            let (plot, line) = area.splitBottom(1)
            drawTimes(into: &grid, in: line)
            (axis, area) = (axis.splitTop(plot.height).top, plot)
        }
        guard !area.isEmpty else { return }
        drawArea(into: &grid, in: area)
        guard axis.width > 0 else { return }
        drawAxis(topLabel, at: axis.y, into: &grid, in: axis)
        if axis.height > 2 {
            drawAxis(middleLabel, at: axis.y + axis.height / 2, into: &grid, in: axis)
        }
    }

    private func drawAxis(_ label: String, at y: Int, into grid: inout Grid, in axis: Rect) {
        grid.put(
            label, x: axis.x, y: y, width: axis.width - 1, align: .trailing, style: .muted)
    }

    /// From the newest to the oldest, each around its place, as long as there is room.
    private func drawTimes(into grid: inout Grid, in line: Rect) {
        let perColumn = grid.glyphs.graphStyle == .braille ? 2 : 1
        var end = line.maxX
        for mark in times.sorted(by: { $0.back < $1.back }) {
            let columns = DisplayWidth.columns(of: mark.text)
            let place = line.maxX - mark.back / perColumn
            let x = min(place - columns / 2, end - columns)
            guard place >= line.x, x >= line.x else { return }
            // Pushed aside by a later one, it would stand at another time.
            guard mark.back == 0 || place - columns / 2 + columns <= end else { continue }
            grid.put(mark.text, x: x, y: line.y, style: .muted)
            end = x - 1
        }
    }

    private func drawArea(into grid: inout Grid, in area: Rect) {
        let isBraille = grid.glyphs.graphStyle == .braille
        let perColumn = isBraille ? 2 : 1
        let steps = isBraille ? 4 : 2
        let shown = Array(values.suffix(area.width * perColumn))
        let top = maximum ?? shown.reduce(0) { max($0, $1 ?? 0) }
        guard top > 0, !shown.isEmpty else { return }
        // Bars line up with the right edge; an odd value out takes the right half of its column.
        let missing = area.width * perColumn - shown.count
        let heights = shown.map { value -> Int in
            guard let value, value > 0, value.isFinite else { return 0 }
            return max(1, Int(min(value / top, 1) * Double(steps * area.height) + 0.5))
        }
        for column in missing / perColumn..<area.width {
            let bars = (0..<perColumn).map { half -> Int in
                let i = column * perColumn + half - missing
                return i >= 0 ? heights[i] : 0
            }
            for row in 0..<area.height {
                let levels = bars.map { max(0, min(steps, $0 - row * steps)) }
                guard levels.contains(where: { $0 > 0 }) else { break }
                let height = (Double(row) + 0.5) / Double(area.height)
                grid.put(
                    glyph(levels, grid.glyphs), x: area.x + column, y: area.maxY - 1 - row,
                    style: style ?? Style(Role.ramp(height)))
            }
        }
    }

    private func glyph(_ levels: [Int], _ glyphs: GlyphSet) -> String {
        switch glyphs.graphStyle {
        case .ascii: return levels[0] == 1 ? "." : ":"
        case .halfBlock: return levels[0] == 1 ? "▄" : "█"
        case .braille:
            // Dots from the bottom up, in the bit order of the braille block.
            let left: [UInt32] = [0x40, 0x04, 0x02, 0x01]
            let right: [UInt32] = [0x80, 0x20, 0x10, 0x08]
            var dots: UInt32 = 0x2800
            for i in 0..<levels[0] { dots |= left[i] }
            for i in 0..<levels[1] { dots |= right[i] }
            return Unicode.Scalar(dots).map { String($0) } ?? " "
        }
    }
}
