internal import Glibc
internal import SystemPackage

/// What this process knows about itself and the machine it runs on.
public enum Host {
    public static var processID: Int { Int(getpid()) }

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

    /// What sets this run of the system apart from the one before; nil where it does not tell.
    public static var bootID: String? {
        let file = try? DiskFile("/proc/sys/kernel/random/boot_id", .readOnly)
        let bytes = try? file?.read(at: 0, count: 64)
        guard let line = bytes?.prefix(while: { $0 != UInt8(ascii: "\n") }), !line.isEmpty else {
            return nil
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// The environment's value for `name`; nil when there is none or it is empty.
    public static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }
}
