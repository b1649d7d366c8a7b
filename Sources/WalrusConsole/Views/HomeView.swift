internal import Inspect
internal import WalrusFormat

/// Where the parts of Home stand.
struct HomeLayout {
    let health: Rect
    let disk: Rect
    /// What must happen before space comes back.
    let freeing: Rect
    /// The latencies of a running engine; empty where there are none, or where the panes have them.
    let latency: Rect
    let topics: Rect
    /// Empty where there is no room.
    let files: Rect
    /// What frees space, findings, the rate of appends and events; empty where topics take the room.
    let panes: Rect
    /// How many topics fit.
    let topicRows: Int
    /// How many files have a strip.
    let stripRows: Int

    init(_ model: ConsoleModel) {
        let body = Chrome(model).body
        let (health, rest) = body.splitTop(1)
        let (disk, belowDisk) = rest.splitTop(1)
        let (freeing, lists) = belowDisk.splitTop(body.height >= 20 ? 1 : 0)
        (self.health, self.disk, self.freeing) = (health, disk, freeing)
        let count = model.fileCount
        let wanted = min(count, max(2, lists.height / 3 - 3))
        // Borders and the legend come on top of the strips.
        let height = lists.height >= 17 && count > 0 ? wanted + 3 : 0
        let (upper, files) = lists.splitBottom(height)
        self.files = files
        // All that a short list of topics leaves, and on a big screen some lines in any case.
        let spare = upper.height - max(1, model.topicCount) - Self.topicFrame
        let isBig = upper.height >= 25 && body.width >= 100
        // Latencies have a line of their own where there is no pane of rates.
        let line = body.width < 100 && model.state?.metrics != nil ? 1 : 0
        let paneHeight = max(spare - line, isBig ? HomePanesView.heightMin : 0)
        // There is nothing to tell in them before the first look is over.
        let hasPanes =
            model.state != nil
            && paneHeight >= (body.width < 100 ? 4 : HomePanesView.heightMin)
        let (rows, panes) = upper.splitBottom(hasPanes ? paneHeight : 0)
        self.panes = panes
        let hasLine =
            !HomePanesView.hasRate(panes) && model.state?.metrics != nil && rows.height > 8
        (latency, topics) = rows.splitTop(hasLine ? 1 : 0)
        stripRows = height > 0 ? wanted : 0
        topicRows = max(0, topics.height - Self.topicFrame)
    }

    /// Borders and titles.
    private static let topicFrame = 3
}

