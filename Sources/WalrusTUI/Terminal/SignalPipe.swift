import CNcursesShim
import Glibc

/// Signals as something to wait for. A handler may do next to nothing, so it writes into a pipe and
/// the loop does the rest in good order. Open it after the terminal, and only once.
public final class SignalPipe {
    public enum Event: Hashable, Sendable {
        /// SIGTERM, SIGHUP or SIGINT: end, with the exit status that a shell would report.
        case terminate(status: Int32)
        /// SIGTSTP from outside: call `Terminal.suspend`.
        case stop
        /// SIGCONT: call `Terminal.resume` and draw. It also follows a `Terminal.suspend` of our own.
        case continued
        /// SIGWINCH; curses knows too. Call `Terminal.readKeys`, then compare its size.
        case resized
    }

    let descriptor: Int32
    private var isOpen = true

    /// nil when signals cannot be watched (no descriptors left, or a second pipe).
    public init?() {
        descriptor = wcurses_signals_open()
        guard descriptor >= 0 else { return nil }
    }

    deinit { close() }

    /// Gives the signals back to whoever had them before.
    public func close() {
        guard isOpen, descriptor >= 0 else { return }
        isOpen = false
        wcurses_signals_close()
    }

    /// What has arrived, each event once.
    public func drain() -> [Event] {
        var events: [Event] = []
        while true {
            let number = wcurses_signals_next()
            guard number != 0 else { return events }
            let event: Event =
                switch number {
                case SIGTSTP: .stop
                case SIGCONT: .continued
                case SIGWINCH: .resized
                default: .terminate(status: 128 + number)
                }
            if !events.contains(event) { events.append(event) }
        }
    }
}
