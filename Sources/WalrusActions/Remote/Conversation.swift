internal import SystemPackage
internal import WalrusControl
internal import WalrusEngine
internal import WalrusFormat
internal import WalrusIO

/// A connection with the process that serves a directory, past the hello.
struct Conversation {
    private let channel: ControlChannel
    private let host: ControlHost
    private let processID: Int

    /// Nanoseconds that an answer may take: the disk of the other process may be slow.
    private static let patience: UInt64 = 60_000_000_000
    private static let helloPatience: UInt64 = 10_000_000_000

    /// Finds the process that serves `directory`, and greets it. Nil: there is none.
    static func begin(_ directory: FilePath, _ holders: [Int]) throws(EngineError)
        -> Conversation?
    {
        guard let status = try? FileStatus.of(directory) else { return nil }
        let user = Host.userID
        // Root acts for the user whose service it is.
        let others =
            user == 0
            ? [status.owner]
                + holders.compactMap { (try? FileStatus.of(FilePath("/proc/\($0)")))??.owner }
            : []
        let name = ControlPlace.name(of: status.identity)
        for folder in ControlPlace.existing(of: [user] + others) {
            let connection: LocalConnection
            do throws(IOError) {
                connection = try LocalConnection.connect(name, in: folder, within: 2_000_000_000)
            } catch {
                // Its process was killed.
                if error.errno == .connectionRefused { folder.removeDeadSockets([name]) }
                continue
            }
            guard let peer = try? connection.peer, ([0, user] + others).contains(peer.userID)
            else { continue }
            do throws(ControlFailure) {
                return try Conversation(ControlChannel(connection), status.identity, peer)
            } catch {
                // Another directory had the number before.
                if error.code == ControlFailure.Code.otherDirectory.rawValue { continue }
                throw EngineError(error)
            }
        }
        return nil
    }

    private init(_ channel: ControlChannel, _ directory: FileIdentity, _ peer: LocalConnection.Peer)
        throws(ControlFailure)
    {
        self.channel = channel
        let client = ControlClient(
            processID: Host.processID, program: Host.programName, version: Software.version,
            directory: directory)
        guard
            case .hello(let host) = try Self.ask(
                .hello(client), channel, within: Self.helloPatience, unanswered: .unavailable)
        else {
            throw ControlFailure(.malformed, "process \(peer.processID) does not return a greeting")
        }
        guard host.directory == directory else {
            throw ControlFailure(.otherDirectory, "it serves another directory")
        }
        self.host = host
        // The kernel's word, where it has one: 0 is a process of another container.
        processID = peer.processID > 0 ? peer.processID : host.processID
    }

    /// "pid 4121 (orders-service)"
    var name: String { "pid \(processID) (\(host.program))" }

    var introduction: String {
        switch host.schedule {
        case .each: "through \(name)"
        case .milliseconds(let interval):
            "through \(name), which makes appended entries durable every \(interval) ms"
        case .never: "through \(name), which leaves it to the system when entries go to disk"
        }
    }

    /// Whether the other end is still there and waits for a request.
    var isUsable: Bool { channel.connection.isQuiet }

    /// Throws also what the other process says against it.
    func ask(_ request: ControlRequest) throws(ControlFailure) -> ControlAnswer {
        try Self.ask(request, channel, within: Self.patience, unanswered: nil)
    }

    /// - Parameter unanswered: what it is when no answer comes; nil: nobody knows what was done.
    private static func ask(
        _ request: ControlRequest, _ channel: ControlChannel, within patience: UInt64,
        unanswered: ControlFailure.Code?
    ) throws(ControlFailure) -> ControlAnswer {
        do throws(IOError) { try channel.send(request.encoded(), within: patience) } catch {
            // A message that is not whole is not acted on; there may be word of why.
            if case .answer(.failure(let failure)) = receive(channel, within: 0) { throw failure }
            throw ControlFailure(
                code: EngineError.Code.refused.rawValue,
                reason: "the process that has the log open does not listen (\(error.errno)); "
                    + "nothing was done: try again")
        }
        switch receive(channel, within: patience) {
        case .answer(.failure(let failure)): throw failure
        case .answer(let answer): return answer
        case .none(let problem):
            let said = "the process that has the log open did not answer (\(problem))"
            if let unanswered { throw ControlFailure(unanswered, "\(said); try again later") }
            throw ControlFailure(
                code: EngineError.Code.unanswered.rawValue,
                reason: "\(said); look whether it was done before you try again")
        }
    }

    private enum Received {
        case answer(ControlAnswer)
        /// And why.
        case none(String)
    }

    private static func receive(_ channel: ControlChannel, within patience: UInt64) -> Received {
        do {
            let message = try channel.receive(
                limit: { ControlAnswer.Kind(rawValue: $0)?.limit }, idle: patience, whole: patience)
            guard let message, let kind = ControlAnswer.Kind(rawValue: message.kind) else {
                return .none("it is gone")
            }
            return .answer(try ControlAnswer.decode(kind, message.bytes))
        } catch ControlChannel.Failure.tooSlow {
            return .none("it takes more than \(patience / 1_000_000_000) s")
        } catch ControlChannel.Failure.malformed(let error) {
            return .none(error.description)
        } catch let error as MalformedMessage {
            return .none(error.description)
        } catch { return .none("it is gone") }
    }
}