/// The first screen: health, disk, topics, files.
enum HomeView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        let layout = HomeLayout(model)
        guard let state = model.state else {
            FirstLookView.draw(model, &grid, Chrome(model).body)
            return
        }
        drawHealth(model, state, &grid, layout.health)
        drawDisk(model, &grid, layout.disk)
        if let forecast = model.forecast, !layout.freeing.isEmpty {
            let rect = layout.freeing
            grid.put(
                [StyledText(" next ", .muted)] + FreeingText.sentence(forecast, model), x: rect.x,
                y: rect.y, width: rect.width - 1)
        }
        if let metrics = state.metrics, !layout.latency.isEmpty {
            LatencyView.draw(
                LatencyView.line(
                    metrics, width: layout.latency.width, ascii: model.glyphs.isASCII), &grid,
                layout.latency)
        }
        drawTopics(model, state, &grid, layout)
        if !layout.panes.isEmpty { HomePanesView.draw(model, state, &grid, layout.panes) }
        if !layout.files.isEmpty { FileStripsView.draw(model, state, &grid, layout) }
    }

    // MARK: - Health

    private static func drawHealth(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ rect: Rect
    ) {
        var pieces: [StyledText] = [StyledText(" ")]
        let bullet = model.glyphs.bullet
        if model.isStale {
            pieces.append(
                StyledText(
                    "\(model.glyphs.damaged) the directory cannot be read: this is what was there",
                    .bad, .bold))
            pieces.append(StyledText("   "))
        }
        let errors = state.count(.error)
        let warnings = state.count(.warning)
        if errors > 0 {
            pieces.append(
                StyledText("\(model.glyphs.damaged) \(plural(errors, "error"))", .bad, .bold))
            pieces.append(StyledText("   "))
        }
        if warnings > 0 {
            pieces.append(
                StyledText("\(model.glyphs.warning) \(plural(warnings, "warning"))", .warning))
            pieces.append(StyledText("   "))
        }
        let infos = state.count(.info)
        if infos > 0 {
            pieces.append(StyledText("\(bullet) \(plural(infos, "note"))", .info))
            pieces.append(StyledText("   "))
        }
        if errors == 0, !model.isStale {
            pieces.append(
                StyledText(
                    "\(model.glyphs.check) \(Figures.grouped(state.entries)) checksums ok", .good))
            pieces.append(StyledText("   "))
        }
        if let worst = state.findings.first, worst.severity > .info {
            pieces.append(StyledText(model.shortened(CheckView.sentence(worst)), .muted))
        }
        let hint = state.findings.isEmpty ? "" : " 5 Check "
        let room = rect.width - DisplayWidth.columns(of: hint) - 1
        var x = rect.x
        for piece in pieces {
            let left = room - (x - rect.x)
            guard left > 0 else { break }
            let text = grid.fit(piece.text, width: left, truncating: .tail).text
            x += grid.put(text, x: x, y: rect.y, style: piece.style)
        }
        grid.put(
            hint, x: rect.maxX - DisplayWidth.columns(of: hint), y: rect.y, style: Style(.accent))
    }

    // MARK: - Disk

    /// What the data files and the trash take on disk, in parts that sum up. Those that Blocks has
    /// too have its words and its numbers: both are the forecast's.
    private static func drawDisk(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        guard let forecast = model.forecast else { return }
        let label = " disk \(Figures.bytes(forecast.total)) "
        let width = grid.put(label, x: rect.x, y: rect.y, style: .muted)
        guard forecast.total > 0 else { return }
        // What no entry takes is neither read nor unread: blocks begin at 10 MiB, pages at 4 KiB.
        var (unread, read, slack) = (0, 0, 0)
        for (file, its) in zip(model.state?.files ?? [], forecast.files) where its.fate == .held {
            let kept = min(its.allocated, its.unreadSize)
            let used = file.blocks.reduce(0) { $0 + $1.used }
            let passed = max(0, min(its.allocated, used) - kept)
            unread += kept
            read += passed
            slack += its.allocated - kept - passed
        }
        StackedBar(
            ([
                DiskPart(
                    "unread" + (forecast.areCursorsLost ? " \(model.glyphs.atMost)" : ""), unread,
                    .barGood),
                DiskPart("read, in the same files", read, .barWarning),
                DiskPart("around entries", slack, .barIdle),
            ] + BlocksView.freeParts(forecast)).map(\.segment)
        ).draw(
            into: &grid,
            in: Rect(x: rect.x + width, y: rect.y, width: rect.width - width - 1, height: 1))
    }

    // MARK: - Topics

    private static func drawTopics(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ layout: HomeLayout
    ) {
        let home = model.home
        let count =
            (home.order.count == state.topics.count
                ? "" : "\(Figures.grouped(home.order.count)) of ")
            + Figures.grouped(state.topics.count)
        guard
            let inside = ListBox.drawTopics(
                model, title: "Topics \(count)",
                note: layout.topics.width >= 64 ? LiveUnreadView.meanNote : "", top: home.top,
                rows: layout.topicRows, &grid, layout.topics)
        else { return }
        let visible = home.order[min(home.top, home.order.count)...].prefix(layout.topicRows)
        let selected = model.selectedTopicRow.map { $0 - home.top }
        let files = FileNumbers(state)
        let chosen = ColumnChoice(.topics, model)
        let report = LiveReport(model.looks)
        let rows = visible.map { chosen.pick(row(model, report, state.topics[$0], $0, files)) }
        Table(
            chosen.pick(columns(model)), rows: rows, selected: selected, top: 0,
            sort: sortColumn(home).flatMap { column, isAscending in
                chosen.place(of: column).map { ($0, isAscending) }
            }
        ).draw(into: &grid, in: inside)
    }

    /// What a configuration calls the columns below.
    static let columnNames = [
        "topic", "entries", "unread", "size", "cursor", "flag", "in", "out", "drain", "history",
    ]

    /// Figures have the room of the widest of all topics, seen or not, so that columns stay where they
    /// are; what they leave is the name's.
    static func columns(_ model: ConsoleModel) -> [TableColumn] {
        let most = model.state?.topics.reduce(0) { max($0, $1.entries) } ?? 0
        let figure = max(7, Figures.grouped(most).utf8.count)
        // "2:25 >99%"
        let place = max(6, String(model.fileCount).utf8.count + 8)
        return [
            TableColumn(
                "TOPIC", .flexible(minimum: 16, weight: 3), truncating: .middle, priority: 9),
            TableColumn("ENTRIES", .fixed(figure), align: .trailing, priority: 7),
            TableColumn(
                "UNREAD", .fixed(figure + model.atMostColumns), align: .trailing, priority: 8),
            TableColumn("SIZE", .fixed(5), align: .trailing, priority: 5),
            TableColumn("CURSOR", .fixed(place), priority: 6),
            TableColumn("FLAG", .fixed(5), priority: 4),
            TableColumn("IN/s", .fixed(5), align: .trailing, priority: 3),
            TableColumn("OUT/s", .fixed(5), align: .trailing, priority: 2),
            TableColumn("DRAIN", .fixed(5), align: .trailing, priority: 1),
            TableColumn("IN/s, 60 looks", .flexible(minimum: 20, weight: 1), priority: 0),
        ]
    }

    /// What a click on a column's title sorts by.
    static func sort(by title: String) -> HomeModel.Sort? {
        switch title {
        case "TOPIC": .topic
        case "ENTRIES": .entries
        case "UNREAD": .unread
        case "SIZE": .size
        case "IN/s", "OUT/s": .rate
        default: nil
        }
    }

    private static func sortColumn(_ home: HomeModel) -> (column: Int, ascending: Bool)? {
        let column =
            switch home.sort {
            case .topic: 0
            case .entries: 1
            case .unread: 2
            case .size: 3
            case .rate: 6
            }
        return (column, home.isAscending)
    }

    private static func row(
        _ model: ConsoleModel, _ report: LiveReport?, _ topic: TopicState, _ index: Int,
        _ files: FileNumbers
    ) -> [TableCell] {
        let live = report?.topic(topic)
        let isKnown = report?.now != nil
        func rate(_ value: Double) -> TableCell {
            .text(isKnown ? Figures.count(value) : "?", value > 0 ? .text : .muted)
        }
        let color = Style(Role.topic(index))
        let unread: Style = topic.unread > 0 ? Style(.text, .bold) : .muted
        let rates = model.history.rates[topic.name]?.appended.map { Optional(Double($0)) } ?? []
        let padding = [Double?](repeating: nil, count: RateHistory.capacity - rates.count)
        let name = topic.name.shown(ascii: model.glyphs.isASCII)
        return [
            topic.damaged > 0
                ? .marked(name, color.bold, StyledText(" \(model.glyphs.damaged)", .damaged))
                : .text(name, color.bold),
            .text(Figures.grouped(topic.entries)),
            .text(model.unread(of: topic), unread),
            .text(Figures.bytes(topic.size), .muted),
            cursor(topic, files, isLost: model.state?.isCursorLost(topic) ?? false),
            topic.isClean ? .text("clean", Style(.good)) : .text("dirty", Style(.warning)),
            rate(live?.appended ?? 0),
            rate(live?.consumed ?? 0),
            .text(drain(live?.trend ?? .unknown, model.glyphs), .muted),
            .sparkline(Sparkline(padding + rates, style: color)),
        ]
    }

    /// "4:25 41%": the file's number, the slot in it, and how much of the block is read.
    private static func cursor(_ topic: TopicState, _ files: FileNumbers, isLost: Bool) -> TableCell
    {
        if isLost { return .text("lost", Style(.bad)) }
        guard let cursor = topic.cursor, topic.blocks.indices.contains(cursor.blockIndex) else {
            return .text(topic.entries > 0 ? "begin" : "none")
        }
        let place = "\(files.number(cursor.file)):\(cursor.slot)"
        let used = topic.blocks[cursor.blockIndex].used
        let how = topic.unread == 0 ? "end" : "\(Figures.percent(cursor.offset, of: used))"
        return .text("\(place) \(how)", cursor.isClear ? .text : Style(.warning))
    }

    /// As on Live, in five columns.
    private static func drain(_ trend: LiveReport.Trend, _ glyphs: GlyphSet) -> String {
        switch trend {
        case .empty, .steady: glyphs.dash
        case .grows: "never"
        case .drains(let seconds): Figures.duration(seconds)
        case .unknown: "?"
        }
    }
}

/// The numbers that stand for file names where there is no room for these.
struct FileNumbers {
    private let numbers: [DataFileName: Int]

    init(_ state: DirectoryState) {
        numbers = Dictionary(
            uniqueKeysWithValues: state.files.enumerated().map { ($1.name, $0 + 1) })
    }

    func number(_ file: DataFileName) -> String { numbers[file].map(String.init) ?? "?" }
}
