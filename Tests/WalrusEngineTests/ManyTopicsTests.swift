import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Thousands of topics: what grows with them and what does not.
@Suite struct ManyTopicsTests {
    private func topic(_ index: Int) -> TopicName { TopicName("topic number \(index)") }

    /// What an append, a read and a mark do to the disk, and what opening does, is the same with two
    /// hundred topics and with a hundred times as many.
    @Test func callsDoNotGrowWithTopics() throws {
        let place = try Workplace()
        // The journal is not written anew in the midst of it.
        func open() throws -> Walrus { try place.openFaulty(journalSizeMax: 1 << 26) }
        /// Operations that change something, and reads of open files.
        func cost(_ work: () throws -> Void) throws -> [Int] {
            let before = [place.storage.operationCount, place.storage.readCount]
            try work()
            return zip([place.storage.operationCount, place.storage.readCount], before).map(-)
        }
        var costs: [[[Int]]] = []
        var made = 0
        for count in [200, 20_000] {
            var walrus = try open()
            while made < count {
                try walrus.append([UInt8(made % 256)], to: topic(made))
                made += 1
            }
            try walrus.close()
            let opening = try cost { walrus = try open() }
            #expect(walrus.recoveryReport.isFromSnapshot && walrus.unreadCounts().count == count)
            // Those that nobody has marked yet.
            let chosen = [count / 2, count / 2 + 1, count - 40, count - 3, count - 2].map(topic)
            let appending = try cost { for name in chosen { try walrus.append([1], to: name) } }
            let reading = try cost {
                for name in chosen {
                    let entry = try walrus.readNext(name, checkpoint: true)
                    #expect(entry != nil)
                }
            }
            let marking = try cost { for name in chosen { try walrus.markClean(name) } }
            let asking = try cost {
                for name in chosen { #expect(walrus.unreadCount(of: name) > 0) }
            }
            costs.append([opening, appending, reading, marking, asking])
            try walrus.close()
        }
        #expect(costs[0] == costs[1] && costs[0][1] == [5, 0] && costs[0][4] == [0, 0])
        print("  opening, appending, reading, marking, asking: \(costs[1])")
    }

    @Test func twoThousandTopics() throws {
        let place = try Workplace()
        let count = 2_000
        try place.session { walrus throws in
            for index in 0..<count { try walrus.append([UInt8(index % 256)], to: topic(index)) }
            #expect(try place.dataFiles.count == 20)
            // Two of the files have nothing left to be read.
            for index in 0..<200 { try walrus.consume(topic(index)) }
            #expect(try place.dataFiles.count == 18)
        }
        let storage = ReadCountingStorage(place.path)
        let walrus = try Walrus(place.configuration(), on: storage)
        #expect(storage.dataReads == 0 && walrus.recoveryReport.isFromSnapshot)
        #expect(walrus.unreadCounts().count == count)
        #expect(walrus.unreadCounts().values.reduce(0, +) == count - 200)
        #expect(try walrus.append([1], to: topic(0)).sequence == 2)
        try walrus.close()
        // The same by looking at every file.
        try place.removeSnapshot()
        let scanning = ReadCountingStorage(place.path)
        let scanned = try Walrus(place.configuration(), on: scanning)
        #expect(scanned.recoveryReport.isClean && !scanned.recoveryReport.isFromSnapshot)
        #expect(scanned.unreadCounts().values.reduce(0, +) == count - 199)
        #expect(try scanned.append([1], to: topic(0)).sequence == 3)
        #expect(try scanned.append([1], to: topic(1)).sequence == 2)
        for index in stride(from: 0, to: count, by: 97) {
            // Of the topics that lost their files only the first was appended to again.
            let due: [UInt8]? = index >= 200 ? [UInt8(index % 256)] : index == 0 ? [1] : nil
            #expect(try scanned.readNext(topic(index), checkpoint: true)?.payload == due)
        }
        try scanned.close()
    }
}
