internal import Inspect
internal import WalrusFormat

/// What the console knows as labelled lines, for screen readers: no boxes, no columns, no glyph that
/// has to be seen. Each line makes sense when it is heard alone.
public enum PlainText {
    static let help = [
        "Enter alone, or next: the next item. previous, first, last, next 10, or a number: others.",
        "list: the selected item and those after it; more: those behind them. read: all of the item.",
        "where: the screen, and what is wrong.",
        "open: the entries of a topic, the place of a finding. back: to the topics.",
        "topics, entries, blocks, live, check, hex, bench: the screens.",
        "On live: read tells all events that are remembered; at 12:04:31 and now go through time.",
        "On bench: the results of `walrus bench`, the newest first; compare: the selected one is what "
            + "the others are compared with, or is not any more.",
        "find TEXT: only what has that in it; on entries a query. all: everything again.",
        "export FILE: what was found, else the selected entry.",
        "Any command that the console has after its colon works too, such as topic NAME, seq 2000, "
            + "@-1h, block 4:25.",
        "quit: end.",
    ]

    /// How many items `list` tells.
    static let listMax = 20

    /// Lines for a reply, once its effects are done.
    public static func lines(_ reply: PlainReply, _ model: ConsoleModel) -> [String] {
        var lines: [String] = []
        if let notice = model.notice {
            let text = visible(notice.text).replacing("Tab after : lists them", with: "say help")
            lines.append((notice.kind == .done ? "Done: " : "Problem: ") + text)
            if notice.kind == .problem { return lines }
        }
        switch reply {
        case .quit: return []
        case .text(let text): return lines + text
        case .screen: return lines + screen(model) + selection(model)
        case .selection: return lines + selection(model)
        case .whole: return lines + selection(model) + whole(model)
        case .list:
            guard let list = list(model) else { return lines + selection(model) }
            guard list.count > 0 else { return lines + ["\(list.name)s: none."] }
            let end = min(list.selected + listMax, list.count)
            lines += (list.selected..<end).map(list.line)
            if end < list.count {
                let more = "And \(Figures.grouped(list.count - end)) more: say more."
                lines.append(list.isWhole ? more : "Say more.")
            }
            return lines
        }
    }

    /// How many events the Live screen tells by itself.
    private static let eventsMax = 5

    private static func events(_ report: LiveReport, _ model: ConsoleModel, max: Int) -> [String] {
        let count = report.history.events.count
        guard count > 0 else { return ["Events: none between two looks so far."] }
        let shown = report.events(count: max, zone: model.setup.timeZone)
        let more = count - shown.count
        return [
            "Events: \(Figures.grouped(count)) seen between two looks, the newest first"
                + (more > 0 ? "; \(Figures.grouped(more)) more, say read." : ".")
        ] + shown
    }

    // MARK: - Lists

    /// A list of which one item is selected.
    struct List {
        let name: String
        let count: Int
        let selected: Int
        /// Whether its items are all there are, so that their numbers mean something.
        var isWhole = true
        let item: (Int) -> String

        func line(_ index: Int) -> String {
            isWhole ? "\(name) \(index + 1) of \(count): \(item(index))" : "\(name): \(item(index))"
        }
    }

    static func list(_ model: ConsoleModel) -> List? {
        switch model.screen {
        case .chooser:
            let logs = model.chooser?.logs ?? []
            return List(
                name: "Log", count: logs.count, selected: model.chooser?.position.selected ?? 0
            ) { visible(logs[$0].name ?? "the directory's own") }
        case .home:
            guard let state = model.state else { return nil }
            let order = model.home.order
            return List(
                name: "Topic", count: order.count, selected: model.selectedTopicRow ?? 0
            ) { topic(state.topics[order[$0]], state) }
        case .live:
            guard let report = LiveReport(model.looks) else { return nil }
            let order = model.home.order
            return List(
                name: "Topic", count: order.count, selected: model.selectedTopicRow ?? 0
            ) { report.line(report.state.topics[order[$0]]) + "." }
        case .entries:
            guard let entries = model.entries else { return nil }
            // All entries are held in a window: their ordinals are in the lines.
            return List(
                name: entries.contents == .matches ? "Match" : "Entry", count: entries.rows.count,
                selected: entries.position.selected, isWhole: entries.contents != .all
            ) { entry(entries.rows[$0], model) }
        case .check:
            let findings = model.shownFindings
            return List(
                name: "Finding", count: findings.count, selected: model.check.selected
            ) {
                let finding = findings[$0]
                return "\(finding.severity.rawValue), \(finding.kind.rawValue). "
                    + visible(model.shortened(CheckView.sentence(finding))) + "."
            }
        case .blocks:
            let blocks = blocks(model)
            let cursor = model.selectedBlock
            let selected = blocks.firstIndex { $0.file == cursor?.file && $0.slot == cursor?.slot }
            return List(name: "Block", count: blocks.count, selected: selected ?? 0) {
                block(blocks[$0], model)
            }
        case .bench: return benchList(model.bench, zone: model.setup.timeZone)
        case .hex:
            guard let map = model.hex.map, let place = model.hex.place else { return nil }
            return List(
                name: "Field", count: map.fields.count, selected: map.field(at: place.offset) ?? 0
            ) { field(map.fields[$0], model) }
        }
    }

