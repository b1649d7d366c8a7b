public import Inspect
internal import Synchronization
public import WalrusConsole
public import WalrusFormat

/// The console without a terminal: every effect is done before the next message, but for those that
/// write, which are done for tests alone. For frames, pictures and tests.
public struct HeadlessConsole {
    public private(set) var model: ConsoleModel
    /// Whether a command to quit has come.
    public private(set) var hasEnded = false
    private var runner: EffectRunner
    private var clock: UInt64
    /// Whether exports, snapshots and the history of commands may write their files: a person asks
    /// for them.
    private let keepsFiles: Bool
    /// The folder that actions are noted in; nil: none is done.
    private let records: String?
    /// How many actions were done, or refused.
    public private(set) var actions = 0

    /// - Parameters:
    ///   - clock: the time that frames show, in nanoseconds since 1970 UTC; 0 shows none. The same
    ///     directory and clock give the same frames.
    ///   - start: the frame of the recording to begin with; without one, the last.
    ///   - records: actions that are confirmed are done, and noted in this folder.
    public init(
        directory: String, setup: ConsoleModel.Setup, size: Size, glyphs: GlyphSet,
        clock: UInt64 = 0, decoder: String? = nil, keepsFiles: Bool = false,
        recording: RecordingFile? = nil, from start: Int? = nil, actingWith records: String? = nil
    ) {
        self.keepsFiles = keepsFiles
        self.records = records
        runner = EffectRunner(
            directory: directory, decoder: decoder, recording: recording, records: records)
        model = ConsoleModel(setup: setup, size: size, glyphs: glyphs)
        if let recording { model.play(times: recording.times, from: start) }
        self.clock = clock
    }

    /// Looks at the directory for the first time, or again.
    public mutating func start() {
        perform(model.start(at: clock))
    }

    public mutating func press(_ keys: [Key]) {
        for key in keys { send(.key(key)) }
    }

    public mutating func send(_ message: Message) {
        perform(model.update(message))
    }

    /// The time goes on, and the directory is looked at again when that is due.
    public mutating func tick(_ time: UInt64) {
        clock = time
        send(.tick(time))
    }

    /// Does what a line of the plain console asks for.
    mutating func take(plain line: String) -> PlainReply {
        let (effects, reply) = model.plain(line)
        perform(effects)
        return reply
    }

    public var frame: Grid { ConsoleView.draw(model) }

    private mutating func perform(_ effects: [Effect]) {
        for effect in effects {
            if effect == .quit { hasEnded = true }
            if case .act = effect {
                actions += 1
                // Nobody is there who could have confirmed it: a frame is looked at, never acted.
                if records == nil {
                    send(.acted(.failure(ActionFailure("nothing is written without a terminal"))))
                    continue
                }
            }
            // A frame leaves no trace, nor do the keys that lead to it.
            switch effect {
            case .remember, .save: if !keepsFiles { continue }
            case .openLog(let directory):
                runner = EffectRunner(directory: directory, records: records)
                continue
            case .edit(let topic):
                send(.edited(topic, .failure(ActionFailure("an editor needs a terminal"))))
                continue
            case .export where !keepsFiles:
                send(.exported(.failure(ActionFailure("nothing is exported without a terminal"))))
                continue
            case .bench, .estimateBench:
                send(
                    .benchEstimate(
                        .failure(
                            ActionFailure(
                                "nothing is measured without a terminal: `walrus bench` measures")))
                )
                continue
            default: break
            }
            let box = Answers()
            runner.note(effect)
            runner.run(effect) { box.add($0) }
            for message in box.take() {
                if case .scanned(var state) = message {
                    state.time = clock
                    send(.scanned(state))
                } else {
                    send(message)
                }
            }
        }
    }
}

/// What effects have told so far.
private final class Answers: Sendable {
    private let messages = Mutex<[Message]>([])
    func add(_ message: Message) { messages.withLock { $0.append(message) } }
    func take() -> [Message] { messages.withLock { $0 } }
}

extension HeadlessConsole {
    /// Selects a topic. False: there is none of that name.
    public mutating func select(_ topic: TopicName) -> Bool {
        guard model.state?.topic(topic) != nil else { return false }
        model.home.selected = topic
        return true
    }

    /// Puts actions that write on offer, as `:write` and a yes do.
    public mutating func allowWriting() { model.setup.canWrite = true }

    /// The theme to begin with; `:theme` among the keys changes it.
    public mutating func use(_ theme: Theme) { model.theme = theme }

    /// Begins with the list of the logs in `root` and not with one of them.
    public mutating func choose(in root: String) {
        perform(model.choose(in: root))
    }

    /// The choices of a configuration, before the start.
    public mutating func configure(_ configuration: ConsoleConfiguration) {
        model.configure(configuration)
    }

    /// Goes to a screen, as its key does.
    public mutating func show(_ screen: ConsoleModel.Screen) {
        let command = model.keys.bindings.first { $0.command.rawValue == screen.rawValue }?.command
        if let command { perform(model.carryOut(command)) }
    }
}
