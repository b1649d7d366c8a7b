internal import CLinuxShim
internal import Glibc
public import SystemPackage

/// One end of a stream between two processes of this machine: a connected Unix socket.
///
/// One thread at a time reads, one writes; `shut` may be called by any, and lets them go on.
public final class LocalConnection: Sendable {
    /// Who made the other end.
    public struct Peer: Hashable, Sendable {
        public let processID: Int
        public let userID: UInt32
    }

    /// Which half is shut.
    public enum Half: Sendable { case reading, writing, both }

    public let path: FilePath
    let descriptor: CInt

    /// Takes over a connected descriptor that does not block.
    init(_ descriptor: CInt, _ path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Connects with who listens at `name` in the folder; waits as long as `patience`, nanoseconds,
    /// where too many want that just now.
    public static func connect(
        _ name: String, in folder: PrivateFolder, within patience: UInt64 = 0
    ) throws(IOError) -> LocalConnection {
        let deadline = Clock.monotonic() + patience
        while true {
            do throws(IOError) { return try connectAtOnce(name, in: folder) } catch {
                guard error.errno == .resourceTemporarilyUnavailable,
                    Clock.monotonic() < deadline
                else { throw error }
            }
            Clock.sleep(nanoseconds: 5_000_000)
        }
    }

    private static func connectAtOnce(_ name: String, in folder: PrivateFolder) throws(IOError)
        -> LocalConnection
    {
        let path = folder.path.appending(name)
        do throws(Errno) {
            let descriptor = try newSocket()
            // Closes it whatever happens.
            let connection = LocalConnection(descriptor, path)
            _ = unsafe try withAddress(folder.entry(name)) { address, size in
                unsafe Glibc.connect(descriptor, address, size)
            }
            return connection
        } catch { throw IOError("connect to", path, error) }
    }

    /// Two ends that are connected with each other.
    public static func pair() throws(IOError) -> (LocalConnection, LocalConnection) {
        var ends: [CInt] = [0, 0]
        guard unsafe socketpair(AF_UNIX, streamType, 0, &ends) == 0 else {
            throw IOError("make", "a pair of sockets", Errno(rawValue: errno))
        }
        return (LocalConnection(ends[0], "a socket"), LocalConnection(ends[1], "a socket"))
    }

    public var peer: Peer {
        get throws(IOError) {
            var process: Int32 = 0
            var user: UInt32 = 0
            guard unsafe wlinux_peer(descriptor, &process, &user) == 0 else {
                throw IOError("ask for the user of", path, Errno(rawValue: errno))
            }
            return Peer(processID: Int(process), userID: user)
        }
    }

    /// Whether the other end is there, as far as one knows without asking it: it has neither gone
    /// nor said anything.
    public var isQuiet: Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&ready, 1, 0) == 0
    }

    /// Adds what has come to `bytes`, `count` of them at most, and waits for the first until
    /// `deadline`, a time of `Clock.monotonic`. Returns how many: 0 at the end.
    ///
    /// Throws ETIMEDOUT when nothing came.
    public func receive(_ count: Int, into bytes: inout [UInt8], until deadline: UInt64)
        throws(IOError) -> Int
    {
        do throws(Errno) {
            while true {
                let size = min(count, Self.chunkSize)
                let got = unsafe withUnsafeTemporaryAllocation(
                    byteCount: size, alignment: 16
                ) { buffer -> Int in
                    let got = unsafe recv(descriptor, buffer.baseAddress, size, 0)
                    if got > 0 { unsafe bytes.append(contentsOf: buffer[..<got]) }
                    return got
                }
                if got >= 0 { return got }
                try waitFor(POLLIN, until: deadline)
            }
        } catch { throw IOError("read from", path, error) }
    }

    /// Sends all of `bytes`, or throws: ETIMEDOUT when the other end has not taken them by
    /// `deadline`, EPIPE when it is gone.
    public func send(_ bytes: [UInt8], until deadline: UInt64) throws(IOError) {
        var sent = 0
        do throws(Errno) {
            while sent < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    // Not MSG_NOSIGNAL would be the end of a process that knows nothing of us.
                    unsafe Glibc.send(
                        descriptor, buffer.baseAddress.map { unsafe $0 + sent },
                        buffer.count - sent, CInt(MSG_NOSIGNAL))
                }
                if count >= 0 { sent += count } else { try waitFor(POLLOUT, until: deadline) }
            }
        } catch { throw IOError("write to", path, error) }
    }

    /// After a call that failed: waits where it could not be done yet, throws where it never will.
    private func waitFor(_ events: CInt, until deadline: UInt64) throws(Errno) {
        let code = Errno(rawValue: errno)
        if code == .interrupted { return }
        guard code == .resourceTemporarilyUnavailable else { throw code }
        var ready = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        let now = Clock.monotonic()
        guard now < deadline else { throw .timedOut }
        let milliseconds = Int32(min((deadline - now) / 1_000_000 + 1, 3_600_000))
        if unsafe poll(&ready, 1, milliseconds) < 0, errno != EINTR {
            throw Errno(rawValue: errno)
        }
    }

    /// Nothing more comes, or goes either: who waits is woken, also for a copy of the descriptor in
    /// a child. What is under way to the other end arrives.
    public func shut(_ half: Half) {
        let how =
            switch half {
            case .reading: SHUT_RD
            case .writing: SHUT_WR
            case .both: SHUT_RDWR
            }
        _ = shutdown(descriptor, CInt(how))
    }

    private static let chunkSize = 1 << 16
    static let streamType = CInt(
        SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)

    static func newSocket() throws(Errno) -> CInt {
        let descriptor = socket(AF_UNIX, streamType, 0)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return descriptor
    }

    /// Calls `body` with the address of a socket at `path` until no signal interrupts it.
    static func withAddress(
        _ path: FilePath, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws(Errno) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.string.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < room else { throw .fileNameTooLong }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        while true {
            let result = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result >= 0 { return result }
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }
}
