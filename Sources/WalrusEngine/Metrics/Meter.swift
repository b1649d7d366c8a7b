internal import Synchronization
internal import SystemPackage
internal import WalrusFormat
internal import WalrusIO

/// An engine's figures, from all who have some, and the file that shows them to other processes.
///
/// The file is a courtesy: it is not synced, and that it cannot be written is nobody's error.
final class Meter: Sendable {
    private let recorder: MetricsRecorder
    private let allocator: BlockAllocator
    private let cursors: CursorStore
    private let io: any BatchIO
    private let opened: UInt64
    private let stop = Event()
    private let output: Mutex<Output>
    private let thread = Mutex<WalrusIO.Thread?>(nil)
    private let writesFile: Bool

    private struct Output {
        let path: FilePath
        var file: DiskFile?
        /// What the file says, once it was written.
        var shown = MetricCounters()
        /// When the interval began that is not in it yet.
        var last: UInt64
    }

    private static let intervalNanoseconds: UInt64 = 1_000_000_000

    /// - Parameter writesFile: whether there is to be a file.
    init(
        _ recorder: MetricsRecorder, _ allocator: BlockAllocator, _ cursors: CursorStore,
        _ io: any BatchIO, directory: FilePath, writesFile: Bool
    ) {
        self.recorder = recorder
        self.allocator = allocator
        self.cursors = cursors
        self.io = io
        self.writesFile = writesFile
        opened = Clock.wall()
        output = Mutex(
            Output(path: directory.appending(DirectoryNames.metrics), last: Clock.monotonic()))
        guard writesFile else { return }
        thread.withLock {
            // Where there are no more threads, others see the figures when the engine is closed.
            $0 = try? Thread.start { [self] in
                while !stop.wait(nanoseconds: Self.intervalNanoseconds) { write(isClosed: false) }
            }
        }
    }

    func metrics(_ control: ControlUse) -> Metrics {
        let (counters, latencies) = recorder.snapshot()
        return Metrics(
            counters: complete(counters), append: latencies[0], read: latencies[1],
            sync: latencies[2], ring: io.ring, control: control)
    }

    /// The figures as other processes get them.
    func image() -> MetricsImage {
        let (counters, latencies) = recorder.snapshot()
        let last = output.withLock { $0.last }
        return image(
            complete(counters), latencies, isClosed: false, interval: Clock.monotonic() - last)
    }

    private func image(
        _ counters: MetricCounters, _ latencies: [LatencyHistory], isClosed: Bool, interval: UInt64
    ) -> MetricsImage {
        var image = MetricsImage(
            processID: UInt64(Host.processID), opened: opened, written: Clock.wall(),
            isClosed: isClosed, interval: interval)
        image.counters = counters
        (image.append, image.read, image.sync) = (latencies[0], latencies[1], latencies[2])
        image.ring =
            switch io.ring {
            case .idle: .idle
            case .used: .used
            case .unavailable(let code): .unavailable(UInt32(bitPattern: code.rawValue))
            case .disabled: .disabled
            }
        return image
    }

    /// The counts with those that others keep.
    private func complete(_ counters: MetricCounters) -> MetricCounters {
        var counters = counters
        counters.recordedCursors = UInt64(cursors.recordCount)
        counters.poisonedFiles = UInt64(allocator.files.count { $0.poison != nil })
        counters.ringOperations = UInt64(io.ringOperations)
        return counters
    }

    /// Writes the last figures. To be called once, while the directory is still ours.
    func end() {
        stop.set()
        thread.withLock { $0.take() }?.join()
        if writesFile { write(isClosed: true) }
    }

    private func write(isClosed: Bool) {
        output.withLock { output in
            let counters = complete(recorder.snapshot().counters)
            guard counters != output.shown || (isClosed && output.file != nil) else { return }
            let collected = recorder.collect()
            let now = Clock.monotonic()
            let image = image(
                complete(collected.counters), collected.latencies, isClosed: isClosed,
                interval: now - output.last)
            output.last = now
            output.shown = image.counters
            do throws(IOError) {
                if output.file == nil {
                    let file = try DiskFile(output.path, .openOrCreateHere)
                    if try file.size() > MetricsImage.size {
                        try file.truncate(to: MetricsImage.size)
                    }
                    output.file = file
                }
                try output.file.map { file throws(IOError) in
                    try image.encode().write(to: file, at: 0)
                }
            } catch { output.file = nil }
        }
    }
}