    /// The blocks of all files, in their order.
    static func blocks(_ model: ConsoleModel) -> [BlockState] {
        model.state?.files.flatMap(\.blocks) ?? []
    }

    static func selection(_ model: ConsoleModel) -> [String] {
        guard let list = list(model) else { return [] }
        guard list.count > 0 else { return ["\(list.name)s: none."] }
        guard (0..<list.count).contains(list.selected) else { return [] }
        return [list.line(list.selected)]
    }

    // MARK: - Items

    private static func topic(_ topic: TopicState, _ state: DirectoryState) -> String {
        let isLost = state.isCursorLost(topic)
        var parts = [
            (isLost ? "at most " : "") + "\(Figures.grouped(topic.unread)) unread of "
                + plural(topic.entries, "entry", "entries"),
            Figures.bytes(topic.size), topic.isClean ? "clean" : "dirty",
        ]
        if topic.damaged > 0 { parts.append("\(Figures.grouped(topic.damaged)) damaged") }
        if let cursor = topic.cursor {
            parts.append(
                "cursor in block \(FileNumbers(state).number(cursor.file)):\(cursor.slot)"
                    + (cursor.isClear ? "" : ", unclear"))
        } else {
            parts.append(isLost ? "cursor lost" : "cursor at the beginning")
        }
        return "\(topic.name.shown(ascii: false)). \(parts.joined(separator: ", "))."
    }

    private static func entry(_ row: EntryRow, _ model: ConsoleModel) -> String {
        let consumed = model.entriesTopic?.consumed ?? 0
        let state = row.ordinal.map { $0 <= consumed ? "consumed" : "unread" }
        let number = row.ordinal.map { "number \(Figures.grouped($0))" } ?? "damaged"
        let marked = model.entries.map { model.marks.contains(row, of: $0.topic) } == true
        let parts = [number, state, marked ? "marked" : nil, plural(row.length, "byte")]
        let preview = VisibleText(row.preview.prefix(160), mode: .escape, limit: 160).text
        return parts.compactMap { $0 }.joined(separator: ", ") + ". " + preview
    }

    private static func block(_ block: BlockState, _ model: ConsoleModel) -> String {
        let number = model.state.map { FileNumbers($0).number(block.file) } ?? "?"
        var parts = [
            plural(block.entries, "entry", "entries"),
            "\(Figures.bytes(block.used)) of \(Figures.bytes(block.units * Layout.unit)) used",
            block.unreadSize > 0 ? "\(Figures.bytes(block.unreadSize)) unread" : "consumed",
        ]
        if block.damaged > 0 { parts.append("\(Figures.grouped(block.damaged)) damaged") }
        return "\(number):\(block.slot), topic \(block.topic.shown(ascii: false)). "
            + parts.joined(separator: ", ") + "."
    }

    private static func field(_ field: ByteField, _ model: ConsoleModel) -> String {
        let value = HexTree.value(field, model)
        let problem = field.problem.map { " Problem: \(visible($0))." } ?? ""
        return "\(field.name)\(value.isEmpty ? "" : ", \(value)"), at "
            + "\(EntriesView.hex(field.range.lowerBound)), \(plural(field.range.count, "byte")).\(problem)"
    }

    /// More than the selected item's line.
    private static func whole(_ model: ConsoleModel) -> [String] {
        func words(_ lines: [[StyledText]]) -> [String] {
            lines.map { line in
                line.map(\.text).joined()
                    .replacing(model.glyphs.damaged, with: "Problem:")
                    .replacing(model.glyphs.ellipsis, with: "...")
            }
        }
        switch model.screen {
        case .entries: return words(PayloadView.lines(model, width: 400))
        case .hex: return words(HexTree.facts(model, width: 400).lines)
        case .blocks:
            guard let (index, file) = model.blockFile, let forecast = model.forecast,
                forecast.files.indices.contains(index)
            else { return [] }
            return [self.file(file, forecast.files[index], index)]
        case .live:
            return LiveReport(model.looks).map { events($0, model, max: LiveHistory.eventsMax) }
                ?? []
        default: return []
        }
    }

    // MARK: - Screens

