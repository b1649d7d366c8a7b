internal import Inspect
internal import WalrusFormat

/// Draws the console: a pure function of the model.
public enum ConsoleView {
    /// The smallest screen that has a layout; below it there is one line of text.
    static let sizeMin = Size(columns: 40, rows: 10)

    public static func draw(_ model: ConsoleModel) -> Grid {
        var grid = Grid(model.size, glyphs: model.glyphs)
        guard model.size.columns >= sizeMin.columns, model.size.rows >= sizeMin.rows else {
            drawLine(model, &grid)
            return grid
        }
        let chrome = Chrome(model)
        HeaderView.draw(model, &grid, chrome.header)
        switch model.screen {
        case _ where model.state == nil && FirstLookView.stands(for: model.screen):
            FirstLookView.draw(model, &grid, chrome.body)
        case .chooser: ChooserView.draw(model, &grid)
        case .home: HomeView.draw(model, &grid)
        case .entries: EntriesView.draw(model, &grid)
        case .blocks: BlocksView.draw(model, &grid)
        case .live: LiveView.draw(model, &grid)
        case .hex: HexView.draw(model, &grid)
        case .check: CheckView.draw(model, &grid)
        case .bench: BenchView.draw(model, &grid)
        }
        FooterView.draw(model, &grid, chrome.footer)
        OverlayView.draw(model, &grid)
        return grid
    }

    /// All that fits on a screen too small for anything else.
    private static func drawLine(_ model: ConsoleModel, _ grid: inout Grid) {
        guard let state = model.state else {
            let text =
                model.screen == .chooser
                ? plural(model.chooser?.logs?.count ?? 0, "log") + " to choose from"
                : "walrus: " + FirstLookView.told(model).text
            grid.put(text, x: 0, y: 0, width: model.size.columns, align: .leading)
            return
        }
        let problems = state.count(.error)
        let text =
            (problems > 0 ? "\(problems)! " : "")
            + (state.areCursorsLost ? model.glyphs.atMost : "")
            + "\(Figures.count(Double(state.unread))) unread of \(Figures.count(Double(state.entries)))"
            + ", \(plural(state.topics.count, "topic"))"
        grid.put(text, x: 0, y: 0, width: model.size.columns, align: .leading)
    }
}

/// The bars at the top and the bottom, and what they leave.
struct Chrome {
    let header: Rect
    let body: Rect
    let footer: Rect

    init(_ model: ConsoleModel) {
        let (header, rest) = model.size.bounds.splitTop(1)
        let (body, footer) = rest.splitBottom(1)
        self.header = header
        self.body = body
        self.footer = footer
    }
}

/// The bar at the top: which directory, in what mode, since when.
enum HeaderView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        let bar = model.setup.canWrite ? Style(.badgeWrite) : Style(.header)
        grid.fill(rect, style: bar)
        let badges = badges(model)
        let right = badges.columns + 1
        var left: [StyledText] = [
            StyledText(" walrus ", model.setup.canWrite ? .badgeWrite : .headerTitle, .bold)
        ]
        let room = max(0, rect.width - right - left.columns - 1)
        let path = VisibleText(
            model.screen == .chooser ? model.chooser?.root ?? "" : model.setup.directory,
            mode: .escape, ascii: model.glyphs.isASCII, limit: 500
        ).text
        let summary = summary(model)
        let fits = DisplayWidth.columns(of: path) + DisplayWidth.columns(of: summary) + 4 <= room
        let shown = grid.fit(path, width: max(0, room - 1), truncating: .middle).text
        left.append(StyledText(" " + shown, bar.bold))
        if fits { left.append(StyledText("   " + summary, bar)) }
        grid.put(left, x: rect.x, y: rect.y, width: rect.width - right)
        grid.put(badges, x: rect.maxX - right + 1, y: rect.y)
    }

    private static func summary(_ model: ConsoleModel) -> String {
        guard let state = model.state else { return "" }
        let dot = " \(model.glyphs.separator) "
        return plural(state.files.count, "file") + dot + plural(state.topics.count, "topic") + dot
            + plural(state.entries, "entry", "entries")
    }

    private static func badges(_ model: ConsoleModel) -> [StyledText] {
        var pieces: [StyledText] = []
        let bar = model.setup.canWrite ? Style(.badgeWrite) : Style(.header)
        if model.setup.canWrite {
            pieces.append(StyledText(" WRITE ", .badgeWrite, .bold))
        } else {
            let text = model.size.columns < 100 ? " RO " : " READ-ONLY "
            pieces.append(StyledText(text, .badgeReadOnly, .bold))
        }
        if model.player == nil, let first = model.holders.first {
            let more = model.holders.count > 1 ? "+\(model.holders.count - 1)" : ""
            pieces.append(StyledText(" ", bar))
            pieces.append(StyledText(" LIVE \(first)\(more) ", .badgeLive, .bold))
        }
        if let badge = timeBadge(model) {
            pieces.append(StyledText(" ", bar))
            pieces.append(StyledText(" \(badge) ", .badgePaused, .bold))
        }
        pieces.append(StyledText("  \(clock(model))  \(seconds(model.setup.interval)) ", bar))
        return pieces
    }

    /// Minutes: a console that ticked by seconds would write to the terminal for nothing else.
    static func clock(_ model: ConsoleModel) -> String {
        guard model.now > 0 else { return "" }
        return String(Figures.time(model.now, offset: model.setup.timeZone).prefix(5))
    }

    /// When what is shown was seen, where that is not now.
    static func timeBadge(_ model: ConsoleModel) -> String? {
        // A moment that is being fetched is named at once: a key is answered, whatever it takes.
        let awaited =
            model.player.map { player in player.awaited.map { player.times[$0] } }
            ?? model.time.awaited.flatMap { model.time.time(of: $0) }
        let seen = awaited ?? model.state?.time ?? 0
        let time =
            (seen == 0 ? "" : " " + Figures.time(seen, offset: model.setup.timeZone))
            + (awaited == nil ? "" : model.glyphs.ellipsis)
        if let player = model.player {
            let sign = player.isRunning ? "PLAYING" : "RECORDED"
            return "\(sign)\(time) \((player.awaited ?? player.index) + 1)/\(player.count)"
        }
        guard model.isPaused else { return nil }
        guard !time.isEmpty, model.now > seen else { return "PAUSED" + time }
        return "PAUSED\(time) (-\(Figures.span(model.now - seen)))"
    }

    /// "1s", "0.5s", "0.125s".
    private static func seconds(_ nanoseconds: UInt64) -> String {
        nanoseconds.isMultiple(of: 1_000_000_000)
            ? "\(nanoseconds / 1_000_000_000)s" : "\(Double(nanoseconds) / 1e9)s"
    }
}

