internal import Synchronization
internal import SystemPackage
internal import WalrusControl
internal import WalrusFormat
internal import WalrusIO

/// Lets an operator's processes act through the engine, over a Unix socket.
///
/// A thread makes the socket and lets clients in, another one for each client does what the client
/// asks (`ControlSession`): by the engine's public calls alone, like any thread of the application,
/// which so waits for them no longer than for its own. What goes wrong here is nobody's error; the
/// metrics tell (`ControlUse`).
final class ControlServer: Sendable {
    private struct State: ~Copyable {
        var use = ControlUse()
        var engine = WeakEngine()
        var listener: LocalListener?
        var acceptor: WalrusIO.Thread?
        var clients: [Client] = []
        var isEnding = false
    }

    /// The server must not keep alive who ends it.
    private struct WeakEngine: Sendable {
        weak var engine: Walrus?
    }

    private let host: ControlHost
    private let folder: FilePath?
    private let limits: ControlLimits
    private let room: ControlRoom
    private let state = Mutex(State())

    /// More sockets than this in a folder, and those of dead processes are looked for each time; else
    /// once by each process.
    private static let socketsBeforeSweep = 32
    private static let swept = Mutex<Set<FilePath>>([])
    /// How long a client may take, when the engine is closed, to read the answer to what is done.
    private static let farewellNanoseconds: UInt64 = 200_000_000

    init(_ configuration: Configuration, _ directory: FilePath, _ identity: FileIdentity) {
        limits = configuration.controlLimits
        folder = configuration.controlFolder
        room = ControlRoom(limits.arriving)
        host = ControlHost(
            processID: Host.processID, program: Host.programName, version: Software.version,
            path: Array(directory.string.utf8), directory: identity,
            schedule: ControlHost.Schedule(configuration.fsyncSchedule),
            persistEvery: configuration.readConsistency.persistEvery,
            entriesMax: ControlLimits.entriesMax, clientsMax: limits.clients, idle: limits.idle)
    }

    var use: ControlUse {
        state.withLock { state in
            var use = state.use
            use.clients = state.clients.count { !$0.isDone }
            return use
        }
    }

    // MARK: - Life

    /// Begins to serve `engine`, on a thread: its opener waits for none of it.
    func start(_ engine: Walrus) {
        state.withLock { state in
            state.engine.engine = engine
            state.use.state = .starting
            do throws(IOError) {
                state.acceptor = try Thread.start { [self] in run() }
            } catch { state.use.state = .unavailable("\(error)") }
        }
    }

    /// Lets nobody in any more, and waits until those who are in have gone: each gets the answer to
    /// what is being done for it. To be called while the directory is still ours.
    func end() {
        let (listener, acceptor) = state.withLock { state in
            state.isEnding = true
            state.use.state = .off
            defer { (state.listener, state.acceptor) = (nil, nil) }
            return (state.listener, state.acceptor)
        }
        listener?.end()
        acceptor?.join()
        let clients = state.withLock { $0.clients }
        for client in clients { client.connection.shut(.reading) }
        let deadline = Clock.monotonic() + Self.farewellNanoseconds
        for client in clients where !client.isCurrent {
            let now = Clock.monotonic()
            // It does not read.
            if !client.wait(nanoseconds: deadline > now ? deadline - now : 0) {
                client.connection.shut(.both)
            }
            client.join()
        }
        // Whose last act was to let go of the engine ends by itself.
        for client in clients where client.isCurrent { client.leave() }
        state.withLock { $0.clients = [] }
    }

    private func run() {
        let listener: LocalListener
        do {
            let folder =
                if let folder { try PrivateFolder.openOrMake(folder) } else {
                    try ControlPlace.make()
                }
            listener = try LocalListener(ControlPlace.name(of: host.directory), in: folder)
        } catch { return fail("\(error)") }
        let isWanted = state.withLock { state in
            guard !state.isEnding else { return false }
            state.listener = listener
            state.use.state = .serving(listener.path)
            return true
        }
        guard isWanted else { return listener.end() }
        let folder = listener.path.removingLastComponent()
        let isFirst = Self.swept.withLock { $0.insert(folder).inserted }
        listener.sweep(ControlPlace.suffix, limit: isFirst ? 0 : Self.socketsBeforeSweep)
        while let connection = listener.accept() { admit(connection) }
        fail("the socket takes no more connections")
    }

