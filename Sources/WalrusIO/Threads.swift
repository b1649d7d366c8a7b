internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A thread of our own. Work that blocks must not sit on the cooperative pool.
public final class Thread: Sendable {
    private let handle: pthread_t

    public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// A number that tells the calling thread from others that run now.
    public static var current: UInt { UInt(pthread_self()) }

    /// Lets another thread run.
    public static func yield() { sched_yield() }

    /// Has the calling thread, and those that it starts from now on, wait where others of a busy machine
    /// have work too. Where that is refused nothing changes. (Linux sets this for a thread, and
    /// not for the process as POSIX has it: setpriority(2).)
    public static func goBehindOthers() { _ = setpriority(CInt(PRIO_PROCESS.rawValue), 0, 5) }

    /// Starts `body`. Traps where the system has no more threads to give: nothing sensible goes on.
    public convenience init(_ body: @escaping @Sendable () -> Void) {
        guard let started = try? Self.start(body) else { preconditionFailure("no more threads") }
        self.init(started.handle)
    }

    private init(_ handle: pthread_t) { self.handle = handle }

    /// Starts `body`. Throws where the system has no more threads to give.
    public static func start(_ body: @escaping @Sendable () -> Void) throws(IOError) -> Thread {
        var handle = pthread_t()
        let box = unsafe Unmanaged.passRetained(Body(body))
        // Signals stay with the main thread, which waits for them.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        let result = unsafe pthread_create(
            &handle, nil,
            { argument in
                unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard result == 0 else {
            unsafe box.release()
            throw IOError("start", "a thread", Errno(rawValue: result))
        }
        return Thread(handle)
    }

    /// Waits for the end. To be called once.
    public func join() { pthread_join(handle, nil) }

    /// Waits never. To be called once, and not after `join`.
    public func detach() { pthread_detach(handle) }

    /// Starts `body` on a thread that nobody waits for.
    public static func detach(_ body: @escaping @Sendable () -> Void) {
        pthread_detach(Thread(body).handle)
    }

    /// Runs `body` for every index in `0..<count` on up to `threads` threads, in any order.
    public static func forEach(
        _ count: Int, threads: Int = processorCount, _ body: @escaping @Sendable (Int) -> Void
    ) {
        guard count > 1, threads > 1 else { return (0..<count).forEach(body) }
        let next = Counter()
        let work: @Sendable () -> Void = {
            while true {
                let index = next.take()
                guard index < count else { return }
                body(index)
            }
        }
        // With fewer than there might be it takes longer, and that is all.
        let helpers = (1..<min(threads, count)).compactMap { _ in try? start(work) }
        work()
        for helper in helpers { helper.join() }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func take() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
    }
}
