/// A small graph of one value over time, newest at the right. A nil value is a gap in knowledge
/// and is drawn as a dot, not as zero.
public struct Sparkline: Hashable, Sendable {
    public var values: [Double?]
    /// The value of a full bar; nil takes the largest value shown.
    public var maximum: Double?
    public var style: Style

    public init(_ values: [Double?], maximum: Double? = nil, style: Style = .text) {
        self.values = values
        self.maximum = maximum
        self.style = style
    }

    /// One column for each value; where there are more than columns, one for the largest of some that
    /// follow one another, so that all are told of. The bars use all rows of `rect`.
    public func draw(into grid: inout Grid, in rect: Rect) {
        guard !rect.isEmpty else { return }
        let shown = Self.squeeze(values, into: rect.width)
        let top = maximum ?? shown.reduce(0) { max($0, $1 ?? 0) }
        let levels = grid.glyphs.verticalLevels
        let steps = levels.count - 1
        let bottom = rect.maxY - 1
        let idle = Style(.neverWritten, isSelected: style.isSelected)
        grid.fill(
            Rect(x: rect.x, y: bottom, width: rect.width, height: 1), style: idle,
            with: grid.glyphs.neverWritten)
        for (i, value) in shown.enumerated() {
            guard let value, value > 0, top > 0, value.isFinite else { continue }
            // Anything above zero shows, however small beside the largest.
            let filled = max(1, Int(min(value / top, 1) * Double(steps * rect.height) + 0.5))
            for row in 0..<rect.height {
                let level = max(0, min(steps, filled - row * steps))
                guard level > 0 else { break }
                grid.put(
                    levels[level], x: rect.maxX - shown.count + i, y: bottom - row, style: style)
            }
        }
    }

    /// At most so many values, each the largest of those that it stands for.
    static func squeeze(_ values: [Double?], into columns: Int) -> [Double?] {
        guard values.count > columns, columns > 0 else { return values }
        return (0..<columns).map { column in
            let part = column * values.count / columns..<(column + 1) * values.count / columns
            return values[part].compactMap { $0 }.max()
        }
    }
}
