import SystemPackage
import TestSupport
import Testing
import WalrusControl
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A directory whose engines serve in a folder of the test's own.
struct Served {
    let place: Workplace
    private let sockets: TempDirectory
    var limits = ControlLimits()

    init() throws {
        place = try Workplace()
        sockets = try TempDirectory()
    }

    /// Missing until an engine makes it.
    var folder: FilePath { sockets.path.appending("walrus") }

    var configuration: Configuration {
        var configuration = place.configuration()
        configuration.servesControl = true
        configuration.controlFolder = folder
        configuration.controlLimits = limits
        return configuration
    }

    var directory: FileIdentity {
        get throws { try #require(try FileStatus.of(place.path)).identity }
    }

    var socket: FilePath {
        get throws { folder.appending(ControlPlace.name(of: try directory)) }
    }

    /// An engine, and what became of its socket.
    func open() throws -> (walrus: Walrus, state: ControlUse.State) {
        let walrus = try Walrus(configuration)
        while walrus.metrics.control.state == .starting { Clock.sleep(nanoseconds: 100_000) }
        return (walrus, walrus.metrics.control.state)
    }

    /// An engine that serves.
    func serve() throws -> Walrus {
        let (walrus, state) = try open()
        #expect(state == .serving(try socket))
        return walrus
    }

    func connect() throws -> Knock {
        let folder = try PrivateFolder(folder, owners: [Host.userID])
        return Knock(
            try LocalConnection.connect(
                ControlPlace.name(of: try directory), in: folder, within: 10_000_000_000))
    }

    func client() throws -> Knock {
        let client = try connect()
        let answer = try client.ask(.hello(client.greeting(try directory)))
        guard case .hello(let host) = answer else { throw Knock.Unexpected(answer: answer) }
        #expect(host.processID == Host.processID)
        return client
    }
}

/// A client, polite or not.
struct Knock {
    struct Unexpected: Error { let answer: ControlAnswer? }

    let connection: LocalConnection
    private var channel: ControlChannel { ControlChannel(connection) }
    /// Far more than anything here takes.
    private static let patience: UInt64 = 60_000_000_000

    init(_ connection: LocalConnection) { self.connection = connection }

    func greeting(_ directory: FileIdentity) -> ControlClient {
        ControlClient(
            processID: Host.processID, program: "test", version: "1", directory: directory)
    }

    func send(_ bytes: [UInt8]) throws {
        try connection.send(bytes, until: Clock.monotonic() + Self.patience)
    }

    /// The next answer; nil: the engine has ended the conversation.
    func answer() throws -> ControlAnswer? {
        let message = try channel.receive(
            limit: { ControlAnswer.Kind(rawValue: $0)?.limit }, idle: Self.patience,
            whole: Self.patience)
        guard let message, let kind = ControlAnswer.Kind(rawValue: message.kind) else {
            return nil
        }
        return try ControlAnswer.decode(kind, message.bytes)
    }

    func ask(_ request: ControlRequest) throws -> ControlAnswer {
        try send(request.encoded())
        guard let answer = try answer() else { throw Unexpected(answer: nil) }
        return answer
    }

    /// The failure with which the conversation ends.
    func lastWord() throws -> ControlFailure? {
        var last: ControlFailure?
        while let answer = try answer() {
            if case .failure(let failure) = answer { last = failure }
        }
        return last
    }

    func append(_ text: String, to topic: TopicName) throws -> ControlReceipt {
        let answer = try ask(.append(topic, Array(text.utf8)))
        guard case .appended(let receipt) = answer else { throw Unexpected(answer: answer) }
        return receipt
    }
}
