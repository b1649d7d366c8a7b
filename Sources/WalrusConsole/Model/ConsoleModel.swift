public import Inspect
public import WalrusFormat

/// All that the console knows: what `view` draws and `update` changes.
public struct ConsoleModel: Sendable {
    public enum Screen: String, Hashable, Sendable, CaseIterable {
        case chooser, home, entries, blocks, live, check, hex, bench

        /// As the help and the key bar call it.
        public var title: String {
            switch self {
            case .chooser: "Logs"
            case .home: "Home"
            case .entries: "Entries"
            case .blocks: "Blocks"
            case .live: "Live"
            case .check: "Check"
            case .hex: "Hex"
            case .bench: "Bench"
            }
        }
    }

    /// What the program was started with.
    public struct Setup: Hashable, Sendable {
        /// The log's directory as the user named it, for showing.
        public var directory: String
        /// Where `:cd` without a directory looks for logs: that of the log, or what its key's folder is in.
        public var root: String
        /// Whether actions that write are on offer (`--write`, `:write`).
        public var canWrite: Bool
        /// Nanoseconds between two looks at the directory.
        public var interval: UInt64
        /// Seconds east of UTC.
        public var timeZone: Int
        /// Whether there is a program that makes text of payloads (`--decode`).
        public var hasDecoder: Bool

        public init(
            directory: String, root: String? = nil, canWrite: Bool = false,
            interval: UInt64 = 1_000_000_000,
            timeZone: Int = 0, hasDecoder: Bool = false
        ) {
            self.directory = directory
            self.root = root ?? directory
            self.canWrite = canWrite
            self.interval = interval
            self.timeZone = timeZone
            self.hasDecoder = hasDecoder
        }
    }

    public var setup: Setup
    public var size: Size
    public var glyphs: GlyphSet
    public var theme = Theme.dark
    /// Whether nobody has chosen a theme, so that the terminal's background decides.
    public var isThemeAutomatic = false
    public var configuration = ConsoleConfiguration()
    public var keys = KeyTable()
    /// Nanoseconds since 1970 UTC, as the last message told.
    public var now: UInt64 = 0
    public var screen = Screen.home
    /// The last look at the directory; nil before the first one is over.
    public var state: DirectoryState?
    /// What the first look has found so far; nil before it has told, and once it is over.
    public internal(set) var firstLook: FirstLook?
    /// Processes that have files of the directory open.
    public var holders: [Int] = []
    public var isPaused = false
    /// Whether the terminal is asked for clicks and the wheel.
    public var isMouseOn = false
    /// What went wrong last, or was done last: shown in the bottom line until the next key.
    public var notice: Notice? {
        didSet {
            guard let notice, notice != oldValue else { return }
            messages = messages.suffix(Self.messagesMax - 1) + [notice]
        }
    }
    /// The notices so far, the newest last; not more than `messagesMax`.
    private(set) var messages: [Notice] = []
    public var overlay: Overlay?
    /// What was confirmed and is being done, seen or not.
    public internal(set) var acting: RunningAction?

    /// The logs to choose from; nil where the program was started on one.
    public var chooser: ChooserModel?
    public var home = HomeModel()
    public var entries: EntriesModel?
    /// In the findings that `findingsFilter` keeps.
    public var check = ListPosition()
    /// What a restart would do, on the same screen.
    public internal(set) var restart = RestartModel()
    /// Only findings that hold this are shown.
    public var findingsFilter = ""
    /// What `/` looked for last, in lists that show all their rows.
    var searches: [Screen: String] = [:]
    public var marks = Marks()
    /// An export is under way; how far it is.
    var exporting: String?
    public var blocks = BlocksModel()
    public var hex = HexModel()
    public var bench = BenchModel()

    /// Why each file is still there; follows `state`.
    public internal(set) var forecast: ReclaimForecast?
    /// The place that was pointed at last, on any screen: the one cursor that all of them share.
    public internal(set) var focus: BytePlace?