    private func fail(_ reason: String) {
        state.withLock { state in
            if !state.isEnding { state.use.state = .unavailable(reason) }
        }
    }

    // MARK: - Clients

    private func admit(_ connection: LocalConnection) {
        let channel = ControlChannel(connection, room: room)
        guard let peer = try? connection.peer, ControlUse.admits(peer.userID, to: Host.userID)
        else {
            return refuse(
                channel, ControlFailure(.otherUser, "only the engine's own user, or root, may act"))
        }
        reap()
        let session = ControlSession(channel, host, limits) { [self] in
            state.withLock { $0.engine.engine }
        }
        let client = Client(connection, peer.processID)
        let others: [Int]? = state.withLock { state in
            guard !state.isEnding else { return [] }
            guard state.clients.count < limits.clients else {
                return state.clients.map(\.processID)
            }
            state.clients.append(client)
            state.use.accepted += 1
            return nil
        }
        if let others {
            let list = others.map(String.init).joined(separator: ", ")
            return refuse(
                channel,
                ControlFailure(
                    .tooManyClients,
                    "\(others.count) clients are connected, which is all there may be "
                        + "(process \(list)); end one of them or try again later"))
        }
        do throws(IOError) { try client.start(session) } catch {
            state.withLock { state in state.clients.removeAll { $0 === client } }
            refuse(channel, ControlFailure(.unavailable, "\(error); try again later"))
        }
    }

    /// Says why, if that takes no time.
    private func refuse(_ channel: ControlChannel, _ failure: ControlFailure) {
        state.withLock { $0.use.refused += 1 }
        try? channel.send(ControlAnswer.failure(failure).encoded(), within: 0)
    }

    /// Takes leave of the threads whose clients have gone.
    private func reap() {
        let gone = state.withLock { state in
            // Asked once: who ends between two looks would be forgotten with its thread.
            let gone = state.clients.filter(\.isDone)
            state.clients.removeAll { client in gone.contains { $0 === client } }
            return gone
        }
        for client in gone { client.join() }
    }

    /// A client, and the thread that works for it.
    private final class Client: Sendable {
        let connection: LocalConnection
        let processID: Int
        private let done = Event()
        private let thread = Mutex<WalrusIO.Thread?>(nil)
        private let number = Atomic<UInt>(0)

        init(_ connection: LocalConnection, _ processID: Int) {
            self.connection = connection
            self.processID = processID
        }

        func start(_ session: ControlSession) throws(IOError) {
            try thread.withLock { (thread: inout WalrusIO.Thread?) throws(IOError) in
                thread = try Thread.start { [self] in
                    number.store(Thread.current, ordering: .relaxed)
                    session.run()
                    connection.shut(.both)
                    done.set()
                }
            }
        }

        var isDone: Bool { done.wait(nanoseconds: 0) }
        /// Whether it is this thread that asks.
        var isCurrent: Bool { number.load(ordering: .relaxed) == Thread.current }

        func wait(nanoseconds: UInt64) -> Bool { done.wait(nanoseconds: nanoseconds) }
        func join() { thread.withLock { $0.take() }?.join() }
        func leave() { thread.withLock { $0.take() }?.detach() }
    }
}

extension ControlHost.Schedule {
    init(_ schedule: FsyncSchedule) {
        self =
            switch schedule {
            case .milliseconds(let interval): .milliseconds(interval)
            case .each: .each
            case .never: .never
            }
    }
}

extension ReadConsistency {
    /// Entries that a crash may deliver again; nil: none.
    var persistEvery: Int? {
        if case .atLeastOnce(let persistEvery) = self { max(1, persistEvery) } else { nil }
    }
}
