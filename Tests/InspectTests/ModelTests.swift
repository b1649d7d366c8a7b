import Inspect
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

/// A scanner that has looked before says what one says that looks for the first time.
@Suite struct ModelTests {
    /// Where a topic is being written.
    struct Tail {
        var file: Int
        var slot: Int
        /// Where the entries of its block begin; the last one is the next one's place.
        var offsets: [Int]
        var sequence: UInt64
    }

    /// Does at random what writers do to a directory, and what befalls it.
    struct Writer {
        let log: LogWriter
        var random: SeededRandom
        var tails: [TopicName: Tail] = [:]
        var files = 1
        var nextSlot = 0
        /// What is still missing of an entry in flight.
        var inFlight: [(bytes: [UInt8], file: String, at: Int)] = []
        /// Whether something stands behind it: then it is on its way, not torn for good.
        var isUrgent = false

        static let topics: [TopicName] = ["a", "orders", "a_topic_with_a_long_name"]

        mutating func step() throws {
            let topic = Self.topics.randomElement(using: &random) ?? "a"
            if isUrgent { return try complete() }
            switch Int.random(in: 0..<22, using: &random) {
            case 0..<8: try append(topic)
            case 8: try newBlock(topic)
            case 9: try newFile()
            case 10, 11: try torn(topic, followed: random.next() % 2 == 0)
            case 12, 13: try complete()
            case 14: try takeBack(topic)
            case 15, 16: try cursors()
            case 17: try journal()
            case 18: try? log.remove(LogWriter.name(Int.random(in: 0..<files, using: &random)))
            case 19: try truncate()
            case 20: try batch(topic)
            default: try garbage()
            }
        }

        private mutating func tail(_ topic: TopicName) throws -> Tail {
            if let tail = tails[topic], tail.offsets.last ?? 0 < 9_000 { return tail }
            try newBlock(topic)
            return try #require(tails[topic])
        }

        private mutating func newBlock(_ topic: TopicName) throws {
            if nextSlot > 8 { try newFile() }
            // Sometimes a slot stays empty, and is used later.
            if random.next() % 4 == 0 { nextSlot += 1 }
            tails[topic] = Tail(
                file: files - 1, slot: nextSlot, offsets: [0],
                sequence: tails[topic]?.sequence ?? 1)
            nextSlot += 1
            try append(topic)
        }

        private mutating func newFile() throws {
            files += 1
            nextSlot = 0
            try log.create(LogWriter.name(files - 1))
        }

        private mutating func image(_ topic: TopicName, _ batch: (Int, Int)? = nil) throws -> (
            [UInt8], Tail
        ) {
            var tail = try tail(topic)
            let payload = random.bytes(Int.random(in: 0...600, using: &random))
            let stamp = EntryStamp(
                batchIndex: batch?.0 ?? 0, batchCount: batch?.1 ?? 1, sequence: tail.sequence,
                timestamp: 5)
            let header = EntryHeader(
                topic: topic, blockEnd: (tail.slot + 1) * Layout.unit,
                checksum: FNV1a.hash(payload), payloadLength: payload.count,
                stamp: topic == "a" ? nil : stamp)
            tail.offsets.append((tail.offsets.last ?? 0) + 256 + payload.count)
            tail.sequence += 1
            return (header.encoded() + payload, tail)
        }

        private mutating func append(_ topic: TopicName, _ batch: (Int, Int)? = nil) throws {
            let (bytes, tail) = try image(topic, batch)
            tails[topic] = tail
            isUrgent = !inFlight.isEmpty
            try log.put(
                bytes, file: LogWriter.name(tail.file),
                at: tail.slot * Layout.unit + tail.offsets[tail.offsets.count - 2])
        }

        private mutating func batch(_ topic: TopicName) throws {
            let count = Int.random(in: 2...4, using: &random)
            for index in 0..<Int.random(in: 1...count, using: &random) {
                try append(topic, (index, count))
            }
        }

