internal import Inspect
internal import WalrusFormat

/// A line being typed, and above it what it may become.
enum PromptView {
    /// Candidates in sight at once.
    private static let rowsMax = 10

    static func draw(
        _ prompt: Prompt, _ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect
    ) {
        let ascii = model.glyphs.isASCII
        func visible(_ text: String) -> String {
            VisibleText(text, mode: .escape, ascii: ascii, limit: 10_000).text
        }
        let label =
            switch prompt.purpose {
            case .filter: "/"
            case .command: ":"
            case .exportFile(let selection): exportLabel(selection)
            }
        let under = prompt.line.underCursor.map { visible(String($0)) } ?? " "
        let rest = visible(prompt.line.afterCursor)
        // What stands before the cursor gives way first, and what follows it keeps a few columns.
        let room = max(0, rect.width - DisplayWidth.columns(of: label + under) - 2)
        let kept = min(DisplayWidth.columns(of: rest), room / 4)
        let before = grid.fit(
            visible(prompt.line.beforeCursor), width: room - kept, truncating: .head
        ).text
        grid.put(
            [
                StyledText(" " + label, .prompt, .bold), StyledText(before, .input),
                StyledText(under, Style(.input, .reverse)), StyledText(rest, .input),
            ], x: rect.x, y: rect.y, width: rect.width)
        guard let problem = prompt.problem else { return }
        let cut = max(
            0,
            DisplayWidth.columns(of: visible(prompt.line.beforeCursor)) - (room - kept))
        drawProblem(
            problem, typed: prompt.text, start: rect.x + 1 + DisplayWidth.columns(of: label) - cut,
            model, &grid, rect)
    }

    /// Above the line: what is wrong with it, with a mark over the place.
    private static func drawProblem(
        _ problem: QueryError, typed: String, start: Int, _ model: ConsoleModel,
        _ grid: inout Grid, _ rect: Rect
    ) {
        let ascii = model.glyphs.isASCII
        let scalars = typed.unicodeScalars.prefix(problem.column - 1)
        let before = VisibleText(
            String(String.UnicodeScalarView(scalars)), mode: .escape, ascii: ascii, limit: 10_000)
        let x = max(rect.x + 1, min(start + before.columns, rect.maxX - 2))
        let text = PayloadText.prose(problem.message, width: rect.width - 2, ascii: ascii)
        let arrow = StyledText(ascii ? "v" : "↓", .bad, .bold)
        let columns = DisplayWidth.columns(of: text.first ?? "")
        // Beside the mark where there is room, else in lines of its own above it.
        let isBeside = text.count == 1 && x + 2 + columns < rect.maxX
        let height = isBeside ? 1 : text.count + 1
        let top = rect.y - height
        guard top > 0 else { return }
        grid.fill(Rect(x: rect.x, y: top, width: rect.width, height: height), style: .text)
        grid.put([arrow], x: x, y: rect.y - 1)
        for (line, words) in text.enumerated() {
            grid.put([StyledText(words, .bad)], x: isBeside ? x + 2 : rect.x + 1, y: top + line)
        }
    }

    private static func exportLabel(_ selection: ExportOrder.Selection) -> String {
        let what =
            switch selection {
            case .rows(let rows): plural(rows.count, "entry", "entries")
            case .matches: "all matches"
            }
        // The name's end chooses the format.
        return "export \(what) to file (.jsonl .raw .lp .hex): "
    }

    /// The list of candidates, above the prompt's line.
    static func drawCandidates(_ prompt: Prompt, _ model: ConsoleModel, _ grid: inout Grid) {
        guard prompt.purpose == .command else { return }
        let completion = prompt.completion
        let all = completion?.candidates ?? CommandPalette.candidates(for: prompt.text, model)
        let body = Chrome(model).body
        let width = min(body.width, 76)
        let column = min(
            (width - 2) / 2,
            (all.map { DisplayWidth.columns(of: $0.line + $0.placeholder) }.max() ?? 0) + 3)
        /// What a candidate is, all of it where it is the selected one.
        func titles(_ index: Int) -> [String] {
            let room = width - 2 - column - 1
            guard index == completion?.selected else {
                return [grid.fit(all[index].title, width: room, truncating: .tail).text]
            }
            return PayloadText.prose(all[index].title, width: room, ascii: model.glyphs.isASCII)
        }
        let more = completion.map { max(1, titles($0.selected).count) - 1 } ?? 0
        let height = min(all.count + more, rowsMax, body.height - 3)
        let rows = max(1, height - more)
        guard height > 0 else { return }
        let rect = Rect(x: body.x, y: body.maxY - height - 2, width: width, height: height + 2)
        grid.fill(rect, style: Style(.dialog))
        let inside = grid.box(
            rect, title: "Commands", trailing: [StyledText("Tab completes", .muted)],
            style: Style(.accent))
        let top = ScrollWindow.top(
            keeping: completion?.selected ?? 0, in: all.count, height: rows, from: 0)
        var line = 0
        for index in top..<min(all.count, top + rows) {
            let row = inside.row(line)
            let used = grid.put(
                [
                    StyledText(" " + all[index].line, .text, .bold),
                    StyledText(" " + all[index].placeholder, .accent),
                ], x: row.x, y: row.y, width: column)
            let titles = titles(index)
            for (at, title) in titles.enumerated() where line + at < inside.height {
                grid.put(
                    title, x: row.x + (at == 0 ? max(column, used) : column), y: row.y + at,
                    style: .muted)
            }
            if index == completion?.selected {
                for at in 0..<max(1, titles.count) {
                    grid.restyle(inside.row(line + at)) { $0.isSelected = true }
                }
                grid.put(
                    grid.glyphs.selection, x: row.x, y: row.y,
                    style: Style(.selectionMarker, isSelected: true))
            }
            line += max(1, titles.count)
        }
        Scrollbar(total: all.count, visible: rows, top: top).draw(
            into: &grid, onBorderOf: rect, from: 0)
    }
}
