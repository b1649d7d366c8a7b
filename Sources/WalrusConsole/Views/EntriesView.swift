internal import Inspect
internal import WalrusFormat

/// Where the parts of the entries screen stand.
struct EntriesLayout {
    let summary: Rect
    let list: Rect
    /// Empty where there is no room.
    let payload: Rect
    /// Rows of the list that fit.
    let listHeight: Int
    let payloadWidth: Int
    let payloadHeight: Int

    private static let payloadMax = 62

    init(_ model: ConsoleModel) {
        let (summary, body) = Chrome(model).body.splitTop(1)
        self.summary = summary
        if model.entries?.isPayloadAlone == true {
            (list, payload) = (Rect(x: 0, y: 0, width: 0, height: 0), body)
        } else if body.width >= 110 {
            // Lines of a payload are broken, previews are cut: what is over goes to the list.
            (list, payload) = body.splitRight(min(body.width * 2 / 5, Self.payloadMax))
        } else if body.height >= 16 {
            (list, payload) = body.splitBottom(max(7, body.height * 2 / 5))
        } else {
            (list, payload) = (body, Rect(x: 0, y: 0, width: 0, height: 0))
        }
        // Borders, the header, and the line that marks the cursor.
        listHeight = max(0, list.height - 4)
        payloadWidth = max(0, payload.width - 4)
        payloadHeight = max(0, payload.height - 2)
    }
}