        /// An entry of which only some is there yet, perhaps with the next one behind it.
        private mutating func torn(_ topic: TopicName, followed: Bool) throws {
            let (bytes, tail) = try image(topic)
            guard bytes.count > 300 else { return }
            tails[topic] = tail
            isUrgent = !inFlight.isEmpty
            let at = tail.slot * Layout.unit + tail.offsets[tail.offsets.count - 2]
            let cut = Int.random(in: 1..<bytes.count, using: &random)
            let name = LogWriter.name(tail.file)
            try log.put(Array(bytes[..<cut]), file: name, at: at)
            inFlight.append((Array(bytes[cut...]), name, at + cut))
            // What follows a header that is not whole is not readable: whole headers only.
            guard followed, cut > 256 else { return }
            try append(topic)
        }

        mutating func complete() throws {
            for (bytes, file, at) in inFlight { try log.put(bytes, file: file, at: at) }
            inFlight = []
            isUrgent = false
        }

        private mutating func takeBack(_ topic: TopicName) throws {
            guard var tail = tails[topic], tail.offsets.count > 1 else { return }
            try complete()
            let end = tail.offsets[tail.offsets.count - 1]
            tail.offsets.removeLast(
                Int.random(in: 1..<min(4, tail.offsets.count), using: &random))
            let start = tail.offsets[tail.offsets.count - 1]
            try log.zero(
                file: LogWriter.name(tail.file), at: tail.slot * Layout.unit + start,
                count: end - start)
            tails[topic] = tail
        }

        private mutating func cursors() throws {
            var map: [TopicName: StoredCursor] = [:]
            for topic in Self.topics where random.next() % 3 != 0 {
                let offset = tails[topic]?.offsets.randomElement(using: &random) ?? 3
                map[topic] =
                    random.next() % 2 == 0
                    ? .chain(Int.random(in: 0...5, using: &random), offset: offset)
                    : .tail(blockID: UInt64.random(in: 1...9, using: &random), offset: offset)
            }
            try log.cursors(map)
        }

        private mutating func journal() throws {
            var records: [(TopicName, CursorPosition)] = []
            for topic in Self.topics {
                guard let tail = tails[topic] else { continue }
                let position = CursorPosition(
                    file: DataFileName(LogWriter.name(tail.file)), slot: tail.slot,
                    offset: tail.offsets.randomElement(using: &random) ?? 0)
                records.append((topic, position))
            }
            try log.journal(
                records, stale: random.next() % 4 == 0, torn: random.next() % 4 == 0 ? 5 : 0)
        }

        private mutating func truncate() throws {
            let name = LogWriter.name(files - 1)
            guard try FileStatus.of(log.file(name)) != nil else { return }
            let sizes = [Layout.fileSize, 3 * Layout.unit + 500, 2 * Layout.unit, 700]
            try log.truncate(name, to: sizes.randomElement(using: &random) ?? 0)
        }

        /// A slot that holds nothing readable, for a while.
        private mutating func garbage() throws {
            let at = Int.random(in: 9...11, using: &random) * Layout.unit
            let bytes =
                random.next() % 2 == 0 ? random.bytes(300) : [UInt8](repeating: 0, count: 300)
            try log.put(bytes, file: LogWriter.name(files - 1), at: at)
        }
    }

