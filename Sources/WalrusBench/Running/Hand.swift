internal import Synchronization
internal import WalrusEngine
internal import WalrusIO

/// What all threads of a slice look at.
final class Signals: Sendable {
    let isStopped = Atomic(false)
    /// Each time that it moves, threads hand in what they have timed.
    let interval = Atomic(0)

    func stop() { isStopped.store(true, ordering: .relaxed) }
}

/// One thread's calls to the engine: made one after another, counted and timed.
final class Hand: Sendable {
    private let signals: Signals
    /// A call in so many is timed, less one: a mask.
    private let timingMask: Int
    private let entries = Atomic(0)
    private let bytes = Atomic(0)
    private let handedIn = Mutex(Latencies())
    private let outcome = Mutex(Outcome())

    struct Outcome: Sendable {
        var slice = Slice()
        var began: UInt64 = 0
        var ended: UInt64 = 0
    }

    /// What a call came to; `nil` instead of it: there is nothing left to do.
    struct Work {
        let entries: Int
        let bytes: Int
    }

    init(_ signals: Signals, timingMask: Int) {
        self.signals = signals
        self.timingMask = timingMask
    }

    /// So far, for whoever watches.
    var soFar: (entries: Int, bytes: Int) {
        (entries.load(ordering: .relaxed), bytes.load(ordering: .relaxed))
    }

    var result: Outcome { outcome.withLock { $0 } }

    /// Moves what was handed in to `latencies`.
    func collect(into latencies: inout Latencies) {
        let collected = handedIn.withLock { handedIn in
            let collected = handedIn
            handedIn.reset()
            return collected
        }
        latencies.add(collected)
    }

    /// Makes calls until all are stopped, nothing is left, or one fails; one at least, so that a slice
    /// says something also where a call takes longer than it.
    @inline(__always)
    func work(_ call: () throws(EngineError) -> Work?) throws(EngineError) {
        var latencies = Latencies()
        var slice = Slice()
        var interval = signals.interval.load(ordering: .relaxed)
        let began = Clock.monotonic()
        var last = began
        defer {
            let ended = Clock.monotonic()
            handIn(&latencies)
            slice.nanoseconds = ended - began
            outcome.withLock { $0 = Outcome(slice: slice, began: began, ended: ended) }
        }
        repeat {
            let isTimed = slice.calls & timingMask == 0
            if isTimed, timingMask != 0 { last = Clock.monotonic() }
            do throws(EngineError) {
                guard let work = try call() else { return }
                slice.entries += work.entries
                slice.bytes += work.bytes
            } catch {
                guard error.code == .batchInProgress else { throw error }
                slice.conflicts += 1
                Thread.yield()
                continue
            }
            slice.calls += 1
            entries.store(slice.entries, ordering: .relaxed)
            bytes.store(slice.bytes, ordering: .relaxed)
            guard isTimed else { continue }
            // Without a gap between calls, the end of one is the start of the next.
            let now = Clock.monotonic()
            latencies.record(now - last)
            last = now
            if signals.interval.load(ordering: .relaxed) != interval {
                interval = signals.interval.load(ordering: .relaxed)
                handIn(&latencies)
            }
        } while !signals.isStopped.load(ordering: .relaxed)
    }

    private func handIn(_ latencies: inout Latencies) {
        handedIn.withLock { $0.add(latencies) }
        latencies.reset()
    }
}