    /// Where one is.
    static func screen(_ model: ConsoleModel) -> [String] {
        guard model.screen != .chooser else {
            let root = visible(model.chooser?.root ?? "")
            return ["Screen: Logs in \(root)."]
                + (model.chooser?.problem.map { ["Problem: \(visible($0))"] } ?? [])
        }
        guard let state = model.state else { return ["The directory is being read."] }
        var lines = ["Screen: \(model.screen.title)."] + moment(model, state)
        switch model.screen {
        case .home: lines += home(model, state)
        case .entries:
            guard let entries = model.entries else {
                return lines + ["No topic is open: say topics, then open."]
            }
            lines[0] = "Screen: Entries of \(entries.topic.shown(ascii: false))."
            if let topic = model.entriesTopic { lines.append("Topic: " + self.topic(topic, state)) }
            if entries.contents == .matches { lines.append("Shown: what the query asks for.") }
            if entries.contents == .marked { lines.append("Shown: marked entries.") }
        case .blocks:
            if let forecast = model.forecast {
                for (index, file) in state.files.enumerated().prefix(listMax) {
                    lines.append(self.file(file, forecast.files[index], index))
                }
                let more = state.files.count - listMax
                if more > 0 { lines.append("And \(plural(more, "file")) more.") }
            }
        case .live:
            guard let report = LiveReport(model.looks) else { break }
            lines += report.summary
            lines += events(report, model, max: eventsMax)
        case .check:
            lines.append(
                "Verified: \(plural(state.entries, "entry", "entries")). \(health(state))")
        case .hex:
            if let place = model.hex.place {
                lines.append(
                    "Place: \(EntriesView.hex(place.offset)) in \(visible(place.file)).")
            }
        case .bench: lines += bench(model.bench)
        case .chooser: break
        }
        return lines
    }

    /// When what is told was seen, where that is not now.
    private static func moment(_ model: ConsoleModel, _ state: DirectoryState) -> [String] {
        guard model.isPaused || model.isPast else { return [] }
        let time = Figures.dateTime(state.time, offset: model.setup.timeZone)
        return ["\(model.player == nil ? "Paused" : "Recorded"): as it was at \(time)."]
    }

    private static func home(_ model: ConsoleModel, _ state: DirectoryState) -> [String] {
        var lines = [
            "Directory: \(visible(model.setup.directory)), read-only. "
                + (model.holders.isEmpty
                    ? "No process has it open."
                    : "Open in process \(model.holders.map(String.init).joined(separator: ", ")).")
        ]
        lines.append("Health: \(health(state))")
        if let worst = state.findings.first, worst.severity > .info {
            lines.append("First finding: \(visible(model.shortened(CheckView.sentence(worst)))).")
        }
        if let forecast = model.forecast {
            let parts =
                [("held by unread", forecast.bytes[.held] ?? 0)]
                + BlocksView.freeParts(forecast).map { ($0.name, $0.bytes) }
            let told = parts.filter { $0.1 > 0 }.map { "\($0.0) \(Figures.bytes($0.1))" }
            lines.append(
                "Disk: \(Figures.bytes(forecast.total)) in \(plural(state.files.count, "file"))"
                    + (state.trash.map { " and \(plural($0.files, "file")) in the trash" } ?? "")
                    + (told.isEmpty ? "." : ": \(told.joined(separator: ", "))."))
            lines.append(
                "What frees space: \(FreeingText.sentence(forecast, model).map(\.text).joined()).")
        }
        let order = model.home.isAscending ? "ascending" : "descending"
        lines.append(
            "Topics: \(Figures.grouped(state.topics.count)), by \(model.home.sort.rawValue), \(order)."
                + (model.home.filter.isEmpty
                    ? ""
                    : " Shown: \(Figures.grouped(model.home.order.count)) with "
                        + "\(visible(model.home.filter))."))
        return lines
    }

    private static func health(_ state: DirectoryState) -> String {
        [
            plural(state.count(.error), "error"), plural(state.count(.warning), "warning"),
            plural(state.count(.info), "note"),
        ].joined(separator: ", ") + "."
    }

    private static func file(
        _ file: FileState, _ forecast: ReclaimForecast.File, _ index: Int
    ) -> String {
        let holders = forecast.holders.prefix(3).map {
            "\($0.topic.shown(ascii: false)) with \(Figures.grouped($0.unread)) unread"
        }
        let more = forecast.holders.count > 3 ? " and \(forecast.holders.count - 3) more" : ""
        return "File \(index + 1), \(file.name.text): \(Figures.bytes(file.allocated)) on disk, "
            + FilePanel.word(forecast)
            + (holders.isEmpty ? "." : " by \(holders.joined(separator: ", "))\(more).")
    }

    static func visible(_ text: String) -> String {
        VisibleText(text, mode: .escape, limit: 2_000).text
    }
}
