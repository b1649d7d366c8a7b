#if WALRUS_TSAN
    internal import Glibc

    /// What `Mutex` means in a build for Thread Sanitizer (`make tsan`), and in no other.
    ///
    /// `Synchronization.Mutex` waits and wakes by a futex, which the sanitizer does not see: every
    /// lock that was handed over by the kernel would be told as a race. It knows a mutex of pthreads.
    /// A module whose locks are to be checked has an alias that hides the other (`Mutex` below): a
    /// declaration of its own goes before an imported one, so no user of a lock knows the difference.
    @safe package struct CheckedMutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
        private let lock: UnsafeMutablePointer<pthread_mutex_t>
        private let value: UnsafeMutablePointer<Value>

        package init(_ initial: consuming sending Value) {
            unsafe lock = .allocate(capacity: 1)
            unsafe lock.initialize(to: pthread_mutex_t())
            let result = unsafe pthread_mutex_init(lock, nil)
            precondition(result == 0, "a mutex with default attributes can be made")
            unsafe value = .allocate(capacity: 1)
            unsafe value.initialize(to: initial)
        }

        deinit {
            unsafe pthread_mutex_destroy(lock)
            unsafe lock.deallocate()
            unsafe value.deinitialize(count: 1)
            unsafe value.deallocate()
        }

        package borrowing func withLock<R: ~Copyable, E: Error>(
            _ body: (inout sending Value) throws(E) -> sending R
        ) throws(E) -> sending R {
            unsafe pthread_mutex_lock(lock)
            defer { unsafe pthread_mutex_unlock(lock) }
            return try unsafe body(&value.pointee)
        }

        package borrowing func withLockIfAvailable<R: ~Copyable, E: Error>(
            _ body: (inout sending Value) throws(E) -> sending R
        ) throws(E) -> sending R? {
            guard unsafe pthread_mutex_trylock(lock) == 0 else { return nil }
            defer { unsafe pthread_mutex_unlock(lock) }
            return try unsafe body(&value.pointee)
        }
    }

    typealias Mutex = CheckedMutex
#endif
