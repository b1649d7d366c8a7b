internal import CLinuxShim
internal import Synchronization

/// Lets one thread at a time do something slow that serves all who wait for it.
///
/// `Mutex` hands itself on from one waiting thread to the next, though most of them only come to see
/// that everything is done. Here all of them wake at once, look, and go.
@safe public final class Gate: @unchecked Sendable {
    // Unchecked: what the pointer leads to is only touched by atomic operations.
    private let isBusy = Atomic(false)
    /// How often somebody has left. The kernel looks at it before it lets a thread sleep, so it
    /// needs an address that stays.
    private let passes: UnsafeMutablePointer<Atomic<UInt32>>
    private let sleepers = Atomic(0)

    public init() {
        unsafe passes = .allocate(capacity: 1)
        unsafe passes.initialize(to: Atomic(0))
    }

    deinit {
        unsafe passes.deinitialize(count: 1)
        unsafe passes.deallocate()
    }

    /// Waits until nobody else is inside. True: the caller is inside, and must leave. False: `isDone`
    /// came true before, and the caller is not inside.
    public func enter(unless isDone: () -> Bool) -> Bool {
        while true {
            // Before the looks, so that what changes after them keeps us from sleeping.
            let pass = unsafe passes.pointee.load(ordering: .sequentiallyConsistent)
            if isDone() { return false }
            if !isBusy.exchange(true, ordering: .sequentiallyConsistent) { return true }
            sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
            unsafe wlinux_futex_wait(word, pass)
            sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        }
    }

    /// Wakes all who wait, so that they see what is done.
    public func leave() {
        isBusy.store(false, ordering: .sequentiallyConsistent)
        unsafe passes.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        unsafe wlinux_futex_wake_all(word)
    }

    private var word: UnsafePointer<UInt32> {
        unsafe UnsafeRawPointer(passes).assumingMemoryBound(to: UInt32.self)
    }
}
