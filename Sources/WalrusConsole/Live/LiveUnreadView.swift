internal import Inspect
internal import WalrusFormat

/// What is unread in every topic, all on one logarithmic scale, and where it goes.
enum LiveUnreadView {
    static func draw(
        _ model: ConsoleModel, _ report: LiveReport, _ grid: inout Grid, _ layout: LiveLayout
    ) {
        let (state, home) = (report.state, model.home)
        let count =
            home.order.count == state.topics.count
            ? "" : ", \(Figures.grouped(home.order.count)) of \(state.topics.count) topics"
        guard
            let inside = ListBox.drawTopics(
                model, title: "Unread \(model.unreadInAll)\(count)",
                note: (layout.topics.width >= 76 ? meanNote : "") + "log scale  ",
                top: model.liveTop, rows: layout.topicRows, &grid, layout.topics)
        else { return }
        let scale = LogScale(state.topics.reduce(0) { max($0, $1.unread) })
        let visible = home.order[min(model.liveTop, home.order.count)...].prefix(layout.topicRows)
        let isWide = inside.width >= 70
        let chosen = ColumnChoice(.live, model)
        let table = Table(
            chosen.pick(columns(isWide: isWide)),
            rows: visible.map {
                chosen.pick(
                    row(report.topic(state.topics[$0]), $0, scale, model, isWide: isWide))
            }, selected: model.selectedTopicRow.map { $0 - model.liveTop })
        table.draw(into: &grid, in: inside)
        let bar = chosen.place(of: barColumn)
        if let place = table.places(width: inside.width).first(where: { $0.column == bar }) {
            let line = Rect(x: inside.x + place.x, y: inside.y, width: place.width, height: 1)
            scale.drawTicks(into: &grid, in: line)
        }
    }

    /// What the rates of topics are: those of the whole log are of the last look.
    static let meanNote = "rates: mean of \(LiveReport.meanOf) looks  "

    /// What a configuration calls the columns below.
    static let columnNames = ["topic", "unread", "bar", "in", "out", "trend"]
    private static let barColumn = 2

    static func columns(isWide: Bool) -> [TableColumn] {
        [
            TableColumn(
                "TOPIC", .flexible(minimum: 10, weight: 2), truncating: .middle, priority: 9),
            TableColumn("UNREAD", .fixed(isWide ? 10 : 9), align: .trailing, priority: 8),
            TableColumn("", .flexible(minimum: 10, weight: 5), priority: 6),
            TableColumn("IN/s", .fixed(5), align: .trailing, priority: 4),
            TableColumn("OUT/s", .fixed(5), align: .trailing, priority: 3),
            TableColumn("TREND", .fixed(isWide ? 13 : 7), priority: 7),
        ]
    }

    private static func row(
        _ topic: LiveReport.Topic, _ index: Int, _ scale: LogScale, _ model: ConsoleModel,
        isWide: Bool
    ) -> [TableCell] {
        let state = topic.state
        let name = state.name.shown(ascii: model.glyphs.isASCII)
        let color = Style(Role.topic(index))
        func rate(_ value: Double) -> TableCell {
            .text(
                topic.trend == .unknown ? "?" : Figures.count(value), value > 0 ? .text : .muted)
        }
        return [
            .text(name, color.bold),
            .text(
                model.unread(of: state), state.unread > 0 ? Style(.text, .bold) : .muted),
            .gauge(Gauge(scale.fraction(state.unread), style: color)),
            rate(topic.appended), rate(topic.consumed), trend(topic.trend, isWide: isWide),
        ]
    }

    private static func trend(_ trend: LiveReport.Trend, isWide: Bool) -> TableCell {
        switch trend {
        case .drains(let seconds):
            let time = LiveReport.Trend.duration(seconds)
            return .text(isWide ? "drains in \(time)" : "in \(time)", Style(.good))
        case .grows: return .text(trend.text, Style(.warning))
        case .steady: return .text(trend.text)
        case .empty, .unknown: return .text(trend.text, .muted)
        }
    }
}

/// A logarithmic scale from 1 to a power of ten. Any count above zero has some length on it.
struct LogScale {
    private let decades: Double
    /// The length of 1, in decades.
    private static let first = 0.25

    init(_ largest: Int) {
        var (power, decades) = (1.0, 0.0)
        while power < Double(largest) {
            power *= 10
            decades += 1
        }
        self.decades = max(1, decades)
    }

    /// 0 for nothing, 1 for the largest.
    func fraction(_ count: Int) -> Double {
        guard count > 0 else { return 0 }
        return (Self.log10(Double(count)) + Self.first) / (decades + Self.first)
    }

    /// The powers of ten, each ending where a bar of that length does.
    func drawTicks(into grid: inout Grid, in line: Rect) {
        var free = line.maxX + 1
        for decade in (0...Int(decades)).reversed() {
            var value = 1
            for _ in 0..<decade { value = value.multipliedReportingOverflow(by: 10).partialValue }
            let label = Figures.count(Double(value))
            let end = line.x + Int(fraction(value) * Double(line.width) + 0.5)
            let x = end - label.count
            guard x >= line.x, end < free else { continue }
            grid.put(label, x: x, y: line.y, style: Style(.heading))
            free = x
        }
    }

    /// From the significand's series and not from the C library: frames are the same everywhere.
    static func log10(_ value: Double) -> Double {
        let z = (value.significand - 1) / (value.significand + 1)
        var (sum, power) = (0.0, z)
        for k in stride(from: 1.0, through: 15, by: 2) {
            sum += power / k
            power *= z * z
        }
        let ln2 = 0.693_147_180_559_945_3
        return (2 * sum + Double(value.exponent) * ln2) / 2.302_585_092_994_046
    }
}
