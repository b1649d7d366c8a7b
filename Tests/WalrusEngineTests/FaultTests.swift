import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct FaultTests {
    /// What a scenario was told: the only thing that counts afterwards.
    private struct Promises {
        var acknowledged: [TopicName: [[UInt8]]] = [:]
        var consumed: [TopicName: [[UInt8]]] = [:]
        var errors: [EngineError] = []

        mutating func append(_ walrus: Walrus, _ payload: [UInt8], _ topic: TopicName) {
            do throws(EngineError) {
                try walrus.append(payload, to: topic)
                acknowledged[topic, default: []].append(payload)
            } catch { errors.append(error) }
        }

        mutating func consume(_ walrus: Walrus, _ topic: TopicName) {
            do throws(EngineError) {
                if let entry = try walrus.readNext(topic, checkpoint: true) {
                    consumed[topic, default: []].append(entry.payload)
                }
            } catch { errors.append(error) }
        }
    }

    /// Appends and consumes in two topics, with enough checkpoints for the journal to be compacted.
    private func scenario(_ walrus: Walrus, _ promises: inout Promises) {
        for round in 0..<6 {
            promises.append(walrus, [1, UInt8(round)], "a")
            promises.append(walrus, [UInt8](repeating: UInt8(round), count: 6_000), "b")
            promises.consume(walrus, "a")
            if round > 2 { promises.consume(walrus, "b") }
        }
    }

    private func open(_ place: Workplace) throws -> Walrus {
        try place.openFaulty(.strictlyAtOnce, .each, journalSizeMax: 300)
    }

    @Test(arguments: [
        FaultyStorage.Fault.error(.noSpace), .short(.noSpace), .error(.ioError), .crash,
    ])
    func everyOperationMayFail(fault: FaultyStorage.Fault) throws {
        var count = 0
        do {
            let place = try Workplace()
            var promises = Promises()
            let walrus = try open(place)
            scenario(walrus, &promises)
            try walrus.close()
            count = place.storage.operationCount
        }
        for failing in 0..<count {
            let place = try Workplace()
            var promises = Promises()
            let walrus = try open(place)
            place.storage.fail(after: failing, fault)
            scenario(walrus, &promises)
            var closeError: EngineError?
            if fault != .crash {
                // The cause is gone: another topic can be appended to, and these where no sync
                // failed.
                let errors = promises.errors.count
                promises.append(walrus, [7], "later")
                if walrus.poisonedFiles.isEmpty { promises.append(walrus, [8], "a") }
                if errors > 0 { #expect(promises.errors.count == errors, "operation \(failing)") }
            }
            do throws(EngineError) { try walrus.close() } catch { closeError = error }
            if fault != .crash { #expect(!promises.errors.isEmpty || closeError != nil) }
            place.storage.heal()
            try verify(place, promises, fault, "operation \(failing) of \(count)")
        }
    }

    private func verify(
        _ place: Workplace, _ promises: Promises, _ fault: FaultyStorage.Fault,
        _ comment: Comment
    ) throws {
        try place.session { walrus throws in
            for (topic, acknowledged) in promises.acknowledged {
                let consumed = promises.consumed[topic] ?? []
                #expect(Array(acknowledged.prefix(consumed.count)) == consumed, comment)
                var left = try walrus.consume(topic).map(\.payload)
                var due = Array(acknowledged.dropFirst(consumed.count))
                if fault == .crash {
                    // The last operation may have reached the disk though nobody was told.
                    if left.count == due.count + 1 { left.removeLast() }
                    if due.count == left.count + 1 { due.removeFirst() }
                }
                #expect(left == due, comment)
            }
            try walrus.append([1], to: "new")
            #expect(try walrus.consume("new").map(\.payload) == [[1]], comment)
        }
    }

    /// Pages are made ahead of the writer only for speed.
    @Test(arguments: StorageBackend.allCases)
    func populatingMayFail(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.openFaulty()
        let tried = Mutex(0)
        place.storage.fail { operation, _ in
            guard operation == .populate else { return nil }
            tried.withLock { $0 += 1 }
            return .noSpace
        }
        let texts = (0..<300).map { String(repeating: "\($0) ", count: 60) }
        try walrus.add(texts, to: "t")
        #expect(tried.withLock { $0 } > 3)
        #expect(try walrus.texts("t") == texts)
        try walrus.close()
        place.storage.heal()
        let again = try place.open()
        #expect(again.recoveryReport.isClean && again.status("t")?.entries == 300)
        try again.close()
    }

    /// A failed sync makes the file one that is not written to any more, for all to see.
    @Test(arguments: StorageBackend.allCases)
    func aFailedSyncPoisonsTheFile(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.add(["a"], to: "t")
        place.storage.fail { operation, name in
            operation == .sync && DataFileName(name) != nil ? .ioError : nil
        }
        #expect { try walrus.add(["b"], to: "t") } throws: { .io ~= $0 }
        place.storage.heal()
        let file = try #require(DataFileName(try place.dataFiles[0]))
        #expect(walrus.poisonedFiles.keys.contains(file))
        #expect { try walrus.add(["c"], to: "t") } throws: { .poisoned ~= $0 }
        #expect(try walrus.texts("t") == ["a"])
        try walrus.add(["d"], to: "u")
        #expect(try walrus.readNext("u", checkpoint: true)?.file != file)
        #expect { try walrus.close() } throws: { .poisoned ~= $0 }
        try place.session { walrus throws in
            #expect(walrus.unreadCounts() == ["t": 0, "u": 0])
            try walrus.add(["e"], to: "t")
            #expect(try walrus.texts("t") == ["e"])
        }
    }

    /// Nobody knows what of it is on disk: what comes after has numbers of its own, so that a power loss
    /// cannot put the two together.
    @Test func whatASyncFailedForKeepsItsNumbers() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        place.storage.fail { operation, name in
            operation == .sync && DataFileName(name) != nil ? .ioError : nil
        }
        #expect { try walrus.append([1], to: "t") } throws: { .io ~= $0 }
        #expect { try walrus.append(batch: [[1], [2], [3]], to: "u") } throws: { .io ~= $0 }
        place.storage.heal()
        #expect(try walrus.append([4], to: "t").sequence == 2)
        #expect(try walrus.append([4], to: "u").sequence == 4)
        #expect { try walrus.close() } throws: { .poisoned ~= $0 }
    }

    /// The background sync tells of its failures too.
    @Test func f26BackgroundFailuresSurface() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .milliseconds(5))
        place.storage.fail { operation, name in
            operation == .sync && DataFileName(name) != nil ? .ioError : nil
        }
        try walrus.add(["a"], to: "t")
        let end = Clock.monotonic() + 10_000_000_000
        while walrus.poisonedFiles.isEmpty, Clock.monotonic() < end {
            Clock.sleep(nanoseconds: 1_000_000)
        }
        #expect { try walrus.add(["b"], to: "t") } throws: { .poisoned ~= $0 }
        #expect { try walrus.close() } throws: { .poisoned ~= $0 }
    }

    @Test func f26TheScheduleMeansWhatItSays() throws {
        func syncs(_ schedule: FsyncSchedule) throws -> Int {
            let place = try Workplace()
            let count = Counter()
            let walrus = try place.openFaulty(.strictlyAtOnce, schedule)
            place.storage.fail { operation, name in
                if operation == .sync, DataFileName(name) != nil { count.add() }
                return nil
            }
            try walrus.add(numbers(1...10), to: "t")
            let before = count.value
            try walrus.close()
            if schedule == .never { #expect(count.value == 0) }
            return before
        }
        #expect(try syncs(.never) == 0)
        #expect(try syncs(.each) == 10)
        #expect(try syncs(.milliseconds(60_000)) == 0)
        // Centuries are no harm.
        #expect(try syncs(.milliseconds(.max)) == 0)
    }

    /// A strict checkpoint is one write and one sync; a looser one comes when one more would be too
    /// many without.
    @Test(arguments: [(ReadConsistency.strictlyAtOnce, 12), (.atLeastOnce(persistEvery: 4), 2)])
    func checkpointsAreSyncedAsPromised(consistency: ReadConsistency, expected: Int) throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(consistency)
        try walrus.add(numbers(1...13), to: "t")
        // The first makes the file.
        try walrus.consume("t", consistency == .strictlyAtOnce ? 1 : 0)
        let (writes, syncs) = (Counter(), Counter())
        place.storage.fail { operation, name in
            guard name == DirectoryNames.cursorJournal else { return nil }
            if operation == .write { writes.add() }
            if operation == .sync { syncs.add() }
            return nil
        }
        try walrus.consume("t", 12)
        #expect(writes.value == expected && syncs.value == expected)
        try walrus.close()
    }

    /// A block that never came into being leaves no empty slot before the next one.
    @Test(arguments: [FaultyStorage.Fault.error(.noSpace), .short(.noSpace)])
    func aFailedBlockLeavesNoHole(fault: FaultyStorage.Fault) throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        try walrus.add(["1"], to: "a")
        try walrus.markDirty("b")
        place.storage.fail(after: 0, fault)
        #expect { try walrus.add(["2"], to: "b") } throws: { .io ~= $0 }
        try walrus.add(["3"], to: "c")
        #expect(try walrus.readNext("c", checkpoint: false)?.slot == 1)
        #expect(walrus.status("b")?.entries == 0)
        try walrus.close()
        try place.session { walrus throws in #expect(walrus.recoveryReport.isClean) }
    }

    /// A file that cannot be made is an error, and the next append works.
    @Test func f15() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty()
        place.storage.fail { operation, _ in operation == .create ? .noSpace : nil }
        var caught: EngineError?
        do throws(EngineError) { try walrus.append([1], to: "t") } catch { caught = error }
        #expect(caught?.errno == .noSpace && caught?.topic == "t" && caught?.path != nil)
        #expect(walrus.status("t")?.entries == 0)
        place.storage.heal()
        try walrus.add(["a"], to: "t")
        #expect(try walrus.texts("t") == ["a"])
        try walrus.close()
    }

    /// The disk fills: what was acknowledged is there, what was not is not.
    @Test(arguments: StorageBackend.allCases)
    func f09(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.openFaulty()
        try walrus.add(numbers(1...5), to: "t")
        for fault in [FaultyStorage.Fault.error(.noSpace), .short(.noSpace)] {
            place.storage.fail(after: 0, fault)
            var caught: EngineError?
            do throws(EngineError) {
                try walrus.append([UInt8](repeating: 1, count: 10_000), to: "t")
            } catch { caught = error }
            #expect(caught?.errno == .noSpace && caught?.topic == "t")
            #expect(caught?.offset == 5 * 257)
        }
        try walrus.add(numbers(6...9), to: "t")
        #expect(walrus.unreadCount(of: "t") == 9)
        try walrus.close()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.status("t")?.blocks == 1)
            #expect(try walrus.texts("t") == numbers(1...9))
        }
    }

    /// What cannot even be taken back ends the block.
    @Test(arguments: StorageBackend.allCases)
    func anEntryThatCannotBeErasedEndsItsBlock(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.openFaulty()
        try walrus.add(["1", "2"], to: "t")
        let count = place.storage.operationCount
        place.storage.fail(after: 0, .short(.ioError))
        let writes = Counter()
        place.storage.fail { operation, _ in
            guard operation == .write else { return nil }
            writes.add()
            return .ioError
        }
        #expect { try walrus.append([UInt8](repeating: 1, count: 999), to: "t") } throws: {
            .io ~= $0
        }
        #expect(writes.value > 0 && count > 0)
        place.storage.heal()
        try walrus.add(["3"], to: "t")
        #expect(walrus.status("t")?.blocks == 2)
        #expect(try walrus.texts("t") == ["1", "2", "3"])
        try walrus.close()
        try place.session { walrus throws in #expect(try walrus.append([4], to: "t").sequence == 5)
        }
    }
}
