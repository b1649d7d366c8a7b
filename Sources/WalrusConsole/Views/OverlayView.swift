internal import Inspect
internal import WalrusFormat

/// What lies over the screen: help, menus, plans.
enum OverlayView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        switch model.overlay {
        case .help(let top): HelpView.draw(model, top, &grid)
        case .menu(let menu): drawMenu(model, menu, &grid)
        case .plan(let plan): PlanView.draw(model, plan, &grid)
        case .prompt(let prompt): PromptView.drawCandidates(prompt, model, &grid)
        case nil: break
        }
    }

    private static func drawMenu(_ model: ConsoleModel, _ menu: ActionMenu, _ grid: inout Grid) {
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

/// The keys, made from the table that decodes them.
enum HelpView {
    static func lines(_ model: ConsoleModel) -> [[StyledText]] {
        func section(_ title: String, _ scope: Scope) -> [[StyledText]] {
            var lines: [[StyledText]] = [[StyledText(title, .heading, .bold)]]
            for binding in model.keys.bindings
            where binding.scope == scope && !binding.keys.isEmpty {
                let keys = binding.keys.map(\.name).joined(separator: " ")
                let pad = String(repeating: " ", count: max(1, 18 - keys.count))
                lines.append([
                    StyledText("  " + keys + pad, .accent), StyledText(binding.title),
                ])
            }
            return lines + [[]]
        }
        func commands() -> [[StyledText]] {
            let typed = CommandPalette.commands.filter { !$0.hasKey }
            return [[StyledText("Commands, after :", .heading, .bold)]]
                + typed.map { command in
                    let words = [command.name] + command.aliases
                    let text =
                        words.joined(separator: " ") + " " + command.argument.placeholder
                    let pad = String(repeating: " ", count: max(1, 22 - text.count))
                    return [StyledText("  " + text + pad, .accent), StyledText(command.title)]
                } + [
                    [
                        StyledText("  NAME              ", .accent),
                        StyledText("every key above has a name: Tab lists them"),
                    ], [],
                ]
        }
        return section("Everywhere", .everywhere)
            + ConsoleModel.Screen.allCases.flatMap { section($0.title, .screen($0)) }
            + commands()
            + [
                [StyledText("At a prompt", .heading, .bold)],
                [
                    StyledText("  Tab Up Down       ", .accent),
                    StyledText("complete, earlier and later lines"),
                ],
                [
                    StyledText("  Ctrl-A E W U K    ", .accent),
                    StyledText("to the start, the end; erase a word, before, after"),
                ], [],
                [StyledText("In a dialog", .heading, .bold)],
                [
                    StyledText("  Tab Enter Esc     ", .accent),
                    StyledText("next field, confirm, leave"),
                ],
            ]
    }

    static func draw(_ model: ConsoleModel, _ top: Int, _ grid: inout Grid) {
        let all = lines(model)
        let width = min(96, model.size.columns - 4)
        let height = min(all.count + 2, model.size.rows - 2)
        let rect = grid.bounds.centered(Size(columns: width, rows: height))
        grid.fill(rect, style: .text)
        let inside = grid.box(
            rect, title: "Help", trailing: [StyledText("j k scroll, any other key closes", .muted)],
            style: Style(.accent)
        ).inset(horizontal: 1)
        for (line, pieces) in all.dropFirst(top).prefix(inside.height).enumerated() {
            let y = inside.y + line
            grid.put(pieces, x: inside.x, y: y, width: inside.width)
            let columns = pieces.reduce(0) { $0 + DisplayWidth.columns(of: $1.text) }
            if columns > inside.width, inside.width > 0 {
                grid.put(model.glyphs.ellipsis, x: inside.maxX - 1, y: y, style: Style(.muted))
            }
        }
        Scrollbar(total: all.count, visible: inside.height, top: top).draw(
            into: &grid, in: Rect(x: rect.maxX - 1, y: inside.y, width: 1, height: inside.height))
    }
}

/// A plan: what would be written, what it is the same as, and the way to confirm it.
enum PlanView {
    static func draw(_ model: ConsoleModel, _ plan: ActionDialog, _ grid: inout Grid) {
        let ascii = model.glyphs.isASCII
        let name = plan.topic.shown(ascii: ascii)
        var lines: [[StyledText]] = []
        func line(_ label: String, _ text: String, _ style: Style = .text) {
            let pad = String(repeating: " ", count: max(1, 14 - label.count))
            lines.append([StyledText(label + pad, .muted), StyledText(text, style)])
        }
        let title: String
        switch plan.work {
        case .append(let payload):
            title = "append one entry to \(name)"
            line("adds", "\(plural(payload.count, "byte")) after the topic's last entry")
            let preview = VisibleText(payload, mode: .dots, ascii: ascii, limit: 48)
            line("payload", preview.text + (preview.isComplete ? "" : model.glyphs.ellipsis))
            line("marks", "the topic dirty, if it is clean")
        case .consume(let rows):
            title = "consume \(plural(rows.count, "entry", "entries")) of \(name)"
            consumeLines(rows, plan, model, line)
        }
        if let pid = model.holders.first {
            line(
                "other process", "\(pid) has the log open: BLOCKED, stop it first",
                Style(.bad, .bold))
        } else {
            line("other process", "none has the log open", Style(.good))
        }
        line("same as", command(plan, model))
        lines.append([])
        let isNamed = plan.isNamed(ascii: ascii)
        lines.append([
            StyledText("type the topic's name to apply: ", plan.focus == .name ? .accent : .muted),
            StyledText(
                plan.typed.isEmpty ? "          " : plan.typed,
                Style(isNamed ? .good : .input, .underline)),
            StyledText(plan.focus == .name ? " " : "", Style(.input, .reverse)),
        ])
        Modal(
            title: title, badge: [StyledText(" WRITE ", .badgeWrite, .bold)], lines: lines,
            buttons: [plan.isRunning ? "working" : "Cancel", "apply"],
            focused: plan.focus == .apply ? 1 : plan.focus == .cancel ? 0 : -1
        ).draw(into: &grid, in: grid.bounds)
    }

    private static func consumeLines(
        _ rows: [EntryRow], _ plan: ActionDialog, _ model: ConsoleModel,
        _ line: (String, String, Style) -> Void
    ) {
        guard let first = rows.first, let last = rows.last else { return }
        let files = model.state.map(FileNumbers.init)
        func place(_ file: DataFileName, _ slot: Int, _ offset: Int) -> String {
            "\(files?.number(file) ?? "?"):\(slot)+\(EntriesView.hex(offset))"
        }
        let ordinals =
            "#\(Figures.grouped(first.ordinal ?? 0))..#\(Figures.grouped(last.ordinal ?? 0))"
        let bytes = rows.reduce(0) { $0 + $1.length }
        line("hands out", "\(ordinals), \(plural(bytes, "byte")) of payload", .text)
        let before = plan.cursor.map { place($0.file, $0.slot, $0.offset) } ?? "begin"
        let end = last.offset + Layout.headerSize + last.length
        line("cursor", "\(before) -> \(place(last.file, last.slot, end))", .text)
        line("for good", "no reader of the topic will get them again", Style(.warning))
        let skipped = rows.count { $0.ordinal == nil }
        if skipped > 0 {
            line("skips", plural(skipped, "damaged entry", "damaged entries"), Style(.bad))
        }
    }

    private static func command(_ plan: ActionDialog, _ model: ConsoleModel) -> String {
        let name = plan.topic.shown(ascii: true)
        let topic = name == plan.topic.text ? name : "--topic-hex \(plan.topic.hex)"
        let directory = model.setup.directory
        switch plan.work {
        case .append: return "walrus append \(directory) \(topic) -"
        case .consume(let rows):
            return
                "walrus consume \(directory) \(topic) --limit \(rows.count { $0.ordinal != nil })"
        }
    }
}
