internal import Synchronization
internal import WalrusFormat
internal import WalrusIO

/// Reads and checks batches ahead on a thread of its own, while the cursor behind the one before them
/// is made durable: a reader that records each batch waits for the disk and not for both.
///
/// Two batches are ahead of a reader that keeps taking them, so that the thread need not wait for
/// the reader, nor the reader for the thread to wake. One read at a time; readers that find the
/// thread busy do without. It begins with the first work.
final class BatchAhead: Sendable {
    /// What a reader is likely to want next.
    final class Job: Sendable {
        private let block: Block
        private let offset: Int
        private let need: StoredRun.Need
        private let lease: Lease
        private let progress = Mutex(Progress())
        private let isDone = Event()

        private struct Progress: Sendable {
            var run: StoredRun?
            /// Where the batch behind this one begins, once that is known and there is one.
            var end: Int?
            var isRead = false
            /// Whoever reads this one is to go on with the next.
            var isExtended = false
            var following: Job?
        }

        fileprivate init?(_ block: Block, at offset: Int, _ need: StoredRun.Need) {
            guard let lease = Lease(need.readSize) else { return nil }
            self.block = block
            self.offset = offset
            self.need = need
            self.lease = lease
        }

        /// Reads it. Returns what is to be read next.
        fileprivate func run() -> Job? {
            // Who wants the entries reads them again, and is told what is wrong.
            let run = try? StoredRun(block, at: offset, need)
            let size = run.map { $0.entries.reduce(0) { $0 + $1.size } } ?? 0
            let isFollowed = run?.isEnough == true && size > 0
            return progress.withLock { progress in
                progress.run = run
                progress.end = isFollowed ? offset + size : nil
                progress.isRead = true
                if progress.isExtended { progress.following = follow(progress) }
                return progress.following
            }
        }

        private func follow(_ progress: Progress) -> Job? {
            progress.end.flatMap { Job(block, at: $0, need) }
        }

        /// Lets those who wait for it go on. What was not read by now is not going to be.
        fileprivate func end() { isDone.set() }

        /// Asks for the batch behind this one too. Where this one is read already, `hand` takes that,
        /// or does not.
        fileprivate func extend(_ hand: (Job) -> Bool) {
            progress.withLock { progress in
                guard !progress.isExtended else { return }
                progress.isExtended = true
                guard progress.isRead, let job = follow(progress), hand(job) else { return }
                progress.following = job
            }
        }

        /// The batch behind this one, if it is at the spot.
        func following(at spot: Topic.Spot, _ need: StoredRun.Need) -> Job? {
            let following = progress.withLock { $0.following }
            return following.flatMap { $0.isOf(spot, need.count, need.payloadSize) ? $0 : nil }
        }

        private func isOf(_ spot: Topic.Spot, _ count: Int, _ payloadSize: Int) -> Bool {
            spot.offset == offset && spot.block.isSame(as: block)
                && spot.block.damaged == block.damaged
                && need.count == count && need.payloadSize == payloadSize
        }

        /// The entries at the spot, if that is what was read; waits for them.
        func take(at spot: Topic.Spot, count: Int, payloadSize: Int) -> StoredRun? {
            guard isOf(spot, count, payloadSize) else { return nil }
            _ = isDone.wait(nanoseconds: .max)
            return progress.withLock { progress in
                defer { progress.run = nil }
                return progress.run.flatMap { $0.entries.isEmpty ? nil : $0 }
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

    /// What is read at the spot, or begins to be; nil where that must not be waited for, or would
    /// take too much memory.
    ///
    /// - Parameter last: what was read before it.
    func start(_ spot: Topic.Spot, _ need: StoredRun.Need, after last: Job?) -> Job? {
        var need = need
        need.takesLong = false
        if let job = last?.following(at: spot, need) {
            job.extend(hand)
            return job
        }
        guard let job = Job(spot.block, at: spot.offset, need), hand(job) else { return nil }
        if last != nil { job.extend(hand) }
        return job
    }

    /// Gives the thread something to read; false where it has something.
    private func hand(_ job: Job) -> Bool {
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
        call?.set()
        return call != nil
    }

    private func work() {
        while true {
            let call = state.withLock { $0.call }
            _ = call.wait(nanoseconds: .max)
            var (job, isEnded) = state.withLock { state in
                defer { (state.job, state.call) = (nil, Event()) }
                return (state.job, state.isEnded)
            }
            while let current = job {
                job = isEnded ? nil : current.run()
                // Before the reader goes on, who may have the next job.
                isEnded = state.withLock { state in
                    state.isBusy = state.isEnded || job != nil
                    return state.isEnded
                }
                current.end()
            }
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
