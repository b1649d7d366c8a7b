import SystemPackage
import TestSupport
import WalrusControl
import WalrusEngine
import WalrusFormat
import WalrusIO

/// What comes over the control socket, from whoever it is.
enum ControlTargets {
    static func run(_ bytes: [UInt8]) throws {
        try decode(bytes)
        try serve(bytes)
    }

    /// What is taken for a message is one that we would write.
    private static func decode(_ bytes: [UInt8]) throws {
        if let frame = try? ControlFrame.decode(Array(bytes.prefix(ControlFrame.headerSize))) {
            try expect(frame.length >= 0, "a length is a number")
        }
        var input = FuzzBytes(bytes)
        let choice = input.byte()
        let message = input.all()
        let requests = ControlRequest.Kind.allCases
        let kind = requests[choice % requests.count]
        if let request = try? ControlRequest.decode(kind, message) {
            let frame = request.encoded()
            try expectEqual(
                Array(frame.dropFirst(ControlFrame.headerSize)), message, "encode(decode(request))")
        }
        let answers = ControlAnswer.Kind.allCases
        let answerKind = answers[choice % answers.count]
        if let answer = try? ControlAnswer.decode(answerKind, message) {
            let read = Array(answer.encoded().dropFirst(ControlFrame.headerSize))
            try expect(read.count <= answerKind.limit, "an answer is not longer than it may be")
            // Bits that an image of metrics does not use are not kept.
            guard answerKind != .metrics else { return }
            try expectEqual(read, message, "encode(decode(answer))")
        }
    }

    /// An engine gets the bytes from a connection. Whatever they are, it answers what it can, ends
    /// the conversation, and works on.
    private static func serve(_ bytes: [UInt8]) throws {
        let log = try TempDirectory(inMemory: true)
        var configuration = Configuration(directory: log.path, key: nil, fsyncSchedule: .never)
        configuration.looksForStrangers = false
        configuration.writesMetrics = false
        configuration.servesControl = false
        configuration.backend = .fileDescriptor
        let engine = try Walrus(configuration)
        try engine.append([1], to: "t")
        let directory = FileIdentity(device: 1, number: 2)
        let host = ControlHost(
            processID: 1, program: "fuzz", version: "", path: [], directory: directory,
            schedule: .each, persistEvery: nil, entriesMax: ControlLimits.entriesMax, clientsMax: 1,
            idle: 0)
        let (ours, theirs) = try LocalConnection.pair()
        var input = FuzzBytes(bytes)
        // Most of what there is to find comes after the hello.
        if input.byte() % 8 != 0 {
            let client = ControlClient(
                processID: 1, program: "", version: "", directory: directory)
            try ours.send(ControlRequest.hello(client).encoded(), until: .max)
        }
        var requests = 0
        if input.byte() % 2 == 0 {
            try ours.send(input.all(), until: .max)
        } else {
            // Frames with what is in the input, so that they need not be guessed.
            while !input.isEmpty {
                let kinds = ControlRequest.Kind.allCases
                let kind = kinds[input.byte() % kinds.count]
                let message = input.bytes(input.byte() % 80)
                var frame = ControlRequest.reclaim.encoded()
                frame[6] = UInt8(kind.rawValue)
                frame[8] = UInt8(message.count)
                try ours.send(frame + message, until: .max)
                requests += 1
            }
        }
        ours.shut(.writing)
        var limits = ControlLimits()
        limits.idle = 0
        limits.message = 0
        ControlSession(ControlChannel(theirs), host, limits) { engine }.run()
        theirs.shut(.both)
        let answers = ControlChannel(ours)
        var count = 0
        while let message = try answers.receive(
            limit: { ControlAnswer.Kind(rawValue: $0)?.limit }, idle: 0, whole: 0)
        {
            guard let kind = ControlAnswer.Kind(rawValue: message.kind) else { break }
            _ = try ControlAnswer.decode(kind, message.bytes)
            count += 1
        }
        try expect(count <= max(requests, bytes.count) + 2, "no answer without a request")
        try engine.append([2], to: "t")
        try engine.close()
    }
}
