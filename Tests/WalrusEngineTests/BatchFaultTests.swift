import Inspect
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A batch is all or nothing whatever fails, and whenever.
@Suite struct BatchFaultTests {
    private static let faults: [FaultyStorage.Fault] = [
        .error(.noSpace), .error(.ioError), .short(.noSpace), .crash,
    ]

    /// What was acknowledged, and what failed.
    private struct Log {
        var acknowledged: [TopicName: [[UInt8]]] = [:]
        var failed: (topic: TopicName, payloads: [[UInt8]])?
        var errors = 0

        mutating func append(_ walrus: Walrus, _ payloads: [[UInt8]], _ topic: TopicName) {
            do throws(EngineError) {
                if payloads.count == 1 {
                    try walrus.append(payloads[0], to: topic)
                } else {
                    try walrus.append(batch: payloads, to: topic)
                }
                acknowledged[topic, default: []] += payloads
            } catch {
                errors += 1
                failed = failed ?? (topic, payloads)
            }
        }
    }

    /// Runs `work` with every operation failing in turn, and looks at what is left each time.
    private func failing(
        _ fault: FaultyStorage.Fault, _ schedule: FsyncSchedule, at place: () throws -> Workplace,
        before: [TopicName: [[UInt8]]] = [:], _ work: (Walrus, inout Log) -> Void
    ) throws {
        var count = 0
        var failing = -1
        while failing < count {
            let place = try place()
            var log = Log(acknowledged: before)
            let walrus = try place.openFaulty(.strictlyAtOnce, schedule)
            let start = place.storage.operationCount
            if failing >= 0 { place.storage.fail(after: failing, fault) }
            work(walrus, &log)
            if failing < 0 {
                #expect(log.errors == 0)
                count = place.storage.operationCount - start
                #expect(count > 0)
            }
            let comment = Comment("operation \(failing) of \(count)")
            if fault != .crash {
                for (topic, payloads) in log.acknowledged {
                    #expect(walrus.unreadCount(of: topic) == payloads.count, comment)
                }
                // The cause is gone: there is room for more, also where the failure was.
                if walrus.poisonedFiles.isEmpty, let failed = log.failed {
                    let errors = log.errors
                    log.append(walrus, [[1], [2]], failed.topic)
                    log.append(walrus, [[3]], failed.topic)
                    #expect(log.errors == errors, comment)
                }
            }
            try? walrus.close()
            place.storage.heal()
            try verify(place, log, isCrash: fault == .crash, comment)
            failing += 1
        }
    }

    private func verify(_ place: Workplace, _ log: Log, isCrash: Bool, _ comment: Comment) throws {
        // Inspect says before the directory is opened what the engine says then.
        let scanned = try #require(try Scanner(place.path).scan())
        try place.session { walrus throws in
            expectAgreement(scanned, walrus, comment)
            try expectAgreement(place, walrus, comment)
            var topics = Set(log.acknowledged.keys)
            if let failed = log.failed { topics.insert(failed.topic) }
            for topic in topics {
                let due = log.acknowledged[topic] ?? []
                let found = try walrus.consume(topic).map(\.payload)
                // A crash may come when all is written and nobody has been told.
                let isWhole = isCrash && log.failed?.topic == topic && found.count > due.count
                expectSame(found, due + (isWhole ? log.failed?.payloads ?? [] : []), comment)
            }
            try walrus.append(batch: [[1], [2]], to: "new")
            #expect(try walrus.consume("new").map(\.payload) == [[1], [2]], comment)
        }
        #expect(!(try place.names.contains(DirectoryNames.batchIntents)))
    }

    /// Batches in one block, and into new blocks and a first file.
    @Test(arguments: faults, [FsyncSchedule.never, .each])
    func anyOperationMayFail(fault: FaultyStorage.Fault, schedule: FsyncSchedule) throws {
        try failing(fault, schedule, at: Workplace.init) { walrus, log in
            for (index, topic) in (["a", longName, "a"] as [TopicName]).enumerated() {
                log.append(walrus, payloads([10], from: 16 * index), topic)
                log.append(walrus, payloads([100, 0, 20_000, 5], from: 16 * index + 1), topic)
            }
        }
    }

    /// Of a topic of which nothing is durable, what stands in one file is made so before a batch is
    /// written on to the next: without it the rest would pass for a batch whose beginning was consumed.
    @Test(arguments: [FsyncSchedule.never, .each], [true, false])
    func aFirstBatchAcrossFiles(schedule: FsyncSchedule, isFirst: Bool) throws {
        let place = try Workplace()
        try place.putFiller("other", file: "1763670155020", slot: 98, length: 10)
        let walrus = try place.openFaulty(.strictlyAtOnce, schedule)
        if !isFirst { try walrus.append([5], to: "t") }
        let log = Mutex<[String]>([])
        place.storage.fail { operation, name in
            guard DataFileName(name) != nil else { return nil }
            log.withLock { $0.append("\(operation) \(name == "1763670155020" ? 1 : 2)") }
            return nil
        }
        // One goes into the topic's block, which is the file's last one, and one into the next file.
        let size = isFirst ? Layout.unit - 2 * Layout.headerSize : 6 << 20
        try walrus.append(
            batch: [[UInt8](repeating: 1, count: size), [UInt8](repeating: 2, count: size)],
            to: "t")
        place.storage.heal()
        let done = log.withLock { $0 }
        let synced = try #require(done.firstIndex(of: "sync 1"))
        #expect(done[..<synced].allSatisfy { $0 == "write 1" || $0 == "create 2" })
        #expect(done[synced...].contains("write 2") && done.last?.hasPrefix("write 1") == false)
        #expect(done.contains("sync 2") == (schedule == .each))
        try walrus.close()
    }

