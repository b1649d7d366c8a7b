internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A program that answers each line with a line. It runs in a process group of its own, so that
/// all of it can be ended, and never gets our terminal.
///
/// `ask` is for one thread; `end` may be called by any, also while another asks.
public final class ChildProcess: Sendable {
    public enum Failure: Error, Hashable, Sendable {
        /// How it ended, and the last line of what it said on standard error.
        case ended(String, complaint: String)
        case tooSlow
        /// The answer is longer than the limit.
        case tooLong
        /// It wrote when nothing was asked.
        case unasked
        case error(String)
    }

    private let input: CInt
    private let output: CInt
    private let errors: CInt
    /// 0 once it has been waited for.
    private let processID: Mutex<pid_t>
    private let unread = Mutex(Unread())

    /// Starts `command` in a shell.
    public init(shell command: String) throws(IOError) {
        let (childInput, input) = try Self.pipe(command)
        let (output, childOutput) = try Self.pipe(command)
        let (errors, childErrors) = try Self.pipe(command)
        for descriptor in [input, output, errors] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
        (self.input, self.output, self.errors) = (input, output, errors)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, number) in [(childInput, CInt(0)), (childOutput, 1), (childErrors, 2)] {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, number)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP] {
            unsafe sigaddset(&signals, signal)
        }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let texts = ["/bin/sh", "-c", command]
        let words = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var id: pid_t = 0
        let code = unsafe posix_spawn(&id, "/bin/sh", &actions, &attributes, words, environ)
        for descriptor in [childInput, childOutput, childErrors] { close(descriptor) }
        processID = Mutex(code == 0 ? id : 0)
        // From here on `deinit` closes the descriptors.
        guard code == 0 else { throw IOError("start", FilePath(command), Errno(rawValue: code)) }
    }

    deinit {
        end()
        _ = reap(patience: 0)
        for descriptor in [input, output, errors] { close(descriptor) }
    }

    private static func pipe(_ command: String) throws(IOError) -> (read: CInt, write: CInt) {
        var ends: [CInt] = [0, 0]
        guard unsafe Glibc.pipe(&ends) == 0 else {
            throw IOError("start", FilePath(command), Errno(rawValue: errno))
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Ends it and all that it started, at once.
    public func end() {
        processID.withLock { id in
            if id > 0 { kill(-id, SIGKILL) }
        }
    }

    /// Asks it, and all that it started, to end.
    public func interrupt() {
        processID.withLock { id in
            if id > 0 { kill(-id, SIGINT) }
        }
    }

    /// Something that it wrote without having been asked.
    public enum Output: Hashable, Sendable {
        /// Without its line end.
        case line([UInt8])
        /// Nothing within the time.
        case none
        /// It will write no more; the last line that it wrote on standard error.
        case end(complaint: String)
    }

    /// Waits for the next line of its output. Not to be mixed with `ask`; for one thread.
    ///
    /// - Parameters:
    ///   - limit: bytes that a line may have; a longer one ends it.
    ///   - timeout: nanoseconds.
    public func nextLine(limit: Int, timeout: UInt64) -> Output {
        let deadline = Clock.monotonic() + timeout
        while true {
            if let line = unread.withLock({ $0.takeLine() }) { return .line(line) }
            let now = Clock.monotonic()
            guard now < deadline else { return .none }
            var ready = [
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
            ]
            let wait = Int32(min((deadline - now) / 1_000_000 + 1, 60_000))
            if unsafe poll(&ready, nfds_t(ready.count), wait) < 0, errno != EINTR {
                return .end(complaint: "\(Errno(rawValue: errno))")
            }
            let isOver = unread.withLock { unread -> Bool in
                _ = try? take(errors, &unread.complaint, 1 << 16)
                unread.complaint = unread.complaint.suffix(4_096)
                guard ready[0].revents != 0 else { return false }
                let isOpen = (try? take(output, &unread.bytes, limit + 1)) ?? false
                return !isOpen && !unread.bytes.contains(UInt8(ascii: "\n"))
                    || unread.bytes.count > limit && !unread.bytes.contains(UInt8(ascii: "\n"))
            }
            guard isOver else { continue }
            _ = reap(patience: 2_000_000_000)
            return unread.withLock { unread in
                _ = try? take(errors, &unread.complaint, 1 << 16)
                let last = unread.complaint.split(separator: UInt8(ascii: "\n")).last ?? []
                return .end(complaint: String(decoding: last.prefix(400), as: UTF8.self))
            }
        }
    }

    /// What was read and not taken yet.
    private struct Unread {
        var bytes: [UInt8] = []
        var complaint: [UInt8] = []

        mutating func takeLine() -> [UInt8]? {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            defer { bytes.removeFirst(end + 1) }
            return Array(bytes[..<end])
        }
    }

    /// Sends a line, and waits for the line that answers it: neither has its line end.
    ///
    /// After a failure the program is of no more use.
    ///
    /// - Parameters:
    ///   - limit: bytes that an answer may have.
    ///   - timeout: nanoseconds.
    public func ask(_ line: [UInt8], limit: Int, timeout: UInt64) throws(Failure) -> [UInt8] {
        var answer: [UInt8] = []
        if try take(output, &answer, 1) == false { throw ended("") }
        guard answer.isEmpty else { throw .unasked }
        let question = line + [UInt8(ascii: "\n")]
        var sent = 0
        var complaint: [UInt8] = []
        let deadline = Clock.monotonic() + timeout
        while true {
            let now = Clock.monotonic()
            guard now < deadline else { throw .tooSlow }
            var ready = [
                pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
                pollfd(
                    fd: sent < question.count ? input : -1, events: Int16(POLLOUT), revents: 0),
            ]
            let wait = Int32(min((deadline - now) / 1_000_000 + 1, 60_000))
            if unsafe poll(&ready, nfds_t(ready.count), wait) < 0, errno != EINTR {
                throw .error("\(Errno(rawValue: errno))")
            }
            if ready[1].revents != 0 {
                _ = try take(errors, &complaint, 4_096)
                complaint = complaint.suffix(4_096)
            }
            if ready[2].revents != 0 { sent += try send(question[sent...]) }
            guard ready[0].revents != 0 else { continue }
            let isOpen = try take(output, &answer, limit + 2)
            if let end = answer.firstIndex(of: UInt8(ascii: "\n")) {
                guard end == answer.count - 1 else { throw .unasked }
                guard end <= limit else { throw .tooLong }
                return answer.dropLast()
            }
            if answer.count > limit { throw .tooLong }
            if !isOpen {
                _ = try take(errors, &complaint, 4_096)
                let last = complaint.split(separator: UInt8(ascii: "\n")).last ?? []
                throw ended(String(decoding: last.prefix(200), as: UTF8.self))
            }
        }
    }

    /// Bytes that could be written now.
    private func send(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Int {
        let count = unsafe bytes.withUnsafeBytes { unsafe write(input, $0.baseAddress, $0.count) }
        if count >= 0 { return count }
        // That it reads no more shows in its output.
        if errno == EPIPE { return bytes.count }
        guard errno == EAGAIN || errno == EINTR else {
            throw .error("\(Errno(rawValue: errno))")
        }
        return 0
    }

    /// Adds what is there to be read, until there are `limit` bytes. False at the end.
    private func take(_ descriptor: CInt, _ bytes: inout [UInt8], _ limit: Int) throws(Failure)
        -> Bool
    {
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count < limit {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count == 0 { return false }
            guard count > 0 else {
                if errno == EAGAIN || errno == EINTR { return true }
                throw .error("\(Errno(rawValue: errno))")
            }
            bytes += chunk[..<count]
        }
        return true
    }

    private func ended(_ complaint: String) -> Failure {
        .ended(reap(patience: 200_000_000) ?? "it closed its output", complaint: complaint)
    }

    /// How it ended; nil when it has not within the time (nanoseconds), and is killed.
    private func reap(patience: UInt64) -> String? {
        let deadline = Clock.monotonic() + patience
        while true {
            var state: CInt = 0
            let result = processID.withLock { id -> pid_t in
                guard id > 0 else { return -1 }
                let result = unsafe waitpid(id, &state, WNOHANG)
                // What it started may outlive it, and is still of its group.
                if result == id {
                    kill(-id, SIGKILL)
                    id = 0
                }
                return result
            }
            if result > 0 {
                return state & 0x7f == 0
                    ? "exit status \(state >> 8 & 0xff)" : "signal \(state & 0x7f)"
            }
            if result < 0 { return nil }
            if Clock.monotonic() >= deadline {
                end()
                guard patience > 0 else {
                    // Killed: it takes no more than a moment.
                    Clock.sleep(nanoseconds: 1_000_000)
                    continue
                }
                return nil
            }
            Clock.sleep(nanoseconds: 2_000_000)
        }
    }
}
