import Testing
import WalrusControl
import WalrusFormat
import WalrusIO

@Suite struct MessageTests {
    private let place: EntryPlace
    private let directory = FileIdentity(device: 0xfd00, number: 77)

    init() throws { place = try #require(EntryPlace("1763670155020:3+0x1234")) }

    private var requests: [ControlRequest] {
        [
            .hello(
                ControlClient(
                    processID: 4_121, program: "walrus", version: "0.1.0", directory: directory)),
            .append("orders", [1, 2, 3]), .append("orders", []),
            .appendBatch("orders", [[1], [], [2, 3]]), .appendBatch("orders", []),
            .cursor("t\u{1b}"), .cursor(TopicName(bytes: [0xff])),
            .moveCursor("t", from: nil, to: .begin), .moveCursor("t", from: place, to: .end),
            .moveCursor("t", from: nil, to: .ordinal(-1)),
            .moveCursor("t", from: nil, to: .ordinal(9)),
            .moveCursor("t", from: nil, to: .sequence(.max)),
            .moveCursor("t", from: nil, to: .time(1 << 63)),
            .moveCursor("t", from: place, to: .place(place)),
            .mark("t", isClean: true), .mark("t", isClean: false), .topic("t"),
            .topics(after: nil), .topics(after: "t"), .reclaim, .metrics,
        ]
    }

    private let failure: ControlFailure = {
        var failure = ControlFailure(code: "poisoned", reason: "a sync of it failed: é")
        failure.topic = "t"
        failure.path = Array("/data/wal".utf8)
        failure.offset = 10
        failure.errno = 28
        failure.holders = [1, 4_194_304]
        return failure
    }()

    private var answers: [ControlAnswer] {
        [
            .hello(
                ControlHost(
                    processID: 9, program: "orders-service", version: "0.1.0",
                    path: Array("/data/wal".utf8), directory: directory,
                    schedule: .milliseconds(200),
                    persistEvery: nil, entriesMax: 64 << 20, clientsMax: 8, idle: 60_000_000_000)),
            .appended(
                ControlReceipt(count: 2, sequence: 7, ordinal: 5, timestamp: .max, place: place)),
            .cursor(nil), .cursor(place), .moved(ControlMove(before: 3, after: 1, place: place)),
            .done, .topic(nil),
            .topics(
                [
                    ControlTopic(
                        name: "a", entries: 3, unread: 1, size: 900, isClean: false, blocks: 1,
                        cursor: CursorPosition(file: place.file, slot: 3, offset: 600, sequence: 2)),
                    ControlTopic(
                        name: "b", entries: 0, unread: 0, size: 0, isClean: true, blocks: 0,
                        cursor: .begin),
                    ControlTopic(
                        name: "c", entries: 1, unread: 1, size: 300, isClean: true, blocks: 1,
                        cursor: nil),
                ], hasMore: true),
            .reclaimed(
                ControlReclaimed(
                    files: [place.file], kept: [.init(file: place.file, failure: failure)])),
            .metrics(
                MetricsImage(processID: 9, opened: 1, written: 2, isClosed: false, interval: 3)),
            .failure(failure), .failure(ControlFailure(.busy, "")),
        ]
    }

    private func parts(_ frame: [UInt8]) throws -> (frame: ControlFrame, message: [UInt8]) {
        let header = try ControlFrame.decode(Array(frame.prefix(ControlFrame.headerSize)))
        #expect(header.length == frame.count - ControlFrame.headerSize)
        return (header, Array(frame.dropFirst(ControlFrame.headerSize)))
    }

    @Test func whatIsWrittenIsRead() throws {
        #expect(Set(requests.map(\.kind)).count == ControlRequest.Kind.allCases.count)
        for request in requests {
            let (frame, message) = try parts(request.encoded())
            #expect(frame.kind == request.kind.rawValue)
            #expect(try ControlRequest.decode(request.kind, message) == request)
        }
        #expect(Set(answers.map(\.kind)).count == ControlAnswer.Kind.allCases.count)
        for answer in answers {
            let (frame, message) = try parts(answer.encoded())
            #expect(frame.kind == answer.kind.rawValue)
            #expect(frame.length <= answer.kind.limit)
            #expect(try ControlAnswer.decode(answer.kind, message) == answer)
        }
    }

    /// No part of a message passes for one, nor one with something behind it; no byte that is
    /// changed makes it trap.
    @Test func whatIsNotWholeIsRefused() throws {
        for request in requests {
            let message = try parts(request.encoded()).message
            // A payload may have any length.
            let first = if case .append = request { message.count } else { 0 }
            for count in first..<max(first, message.count) {
                #expect(throws: MalformedMessage.self) {
                    try ControlRequest.decode(request.kind, Array(message.prefix(count)))
                }
            }
            if case .append = request { continue }
            #expect(throws: MalformedMessage.self) {
                try ControlRequest.decode(request.kind, message + [0])
            }
        }
        for answer in answers {
            let message = try parts(answer.encoded()).message
            for count in message.indices {
                #expect(throws: MalformedMessage.self) {
                    try ControlAnswer.decode(answer.kind, Array(message.prefix(count)))
                }
            }
            for index in message.indices {
                for value: UInt8 in [0, 1, 0x7f, 0xff] {
                    var changed = message
                    changed[index] = value
                    _ = try? ControlAnswer.decode(answer.kind, changed)
                }
            }
        }
    }

    @Test func headersAreRefused() throws {
        let good = Array(ControlRequest.reclaim.encoded())
        #expect(try ControlFrame.decode(good).length == 0)
        for (index, value) in [(0, UInt8(0x58)), (3, 0x32), (4, 2), (5, 1)] {
            var bad = good
            bad[index] = value
            #expect(throws: MalformedMessage.self) { try ControlFrame.decode(bad) }
        }
        #expect(throws: MalformedMessage.self) { try ControlFrame.decode(Array(good.dropLast())) }
    }

    /// A count or a length is believed only as far as there are bytes for it.
    @Test func lengthsAreChecked() throws {
        let topic: [UInt8] = [1, 0, 0, 0, UInt8(ascii: "t")]
        let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff]
        let cases: [(ControlRequest.Kind, [UInt8])] = [
            (.append, huge), (.append, [1, 16, 0, 0]), (.cursor, [2, 0, 0, 0, 65]),
            (.appendBatch, topic + huge), (.appendBatch, topic + [0xd1, 7, 0, 0]),
            (.appendBatch, topic + [1, 0, 0, 0] + huge), (.mark, topic + [2]),
            (.moveCursor, topic + [0, 6]), (.moveCursor, topic + [2]),
            (.topics, [1] + huge), (.hello, [UInt8](repeating: 0xff, count: 40)),
        ]
        for (kind, message) in cases {
            #expect(throws: MalformedMessage.self, "\(kind) \(message)") {
                try ControlRequest.decode(kind, message)
            }
        }
    }

    /// What is longer than a message holds is cut, and in whole letters.
    @Test func longTextsAreCut() throws {
        var long = ControlFailure(
            code: String(repeating: "c", count: 100), reason: String(repeating: "é", count: 5_000))
        long.path = [UInt8](repeating: 65, count: 100_000)
        long.holders = Array(0..<1_000)
        long.topic = TopicName(bytes: [UInt8](repeating: 65, count: 100_000))
        let kept = ControlReclaimed(
            files: Array(repeating: place.file, count: 100_000),
            kept: Array(repeating: .init(file: place.file, failure: long), count: 1_000))
        for answer in [ControlAnswer.failure(long), .reclaimed(kept)] {
            let (frame, message) = try parts(answer.encoded())
            #expect(frame.length <= answer.kind.limit)
            let read = try ControlAnswer.decode(answer.kind, message)
            guard case .failure(let failure) = read else { continue }
            #expect(failure.reason == String(repeating: "é", count: 1_024))
            #expect(failure.holders.count == 64)
        }
    }

    /// What version 1 is: bytes that must not change.
    @Test func golden() {
        let file: [UInt8] = [13, 0, 0, 0] + Array("1763670155020".utf8)
        let placeBytes = file + [3, 0, 0, 0, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0]
        let frames: [(ControlRequest, [UInt8])] = [
            (
                .append("ab", [7, 8]),
                Array("WSC1".utf8) + [1, 0, 2, 0, 8, 0, 0, 0, 2, 0, 0, 0, 97, 98, 7, 8]
            ),
            (
                .moveCursor("ab", from: place, to: .place(place)),
                Array("WSC1".utf8) + [1, 0, 5, 0, 74, 0, 0, 0, 2, 0, 0, 0, 97, 98, 1] + placeBytes
                    + [5] + placeBytes
            ),
            (.metrics, Array("WSC1".utf8) + [1, 0, 10, 0, 0, 0, 0, 0]),
        ]
        for (request, bytes) in frames { #expect(request.encoded() == bytes) }
        #expect(
            ControlAnswer.failure(ControlFailure(.busy, "é")).encoded()
                == Array("WSC1".utf8) + [0x01, 0, 0x8a, 0, 22, 0, 0, 0, 4, 0, 0, 0]
                + Array("busy".utf8) + [2, 0, 0, 0, 0xc3, 0xa9] + [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(
            ControlAnswer.moved(ControlMove(before: 1, after: 2, place: place)).encoded()
                == Array("WSC1".utf8) + [1, 0, 0x84, 0, 49, 0, 0, 0]
                + [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0] + placeBytes)
    }
}