    /// A batch that begins in a block that has little room left, and ends in the next file.
    @Test(
        arguments: [FaultyStorage.Fault.error(.ioError), .short(.noSpace), .crash], ["t", longName])
    func anyOperationMayFailAcrossFiles(fault: FaultyStorage.Fault, topic: TopicName) throws {
        let filler = [UInt8](repeating: 0, count: Layout.unit - Layout.headerSize - 1_000)
        let prepared = {
            let place = try Workplace()
            try place.putFiller(topic, file: "1763670155020", slot: 99, length: filler.count)
            try place.session { try $0.markDirty(topic) }
            return place
        }
        try failing(fault, .never, at: prepared, before: [topic: [filler]]) { walrus, log in
            log.append(walrus, payloads([200, 300, 400, 0, 500]), topic)
        }
    }

    // MARK: - What is given back

    /// A failed batch leaves neither a used slot nor a file behind.
    @Test(arguments: ["t", longName])
    func f16(topic: TopicName) throws {
        let place = try Workplace()
        try place.putEntry([1], "old", file: "1763670155020", slot: 97)
        let walrus = try place.openFaulty()
        try walrus.append([1], to: topic)
        let size = walrus.size(of: topic)
        let large = payloads([100, Layout.unit - 300, 100, 5])
        // The last of its writes fails: two blocks are there already, the second in a new file.
        var writes = 0
        for failing in 0... {
            let count = Counter()
            place.storage.fail { operation, name in
                guard operation == .write, DataFileName(name) != nil else { return nil }
                count.add()
                return count.value == failing + 1 ? .noSpace : nil
            }
            do throws(EngineError) {
                try walrus.append(batch: large, to: topic)
                writes = failing
                break
            } catch {
                #expect(error.errno == .noSpace && error.topic == topic)
                #expect(walrus.unreadCount(of: topic) == 1 && walrus.size(of: topic) == size)
                #expect(try place.dataFiles.count == 1)
                let file = try DiskFile(place.path.appending("1763670155020"), .readOnly)
                let end = 98 * Layout.unit + size
                #expect(try file.firstNonZero(in: end..<Layout.fileSize) == nil)
            }
        }
        #expect(writes == 3)
        place.storage.heal()
        try walrus.append([6], to: topic)
        let found = try walrus.consume(topic)
        expectSame(found.map(\.payload), [[1]] + large + [[6]])
        #expect(found.map(\.slot) == [98, 98, 99, 0, 0, 0])
        try walrus.close()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.unreadCount(of: topic) == 0)
        }
    }

    /// What is appended after a failed batch is there, now and after a crash.
    @Test(arguments: ["t", longName], [FaultyStorage.Fault.error(.noSpace), .short(.noSpace)])
    func f16WhatComesAfterStays(topic: TopicName, fault: FaultyStorage.Fault) throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.append([0], to: topic)
        place.storage.fail(after: topic == longName ? 6 : 0, fault)
        #expect { try walrus.append(batch: payloads([300, 0, 20_000]), to: topic) } throws: {
            ($0 as? EngineError)?.errno == .noSpace
        }
        for byte in 1...5 { try walrus.append([UInt8(byte)], to: topic) }
        #expect(try walrus.consume(topic, 3).map(\.payload) == [[0], [1], [2]])
        place.storage.crash()
        try? walrus.close()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume(topic).map(\.payload) == [[3], [4], [5]])
        }
    }

    /// As long as a part of a failed batch cannot be erased, nothing is written behind it.
    @Test(arguments: ["t", longName], [false, true])
    func whatCannotBeErasedIsErasedLater(topic: TopicName, isCrash: Bool) throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.append([1], to: topic)
        try walrus.append([1], to: "other")
        // The sync fails, when all is written, and then every write, and so does erasing.
        let isFailing = Counter()
        place.storage.fail { operation, name in
            guard DataFileName(name) != nil else { return nil }
            if operation == .sync { isFailing.add() }
            return isFailing.value > 0 ? .ioError : nil
        }
        #expect { try walrus.append(batch: payloads([10, 20]), to: topic) } throws: { .io ~= $0 }
        #expect { try walrus.append([2], to: topic) } throws: { .io ~= $0 }
        #expect(walrus.unreadCount(of: topic) == 1)
        if isCrash { place.storage.crash() } else { place.storage.heal() }
        if !isCrash {
            // Erased now; but the file is poisoned.
            #expect { try walrus.append([2], to: topic) } throws: { .poisoned ~= $0 }
            try walrus.append([2], to: "third")
        }
        try? walrus.close()
        place.storage.heal()
        try place.session { walrus throws in
            try expectAgreement(place, walrus, "")
            let found = try walrus.consume(topic).map(\.payload)
            // What was written whole may count, or none of it.
            let whole = isCrash && topic == "t" ? payloads([10, 20]) : []
            #expect(found == [[1]] + whole)
            #expect(try walrus.consume("third").count == (isCrash ? 0 : 1))
        }
    }

    /// The sync of a batch fails, and the power goes before anybody knows what of it is on disk: not
    /// even a part of it comes back, and nothing is taken that could hide one.
    @Test(arguments: ["t", longName], [FsyncSchedule.never, .each])
    func aFailedSyncAndAPowerLoss(topic: TopicName, schedule: FsyncSchedule) throws {
        guard schedule == .each || topic != "t" else { return }
        for seed in 0..<16 {
            var random = SeededRandom(seed: UInt64(seed))
            let crash = try CrashStorage()
            let faulty = FaultyStorage(crash.process(on: DiskStorage(crash.path)))
            var configuration = Configuration(
                directory: crash.path, key: nil, fsyncSchedule: schedule)
            (configuration.looksForStrangers, configuration.servesControl) = (false, false)
            configuration.writesMetrics = false
            let walrus = try Walrus(configuration, on: faulty)
            try walrus.append(batch: [[1]], to: topic)
            faulty.fail { $0 == .sync && DataFileName($1) != nil ? .ioError : nil }
            func code(_ work: () throws(EngineError) -> Void) -> EngineError.Code? {
                do throws(EngineError) { try work() } catch { return error.code }
                return nil
            }
            let batch = Array(repeating: [UInt8](repeating: 7, count: 100), count: 20)
            #expect(
                code { () throws(EngineError) in try walrus.append(batch: batch, to: topic) } == .io
            )
            faulty.heal()
            let large = [UInt8](repeating: 9, count: Layout.unit - Layout.headerSize)
            for payload in [large, [9]] {
                #expect(
                    code { () throws(EngineError) in try walrus.append(payload, to: topic) }
                        == .poisoned)
                #expect(
                    code { () throws(EngineError) in
                        try walrus.append(batch: [payload], to: topic)
                    } == .poisoned)
            }
            crash.kill()
            try? walrus.close()
            try crash.powerLoss(&random)
            for _ in 0..<2 {
                let next = try Walrus(configuration, on: crash.process(on: DiskStorage(crash.path)))
                defer { try? next.close() }
                let sevens = try next.consume(topic).count {
                    $0.payload == [UInt8](repeating: 7, count: 100)
                }
                #expect(sevens == 0 || sevens == 20, "seed \(seed)")
            }
        }
    }

    /// An intent that could not be removed does not take away what comes later.
    @Test func aStaleIntentIsNotLeftBehind() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.append([1], to: longName)
        place.storage.fail { operation, _ in operation == .remove ? .ioError : nil }
        #expect { try walrus.append(batch: [[2], [3]], to: longName) } throws: { .io ~= $0 }
        #expect { try walrus.append([2], to: longName) } throws: { .io ~= $0 }
        try walrus.append([2], to: "other")
        place.storage.heal()
        try walrus.append([4], to: longName)
        place.storage.crash()
        try? walrus.close()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume(longName).map(\.payload) == [[1], [4]])
        }
    }
}

