import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import WalrusIO

/// A signal ends a call that waits; the call is made again.
@Suite struct InterruptionTests {
    @Test func anInterruptedCallIsMadeAgain() throws {
        var calls = 0
        let result = try retrying { () -> Int in
            calls += 1
            guard calls < 4 else { return 7 }
            errno = EINTR
            return -1
        }
        #expect(result == 7 && calls == 4)
        #expect(throws: Errno.ioError) {
            try retrying { () -> CInt in
                calls += 1
                errno = EIO
                return -1
            }
        }
        #expect(calls == 5)
    }

    private static let signal = SIGUSR2
    /// Does nothing, and stays: tests run at once, and the one that ended first would have the
    /// signal kill the other. Nobody asked the system to make calls again by itself.
    private static let isHandled: Bool = {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in }
        return unsafe sigaction(signal, &action, nil) == 0
    }()

    /// Runs `body` on a thread of its own, which gets signals until `end` has let it go on.
    private func interrupting(
        _ body: @escaping @Sendable () throws -> Void, end: () throws -> Void
    ) throws {
        #expect(Self.isHandled)
        let target = Mutex<pthread_t?>(nil)
        let failure = Mutex<(any Error)?>(nil)
        let thread = Thread {
            // Threads of ours have all signals blocked.
            var signals = sigset_t()
            unsafe sigemptyset(&signals)
            unsafe sigaddset(&signals, Self.signal)
            unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            target.withLock { $0 = pthread_self() }
            do { try body() } catch { failure.withLock { $0 = error } }
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            target.withLock { $0 = nil }
        }
        for _ in 0..<100 {
            target.withLock { if let id = $0 { _ = pthread_kill(id, Self.signal) } }
            Clock.sleep(nanoseconds: 1_000_000)
        }
        try end()
        thread.join()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Opening waits for the pipe's other end.
    @Test func signalsWhileAFileIsOpened() throws {
        let temp = try TempDirectory()
        let path = temp.path.appending("pipe")
        try Shell.run("mkfifo '\(path)'")
        let reader = Mutex<CInt>(-1)
        try interrupting {
            close(try openDescriptor(path, O_WRONLY, quiet: false))
        } end: {
            reader.withLock { $0 = unsafe open(path.string, O_RDONLY | O_NONBLOCK) }
        }
        #expect(reader.withLock { close($0) } == 0)
    }

    /// Writing waits for room in the pipe; what was written before a signal counts.
    @Test func signalsWhileAPipeIsWritten() throws {
        var ends: [CInt] = [0, 0]
        #expect(unsafe pipe(&ends) == 0)
        let (input, output) = (ends[0], ends[1])
        defer { close(input) }
        let size = 1 << 20
        let bytes = [UInt8](repeating: 7, count: size)
        var found = 0
        try interrupting {
            defer { close(output) }
            var done = 0
            while done < size {
                done += try retrying {
                    unsafe bytes.withUnsafeBytes {
                        unsafe write(output, $0.baseAddress! + done, size - done)
                    }
                }
            }
        } end: {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try retrying { unsafe read(input, &buffer, buffer.count) }
                if count == 0 { break }
                #expect(buffer[..<count].allSatisfy { $0 == 7 })
                found += count
            }
        }
        #expect(found == size)
    }
}
