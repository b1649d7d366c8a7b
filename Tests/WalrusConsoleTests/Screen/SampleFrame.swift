@testable import WalrusConsole

/// A page with every widget, small enough to read in a diff.
enum SampleFrame {
    static func make(_ size: Size, glyphs: GlyphSet) -> Grid {
        var grid = Grid(size, glyphs: glyphs)
        let rows = grid.bounds.rows([
            .fixed(1), .fixed(1), .fixed(7), .share(minimum: 4), .fixed(1),
        ])
        header(&grid, rows[0])
        StackedBar([
            .init("unread 0.83", value: 0.83, style: Style(.barGood)),
            .init("blocked 0.43", short: "0.43", value: 0.43, style: Style(.barWarning)),
            .init("reclaimable 1.95", value: 1.95, style: Style(.barIdle)),
        ]).draw(into: &grid, in: rows[1])
        table(&grid, rows[2])
        let halves = rows[3].columns([.share(weight: 1), .share(weight: 1)])
        map(&grid, halves[0])
        graph(&grid, halves[1])
        keys(&grid, rows[4])
        return grid
    }

    static func wave(_ count: Int, _ period: Int) -> [Double?] {
        (0..<count).map { i in
            let phase = i % (2 * period)
            return i == 5 ? nil : Double(phase < period ? phase : 2 * period - phase)
        }
    }

    private static func header(_ grid: inout Grid, _ rect: Rect) {
        grid.fill(rect, style: Style(.header))
        grid.put(" walrus", x: 0, y: rect.y, style: Style(.headerTitle))
        grid.put("/data/wal/bench", x: 9, y: rect.y, style: Style(.header))
        grid.put(" READ-ONLY ", x: rect.maxX - 11, y: rect.y, style: Style(.badgeReadOnly))
    }

    private static func table(_ grid: inout Grid, _ rect: Rect) {
        let inner = grid.box(
            rect, title: "Topics 4", trailing: [StyledText("sort unread", Style.muted)])
        let names = ["audit", "orders", "出荷\u{1B}[2J", "cafe\u{301}"]
        let body = names.enumerated().map { i, name -> [TableCell] in
            [
                .text(
                    VisibleText.name(name, glyphs: grid.glyphs, limit: 14),
                    Style(Role.topic(i), .bold)),
                .text("\(98_220 / (i + 1))"), .text("\(i * 31)", Style(i == 2 ? .bad : .text)),
                .pieces([StyledText("4:2\(i)", .text), StyledText(" tail", .muted)]),
                .sparkline(
                    Sparkline(wave(40, 4 + 3 * i), style: Style(Role.topic(i)))),
            ]
        }
        Table(
            [
                TableColumn("TOPIC", .flexible(minimum: 10), priority: 9),
                TableColumn("ENTRIES", .fixed(9), align: .trailing, priority: 5),
                TableColumn("UNREAD", .fixed(7), align: .trailing, priority: 8),
                TableColumn("CURSOR", .fixed(9), priority: 4),
                TableColumn("IN, last 60 s", .flexible(minimum: 12, weight: 2), priority: 3),
            ], rows: body, selected: 1, sort: (2, false)
        ).draw(into: &grid, in: inner.splitRight(1).rest)
        Scrollbar(total: 9, visible: 4, top: 2).draw(into: &grid, in: inner.splitTop(1).rest)
    }

    private static func map(_ grid: inout Grid, _ rect: Rect) {
        let inner = grid.box(rect, title: "Blocks")
        let g = grid.glyphs
        let marks: [(String, Role)] = [
            (g.consumed, .consumed), (g.consumed, .consumed), (g.cursor, .cursorMark),
            (g.unread, .unread), (g.unread, .topic1), (g.unread, .topic3), (g.damaged, .damaged),
            (g.orphan, .orphan), (g.tail, .tail), (g.neverWritten, .neverWritten),
        ]
        for (i, mark) in marks.enumerated() {
            grid.put(mark.0, x: inner.x + 1 + i, y: inner.y, style: Style(mark.1))
        }
        Gauge(0.41, label: "41%").draw(
            into: &grid, in: inner.row(1).inset(horizontal: 1))
        grid.put(
            "if the engine restarted now & <here>", x: inner.x + 1, y: inner.y + 2,
            width: inner.width - 2, align: .leading, style: .muted)
    }

    private static func graph(_ grid: inout Grid, _ rect: Rect) {
        let inner = grid.box(
            rect, title: "Append MB/s", trailing: [StyledText("now 2.6", Style.muted)])
        BrailleGraph(
            wave(200, 23), topLabel: "4.0", middleLabel: "2.0",
            times: [
                .init("-60s", back: 60), .init("-30s", back: 30), .init("now"),
            ]
        ).draw(into: &grid, in: inner)
    }

    private static func keys(_ grid: inout Grid, _ rect: Rect) {
        var x = 0
        for (key, label) in [("1", "Home"), ("/", "filter"), ("?", "help"), ("q", "quit")] {
            x += grid.put(key, x: x, y: rect.y, style: Style(.key))
            x += grid.put(" \(label) ", x: x, y: rect.y, style: Style(.keyLabel)) + 1
        }
    }

    static let dialog = Modal(
        title: "orders: consume 2 entries", badge: [StyledText("WRITE", .badgeWrite)],
        lines: [
            [StyledText("moves cursor  ", Style.muted), StyledText("#411,127 to #411,132")],
            [StyledText("type the topic name to apply:")],
        ], input: "ord", buttons: ["Cancel", "apply"], borderStyle: Style(.bad))
}
