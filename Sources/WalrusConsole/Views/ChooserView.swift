internal import Inspect
internal import WalrusFormat

/// Where the parts of the chooser stand.
struct ChooserLayout {
    let summary: Rect
    let list: Rect
    /// The log under the cursor; empty where there is no room.
    let detail: Rect
    let listHeight: Int

    init(_ model: ConsoleModel) {
        let (summary, body) = Chrome(model).body.splitTop(1)
        self.summary = summary
        let hasLogs = model.chooser?.selected != nil
        if hasLogs, body.width >= 150 {
            (list, detail) = body.splitLeft(body.width * 3 / 5)
        } else {
            (list, detail) = body.splitBottom(
                hasLogs && body.height >= 28 ? body.height * 2 / 5 : 0)
        }
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
                problem, mode: .dots, ascii: model.glyphs.isASCII, limit: 2_000)
            grid.put(
                [mark, StyledText(text.text, .bad)], x: layout.summary.x, y: layout.summary.y,
                width: layout.summary.width)
        }
        guard let logs = chooser.logs else {
            guard chooser.problem == nil else { return }
            grid.put(
                " looking for logs\(model.glyphs.ellipsis)", x: layout.summary.x,
                y: layout.summary.y, style: .muted)
            return
        }
        if logs.isEmpty {
            drawWaiting(model, chooser, &grid, layout.list)
        } else {
            drawLogs(model, chooser, logs, &grid, layout)
        }
    }

    private static func drawLogs(
        _ model: ConsoleModel, _ chooser: ChooserModel, _ logs: [NamespaceSummary],
        _ grid: inout Grid, _ layout: ChooserLayout
    ) {
        if chooser.problem == nil {
            let isCounting = logs.contains { $0.topics == nil }
            grid.put(
                [
                    StyledText(" \(plural(logs.count, "log")) in this directory: Enter opens one"),
                    StyledText(
                        isCounting ? "   counting topics\(model.glyphs.ellipsis)" : "", .muted),
                ], x: layout.summary.x, y: layout.summary.y, width: layout.summary.width)
        }
        let inside = grid.box(
            layout.list, title: "Logs \(Figures.grouped(logs.count))", style: Style(.accent))
        let top = chooser.position.top
        let visible = logs.dropFirst(top).prefix(layout.listHeight)
        Table(
            columns(logs, model, width: inside.width), rows: visible.map { row($0, model) },
            selected: chooser.position.selected - top
        ).draw(into: &grid, in: inside)
        Scrollbar(total: logs.count, visible: layout.listHeight, top: top).draw(
            into: &grid, onBorderOf: layout.list)
        if let log = chooser.selected, !layout.detail.isEmpty {
            drawDetail(log, model, &grid, layout.detail)
        }
    }

    /// A name has the room of the longest, as far as there is any, and figures stand beside it.
    private static func columns(_ logs: [NamespaceSummary], _ model: ConsoleModel, width: Int)
        -> [TableColumn]
    {
        func widest(_ title: String, _ texts: (NamespaceSummary) -> String) -> Int {
            logs.reduce(title.utf8.count) { max($0, DisplayWidth.columns(of: texts($1))) }
        }
        var columns = [
            TableColumn("LOG", .fixed(nameMin), truncating: .middle, priority: 9),
            TableColumn("TOPICS", .fixed(7), align: .trailing, priority: 7),
            TableColumn("FILES", .fixed(5), align: .trailing, priority: 5),
            TableColumn("DISK", .fixed(5), align: .trailing, priority: 8),
            TableColumn(
                "LAST WRITE", .fixed(widest("LAST WRITE") { age($0, model) ?? "" }), priority: 6),
            TableColumn("HELD BY", .fixed(widest("HELD BY") { holders($0) }), priority: 4),
        ]
        let places = Table(columns, rows: []).places(width: width)
        let used = places.last.map { $0.x + $0.width } ?? 0
        let name = widest("LOG") { self.name($0, ascii: model.glyphs.isASCII) }
        columns[0].width = .fixed(min(max(name, nameMin), nameMin + max(0, width - 1 - used)))
        return columns
    }

    private static let nameMin = 16

    private static func holders(_ log: NamespaceSummary) -> String {
        guard let writers = log.writers else { return "?" }
        guard !writers.isEmpty else { return "nobody" }
        let names = writers.prefix(2).map { "pid \($0)" }.joined(separator: ", ")
        return writers.count > 2 ? names + " +\(writers.count - 2)" : names
    }

    /// What is known of a log before it is opened.
    private static func drawDetail(
        _ log: NamespaceSummary, _ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(rect, title: name(log, ascii: model.glyphs.isASCII))
            .inset(horizontal: 1)
        var facts = FactList(labelWidth: 11)
        let path = VisibleText(
            log.path, mode: .escape, ascii: model.glyphs.isASCII, limit: 500
        ).text
        facts.add(
            "path", grid.fit(path, width: max(1, inside.width - 11), truncating: .middle).text)
        facts.add(
            "on disk", "\(Figures.bytes(log.allocated)) in \(plural(log.files, "data file"))")
        facts.add("last write", age(log, model) ?? "never")
        facts.add("held by", holders(log), log.writers?.isEmpty == false ? Style(.warning) : .text)
        facts.add("topics", log.topics.map(Figures.grouped) ?? "?")
        facts.draw(&grid, inside)
        let rest = inside.splitTop(facts.lines.count).rest
        let isCut = log.topicNames.count > rest.height || (log.topics ?? 0) > log.topicNames.count
        let shown = log.topicNames.prefix(isCut ? max(0, rest.height - 1) : rest.height)
        for (line, topic) in shown.enumerated() {
            let style = Style(Role.topic(line))
            grid.put(
                topic.shown(model.glyphs, limit: 120), x: rest.x + 11, y: rest.y + line,
                width: rest.width - 11, align: .leading, style: style)
        }
        guard isCut, !shown.isEmpty, let topics = log.topics else { return }
        grid.put(
            "+ \(Figures.grouped(topics - shown.count)) more", x: rest.x + 11,
            y: rest.y + shown.count, style: .muted)
    }

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
        [
            .text(name(log, ascii: model.glyphs.isASCII), Style(.text, .bold)),
            .text(log.topics.map(Figures.grouped) ?? "?"),
            .text(Figures.grouped(log.files), .muted),
            .text(Figures.bytes(log.allocated)),
            .text(age(log, model) ?? model.glyphs.dash, .muted),
            .text(holders(log), log.writers?.isEmpty == false ? Style(.warning) : .muted),
        ]
    }

    private static func drawWaiting(
        _ model: ConsoleModel, _ chooser: ChooserModel, _ grid: inout Grid, _ rect: Rect
    ) {
        let inside = grid.box(rect, title: "No log here", style: Style(.warning))
            .inset(horizontal: 2, vertical: 1)
        let (files, folders) = chooser.others
        let counts = [
            files > 0 ? plural(files, "file") : nil, folders > 0 ? plural(folders, "folder") : nil,
        ].compactMap { $0 }
        let found =
            counts.isEmpty
            ? "The directory is empty." : "In it: \(counts.joined(separator: ", ")), none of a log."
        let indent = 25
        func row(_ label: String, _ text: String) -> [[StyledText]] {
            let pad = String(repeating: " ", count: indent - 2 - label.utf8.count)
            return [StyledText("  \(label)\(pad)", .accent), StyledText(text, .muted)]
                .lines(width: inside.width, indent: indent)
        }
        func prose(_ pieces: [StyledText]) -> [[StyledText]] {
            pieces.lines(width: inside.width) + [[]]
        }
        let lines =
            prose([
                StyledText("There is no Walrus log in this directory. "), StyledText(found, .muted),
            ])
            + prose([StyledText("Looked for:")]).dropLast()
            + row("files named by a time", "1763640000003: 13 digits, up to 1000 MiB, sparse")
            + row("index files", "read_offset_idx_index.db, topic_clean_index.db")
            + row("folders", "of instance keys (WALRUS_INSTANCE_KEY) with such files") + [[]]
            + prose([
                StyledText("Watching: ", .good, .bold),
                StyledText("the log opens here as soon as something is written."),
            ])
            + prose([
                StyledText(
                    "If the service writes elsewhere, :cd DIR goes there (see its WALRUS_DATA_DIR); "
                        + "walrus demo DIR makes a log to try.")
            ])
        for (line, pieces) in lines.prefix(inside.height).enumerated() {
            grid.put(pieces, x: inside.x, y: inside.y + line, width: inside.width)
        }
    }
}
