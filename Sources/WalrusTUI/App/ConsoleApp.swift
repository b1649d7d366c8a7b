public import Inspect
internal import Synchronization
internal import WalrusActions
public import WalrusConsole
internal import WalrusFormat
internal import WalrusIO

/// The console on a real terminal.
public final class ConsoleApp {
    private let terminal: Terminal
    private let mailbox: Mailbox<Posted>
    private let signals: SignalPipe
    private var runner: EffectRunner
    /// How many logs were opened before: answers about another than the present one are dropped.
    private var generation = 0
    private let root: String?
    private let decoder: String?
    private var observer = SharedObserver()

    private struct Posted: Sendable {
        let generation: Int
        let message: Message
    }
    private var model: ConsoleModel

    // A scan may take seconds and must not keep entries from being shown; nothing may keep an
    // action from being finished.
    private let scans = WorkQueue(isBehind: true)
    // Nor must it keep the past from being shown.
    private let recordings = WorkQueue(isBehind: true)
    private let queries = WorkQueue(isBehind: true)
    // A search must not keep bytes from being shown.
    private let bytes = WorkQueue()
    private let decodings = WorkQueue()
    private let exports = WorkQueue()
    private let actions = WorkQueue()
    // Small files of the console's own, which must not wait for a long action.
    private let files = WorkQueue()
    private let benches = WorkQueue()

    private var exitStatus: Int32?
    private var pace = LoopPace()

    /// For so long the first frame waits for the terminal to tell its background, lest it be drawn in
    /// the wrong colours and at once again in the right ones. Nothing else waits.
    private static let answerTime: UInt64 = 100_000_000

    /// - Parameters:
    ///   - choosing: begin with the list of the logs in the directory.
    ///   - notice: a problem to begin with.
    ///   - start: the frame of the recording to begin with; without one, the last.
    public init(
        directory: String, setup: ConsoleModel.Setup, configuration: ConsoleConfiguration,
        choosing: Bool = false, notice: ConsoleModel.Notice? = nil, decoder: String? = nil,
        recording: RecordingFile? = nil, from start: Int? = nil
    ) throws(TerminalError) {
        runner = EffectRunner(directory: directory, decoder: decoder, recording: recording)
        self.decoder = decoder
        root = choosing ? directory : nil
        terminal = try Terminal(color: configuration.color, ascii: configuration.ascii)
        guard let mailbox = Mailbox<Posted>(), let signals = SignalPipe() else {
            terminal.close()
            throw TerminalError(
                description: "no file descriptors are left; raise the limit (ulimit -n)")
        }
        self.mailbox = mailbox
        self.signals = signals
        model = ConsoleModel(setup: setup, size: terminal.size, glyphs: terminal.glyphs)
        model.theme = Terminal.isLight ?? false ? .light : .dark
        model.configure(configuration)
        terminal.setMouse(model.isMouseOn)
        if let recording { model.play(times: recording.times, from: start) }
        if let notice { model.complain(of: notice) }
        model.commandHistory = LineHistory(HistoryFile()?.load() ?? [])
    }

    /// Runs until the user, a signal or the terminal's end stops it. Returns the exit status.
    public func run() -> Int32 {
        if model.isThemeAutomatic, Terminal.isLight == nil, terminal.askForBackground() {
            pace.hold(until: Clock.monotonic() + Self.answerTime)
        }
        if let root {
            model.now = Clock.wall()
            perform(model.choose(in: root))
        } else {
            perform(model.start(at: Clock.wall()))
        }
        while exitStatus == nil {
            drawIfDue()
            let ready = EventLoop.wait(
                terminal, mailbox, signals, timeout: pace.rest(from: Clock.monotonic()))
            if ready.contains(.hangup) {
                exitStatus = 129
                break
            }
            if ready.contains(.signals) { takeSignals() }
            takeKeys()
            // Also those that nobody was woken for.
            for posted in mailbox.take() where posted.generation == generation {
                send(posted.message)
            }
            let wall = Clock.wall()
            if pace.takesTick(
                at: Clock.monotonic(), interval: model.setup.interval, wall: wall)
            {
                send(.tick(wall))
            }
        }
        // What can be stopped is; what was confirmed besides is finished, whatever ends the console.
        runner.end()
        while !files.isIdle { Clock.sleep(nanoseconds: 10_000_000) }
        while !actions.isIdle { Clock.sleep(nanoseconds: 10_000_000) }
        // An export that is stopped takes away what it has begun.
        while !benches.isIdle { Clock.sleep(nanoseconds: 10_000_000) }
        while !exports.isIdle { Clock.sleep(nanoseconds: 10_000_000) }
        terminal.close()
        signals.close()
        return exitStatus ?? 0
    }

