internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// Reads and checks a batch ahead on a thread of its own, while the cursor behind the one before it
/// is made durable: a reader that records each batch waits for the disk and not for both.
///
/// One read at a time; readers that find the thread busy do without. It begins with the first work.
final class BatchAhead: Sendable {
    /// What a reader is likely to want next.
    final class Job: Sendable {
        private let spot: Topic.Spot
        private let need: StoredRun.Need
        private let lease: Lease
        private let outcome = Mutex<StoredRun?>(nil)
        private let isDone = Event()

        fileprivate init(_ spot: Topic.Spot, _ need: StoredRun.Need, _ lease: Lease) {
            self.spot = spot
            self.need = need
            self.lease = lease
        }

        fileprivate func run() {
            // Who wants the entries reads them again, and is told what is wrong.
            let run = try? StoredRun(spot.block, at: spot.offset, need)
            outcome.withLock { $0 = run }
        }

        fileprivate func end() { isDone.set() }

        /// The entries at the spot, if that is what was read; waits for them.
        func take(at spot: Topic.Spot, count: Int, payloadSize: Int) -> StoredRun? {
            guard spot.offset == self.spot.offset, spot.block.isSame(as: self.spot.block),
                spot.block.damaged == self.spot.block.damaged,
                need.count == count, need.payloadSize == payloadSize
            else { return nil }
            _ = isDone.wait(nanoseconds: .max)
            return outcome.withLock { run in
                defer { run = nil }
                return run.flatMap { $0.entries.isEmpty ? nil : $0 }
            }
        }
    }

    private struct State {
        var job: Job?
        var isBusy = false
        var isEnded = false
        /// Set when there is a job, or when no more will come.
        var call = Event()
        var thread: WalrusIO.Thread?
    }

    private let state = Mutex(State())

    /// Begins to read; nil where that must not be waited for, or would take too much memory.
    func start(_ spot: Topic.Spot, _ need: StoredRun.Need) -> Job? {
        var need = need
        need.takesLong = false
        guard let lease = Lease(need.readSize) else { return nil }
        let job = Job(spot, need, lease)
        let call: Event? = state.withLock { state in
            guard !state.isBusy, !state.isEnded else { return nil }
            if state.thread == nil {
                state.thread = try? WalrusIO.Thread.start { [self] in work() }
                // Where there are no more threads, readers wait for what they read, as before.
                guard state.thread != nil else { return nil }
            }
            (state.job, state.isBusy) = (job, true)
            return state.call
        }
        guard let call else { return nil }
        call.set()
        return job
    }

    private func work() {
        while true {
            let call = state.withLock { $0.call }
            _ = call.wait(nanoseconds: .max)
            let (job, isEnded) = state.withLock { state in
                defer { (state.job, state.call) = (nil, Event()) }
                return (state.job, state.isEnded)
            }
            job?.run()
            // Before the reader goes on, who may have the next job.
            state.withLock { $0.isBusy = isEnded }
            job?.end()
            if isEnded { return }
        }
    }

    /// Waits until nothing is read any more. To be called once.
    func end() {
        let (thread, call) = state.withLock { state in
            state.isEnded = true
            return (state.thread, state.call)
        }
        call.set()
        thread?.join()
    }
}

/// A part of what readers may hold together of what they have read ahead.
final class Lease: Sendable {
    private let size: Int
    private static let sizeMax = 16 << 20
    private static let held = Atomic(0)

    /// Nil: there is none left.
    init?(_ size: Int) {
        self.size = size
        // What is refused is given back like any other, by the end of the object.
        let held = Self.held.wrappingAdd(size, ordering: .relaxed).newValue
        if held > Self.sizeMax { return nil }
    }

    deinit { Self.held.wrappingSubtract(size, ordering: .relaxed) }
}
