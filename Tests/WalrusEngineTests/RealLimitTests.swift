import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// A disk that is really full, and limits that the system really sets. Whatever they hit is an error
/// to the caller; what was acknowledged is there, and work goes on once the cause is gone.
@Suite struct RealLimitTests {
    struct Disk: Sendable, CustomTestStringConvertible {
        let kind: TinyDisk.Kind
        let backend: StorageBackend
        var testDescription: String { "\(kind.rawValue), \(backend)" }

        static let all = TinyDisk.possible.flatMap { kind in
            StorageBackend.allCases.map { Disk(kind: kind, backend: $0) }
        }
    }

    /// A real disk fills up: the caller gets the error, what was acknowledged is there, and once
    /// there is space again work goes on.
    @Test(.enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"), arguments: Disk.all)
    func f09OnARealDisk(disk: Disk) throws {
        let tiny = try TinyDisk(disk.kind)
        let ballast = tiny.path.appending("ballast")
        try shell("head -c 2000000 /dev/zero > \(ballast)")
        var configuration = try Workplace(disk.backend).configuration()
        configuration.directory = tiny.path.appending("log")
        let walrus = try Walrus(configuration)
        let topics: [TopicName] = ["a", "b", "c"]
        var acknowledged: [TopicName: [[UInt8]]] = [:]
        func append(_ number: Int) throws -> Bool {
            let topic = topics[number % 3]
            let payload = [UInt8](repeating: UInt8(number % 251), count: 3_000 + number * 7)
            do throws(EngineError) {
                try walrus.append(payload, to: topic)
                acknowledged[topic, default: []].append(payload)
                return true
            } catch {
                #expect(error.errno == .noSpace && error.topic == topic)
                return false
            }
        }
        var failures = 0
        var number = 0
        while failures < 20, number < 20_000 {
            if !(try append(number)) { failures += 1 }
            number += 1
        }
        #expect(failures == 20)
        let count = acknowledged.values.reduce(0) { $0 + $1.count }
        #expect(count > 500)
        #expect(walrus.metrics.counters.failedAppends == 20)
        for topic in topics {
            #expect(walrus.unreadCount(of: topic) == acknowledged[topic]?.count)
            #expect(
                try walrus.readNext(topic, checkpoint: false)?.payload == acknowledged[topic]?[0])
        }
        try shell("rm \(ballast)")
        for _ in 0..<9 {
            #expect(try append(number))
            number += 1
        }
        try walrus.close()
        let again = try Walrus(configuration)
        #expect(again.recoveryReport.isClean)
        for topic in topics {
            #expect(try again.consume(topic).map(\.payload) == acknowledged[topic])
        }
        try again.close()
    }

