internal import Inspect

/// What the console has recorded, and which moment of it is shown.
struct TimeModel: Sendable {
    /// Bytes that looks may take in memory.
    static let tapeLimit = 32 << 20

    var tape = RecordingTape(limit: tapeLimit)
    /// The frame that is shown; nil: the present.
    var shown: Int?
    /// What was known when the past was turned to.
    var present: Present?

    struct Present: Sendable {
        let state: DirectoryState?
        let looks: LiveLooks
        let forecast: ReclaimForecast?
        let holders: [Int]
    }
}

/// A recording that is played instead of a directory.
public struct PlayerModel: Hashable, Sendable {
    /// Frames.
    public let count: Int
    /// The frame that is shown, and the one that was asked for.
    public internal(set) var index: Int
    var awaited: Int?
    /// Whether it goes on by itself, a frame an interval.
    public internal(set) var isRunning = false

    /// Begins at the last frame.
    public init(count: Int) {
        self.count = count
        index = count - 1
    }
}
