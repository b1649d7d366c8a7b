/// A number of columns and rows of terminal cells.
public struct Size: Hashable, Sendable {
    /// The largest grid that is ever allocated. A bigger terminal is drawn on in part.
    public static let maximum = Size(columns: 2_000, rows: 1_000)

    public let columns: Int
    public let rows: Int

    /// Negative values become 0, values beyond `maximum` become the maximum.
    public init(columns: Int, rows: Int) {
        self.columns = max(0, min(columns, 2_000))
        self.rows = max(0, min(rows, 1_000))
    }

    /// The rectangle of this size at the origin.
    public var bounds: Rect { Rect(x: 0, y: 0, width: columns, height: rows) }
}

/// How much of an axis one part of a layout takes, in cells.
public enum Extent: Hashable, Sendable {
    case fixed(Int)
    /// At least `minimum` cells, and a share of what the fixed parts leave, by weight.
    case share(minimum: Int = 0, weight: Int = 1)
}

/// A rectangle of cells. Every operation clamps, so that no terminal size, however small, can trap.
public struct Rect: Hashable, Sendable {
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = Rect.clamp(x)
        self.y = Rect.clamp(y)
        self.width = max(0, Rect.clamp(width))
        self.height = max(0, Rect.clamp(height))
    }

    /// The first column to the right of the rectangle.
    public var maxX: Int { x + width }
    /// The first row below the rectangle.
    public var maxY: Int { y + height }
    public var isEmpty: Bool { width == 0 || height == 0 }
    public var size: Size { Size(columns: width, rows: height) }

    public func contains(x: Int, y: Int) -> Bool {
        x >= self.x && x < maxX && y >= self.y && y < maxY
    }

    /// The part that both rectangles cover; empty when they do not meet.
    public func intersection(_ other: Rect) -> Rect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        return Rect(
            x: left, y: top, width: min(maxX, other.maxX) - left,
            height: min(maxY, other.maxY) - top)
    }

    /// The rectangle without `horizontal` columns at both sides and `vertical` rows at both ends.
    public func inset(horizontal: Int = 0, vertical: Int = 0) -> Rect {
        let dx = min(max(0, horizontal), width)
        let dy = min(max(0, vertical), height)
        return Rect(x: x + dx, y: y + dy, width: width - 2 * dx, height: height - 2 * dy)
    }

    /// The rectangle without one cell at each side: what a box leaves for its contents.
    public func inset(by cells: Int = 1) -> Rect { inset(horizontal: cells, vertical: cells) }

    /// One row of the rectangle, counted from its top; empty when there is no such row.
    public func row(_ index: Int) -> Rect {
        guard index >= 0, index < height else { return Rect(x: x, y: y, width: width, height: 0) }
        return Rect(x: x, y: y + index, width: width, height: 1)
    }

    public func splitTop(_ rows: Int) -> (top: Rect, rest: Rect) {
        let n = min(max(0, rows), height)
        return (
            Rect(x: x, y: y, width: width, height: n),
            Rect(x: x, y: y + n, width: width, height: height - n)
        )
    }

    public func splitBottom(_ rows: Int) -> (rest: Rect, bottom: Rect) {
        let (rest, bottom) = splitTop(height - min(max(0, rows), height))
        return (rest, bottom)
    }

    public func splitLeft(_ columns: Int) -> (left: Rect, rest: Rect) {
        let n = min(max(0, columns), width)
        return (
            Rect(x: x, y: y, width: n, height: height),
            Rect(x: x + n, y: y, width: width - n, height: height)
        )
    }

    public func splitRight(_ columns: Int) -> (rest: Rect, right: Rect) {
        let (rest, right) = splitLeft(width - min(max(0, columns), width))
        return (rest, right)
    }

    /// Parts from top to bottom. Parts that do not fit are cut, from the bottom up.
    public func rows(_ extents: [Extent], gap: Int = 0) -> [Rect] {
        Rect.divide(height, extents, gap: gap).map {
            Rect(x: x, y: y + $0.start, width: width, height: $0.length)
        }
    }

    /// Parts from left to right. Parts that do not fit are cut, from the right.
    public func columns(_ extents: [Extent], gap: Int = 0) -> [Rect] {
        Rect.divide(width, extents, gap: gap).map {
            Rect(x: x + $0.start, y: y, width: $0.length, height: height)
        }
    }

    /// A rectangle of the given size, or as much of it as fits, in the middle of this one.
    public func centered(_ size: Size) -> Rect {
        let w = min(size.columns, width)
        let h = min(size.rows, height)
        return Rect(x: x + (width - w) / 2, y: y + (height - h) / 2, width: w, height: h)
    }

    static func clamp(_ value: Int) -> Int { max(-100_000, min(value, 100_000)) }

    /// Lengths that sum to at most `total`. What the shares leave by rounding goes to the first ones.
    static func divide(_ total: Int, _ extents: [Extent], gap: Int) -> [(start: Int, length: Int)] {
        let gap = max(0, clamp(gap))
        var lengths = extents.map { extent -> Int in
            switch extent {
            case .fixed(let n): max(0, clamp(n))
            case .share(let minimum, _): max(0, clamp(minimum))
            }
        }
        let used = lengths.reduce(gap * max(0, extents.count - 1), +)
        let weights = extents.map { extent -> Int in
            if case .share(_, let weight) = extent { max(0, clamp(weight)) } else { 0 }
        }
        var spare = max(0, total - used)
        let pool = spare
        let weightSum = weights.reduce(0, +)
        if weightSum > 0 {
            for i in lengths.indices {
                let share = pool * weights[i] / weightSum
                lengths[i] += share
                spare -= share
            }
            for i in lengths.indices where weights[i] > 0 && spare > 0 {
                lengths[i] += 1
                spare -= 1
            }
        }
        var start = 0
        return lengths.map { wanted in
            let at = min(start, total)
            let length = max(0, min(wanted, total - at))
            start = at + length + gap
            return (at, length)
        }
    }
}
