import SystemPackage
import TestSupport
import Testing
import WalrusControl
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Clients that are too many, too slow, too loud, or none at all; and an application that goes on.
@Suite struct ControlAbuseTests {
    private static func header(_ kind: UInt16, _ length: UInt32) -> [UInt8] {
        var bytes = Array(ControlRequest.metrics.encoded().prefix(6))
        for place in 0..<2 { bytes.append(UInt8(truncatingIfNeeded: kind >> (8 * place))) }
        for place in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * place))) }
        return bytes
    }

    /// What is no message ends the conversation, with a word of why; the engine and the others stay.
    @Test func whatIsNoMessageEndsTheConversation() throws {
        let served = try Served()
        let walrus = try served.serve()
        let polite = try served.client()
        let topic: [UInt8] = [1, 0, 0, 0, UInt8(ascii: "t")]
        let cases: [([UInt8], ControlFailure.Code)] = [
            (Array("GET / HTTP/1.1\r\n\r\n".utf8), .malformed),
            ([UInt8](repeating: 0xff, count: 100_000), .malformed),
            (Self.header(99, 0), .malformed), (Self.header(0x81, 0), .malformed),
            (Self.header(4, 1) + [7], .malformed), (Self.header(9, 1) + [0], .malformed),
            (Self.header(3, 9) + topic + [0xff, 0xff, 0xff, 0xff], .malformed),
            (Self.header(2, 64 << 20 + 1), .messageTooLong),
            (Self.header(2, .max), .messageTooLong),
            (Self.header(4, 16 << 10 + 1), .messageTooLong),
            (Self.header(9, .max), .messageTooLong),
            (ControlRequest.hello(polite.greeting(try served.directory)).encoded(), .malformed),
        ]
        for (bytes, code) in cases {
            let client = try served.client()
            // It may not listen to the end.
            try? client.send(bytes)
            #expect(try client.lastWord()?.code == code.rawValue, "\(bytes.prefix(12))")
        }
        // Before the hello nothing else is answered, and another directory's is refused.
        let strange = FileIdentity(device: 1, number: 1)
        let firsts: [(ControlRequest, ControlFailure.Code)] = [
            (.metrics, .malformed), (.append("t", [1]), .malformed),
            (.hello(polite.greeting(strange)), .otherDirectory),
        ]
        for (request, code) in firsts {
            let client = try served.connect()
            try client.send(request.encoded())
            #expect(try client.lastWord()?.code == code.rawValue)
        }
        _ = try polite.append("a", to: "t")
        #expect(walrus.topics().map(\.entries) == [1])
        try walrus.close()
    }

    /// A part of a message is nothing: neither when its client goes nor when it stays.
    @Test func halfAMessageIsNothing() throws {
        var served = try Served()
        served.limits.message = 300_000_000
        served.limits.idle = 300_000_000
        let walrus = try served.serve()
        let frame = ControlRequest.append("t", [UInt8](repeating: 7, count: 100_000)).encoded()
        for count in [1, 11, 12, 13, 20, 70_000, frame.count - 1] {
            let gone = try served.client()
            try gone.send(Array(frame.prefix(count)))
            gone.connection.shut(.both)
            let stays = try served.client()
            try stays.send(Array(frame.prefix(count)))
            #expect(try stays.lastWord()?.code == ControlFailure.Code.tooSlow.rawValue)
        }
        // And so is nothing at all, before the hello and after it.
        for client in [try served.connect(), try served.client()] {
            #expect(try client.lastWord()?.code == ControlFailure.Code.tooSlow.rawValue)
        }
        #expect(walrus.topics().isEmpty)
        try walrus.close()
    }

    /// As many as the limit says are served at once; one more is told, and let in once one has gone.
    @Test func clientsAreCounted() throws {
        let served = try Served()
        let walrus = try served.serve()
        var clients = try (0..<8).map { _ in try served.client() }
        for _ in 0..<3 {
            let failure = try served.connect().lastWord()
            #expect(failure?.code == ControlFailure.Code.tooManyClients.rawValue)
            #expect(failure?.reason.contains("\(Host.processID)") == true)
        }
        for client in clients { _ = try client.append("a", to: "t") }
        let use = walrus.metrics.control
        #expect(use.clients == 8 && use.accepted == 8 && use.refused == 3)
        clients.removeLast()
        while walrus.metrics.control.clients == 8 { Clock.sleep(nanoseconds: 100_000) }
        clients.append(try served.client())
        #expect(try clients[7].append("a", to: "t").ordinal == 9)
        try walrus.close()
    }

    /// What arrives for all clients together has a limit, and is given back.
    @Test func arrivingMessagesShareARoom() throws {
        var served = try Served()
        served.limits.arriving = 1 << 20
        let walrus = try served.serve()
        let (one, two) = (try served.client(), try served.client())
        let frame = ControlRequest.append("t", [UInt8](repeating: 7, count: 900_000)).encoded()
        try one.send(Array(frame.dropLast()))
        // Until it has arrived.
        while !(try isRefused(served, frame)) { Clock.sleep(nanoseconds: 1_000_000) }
        // Small ones always find a place.
        _ = try two.append("a", to: "t")
        try one.send([7])
        guard case .appended = try one.answer() else {
            Issue.record("not appended")
            return
        }
        for _ in 0..<3 {
            // The room is given back a moment after the answer.
            while try isRefused(served, frame) { Clock.sleep(nanoseconds: 1_000_000) }
        }
        try walrus.close()
    }

    private func isRefused(_ served: Served, _ frame: [UInt8]) throws -> Bool {
        let client = try served.client()
        try? client.send(frame)
        switch try client.answer() {
        case .appended: return false
        case .failure(let failure):
            #expect(failure.code == ControlFailure.Code.busy.rawValue)
            return true
        case let other: throw Knock.Unexpected(answer: other)
        }
    }

    /// One that asks and asks and never reads is left to itself, and its place is free then.
    @Test func whoDoesNotReadIsSentAway() throws {
        var served = try Served()
        served.limits.answer = 200_000_000
        served.limits.clients = 1
        let walrus = try served.serve()
        let deaf = try served.client()
        let request = ControlRequest.metrics.encoded()
        let asking = Thread {
            // Fills both directions; fails once the other side has gone.
            while (try? deaf.connection.send(request, until: .max)) != nil {}
        }
        asking.join()
        while walrus.metrics.control.clients > 0 { Clock.sleep(nanoseconds: 100_000) }
        _ = try served.client().append("a", to: "t")
        try walrus.close()
    }

    /// The application's own threads append all they want to, whatever clients do meanwhile.
    @Test func theApplicationGoesOn() throws {
        let served = try Served()
        let walrus = try served.serve()
        let frame = ControlRequest.appendBatch(
            "t", Array(repeating: [UInt8](repeating: 1, count: 1_000), count: 100)
        ).encoded()
        var clients: [Knock] = []
        // Half a batch to the very topic: its slot is not taken.
        for _ in 0..<3 {
            let client = try served.client()
            try client.send(Array(frame.dropLast(10)))
            clients.append(client)
        }
        // Some do not read, as long as that goes.
        for _ in 0..<3 {
            let client = try served.client()
            let request = ControlRequest.metrics.encoded()
            let limit = Clock.monotonic() + 100_000_000
            while (try? client.connection.send(request, until: limit)) != nil {}
            clients.append(client)
        }
        let done = Counter()
        let threads = (0..<2).map { number in
            Thread {
                for index in 0..<500 {
                    do {
                        if index.isMultiple(of: 10), number == 0 {
                            try walrus.append(batch: [[1], [2]], to: "u")
                        }
                        try walrus.append([UInt8(number)], to: "t")
                        if try walrus.readNext("t", checkpoint: true) != nil { done.add() }
                    } catch { Issue.record(error) }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(done.value == 1_000)
        #expect(walrus.topics().map(\.entries) == [1_000, 100])
        // Who was in the middle of a batch may finish it.
        try clients[0].send(Array(frame.suffix(10)))
        guard case .appended(let receipt) = try clients[0].answer() else {
            Issue.record("not appended")
            return
        }
        #expect(receipt.count == 100 && receipt.ordinal == 1_001)
        try walrus.close()
    }

    /// Whatever is acknowledged to a client is there, and nothing else is, when the engine is closed
    /// in the middle of it.
    @Test func closingEndsAllConversations() throws {
        for round in 0..<15 {
            let served = try Served()
            let walrus = try served.serve()
            let acknowledged = (0..<4).map { _ in Counter() }
            let clients = try (0..<5).map { _ in try served.client() }
            // One does not read, and one is in the middle of a message.
            let deaf = try served.client()
            let request = ControlRequest.metrics.encoded()
            while (try? deaf.connection.send(request, until: 0)) != nil {}
            try clients[4].send(Array(ControlRequest.append("t4", [1, 2]).encoded().dropLast()))
            let threads = (0..<4).map { number in
                Thread {
                    while (try? clients[number].append("\(number)", to: TopicName("t\(number)")))
                        != nil
                    { acknowledged[number].add() }
                }
            }
            Clock.sleep(nanoseconds: UInt64(round) * 300_000)
            try walrus.close()
            for thread in threads { thread.join() }
            #expect(try Directory.list(served.folder).isEmpty)
            try served.place.session { walrus throws in
                #expect(walrus.unreadCount(of: "t4") == 0)
                for number in 0..<4 {
                    #expect(
                        walrus.unreadCount(of: TopicName("t\(number)"))
                            == acknowledged[number].value)
                }
            }
        }
    }
}
