internal import Synchronization
package import SystemPackage

/// Work through a ring of the kernel, which is made with the first work that it helps and then kept.
///
/// Plain calls do what a ring does not help or cannot do: a lone piece, files that are not to be
/// passed by (`StorageFile.descriptor(for:)`), everything where the kernel grants no ring, and a
/// call that comes while another thread uses the ring, which would only wait for it.
public final class RingBatchIO: BatchIO {
    private struct State: ~Copyable {
        var ring: Ring?
        var isRefused = false
    }

    private let depth: Int
    private let transferMax: Int
    private let refusal: Errno?
    private let state = Mutex(State())
    private let use = Mutex(RingUse.idle)
    private let operations = Atomic(0)

    /// - Parameter depth: operations that are under way at once.
    public convenience init(depth: Int = 64) {
        self.init(depth: depth, transferMax: 1 << 30, refusal: nil)
    }

    /// - Parameters:
    ///   - transferMax: bytes that one operation moves at most; the rest follows in further ones.
    ///   - refusal: what the kernel is taken to say when it is asked for a ring.
    package init(depth: Int, transferMax: Int, refusal: Errno?) {
        precondition(depth > 0 && (1...1 << 30).contains(transferMax))
        self.depth = depth
        self.transferMax = transferMax
        self.refusal = refusal
    }

    /// One with a ring, unless the environment's `WALRUS_DISABLE_IO_URING` is 1.
    public static func fromEnvironment() -> any BatchIO {
        Host.environment("WALRUS_DISABLE_IO_URING") == "1" ? PlainBatchIO() : RingBatchIO()
    }

    /// Whether there could be a ring, which is tried: `idle` where there could.
    public static func probe() -> RingUse {
        guard Host.environment("WALRUS_DISABLE_IO_URING") != "1" else { return .disabled }
        do throws(Errno) { _ = try Ring(depth: 1) } catch { return .unavailable(error) }
        return .idle
    }

    public var ring: RingUse { use.withLock { $0 } }

    public var ringOperations: Int { operations.load(ordering: .relaxed) }

    public func submit(reads: [FileRead]) -> [Result<Int, IOError>] {
        var jobs = reads.map { read in
            unsafe RingJob(
                .read, read.file, read.offset,
                read.buffers.map { UnsafeRawBufferPointer($0) })
        }
        defer { for job in jobs { job.deallocate() } }
        run(&jobs)
        return zip(jobs, reads).map { job, piece in
            switch job.outcome {
            case .ended(let count): .success(count)
            case .failed(let code):
                .failure(IOError("read", piece.file.path, at: job.offset, code))
            case .plain, nil: PlainBatchIO.read(piece)
            }
        }
    }

    public func syncAll(_ files: [any StorageFile]) -> [IOError?] {
        var jobs = files.map { unsafe RingJob(.sync, $0, 0, []) }
        defer { for job in jobs { job.deallocate() } }
        run(&jobs)
        return zip(jobs, files).map { job, file in
            switch job.outcome {
            case .ended: nil
            case .failed(let code): IOError("sync", file.path, code)
            case .plain, nil: PlainBatchIO.sync(file)
            }
        }
    }

    /// Does what the ring can do. What is left without an outcome is left to plain calls, from its
    /// beginning: to read the same again does no harm.
    private func run(_ jobs: inout [RingJob]) {
        var waiting = jobs.indices.filter { jobs[$0].outcome == nil }
        guard waiting.count > 1 else { return }
        waiting.reverse()
        state.withLockIfAvailable { state in
            guard !state.isRefused else { return }
            do throws(Errno) {
                if state.ring == nil { state.ring = try makeRing() }
                try drive(&state.ring!, &jobs, waiting)
            } catch {
                // Nothing is under way: what was queued goes with the ring.
                state.ring = nil
                state.isRefused = true
                use.withLock { $0 = .unavailable(error) }
            }
        }
    }

    private func makeRing() throws(Errno) -> Ring {
        if let refusal { throw refusal }
        let ring = try Ring(depth: depth)
        use.withLock { $0 = .used }
        return ring
    }

    /// Keeps the ring full until every job has an outcome, and nothing is under way.
    private func drive(_ ring: inout Ring, _ jobs: inout [RingJob], _ indices: [Int])
        throws(Errno)
    {
        // The last one is next.
        var waiting = indices
        while !waiting.isEmpty || ring.queued + ring.underWay > 0 {
            while !ring.isFull, let index = waiting.popLast() {
                unsafe ring.push(
                    jobs[index].work, jobs[index].descriptor, jobs[index].next(limit: transferMax),
                    at: jobs[index].offset, tag: index)
                operations.wrappingAdd(1, ordering: .relaxed)
            }
            do throws(Errno) {
                try ring.submit(waitingFor: waiting.isEmpty ? ring.queued + ring.underWay : 1)
            } catch {
                // EINTR: a signal. EAGAIN, EBUSY: no memory now; what is under way gives some back.
                let passes = [.interrupted, .resourceTemporarilyUnavailable, .resourceBusy]
                    .contains(error)
                guard passes, error == .interrupted || ring.underWay > 0 else {
                    // Memory that the kernel may still write to must not be given back.
                    precondition(ring.underWay == 0, "the ring broke with work under way: \(error)")
                    throw error
                }
            }
            while let (index, result) = ring.pop() {
                jobs[index].finish(result)
                if jobs[index].outcome == nil { waiting.append(index) }
            }
        }
    }
}
