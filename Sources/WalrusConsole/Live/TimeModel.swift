public import Inspect

/// What is known of a directory at a time: a look, and what the looks before it tell.
public struct Moment: Sendable {
    let state: DirectoryState?
    let looks: LiveLooks
    let forecast: ReclaimForecast?
    let holders: [Int]

    init(
        state: DirectoryState?, looks: LiveLooks, forecast: ReclaimForecast?, holders: [Int]
    ) {
        (self.state, self.looks) = (state, looks)
        (self.forecast, self.holders) = (forecast, holders)
    }

    /// What frame `index` of a recording shows. Takes a while where topics are many.
    public init(_ source: some RecordingSource, at index: Int) throws {
        var looks = LiveLooks()
        var holders: [Int] = []
        try source.replay(upTo: index) { look in
            looks.add(look.state, isHeld: !look.holders.isEmpty)
            holders = look.holders
        }
        self.init(
            state: looks.state, looks: looks,
            // Recordings do not tell since when they were at work.
            forecast: looks.state.map {
                ReclaimForecast($0, runBegan: holders.isEmpty ? nil : 0)
            }, holders: holders)
    }
}

/// A look that was taken now, and all that comes of it.
public struct Observation: Sendable {
    let moment: Moment
    /// The look as it is recorded.
    let frame: RecordedFrame
    /// Whether the look found what the one before it found: nobody has to be woken for it.
    public let isRest: Bool
}

/// Makes of looks, one after another, what the console shows of them. That takes a while where
/// topics are many, and is done where nobody waits for it.
public struct Observer: Sendable {
    private var looks = LiveLooks()
    private var encoder = RecordingEncoder()
    private var forecast: ReclaimForecast?
    public private(set) var holders: [Int] = []
    /// When the first of the holders began, in nanoseconds since 1970 UTC; 0 where that is not
    /// known, nil where there is none.
    private(set) var runBegan: UInt64?

    public init() {}

    /// Tells which processes have files of the directory open for writing.
    public mutating func setHolders(_ found: [Int], began: UInt64?) {
        holders = found
        runBegan = found.isEmpty ? nil : began ?? 0
    }

    public mutating func observe(_ state: DirectoryState) -> Observation {
        let (before, told) = (looks.state, looks.history.events.last)
        let isSame = state.isSame(as: before)
        let isForecastOld = !isSame || forecast?.isOther(for: runBegan) ?? true
        if isForecastOld { forecast = ReclaimForecast(state, runBegan: runBegan) }
        looks.add(state, isHeld: !holders.isEmpty)
        // What an engine tells of itself is news each time, if only of its age.
        let isSilent = state.metrics == nil && before?.metrics == nil
        return Observation(
            moment: Moment(state: state, looks: looks, forecast: forecast, holders: holders),
            frame: encoder.encode(state, holders: holders),
            isRest: !isForecastOld && isSilent && state.findings.count == before?.findings.count
                && looks.history.events.last == told)
    }
}

extension DirectoryState {
    /// Whether nothing but the time and the engine's figures can have changed.
    func isSame(as before: DirectoryState?) -> Bool {
        revision > 0 && revision == before?.revision
    }
}

/// What the console has recorded, and which moment of it is shown. Frames are counted from the first
/// that was recorded, whether it is still there or not.
struct TimeModel: Sendable {
    /// Bytes that looks may take in memory.
    static let tapeLimit = 32 << 20

    var tape = RecordingTape(limit: tapeLimit)
    /// The frame that is shown; nil: the present.
    var shown: Int?
    /// The frame that was asked for.
    var awaited: Int?
    /// What was known when the past was turned to.
    var present: Moment?

    var first: Int { tape.dropped }
    var last: Int { tape.dropped + tape.count - 1 }
    var isPast: Bool { shown != nil || awaited != nil }

    func time(of frame: Int) -> UInt64? {
        let index = frame - tape.dropped
        return (0..<tape.count).contains(index) ? tape.time(index) : nil
    }
}

/// A recording that is played instead of a directory.
public struct PlayerModel: Hashable, Sendable {
    /// Of its frames, in nanoseconds since 1970 UTC.
    let times: [UInt64]
    /// The frame that is shown, and the one that was asked for.
    public internal(set) var index: Int
    var awaited: Int?
    /// Whether it goes on by itself, a frame an interval.
    public internal(set) var isRunning = false

    public var count: Int { times.count }

    init(times: [UInt64], at index: Int) {
        (self.times, self.index) = (times, index)
    }
}