    /// Lines typed at prompts: commands, which outlive the session, and filters, which may hold
    /// parts of payloads and do not.
    public var commandHistory = LineHistory()
    var filterHistory = LineHistory()

    /// What looks at the directory have told one after another.
    var looks = LiveLooks()
    /// Makes that of a look that nobody else has prepared.
    var observer = Observer()
    var history: RateHistory { looks.rates }
    var time = TimeModel()
    /// A recording that is played; nil: a directory is looked at.
    public internal(set) var player: PlayerModel?
    /// The first row of the Live screen.
    var liveTop = 0
    /// A scan is under way; how far it is.
    var scan: ScanStatus?
    /// The last scan failed: what is shown is from before it.
    var isStale = false
    /// When the last scan ended.
    var scannedAt: UInt64 = 0
    /// When the last scan began.
    var scanStartedAt: UInt64 = 0
    var holdersAt: UInt64 = 0
    /// Tells answers to old questions from those to new ones.
    var lastRequest = 0

    public init(setup: Setup, size: Size, glyphs: GlyphSet = .unicode) {
        self.setup = setup
        self.size = size
        self.glyphs = glyphs
    }

    struct ScanStatus: Hashable, Sendable {
        /// Nil until the scan has told.
        var stage: Scanner.Stage?
    }

    public struct Notice: Hashable, Sendable {
        public enum Kind: Hashable, Sendable { case done, problem }
        public var kind: Kind
        public var text: String
        /// Stands behind the text, which gives way to it where there is no room for both.
        public var tail = ""
        /// What more there is to say, a sentence each: `:messages` shows it.
        public var details: [String] = []

        public init(kind: Kind, text: String, tail: String = "", details: [String] = []) {
            (self.kind, self.text, self.tail, self.details) = (kind, text, tail, details)
        }
    }

    /// Notices that are kept to be read again.
    static let messagesMax = 50

    /// The file of that name, and its place in the list.
    func file(_ name: String) -> (index: Int, file: FileState)? {
        guard let state, let name = DataFileName(name) else { return nil }
        var (low, high) = (0, state.files.count)
        while low < high {
            let middle = (low + high) / 2
            if state.files[middle].name < name { low = middle + 1 } else { high = middle }
        }
        guard low < state.files.count, state.files[low].name == name else { return nil }
        return (low, state.files[low])
    }

    /// The block that the place is in.
    func block(at place: BytePlace) -> BlockState? {
        file(place.file)?.file.block(at: place.offset / Layout.unit)
    }

    /// The role in which a topic is drawn everywhere.
    func role(of topic: TopicName) -> Role {
        guard let state else { return .text }
        return Role.topic(state.topics.partition(before: topic))
    }
}

extension [TopicState] {
    /// The index of the topic, or where it would stand, in the order of names.
    func partition(before name: TopicName) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].name < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A selection in a list that scrolls.
public struct ListPosition: Hashable, Sendable {
    public var selected = 0
    public var top = 0

    public init() {}

    /// Moves by `delta` rows inside a list of `count`.
    mutating func move(by delta: Int, count: Int) {
        selected = max(0, min(selected + delta, count - 1))
    }
}

/// The table of topics.
public struct HomeModel: Hashable, Sendable {
    public enum Sort: String, Hashable, Sendable, CaseIterable {
        case topic, entries, unread, size, rate
    }

    public var sort = Sort.unread
    public var isAscending = false
    /// Only topics whose name holds this are shown.
    public var filter = ""
    /// The topic under the cursor: it stays selected when the order changes.
    public var selected: TopicName?
    public var top = 0
    /// Indices into the topics of the state, or of the first look; filtered and sorted.
    var order: [Int] = []

    public init() {}
}

/// What lies over the screen and takes the keys.
public enum Overlay: Hashable, Sendable {
    case help(top: Int)
    case prompt(Prompt)
    case menu(ActionMenu)
    case form(ActionForm)
    case wait(ActionWait)
    case plan(ActionDialog)
    /// What `ConsoleModel.acting` is.
    case acting
    case report(ActionReport)
}
