internal import Inspect

/// Where the parts of the bench screen stand.
struct BenchLayout {
    let form: Rect
    let live: Rect
    let results: Rect
    let rowsHeight: Int

    init(_ model: ConsoleModel) {
        let body = Chrome(model).body
        let formHeight = min(model.bench.fields.count + 4, max(0, body.height - 4))
        let (top, results) = body.splitTop(formHeight)
        self.results = results
        if top.width >= 76 {
            (form, live) = top.splitLeft(top.width >= 150 ? 76 : max(36, top.width * 2 / 5))
        } else if model.bench.isBusy {
            (form, live) = (Rect(x: top.x, y: top.y, width: 0, height: 0), top)
        } else {
            (form, live) = (top, Rect(x: top.x, y: top.y, width: 0, height: 0))
        }
        rowsHeight = max(0, results.height - 3)
    }
}

/// A benchmark of the engine: chosen, watched, compared.
enum BenchView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid) {
        let layout = BenchLayout(model)
        drawForm(model, &grid, layout.form)
        drawLive(model, &grid, layout.live)
        drawResults(model, &grid, layout)
    }

    // MARK: - What to run

    private static func drawForm(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        guard !rect.isEmpty else { return }
        let isFocused = !model.bench.areResultsFocused
        let inside = grid.box(
            rect, title: "Workload", style: isFocused ? Style(.accent) : .border
        ).inset(horizontal: 1)
        let fields = model.bench.fields
        let isRoomy = inside.width >= 54
        for (index, field) in fields.enumerated() where index < inside.height {
            let isSelected = isFocused && index == model.bench.field
            let line = inside.row(index)
            let value = field.choices[field.selected]
            let arrows =
                isSelected && !model.bench.isBusy
                ? (model.glyphs.isASCII ? ("< ", " >") : ("‹ ", " ›")) : ("  ", "  ")
            let name = field.name + String(repeating: " ", count: max(1, 10 - field.name.count))
            let pad = String(repeating: " ", count: max(0, 10 - value.count))
            grid.put(
                [
                    StyledText(isSelected ? grid.glyphs.selection + " " : "  ", .selectionMarker),
                    StyledText(name, .muted), StyledText(arrows.0, .accent),
                    StyledText(value, Style(isSelected ? .accent : .text, .bold)),
                    StyledText(arrows.1, .accent), StyledText(pad),
                    StyledText(isRoomy ? field.hint : "", .muted),
                ], x: line.x, y: line.y, width: line.width)
        }
        let rest = inside.splitTop(fields.count).rest
        let hint = fields[min(model.bench.field, fields.count - 1)].hint
        let text =
            isRoomy || !isFocused ? "in a new directory of its own, never in this log" : hint
        let lines = PayloadText.prose(
            text, width: max(1, rest.width - 2), ascii: grid.glyphs.isASCII)
        for (row, line) in lines.suffix(rest.height).enumerated() {
            let y = rest.maxY - min(lines.count, rest.height) + row
            grid.put(line, x: rest.x + 2, y: y, style: .muted, width: rest.width - 2)
        }
    }

    // MARK: - What is running

    private static func drawLive(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        guard !rect.isEmpty else { return }
        let inside = grid.box(rect, title: title(model)).inset(horizontal: 1)
        switch model.bench.stage {
        case .idle:
            var rest = grid.putProse(
                "Enter starts it. " + takes(model)
                    + "Its files are removed when it ends, or is stopped.", in: inside)
            guard let last = model.bench.rows.last else { return }
            rest = grid.putProse("The last run:", in: rest.splitTop(1).rest, style: .muted)
            drawRun(last, model, &grid, rest)
        case .estimating: write(["looking for room on disk"], &grid, inside)
        case .asking(let estimate):
            write(
                [
                    "It writes up to \(Figures.bytes(estimate.bytes)) of the "
                        + "\(Figures.bytes(estimate.free)) that are free, into the new directory",
                    estimate.directory,
                    "and removes it after that. This log is not touched"
                        + (model.setup.canWrite ? "." : ", and stays read-only."),
                    "", "Enter starts it, Esc does not.",
                ], &grid, inside)
        case .running(let estimate): drawSteps(model, estimate, "s stops it", &grid, inside)
        case .stopping(let estimate): drawSteps(model, estimate, "stopping", &grid, inside)
        }
    }

    /// How much it writes, and where, as far as that is known.
    private static func takes(_ model: ConsoleModel) -> String {
        guard let estimate = model.bench.estimate, estimate.order == model.bench.order else {
            return ""
        }
        return "It writes up to \(Figures.bytes(estimate.bytes)) into \(estimate.directory). "
    }

    private static func title(_ model: ConsoleModel) -> String {
        switch model.bench.stage {
        case .idle, .estimating: "Run"
        case .asking: "Start it?"
        case .running, .stopping: "Running"
        }
    }

    private static func write(_ lines: [String], _ grid: inout Grid, _ rect: Rect) {
        var rest = rect
        for text in lines { rest = grid.putProse(text, in: rest) }
    }

    private static func drawSteps(
        _ model: ConsoleModel, _ estimate: BenchEstimate, _ hint: String, _ grid: inout Grid,
        _ rect: Rect
    ) {
        let ascii = grid.glyphs.isASCII
        guard let step = model.bench.step else {
            return write(["starting in \(estimate.directory)", hint], &grid, rect)
        }
        let percent = Int((step.fraction * 100).rounded(.down))
        var lines: [[StyledText]] = [
            [
                StyledText("\(step.phase) ", Style(.accent, .bold)), StyledText("\(percent)%  "),
                StyledText("\(Figures.duration(Double(step.elapsed) / 1e9))  \(hint)", .muted),
            ],
            [
                StyledText(
                    "\(Figures.count(step.entriesPerSecond)) entries/s", Style(.text, .bold)),
                StyledText("  \(Figures.bytes(Int(step.bytesPerSecond)))B/s of payload", .text),
            ],
        ]
        let count = StyledText("  \(Figures.grouped(step.entries)) entries in all", .muted)
        if (lines[1] + [count]).columns <= rect.width { lines[1].append(count) }
        if let latency = step.latency {
            var pieces: [StyledText] = []
            for (name, value) in [("p50", latency.p50), ("p99", latency.p99), ("max", latency.max)]
            {
                pieces.append(StyledText("\(name) ", .muted))
                pieces.append(
                    StyledText(Figures.latency(UInt64(max(0, value)), ascii: ascii) + "  ", .accent)
                )
            }
            lines.append(pieces)
        } else {
            let text =
                step.phase == "engine"
                ? "no timing of a call since the last figures"
                : "calls of the \(step.phase) are not timed"
            lines.append([StyledText(text, .muted)])
        }
        if step.errors > 0 { lines.append([StyledText("errors \(step.errors)", .bad)]) }
        for (row, line) in lines.enumerated() where row < rect.height {
            grid.put(line, x: rect.x, y: rect.y + row, width: rect.width)
        }
        let rest = rect.splitTop(lines.count).rest
        let graph = rest.splitBottom(1)
        drawRates(
            model.bench.rates, TimeAxis.marks(model.bench.rateSeconds, end: "now"), &grid,
            graph.rest)
        grid.put(
            estimate.directory, x: graph.bottom.x, y: graph.bottom.y, width: graph.bottom.width,
            align: .leading, truncating: .middle, style: .muted)
    }

    /// The engine's entries a second, with the scale at the left and times below.
    private static func drawRates(
        _ rates: [Double?], _ times: [BrailleGraph.Mark], _ grid: inout Grid, _ rect: Rect
    ) {
        guard rect.height > 0, let top = rates.compactMap({ $0 }).max(), top > 0 else { return }
        if rect.height < 3 {
            let name = "entries/s "
            let (label, line) = rect.row(rect.height - 1).splitLeft(name.count)
            grid.put(name, x: label.x, y: label.y, style: .muted)
            return Sparkline(Array(rates.suffix(line.width)), style: Style(.accent)).draw(
                into: &grid, in: line)
        }
        let room = BrailleGraph.capacity(columns: rect.width, glyphs: grid.glyphs)
        let shown = rates.suffix(room)
        let most = shown.compactMap { $0 }.max() ?? top
        BrailleGraph(
            Array(shown), topLabel: Figures.count(most) + "/s",
            middleLabel: Figures.count(most / 2) + "/s", times: times, style: Style(.accent)
        ).draw(into: &grid, in: rect)
    }

    /// The result's figures in lines, and its course.
    private static func drawRun(
        _ row: BenchRow, _ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect
    ) {
        guard !rect.isEmpty else { return }
        grid.put(
            [
                StyledText("\(Figures.grouped(row.entriesPerSecond)) entries/s  ", .accent),
                StyledText(row.label, Style(.text, .bold)),
            ], x: rect.x, y: rect.y, width: rect.width)
        let times = [
            BrailleGraph.Mark("start", back: row.history.count), BrailleGraph.Mark("end"),
        ]
        drawRates(row.history.map(Double.init), times, &grid, rect.splitTop(1).rest)
    }

    // MARK: - What was run

    private static let columns = [
        TableColumn("WHEN", .fixed(8), priority: 2),
        TableColumn("WORKLOAD", .flexible(minimum: 30, weight: 2), priority: 9),
        TableColumn("ENTRIES/S", .fixed(11), align: .trailing, priority: 9),
        TableColumn("PAYLOAD/S", .fixed(9), align: .trailing, priority: 3),
        TableColumn("P50", .fixed(6), align: .trailing, priority: 4),
        TableColumn("P99", .fixed(6), align: .trailing, priority: 6),
        TableColumn("P99.9", .fixed(6), align: .trailing, priority: 1),
        TableColumn("MAX", .fixed(6), align: .trailing, priority: 1),
        TableColumn("FLOOR/S", .fixed(11), align: .trailing, priority: 1),
        TableColumn("RATIO", .fixed(6), align: .trailing, priority: 7),
        TableColumn("CHANGE", .fixed(7), align: .trailing, priority: 8),
        TableColumn("RATE, START TO END", .flexible(minimum: 18, weight: 1), priority: 0),
    ]

    private static func drawResults(
        _ model: ConsoleModel, _ grid: inout Grid, _ layout: BenchLayout
    ) {
        guard !layout.results.isEmpty else { return }
        let bench = model.bench
        let count = bench.rows.count
        let other = bench.baseline == nil ? "the run before" : "the marked run"
        let comparison = "change: entries/s by those of \(other)"
        let empty = bench.problem ?? "none yet: they are kept, and compared from run to run"
        let inside = ListBox.draw(
            layout.results, title: "Results \(Figures.grouped(count))",
            trailing: count > 0 ? [StyledText(comparison, .muted)] : [],
            style: bench.areResultsFocused ? Style(.accent) : .border,
            empty: count > 0 ? nil : empty,
            emptyStyle: bench.problem == nil ? .muted : Style(.bad), &grid)
        guard let inside else { return }
        let indices = (0..<count).reversed().dropFirst(bench.position.top)
            .prefix(layout.rowsHeight)
        Table(
            columns, rows: indices.map { cells($0, model) },
            selected: bench.areResultsFocused
                ? bench.position.selected - bench.position.top : nil,
            isFocused: bench.areResultsFocused
        ).draw(into: &grid, in: inside)
        Scrollbar(total: count, visible: layout.rowsHeight, top: bench.position.top).draw(
            into: &grid, onBorderOf: layout.results)
    }

    private static func cells(_ index: Int, _ model: ConsoleModel) -> [TableCell] {
        let row = model.bench.rows[index]
        let ascii = model.glyphs.isASCII
        func latency(_ value: Int) -> TableCell {
            value > 0
                ? .text(Figures.latency(UInt64(value), ascii: ascii)) : .text("-", .muted)
        }
        func ratio(_ value: Double?, _ prefix: String = "") -> TableCell {
            guard let value else { return .text("-", .muted) }
            return .text(prefix + Figures.hundredths(value))
        }
        let isBaseline = model.bench.baseline == index
        let label = VisibleText(row.label, mode: .escape, ascii: ascii, limit: 120).text
        return [
            .text(Figures.time(row.started, offset: model.setup.timeZone), .muted),
            .pieces(
                [StyledText(isBaseline ? "= " : "", Style(.accent, .bold)), StyledText(label)]
                    + (row.errors > 0
                        ? [StyledText("  \(row.errors) errors", .bad)]
                        : row.wasInterrupted ? [StyledText("  stopped", .warning)] : [])),
            .text(Figures.grouped(row.entriesPerSecond), Style(.text, .bold)),
            .text(Figures.bytes(row.bytesPerSecond) + "B"), latency(row.p50), latency(row.p99),
            latency(row.p999), latency(row.max),
            row.floor.map { .text(Figures.grouped($0), .muted) } ?? .text("-", .muted),
            ratio(row.ratio), change(row, model),
            .sparkline(Sparkline(row.history.map { Double($0) }, style: Style(.accent))),
        ]
    }

    /// Beside the baseline, else beside the run before of the same workload.
    static func change(of row: BenchRow, beside baseline: BenchRow?) -> Double? {
        guard let baseline else { return row.change }
        guard baseline.entriesPerSecond > 0 else { return nil }
        return Double(row.entriesPerSecond) / Double(baseline.entriesPerSecond)
    }

    private static func change(_ row: BenchRow, _ model: ConsoleModel) -> TableCell {
        let baseline = model.bench.baseline.map { model.bench.rows[$0] }
        guard let value = change(of: row, beside: baseline) else { return .text("-", .muted) }
        // Beside another workload it is a figure, and neither good nor bad.
        let isSame = baseline.map { $0.label == row.label } ?? true
        let role: Role = !isSame ? .text : value >= 1.05 ? .good : value <= 0.95 ? .bad : .text
        return .text("x" + Figures.hundredths(value), Style(role))
    }
}

extension Figures {
    /// "0.87".
    static func hundredths(_ value: Double) -> String {
        guard value.isFinite, value >= 0, value < 1e9 else { return "-" }
        let scaled = Int((value * 100).rounded())
        return "\(scaled / 100)." + String(scaled % 100 + 100).dropFirst()
    }
}
