/// When the console's loop wakes up, and when it draws. Times are the monotonic clock's nanoseconds.
struct LoopPace {
    /// Between two frames that no key has asked for.
    static let frameInterval: UInt64 = 100_000_000
    /// The clock in the header has minutes.
    private static let clockInterval: UInt64 = 60_000_000_000

    /// What is on the screen may not be what there is.
    private(set) var isDirty = true
    private var drawnAt: UInt64?
    private var nextTick: UInt64 = 0
    /// Until then no frame is drawn.
    private var heldUntil: UInt64 = 0

    mutating func note(isSeen: Bool) { isDirty = isDirty || isSeen }

    /// A key was pressed: its answer is drawn at once.
    mutating func hurry() { drawnAt = nil }

    /// Lets the next frame wait, no longer than until then.
    mutating func hold(until time: UInt64) { heldUntil = time }

    mutating func release() { heldUntil = 0 }

    var isHeld: Bool { heldUntil > 0 }

    /// Whether to draw now; if so, that is taken for done.
    mutating func takesFrame(at now: UInt64) -> Bool {
        guard isDirty, now >= frameDue else { return false }
        (isDirty, drawnAt, heldUntil) = (false, now, 0)
        return true
    }

    /// Whether it is time for a tick; the next one is an interval later.
    ///
    /// - Parameters:
    ///   - interval: between two looks at the directory.
    ///   - wall: nanoseconds since 1970 UTC: where looks are rare, there is the clock to wake up for.
    mutating func takesTick(at now: UInt64, interval: UInt64, wall: UInt64) -> Bool {
        guard now >= nextTick else { return false }
        let untilMinute = Self.clockInterval - wall % Self.clockInterval
        let isOften = interval <= Self.clockInterval / 2
        nextTick = now + (isOften ? interval : min(interval, untilMinute))
        return true
    }

    /// How long nothing is to be done.
    func rest(from now: UInt64) -> Duration {
        let next = isDirty ? min(nextTick, frameDue) : nextTick
        return .nanoseconds(Int64(next > now ? next - now : 0))
    }

    private var frameDue: UInt64 {
        max(drawnAt.map { $0 + Self.frameInterval } ?? 0, heldUntil)
    }
}
