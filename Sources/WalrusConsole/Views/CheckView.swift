internal import Inspect
internal import WalrusFormat

/// Where the parts of the check screen stand.
struct CheckLayout {
    let summary: Rect
    let list: Rect
    /// Empty where there is room for the findings alone, and the other way round.
    let restart: Rect
    let detail: Rect
    let listHeight: Int
    let restartHeight: Int

    init(_ model: ConsoleModel) {
        let (summary, body) = Chrome(model).body.splitTop(1)
        self.summary = summary
        // The selected finding has room for all that is said of it, as far as half of the screen
        // goes.
        let said = Self.selected(model).map {
            PayloadText.prose(
                CheckView.sentence($0), width: body.width - 4, ascii: model.glyphs.isASCII
            ).count + 2
        }
        let wanted = min(max(6, said ?? 6), body.height / 2)
        // Where nothing is selected there is nothing to say.
        let tells = model.restart.isFocused ? !model.restart.rows.isEmpty : said != nil
        let (lists, detail) = body.splitBottom(body.height >= 14 && tells ? wanted : 0)
        self.detail = detail
        let none = Rect(x: lists.x, y: lists.y, width: 0, height: 0)
        if lists.height >= 24 {
            // Each has what it needs, and half of what is left; where there is too little, two and three
            // of five parts.
            // A list of nothing has a line that says so, and no more.
            let isEmpty = model.shownFindings.isEmpty
            let found = isEmpty ? 3 : model.shownFindings.count + Self.listFrame
            let told = max(1, model.restart.rows.count) + Self.restartFrame
            let share = lists.height * 2 / 5
            let spare = lists.height - found - told
            (list, restart) = lists.splitTop(
                isEmpty
                    ? found
                    : spare >= 0 ? found + spare / 2 : max(min(found, share), lists.height - told))
        } else {
            (list, restart) = model.restart.isFocused ? (none, lists) : (lists, none)
        }
        listHeight = max(0, list.height - Self.listFrame)
        restartHeight = max(0, restart.height - Self.restartFrame)
    }

    private static func selected(_ model: ConsoleModel) -> Finding? {
        guard !model.restart.isFocused else { return nil }
        let findings = model.shownFindings
        return findings.indices.contains(model.check.selected)
            ? findings[model.check.selected] : nil
    }

    /// Borders and titles.
    private static let listFrame = 3
    private static let restartFrame = 4
}

