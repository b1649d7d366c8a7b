import CNcursesShim

/// Waiting for whatever comes next: a key, a message, a signal or a moment in time.
public enum EventLoop {
    public struct Ready: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Call `Terminal.readKeys`. It may give none.
        public static let input = Ready(rawValue: 1)
        /// Call `Mailbox.take`.
        public static let messages = Ready(rawValue: 2)
        /// Call `SignalPipe.drain`, and `Terminal.readKeys` for the sake of a resize.
        public static let signals = Ready(rawValue: 4)
        /// The terminal is gone: end the program, for nobody sees it and nothing will be typed.
        public static let hangup = Ready(rawValue: 8)
    }

    /// Sleeps until something is ready or the time is up, which gives an empty set.
    ///
    /// - Parameter timeout: nil waits for as long as it takes.
    public static func wait<Message>(
        _ terminal: Terminal, _ mailbox: Mailbox<Message>, _ signals: SignalPipe?,
        timeout: Duration?
    ) -> Ready {
        if terminal.isHungUp { return .hangup }
        // Keys that curses holds already are not announced by the descriptor.
        let isPending = terminal.hasPendingKeys
        var ready = wait(
            terminal: terminal.inputDescriptor, mailbox: mailbox.descriptor,
            signals: signals?.descriptor ?? -1, timeout: isPending ? .zero : timeout)
        if isPending { ready.insert(.input) }
        return ready
    }

    static func wait(
        terminal: Int32, mailbox: Int32, signals: Int32, timeout: Duration?
    ) -> Ready {
        Ready(
            rawValue: UInt8(
                truncatingIfNeeded: wcurses_wait(
                    terminal, mailbox, signals, milliseconds(timeout))))
    }

    /// Rounded up, so that a wait never ends early and turns into a spin.
    static func milliseconds(_ timeout: Duration?) -> Int32 {
        guard let timeout else { return -1 }
        let (seconds, attoseconds) = timeout.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 86_400 else { return 86_400_000 }
        let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(seconds * 1_000 + fraction)
    }
}