/// "1 entry", "2,000 entries".
public func plural(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(Figures.grouped(count)) \(count == 1 ? one : many ?? one + "s")"
}

/// The bar at the bottom: a line being typed, a notice, or what the keys do.
enum FooterView {
    static func draw(_ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect) {
        if case .prompt(let prompt) = model.overlay {
            PromptView.draw(prompt, model, &grid, rect)
        } else if let notice = model.notice {
            let role: Role = notice.kind == .done ? .good : .bad
            let mark = notice.kind == .done ? model.glyphs.check : model.glyphs.warning
            grid.put(
                [StyledText(" \(mark) ", role, .bold)] + pieces(notice, role, model, grid, rect),
                x: rect.x, y: rect.y, width: rect.width)
        } else if let exporting = model.exporting {
            drawProgress(exporting, "Esc stops", model, &grid, rect)
        } else if let acting = model.acting, model.overlay != .acting {
            drawProgress(
                [acting.title, acting.progress].filter { !$0.isEmpty }.joined(separator: ": "),
                "a shows it", model, &grid, rect)
        } else {
            drawKeys(model, &grid, rect)
        }
    }

    /// What is cut says where all of it is.
    private static func pieces(
        _ notice: ConsoleModel.Notice, _ role: Role, _ model: ConsoleModel, _ grid: Grid,
        _ rect: Rect
    ) -> [StyledText] {
        func visible(_ text: String) -> String {
            VisibleText(text, mode: .dots, ascii: model.glyphs.isASCII, limit: 2_000).text
        }
        let room = rect.width - 3
        let text = visible(notice.text)
        let tail = notice.tail.isEmpty ? "" : " " + visible(notice.tail)
        if DisplayWidth.columns(of: text + tail) <= room { return [StyledText(text + tail, role)] }
        let hint = "  :messages"
        let left = max(1, room - DisplayWidth.columns(of: tail + hint))
        return [
            StyledText(grid.fit(text, width: left, truncating: .tail).text + tail, role),
            StyledText(hint, .muted),
        ]
    }

    /// Something that goes on while one looks, and the key that has to do with it.
    private static func drawProgress(
        _ text: String, _ key: String, _ model: ConsoleModel, _ grid: inout Grid, _ rect: Rect
    ) {
        let text = VisibleText(text, mode: .dots, ascii: model.glyphs.isASCII, limit: rect.width)
        let room = max(1, rect.width - DisplayWidth.columns(of: key) - 5)
        grid.put(
            [
                StyledText(
                    " \(grid.fit(text.text, width: room, truncating: .tail).text)\(model.glyphs.ellipsis)  ",
                    .status),
                StyledText(key, .muted),
            ],
            x: rect.x, y: rect.y, width: rect.width)
    }
}
