import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct GroupCommitTests {
    private func isData(_ name: String) -> Bool { DataFileName(name) != nil }

    /// Syncs that take their time, and how many there were.
    private func slowSyncs(_ place: Workplace, of isWanted: @escaping @Sendable (String) -> Bool)
        -> Counter
    {
        let count = Counter()
        place.storage.fail { operation, name in
            if operation == .sync, isWanted(name) {
                count.add()
                Clock.sleep(nanoseconds: 2_000_000)
            }
            return nil
        }
        return count
    }

    /// Appenders of one topic share syncs; everything stands in the order of its numbers.
    @Test func appendersOfOneTopicShareSyncs() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.append([0], to: "t")
        let syncs = slowSyncs(place) { DataFileName($0) != nil }
        let (threads, each) = (8, 25)
        let receipts = Mutex<[AppendReceipt]>([])
        let failures = Counter()
        Thread.forEach(threads, threads: threads) { index in
            for number in 0..<each {
                do {
                    let receipt = try walrus.append([UInt8(index), UInt8(number)], to: "t")
                    receipts.withLock { $0.append(receipt) }
                } catch { failures.add() }
            }
        }
        #expect(failures.value == 0)
        #expect(syncs.value < threads * each)
        let all = receipts.withLock { $0 }
        #expect(Set(all.map(\.sequence)) == Set(2...UInt64(threads * each + 1)))
        #expect(all.allSatisfy { $0.ordinal == Int($0.sequence) })
        let entries = try walrus.consume("t")
        #expect(entries.map(\.sequence) == (1...201).map { UInt64($0) })
        for index in 0..<threads {
            let own = entries.dropFirst().map(\.payload).filter { $0[0] == UInt8(index) }
            #expect(own.map { Int($0[1]) } == Array(0..<each))
        }
        try walrus.close()
    }

    /// New blocks in the midst of it: each begins when all before it is durable.
    @Test func blocksEndInTheMidstOfIt() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        _ = slowSyncs(place) { DataFileName($0) != nil }
        let failures = Counter()
        Thread.forEach(4, threads: 4) { index in
            for _ in 0..<6 {
                do {
                    try walrus.append(
                        [UInt8](repeating: UInt8(index), count: 3_000_000), to: "t")
                } catch { failures.add() }
            }
        }
        #expect(failures.value == 0 && walrus.status("t")?.blocks == 8)
        #expect(try walrus.consume("t").map(\.sequence) == (1...24).map { UInt64($0) })
        try walrus.close()
        try place.removeSnapshot()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.status("t")?.entries == 24)
        }
    }

    /// Nobody sees an entry before it is durable, and the writer of another need not wait.
    @Test func nothingIsSeenBeforeItIsDurable() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.add(["1"], to: "t")
        let (reached, go) = (Event(), Event())
        place.storage.fail { operation, name in
            if operation == .sync, DataFileName(name) != nil {
                reached.set()
                _ = go.wait(nanoseconds: 10_000_000_000)
            }
            return nil
        }
        let failures = Counter()
        let threads = ["2", "3", "4"].map { text in
            Thread { do { try walrus.add([text], to: "t") } catch { failures.add() } }
        }
        #expect(reached.wait(nanoseconds: 10_000_000_000))
        #expect(try walrus.texts("t") == ["1"])
        #expect(walrus.unreadCount(of: "t") == 0 && walrus.status("t")?.entries == 1)
        go.set()
        for thread in threads { thread.join() }
        #expect(failures.value == 0)
        #expect(try Set(walrus.texts("t")) == ["2", "3", "4"])
        try walrus.close()
    }

    /// A reader comes upon damage while entries are in flight: what is appended from then on does
    /// not stand behind it.
    @Test func damageIsFoundWhileEntriesAreInFlight() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.add(["1"], to: "t")
        let (reached, go) = (Event(), Event())
        place.storage.fail { operation, name in
            if operation == .sync, DataFileName(name) != nil {
                reached.set()
                _ = go.wait(nanoseconds: 10_000_000_000)
            }
            return nil
        }
        let failures = Counter()
        func appending(_ text: String) -> Thread {
            Thread { do { try walrus.add([text], to: "t") } catch { failures.add() } }
        }
        var threads = [appending("2")]
        #expect(reached.wait(nanoseconds: 10_000_000_000))
        try place.put(try place.dataFiles[0], [UInt8](repeating: 0xff, count: 257), at: 0)
        #expect(try walrus.readNext("t", checkpoint: false) == nil)
        threads += ["3", "4"].map { appending($0) }
        let files = place.storage.operationCount
        for _ in 0..<5_000 where place.storage.operationCount < files + 2 {
            Clock.sleep(nanoseconds: 1_000_000)
        }
        go.set()
        for thread in threads { thread.join() }
        #expect(failures.value == 0)
        try walrus.close()
        try place.session { walrus throws in
            #expect(try Set(walrus.texts("t")).isSuperset(of: ["3", "4"]))
        }
    }

    /// A sync that fails fails everything that it should have covered, and nothing of it is left.
    @Test(arguments: [false, true])
    func aFailedSyncFailsAll(erases: Bool) throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.add(["1"], to: "t")
        try walrus.add(["1"], to: "u")
        let isFailing = Counter()
        place.storage.fail { operation, name in
            guard DataFileName(name) != nil else { return nil }
            if operation == .sync {
                // Let the others write first.
                Clock.sleep(nanoseconds: 20_000_000)
                isFailing.add()
                return .ioError
            }
            return !erases && isFailing.value > 0 ? .ioError : nil
        }
        let failures = Counter()
        Thread.forEach(6, threads: 6) { index in
            do { try walrus.append([9], to: index < 4 ? "t" : "u") } catch {
                #expect(.io ~= error || .poisoned ~= error)
                failures.add()
            }
        }
        place.storage.heal()
        #expect(failures.value == 6)
        #expect(walrus.poisonedFiles.count == 1)
        for topic in ["t", "u"] as [TopicName] {
            #expect(try walrus.texts(topic) == ["1"])
            if erases {
                #expect { try walrus.append([1], to: topic) } throws: { .poisoned ~= $0 }
            } else if let receipt = try? walrus.append([1], to: topic) {
                // What is left of them keeps its block and its numbers.
                #expect(receipt.sequence > 2)
            }
        }
        #expect { try walrus.close() } throws: { .poisoned ~= $0 }
        guard erases else { return }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.unreadCounts() == ["t": 0, "u": 0])
            #expect(try walrus.append([1], to: "t").sequence == 2)
        }
    }

    /// A close waits for what is under way.
    @Test func aCloseEndsWhatIsUnderWay() throws {
        let place = try Workplace()
        for _ in 0..<10 {
            let walrus = try place.openFaulty(.strictlyAtOnce, .each)
            let before = walrus.status("t")?.entries ?? 0
            _ = slowSyncs(place) { DataFileName($0) != nil }
            let (appended, strange) = (Counter(), Counter())
            let threads = (0..<4).map { _ in
                Thread {
                    do {
                        while true {
                            try walrus.append([1], to: "t")
                            appended.add()
                        }
                    } catch { if !(.closed ~= error) { strange.add() } }
                }
            }
            Clock.sleep(nanoseconds: 15_000_000)
            try walrus.close()
            place.storage.heal()
            let seen = try place.session { $0.status("t")?.entries ?? 0 }
            for thread in threads { thread.join() }
            #expect(strange.value == 0 && seen == before + appended.value)
        }
    }

    // MARK: - Cursors

    /// Checkpoints of several topics share syncs, and are as strict as alone.
    @Test func checkpointsShareSyncs() throws {
        let place = try Workplace()
        let (threads, each) = (8, 20)
        let topics = (0..<threads).map { TopicName("topic \($0)") }
        try place.session { walrus throws in
            for topic in topics { try walrus.add(numbers(1...each), to: topic) }
        }
        let walrus = try place.openFaulty()
        try walrus.consume(topics[0], 1)
        let syncs = slowSyncs(place) { $0 == DirectoryNames.cursorJournal }
        let failures = Counter()
        Thread.forEach(threads, threads: threads) { index in
            do {
                let due = each - (index == 0 ? 1 : 0)
                if try walrus.texts(topics[index], due).count != due { failures.add() }
            } catch { failures.add() }
        }
        #expect(failures.value == 0)
        #expect(syncs.value < threads * each)
        place.storage.crash()
        try? walrus.close()
        place.storage.heal()
        try place.session { walrus throws in
            #expect(walrus.unreadCounts().values.allSatisfy { $0 == 0 })
        }
    }

    /// A failed sync of the journal is everybody's failure, and nobody's entry is consumed.
    @Test func aFailedCheckpointConsumesNothing() throws {
        let place = try Workplace()
        let topics = (0..<6).map { TopicName("topic \($0)") }
        try place.session { walrus throws in
            for topic in topics { try walrus.add(numbers(1...3), to: topic) }
        }
        let walrus = try place.openFaulty()
        place.storage.fail { operation, name in
            guard operation == .sync, name.hasSuffix("_index.db") else { return nil }
            Clock.sleep(nanoseconds: 5_000_000)
            return .ioError
        }
        let failures = Counter()
        Thread.forEach(topics.count, threads: topics.count) { index in
            do { try walrus.consume(topics[index], 1) } catch { failures.add() }
        }
        #expect(failures.value == topics.count)
        place.storage.heal()
        for topic in topics { #expect(try walrus.texts(topic) == numbers(1...3)) }
        try walrus.close()
    }
}