/// What is wrong with the directory, the worst first.
enum CheckView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        let layout = CheckLayout(model)
        guard let state = model.state else { return }
        let counts = [
            plural(state.count(.error), "error"), plural(state.count(.warning), "warning"),
            plural(state.count(.info), "note"),
        ].joined(separator: "   ")
        grid.put(
            " \(plural(state.entries, "entry", "entries")) verified   \(counts)",
            x: layout.summary.x, y: layout.summary.y, width: layout.summary.width, align: .leading)
        drawFindings(model, state, &grid, layout)
        RestartView.draw(model, &grid, layout.restart)
        if model.restart.isFocused {
            RestartView.drawDetail(model, &grid, layout.detail)
        } else {
            drawDetail(model, model.shownFindings, &grid, layout.detail)
        }
    }

    private static func drawFindings(
        _ model: ConsoleModel, _ state: DirectoryState, _ grid: inout Grid, _ layout: CheckLayout
    ) {
        guard !layout.list.isEmpty else { return }
        let findings = model.shownFindings
        let isFiltered = !model.findingsFilter.isEmpty
        let count =
            (isFiltered ? "\(Figures.grouped(findings.count)) of " : "")
            + Figures.grouped(state.findings.count)
        let empty =
            isFiltered
            ? "no finding matches; Esc shows all" : "\(model.glyphs.check) nothing is wrong"
        let inside = ListBox.draw(
            layout.list, title: "Findings \(count)",
            trailing: isFiltered
                ? [
                    StyledText(
                        "/ "
                            + VisibleText(
                                model.findingsFilter, mode: .escape, ascii: model.glyphs.isASCII,
                                limit: 24
                            ).text, .match)
                ] : [], style: model.restart.isFocused ? .border : Style(.accent),
            empty: findings.isEmpty ? empty : nil, emptyStyle: isFiltered ? .muted : Style(.good),
            &grid)
        guard let inside else { return }
        let visible = findings.dropFirst(model.check.top).prefix(layout.listHeight)
        let chosen = ColumnChoice(.findings, model)
        Table(
            chosen.pick(columns(findings)), rows: visible.map { chosen.pick(row($0, model)) },
            selected: model.check.selected - model.check.top,
            isFocused: !model.restart.isFocused
        ).draw(into: &grid, in: inside)
        Scrollbar(total: findings.count, visible: layout.listHeight, top: model.check.top).draw(
            into: &grid, onBorderOf: layout.list)
    }

    private static func drawDetail(
        _ model: ConsoleModel, _ findings: [Finding], _ grid: inout Grid, _ rect: Rect
    ) {
        guard findings.indices.contains(model.check.selected), !rect.isEmpty else { return }
        let finding = findings[model.check.selected]
        let inside = grid.box(rect, title: finding.kind.rawValue).inset(horizontal: 1)
        grid.putProse(model.shortened(sentence(finding)), in: inside)
    }

    /// What a configuration calls the columns below.
    static let columnNames = ["severity", "kind", "file", "block", "offset", "what"]

    /// What it is, and in which file, go before where in that file it is: the box below has all of
    /// it. A file's name has the room of the longest of all, seen or not.
    static func columns(_ findings: [Finding]) -> [TableColumn] {
        let longest = findings.reduce(0) { max($0, $1.file?.utf8.count ?? 0) }
        return [
            TableColumn("SEVERITY", .fixed(9), priority: 9),
            TableColumn("KIND", .fixed(20), priority: 6),
            TableColumn(
                "FILE", .fixed(max(4, min(longest, fileMax))), truncating: .middle, priority: 7),
            TableColumn("BLOCK", .fixed(5), align: .trailing, priority: 5),
            TableColumn("OFFSET", .fixed(10), align: .trailing, priority: 4),
            TableColumn("WHAT", .flexible(minimum: 24), priority: 8),
        ]
    }

    /// The longest name that the log's own files have.
    private static let fileMax = DirectoryNames.cursorIndex.utf8.count

    /// The finding with its place, as a sentence.
    static func sentence(_ finding: Finding) -> String {
        var place = finding.file ?? ""
        if let block = finding.block {
            place += ":\(block)" + (finding.offset.map { "+" + EntriesView.hex($0) } ?? "")
        } else if let offset = finding.offset {
            place += " at \(EntriesView.hex(offset))"
        }
        return place.isEmpty ? finding.message : "\(place): \(finding.message)"
    }

    /// The sign and the role of a severity.
    static func mark(_ severity: Finding.Severity, _ glyphs: GlyphSet) -> (String, Role) {
        switch severity {
        case .error: (glyphs.cross, .bad)
        case .warning: (glyphs.warning, .warning)
        case .info: (glyphs.bullet, .info)
        }
    }

    private static func row(_ finding: Finding, _ model: ConsoleModel) -> [TableCell] {
        let (glyph, role) = mark(finding.severity, model.glyphs)
        let file = VisibleText(
            finding.file ?? "", mode: .escape, ascii: model.glyphs.isASCII, limit: 100)
        return [
            .text("\(glyph) \(finding.severity.rawValue)", Style(role)),
            .text(finding.kind.rawValue), .text(file.text, .muted),
            .text(finding.block.map(String.init) ?? "", .muted),
            .text(finding.offset.map(EntriesView.hex) ?? "", .muted), .text(finding.message),
        ]
    }
}
