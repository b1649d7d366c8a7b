internal import WalrusIO

/// The thread that makes appended entries durable every so often (`FsyncSchedule.milliseconds`).
///
/// A sync that fails poisons its file; whoever appends there next is told.
final class Flusher: Sendable {
    private let stop = Event()
    private let thread: WalrusIO.Thread

    init(everyMilliseconds: Int, _ files: @escaping @Sendable () -> [DataFile]) {
        let interval = UInt64(max(1, everyMilliseconds)) * 1_000_000
        thread = Thread { [stop] in
            while !stop.wait(nanoseconds: interval) {
                for file in files() {
                    // Kept by the file, which refuses to be written from now on.
                    try? file.sync()
                }
            }
        }
    }

    /// Waits until the thread has ended. To be called once.
    func end() {
        stop.set()
        thread.join()
    }
}
