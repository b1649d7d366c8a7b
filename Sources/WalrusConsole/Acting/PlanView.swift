internal import Inspect
internal import WalrusFormat

/// Lines of which some may be out of sight, so many of them in it.
struct ScrolledLines {
    let lines: [[StyledText]]
    let height: Int

    /// The last place to begin at: the line that says what is out of sight takes one itself.
    private var topMax: Int { lines.count > height ? lines.count - max(1, height - 1) : 0 }

    /// The place that is `pages` further, so that a line of the page before stays in sight.
    func scrolled(_ top: Int, by pages: Int) -> Int {
        max(0, min(top + pages * max(1, height - 2), topMax))
    }

    /// What is in sight from there on. The last line says what is not.
    func shown(from top: Int, _ model: ConsoleModel) -> [[StyledText]] {
        guard lines.count > height, height > 1 else { return lines }
        let top = max(0, min(top, topMax))
        let end = min(lines.count, top + height - 1)
        let arrows = [top > 0 ? "PgUp" : nil, end < lines.count ? "PgDn" : nil].compactMap { $0 }
        return lines[top..<end]
            + [
                [
                    StyledText(
                        "\(top + 1) to \(end) of \(lines.count) lines  "
                            + arrows.joined(separator: " "), .accent)
                ]
            ]
    }

    /// Text set in lines of so many columns, after a label where there is one.
    static func prose(
        _ text: String, label: String?, _ style: Style, width: Int, _ model: ConsoleModel
    ) -> [[StyledText]] {
        let labelWidth = label == nil ? 0 : labelWidth
        let indent = text.prefix { $0 == " " }.count
        let words = PayloadText.prose(
            String(text.prefix(4_000)), width: width - labelWidth - indent,
            ascii: model.glyphs.isASCII)
        let lines = words.map { String(repeating: " ", count: indent) + $0 }
        return labelled(lines, label, style, labelWidth)
    }

    /// A command as it is to be typed: every blank and every backslash of it.
    static func command(_ text: String, _ style: Style, width: Int) -> [[StyledText]] {
        let room = max(1, width - labelWidth)
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
        var rest =
            Array(
                isPlain
                    ? text
                    : VisibleText(
                        text, mode: .escape, ascii: true, limit: 20_000
                    ).text)[...]
        var lines: [String] = []
        while !rest.isEmpty {
            let most = rest.prefix(room)
            let isWhole = most.count == rest.count
            let blank = isWhole ? nil : most.lastIndex(of: " ")
            let line = blank.map { most[...$0] } ?? most
            lines.append(String(line))
            rest = rest[line.endIndex...]
        }
        return labelled(lines, "same as", style, labelWidth)
    }

    private static func labelled(
        _ lines: [String], _ label: String?, _ style: Style, _ width: Int
    ) -> [[StyledText]] {
        lines.enumerated().map { at, line in
            let head = at == 0 ? label ?? "" : ""
            return [
                StyledText(head + String(repeating: " ", count: width - head.count), .muted),
                StyledText(line, style),
            ]
        }
    }

    static let labelWidth = 10

    /// Columns for text in a dialog, and rows for what scrolls in one.
    static func width(_ model: ConsoleModel) -> Int { max(20, min(model.size.columns - 8, 100)) }
}

/// A plan: what will be done, what it is the same as, and the way to confirm it.
enum PlanView {
    /// What the plan says; the rest stands below, always in sight.
    static func layout(_ model: ConsoleModel, _ plan: ActionDialog) -> ScrolledLines {
        let width = ScrolledLines.width(model)
        var lines: [[StyledText]] = []
        for (at, line) in plan.lines.enumerated() {
            // An indented line quotes a payload.
            let text = line.hasPrefix("  ") ? line : model.shortened(line)
            lines += ScrolledLines.prose(
                text, label: at == 0 ? "does" : "", .text, width: width, model)
        }
        return ScrolledLines(
            lines: lines, height: max(2, model.size.rows - 6 - foot(model, plan).count))
    }

    private static func foot(_ model: ConsoleModel, _ plan: ActionDialog) -> [[StyledText]] {
        let width = ScrolledLines.width(model)
        var lines: [[StyledText]] = []
        if case .act = plan.purpose, let pid = model.holders.first {
            lines += ScrolledLines.prose(
                "process \(pid) has the log open", label: "log", Style(.warning), width: width,
                model)
        }
        if let command = plan.command {
            let whole = ScrolledLines.command(command, Style(.text), width: width)
            // A command may be as long as what was typed into it; its beginning tells which it is.
            let most = max(2, model.size.rows / 4)
            lines += whole.count > most ? whole.prefix(most - 1) + [ellipsis(model)] : whole
        }
        if case .typed(let word) = plan.confirmation {
            lines.append([])
            lines.append(self.word(word, plan, model, width))
        }
        return lines
    }

