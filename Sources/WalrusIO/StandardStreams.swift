internal import Glibc
public import SystemPackage

/// Standard output, buffered. Not for use by two threads at once.
public final class StandardOutput {
    static let path: FilePath = "standard output"
    private static let limit = 1 << 16
    private var buffer: [UInt8] = []
    /// Hears that a pipe's reader lets us wait: once, after a second of it.
    public var onWait: (() -> Void)?
    /// As many bytes as a pipe takes at once when it has room at all.
    private static let piece = 4_096
    private static let patience: CInt = 1_000

    public init() {
        StandardStreams.turnSignalsIntoErrors()
        buffer.reserveCapacity(Self.limit)
    }

    public static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    public func write(_ bytes: some Sequence<UInt8>) throws(IOError) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.limit { try flush() }
    }

    public func write(_ text: String) throws(IOError) { try write(text.utf8) }

    /// The same, and waits until it is on disk where it goes to a file.
    public func sync() throws(IOError) {
        try flush()
        do throws(Errno) { _ = try retrying { fdatasync(STDOUT_FILENO) } } catch {
            // A pipe or a terminal has no disk.
            guard error != .invalidArgument, error != .readOnlyFileSystem else { return }
            throw IOError("sync", Self.path, error)
        }
    }

    /// Waits until a pipe's reader has taken all that was handed to the system; nothing else is waited for.
    /// Throws `brokenPipe` where it went away before that.
    public func awaitReader() throws(IOError) {
        try flush()
        guard Self.isPipe else { return }
        let deadline = Clock.monotonic() + UInt64(Self.patience) * 1_000_000
        while true {
            // Asked in this order: a reader that takes the rest and goes away has all of it.
            let isClosed = StandardStreams.isOutputClosed
            var unread: CInt = 0
            guard unsafe ioctl(STDOUT_FILENO, UInt(FIONREAD), &unread) == 0, unread > 0 else {
                return
            }
            if isClosed { throw IOError("write to", Self.path, .brokenPipe) }
            if Clock.monotonic() > deadline { tellOfWait() }
            Clock.sleep(nanoseconds: 1_000_000)
        }
    }

    private static var isPipe: Bool {
        var status = stat()
        return unsafe fstat(STDOUT_FILENO, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }

    private func tellOfWait() {
        onWait?()
        onWait = nil
    }

    /// Hands everything to the system.
    public func flush() throws(IOError) {
        defer { buffer.removeAll(keepingCapacity: true) }
        guard onWait != nil, Self.isPipe else {
            return try StandardStreams.write(buffer, to: STDOUT_FILENO, Self.path)
        }
        // In pieces that do not wait themselves, so that waiting is noticed.
        for start in stride(from: 0, to: buffer.count, by: Self.piece) {
            var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            while onWait != nil {
                let ready = unsafe poll(&output, 1, Self.patience)
                if ready != 0, ready > 0 || errno != EINTR { break }
                if ready == 0 { tellOfWait() }
            }
            let piece = Array(buffer[start..<min(start + Self.piece, buffer.count)])
            try StandardStreams.write(piece, to: STDOUT_FILENO, Self.path)
        }
    }
}

public enum StandardStreams {
    /// Makes errors of what would be the end of the process: a reader that goes away, and a file that
    /// may not grow (`ulimit -f`).
    public static func turnSignalsIntoErrors() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Occupies those of the three that are closed, with what fails as they would: a file of the log
    /// that came to be one of them would get the output.
    public static func guardClosed() {
        // The lowest free number is what opening gives. Each is opened for what nobody does with it.
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    static func write(_ bytes: [UInt8], to descriptor: CInt, _ path: FilePath) throws(IOError) {
        var done = 0
        while done < bytes.count {
            do throws(Errno) {
                done += try retrying {
                    unsafe bytes.withUnsafeBytes {
                        unsafe Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
                    }
                }
            } catch { throw IOError("write to", path, error) }
        }
    }

    /// A line on standard error. Where that fails there is nobody left to tell.
    public static func complain(_ text: String) {
        try? write(Array((text + "\n").utf8), to: STDERR_FILENO, "standard error")
    }

    public static var isInputTerminal: Bool { isatty(STDIN_FILENO) == 1 }
}

/// Standard input, or what is read from its beginning to its end like it.
public struct StandardInput: Sendable {
    private let path: FilePath
    /// The file that is read, where it is not standard input.
    private var file: OpenInput?
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    private let descriptor: CInt

    public init() { self.init(descriptor: STDIN_FILENO) }

    /// Reads a file, or a pipe that has a name.
    public init(_ path: FilePath) throws(IOError) {
        let file = try OpenInput(path)
        self.init(descriptor: file.descriptor, path: path)
        self.file = file
    }

    /// Reads from another descriptor: for tests.
    init(descriptor: CInt, path: FilePath = "standard input") {
        self.descriptor = descriptor
        self.path = path
    }

    private final class OpenInput: Sendable {
        let descriptor: CInt

        init(_ path: FilePath) throws(IOError) {
            // Not a directory, which can be opened and not be read.
            guard !Directory.exists(path) else { throw IOError("read", path, .isDirectory) }
            do throws(Errno) { descriptor = try openDescriptor(path, O_RDONLY, quiet: false) } catch
            {
                throw IOError("open", path, error)
            }
        }

        deinit { close(descriptor) }
    }

    /// The next `count` bytes; fewer only at the end.
    public mutating func bytes(_ count: Int) throws(IOError) -> [UInt8] {
        while buffer.count - start < count, !isAtEnd {
            buffer.removeFirst(start)
            start = 0
            try fill()
        }
        let end = min(buffer.count, start + count)
        defer { start = end }
        return Array(buffer[start..<end])
    }

    /// All of it, or nil when it is longer than `limit` bytes.
    public mutating func all(limit: Int) throws(IOError) -> [UInt8]? {
        while !isAtEnd {
            try fill()
            guard buffer.count <= limit else { return nil }
        }
        return buffer
    }

    public enum Line: Hashable, Sendable {
        case line([UInt8])
        /// Longer than the limit; the rest of the input has not been read.
        case tooLong
        case end
    }

    /// The next line without its line end; what follows the last line end is a line too.
    public mutating func line(limit: Int) throws(IOError) -> Line {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return end - start <= limit ? .line(Array(buffer[start..<end])) : .tooLong
            }
            if buffer.count - start > limit { return .tooLong }
            if isAtEnd {
                guard start < buffer.count else { return .end }
                defer { start = buffer.count }
                return .line(Array(buffer[start...]))
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            try fill()
        }
    }

    private mutating func fill() throws(IOError) {
        do throws(Errno) {
            let size = 1 << 16
            let chunk = try unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) {
                chunk throws(Errno) -> [UInt8] in
                let count = try retrying {
                    unsafe Glibc.read(descriptor, chunk.baseAddress, size)
                }
                return unsafe Array(chunk[..<count])
            }
            if chunk.isEmpty { isAtEnd = true }
            buffer += chunk
        } catch { throw IOError("read", path, error) }
    }
}

extension StandardStreams {
    public static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Text on standard error, as it is.
    public static func tell(_ text: String) {
        try? write(Array(text.utf8), to: STDERR_FILENO, "standard error")
    }
}

extension StandardStreams {
    /// Ends the process as one whose reader went away customarily ends: by SIGPIPE, without a word.
    public static func endByClosedPipe() -> Never { StopSignals.end(by: SIGPIPE) }

    /// Whether nobody can read standard output any more.
    public static var isOutputClosed: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return unsafe poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR | POLLNVAL) != 0
    }
}
