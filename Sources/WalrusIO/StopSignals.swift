internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP as a request to come to an end in good order.
public enum StopSignals {
    private static let received = Atomic<CInt>(0)

    /// From now on these signals do nothing but make `isRequested` true.
    public static func watch() {
        // Made before a handler could need it.
        _ = received.load(ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { StopSignals.received.store($0, ordering: .relaxed) }
        }
    }

    public static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

    /// Ends the process by the signal that has come, so that whoever started it learns of it.
    public static func endIfRequested() {
        let number = received.load(ordering: .relaxed)
        if number != 0 { end(by: number) }
    }

    static func end(by number: CInt) -> Never {
        signal(number, SIG_DFL)
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
        _exit(128 + number)
    }
}
