import Glibc
import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusControl
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Acting on a log that another process has open.
@Suite struct RemoteLogTests {
    private static let program = Subprocess.walrus.removingLastComponent().appending(
        "EngineThatServes")
    private let place: TempDirectory
    private var log: FilePath { place.path.appending("wal") }

    init() throws {
        place = try TempDirectory()
        try Directory.create(log)
    }

    private func start(_ mode: String) throws -> Subprocess {
        let child = try Subprocess(
            Self.program, [mode, log.string], environment: ["XDG_RUNTIME_DIR": place.path.string])
        while try child.output().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
        return child
    }

    /// The child serves in a folder that this process does not know: the engine of a test does in the
    /// usual one.
    private func engine() throws -> Walrus {
        var configuration = Configuration(directory: log, key: nil)
        configuration.looksForStrangers = false
        configuration.writesMetrics = false
        let walrus = try Walrus(configuration)
        while walrus.metrics.control.state == .starting { Clock.sleep(nanoseconds: 100_000) }
        return walrus
    }

    /// Every call of an open log, through the socket, beside the application.
    @Test func everyCallGoesThrough() throws {
        let walrus = try engine()
        defer { try? walrus.close() }
        let remote = try #require(try RemoteLog.find(log, holders: [Host.processID]))
        #expect(remote.name == "pid \(Host.processID) (\(Host.programName))")
        #expect(
            remote.notes
                == ["through \(remote.name), which makes appended entries durable every 200 ms"])
        let one = try remote.append([1], to: "t")
        let many = try remote.append(batch: [[2], [3]], to: "t")
        #expect(one.ordinal == 1 && many.ordinals == 2..<4 && many.sequences == 2..<4)
        #expect(
            try remote.append(batch: [], to: "t")
                == BatchReceipt(
                    sequences: 0..<0, timestamp: 0, ordinals: 0..<0, place: nil))
        #expect(try remote.cursor(of: "t") == nil)
        let move = try remote.moveCursor(of: "t", from: nil, to: .ordinal(2))
        #expect(move == CursorMove(before: 0, after: 1, place: try #require(many.place)))
        #expect(try remote.cursor(of: "t") == many.place)
        #expect { try remote.moveCursor(of: "t", from: nil, to: .end) } throws: {
            .cursorMoved ~= $0
        }
        try remote.mark("t", clean: true)
        #expect(walrus.isClean("t"))
        #expect(try remote.topics() == walrus.topics())
        #expect(try remote.reclaim().files.isEmpty)
        #expect { try remote.append([1], to: "") } throws: { .invalidTopic ~= $0 }
        remote.close()
        #expect { try remote.topics() } throws: { .closed ~= $0 }
    }

    /// The socket of a service that was killed goes when somebody knocks at it, and the log is free.
    @Test func aDeadSocketGoes() throws {
        let child = try start("works")
        let folder = place.path.appending("walrus")
        func sockets() throws -> [String] {
            try Directory.list(folder).map(\.name).filter { $0.hasSuffix(".sock") }
        }
        while try sockets().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
        child.send(9)
        _ = try child.wait()
        #expect(try sockets().count == 1)
        for words in [
            ["append", log.string, "x", "--text", "a"], ["seek", log.string, "x", "begin"],
        ] {
            let result = try Subprocess.run(
                Subprocess.walrus, words,
                environment: [
                    "XDG_RUNTIME_DIR": place.path.string, "WALRUS_AUDIT": "\(place.path)/audit",
                ])
            #expect(result.status == 0, "\(result.errors)")
        }
        #expect(try sockets().isEmpty)
    }

    /// A plan takes the cursor from whoever has the log open: on disk it may be behind.
    @Test func aPlanKnowsTheCursorThatIsNotRecordedYet() throws {
        var configuration = Configuration(directory: log, key: nil)
        configuration.looksForStrangers = false
        configuration.writesMetrics = false
        configuration.readConsistency = .atLeastOnce(persistEvery: 1_000)
        let walrus = try Walrus(configuration)
        for number in 0..<9 { try walrus.append([UInt8(number)], to: "t") }
        for _ in 0..<5 { _ = try walrus.readNext("t", checkpoint: true) }
        while walrus.metrics.control.state == .starting { Clock.sleep(nanoseconds: 100_000) }
        let topic = try #require(try Scanner(log).scan()?.topic("t"))
        #expect(topic.unread == 9)
        let access = LogAccess(log)
        #expect(access.cursor(of: topic)?.offset == 5 * 257)
        try walrus.close()
        // Nobody is there to ask.
        #expect(access.cursor(of: topic) == nil)
    }

    @Test func whatIsTooLongIsToldBeforeItIsSent() throws {
        let walrus = try engine()
        defer { try? walrus.close() }
        let remote = try #require(try RemoteLog.find(log, holders: []))
        let half = [UInt8](repeating: 1, count: 32 << 20)
        #expect { try remote.append(half + half, to: "t") } throws: { .entryTooLarge ~= $0 }
        #expect { try remote.append(batch: [half, half], to: "t") } throws: {
            .batchTooLarge ~= $0
        }
        #expect {
            try remote.append(batch: Array(repeating: [], count: 2_001), to: "t")
        } throws: { .batchTooLarge ~= $0 }
        #expect(try remote.append(half, to: "t").ordinal == 1)
        #expect(walrus.unreadCount(of: "t") == 1)
    }

    /// A conversation that was ended while nothing was asked is begun again; when the process has
    /// gone that is told, and nothing was done.
    @Test func aServiceThatIsRestartedIsFoundAgain() throws {
        var walrus = try engine()
        let remote = try #require(try RemoteLog.find(log, holders: []))
        #expect(try remote.append([1], to: "t").ordinal == 1)
        try walrus.close()
        #expect { try remote.append([2], to: "t") } throws: { .refused ~= $0 }
        walrus = try engine()
        #expect(try remote.append([3], to: "t").ordinal == 2)
        try walrus.close()
    }

    /// A holder that serves nobody is told by its number.
    @Test func aHolderThatDoesNotServeIsNamed() throws {
        // In a folder of its own, where nobody looks.
        let child = try start("works")
        defer {
            child.send(9)
            _ = try? child.wait()
        }
        let caught = #expect(throws: EngineError.self) { try LogAccess(log).open() }
        #expect(caught?.code == .locked && caught?.holders == [Int(child.processID)])
        #expect(caught?.reason.contains("process \(child.processID)") == true)
    }

    /// An operator appends and takes entries beside a service that does the same: each entry is taken
    /// once, by one of them, or is unread.
    @Test func nothingIsLostOrTakenTwice() throws {
        let child = try Subprocess(Self.program, ["works", log.string], environment: usual)
        while try child.output().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
        let operated = try LogAccess(log).open()
        var taken: Set<Int> = []
        var (appended, lostRaces) = (0, 0)
        while taken.count < 150 {
            _ = try operated.append(Array("operator \(appended)".utf8), to: "orders")
            appended += 1
            let topic = try #require(try operated.topics().first)
            do throws(EngineError) {
                let move = try operated.moveCursor(
                    of: "orders", from: topic.cursor?.place,
                    to: .ordinal(topic.entries - topic.unread + 4))
                for ordinal in move.before..<move.after {
                    #expect(taken.insert(ordinal + 1).inserted)
                }
            } catch {
                #expect(error.code == .cursorMoved)
                lostRaces += 1
            }
        }
        try operated.close()
        child.send(SIGTERM)
        let lines = try child.wait().lines
        #expect(!lines.contains { $0.hasPrefix("error") })
        let read = lines.filter { $0.hasPrefix("read ") }.map { String($0.dropFirst(5)) }

        let walrus = try engine()
        var all: [String] = []
        var offset = 0
        while case let part = try walrus.readBatch(
            "orders", maxBytes: .max, checkpoint: false, startOffset: offset), !part.isEmpty
        {
            for entry in part {
                all.append(String(decoding: entry.payload, as: UTF8.self))
                offset += Layout.headerSize + entry.payloadLength
            }
        }
        let unread = all.suffix(walrus.unreadCount(of: "orders"))
        try walrus.close()
        #expect(all.count { $0.hasPrefix("operator") } == appended)
        let byOperator = taken.sorted().map { all[$0 - 1] }
        #expect((read + byOperator + unread).sorted() == all.sorted())
        #expect(Set(all).count == all.count && read.count > 0)
        print("the service took \(read.count), the operator \(taken.count), races \(lostRaces)")
    }

    /// Clients that are killed in the middle of it leave whole batches or nothing, and all that was
    /// acknowledged.
    @Test func aKilledClientLeavesNoHalves() throws {
        let walrus = try engine()
        var random = SeededRandom.fromEnvironment("aKilledClientLeavesNoHalves")
        for _ in 0..<kills {
            let before = walrus.unreadCount(of: "t")
            let child = try Subprocess(Self.program, ["acts", log.string], environment: usual)
            while try child.output().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
            Clock.sleep(nanoseconds: UInt64.random(in: 0...8_000_000, using: &random))
            child.send(9)
            let lines = try child.wait().lines
            // What it was about to ask for may be done a moment later.
            while walrus.metrics.control.clients > 0 { Clock.sleep(nanoseconds: 100_000) }
            let done = walrus.unreadCount(of: "t") - before
            let acknowledged = lines.count { $0.hasPrefix("did") } * 2
            #expect(done == acknowledged || done == acknowledged + 2)
        }
        let entries = try walrus.readBatch("t", maxBytes: .max, checkpoint: false)
        #expect(entries.count.isMultiple(of: 2))
        try walrus.close()
    }

    /// An engine that is killed in the middle of it has all that it has acknowledged.
    @Test func aKilledServiceKeepsWhatItAcknowledged() throws {
        var random = SeededRandom.fromEnvironment("aKilledServiceKeepsWhatItAcknowledged")
        var appended = 0
        for round in 0..<kills {
            let child = try Subprocess(Self.program, ["works", log.string], environment: usual)
            while try child.output().isEmpty { Clock.sleep(nanoseconds: 1_000_000) }
            let remote = try #require(try RemoteLog.find(log, holders: [Int(child.processID)]))
            #expect(remote.name == "pid \(child.processID) (EngineThatServes)")
            let patience = UInt64.random(in: 0...15_000_000, using: &random)
            let processID = child.processID
            let end = WalrusIO.Thread {
                Clock.sleep(nanoseconds: patience)
                kill(processID, SIGKILL)
            }
            var isUnanswered = false
            do throws(EngineError) {
                while true {
                    _ = try remote.append(Array("\(round)".utf8), to: "t")
                    appended += 1
                }
            } catch {
                #expect([.refused, .unanswered].contains(error.code))
                isUnanswered = error.code == .unanswered
            }
            end.join()
            _ = try child.wait()
            let walrus = try engine()
            let found = walrus.unreadCount(of: "t")
            #expect(found == appended || isUnanswered && found == appended + 1)
            appended = found
            try walrus.close()
        }
    }

    /// Children look where this process does.
    private var usual: [String: String?] {
        ["XDG_RUNTIME_DIR": Host.environment("XDG_RUNTIME_DIR")]
    }

    private var kills: Int { Host.environment("WALRUS_KILLS").flatMap { Int($0) } ?? 25 }
}
