import CNcursesShim
import Synchronization

/// Messages from worker threads to the loop, which wakes up when there are any.
public final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        /// Whether the loop was told to wake up.
        var isAnnounced = false
    }

    private let state = Mutex(State())
    let descriptor: Int32

    /// nil when the process has no descriptors left.
    public init?() {
        descriptor = wcurses_wake_open()
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if descriptor >= 0 { wcurses_wake_close(descriptor) }
    }

    /// From any thread. Messages are taken in the order in which they were posted.
    ///
    /// - Parameter wakes: false leaves the loop asleep: the message is taken when it wakes up for
    ///   something else.
    public func post(_ message: Message, wakes: Bool = true) {
        let mustWake = state.withLock { state in
            state.messages.append(message)
            guard wakes, !state.isAnnounced else { return false }
            state.isAnnounced = true
            return true
        }
        if mustWake { wcurses_wake_post(descriptor) }
    }

    /// All messages so far.
    public func take() -> [Message] {
        state.withLock { state in
            // A wake-up that is on its way is one too many, which is harmless; none is too few.
            if state.isAnnounced { wcurses_wake_drain(descriptor) }
            defer { state = State() }
            return state.messages
        }
    }
}
