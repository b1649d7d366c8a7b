/// A dialog box in the middle of the screen, with the page below it dimmed.
public struct Modal: Hashable, Sendable {
    public var title: String
    /// At the right of the title line, such as `WRITE MODE`.
    public var badge: [StyledText]
    public var lines: [[StyledText]]
    /// A line of input below the text: what has been typed. A cursor follows it.
    public var input: String?
    public var buttons: [String]
    /// The index of the button that Enter presses; it is shown in reverse.
    public var focused: Int
    /// The style of the frame; a dialog that writes or deletes takes `.bad`.
    public var borderStyle: Style

    public init(
        title: String, badge: [StyledText] = [], lines: [[StyledText]], input: String? = nil,
        buttons: [String] = [], focused: Int = 0, borderStyle: Style = Style(.accent)
    ) {
        self.title = title
        self.badge = badge
        self.lines = lines
        self.input = input
        self.buttons = buttons
        self.focused = focused
        self.borderStyle = borderStyle
    }

    /// The size that shows all of it, frame included.
    public var preferredSize: Size {
        let text = lines.map(\.columns).max() ?? 0
        let head = DisplayWidth.columns(of: title) + badge.columns + 9
        let foot = buttons.reduce(0) { $0 + DisplayWidth.columns(of: $1) + 6 }
        let body = lines.count + (input == nil ? 0 : 2) + (buttons.isEmpty ? 0 : 2)
        return Size(columns: max(text + 4, head, foot + 2, 24), rows: body + 2)
    }

    private static let stripMin = 6

    public func draw(into grid: inout Grid, in rect: Rect) {
        grid.restyle(rect) { style in
            style.emphasis.formUnion(.dim)
            style.emphasis.remove(.bold)
        }
        let wanted = preferredSize
        // A strip too narrow for a word of the page below is not left beside it.
        let isNearlyAll = rect.width - wanted.columns < 2 * Self.stripMin
        let area = rect.centered(
            Size(columns: isNearlyAll ? rect.width : wanted.columns, rows: wanted.rows))
        guard area.width >= 4, area.height >= 3 else { return }
        grid.fill(area, style: Style(.dialog))
        var body = grid.box(
            area, title: [StyledText(title, Style(.dialogTitle))], trailing: badge,
            style: borderStyle
        ).inset(horizontal: 1)

        // The buttons stay when the screen is too low: without them there is no way out.
        if !buttons.isEmpty {
            let (rest, foot) = body.splitBottom(1)
            drawButtons(into: &grid, in: foot)
            body = rest
        }
        let (text, below) = body.splitTop(lines.count)
        for (i, line) in lines.prefix(text.height).enumerated() {
            grid.put(line, x: text.x, y: text.y + i, width: text.width)
        }
        if let input, below.height > 0 {
            drawInput(input, into: &grid, in: below.row(below.height > 1 ? 1 : 0))
        }
    }

    private func drawInput(_ input: String, into grid: inout Grid, in line: Rect) {
        grid.fill(line, style: Style(.input, .underline))
        let shown = grid.fit(input, width: max(1, line.width - 1), truncating: .head)
        let used = grid.put(
            shown.text, x: line.x, y: line.y, style: Style(.input, .underline),
            width: line.width - 1)
        grid.put(" ", x: line.x + used, y: line.y, style: Style(.input, .reverse), width: 1)
    }

    private func drawButtons(into grid: inout Grid, in line: Rect) {
        var x = line.maxX
        for (i, button) in buttons.enumerated().reversed() {
            let label = "[ " + button + " ]"
            x -= DisplayWidth.columns(of: label)
            guard x >= line.x else { return }
            let style = i == focused ? Style(.button, [.reverse, .bold]) : Style(.button)
            grid.put(label, x: x, y: line.y, style: style)
            x -= 2
        }
    }
}
