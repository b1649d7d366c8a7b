internal import Glibc
public import SystemPackage

/// A program that gets our terminal until it ends, as an editor does.
public enum ForegroundProcess {
    /// Runs `command` in a shell, with `arguments` as $1 and so on, and waits for its end.
    ///
    /// What the terminal's keys send is its business meanwhile, not ours.
    /// - Returns: its exit status, or 128 and the number of the signal that ended it.
    public static func run(shell command: String, _ arguments: [String]) throws(IOError) -> Int {
        let failure = { (code: CInt) in
            IOError("start", FilePath(command), Errno(rawValue: code))
        }
        let saved = [SIGINT, SIGQUIT].map { ($0, signal($0, SIG_IGN)) }
        defer { for (number, handler) in saved { signal(number, handler) } }
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
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let texts = ["/bin/sh", "-c", command, "sh"] + arguments
        let words = unsafe texts.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var id: pid_t = 0
        let code = unsafe posix_spawn(&id, "/bin/sh", nil, &attributes, words, environ)
        guard code == 0 else { throw failure(code) }
        var state: CInt = 0
        do throws(Errno) { _ = try retrying { unsafe waitpid(id, &state, 0) } } catch {
            throw failure(error.rawValue)
        }
        return Int(state & 0x7f == 0 ? state >> 8 & 0xff : 128 + state & 0x7f)
    }
}

/// A new folder that only its user can enter, for files that nobody is to see: in `TMPDIR`, else in
/// /tmp.
public struct ScratchFolder: Sendable {
    public let path: FilePath

    public init() throws(IOError) {
        let root = FilePath(Host.environment("TMPDIR") ?? "/tmp")
        var name = Array(root.appending("walrus-XXXXXX").string.utf8CString)
        let isMade = unsafe name.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return unsafe mkdtemp(base) != nil
        }
        guard isMade else { throw IOError("make a directory in", root, Errno(rawValue: errno)) }
        path = FilePath(
            String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Removes the folder, and the files in it, editors' own among them. What cannot be removed stays.
    public func remove() {
        let storage = DiskStorage(path)
        for entry in (try? Directory.list(path)) ?? [] { try? storage.remove(entry.name) }
        try? Directory.remove(path)
    }
}
