internal import WalrusIO

/// The thread that makes appended entries durable every so often (`FsyncSchedule.milliseconds`).
///
/// A pass begins every so many milliseconds from the start on, or at once when the one before took
/// longer: so the sync that covers a write begins within that time after it, or when the pass under
/// way ends. A sync that fails poisons its file; whoever appends there next is told.
final class Flusher: Sendable {
    private let stop = Event()
    /// A year: longer than that is never, and counts as that.
    private static let millisecondsMax = 365 * 24 * 3_600_000
    private let thread: WalrusIO.Thread

    init(
        everyMilliseconds: Int, _ cursors: CursorStore, _ io: any BatchIO,
        _ files: @escaping @Sendable () -> [DataFile]
    ) throws(EngineError) {
        let interval = UInt64(min(max(1, everyMilliseconds), Self.millisecondsMax)) * 1_000_000
        let passes: @Sendable () -> Void = { [stop] in
            var next = Clock.monotonic() + interval
            while true {
                let now = Clock.monotonic()
                if stop.wait(nanoseconds: next > now ? next - now : 0) { return }
                // Counted from when it was due, so that the passes do not drift; those that were
                // missed are not made up for.
                next = max(next + interval, Clock.monotonic())
                // A topic's "dirty" before its entries. What fails is kept, by the store and by the
                // file, which refuses to be written from now on.
                try? cursors.sync()
                DataFile.syncMany(files(), io)
            }
        }
        do throws(IOError) { thread = try Thread.start(passes) } catch {
            throw EngineError(error)
        }
    }

    /// Waits until the thread has ended. To be called once.
    func end() {
        stop.set()
        thread.join()
    }
}
