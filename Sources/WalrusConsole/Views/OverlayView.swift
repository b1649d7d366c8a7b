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
        // One looks for the keys of the screen that one is on.
        return section(model.screen.title, .screen(model.screen))
            + section("Everywhere", .everywhere)
            + ConsoleModel.Screen.allCases.filter { $0 != model.screen }
            .flatMap { section($0.title, .screen($0)) }
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

    /// The box, as wide as the screen: what stands beside it could not be read.
    private static func box(_ model: ConsoleModel) -> Rect {
        let body = Chrome(model).body
        return body.splitTop(min(body.height, lines(model).count + 2)).top
    }

    /// Side by side where there is room for two.
    private static func columns(_ inside: Rect) -> [Rect] {
        let count = inside.width >= 2 * columnMin ? 2 : 1
        return inside.columns([Extent](repeating: .share(), count: count), gap: 2)
    }

    private static let columnMin = 78

    /// How many lines are in sight at once.
    static func height(_ model: ConsoleModel) -> Int {
        let inside = box(model).inset()
        return max(1, columns(inside.inset(horizontal: 1)).count * inside.height)
    }

    static func draw(_ model: ConsoleModel, _ top: Int, _ grid: inout Grid) {
        let all = lines(model)
        let rect = box(model)
        grid.fill(rect, style: .text)
        let inside = grid.box(
            rect, title: "Help", trailing: [StyledText("j k scroll, any other key closes", .muted)],
            style: Style(.accent)
        ).inset(horizontal: 1)
        var rest = all.dropFirst(top)
        for column in columns(inside) {
            for (line, pieces) in rest.prefix(column.height).enumerated() {
                grid.put(pieces, x: column.x, y: column.y + line, width: column.width)
            }
            rest = rest.dropFirst(column.height)
        }
        Scrollbar(total: all.count, visible: height(model), top: top).draw(
            into: &grid, in: Rect(x: rect.maxX - 1, y: inside.y, width: 1, height: inside.height))
    }
}
