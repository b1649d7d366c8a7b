internal import Inspect
internal import WalrusFormat

extension ConsoleModel {
    /// Nanoseconds between two searches for processes that have the directory open: reading all of
    /// `/proc` is not free.
    static let holdersInterval: UInt64 = 10_000_000_000

    /// What to do first, at that time.
    public mutating func start(at time: UInt64) -> [Effect] {
        now = time
        if screen == .chooser { return listLogs(withWriters: true) }
        if let player { return seek(player.index) }
        holdersAt = time
        scanStartedAt = time
        scan = ScanStatus()
        return [.scan(forget: false), .findHolders]
    }

    /// Takes in what happened. Returns what is to be done about it.
    public mutating func update(_ message: Message) -> [Effect] {
        let (old, before, last) = (size, state, screen)
        var effects = take(message)
        settle()
        if old != size { effects += settleHex() }
        switch message {
        case .scanned, .observed: effects += bytesChanged(since: before)
        default: break
        }
        effects += askForRestart()
        return keepToRecording(effects, from: last)
    }

    private mutating func take(_ message: Message) -> [Effect] {
        switch message {
        case .key(let key):
            notice = nil
            return press(key)
        case .mouse(let event):
            notice = nil
            return take(event)
        case .resize(let size):
            self.size = size
            return []
        case .background(let isLight):
            if isThemeAutomatic { theme = isLight ? .light : .dark }
            return []
        case .tick(let time):
            return tick(time)
        case .scanProgress(let stage):
            if scan != nil { scan = ScanStatus(stage: stage) }
            return []
        case .looking(let look):
            take(look)
            return []
        case .scanned(let state):
            guard screen != .chooser else { return [] }
            return take(observer.observe(state))
        case .observed(let new): return screen == .chooser ? [] : take(new)
        case .played(let frame, let result): return takePlayed(frame, result)
        case .scanFailed(let problem):
            scan = nil
            scannedAt = now
            isStale = true
            notice = Notice(kind: .problem, text: problem)
            return []
        case .previewed(let preview):
            if let preview { restart.take(preview) } else { restart.isAwaited = false }
            return []
        case .holders(let found, let began):
            holders = found
            observer.setHolders(found, began: began)
            // What the reference deletes depends on since when it has been at work.
            if let state, let known = forecast, !isPast, known.isOther(for: observer.runBegan) {
                forecast = ReclaimForecast(state, runBegan: observer.runBegan)
            }
            return []
        case .bytes(let id, let page):
            return takeBytes(id, page)
        case .version(let file, let version): return takeVersion(version, of: file)
        case .failed(let id?, let problem) where id == hex.awaited:
            hex.awaited = nil
            notice = Notice(kind: .problem, text: problem)
            return []
        case .outlined(let root, let outline): return take(outline, of: root)
        case .logs(let root, .success(let logs)): return take(logs: logs, in: root)
        case .logs(let root, .failure(let failure)):
            takeLogs(problem: failure.message, in: root)
            return []
        case .saved(.success(let name)): return confirm("the screen is in \(name)")
        case .saved(.failure(let failure)): return complain(failure.message)
        case .rows, .matches, .payload, .failed, .located, .found, .findProgress, .decoded:
            return takeEntries(message)
        case .exportProgress, .exported, .copied:
            return takeExport(message)
        case .benchEstimate, .benchStep, .benchEnded, .benchResults: return takeBench(message)
        case .choices(let action, let choices): return take(choices, for: action)
        case .planned(let plan): return take(plan)
        case .actionProgress(let text): return takeProgress(text)
        case .edited(let topic, let result): return takeEdited(topic, result)
        case .acted(let result):
            return finish(result)
        }
    }

    private mutating func tick(_ time: UInt64) -> [Effect] {
        now = time
        if player != nil { return tickPlayer(time) }
        guard !isPaused else { return [] }
        if screen == .chooser { return tickChooser() }
        var effects: [Effect] = []
        // A look ends a little after the tick that began it: the next one is for the next tick.
        if scan == nil, time + setup.interval / 8 >= scannedAt + setup.interval {
            scan = ScanStatus()
            scanStartedAt = time
            effects.append(.scan(forget: false))
        }
        if time >= holdersAt + Self.holdersInterval {
            holdersAt = time
            effects.append(.findHolders)
        }
        return effects
    }

