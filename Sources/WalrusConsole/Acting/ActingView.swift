internal import Inspect
internal import WalrusFormat

/// The menu of actions.
enum MenuView {
    static func draw(_ model: ConsoleModel, _ menu: ActionMenu, _ grid: inout Grid) {
        let name = menu.topic.shown(ascii: model.glyphs.isASCII)
        var lines: [[StyledText]] = []
        for (index, action) in ActionMenu.Action.allCases.enumerated() {
            let isHere = index == menu.selected
            let style = model.setup.canWrite ? Style(.text) : Style(.muted)
            lines.append([
                StyledText(isHere ? "\(model.glyphs.selection) " : "  ", .selectionMarker),
                StyledText("\(action.rawValue)  \(action.title)", isHere ? style.bold : style),
            ])
        }
        lines.append([])
        lines.append([
            model.setup.canWrite
                ? StyledText("nothing is done before you have seen the plan", .muted)
                : StyledText("read-only: type :write first, or start with --write", .warning)
        ])
        Modal(title: "Actions on \(name)", lines: lines, buttons: [], focused: 0)
            .draw(into: &grid, in: grid.bounds)
    }
}

/// The questions before a plan.
enum FormView {
    private static let textRows = 5
    private static let width = 60

    static func draw(_ model: ConsoleModel, _ form: ActionForm, _ grid: inout Grid) {
        let ascii = model.glyphs.isASCII
        var lines: [[StyledText]] = []
        for row in form.rows where row != .cancel && row != .plan {
            let isHere = row == form.focus
            let label = StyledText(
                row.label + String(repeating: " ", count: max(1, 14 - row.label.count)),
                isHere ? .accent : .muted)
            switch row {
            case .text: lines += text(form.text, label, isHere, model)
            case .file: lines.append([label] + input(form.file, isHere, model))
            case .count: lines.append([label] + input(form.count, isHere, model))
            case .out: lines.append([label] + input(form.out, isHere, model))
            case .place: lines.append([label] + input(form.place, isHere, model))
            case .source:
                lines.append(
                    [label] + choice(form.sources[form.source].title(ascii: ascii), isHere, model))
            case .form:
                lines.append([label] + choice(form.forms[form.form].rawValue, isHere, model))
            case .together:
                lines.append(
                    [label]
                        + choice(
                            form.isBatch ? "all at once, or none" : "one by one", isHere, model))
            case .extent:
                lines.append([label] + choice(form.extents[form.extent].title, isHere, model))
            case .target:
                lines.append([label] + choice(form.targets[form.target].title, isHere, model))
            case .cancel, .plan: break
            }
        }
        if let hint = hint(form) { lines += [[], [StyledText(hint, .muted)]] }
        Modal(
            title: title(form, ascii), badge: [StyledText(" WRITE ", .badgeWrite, .bold)],
            lines: lines, buttons: ["Cancel", "see the plan"],
            focused: form.focus == .cancel ? 0 : form.focus == .plan ? 1 : -1
        ).draw(into: &grid, in: grid.bounds)
    }

    private static func title(_ form: ActionForm, _ ascii: Bool) -> String {
        let name = form.topic.shown(ascii: ascii)
        switch form.kind {
        case .append: return "append to \(name)"
        case .consume: return "consume from \(name)"
        case .seek: return "move the cursor of \(name)"
        }
    }

    private static func hint(_ form: ActionForm) -> String? {
        switch form.focus {
        case .source, .form, .together, .extent, .target: "Left and Right choose, Tab goes on"
        case .text: "Enter begins a new line, Tab goes on"
        case .out: "a new file (.jsonl .raw .lp .hex), written first; empty: none"
        case .place: "2000  -100  #411127  @-1h  @2026-11-20T12:00  FILE:BLOCK+OFFSET"
        default: "Tab goes on"
        }
    }