    private func send(_ message: Message) {
        let (effects, isSeen) = model.step(message)
        pace.note(isSeen: isSeen)
        perform(effects)
    }

    private func takeKeys() {
        let keys = terminal.readKeys()
        for key in keys { send(.key(key)) }
        let events = terminal.takeMouseEvents()
        for event in events { send(.mouse(event)) }
        terminal.setMouse(model.isMouseOn)
        if let isLight = terminal.takeBackground() { send(.background(isLight: isLight)) }
        if terminal.size != model.size { send(.resize(terminal.size)) }
        if !keys.isEmpty || !events.isEmpty { pace.hurry() }
    }

    private func takeSignals() {
        for event in signals.drain() {
            switch event {
            case .terminate(let status): exitStatus = status
            case .stop: terminal.suspend()
            case .continued:
                terminal.resume()
                pace.note(isSeen: true)
            case .resized: break
            }
        }
    }

    // MARK: - Drawing

    private func drawIfDue() {
        if pace.isHeld, !terminal.awaitsAnswer { pace.release() }
        guard pace.takesFrame(at: Clock.monotonic()) else { return }
        terminal.draw(
            ConsoleView.draw(model), theme: terminal.depth == .mono ? .mono : model.adaptedTheme)
    }

    // MARK: - Effects

    private func perform(_ effects: [Effect]) {
        for effect in effects {
            runner.note(effect)
            switch effect {
            case .scan, .findHolders, .listLogs, .previewRestart: start(effect, on: scans)
            case .play: start(effect, on: recordings)
            case .openLog(let directory):
                runner.end()
                runner = EffectRunner(directory: directory, decoder: decoder)
                observer = SharedObserver()
                generation += 1
            case .loadRows, .loadPlace, .search, .find, .locate, .loadPayload:
                start(effect, on: queries)
            case .loadBytes, .checkVersion: start(effect, on: bytes)
            case .decode: start(effect, on: decodings)
            case .export: start(effect, on: exports)
            case .estimateBench, .bench, .loadBenchResults: start(effect, on: benches)
            case .cancel, .cancelExport, .stopBench, .stopAction: break
            case .edit(let topic):
                // Nothing else may draw, or take keys, until the editor has ended.
                terminal.leave()
                let result = Result { try Editor.edit(limit: Layout.payloadLengthMax) }
                terminal.resume()
                pace.note(isSeen: true)
                send(.edited(topic, result.mapError { ActionFailure($0) }))
            case .copy(let bytes, let what): send(.copied(terminal.copy(bytes), what))
            case .findChoices, .planAction, .act: start(effect, on: actions)
            case .remember, .save: start(effect, on: files)
            case .bell: terminal.bell()
            case .redraw:
                terminal.forgetScreen()
                pace.note(isSeen: true)
            case .suspend:
                terminal.suspend()
                pace.note(isSeen: true)
            case .quit: exitStatus = 0
            }
        }
    }

    private func start(_ effect: Effect, on queue: WorkQueue) {
        let (runner, mailbox, generation) = (runner, mailbox, generation)
        let observer = observer
        queue.add {
            runner.run(effect) { message in
                let (message, isNews) = observer.prepared(message)
                mailbox.post(Posted(generation: generation, message: message), wakes: isNews)
            }
        }
    }
}

/// Makes of a look what the console shows of it, on the thread that took the look.
private final class SharedObserver: Sendable {
    private struct State {
        var observer = Observer()
        var logs: (root: String, found: [NamespaceSummary])?
        var outline: (root: String, found: DirectoryOutline)?
    }

    private let state = Mutex(State())

    /// The message to be posted, and whether the loop is to be woken for it: a look that found nothing
    /// new can wait for the tick that begins the next one.
    func prepared(_ message: Message) -> (Message, isNews: Bool) {
        state.withLock { state in
            switch message {
            case .scanned(let found):
                let observation = state.observer.observe(found)
                return (.observed(observation), !observation.isRest)
            case .holders(let found, let began):
                defer { state.observer.setHolders(found, began: began) }
                return (message, found != state.observer.holders)
            case .outlined(let root, let outline):
                defer { state.outline = (root, outline) }
                return (message, state.outline.map { $0 != (root, outline) } ?? true)
            case .logs(let root, .success(let logs)):
                defer { state.logs = (root, logs) }
                return (message, state.logs.map { $0 != (root, logs) } ?? true)
            default: return (message, true)
            }
        }
    }
}
