internal import Inspect
internal import WalrusFormat

/// The menu of actions.
enum MenuView {
    static func draw(_ model: ConsoleModel, _ menu: ActionMenu, _ grid: inout Grid) {
        let ascii = model.glyphs.isASCII
        let name = menu.topic.map {
            grid.fit($0.shown(ascii: ascii), width: 40, truncating: .tail).text
        }
        var lines: [[StyledText]] = []
        var isOnLog = false
        for (index, action) in ActionKind.allCases.enumerated() {
            let definition = action.definition
            if !definition.needsTopic, !isOnLog {
                isOnLog = true
                lines.append([StyledText("the log", .heading)])
            }
            let isHere = index == menu.selected
            let isOffered = model.setup.canWrite && (!definition.needsTopic || name != nil)
            let style = isOffered ? Style(.text) : Style(.muted)
            lines.append([
                StyledText(isHere ? "\(model.glyphs.selection) " : "  ", .selectionMarker),
                StyledText("\(definition.key)  \(definition.title)", isHere ? style.bold : style),
            ])
        }
        lines.append([])
        lines.append([
            model.setup.canWrite
                ? StyledText("nothing is done before you have seen the plan", .muted)
                : StyledText("read-only: type :write first, or start with --write", .warning)
        ])
        Modal(
            title: name.map { "Actions on \($0)" } ?? "Actions: no topic is pointed at",
            lines: lines, buttons: [], focused: 0
        ).draw(into: &grid, in: grid.bounds)
    }
}

/// The questions before a plan.
enum FormView {
    private static let label = 18
    private static let listRows = 7
    private static let textRows = 5

    static func draw(_ model: ConsoleModel, _ form: ActionForm, _ grid: inout Grid) {
        let width = max(30, min(model.size.columns - 6, 86))
        var lines: [[StyledText]] = []
        var hint = "Enter goes on"
        for field in form.shown {
            let isHere = form.focus == .field(field.name)
            if isHere { hint = field.hint }
            // Which question has the keys shows without colour too.
            let mark = isHere ? "\(model.glyphs.selection) " : "  "
            let gap = String(repeating: " ", count: max(1, Self.label - 2 - field.label.count))
            let label = StyledText(mark + field.label + gap, isHere ? .accent : .muted)
            let room = width - Self.label
            switch field.content {
            case .line(let line): lines.append([label] + input(line, isHere, room, model))
            case .text(let text): lines += self.text(text, label, isHere, room, model)
            case .choice(let options, let selected, let isList):
                lines +=
                    isList
                    ? list(options, selected, label, isHere, room, model, grid)
                    : [[label] + choice(options, selected, isHere, room, model, grid)]
            }
        }
        lines += [[], [StyledText(hint, .muted)]]
        Modal(
            title: form.title, badge: [StyledText(" WRITE ", .badgeWrite, .bold)],
            lines: lines, buttons: ["Cancel", "see the plan"],
            focused: form.focus == .cancel ? 0 : form.focus == .plan ? 1 : -1
        ).draw(into: &grid, in: grid.bounds)
    }

    private static func visible(_ text: String, _ model: ConsoleModel) -> String {
        VisibleText(text, mode: .escape, ascii: model.glyphs.isASCII, limit: 2_000).text
    }

    private static func choice(
        _ options: [FormOption], _ selected: Int, _ isHere: Bool, _ room: Int,
        _ model: ConsoleModel, _ grid: Grid
    ) -> [StyledText] {
        let marks = model.glyphs.isASCII ? ("< ", " >") : ("‹ ", " ›")
        let title = options.indices.contains(selected) ? options[selected].title : ""
        return [
            StyledText(marks.0, isHere ? .accent : .muted),
            StyledText(
                grid.fit(visible(title, model), width: room - 4, truncating: .tail).text,
                isHere ? Style(.text, .bold) : Style(.text)),
            StyledText(marks.1, isHere ? .accent : .muted),
        ]
    }

    /// A window of the list, with what is chosen in sight, and how far down that is.
    private static func list(
        _ options: [FormOption], _ selected: Int, _ label: StyledText, _ isHere: Bool,
        _ room: Int, _ model: ConsoleModel, _ grid: Grid
    ) -> [[StyledText]] {
        let rows = min(options.count, max(1, min(listRows, model.size.rows - 16)))
        let top = ScrollWindow.top(keeping: selected, in: options.count, height: rows, from: 0)
        let indent = StyledText(String(repeating: " ", count: Self.label), .muted)
        var lines: [[StyledText]] = (0..<rows).map { at in
            let index = top + at
            let isChosen = index == selected
            let style = isChosen && isHere ? Style(.text, .bold) : Style(.text)
            return [
                at == 0 ? label : indent,
                StyledText(isChosen ? "\(model.glyphs.selection) " : "  ", .selectionMarker),
                StyledText(
                    grid.fit(
                        visible(options[index].title, model), width: room - 2, truncating: .tail
                    )
                    .text, style),
            ]
        }
        if options.count > rows {
            lines.append([
                indent,
                StyledText(
                    "  \(Figures.grouped(selected + 1)) of \(Figures.grouped(options.count))",
                    .muted),
            ])
        }
        return lines
    }

    /// What fits of a line, with the cursor in sight.
    private static func input(
        _ line: LineEditor, _ isHere: Bool, _ room: Int, _ model: ConsoleModel
    ) -> [StyledText] {
        func visible(_ text: String) -> String {
            VisibleText(text, mode: .escape, ascii: model.glyphs.isASCII, limit: 10_000).text
        }
        let under = isHere ? line.underCursor.map { visible(String($0)) } ?? " " : ""
        let rest =
            visible(
                isHere
                    ? line.afterCursor
                    : (line.underCursor.map(String.init) ?? "") + line.afterCursor)
        var before = Substring(visible(line.beforeCursor))
        while DisplayWidth.columns(of: String(before)) > room - 6, !before.isEmpty {
            before.removeFirst()
        }
        var after = Substring(rest)
        let left = room - 2 - DisplayWidth.columns(of: String(before))
        while DisplayWidth.columns(of: String(after)) > left, !after.isEmpty { after.removeLast() }
        let used = DisplayWidth.columns(of: String(before) + under + String(after))
        return [
            StyledText(
                String(before),
                Style(.input, isHere && line.isSelected ? .reverse : .underline)),
            StyledText(under, Style(.input, .reverse)),
            StyledText(
                String(after) + String(repeating: " ", count: max(0, min(44, room) - used)),
                Style(.input, .underline)),
        ]
    }

    private static func text(
        _ text: TextEditor, _ label: StyledText, _ isHere: Bool, _ room: Int,
        _ model: ConsoleModel
    ) -> [[StyledText]] {
        let rows = min(textRows, max(2, model.size.rows - 16))
        let top = ScrollWindow.top(keeping: text.row, in: text.lines.count, height: rows, from: 0)
        let indent = StyledText(String(repeating: " ", count: Self.label), .muted)
        return (0..<rows).map { at in
            let head = at == 0 ? label : indent
            guard text.lines.indices.contains(top + at) else { return [head] }
            return [head]
                + input(text.lines[top + at], isHere && top + at == text.row, room, model)
        }
    }
}
