import Synchronization
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    func add() { count.wrappingAdd(1, ordering: .sequentiallyConsistent) }
}

@Suite struct ConcurrencyTests {
    /// Appenders and consumers of one topic, all at once: every entry once, each appender's in order.
    @Test(arguments: [FsyncSchedule.never, .milliseconds(1), .each], StorageBackend.allCases)
    func exactlyOnce(schedule: FsyncSchedule, backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.open(.strictlyAtOnce, schedule)
        let (appenders, each) = (3, 120)
        let topics: [TopicName] = ["x", "y"]
        let consumed = Mutex<[TopicName: [[UInt8]]]>([:])
        let failures = Counter()
        Thread.forEach(appenders + 3, threads: appenders + 3) { index in
            do {
                if index < appenders {
                    for number in 0..<each {
                        let payload = [UInt8(index), UInt8(number)]
                        try walrus.append(payload, to: topics[number % 2])
                    }
                    return
                }
                while consumed.withLock({ $0.values.reduce(0) { $0 + $1.count } })
                    < appenders * each, failures.value == 0
                {
                    let topic = topics[index % 2]
                    for topic in [topic] + topics {
                        _ = try walrus.readNext(topic, checkpoint: false)
                        // Two consumers of one topic hold their list's lock one after the other,
                        // so the order among them is not checked, only that of each appender's.
                        if let entry = try walrus.readNext(topic, checkpoint: true) {
                            consumed.withLock { $0[topic, default: []].append(entry.payload) }
                        }
                    }
                }
            } catch {
                failures.add()
            }
        }
        #expect(failures.value == 0)
        let all = consumed.withLock { $0.values.flatMap(\.self) }
        #expect(all.count == appenders * each)
        #expect(Set(all).count == appenders * each)
        #expect(walrus.unreadCounts() == ["x": 0, "y": 0])
        try walrus.close()
        // On disk each appender's entries stand in the order in which they were acknowledged.
        try DiskStorage(place.path).remove(DirectoryNames.cursorIndex)
        try DiskStorage(place.path).remove(DirectoryNames.cursorJournal)
        try place.session { walrus throws in
            for (parity, topic) in topics.enumerated() {
                let entries = try walrus.consume(topic)
                #expect(entries.map(\.sequence) == (1...entries.count).map { UInt64($0) })
                for index in 0..<appenders {
                    let own = entries.map(\.payload).filter { $0[0] == UInt8(index) }
                    #expect(
                        own.map { Int($0[1]) }
                            == Array(stride(from: parity, to: each, by: 2)))
                }
            }
        }
    }

    /// A close in the middle of work: what was acknowledged is there, and nothing else.
    @Test func closingUnderLoad() throws {
        let place = try Workplace()
        for round in 0..<5 {
            let walrus = try place.open(.strictlyAtOnce, .milliseconds(1))
            let before = walrus.topics().reduce(0) { $0 + $1.entries }
            let unread = walrus.topics().reduce(0) { $0 + $1.unread }
            let (appended, consumed, strange) = (Counter(), Counter(), Counter())
            Thread.forEach(5, threads: 5) { index in
                if index == 4 {
                    Clock.sleep(nanoseconds: 20_000_000)
                    do { try walrus.close() } catch { strange.add() }
                    return
                }
                do {
                    while true {
                        if index % 2 == 0 {
                            try walrus.append([1], to: TopicName("t\(round)\(index)"))
                            appended.add()
                            try walrus.markClean("t")
                        } else if try walrus.readNext(
                            TopicName("t\(round)\(index - 1)"), checkpoint: true)
                            != nil
                        {
                            consumed.add()
                        }
                    }
                } catch {
                    if !(.closed ~= error) { strange.add() }
                }
            }
            #expect(strange.value == 0)
            try place.session { walrus throws in
                let topics = walrus.topics()
                #expect(topics.reduce(0) { $0 + $1.entries } == before + appended.value)
                #expect(
                    topics.reduce(0) { $0 + $1.unread } == unread + appended.value - consumed.value)
            }
        }
    }
}