/// Expects Inspect to say of every topic what the engine says.
func expectAgreement(_ place: Workplace, _ walrus: Walrus, _ comment: Comment) throws {
    expectAgreement(try #require(try Scanner(place.path).scan()), walrus, comment)
}

func expectAgreement(_ scanned: DirectoryState, _ walrus: Walrus, _ comment: Comment) {
    let seen = Dictionary(uniqueKeysWithValues: scanned.topics.map { ($0.name, $0) })
    for status in walrus.topics() {
        let topic = seen[status.name]
        #expect(topic?.entries ?? 0 == status.entries, comment)
        #expect(topic?.unread ?? 0 == status.unread, comment)
        #expect(topic?.size ?? 0 == status.size, comment)
    }
    #expect(
        scanned.topics.reduce(0) { $0 + $1.entries }
            == walrus.topics().reduce(0) { $0 + $1.entries }, comment)
}

extension Workplace {
    /// An entry of zeros, which takes no space on disk.
    func putFiller(_ topic: TopicName, file: String, slot: Int, length: Int) throws {
        var checksum = FNV1a()
        unsafe [UInt8](repeating: 0, count: length).withUnsafeBytes { unsafe checksum.add($0) }
        let header = EntryHeader(
            topic: topic, blockEnd: (slot + 1) * Layout.unit, checksum: checksum.value,
            payloadLength: length, stamp: nil)
        try put(file, header.encoded(), at: slot * Layout.unit, size: Layout.fileSize)
    }
}
