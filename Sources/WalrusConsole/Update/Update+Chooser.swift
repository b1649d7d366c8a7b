internal import Inspect

// Choosing among the logs of a data directory, and going back to the choice.
extension ConsoleModel {
    /// Commands that mean something while no log is open.
    static func worksInChooser(_ command: Command) -> Bool {
        switch command {
        case .up, .down, .pageUp, .pageDown, .halfUp, .halfDown, .first, .last, .open, .back,
            .filter, .inverse, .next, .previous, .command, .help, .pause, .faster, .slower, .reread,
            .redraw, .keepFrame, .toggleMouse, .suspend, .quit:
            true
        default: false
        }
    }

    /// Whether the key bar names it: what can be done here and now.
    func isOfferedInChooser(_ command: Command) -> Bool {
        switch command {
        case .open: chooser?.selected != nil
        case .filter: (chooser?.logs?.count ?? 0) > 1
        default: Self.worksInChooser(command)
        }
    }

    /// Begins to choose among the logs in `root`, leaving the one that is open.
    public mutating func choose(in root: String) -> [Effect] {
        if let refusal = refuseWhileActing() { return refusal }
        forgetLog()
        chooser = ChooserModel(root: root)
        screen = .chooser
        return listLogs(withWriters: true)
    }

    /// Back to the list that the open log was chosen from.
    mutating func leaveLog() -> [Effect] {
        guard chooser != nil else { return [] }
        if let refusal = refuseWhileActing() { return refusal }
        forgetLog()
        screen = .chooser
        return listLogs(withWriters: true)
    }

    mutating func listLogs(withWriters: Bool) -> [Effect] {
        guard let root = chooser?.root, chooser?.isAwaited == false else { return [] }
        chooser?.isAwaited = true
        if withWriters { chooser?.writersAt = now }
        return [.listLogs(root: root, withWriters: withWriters)]
    }

    mutating func tickChooser() -> [Effect] {
        guard now + setup.interval / 8 >= scannedAt + setup.interval else { return [] }
        let isDue = now >= (chooser?.writersAt ?? 0) + Self.holdersInterval
        return listLogs(withWriters: isDue)
    }

    /// Names stand there at once; what takes reading follows.
    mutating func take(_ outline: DirectoryOutline, of root: String) -> [Effect] {
        guard screen == .chooser, chooser?.root == root else { return [] }
        chooser?.outline = outline
        return chooser?.logs == nil ? show(outline.logs) : []
    }

    mutating func take(logs: [NamespaceSummary], in root: String) -> [Effect] {
        guard screen == .chooser, chooser?.root == root else { return [] }
        scannedAt = now
        chooser?.isAwaited = false
        return show(logs)
    }

    private mutating func show(_ logs: [NamespaceSummary]) -> [Effect] {
        let selected = chooser?.selected?.path
        chooser?.problem = nil
        chooser?.logs = logs
        if let selected, let index = logs.firstIndex(where: { $0.path == selected }) {
            chooser?.position.selected = index
        }
        // The directory itself is the log, and the only one: there is nothing to choose.
        guard logs.count == 1, logs[0].name == nil else { return [] }
        chooser = nil
        return open(logs[0])
    }

    mutating func takeLogs(problem: String, in root: String) {
        guard screen == .chooser, chooser?.root == root else { return }
        scannedAt = now
        chooser?.isAwaited = false
        chooser?.problem = problem
    }

    mutating func runChooser(_ command: Command) -> [Effect] {
        let count = chooser?.logs?.count ?? 0
        if let delta = Self.delta(command, page: ChooserLayout(self).listHeight) {
            chooser?.position.move(by: delta, count: count)
            return []
        }
        guard command == .open else { return [] }
        guard let log = chooser?.selected else { return complain("there is no log to open here") }
        return open(log)
    }

    private mutating func open(_ log: NamespaceSummary) -> [Effect] {
        forgetLog()
        setup.directory = log.path
        screen = .home
        return [.openLog(log.path)] + start(at: now)
    }

    /// Takes out all that belongs to one log.
    private mutating func forgetLog() {
        var fresh = ConsoleModel(setup: setup, size: size, glyphs: glyphs)
        (fresh.theme, fresh.isThemeAutomatic) = (theme, isThemeAutomatic)
        (fresh.configuration, fresh.keys) = (configuration, keys)
        (fresh.commandHistory, fresh.filterHistory) = (commandHistory, filterHistory)
        (fresh.now, fresh.chooser, fresh.isPaused) = (now, chooser, isPaused)
        // No answer to a question about the log before is taken for one about the next.
        fresh.lastRequest = lastRequest
        self = fresh
    }

    mutating func settleChooser() {
        guard let logs = chooser?.logs, var position = chooser?.position else { return }
        position.selected = max(0, min(position.selected, logs.count - 1))
        position.top = ScrollWindow.top(
            keeping: position.selected, in: logs.count, height: ChooserLayout(self).listHeight,
            from: position.top)
        chooser?.position = position
    }
}
