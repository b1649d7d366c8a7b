internal import CFloorShim
internal import SystemPackage
internal import WalrusEngine
internal import WalrusIO

/// The bare loop under appending and reading, one thread and one file for each of the engine's
/// threads (`CFloorShim`).
final class FloorSide: Side {
    private let workload: Workload
    private let scratch: Scratch
    private let budget: Int
    private var loops: [FloorLoop] = []

    init(_ workload: Workload, _ scratch: Scratch, budget: Int) {
        self.workload = workload
        self.scratch = scratch
        self.budget = budget
    }

    func prepare(_ watch: Watch) throws {
        try Directory.create(scratch.floor)
        let all = workload.mode.reads ? workload.preparedBytes : budget
        // A file has 1000 MiB; what is read stands in one.
        let share = all / workload.threads
        for index in 0..<workload.threads {
            loops.append(
                try FloorLoop(
                    workload, prefix: scratch.floor.appending("floor-\(index)"),
                    limit: workload.mode.reads ? min(share, 1_000_000_000) : share))
        }
    }

    func slice(_ limit: UInt64, _ watch: Watch, fraction: (UInt64) -> Double) throws -> SliceOutcome
    {
        var outcome = SliceOutcome()
        let loops = loops
        let start = Clock.monotonic()
        let size = workload.meanSize
        outcome.failures = Crew.run(
            loops.count, for: limit, stop: { for loop in loops { loop.stop() } },
            tick: {
                let entries = loops.reduce(0) { $0 + $1.done }
                let done = fraction(min(limit, Clock.monotonic() - start))
                return watch.tick(entries: entries, bytes: entries * size, fraction: done)
            },
            { index in
                defer { for loop in loops { loop.stop() } }
                try loops[index].work()
            })
        outcome.slice.entries = loops.reduce(0) { $0 + $1.done }
        outcome.slice.bytes = outcome.slice.entries * size
        let began = loops.map(\.began).filter { $0 > 0 }.min() ?? 0
        outcome.slice.nanoseconds = (loops.map(\.ended).max() ?? 0) - began
        let done = fraction(min(limit, outcome.slice.nanoseconds))
        watch.end(outcome.slice, Latencies(), fraction: done)
        // Written pages that nobody wants any more must not be in the engine's way.
        for loop in loops { try loop.rewind() }
        return outcome
    }

    func finish() throws { loops = [] }
}

/// A thread's loop. Its files go with it.
@safe final class FloorLoop: @unchecked Sendable {
    // Unchecked: the flag and the count are atomics, all else belongs to one thread at a time.
    private let loop: OpaquePointer
    private let path: FilePath

    init(_ workload: Workload, prefix: FilePath, limit: Int) throws(IOError) {
        path = prefix
        let lengths = workload.lengths
        var made: OpaquePointer?
        let code = unsafe prefix.withPlatformString { name in
            unsafe lengths.withUnsafeBufferPointer { lengths in
                let kind: wfloor_kind =
                    switch workload.mode {
                    case .batch: WFLOOR_BATCH
                    case .read: WFLOOR_READ
                    case .readBatch: WFLOOR_READ_BATCH
                    case .append, .recover, .open: WFLOOR_APPEND
                    }
                let strict = workload.mode == .read && workload.consistency == .strictlyAtOnce
                let each = workload.mode.writes && workload.schedule == .each
                var plan = unsafe wfloor_plan(
                    kind: kind, prefix: name, sizes: lengths.baseAddress!,
                    size_count: lengths.count, batch: workload.batch, limit: Int64(limit),
                    maps: workload.backend == .memoryMap, syncs: strict || each)
                return unsafe wfloor_create(&plan, &made)
            }
        }
        guard code == 0, let made = unsafe made else {
            throw IOError("write to", prefix, Errno(rawValue: code))
        }
        unsafe loop = made
    }

    deinit { unsafe wfloor_destroy(loop) }

    var done: Int { Int(clamping: unsafe wfloor_done(loop)) }
    var began: UInt64 { unsafe wfloor_began(loop) }
    var ended: UInt64 { unsafe wfloor_ended(loop) }

    func stop() { unsafe wfloor_stop(loop) }

    func work() throws(IOError) {
        let code = unsafe wfloor_work(loop)
        if code != 0 { throw IOError("write to", path, Errno(rawValue: code)) }
    }

    func rewind() throws(IOError) {
        let code = unsafe wfloor_rewind(loop)
        if code != 0 { throw IOError("write to", path, Errno(rawValue: code)) }
    }
}
