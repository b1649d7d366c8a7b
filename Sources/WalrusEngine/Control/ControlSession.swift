internal import SystemPackage
package import WalrusControl
internal import WalrusFormat
internal import WalrusIO

/// A conversation with one client: it says who it is, then asks for one thing after another.
///
/// No lock of the engine is held while it reads or writes.
package struct ControlSession: Sendable {
    private let channel: ControlChannel
    private let host: ControlHost
    private let limits: ControlLimits
    private let engine: @Sendable () -> Walrus?

    /// - Parameter engine: nil once there is none to act any more.
    package init(
        _ channel: ControlChannel, _ host: ControlHost, _ limits: ControlLimits,
        engine: @escaping @Sendable () -> Walrus?
    ) {
        self.channel = channel
        self.host = host
        self.limits = limits
        self.engine = engine
    }

    /// Answers until the client goes, or is sent away: one that does not keep to the protocol, or
    /// to its times, is told so and gets no further answer.
    package func run() {
        do throws(End) {
            guard case .hello(let client) = try next(idle: limits.message).request else {
                throw .said(ControlFailure(.malformed, "the first message has to be a hello"))
            }
            guard client.directory == host.directory else {
                throw .said(
                    ControlFailure(
                        .otherDirectory,
                        "the engine of process \(host.processID) is not open on this directory; "
                            + "look again"))
            }
            try send(.hello(host))
            while true {
                let asked = try next(idle: limits.idle)
                let answer = try withExtendedLifetime(asked.lease) { () throws(End) in
                    try self.answer(asked.request)
                }
                try send(answer)
            }
        } catch {
            guard case .said(let failure) = error else { return }
            try? send(.failure(failure))
        }
    }

    /// Why a conversation ends.
    private enum End: Error {
        case gone
        case said(ControlFailure)
    }

    private func send(_ answer: ControlAnswer) throws(End) {
        do throws(IOError) { try channel.send(answer.encoded(), within: limits.answer) } catch {
            throw .gone
        }
    }

    private func answer(_ request: ControlRequest) throws(End) -> ControlAnswer {
        if case .hello = request {
            throw .said(ControlFailure(.malformed, "a hello comes first and once"))
        }
        guard let engine = engine() else { return .failure(ControlFailure(EngineError.closed)) }
        return engine.answer(request)
    }

    /// - Returns: with the request what it takes of the room for arriving messages, to be kept as
    ///   long as it.
    private func next(idle: UInt64) throws(End)
        -> (request: ControlRequest, lease: ControlRoom.Lease?)
    {
        let message: ControlChannel.Message?
        do throws(ControlChannel.Failure) {
            message = try channel.receive(
                limit: { ControlRequest.Kind(rawValue: $0)?.limit }, idle: idle,
                whole: limits.message)
        } catch { throw Self.end(error) }
        guard let message, let kind = ControlRequest.Kind(rawValue: message.kind) else {
            throw .gone
        }
        do throws(MalformedMessage) {
            return (try ControlRequest.decode(kind, message.bytes), message.lease)
        } catch {
            throw .said(ControlFailure(.malformed, error.description))
        }
    }

    private static func end(_ failure: ControlChannel.Failure) -> End {
        switch failure {
        case .cut, .io: .gone
        case .tooSlow(isBegun: true):
            .said(ControlFailure(.tooSlow, "the message did not come to its end in time"))
        case .tooSlow(isBegun: false):
            .said(ControlFailure(.tooSlow, "nothing was asked for a while; connect again"))
        case .malformed(let error): .said(ControlFailure(.malformed, error.description))
        case .tooLong(let length, let limit):
            .said(
                ControlFailure(
                    .messageTooLong,
                    "a message of \(length) bytes; one of its kind has \(limit) at most"))
        case .busy:
            .said(ControlFailure(.busy, "too much arrives from others just now; try again"))
        }
    }
}