    private static func ellipsis(_ model: ConsoleModel) -> [StyledText] {
        [
            StyledText(String(repeating: " ", count: ScrolledLines.labelWidth), .muted),
            StyledText(model.glyphs.ellipsis, .muted),
        ]
    }

    private static func word(
        _ word: String, _ plan: ActionDialog, _ model: ConsoleModel, _ width: Int
    ) -> [StyledText] {
        func visible(_ text: String) -> String {
            VisibleText(text, mode: .escape, ascii: model.glyphs.isASCII, limit: 2_000).text
        }
        let isHere = plan.focus == .word
        let style: Style = isHere ? Style(.accent) : Style(.muted)
        // How many comes first: a long name leads out of the line.
        let deed = plan.deed.flatMap { $0 == word ? nil : $0 }
        return [
            StyledText(deed.map { "to \($0), type " } ?? "type ", style),
            StyledText(visible(word), .text, .bold),
            StyledText(deed == nil ? " to apply: " : ": ", style),
            StyledText(
                plan.typed.isEmpty ? "          " : visible(plan.typed),
                Style(plan.isConfirmed ? .good : .input, .underline)),
            StyledText(isHere ? " " : "", Style(.input, .reverse)),
        ]
    }

    static func draw(_ model: ConsoleModel, _ plan: ActionDialog, _ grid: inout Grid) {
        Modal(
            title: VisibleText(
                plan.title, mode: .escape, ascii: model.glyphs.isASCII, limit: 2_000
            ).text,
            badge: [StyledText(" WRITE ", .badgeWrite, .bold)],
            lines: layout(model, plan).shown(from: plan.top, model) + foot(model, plan),
            buttons: ["Cancel", "apply"],
            focused: plan.focus == .apply ? 1 : plan.focus == .cancel ? 0 : -1
        ).draw(into: &grid, in: grid.bounds)
    }
}

/// What is being found out, or being done.
enum RunningView {
    static func draw(_ model: ConsoleModel, _ wait: ActionWait, _ grid: inout Grid) {
        draw(
            model, &grid, title: "one moment", isWriting: false,
            lines: [wait.title, wait.isStopping ? "stopping" : wait.progress], command: nil,
            buttons: ["Cancel"], focused: 0)
    }

    static func draw(_ model: ConsoleModel, _ running: RunningAction, _ grid: inout Grid) {
        let progress = running.progress.isEmpty ? "working" : running.progress
        draw(
            model, &grid, title: running.title, isWriting: true,
            lines: [running.isStopping ? "stopping" : progress], command: running.command,
            buttons: ["look around meanwhile"] + (running.canStop ? ["stop"] : []),
            focused: running.isStopFocused ? 1 : 0)
    }

    private static func draw(
        _ model: ConsoleModel, _ grid: inout Grid, title: String, isWriting: Bool,
        lines: [String], command: String?, buttons: [String], focused: Int
    ) {
        let width = ScrolledLines.width(model)
        var text: [[StyledText]] = []
        for line in lines where !line.isEmpty {
            text += ScrolledLines.prose(
                line, label: command == nil ? nil : "", .text, width: width, model)
        }
        if let command {
            text += ScrolledLines.command(command, Style(.muted), width: width)
                .prefix(max(2, model.size.rows / 4))
        }
        Modal(
            title: VisibleText(
                title, mode: .escape, ascii: model.glyphs.isASCII, limit: 2_000
            ).text,
            badge: isWriting ? [StyledText(" WRITE ", .badgeWrite, .bold)] : [],
            lines: text, buttons: buttons, focused: focused
        ).draw(into: &grid, in: grid.bounds)
    }
}

/// What an action came to.
enum ReportView {
    static func layout(_ model: ConsoleModel, _ report: ActionReport) -> ScrolledLines {
        let width = ScrolledLines.width(model)
        let style = report.kind == .done ? Style(.text) : Style(.warning)
        return ScrolledLines(
            lines: report.lines.enumerated().flatMap { at, line in
                ScrolledLines.prose(
                    line, label: nil, at == 0 ? style : .text, width: width, model)
            }, height: max(2, model.size.rows - 6))
    }

    static func draw(_ model: ConsoleModel, _ report: ActionReport, _ grid: inout Grid) {
        let isDone = report.kind == .done
        Modal(
            title: report.title ?? (isDone ? "done" : "a problem"),
            lines: layout(model, report).shown(from: report.top, model), buttons: ["close"],
            focused: 0, borderStyle: Style(isDone ? .accent : .bad)
        ).draw(into: &grid, in: grid.bounds)
    }
}
