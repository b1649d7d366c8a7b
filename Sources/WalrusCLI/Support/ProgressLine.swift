import Synchronization
import WalrusIO

/// A line on standard error that says how far a long task is, ten times a second at most.
final class ProgressLine: Sendable {
    private struct State {
        var shownAt: UInt64 = 0
        var isShown = false
    }

    private let state = Mutex(State())

    func show(_ text: String) {
        guard StandardStreams.isErrorTerminal else { return }
        let now = Clock.monotonic()
        let isDue = state.withLock { state in
            guard now - state.shownAt > 100_000_000 else { return false }
            state.shownAt = now
            state.isShown = true
            return true
        }
        if isDue { StandardStreams.tell("\r\u{1b}[K" + text) }
    }

    func clear() {
        if state.withLock({ $0.isShown }) { StandardStreams.tell("\r\u{1b}[K") }
    }
}
