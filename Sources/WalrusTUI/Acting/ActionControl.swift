internal import Inspect
internal import Synchronization
internal import WalrusConsole
internal import WalrusIO

/// The link between something long that is found out or done, and whoever waits for it.
final class ActionControl: Sendable {
    /// Nanoseconds between two words on how far it is: nobody reads faster.
    private static let interval: UInt64 = 100_000_000

    private struct State {
        var tell: (@Sendable (String) -> Void)?
        var notes: [String] = []
        var isStopped = false
        var toldAt: UInt64 = 0
    }

    private let state = Mutex(State())

    /// It was stopped before it was done.
    struct Stopped: Error, CustomStringConvertible {
        var description = "stopped: nothing was done"
    }

    /// From here on `tell` hears how far it is.
    func attach(_ tell: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.tell = tell }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    /// Tells how far it is, now and then. Whether to go on.
    func goesOn(_ text: @autoclosure () -> String) -> Bool {
        let now = Clock.monotonic()
        let (isStopped, tell) = state.withLock { state in
            let isDue = now >= state.toldAt + Self.interval
            if isDue { state.toldAt = now }
            return (state.isStopped, isDue ? state.tell : nil)
        }
        tell?(text())
        return !isStopped
    }

    /// Throws where somebody has stopped it.
    func check(_ text: @autoclosure () -> String) throws(Stopped) {
        guard goesOn(text()) else { throw Stopped() }
    }

    /// What opening a log dropped or set aside, and the like: it is never silent.
    func note(_ notes: [String]) { state.withLock { $0.notes += notes } }

    var notes: [String] { state.withLock { $0.notes } }
}

extension ActionControl {
    /// Looks at a directory, telling how far that is.
    func look(_ scanner: Scanner) throws -> DirectoryState {
        let state = try scanner.scan { progress in
            self.goesOn("reading: \(Figures.percent(progress.done, of: progress.total))")
        }
        guard let state else { throw Stopped() }
        return state
    }
}
