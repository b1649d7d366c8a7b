/// What a piece of a frame means. A theme decides what it looks like; views never see a colour.
public enum Role: UInt8, CaseIterable, Hashable, Sendable {
    case text, muted, heading, title, border, accent
    case good, warning, bad, info
    /// The bar at the top, its first word, and a line of status or event text.
    case header, headerTitle, status
    /// A key in the key bar, and what it does.
    case key, keyLabel
    case badgeReadOnly, badgeWrite, badgeLive, badgeOffline, badgePaused
    /// States of blocks and entries.
    case unread, consumed, cursorMark, tail, damaged, orphan, neverWritten, reclaimable, blocked
    /// Segments of a stacked bar with a label inside.
    case barGood, barWarning, barBad, barIdle
    case selectionMarker, marked, match, prompt, input
    case dialog, dialogTitle, button, scrollTrack, scrollThumb
    /// Bytes and fields of the hex screen.
    case hexOffset, hexZero, hexText, field0, field1, field2, field3
    /// A ramp from low to high.
    case graph0, graph1, graph2, graph3, graph4, graph5
    /// One colour for each topic, the same on every screen.
    case topic0, topic1, topic2, topic3, topic4, topic5, topic6, topic7

    public static let topics: [Role] = [
        .topic0, .topic1, .topic2, .topic3, .topic4, .topic5, .topic6, .topic7,
    ]
    public static let ramp: [Role] = [.graph0, .graph1, .graph2, .graph3, .graph4, .graph5]

    /// The role of the topic with that place in the console's list; it repeats after eight.
    public static func topic(_ index: Int) -> Role { topics[((index % 8) + 8) % 8] }

    /// The role of a height between 0 and 1.
    public static func ramp(_ fraction: Double) -> Role {
        guard fraction > 0 else { return .graph0 }
        return ramp[Int(min(fraction, 0.999) * Double(ramp.count))]
    }
}

public struct Emphasis: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bold = Emphasis(rawValue: 1)
    public static let dim = Emphasis(rawValue: 2)
    public static let underline = Emphasis(rawValue: 4)
    public static let reverse = Emphasis(rawValue: 8)
}

/// The look of a cell in terms of meaning: a role, emphasis, and whether its row is selected.
public struct Style: Hashable, Sendable {
    public var role: Role
    public var emphasis: Emphasis
    /// The cell belongs to the row under the cursor; a theme gives it another background.
    public var isSelected: Bool

    public init(_ role: Role, _ emphasis: Emphasis = [], isSelected: Bool = false) {
        self.role = role
        self.emphasis = emphasis
        self.isSelected = isSelected
    }

    public static let text = Style(.text)
    public static let muted = Style(.muted)
    public static let border = Style(.border)

    /// The same style for a row under the cursor.
    public var selected: Style { Style(role, emphasis, isSelected: true) }
    public var bold: Style { Style(role, emphasis.union(.bold), isSelected: isSelected) }
}

/// A piece of text in one style. A line that a view composes is an array of these.
public struct StyledText: Hashable, Sendable {
    public var text: String
    public var style: Style

    public init(_ text: String, _ style: Style = .text) {
        self.text = text
        self.style = style
    }

    public init(_ text: String, _ role: Role, _ emphasis: Emphasis = []) {
        self.init(text, Style(role, emphasis))
    }
}

extension [StyledText] {
    /// The display width of all pieces together, in columns.
    public var columns: Int { reduce(0) { $0 + DisplayWidth.columns(of: $1.text) } }
}