    private mutating func take(_ new: Observation) -> [Effect] {
        let before = state
        scan = nil
        isStale = false
        now = max(now, new.frame.time)
        scannedAt = now
        guard record(new) else { return [] }
        (state, looks, forecast) = (new.moment.state, new.moment.looks, new.moment.forecast)
        firstLook = nil
        let hasNewOrder = home.sort == .rate && !looks.history.isAtRest
        if hasNewOrder || state?.isSame(as: before) != true { reorderTopics() }
        return entriesChanged(since: before)
    }

    /// Brings scroll positions back into what is there and what fits.
    private mutating func settle() {
        settleChooser()
        settleHome()
        settleEntries()
        settleBlocks()
        settleLive()
        settleCheck()
        settleBench()
        if case .help(let top) = overlay {
            overlay = .help(top: max(0, min(top, HelpView.lines(self).count - 1)))
        }
    }

    // MARK: - Keys

    private mutating func press(_ key: Key) -> [Effect] {
        if key == .control("c") { return [.quit] }
        if overlay != nil { return pressOverlay(key) }
        guard let command = keys.command(for: key, on: screen) else { return [] }
        // What the log was chosen from comes before the end.
        if command == .quit, screen == .home, chooser != nil { return leaveLog() }
        return run(command)
    }

    /// What a key with this command would do.
    public mutating func carryOut(_ command: Command) -> [Effect] {
        let last = screen
        defer { settle() }
        return keepToRecording(run(command) + askForRestart(), from: last)
    }

    mutating func run(_ command: Command) -> [Effect] {
        if screen == .chooser, !Self.worksInChooser(command) {
            return complain("open a log first (Enter)")
        }
        if let screen = Screen(rawValue: command.rawValue) { return go(to: screen) }
        if searchesRows, [.inverse, .next, .previous].contains(command) {
            return searchKey(command)
        }
        switch command {
        case .help: overlay = .help(top: 0)
        case .filter: overlay = .prompt(Prompt(purpose: .filter, text: "", before: filterText))
        case .command: overlay = .prompt(Prompt(purpose: .command, text: ""))
        case .actions, .undoLast:
            if isFirstLook { return askToWait(for: "actions come") }
            return command == .actions ? openActions() : begin(.undo)
        case .goToTopic: overlay = .prompt(Prompt(purpose: .command, text: "topic "))
        case .keepFrame: askForFrameFile()
        case .toggleMouse: return submitCommand("mouse")
        case .pause, .now, .earlier, .later, .muchEarlier, .muchLater: return runTime(command)
        case .faster: setup.interval = max(setup.interval / 2, 125_000_000)
        case .slower: setup.interval = min(setup.interval * 2, 64_000_000_000)
        case .reread where screen == .chooser: return listLogs(withWriters: true)
        case .reread:
            guard scan == nil else { return [] }
            scan = ScanStatus()
            return [.scan(forget: true), .findHolders]
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .quit: return refuseWhileActing() ?? [.quit]
        case .back where screen == .chooser: return []
        case .back where screen == .bench && bench.isAsking: return runBench(command)
        case .back: return go(to: .home)
        case .nextFinding: return moveToFinding(forward: true)
        case .previousFinding: return moveToFinding(forward: false)
        default:
            switch screen {
            case .chooser: return runChooser(command)
            case .home: return runHome(command)
            case .entries: return runEntries(command)
            case .blocks: return runBlocks(command)
            case .live: return runLive(command)
            case .hex: return runHex(command)
            case .check: return runCheck(command)
            case .bench: return runBench(command)
            }
        }
        return []
    }

    // MARK: - Screens

    /// Shows a screen, at the place that was pointed at last.
    mutating func go(to next: Screen) -> [Effect] {
        guard screen != .chooser else { return complain("open a log first (Enter)") }
        let last = screen
        switch next {
        // No key leads there: `:cd` does, and leaving a log that was chosen.
        case .chooser: return leaveLog()
        case .home:
            screen = .home
            followFocusOnHome(from: last)
        case .entries: return enterEntries()
        case .blocks: enterBlocks()
        case .live: enterLive()
        case .check: screen = .check
        case .bench: return enterBench()
        case .hex: return enterHex()
        }
        return []
    }

    /// How far a movement goes in a list with pages of so many rows; nil for other commands.
    static func delta(_ command: Command, page: Int) -> Int? {
        switch command {
        case .up: -1
        case .down: 1
        case .halfUp: -max(1, page / 2)
        case .halfDown: max(1, page / 2)
        case .pageUp: -max(1, page - 1)
        case .pageDown: max(1, page - 1)
        case .first: -1_000_000_000
        case .last: 1_000_000_000
        default: nil
        }
    }
}
