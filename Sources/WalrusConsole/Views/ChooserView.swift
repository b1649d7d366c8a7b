internal import Inspect
internal import WalrusFormat

/// Where the parts of the chooser stand.
struct ChooserLayout {
    let summary: Rect
    let list: Rect
    let listHeight: Int

    init(_ model: ConsoleModel) {
        (summary, list) = Chrome(model).body.splitTop(1)
        listHeight = max(0, list.height - 3)
    }
}

/// The logs of a data directory; where there is none, what was looked for.
enum ChooserView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        guard let chooser = model.chooser else { return }
        let layout = ChooserLayout(model)
        if let problem = chooser.problem {
            let mark = StyledText(" \(model.glyphs.cross) ", .bad, .bold)
            let text = VisibleText(
                problem, mode: .dots, ascii: model.glyphs.isASCII, limit: layout.summary.width)
            grid.put([mark, StyledText(text.text, .bad)], x: layout.summary.x, y: layout.summary.y)
        }
        guard let logs = chooser.logs else { return }
        if logs.isEmpty {
            drawWaiting(model, &grid, layout.list)
        } else {
            drawLogs(model, chooser, logs, &grid, layout)
        }
    }

    private static func drawLogs(
        _ model: ConsoleModel, _ chooser: ChooserModel, _ logs: [NamespaceSummary],
        _ grid: inout Grid, _ layout: ChooserLayout
    ) {
        if chooser.problem == nil {
            grid.put(
                " \(plural(logs.count, "log")) in this directory: Enter opens one",
                x: layout.summary.x, y: layout.summary.y, width: layout.summary.width)
        }
        let inside = grid.box(layout.list, title: "Logs \(logs.count)", style: Style(.accent))
        let top = chooser.position.top
        let visible = logs.dropFirst(top).prefix(layout.listHeight)
        Table(
            columns, rows: visible.map { row($0, model) }, selected: chooser.position.selected - top
        ).draw(into: &grid, in: inside)
        Scrollbar(total: logs.count, visible: layout.listHeight, top: top).draw(
            into: &grid, onBorderOf: layout.list)
    }

    private static let columns = [
        TableColumn("LOG", .flexible(minimum: 16, weight: 1), truncating: .middle, priority: 9),
        TableColumn("TOPICS", .fixed(7), align: .trailing, priority: 7),
        TableColumn("FILES", .fixed(5), align: .trailing, priority: 5),
        TableColumn("DISK", .fixed(5), align: .trailing, priority: 8),
        TableColumn("LAST WRITE", .fixed(16), priority: 6),
        TableColumn("HELD BY", .fixed(16), priority: 4),
    ]

    /// What a log is called among those of its data directory.
    static func name(_ log: NamespaceSummary, ascii: Bool) -> String {
        guard let name = log.name else { return "(this directory)" }
        return VisibleText(name, mode: .escape, ascii: ascii, limit: 200).text
    }

    /// When something was written to the log: how long ago where that was today, else the date; nil:
    /// nothing was.
    static func age(_ log: NamespaceSummary, _ model: ConsoleModel) -> String? {
        log.modified.map { modified in
            let zone = model.setup.timeZone
            // "2026-11-20 12:04"
            let date = Figures.dateTime(UInt64(max(0, modified)), offset: zone).prefix(16)
            let today = Figures.dateTime(model.now, offset: zone).prefix(10)
            let age = Double(Int(model.now) - modified) / 1e9
            guard model.now > 0, date.hasPrefix(today), age >= 0 else { return String(date) }
            return Figures.duration(age) + " ago"
        }
    }

    private static func row(_ log: NamespaceSummary, _ model: ConsoleModel) -> [TableCell] {
        let written = age(log, model)
        var holders = log.writers.prefix(2).map { "pid \($0)" }.joined(separator: ", ")
        if log.writers.count > 2 { holders += " +\(log.writers.count - 2)" }
        return [
            .text(name(log, ascii: model.glyphs.isASCII), Style(.text, .bold)),
            .text(Figures.grouped(log.topics)), .text(Figures.grouped(log.files), .muted),
            .text(Figures.bytes(log.allocated)),
            .text(written ?? model.glyphs.dash, .muted),
            holders.isEmpty ? .text("nobody", .muted) : .text(holders, Style(.warning)),
        ]
    }

    private static func drawWaiting(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        let inside = grid.box(rect, title: "No log here", style: Style(.warning))
            .inset(horizontal: 2, vertical: 1)
        let lines: [[StyledText]] = [
            [StyledText("There is no Walrus log in this directory. Looked for:")], [],
            [
                StyledText("  files named by a time  ", .accent),
                StyledText("1763640000003: 13 digits, up to 1000 MiB, sparse", .muted),
            ],
            [
                StyledText("  index files            ", .accent),
                StyledText("read_offset_idx_index.db, topic_clean_index.db", .muted),
            ],
            [
                StyledText("  folders                ", .accent),
                StyledText("of instance keys (WALRUS_INSTANCE_KEY) with such files", .muted),
            ], [],
            [
                StyledText("Watching: ", .good, .bold),
                StyledText("the log opens here as soon as something is written."),
            ], [],
            [StyledText("If the service writes elsewhere, :cd DIR goes there (see its")],
            [StyledText("WALRUS_DATA_DIR); walrus demo DIR makes a log to try.")],
        ]
        for (line, pieces) in lines.prefix(inside.height).enumerated() {
            grid.put(pieces, x: inside.x, y: inside.y + line, width: inside.width)
        }
    }
}
