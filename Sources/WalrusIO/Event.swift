internal import Glibc

/// Something that happens once, and that a thread can wait for with a limit.
///
/// `Mutex` has no condition to wait on; this is the one our threads need.
@safe public final class Event: @unchecked Sendable {
    // Unchecked: `isSet` is only touched between the lock and the unlock of `mutex`.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var isSet = false

    public init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // A clock that is set back must not make a waiting thread sleep for hours.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Lets every thread that waits, now or later, go on.
    public func set() {
        unsafe pthread_mutex_lock(mutex)
        isSet = true
        unsafe pthread_cond_broadcast(condition)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Waits until the event is set, but not longer than `nanoseconds`. Returns whether it is set.
    public func wait(nanoseconds: UInt64) -> Bool {
        let (end, overflow) = Clock.monotonic().addingReportingOverflow(nanoseconds)
        let last = overflow ? UInt64(Int64.max) : min(end, UInt64(Int64.max))
        var limit = timespec(
            tv_sec: Int(last / 1_000_000_000), tv_nsec: Int(last % 1_000_000_000))
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while !isSet {
            if unsafe pthread_cond_timedwait(condition, mutex, &limit) == ETIMEDOUT { break }
        }
        return isSet
    }
}
