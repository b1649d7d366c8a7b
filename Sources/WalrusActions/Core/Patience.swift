internal import WalrusEngine
internal import WalrusIO

/// How long one waits for another process to close a log: a verb has it open for milliseconds, and
/// two that run at the same moment are to be done one after the other.
enum Patience {
    /// In nanoseconds. Who has the log open for longer keeps it.
    private static let limit: UInt64 = 2_000_000_000
    private static let pauses = 2_000_000...100_000_000 as ClosedRange<UInt64>

    /// Whether the log may be free soon: somebody else has it.
    static func isWorthIt(_ error: EngineError) -> Bool {
        error.code == .locked && error.holders != [Host.processID]
    }

    /// Does `work`, again while it throws that another process has the log, for as long as `limit`.
    static func whileLocked<R>(_ work: () throws -> R) throws -> R {
        let deadline = Clock.monotonic() + limit
        var pause = pauses.lowerBound
        while true {
            do { return try work() } catch let error as EngineError {
                guard isWorthIt(error), Clock.monotonic() < deadline else { throw error }
            }
            // Of different lengths, so that those who wait do not all come back at once.
            Clock.sleep(nanoseconds: UInt64.random(in: pause / 2...pause))
            pause = min(2 * pause, pauses.upperBound)
        }
    }
}
