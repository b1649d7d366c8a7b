internal import Inspect
internal import WalrusFormat

/// What lies over the screen.
enum OverlayView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        switch model.overlay {
        case .help(let top): HelpView.draw(model, top, &grid)
        case .menu(let menu): MenuView.draw(model, menu, &grid)
        case .form(let form): FormView.draw(model, form, &grid)
        case .wait(let wait): RunningView.draw(model, wait, &grid)
        case .plan(let plan): PlanView.draw(model, plan, &grid)
        case .acting:
            if let running = model.acting { RunningView.draw(model, running, &grid) }
        case .report(let report): ReportView.draw(model, report, &grid)
        case .prompt(let prompt): PromptView.drawCandidates(prompt, model, &grid)
        case nil: break
        }
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
            into: &grid, onBorderOf: rect, from: 0)
    }
}
