import CNcursesShim
import Synchronization

/// Messages from worker threads to the loop, which wakes up when there are any.
public final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
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
    public func post(_ message: Message) {
        let wasEmpty = messages.withLock { list in
            list.append(message)
            return list.count == 1
        }
        if wasEmpty { wcurses_wake_post(descriptor) }
    }

    /// All messages so far.
    public func take() -> [Message] {
        // In this order: a message posted in between is taken now, and a wake-up too many is
        // harmless, while one too few would leave it lying.
        wcurses_wake_drain(descriptor)
        return messages.withLock { list in
            let taken = list
            list = []
            return taken
        }
    }
}