    private static func choice(_ title: String, _ isHere: Bool, _ model: ConsoleModel)
        -> [StyledText]
    {
        let marks = model.glyphs.isASCII ? ("< ", " >") : ("‹ ", " ›")
        return [
            StyledText(marks.0, isHere ? .accent : .muted),
            StyledText(title, isHere ? Style(.text, .bold) : Style(.text)),
            StyledText(marks.1, isHere ? .accent : .muted),
        ]
    }

    /// What fits of a line, with the cursor in sight.
    private static func input(_ line: LineEditor, _ isHere: Bool, _ model: ConsoleModel)
        -> [StyledText]
    {
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
        while DisplayWidth.columns(of: String(before)) > width - 20, !before.isEmpty {
            before.removeFirst()
        }
        var after = Substring(rest)
        let room = width - 2 - DisplayWidth.columns(of: String(before))
        while DisplayWidth.columns(of: String(after)) > room, !after.isEmpty { after.removeLast() }
        let used = DisplayWidth.columns(of: String(before) + under + String(after))
        return [
            StyledText(String(before), Style(.input, .underline)),
            StyledText(under, Style(.input, .reverse)),
            StyledText(
                String(after) + String(repeating: " ", count: max(0, 24 - used)),
                Style(.input, .underline)),
        ]
    }

    private static func text(
        _ text: TextEditor, _ label: StyledText, _ isHere: Bool, _ model: ConsoleModel
    ) -> [[StyledText]] {
        let rows = min(textRows, max(2, model.size.rows - 16))
        let top = ScrollWindow.top(keeping: text.row, in: text.lines.count, height: rows, from: 0)
        let indent = StyledText(String(repeating: " ", count: 14), .muted)
        return (0..<rows).map { at in
            let head = at == 0 ? label : indent
            guard text.lines.indices.contains(top + at) else { return [head] }
            return [head] + input(text.lines[top + at], isHere && top + at == text.row, model)
        }
    }
}

/// A plan: what will be done, what it is the same as, and the way to confirm it.
enum PlanView {
    static func draw(_ model: ConsoleModel, _ plan: ActionDialog, _ grid: inout Grid) {
        let ascii = model.glyphs.isASCII
        func visible(_ text: String) -> String {
            VisibleText(text, mode: .escape, ascii: ascii, limit: 2_000).text
        }
        let width = max(20, min(grid.bounds.width - 8, 100))
        var lines: [[StyledText]] = []
        func add(_ text: String, _ label: String, _ style: Style) {
            for (at, words) in PayloadText.prose(visible(text), width: width - 10, ascii: ascii)
                .enumerated()
            {
                let head = at == 0 ? label : ""
                let pad = String(repeating: " ", count: 10 - head.count)
                lines.append([StyledText(head + pad, .muted), StyledText(words, style)])
            }
        }
        for (at, line) in plan.lines.enumerated() { add(line, at == 0 ? "does" : "", .text) }
        if case .act = plan.purpose, let pid = model.holders.first {
            add("process \(pid) has the log open", "log", Style(.warning))
        }
        if let command = plan.command { add(command, "same as", .text) }
        if case .typed(let word) = plan.confirmation {
            lines.append([])
            lines.append([
                StyledText("type ", plan.focus == .word ? .accent : .muted),
                StyledText(visible(word), .text, .bold),
                StyledText(" to apply: ", plan.focus == .word ? .accent : .muted),
                StyledText(
                    plan.typed.isEmpty ? "          " : visible(plan.typed),
                    Style(plan.isConfirmed ? .good : .input, .underline)),
                StyledText(plan.focus == .word ? " " : "", Style(.input, .reverse)),
            ])
        }
        Modal(
            title: visible(plan.title), badge: [StyledText(" WRITE ", .badgeWrite, .bold)],
            lines: lines, buttons: [plan.isRunning ? "working" : "Cancel", "apply"],
            focused: plan.focus == .apply ? 1 : plan.focus == .cancel ? 0 : -1
        ).draw(into: &grid, in: grid.bounds)
    }
}
