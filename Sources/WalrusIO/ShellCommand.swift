internal import Glibc
internal import SystemPackage

/// A command of a shell that gets bytes on its standard input, and writes where this process does.
public enum ShellCommand {
    public enum Ending: Hashable, Sendable {
        case status(Int)
        case signal(Int)

        /// How it failed; nil: it did not.
        public var failure: String? {
            switch self {
            case .status(0): nil
            case .status(let status): "exit status \(status)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    /// Runs the command, hands it `input`, and waits for its end. A command that does not read all of
    /// its input has not failed for that. It gets the signals of a terminal as this process does.
    ///
    /// - Parameter environment: on top of that of this process. Values end at their first zero.
    public static func run(
        _ command: String, input: [UInt8], environment: [(name: String, value: String)] = []
    ) throws(IOError) -> Ending {
        StandardStreams.turnSignalsIntoErrors()
        let process = try start(command, environment)
        let failure = feed(process.input, input)
        close(process.input)
        var state: CInt = 0
        do throws(Errno) {
            _ = try retrying { unsafe waitpid(process.id, &state, 0) }
        } catch { throw IOError("wait for", FilePath(command), error) }
        if let failure { throw IOError("write to", FilePath(command), failure) }
        return state & 0x7f == 0
            ? .status(Int(state >> 8 & 0xff)) : .signal(Int(state & 0x7f))
    }

    private static func start(_ command: String, _ environment: [(name: String, value: String)])
        throws(IOError) -> (id: pid_t, input: CInt)
    {
        var ends: [CInt] = [0, 0]
        guard unsafe Glibc.pipe(&ends) == 0 else {
            throw IOError("start", FilePath(command), Errno(rawValue: errno))
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP] {
            unsafe sigaddset(&signals, signal)
        }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let words = unsafe strings(["/bin/sh", "-c", command])
        let variables = unsafe strings(merged(environment))
        let copies = unsafe words + variables
        defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
        var id: pid_t = 0
        let code = unsafe posix_spawn(&id, "/bin/sh", &actions, &attributes, words, variables)
        close(ends[0])
        guard code == 0 else {
            close(ends[1])
            throw IOError("start", FilePath(command), Errno(rawValue: code))
        }
        return (id, ends[1])
    }

    private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe texts.map { unsafe strdup($0) } + [nil]
    }

    private static func merged(_ more: [(name: String, value: String)]) -> [String] {
        var all: [String] = []
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if !more.contains(where: { text.hasPrefix($0.name + "=") }) { all.append(text) }
            unsafe next += 1
        }
        return all + more.map { "\($0.name)=\($0.value)" }
    }

    /// Writes all of it, unless the command reads no more.
    private static func feed(_ descriptor: CInt, _ bytes: [UInt8]) -> Errno? {
        var done = 0
        while done < bytes.count {
            do throws(Errno) {
                done += try retrying {
                    unsafe bytes.withUnsafeBytes {
                        unsafe Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
                    }
                }
            } catch { return error == .brokenPipe ? nil : error }
        }
        return nil
    }
}