/// The entries of a topic, and the payload of the selected one.
enum EntriesView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        guard let entries = model.entries else {
            let body = Chrome(model).body.row(1)
            grid.put(
                "  no topic is open: choose one on Home (1) and press Enter", x: body.x, y: body.y,
                width: body.width, align: .leading, style: .muted)
            return
        }
        let layout = EntriesLayout(model)
        let topic = model.entriesTopic
        drawSummary(model, entries, topic, &grid, layout.summary)
        if !layout.list.isEmpty { drawList(model, entries, topic, &grid, layout) }
        if !layout.payload.isEmpty { PayloadView.draw(model, entries, &grid, layout) }
    }

    private static func drawSummary(
        _ model: ConsoleModel, _ entries: EntriesModel, _ topic: TopicState?, _ grid: inout Grid,
        _ rect: Rect
    ) {
        let name = entries.topic.shown(ascii: model.glyphs.isASCII)
        let gap = "   "
        var pieces = [StyledText(" \(name)", Style(model.role(of: entries.topic), .bold))]
        if let topic {
            pieces.append(StyledText(gap + plural(topic.entries, "entry", "entries")))
            pieces.append(
                StyledText(
                    gap + "unread \(model.unread(of: topic))",
                    topic.unread > 0 ? Style(.text, .bold) : .muted))
            if topic.damaged > 0 {
                pieces.append(
                    StyledText(gap + "\(Figures.grouped(topic.damaged)) damaged", .damaged, .bold))
            }
            pieces.append(StyledText(gap + "looking does not consume", .muted))
        } else if model.state != nil {
            pieces.append(StyledText(gap + "is not in the directory any more", .warning))
        }
        if entries.isFollowing {
            grid.put(
                " FOLLOW ", x: rect.maxX - 9, y: rect.y, style: Style(.badgeLive, .bold))
        }
        grid.put(
            pieces, x: rect.x, y: rect.y, width: rect.width - (entries.isFollowing ? 10 : 0))
    }

    // MARK: - The list

    private static func drawList(
        _ model: ConsoleModel, _ entries: EntriesModel, _ topic: TopicState?, _ grid: inout Grid,
        _ layout: EntriesLayout
    ) {
        let inside = grid.box(
            layout.list, title: title(entries, topic),
            trailing: notes(
                model, entries,
                width: layout.list.width - DisplayWidth.columns(of: title(entries, topic))),
            style: entries.isPayloadFocused ? .border : Style(.accent))
        guard !entries.rows.isEmpty else {
            let text =
                entries.search?.isRunning == true
                ? "looking\(model.glyphs.ellipsis) Esc stops"
                : entries.awaited != nil
                    ? "reading"
                    : entries.contents == .matches
                        ? "no entry matches; Esc shows all"
                        : model.isFirstLook
                            ? "they come when the first look at the directory is over"
                            : (model.state?.topic(entries.topic)?.entries ?? 0) > 0
                                ? "no entry stands there or behind; G goes to the last one"
                                : "no entries on disk"
            grid.put(
                text, x: inside.x + 2, y: inside.y + 1, width: inside.width - 2, align: .leading,
                style: .muted)
            return
        }
        let files = model.state.map(FileNumbers.init)
        let top = entries.position.top
        // Where no line marks the cursor, its row is an entry's.
        let candidates = entries.rows.indices.dropFirst(top).prefix(layout.listHeight + 1)
        let boundary = boundary(candidates, entries, topic)
        let visible = candidates.prefix(layout.listHeight + (boundary == nil ? 1 : 0))
        let chosen = ColumnChoice(.entries, model)
        let columns = columns(model)
        // The preview is the last column.
        let room = Table(columns, rows: []).places(width: inside.width).last?.width ?? 0
        var rows = visible.map {
            chosen.pick(row(model, entries.rows[$0], topic, files, room))
        }
        var selected = entries.position.selected - top
        var separator: Int?
        if let boundary {
            let line = boundary - top
            separator = line
            rows.insert([], at: line)
            if selected >= line { selected += 1 }
        }
        Table(
            chosen.pick(columns), rows: rows, selected: selected, top: 0,
            isFocused: !entries.isPayloadFocused
        ).draw(into: &grid, in: inside)
        scrollbar(entries, topic, visible: visible.count).draw(
            into: &grid, onBorderOf: layout.list)
        if let separator {
            let y = inside.y + 1 + separator
            let style = Style(.cursorMark)
            grid.horizontalLine(x: inside.x, y: y, width: inside.width, style: style)
            grid.put(" cursor: unread from here on ", x: inside.x + 3, y: y, style: style.bold)
        }
    }

    /// The row that the line between what is consumed and what is not stands before; nil: no such
    /// line is among `rows`.
    static func boundary(
        _ rows: some Collection<Int>, _ entries: EntriesModel, _ topic: TopicState?
    ) -> Int? {
        guard entries.contents == .all else { return nil }
        return rows.first { index in
            index > 0 && isConsumed(entries.rows, index - 1, topic)
                && !isConsumed(entries.rows, index, topic)
        }
    }

    /// What is listed, and which of it is selected.
    private static func title(_ entries: EntriesModel, _ topic: TopicState?) -> String {
        let row = entries.position.selected
        let count = entries.rows.count
        switch entries.contents {
        case .all:
            guard let topic, let ordinal = ordinal(entries.rows, row) else { return "Entries" }
            return "Entries \(Figures.grouped(ordinal)) of \(Figures.grouped(topic.entries))"
        case .matches: return count == 0 ? "Matches" : "Matches \(Figures.grouped(row + 1))"
        case .marked:
            return "Marked \(Figures.grouped(min(row + 1, count))) of \(Figures.grouped(count))"
        }
    }

    /// The ordinal of the row; that of the one behind where it is damaged and has none.
    private static func ordinal(_ rows: [EntryRow], _ index: Int) -> Int? {
        guard rows.indices.contains(index) else { return nil }
        return rows[index...].first { $0.ordinal != nil }?.ordinal
    }

    /// In all entries of the topic, of which only those around are held; else in what is listed.
    private static func scrollbar(
        _ entries: EntriesModel, _ topic: TopicState?, visible: Int
    ) -> Scrollbar {
        let top = entries.position.top
        guard entries.contents == .all, let topic else {
            return Scrollbar(total: entries.rows.count, visible: visible, top: top)
        }
        let first = ordinal(entries.rows, top) ?? topic.entries
        return Scrollbar(total: topic.entries, visible: visible, top: first - 1)
    }

    /// What was looked for, and how far that is. The question gives way to the figures.
    private static func notes(_ model: ConsoleModel, _ entries: EntriesModel, width: Int)
        -> [StyledText]
    {
        var notes: [StyledText] = []
        if entries.query != nil {
            if let scanned = entries.finding {
                let text = "looking, \(Figures.grouped(scanned)) passed\(model.glyphs.ellipsis)"
                notes.append(StyledText(text, .muted))
            } else if entries.contents == .matches, let search = entries.search {
                notes += progress(model, entries, search)
            }
        }
        let marked = model.marks[entries.topic].count
        if marked > 0, entries.contents != .marked {
            notes.append(StyledText("\(Figures.grouped(marked)) marked", .marked))
        }
        if let query = entries.query {
            let used = notes.reduce(0) { $0 + 2 + DisplayWidth.columns(of: $1.text) }
            // The corners, and what parts it from the title.
            let room = width - used - 19
            if room >= 8 {
                let shown = VisibleText.name(query.text, glyphs: model.glyphs, limit: room)
                notes.insert(StyledText("/ \(shown)", .match), at: 0)
            }
        }
        return Array(notes.map { [$0] }.joined(separator: [StyledText("  ", .border)]))
    }

    private static func progress(
        _ model: ConsoleModel, _ entries: EntriesModel, _ search: EntriesModel.Search
    ) -> [StyledText] {
        let count = Figures.grouped(entries.rows.count)
        let scanned = Figures.grouped(search.scanned)
        let topic = model.entriesTopic
        // Damaged ones are looked at as well, and the line above counts them apart.
        func told(_ count: Int) -> String {
            guard let damaged = topic?.damaged, damaged > 0, count >= damaged else {
                return Figures.grouped(count)
            }
            return "\(Figures.grouped(count - damaged)) + \(Figures.grouped(damaged)) damaged"
        }
        let total = max(search.scanned, (topic?.entries ?? 0) + (topic?.damaged ?? 0))
        var notes: [StyledText] = []
        if search.isComplete {
            notes.append(StyledText("\(count) of \(told(search.scanned))", .muted))
        } else {
            let more = search.isRunning ? model.glyphs.ellipsis : ""
            notes.append(StyledText("\(count) in \(scanned) of \(told(total))\(more)", .muted))
        }
        if search.undecided > 0 {
            notes.append(StyledText("\(Figures.grouped(search.undecided)) not decided", .warning))
        }
        if !search.isRunning, !search.isComplete { notes.append(StyledText("n: more", .accent)) }
        return notes
    }

    /// Whether the row stands before the cursor; a damaged one is where its neighbour is.
    private static func isConsumed(_ rows: [EntryRow], _ index: Int, _ topic: TopicState?) -> Bool {
        guard let topic else { return rows[index].isConsumed }
        let next = rows[index...].first { $0.ordinal != nil }?.ordinal
        return (next ?? .max) <= topic.consumed
    }

    /// What a configuration calls the columns below.
    static let columnNames = [
        "ordinal", "time", "block", "offset", "length", "checksum", "preview",
    ]

    static func columns(_ model: ConsoleModel) -> [TableColumn] {
        let ordinalWidth = max(8, Figures.grouped(model.entriesTopic?.entries ?? 0).utf8.count + 1)
        // The payload's pane has the time and the place of the selected one too.
        let isWide = EntriesLayout(model).list.width >= 70
        // The reference keeps none.
        let hasTimes = model.entries?.rows.contains { $0.stamp != nil } ?? false
        return [
            TableColumn("#ORD", .fixed(ordinalWidth), align: .trailing, priority: 9),
            TableColumn("APPENDED", .fixed(hasTimes ? 14 : 0), priority: 1),
            TableColumn("BLOCK", .fixed(6), align: .trailing, priority: 4),
            TableColumn("OFFSET", .fixed(10), align: .trailing, priority: 3),
            TableColumn("LEN", .fixed(6), align: .trailing, priority: 7),
            TableColumn("SUM", .fixed(3), priority: 6),
            TableColumn(
                "PREVIEW", .flexible(minimum: isWide ? 30 : 12), priority: 8),
        ]
    }

    /// So much of what stands behind a match is in sight too.
    private static let matchMargin = 6

    private static func row(
        _ model: ConsoleModel, _ entry: EntryRow, _ topic: TopicState?, _ files: FileNumbers?,
        _ room: Int
    ) -> [TableCell] {
        let isConsumed = entry.ordinal.map { $0 <= (topic?.consumed ?? 0) } ?? false
        let style: Style = isConsumed ? .muted : .text
        let marks = model.entries?.query?.ranges(in: entry.preview, budget: 4_000) ?? []
        // A match that would be out of sight is brought into it.
        let isCut = entry.preview.count > room
        let isFar = marks.first.map { isCut && $0.upperBound + matchMargin > room } ?? false
        let start = isFar ? max(0, (marks.first?.lowerBound ?? 0) - room / 3) : 0
        let preview =
            (isFar ? [StyledText(model.glyphs.ellipsis, .muted)] : [])
            + PayloadText.line(
                entry.preview[start...], marks: marks, width: model.size.columns,
                ascii: model.glyphs.isASCII, style: style)
        let ordinal = StyledText(
            entry.ordinal.map(Figures.grouped) ?? "damaged",
            entry.ordinal == nil ? Style(.damaged) : style)
        let isMarked = model.entries.map { model.marks.contains(entry, of: $0.topic) } ?? false
        // "11-20 12:04:31"
        let time = entry.stamp.map {
            Figures.dateTime($0.timestamp, offset: model.setup.timeZone).dropFirst(5).dropLast(4)
        }
        return [
            .pieces(isMarked ? [StyledText("*", .marked, .bold), ordinal] : [ordinal]),
            .text(time.map { String($0) } ?? model.glyphs.dash, .muted),
            .text("\(files?.number(entry.file) ?? "?"):\(entry.slot)", .muted),
            .text(hex(entry.offset), .muted),
            .text(Figures.bytes(entry.length), style),
            entry.damage == nil ? .text("ok", Style(.good)) : .text("BAD", Style(.damaged, .bold)),
            entry.length == 0 ? .text("(empty)", .muted) : .pieces(preview),
        ]
    }

    static func hex(_ value: Int) -> String { "0x" + String(value, radix: 16, uppercase: true) }
}
