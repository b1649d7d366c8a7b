internal import CLinuxShim
internal import Glibc
public import SystemPackage

/// A Unix socket that others connect to by a name in a private folder.
public final class LocalListener: Sendable {
    public let path: FilePath
    private let folder: PrivateFolder
    private let name: String
    private let descriptor: CInt
    /// The name's file: what stands there later may be another's.
    private let identity: FileIdentity?

    /// Listens at `name`, in the place of whatever has it: that nobody who lives does is the
    /// caller's to know.
    public init(_ name: String, in folder: PrivateFolder) throws(IOError) {
        let path = folder.path.appending(name)
        // Only a socket that listens gets the name, so that nobody takes it for a dead one.
        let temporary = "\(name).\(Host.processID).new"
        folder.remove(temporary)
        let socket: CInt
        do throws(Errno) { socket = try LocalConnection.newSocket() } catch {
            throw IOError("make", path, error)
        }
        let identity: FileIdentity?
        do throws(IOError) {
            try Self.listen(socket, temporary, folder)
            identity = folder.identity(of: temporary)
            let isAlone = try folder.alone { () throws(IOError) in
                try folder.rename(temporary, to: name)
            }
            if !isAlone { try folder.rename(temporary, to: name) }
        } catch {
            close(socket)
            folder.remove(temporary)
            throw error
        }
        // From here on `deinit` closes it.
        (self.path, self.folder, self.name) = (path, folder, name)
        (descriptor, self.identity) = (socket, identity)
    }

    private static func listen(_ descriptor: CInt, _ name: String, _ folder: PrivateFolder)
        throws(IOError)
    {
        do throws(Errno) {
            _ = unsafe try LocalConnection.withAddress(folder.entry(name)) { address, size in
                unsafe bind(descriptor, address, size)
            }
            guard Glibc.listen(descriptor, 16) == 0 else { throw Errno(rawValue: errno) }
        } catch { throw IOError("listen at", folder.path.appending(name), error) }
    }

    deinit { close(descriptor) }

    /// Waits for the next connection. Nil: `end` was called.
    public func accept() -> LocalConnection? {
        while true {
            let next = wlinux_accept(descriptor)
            if next >= 0 { return LocalConnection(next, path) }
            switch errno {
            case EAGAIN: if !isOpen(after: -1) { return nil }
            // Who knocked has gone.
            case EINTR, ECONNABORTED, EPROTO, EPERM: continue
            // What is missing may be there again soon; the client waits.
            case EMFILE, ENFILE, ENOBUFS, ENOMEM:
                Clock.sleep(nanoseconds: 20_000_000)
                if !isOpen(after: 0) { return nil }
            default: return nil
            }
        }
    }

    /// Waits for somebody who knocks, or for the end. False: `end` was called.
    private func isOpen(after milliseconds: CInt) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = unsafe poll(&ready, 1, milliseconds)
        return count <= 0 || CInt(ready.revents) & CInt(POLLHUP) == 0
    }

    /// No more connections: `accept` returns nil, and the name goes where it is still ours. To be
    /// called once.
    public func end() {
        _ = shutdown(descriptor, CInt(SHUT_RDWR))
        if let identity, folder.identity(of: name) == identity { folder.remove(name) }
    }

    /// Removes the sockets of dead processes, where there are more than `limit` names with `suffix`.
    public func sweep(_ suffix: String, limit: Int) {
        let names = folder.names.filter { $0.hasSuffix(suffix) && $0 != name }
        guard names.count > limit else { return }
        folder.removeDeadSockets(names.prefix(1_000))
    }
}

extension PrivateFolder {
    /// Removes those of the sockets at which nobody listens: each got its name when somebody did.
    public func removeDeadSockets(_ names: some Sequence<String>) {
        // Not while somebody puts a live one in the place of a dead one.
        _ = try? alone { () throws(IOError) in
            for name in names {
                do throws(IOError) { _ = try LocalConnection.connect(name, in: self) } catch {
                    if error.errno == .connectionRefused { remove(name) }
                }
            }
        }
    }
}
