internal import Glibc
public import SystemPackage

/// What this process knows about itself and the machine it runs on.
public enum Host {
    public static var processID: Int { Int(getpid()) }

    /// The user whose rights this process has; the number where the system has no name for it.
    public static var user: (name: String, number: Int) {
        let number = String(geteuid())
        let bytes = (try? Directory.contents(of: "/etc/passwd", limit: 1 << 20)) ?? nil
        // "name:x:number:..."
        let lines = String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n")
        let fields = lines.lazy.map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let own = fields.first { $0.count > 2 && $0[2] == number }
        return (own.map { String($0[0]) } ?? number, Int(geteuid()))
    }

    /// The user whose rights this process has.
    public static var userID: UInt32 { geteuid() }

    /// The machine's name, or "localhost" where the system does not tell.
    public static var name: String {
        let name = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard unsafe gethostname(buffer.baseAddress!, buffer.count - 1) == 0 else {
                return ""
            }
            unsafe buffer[buffer.count - 1] = 0
            return unsafe String(cString: buffer.baseAddress!)
        }
        return name.isEmpty ? "localhost" : name
    }

    /// The file of the program that runs; nil where the system does not tell.
    public static var executable: String? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes { buffer -> Int in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe readlink(
                "/proc/self/exe", base.assumingMemoryBound(to: CChar.self), buffer.count)
        }
        guard count > 0, count < bytes.count else { return nil }
        return String(validating: bytes[..<count], as: UTF8.self)
    }

    /// The name of that file.
    public static var programName: String {
        executable.flatMap { FilePath($0).lastComponent?.string } ?? "unknown"
    }

    /// What sets this run of the system apart from the one before; nil where it does not tell.
    public static var bootID: String? {
        let file = try? DiskFile("/proc/sys/kernel/random/boot_id", .readOnly)
        let bytes = try? file?.read(at: 0, count: 64)
        guard let line = bytes?.prefix(while: { $0 != UInt8(ascii: "\n") }), !line.isEmpty else {
            return nil
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// When the process began, in nanoseconds since 1970 UTC, to a hundredth of a second; nil where there
    /// is none, or the system does not tell.
    public static func startTime(of process: Int) -> UInt64? {
        let file = try? DiskFile(FilePath("/proc/\(process)/stat"), .readOnly)
        guard let bytes = try? file?.read(at: 0, count: 4_096),
            // "4121 (a name that may hold anything) S 1 4121 ...": the 20th field after the name is
            // the time since the system began, in hundredths (proc(5), USER_HZ).
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let ticks = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        let (now, up, since) = (Clock.wall(), Clock.sinceBoot(), ticks * 10_000_000)
        return now - min(now, up - min(up, since))
    }

    /// The path from the root on, as the working directory is now; as it is where that has no name.
    public static func absolute(_ path: FilePath) -> FilePath {
        guard path.isRelative, let raw = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(raw) }
        var absolute = unsafe FilePath(platformString: raw)
        for component in path.components where component.kind != .currentDirectory {
            absolute.append(component)
        }
        return absolute
    }

    /// The environment's value for `name`; nil when there is none or it is empty.
    public static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The most memory that this process had at once, in bytes, since it began or since
    /// `forgetPeakMemory`; nil where the system does not tell.
    public static var peakMemory: Int? {
        let file = try? DiskFile("/proc/self/status", .readOnly)
        guard let bytes = try? file?.read(at: 0, count: 1 << 16) else { return nil }
        // "VmHWM:	   12345 kB"
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard let line = lines.first(where: { $0.starts(with: Array("VmHWM:".utf8)) }) else {
            return nil
        }
        let digits = line.filter { (0x30...0x39).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self)).map { $0 * 1_024 }
    }

    /// Begins a new measurement of `peakMemory`, where the system can.
    public static func forgetPeakMemory() {
        let descriptor = unsafe open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = unsafe write(descriptor, "5", 1)
        close(descriptor)
    }
}
