import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Thousands of topics: what grows with them and what does not.
@Suite struct ManyTopicsTests {
    private func topic(_ index: Int) -> TopicName { TopicName("topic number \(index)") }

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
