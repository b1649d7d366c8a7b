internal import WalrusIO

/// The thread that makes appended entries durable every so often (`FsyncSchedule.milliseconds`).
///
/// A sync that fails poisons its file; whoever appends there next is told.
final class Flusher: Sendable {
    private let stop = Event()
    private let thread: WalrusIO.Thread

    init(
        everyMilliseconds: Int, _ io: any BatchIO, _ files: @escaping @Sendable () -> [DataFile]
    ) {
        let interval = UInt64(max(1, everyMilliseconds)) * 1_000_000
        thread = Thread { [stop] in
            // Failures are kept by the files, which refuse to be written from now on.
            while !stop.wait(nanoseconds: interval) { DataFile.syncMany(files(), io) }
        }
    }

    /// Waits until the thread has ended. To be called once.
    func end() {
        stop.set()
        thread.join()
    }
}
