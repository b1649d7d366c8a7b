internal import Inspect
internal import WalrusFormat

/// The part of the check screen that tells what a restart would do, in this engine and in the
/// reference.
enum RestartView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        guard !rect.isEmpty else { return }
        let inside = grid.box(
            rect, title: "If it were opened now", trailing: [StyledText(summary(model), .muted)],
            style: model.restart.isFocused ? Style(.accent) : .border)
        guard let preview = model.restart.preview else {
            grid.putProse(
                unknown(model), in: inside.inset(horizontal: 2).splitTop(1).rest, style: .muted)
            return
        }
        let table = Table(
            columns(preview), rows: [], isFocused: model.restart.isFocused)
        drawGroups(table.places(width: inside.width), &grid, inside)
        let list = inside.splitTop(1).rest
        let height = max(0, list.height - 1)
        let top = model.restart.position.top
        // What is said of the whole takes as many lines as it needs, where rows are free.
        var spare = max(0, height - model.restart.rows.count)
        var page = table
        for (index, row) in model.restart.rows.enumerated().dropFirst(top) {
            guard page.rows.count < height else { break }
            if model.restart.isFocused, index == model.restart.position.selected {
                page.selected = page.rows.count
            }
            var facts = fact(row, model).lines(width: list.width - 2, indent: 2)
            if facts.count - 1 > spare { facts = [fact(row, model)] }
            spare -= max(0, facts.count - 1)
            for (line, pieces) in facts.enumerated() {
                let place = list.row(page.rows.count + 1 + line)
                grid.put(pieces, x: place.x + 2, y: place.y, width: place.width - 2)
            }
            page.rows.append(cells(row, preview, model))
            for _ in facts.dropFirst() { page.rows.append([]) }
        }
        page.draw(into: &grid, in: list)
        Scrollbar(total: model.restart.rows.count, visible: height, top: top).draw(
            into: &grid, onBorderOf: rect, from: 2)
    }

    /// Why there is nothing to tell.
    private static func unknown(_ model: ConsoleModel) -> String {
        if model.isPast {
            return "not known of the past: it needs the log's bytes, and a recording holds none"
                + (model.player == nil ? "; ` leads back to now" : "")
        }
        return model.restart.isAwaited
            ? "working out what a restart would do"
            : "not known: the directory has not been read to its end"
    }

    /// What comes of all topics together, in a few words.
    private static func summary(_ model: ConsoleModel) -> String {
        guard let preview = model.restart.preview else { return "" }
        // Below stands what was so at another look than what the findings are of.
        if let state = model.state, preview.revision != state.revision {
            return "working out" + model.glyphs.ellipsis
        }
        if !preview.refusals.isEmpty { return "this engine refuses" }
        let all = preview.totals.reference
        let numbers = [(all.again, "again"), (all.skipped, "skipped"), (all.hidden, "hidden")]
            .filter { $0.0 > 0 }
        let unclear = preview.unclearCursors
        let here =
            !preview.isOpenedAsItIs
            ? "with changes"
            : "as it is" + (unclear > 0 ? ", \(plural(unclear, "cursor")) unclear" : "")
        let there =
            preview.mayCrash
            ? "may crash"
            : preview.isCleanInReference
                ? "as it is"
                : numbers.isEmpty
                    ? "with changes"
                    : numbers.map { "\(Figures.grouped($0.0)) \($0.1)" }.joined(separator: ", ")
        return "this engine: \(here)  reference: \(there)"
    }

    private static let firstOfReference = 6
    /// Where a reader goes on is told on any screen; what no topic has gives way first.
    private static func columns(_ preview: RecoveryPreview) -> [TableColumn] {
        let (here, reference) = preview.totals
        func column(_ title: String, _ width: Int, _ priority: Int, _ total: Int) -> TableColumn {
            TableColumn(
                title, .fixed(width), align: .trailing, priority: total > 0 ? priority : -1)
        }
        return [
            TableColumn("TOPIC", .flexible(minimum: 12, weight: 3), priority: 9),
            TableColumn("NEXT", .fixed(10), align: .trailing, priority: 8),
            TableColumn("AT", .flexible(minimum: 14, weight: 1), priority: 0),
            TableColumn("DELIVERS", .fixed(9), align: .trailing, priority: 8),
            column("AGAIN", 6, 6, here.again + here.unclear),
            TableColumn("FLAG", .fixed(5), priority: 2),
            TableColumn("DELIVERS", .fixed(9), align: .trailing, priority: 8),
            column("AGAIN", 6, 8, reference.again + reference.unclear),
            column("SKIPPED", 7, 7, reference.skipped),
            column("HIDDEN", 7, 7, reference.hidden),
            column("EXTRA", 5, 3, reference.extra),
            TableColumn("FLAG", .fixed(5), priority: 1),
        ]
    }

    /// Whose columns these are, above their titles.
    private static func drawGroups(
        _ places: [Table.Place], _ grid: inout Grid, _ rect: Rect
    ) {
        func label(_ text: String, from first: Int, before end: Int) {
            let own = places.filter { ($0.column >= first) && ($0.column < end) }
            guard let start = own.first, let last = own.last else { return }
            let width = last.x + last.width - start.x
            let rule = max(0, width - text.count - 1)
            let line = text + " " + String(repeating: grid.glyphs.isASCII ? "-" : "─", count: rule)
            grid.put(
                String(line.prefix(width)), x: rect.x + start.x, y: rect.y, style: .muted)
        }
        label("this engine", from: 1, before: firstOfReference)
        label("the reference", from: firstOfReference, before: Int.max)
    }

    /// What is said of the whole; empty for a topic.
    private static func fact(_ row: RestartModel.Row, _ model: ConsoleModel) -> [StyledText] {
        let (who, text) =
            switch row {
            case .here(let text): ("this engine ", text)
            case .reference(let text): ("the reference ", text)
            case .topic: ("", "")
            }
        guard !text.isEmpty else { return [] }
        let role: Role =
            text.hasPrefix("may crash") || text.hasPrefix("does not open")
            ? .bad
            : text.hasPrefix("opens") || text.hasPrefix("makes") || text.hasPrefix("deletes")
                ? .text : .warning
        let shown = VisibleText(
            model.shortened(text), mode: .escape, ascii: model.glyphs.isASCII, limit: 400
        ).text
        return [StyledText(who, .muted), StyledText(shown, Style(role))]
    }

    private static func cells(
        _ row: RestartModel.Row, _ preview: RecoveryPreview, _ model: ConsoleModel
    ) -> [TableCell] {
        guard case .topic(let index) = row else { return [] }
        let topic = preview.topics[index]
        let (here, there) = (topic.here, topic.reference)
        func number(_ value: Int?, _ role: Role) -> TableCell {
            guard let value else { return .text("?", Style(.warning)) }
            return .text(Figures.grouped(value), value == 0 ? .muted : Style(role))
        }
        return [
            .text(
                topic.name.shown(model.glyphs, limit: 60),
                Style(model.role(of: topic.name))),
            .text("#" + Figures.grouped(topic.next)),
            .text(model.place(here.cursor), .muted),
            .text(Figures.grouped(here.unread)), number(here.again, .warning),
            .text(here.isClean ? "clean" : "dirty", here.isClean ? .muted : .text),
            there.isStuck
                ? .text("stuck", Style(.bad)) : .text(Figures.grouped(there.unread)),
            number(there.again, .warning), number(there.skipped, .bad),
            number(there.hidden, .bad), number(there.extra, .warning),
            .text(
                there.isClean ? "clean" : "dirty",
                there.isClean != here.isClean
                    ? Style(.warning) : there.isClean ? .muted : .text),
        ]
    }

    // MARK: - One of them in words

    static func drawDetail(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        guard !rect.isEmpty, model.restart.rows.indices.contains(model.restart.position.selected)
        else { return }
        let row = model.restart.rows[model.restart.position.selected]
        let title: String
        var sentences: [String]
        switch row {
        case .here(let text): (title, sentences) = ("this engine", ["This engine \(text)."])
        case .reference(let text):
            (title, sentences) = ("the reference", ["The reference \(text)"])
            if !text.hasSuffix(".") { sentences[0] += "." }
        case .topic(let index):
            guard let topic = model.restart.preview?.topics[index] else { return }
            title = topic.name.shown(model.glyphs, limit: 60)
            sentences = [
                "This engine " + sentence(topic.here, "#" + Figures.grouped(topic.next), model),
                "The reference " + sentence(topic.reference, nil, model),
            ]
        }
        let inside = grid.box(rect, title: title).inset(horizontal: 1)
        var y = inside.y
        for text in sentences {
            let lines = PayloadText.prose(
                model.shortened(text), width: inside.width, ascii: grid.glyphs.isASCII)
            for words in lines where y < inside.maxY {
                grid.put(words, x: inside.x, y: y, width: inside.width)
                y += 1
            }
        }
    }

    private static func sentence(
        _ restart: RecoveryPreview.Restart, _ next: String?, _ model: ConsoleModel
    ) -> String {
        guard restart.cursor != nil else { return "sees no entry of it." }
        let place = model.place(restart.cursor)
        var text =
            "goes on at \(next.map { "\($0), " } ?? "")\(place) and delivers "
            + plural(restart.unread, "entry", "entries")
        if restart.isStuck { text = "is stuck at \(place): it delivers nothing, or garbage" }
        var parts: [String] = []
        switch restart.again {
        case nil: parts.append("how many of them again cannot be told")
        case let again?: if again > 0 { parts.append("\(Figures.grouped(again)) of them again") }
        }
        if restart.skipped > 0 { parts.append("\(Figures.grouped(restart.skipped)) skipped") }
        if restart.hidden > 0 { parts.append("\(Figures.grouped(restart.hidden)) hidden") }
        if restart.extra > 0 {
            parts.append("\(Figures.grouped(restart.extra)) that count for nothing here")
        }
        if !parts.isEmpty { text += ", " + parts.joined(separator: ", ") }
        if let reason = restart.reason { text += ": \(reason)" }
        return text + (restart.isClean ? " (clean)." : " (dirty).")
    }
}

extension ConsoleModel {
    func place(_ place: RecoveryPreview.Place?) -> String {
        place.map { self.place($0.file, $0.slot, $0.offset) } ?? "-"
    }
}
