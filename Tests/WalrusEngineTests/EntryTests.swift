import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct EntryTests {
    @Test func entriesComeBackInOrder() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.add(numbers(1...100), to: "t")
            #expect(walrus.unreadCount(of: "t") == 100)
            #expect(try walrus.texts("t") == numbers(1...100))
            #expect(try walrus.readNext("t", checkpoint: true) == nil)
            #expect(walrus.unreadCounts() == ["t": 0])
        }
    }

    @Test(arguments: StorageBackend.allCases)
    func entriesComeBackAfterARestart(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        try place.session { walrus throws in
            try walrus.add(numbers(1...50), to: "a")
            try walrus.add(numbers(1...5), to: "b")
            #expect(try walrus.texts("a", 20) == numbers(1...20))
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.recoveryReport.entries == 55)
            #expect(walrus.unreadCounts() == ["a": 30, "b": 5])
            #expect(try walrus.append(Array("51".utf8), to: "a").ordinal == 51)
            #expect(try walrus.texts("a") == numbers(21...51))
            #expect(try walrus.texts("b") == numbers(1...5))
        }
        // One block each: the second session went on in the first one's.
        try place.session { walrus throws in #expect(walrus.topics().map(\.blocks) == [1, 1]) }
        #expect(try place.dataFiles.count == 1)
    }

    @Test func receiptsCountOn() throws {
        let place = try Workplace()
        let first = try place.session { try $0.append([1], to: "t") }
        #expect(first.sequence == 1 && first.ordinal == 1)
        let second = try place.session { walrus throws in
            let receipt = try walrus.append([2], to: "t")
            let entries = try walrus.consume("t")
            #expect(entries.map(\.sequence) == [1, 2])
            #expect(entries.map(\.ordinal) == [1, 2])
            #expect(entries.map(\.timestamp) == [first.timestamp, receipt.timestamp])
            return receipt
        }
        #expect(second.sequence == 2 && second.ordinal == 2)
        #expect(second.timestamp >= first.timestamp)
    }

    @Test func entriesAppendedWhileReadingAreSeen() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            for text in numbers(1...10) {
                try walrus.add([text], to: "t")
                #expect(try walrus.texts("t") == [text])
                #expect(try walrus.texts("t") == [])
            }
        }
    }

    @Test func peekChangesNothing() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.add(["a", "b"], to: "t")
            let first = try walrus.readNext("t", checkpoint: false)
            #expect(try walrus.readNext("t", checkpoint: false) == first)
            #expect(walrus.status("t")?.cursor == nil)
            #expect(try walrus.readNext("t", checkpoint: true) == first)
        }
    }

    /// Zero-length entries are entries.
    @Test(arguments: StorageBackend.allCases)
    func f04(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        try place.session { walrus throws in
            for payload in [[], [7], [], []] as [[UInt8]] { try walrus.append(payload, to: "t") }
            #expect(walrus.unreadCount(of: "t") == 4)
        }
        try place.removeSnapshot()
        try place.session { walrus throws in
            #expect(try walrus.consume("t").map(\.payload) == [[], [7], [], []])
        }
    }

    @Test func topicsAreBytes() throws {
        let place = try Workplace()
        let names: [TopicName] = [
            "caf\u{e9}", "cafe\u{301}", "a\0b", "\n", " ", "/", "..",
            TopicName(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 7)),
            TopicName(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 8)),
            TopicName(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 176)),
            TopicName(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 177)),
            TopicName(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 216)),
        ]
        try place.session { walrus throws in
            for (number, name) in names.enumerated() {
                let receipt = try walrus.append([UInt8(number)], to: name)
                #expect(receipt.sequence == 1)
                #expect(try walrus.append([UInt8(number), 2], to: name).sequence == 2)
            }
        }
        try place.session { walrus throws in
            #expect(walrus.topics().map(\.name) == names.sorted())
            for (number, name) in names.enumerated() {
                #expect(try walrus.append([], to: name).sequence == 3)
                let entries = try walrus.consume(name)
                #expect(entries.map(\.payload) == [[UInt8(number)], [UInt8(number), 2], []])
                // The longest names leave no room for the stamp.
                #expect((entries[0].sequence == nil) == (name.bytes.count > 176))
            }
        }
    }

    /// Entries over one unit, and one that fills a block to the last byte (F05 too: what stands at
    /// the block's old boundary is payload, whatever it looks like).
    @Test(arguments: StorageBackend.allCases)
    func f05(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let forged = EntryHeader(
            topic: "forged", blockEnd: 2 * Layout.unit, checksum: FNV1a.hash([]), payloadLength: 0,
            stamp: nil)
        var big = [UInt8](repeating: 1, count: Layout.unit + 1_000)
        big.replaceSubrange(
            Layout.unit - 256..<Layout.unit, with: forged.encoded())
        let exact = [UInt8](repeating: 2, count: Layout.unit - Layout.headerSize)
        try place.session { walrus throws in
            try walrus.append(big, to: "big")
            try walrus.append([9], to: "big")
            try walrus.append(exact, to: "exact")
            try walrus.append([9], to: "exact")
        }
        // The files are read, and not what the last process knew of them.
        try place.removeSnapshot()
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.topics().map(\.name) == ["big", "exact"])
            #expect(walrus.topics().map(\.blocks) == [1, 2])
            #expect(try walrus.consume("big").map(\.payload) == [big, [9]])
            #expect(try walrus.consume("exact").map(\.payload) == [exact, [9]])
            #expect(walrus.size(of: "exact") == Layout.unit + 257)
        }
    }

    /// A block of several units changes no other block's place in a cursor.
    @Test func f21() throws {
        let place = try Workplace()
        let half = [UInt8](repeating: 3, count: Layout.unit / 2)
        try place.session { walrus throws in
            try walrus.append([UInt8](repeating: 1, count: 2 * Layout.unit), to: "big")
            try walrus.add(numbers(1...5), to: "t")
            #expect(try walrus.texts("t", 2) == numbers(1...2))
            #expect(try walrus.consume("big").count == 1)
            // Behind it, sealed blocks and the one that is being written.
            for byte in 1...3 { try walrus.append([UInt8(byte)] + half, to: "big") }
            #expect(try walrus.consume("big", 2).map { $0.payload[0] } == [1, 2])
        }
        try place.removeSnapshot()
        try place.crashing { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(walrus.unreadCount(of: "big") == 1)
            #expect(try walrus.texts("t", 1) == ["3"])
            #expect(try walrus.consume("big").map { $0.payload[0] } == [3])
            try walrus.append([4], to: "big")
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            #expect(try walrus.consume("big").map { $0.payload[0] } == [4])
            #expect(try walrus.texts("t") == numbers(4...5))
        }
        try place.session { walrus throws in
            #expect(walrus.unreadCounts() == ["big": 0, "t": 0])
        }
    }

    // MARK: - Refusals leave no trace

    /// A refused name and an entry that does not fit a block's usual size hide nothing that comes
    /// after them, of no topic.
    @Test(arguments: StorageBackend.allCases)
    func f01ARefusalHidesNothing(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let tooLong = TopicName(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 217))
        let large = [UInt8](repeating: 1, count: Layout.unit - 255)
        try place.crashing { walrus throws in
            try walrus.add(["a"], to: "before")
            #expect { try walrus.append([1], to: tooLong) } throws: { .invalidTopic ~= $0 }
            // Its very first entry takes two units.
            try walrus.append(large, to: "large")
            #expect { try walrus.append([1], to: tooLong) } throws: { .invalidTopic ~= $0 }
            try walrus.append([2], to: "large")
            try walrus.add(["b", "c"], to: "after")
            try walrus.add(["d"], to: "before")
        }
        try place.session { walrus throws in
            #expect(walrus.recoveryReport.isClean && walrus.recoveryReport.entries == 6)
            #expect(walrus.unreadCounts() == ["before": 2, "large": 2, "after": 2])
            #expect(try walrus.texts("before") == ["a", "d"])
            #expect(try walrus.consume("large").map(\.payload) == [large, [2]])
            #expect(try walrus.texts("after") == ["b", "c"])
        }
    }

    @Test(arguments: [
        TopicName(""), TopicName(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 217)),
        TopicName(bytes: [0xff]),
    ])
    func badNamesAreRefused(name: TopicName) throws {
        let place = try Workplace()
        try place.session { walrus throws in
            #expect { try walrus.append([1], to: name) } throws: { .invalidTopic ~= $0 }
            #expect { try walrus.append(batch: [[1]], to: name) } throws: { .invalidTopic ~= $0 }
            #expect { try walrus.markClean(name) } throws: { .invalidTopic ~= $0 }
            #expect(walrus.topics() == [])
        }
        #expect(try place.names == [DirectoryNames.lock])
    }

    /// What an append of `size` bytes, which are never looked at, is told.
    private func refusal(_ walrus: Walrus, size: Int) throws -> EngineError? {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4_096)
        defer { unsafe memory.deallocate() }
        do throws(EngineError) {
            try unsafe walrus.append(memory.bytes, to: "t")
            return nil
        } catch { return error }
    }

    /// An entry that is refused for its size takes no block: nothing comes twice, now or later.
    @Test func f14ARefusedEntryLeavesNoTrace() throws {
        let place = try Workplace()
        try place.crashing { walrus throws in
            for text in ["1", "2", "3"] {
                try walrus.add([text], to: "t")
                let error = try refusal(walrus, size: (1 << 30) - 255)
                #expect(error?.code == .entryTooLarge && error?.topic == "t")
            }
            let status = walrus.status("t")
            #expect(status?.entries == 3 && status?.blocks == 1 && status?.size == 3 * 257)
            #expect(try walrus.texts("t", 1) == ["1"])
        }
        try place.crashing { walrus throws in
            #expect(walrus.recoveryReport.isClean)
            try walrus.add(["4"], to: "t")
            #expect(try walrus.texts("t") == ["2", "3", "4"])
        }
        try place.session { walrus throws in #expect(try walrus.texts("t") == []) }
        #expect(try place.dataFiles.count == 1)
    }

    /// The limit is a file's size less the header, and the error says so.
    @Test(arguments: StorageBackend.allCases)
    func f22TheLimitIsAFileLessTheHeader(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        try place.session { walrus throws in
            for size in [1_010 << 20, Layout.payloadLengthMax + 1] {
                let error = try refusal(walrus, size: size)
                #expect(error?.code == .entryTooLarge)
                #expect(error?.description.contains("1048575744") == true)
            }
            #expect(walrus.topics() == [])
            #expect(try place.dataFiles == [])
            try walrus.add(["after"], to: "t")
            #expect(try walrus.texts("t") == ["after"])
        }
        for file in try place.dataFiles {
            #expect(try FileStatus.of(place.path.appending(file))?.size == Layout.fileSize)
        }
    }
}
