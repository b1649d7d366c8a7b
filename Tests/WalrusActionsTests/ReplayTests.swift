import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusActions
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct ReplayTests {
    private static func payloads(_ count: Int, _ random: inout SeededRandom) -> [[UInt8]] {
        (0..<count).map { number in
            // Few different ones: a replay must not take one entry for another.
            let size = Int.random(in: 0...3, using: &random) == 0 ? number % 400 : 2
            return [UInt8](repeating: UInt8(number % 3), count: size)
        }
    }

    /// Whatever the range: the target has the payloads of the source's range, in order.
    @Test func theTargetIsTheRangeOfTheSource() throws {
        var random = SeededRandom.fromEnvironment("theTargetIsTheRangeOfTheSource")
        for round in 0..<12 {
            let bench = try ReplayBench()
            let isOwn = Bool.random(using: &random)
            // Names that leave no room for stamps in headers, too.
            let topic: TopicName =
                Bool.random(using: &random)
                ? "orders" : TopicName(String(repeating: "n", count: 190))
            let all = Self.payloads(Int.random(in: 1...4_500, using: &random), &random)
            try bench.append(all, to: topic)
            let from = Int.random(in: 1...all.count + 1, using: &random)
            let to = Int.random(in: from...all.count + 1, using: &random)
            let limit =
                Bool.random(using: &random) ? Int.random(in: 0...5_000, using: &random) : nil
            let query = try Bool.random(using: &random) ? Query("hex:01") : nil
            let into: TopicName = isOwn && Bool.random(using: &random) ? topic : "copy"
            let replay = bench.replay(topic, into: into, of: isOwn ? bench.source : nil) {
                $0.from = ReplayBench.bound(from)
                $0.to = ReplayBench.bound(to)
                $0.limit = limit
                $0.query = query
            }
            let expected = Array(
                all[(from - 1)..<(to - 1)].filter { query == nil || $0.contains(1) }
                    .prefix(limit ?? .max))
            let comment: Comment = "seed \(random.seed), round \(round)"
            let survey = try #require(try replay.survey())
            #expect(survey.entries == expected.count, comment)
            let result = try replay.run()
            #expect(result.delivered == expected.count && result.unseen == 0, comment)
            let path = isOwn ? bench.source : bench.target
            let found = try ReplayBench.payloads(path, into)
            #expect(found == (into == topic ? all : []) + expected, comment)
            // Once more: it is done.
            let again = try replay.run()
            #expect(again.finishedBefore != nil && again.sum == result.sum, comment)
            #expect(try ReplayBench.payloads(path, into) == found, comment)
        }
    }

    /// The process ends at any batch, before or behind it; others append to the target meanwhile.
    @Test func everyEntryComesOnceWhereverItEnds() throws {
        var random = SeededRandom.fromEnvironment("everyEntryComesOnceWhereverItEnds")
        for topic: TopicName in ["t", TopicName(String(repeating: "n", count: 200))] {
            for other in [nil, [7], [0, 0]] as [[UInt8]?] {
                let bench = try ReplayBench()
                // All alike: only where they stand tells one batch from another.
                let all = [[UInt8]](repeating: [0, 0], count: 9_001)
                try bench.append(all, to: topic)
                var replay = bench.replay(topic, into: topic)
                var others = 0
                for moment in DyingLog.Moment.allCases {
                    for batch in 0..<2 {
                        replay.open = {
                            DyingLog(try LogAccess($0).open(giving: $1), moment, at: batch)
                        }
                        #expect(throws: EngineError.self) { try replay.run() }
                        if let other {
                            try bench.append([other], to: topic, in: bench.target)
                            others += 1
                        }
                    }
                }
                replay.open = { try LogAccess($0).open(giving: $1) }
                let result = try replay.run()
                #expect(result.delivered == all.count && result.unseen == 0)
                #expect(result.earlier > 0)
                let found = try ReplayBench.payloads(bench.target, topic)
                #expect(found.count == all.count + others, "seed \(random.next())")
                if other != [0, 0] { #expect(found.filter { $0 != other } == all) }
            }
        }
    }

    /// Two replays of the same entries into one topic, both interrupted: each brings all of its own.
    @Test func anotherReplayIsNotTakenForThisOne() throws {
        let bench = try ReplayBench()
        let all = (0..<2_500).map { [UInt8($0 % 5)] }
        try bench.append(all, to: "t")
        var first = bench.replay("t", into: "copy")
        first.open = { DyingLog(try LogAccess($0).open(giving: $1), .before, at: 0) }
        #expect(throws: EngineError.self) { try first.run() }
        let second = bench.replay("t", into: "copy") { $0.from = ReplayBench.bound(1) }
        #expect(try second.run().delivered == all.count)
        first.open = { try LogAccess($0).open(giving: $1) }
        #expect(try first.run().delivered == all.count)
        #expect(try ReplayBench.payloads(bench.target, "copy") == all + all)
    }

    @Test func aStopIsGoneOnFrom() throws {
        let bench = try ReplayBench()
        let all = (0..<4_100).map { [UInt8($0 % 251), UInt8($0 / 251)] }
        try bench.append(all, to: "t")
        let replay = bench.replay("t", into: "copy")
        let stopped = try replay.run(goesOn: { $0.delivered == 0 })
        #expect(stopped.isStopped && stopped.delivered == 2_000)
        #expect(try ReplayBench.payloads(bench.target, "copy") == Array(all[..<2_000]))
        // What is appended to the source meanwhile is not of the range.
        try bench.append([[1]], to: "t")
        let result = try replay.run()
        #expect(result.delivered == all.count && result.earlier == 2_000)
        #expect(try ReplayBench.payloads(bench.target, "copy") == all)
        var anew = replay
        anew.restarts = true
        #expect(try anew.run().delivered == all.count + 1)
        let records = try ReplayRecord.all(in: bench.records)
        #expect(records.map(\.delivered) == [all.count + 1])
        try records[0].forget()
        #expect(try ReplayRecord.all(in: bench.records).isEmpty)
    }

    /// What the reader of the source does meanwhile changes nothing of what the query means.
    @Test func unreadMeansWhatItMeantInTheBeginning() throws {
        let bench = try ReplayBench()
        let all = (0..<3_000).map { [UInt8($0 % 251), UInt8($0 / 251)] }
        try bench.append(all, to: "t")
        try ReplayBench.session(bench.source) { try $0.seek("t", to: .ordinal(501)) }
        let query = try Query("is:unread")
        let replay = bench.replay("t", into: "copy") { $0.query = query }
        #expect(try replay.run(goesOn: { $0.delivered == 0 }).isStopped)
        try ReplayBench.session(bench.source) { try $0.seek("t", to: .end) }
        #expect(try replay.run().delivered == 2_500)
        #expect(try ReplayBench.payloads(bench.target, "copy") == Array(all[500...]))
    }

    @Test func damageIsLeftOutAndNamed() throws {
        let bench = try ReplayBench()
        let log = try LogWriter()
        try log.entries([[1], [2], [3], [4]], "t", firstSequence: 1)
        try log.flip(bit: 0, at: 257 + 256)
        let replay = Replay(
            ReplayRequest(log.path, "t", to: .topic("t", bench.target)), records: bench.records)
        let result = try replay.run()
        #expect(result.delivered == 3 && result.damaged == 1)
        #expect(result.damagedPlaces.map(\.offset) == [257])
        #expect(try ReplayBench.payloads(bench.target, "t") == [[1], [3], [4]])
    }

    /// A file of the rest of the range is gone, or another directory is there.
    @Test func aSourceThatHasChangedIsRefused() throws {
        let bench = try ReplayBench()
        let log = try LogWriter()
        let names = [LogWriter.name(0), LogWriter.name(1)]
        for (index, name) in names.enumerated() {
            try log.entries(
                (0..<1_500).map { [UInt8($0 % 251)] }, "t", file: name,
                firstSequence: UInt64(1 + index * 1_500))
        }
        let replay = Replay(
            ReplayRequest(log.path, "t", to: .topic("t", bench.target)), records: bench.records)
        #expect(try replay.run(goesOn: { $0.delivered == 0 }).isStopped)
        let storage = DiskStorage(log.path)
        // What was replayed may go.
        try storage.rename(names[0], to: "aside_index.db")
        #expect(try #require(try replay.survey()).entries == 1_000)
        try storage.rename("aside_index.db", to: names[0])
        try storage.rename(names[1], to: "aside_index.db")
        #expect {
            try replay.run()
        } throws: { error in
            if case ReplayError.sourceChanged = error { true } else { false }
        }
        try storage.rename("aside_index.db", to: names[1])
        #expect(try replay.run().delivered == 3_000)
    }

    /// All that could tell has been consumed and is gone: somebody has to say.
    @Test func whatCannotBeToldIsAsked() throws {
        for belief in Replay.LastBatch.allCases {
            let bench = try ReplayBench()
            let all = (0..<10).map { [UInt8($0)] }
            try bench.append(all, to: "t")
            var replay = bench.replay("t", into: "copy")
            replay.open = { DyingLog(try LogAccess($0).open(giving: $1), .behind, at: 0) }
            #expect(throws: EngineError.self) { try replay.run() }
            try ReplayBench.session(bench.target) { walrus in
                while try walrus.readNext("copy", checkpoint: true) != nil {}
            }
            for entry in try Directory.list(bench.target) where DataFileName(entry.name) != nil {
                try DiskStorage(bench.target).remove(entry.name)
            }
            replay.open = { try LogAccess($0).open(giving: $1) }
            #expect {
                try replay.run()
            } throws: { error in
                if case ReplayError.uncertain = error { true } else { false }
            }
            replay.lastBatch = belief
            let result = try replay.run()
            #expect(result.delivered == 10)
            #expect(result.unseen == (belief == .there ? 10 : 0))
            #expect(
                try ReplayBench.payloads(bench.target, "copy") == (belief == .there ? [] : all))
        }
    }

    @Test(arguments: ["small", "restarts", "large"])
    func whatTheReferenceWroteIsReplayed(name: String) throws {
        let log = try Fixture(name)
        let state = try #require(try Scanner(log.path).scan())
        let bench = try ReplayBench()
        for topic in state.topics where topic.entries > 0 {
            let replay = Replay(
                ReplayRequest(log.path, topic.name, to: .topic(topic.name, bench.target)),
                records: bench.records)
            #expect(try replay.run().delivered == topic.entries)
            #expect(
                try ReplayBench.payloads(bench.target, topic.name)
                    == ReplayBench.payloads(log.path, topic.name))
        }
        // And into a directory that the reference wrote.
        let topic = try #require(state.topics.first { $0.entries > 0 })
        let before = try ReplayBench.payloads(log.path, topic.name)
        try bench.append([[1], [2]], to: "new")
        let replay = Replay(
            ReplayRequest(bench.source, "new", to: .topic(topic.name, log.path)),
            records: bench.records)
        #expect(try replay.run().delivered == 2)
        #expect(try ReplayBench.payloads(log.path, topic.name) == before + [[1], [2]])
    }

    @Test func aCommandGetsEachEntryAndIsGoneOnWith() throws {
        let bench = try ReplayBench()
        let all = (0..<12).map { Array("entry \($0)\n".utf8) }
        try bench.append(all, to: "t")
        let out = bench.temp.path.appending("out")
        let stop = bench.temp.path.appending("go")
        let command =
            "test $WALRUS_ORDINAL != 6 -o -e \(stop) || exit 3; cat >> \(out)"
        let replay = Replay(
            ReplayRequest(bench.source, "t", to: .command(command)), records: bench.records)
        #expect {
            try replay.run()
        } throws: { error in
            guard case ReplayError.commandFailed(_, let ordinal, let how) = error else {
                return false
            }
            return ordinal == 6 && how == "exit status 3"
        }
        #expect(try Directory.contents(of: out) == Array(all[..<5].joined()))
        try DiskStorage(bench.temp.path).replace("go", with: [], temporary: "go.new")
        #expect(try replay.run().delivered == 12)
        #expect(try Directory.contents(of: out) == Array(all.joined()))
    }
}
