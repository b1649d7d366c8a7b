internal import Synchronization
internal import WalrusIO

/// Threads that work together until their time is up.
enum Crew {
    /// Runs `body` on each of `count` threads, and `tick` on this one about every 100 ms.
    ///
    /// `stop` is called once: when `limit` nanoseconds are over, when `tick` says false, or when a
    /// thread has failed. It has to make every `body` return. Returns what threads failed with.
    static func run(
        _ count: Int, for limit: UInt64, stop: () -> Void, tick: () -> Bool,
        _ body: @escaping @Sendable (Int) throws -> Void
    ) -> [any Error] {
        let progress = Progress(count)
        let end = Clock.monotonic() + limit
        let threads = (0..<count).map { index in
            Thread {
                do { try body(index) } catch { progress.fail(error) }
                progress.end()
            }
        }
        var isStopped = false
        while true {
            let now = Clock.monotonic()
            let left = now < end ? end - now : 0
            let pause = isStopped ? tickInterval : min(tickInterval, left)
            if progress.isDone.wait(nanoseconds: pause) { break }
            let goesOn = tick()
            if !isStopped, !goesOn || progress.hasFailed || Clock.monotonic() >= end {
                isStopped = true
                stop()
            }
        }
        for thread in threads { thread.join() }
        return progress.failures
    }

    static let tickInterval: UInt64 = 100_000_000

    private final class Progress: Sendable {
        let isDone = Event()
        private let running: Atomic<Int>
        private let failed = Mutex<[any Error]>([])

        init(_ count: Int) { running = Atomic(count) }

        var failures: [any Error] { failed.withLock { $0 } }
        var hasFailed: Bool { !failures.isEmpty }

        func fail(_ error: any Error) { failed.withLock { $0.append(error) } }

        func end() {
            if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { isDone.set() }
        }
    }
}

/// What a slice of work came to.
struct Slice: Sendable {
    var entries = 0
    /// Of payload.
    var bytes = 0
    var calls = 0
    /// Calls that were refused because another thread's batch was under way, and made again.
    var conflicts = 0
    /// From the first thread's start to the last one's end.
    var nanoseconds: UInt64 = 0

    var entriesPerSecond: Double { Self.perSecond(entries, nanoseconds) }

    static func perSecond(_ count: Int, _ nanoseconds: UInt64) -> Double {
        nanoseconds == 0 ? 0 : Double(count) * 1e9 / Double(nanoseconds)
    }

    static func + (a: Slice, b: Slice) -> Slice {
        Slice(
            entries: a.entries + b.entries, bytes: a.bytes + b.bytes, calls: a.calls + b.calls,
            conflicts: a.conflicts + b.conflicts, nanoseconds: a.nanoseconds + b.nanoseconds)
    }
}
