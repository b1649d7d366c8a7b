internal import Glibc
public import SystemPackage
internal import WalrusIO

/// Another program, run for a test.
///
/// Its output goes to files, so neither side ever waits for the other to read.
public final class Subprocess {
    public struct Result: Sendable {
        /// The exit status, or 128 and the signal's number, as a shell tells it.
        public let status: Int
        public let output: [UInt8]
        public let errors: String

        public var text: String { String(decoding: output, as: UTF8.self) }
        public var lines: [Substring] { text.split(separator: "\n") }
    }

    public let processID: Int32
    private let folder: TempDirectory

    /// Starts `program` in `directory`, with what is in `environment` on top of ours. A value of nil
    /// takes a variable away. What it notes of its actions goes nowhere, unless that says where.
    public init(
        _ program: FilePath, _ arguments: [String], input: [UInt8] = [],
        directory: FilePath? = nil, environment: [String: String?] = [:]
    ) throws {
        folder = try TempDirectory()
        let stdin = folder.path.appending("in")
        let storage = DiskStorage(folder.path)
        try storage.replace("in", with: input, temporary: "in.tmp")
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, stdin.string, O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_APPEND
        for (descriptor, name) in [(Int32(1), "out"), (2, "err")] {
            unsafe posix_spawn_file_actions_addopen(
                &actions, descriptor, folder.path.appending(name).string, flags, 0o600)
        }
        // A test runner may ignore signals that the program is to get.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGQUIT, SIGTERM, SIGHUP] {
            unsafe sigaddset(&signals, signal)
        }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        let options = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        unsafe posix_spawnattr_setflags(&attributes, Int16(options))

        // Changing the directory in a child is not for every C library; `env` can everywhere.
        let command = directory.map { ["/usr/bin/env", "-C", $0.string, "--"] } ?? []
        let words = unsafe Self.cStrings(command + [program.string] + arguments)
        // Its sockets and its audit log go with its output.
        let own: [String: String?] = [
            "WALRUS_AUDIT": folder.path.appending("audit.jsonl").string,
            "XDG_RUNTIME_DIR": folder.path.string,
        ]
        let variables = unsafe Self.cStrings(Self.variables(own.merging(environment) { $1 }))
        let strings = unsafe words + variables
        defer { for index in unsafe strings.indices { unsafe free(strings[index]) } }
        var id: pid_t = 0
        let code = unsafe posix_spawn(
            &id, command.first ?? program.string, &actions, &attributes, words, variables)
        guard code == 0 else { throw IOError("start", program, Errno(rawValue: code)) }
        processID = id
    }

    /// Waits for the end.
    public func wait() throws -> Result {
        var state: Int32 = 0
        while unsafe waitpid(processID, &state, 0) < 0 {
            guard errno == EINTR else {
                throw IOError("wait for", folder.path, Errno(rawValue: errno))
            }
        }
        let status = state & 0x7f == 0 ? state >> 8 & 0xff : 128 + state & 0x7f
        return Result(
            status: Int(status), output: try output(),
            errors: String(
                decoding: try Directory.contents(of: folder.path.appending("err")) ?? [],
                as: UTF8.self))
    }

    /// What it has written so far.
    public func output() throws -> [UInt8] {
        try Directory.contents(of: folder.path.appending("out")) ?? []
    }

    public func send(_ signal: Int32) { kill(processID, signal) }

    /// Whether it has noted in that audit log that it begins: before it changed anything, that is.
    public func hasBegun(in audit: FilePath) throws -> Bool {
        let text = String(decoding: try Directory.contents(of: audit) ?? [], as: UTF8.self)
        return text.split(separator: "\n").contains {
            $0.contains("\"pid\":\(processID),") && $0.contains("\"event\":\"begin\"")
        }
    }

    public static func run(
        _ program: FilePath, _ arguments: [String], input: [UInt8] = [],
        directory: FilePath? = nil, environment: [String: String?] = [:]
    ) throws -> Result {
        try Subprocess(
            program, arguments, input: input, directory: directory, environment: environment
        ).wait()
    }

    /// Runs a script in bash, with the program under test as `$walrus`.
    public static func bash(
        _ script: String, input: [UInt8] = [], directory: FilePath? = nil,
        environment: [String: String?] = [:]
    ) throws -> Result {
        var environment = environment
        environment["walrus"] = walrus.string
        return try run(
            "/bin/bash", ["-c", script], input: input, directory: directory,
            environment: environment)
    }

    /// The program under test: it is built beside the tests.
    public static let walrus: FilePath = {
        let tests = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4_096) {
            buffer -> String in
            let count = unsafe readlink("/proc/self/exe", buffer.baseAddress!, buffer.count - 1)
            unsafe buffer[max(0, count)] = 0
            return unsafe String(cString: buffer.baseAddress!)
        }
        return FilePath(tests).removingLastComponent().appending("walrus")
    }()

    private static func variables(_ changes: [String: String?]) -> [String] {
        var variables: [String: String] = [:]
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let parts = unsafe String(cString: entry).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            variables[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
            unsafe next += 1
        }
        // What decides where walrus looks and how it draws is a test's own business.
        for name in ["WALRUS_DATA_DIR", "WALRUS_INSTANCE_KEY", "NO_COLOR", "COLORFGBG", "TMUX"] {
            variables[name] = nil
        }
        // A crash is to show as one, not as a minute of symbolication.
        variables["SWIFT_BACKTRACE"] = "enable=no"
        for (name, value) in changes { variables[name] = value }
        return variables.map { "\($0.key)=\($0.value)" }
    }

    private static func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        unsafe texts.map { unsafe strdup($0) } + [nil]
    }
}
