import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Files go while everybody is at work.
@Suite struct ReclaimConcurrencyTests {
    /// A look at what comes next finds something as long as there is something, however fast the files
    /// before it go.
    @Test func aLookWhileFilesGo() throws {
        let place = try Workplace()
        let count = 200
        for number in 0..<count {
            try place.putEntry(
                [UInt8(number)], "t", file: "\(1_763_670_155_020 + number)", slot: 0)
        }
        let walrus = try place.open()
        let isDone = Event()
        let looker = Thread {
            while !isDone.wait(nanoseconds: 0) {
                let found = try? walrus.readBatch("t", maxBytes: 10, checkpoint: false)
                #expect(found?.isEmpty == false)
                let there = try? walrus.readBatch(
                    "t", maxBytes: 10, checkpoint: false, startOffset: 0)
                #expect(there?.isEmpty == false)
            }
        }
        for _ in 0..<count - 1 { #expect(try walrus.readNext("t", checkpoint: true) != nil) }
        isDone.set()
        looker.join()
        #expect(try place.dataFiles.count == 1)
        try walrus.close()
    }

    /// A batch that went on in a new file goes back to the one before if it fails. That one must be
    /// there then, with all that was read from it meanwhile, and who read it did not wait.
    @Test func theFileThatABatchGoesBackToStays() throws {
        let place = try Workplace()
        let file = "1763670155020"
        try place.putEntry([1], "old", file: file, slot: 98)
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        let (isWriting, mayFail, hasRead) = (Event(), Event(), Event())
        place.storage.fail { operation, name in
            guard operation == .write, DataFileName(name) != nil, name != file,
                !isWriting.wait(nanoseconds: 0)
            else { return nil }
            isWriting.set()
            _ = mayFail.wait(nanoseconds: .max)
            return .noSpace
        }
        let batch = Thread {
            #expect {
                try walrus.append(batch: [[UInt8](repeating: 7, count: 11 << 20)], to: "b")
            } throws: { .io ~= $0 }
        }
        _ = isWriting.wait(nanoseconds: .max)
        let reader = Thread {
            #expect((try? walrus.readNext("old", checkpoint: true))??.payload == [1])
            #expect((try? walrus.readNext("old", checkpoint: true)) == .some(nil))
            hasRead.set()
        }
        // Ten seconds stand for ever.
        #expect(hasRead.wait(nanoseconds: 10_000_000_000), "a reader waits for a batch's write")
        mayFail.set()
        batch.join()
        reader.join()
        place.storage.heal()
        #expect(try walrus.append([9], to: "victim").place.file.text == file)
        try walrus.close()
        try place.session { walrus throws in
            #expect(walrus.unreadCount(of: "victim") == 1)
        }
    }

    /// Large entries, a block each, so that files are filled and go: every entry once, in order, in single reads and
    /// batches, with peeks and looks from the start beside them.
    @Test(arguments: [FsyncSchedule.never, .each])
    func everyEntryOnceWhileFilesGo(schedule: FsyncSchedule) throws {
        let place = try Workplace()
        let walrus = try place.open(.strictlyAtOnce, schedule)
        let topics: [TopicName] = ["a", "b", "c"]
        let size = 5_300_000
        let each = 40
        let done = Counter()
        let failures = Counter()
        let read = Mutex<[TopicName: [Int]]>([:])
        Thread.forEach(7, threads: 7) { index in
            do {
                let topic = topics[index % 3]
                switch index {
                case 0..<3:
                    for number in 0..<each {
                        var payload = [UInt8](repeating: 0, count: size)
                        payload[0] = UInt8(number)
                        if number % 5 == 4 {
                            try walrus.append(batch: [payload], to: topic)
                        } else {
                            try walrus.append(payload, to: topic)
                        }
                    }
                case 3..<6:
                    var numbers: [Int] = []
                    while numbers.count < each, failures.value == 0 {
                        if numbers.count % 7 == 6 {
                            numbers += try walrus.readBatch(
                                topic, maxBytes: 3 * size, checkpoint: true
                            ).map { Int($0.payload[0]) }
                        } else if let entry = try walrus.readNext(topic, checkpoint: true) {
                            numbers.append(Int(entry.payload[0]))
                        }
                    }
                    read.withLock { $0[topic] = numbers }
                    done.add()
                default:
                    while done.value < 3, failures.value == 0 {
                        Clock.sleep(nanoseconds: 5_000_000)
                        for topic in topics {
                            let peeked = try walrus.readBatch(
                                topic, maxBytes: 2 * size, checkpoint: false)
                            let first = try walrus.readBatch(
                                topic, maxBytes: 2 * size, checkpoint: false, startOffset: 0)
                            for entries in [peeked, first] {
                                let numbers = entries.map { Int($0.payload[0]) }
                                if numbers != numbers.sorted() { failures.add() }
                            }
                        }
                    }
                }
            } catch {
                Issue.record("\(error)")
                failures.add()
            }
        }
        #expect(failures.value == 0)
        for topic in topics {
            #expect(read.withLock { $0[topic] } == Array(0..<each))
            #expect(walrus.unreadCount(of: topic) == 0)
        }
        #expect(walrus.reclamationFailures == [:])
        #expect(try place.dataFiles.count == 1)
        try walrus.close()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            for topic in topics {
                #expect(try walrus.append([1], to: topic).sequence == UInt64(each + 1))
            }
        }
    }
}
