#if WALRUS_TSAN
    internal import WalrusIO

    /// Hides the one of `Synchronization` from Thread Sanitizer; see there.
    typealias Mutex = CheckedMutex
#endif