    @Test(arguments: 0..<3)
    func incrementalScansAgreeWithFreshOnes(run: Int) throws {
        let seeded = SeededRandom.fromEnvironment("ModelTests.incremental \(run)")
        var writer = Writer(
            log: try LogWriter(), random: SeededRandom(seed: seeded.seed &+ UInt64(run)))
        try writer.log.create(LogWriter.name(0))
        let scanner = Scanner(writer.log.path)
        for step in 0..<250 {
            try writer.step()
            let known = try #require(try scanner.scan())
            let fresh = try #require(try Scanner(writer.log.path).scan())
            for (a, b) in zip(known.topics, fresh.topics) { try #require(a == b, "step \(step)") }
            for (a, var b) in zip(known.files, fresh.files) {
                // The system may find places on disk for what was written at any moment.
                b.allocated = a.allocated
                try #require(a == b, "step \(step)")
            }
            try #require(known.findings == fresh.findings, "step \(step)")
            try #require(known.topics.count == fresh.topics.count, "step \(step)")
            try #require(known.files.count == fresh.files.count, "step \(step)")
        }
    }

    /// An entry in flight is torn, then it is not; others behind it do not change that.
    @Test(arguments: [false, true])
    func aTornEntryIsCompleted(followed: Bool) throws {
        let log = try LogWriter()
        let scanner = Scanner(log.path)
        let end = try log.entries([[1], [2, 2, 2]], "t")
        #expect(try scanner.scan()?.findings == [])
        let whole = try log.entry([UInt8](repeating: 3, count: 50), "t", at: end)
        try log.zero(at: end + 280, count: 26)
        if followed { try log.entry([4], "t", at: whole) }
        let state = try #require(try scanner.scan())
        #expect(state.findings.map(\.kind) == [followed ? .damagedPayload : .tornTail])
        #expect(state.entries == (followed ? 3 : 2))
        try log.put([UInt8](repeating: 3, count: 26), at: end + 280)
        let after = try #require(try scanner.scan())
        #expect(after.findings == [])
        #expect(after.entries == (followed ? 4 : 3))
    }

    /// A file that has not changed for a while is not read again, but is missed when it goes.
    @Test func coldFiles() throws {
        let log = try LogWriter()
        for number in 0..<3 {
            try log.entries([[1], [2]], "t", file: LogWriter.name(number))
            try Shell.run("touch -d '2020-01-01' '\(log.file(LogWriter.name(number)))'")
        }
        let scanner = Scanner(log.path)
        #expect(try scanner.scan()?.entries == 6)
        #expect(try scanner.scan()?.entries == 6)
        try log.entry([3], "t", file: LogWriter.name(1), at: 2 * 257)
        #expect(try scanner.scan()?.entries == 7)
        try log.remove(LogWriter.name(0))
        #expect(try scanner.scan()?.entries == 5)
    }

    @Test func aScanCanBeStopped() throws {
        let log = try LogWriter()
        for slot in 0..<5 { try log.entries([[1], [2]], "t", slot: slot) }
        let scanner = Scanner(log.path)
        #expect(try scanner.scan { _ in false } == nil)
        #expect(try scanner.scan()?.entries == 10)
        let last = Mutex<Scanner.Progress?>(nil)
        _ = try scanner.scan(forget: true) { progress in
            last.withLock { $0 = progress }
            return true
        }
        let progress = try #require(last.withLock { $0 })
        // What takes space on disk: holes are not read.
        #expect((1..<Layout.unit).contains(progress.total) && progress.done <= progress.total)
    }

    /// Files that are written, cut off and deleted while they are read.
    @Test func scansBesideAWriter() throws {
        var writer = Writer(
            log: try LogWriter(),
            random: SeededRandom.fromEnvironment("ModelTests.scansBesideAWriter"))
        try writer.log.create(LogWriter.name(0))
        let path = writer.log.path
        let isOver = Atomic(false)
        let finished = Event()
        let scans = Atomic(0)
        let agrees = Atomic(false)
        Thread.detach {
            let scanner = Scanner(path)
            while !isOver.load(ordering: .relaxed) {
                guard let state = try? scanner.scan() else { continue }
                for topic in state.topics {
                    _ = try? EntryReader(directory: path, topic: topic).rows(from: 1, count: 100)
                }
                scans.wrappingAdd(1, ordering: .relaxed)
            }
            // What looked damaged in flight is looked at once more.
            _ = try? scanner.scan()
            let known = try? scanner.scan()
            let fresh = try? Scanner(path).scan()
            agrees.store(
                known?.topics == fresh?.topics && known?.findings == fresh?.findings
                    && known?.files == fresh?.files && known != nil, ordering: .relaxed)
            finished.set()
        }
        for _ in 0..<1_500 { try writer.step() }
        isOver.store(true, ordering: .relaxed)
        #expect(finished.wait(nanoseconds: 300_000_000_000))
        #expect(scans.load(ordering: .relaxed) > 0 && agrees.load(ordering: .relaxed))
    }
}