    /// A disk that is full to its last byte is drained by reading: cursors are recorded, and a file in
    /// which all is read goes.
    @Test(.enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"), arguments: Disk.all)
    func aFullDiskIsDrained(disk: Disk) throws {
        let tiny = try TinyDisk(disk.kind)
        var configuration = try Workplace(disk.backend).configuration()
        configuration.directory = tiny.path.appending("log")
        let walrus = try Walrus(configuration)
        // A file whose slots are all used, and the next one.
        let topics = (0..<100).map { TopicName("topic \($0)") }
        for topic in topics { try walrus.append([1, 2, 3], to: topic) }
        try walrus.append([4], to: "next")
        _ = try? shell("cat /dev/zero > \(tiny.path)/ballast 2>/dev/null; sync")
        #expect { try walrus.append([UInt8](repeating: 5, count: 100_000), to: "next") } throws: {
            ($0 as? EngineError)?.errno == .noSpace
        }
        for topic in topics {
            #expect(try walrus.readNext(topic, checkpoint: true)?.payload == [1, 2, 3])
        }
        #expect(walrus.reclamationFailures == [:])
        #expect(
            try Directory.list(configuration.directory).count { DataFileName($0.name) != nil } == 1)
        try walrus.append([UInt8](repeating: 5, count: 100_000), to: "next")
        try walrus.close()
        let again = try Walrus(configuration)
        #expect(
            again.recoveryReport.isClean
                && again.unreadCounts().filter { $0.value > 0 } == ["next": 2])
        try again.close()
    }

    /// Batches on a full disk are whole or not there.
    @Test(.enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"), arguments: Disk.all)
    func batchesOnAFullDisk(disk: Disk) throws {
        let tiny = try TinyDisk(disk.kind)
        let ballast = tiny.path.appending("ballast")
        try shell("head -c 2000000 /dev/zero > \(ballast)")
        var configuration = try Workplace(disk.backend).configuration()
        configuration.directory = tiny.path.appending("log")
        let walrus = try Walrus(configuration)
        let topics: [TopicName] = ["t", longName]
        var acknowledged: [TopicName: [[UInt8]]] = [:]
        func append(_ number: Int) throws -> Bool {
            let topic = topics[number % 2]
            let batch = payloads([5_000, 0, 40_000 + number, 100], from: number)
            defer { #expect(walrus.unreadCount(of: topic) == acknowledged[topic]?.count ?? 0) }
            do throws(EngineError) {
                try walrus.append(batch: batch, to: topic)
                acknowledged[topic, default: []] += batch
                return true
            } catch {
                #expect(error.errno == .noSpace)
                return false
            }
        }
        var (failures, number) = (0, 0)
        while failures < 10, number < 2_000 {
            if !(try append(number)) { failures += 1 }
            number += 1
        }
        #expect(failures == 10 && number > 50)
        // Nothing is left of those that failed, before anything is written over it.
        let scanned = try #require(try Scanner(configuration.directory).scan())
        #expect(scanned.findings.allSatisfy { $0.severity == .info }, "\(scanned.findings)")
        for topic in topics {
            #expect(scanned.topic(topic)?.entries == acknowledged[topic]?.count)
        }
        try shell("rm \(ballast)")
        for _ in 0..<6 {
            #expect(try append(number))
            number += 1
        }
        try walrus.close()
        let again = try Walrus(configuration)
        #expect(again.recoveryReport.isClean)
        for topic in topics {
            expectSame(try again.consume(topic).map(\.payload), acknowledged[topic] ?? [])
        }
        try again.close()
    }

    /// What cannot be recorded as consumed is not handed out, and comes when it can.
    @Test(.enabled(if: !TinyDisk.possible.isEmpty, "\(TinyDisk.absence)"), arguments: Disk.all)
    func checkpointsOnAFullDisk(disk: Disk) throws {
        let tiny = try TinyDisk(disk.kind)
        let ballast = tiny.path.appending("ballast")
        var configuration = try Workplace(disk.backend).configuration()
        configuration.directory = tiny.path.appending("log")
        var walrus = try Walrus(configuration)
        try walrus.add(numbers(1...2_000), to: "t")
        #expect(try walrus.texts("t", 1) == ["1"])
        // Fails when the disk is full, which is what it is for.
        try shell("head -c 100000000 /dev/zero > \(ballast) 2> /dev/null; true")
        var found: [String] = []
        var failures = 0
        while failures < 5, found.count < 1_999 {
            do throws(EngineError) {
                guard let entry = try walrus.readNext("t", checkpoint: true) else { break }
                found.append(String(decoding: entry.payload, as: UTF8.self))
            } catch {
                #expect(error.errno == .noSpace)
                failures += 1
            }
            #expect(walrus.unreadCount(of: "t") == 1_999 - found.count)
        }
        #expect(failures == 5)
        try shell("rm \(ballast)")
        found += try walrus.texts("t", 3)
        try walrus.close()
        walrus = try Walrus(configuration)
        found += try walrus.texts("t")
        #expect(found == numbers(2...2_000))
        try walrus.close()
    }

    /// What the program says that runs an engine under limits.
    private func run(
        _ scenario: String, _ place: Workplace, environment: String = ""
    ) throws -> [String] {
        let program = FilePath(CommandLine.arguments[0]).removingLastComponent()
            .appending("EngineUnderLimits")
        let backend = place.backend == .memoryMap ? "mmap" : "fd"
        let temp = try TempDirectory()
        let output = temp.path.appending("output")
        try shell("\(environment) \(program) \(scenario) \(place.path) \(backend) > \(output)")
        let bytes = try Directory.contents(of: output) ?? []
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// `RLIMIT_FSIZE`: files can neither be made nor written beyond it, with maps neither: nothing is
    /// stored to that was not written before.
    @Test(arguments: StorageBackend.allCases)
    func aFileSizeLimitIsAnError(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let four = "four" + String(repeating: " ", count: 400)
        #expect(
            try run("size", place) == [
                "one File too large", "two written", "three written",
                "\(four) File too large",
                // What is left of "four" cannot be erased to its end either: its block is finished.
                "five File too large", "six written", "read two three six",
                // A batch is as whole as an entry.
                "first written", "batch File too large", "last written", "unread 2", "clean true",
                "unread 2",
            ])
    }

    /// `RLIMIT_NOFILE`: an engine opens with all that there is, or not at all.
    @Test(arguments: StorageBackend.allCases)
    func f11TooFewDescriptorsForReal(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        for number in 0..<6 {
            let file = "176367015502\(number)"
            try place.putEntry([1], "t", file: file, slot: 0)
            try place.putEntry([2], "t", file: file, slot: 1)
        }
        let lines = try run("opens", place)
        #expect(lines.count == 30)
        #expect(Set(lines) == ["Too many open files", "12 unread, 6 files"])
        #expect(lines.first == "Too many open files" && lines.last == "12 unread, 6 files")
    }

    /// A file that cannot be made for want of a descriptor is an error, and made once there is one.
    @Test(arguments: StorageBackend.allCases)
    func f15NoDescriptorForANewFile(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        #expect(
            try run("descriptors", place) == [
                "one Too many open files", "two written", "read two", "unread 0",
            ])
    }

    /// Several files are synced through a ring, and without one where the environment says so.
    @Test(arguments: StorageBackend.allCases)
    func theRing(backend: StorageBackend) throws {
        for disabled in [false, true] {
            let place = try Workplace(backend)
            try place.putEntry([1], "last", file: "1763670155020", slot: 99)
            let lines = try run(
                "ring", place, environment: disabled ? "WALRUS_DISABLE_IO_URING=1" : "")
            let plain = ["operations 0", "syncs 2"]
            #expect(lines.prefix(2) == ["one written", "two written"])
            if disabled {
                #expect(Array(lines.dropFirst(2)) == ["ring disabled"] + plain)
            } else if lines.contains("ring used") {
                #expect(Array(lines.dropFirst(3)) == ["operations 2", "syncs 2"])
            } else {
                #expect(lines.count == 5 && lines[2].hasPrefix("ring unavailable"))
                #expect(Array(lines.dropFirst(3)) == plain)
            }
            try place.session { walrus throws in
                #expect(walrus.unreadCounts() == ["last": 2, "t": 1])
            }
        }
    }
}
