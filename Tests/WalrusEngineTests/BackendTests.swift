import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

@Suite struct BackendTests {
    /// Whatever one backend writes the other reads, and goes on with.
    @Test func backendsShareADirectory() throws {
        var random = SeededRandom.fromEnvironment("backendsShareADirectory")
        let temp = try TempDirectory()
        var configuration = try Workplace().configuration()
        configuration.directory = temp.path
        var model: [TopicName: [[UInt8]]] = [:]
        var consumed: [TopicName: Int] = [:]
        for session in 0..<8 {
            configuration.backend = StorageBackend.allCases[session % 2]
            let walrus = try Walrus(configuration)
            #expect(walrus.recoveryReport.isClean)
            for step in 0..<40 {
                let topic: TopicName = ["a", "b", "c"][Int.random(in: 0..<3, using: &random)]
                let isLarge = step == 7
                let most = isLarge ? 4_000_000 : 20_000
                if Bool.random(using: &random) {
                    let size = Int.random(in: 0...most, using: &random)
                    let byte = UInt8.random(in: 0...255, using: &random)
                    try walrus.append([UInt8](repeating: byte, count: size), to: topic)
                    model[topic, default: []].append([UInt8](repeating: byte, count: size))
                } else {
                    let due = (model[topic] ?? []).dropFirst(consumed[topic] ?? 0).first
                    #expect(try walrus.readNext(topic, checkpoint: true)?.payload == due)
                    if due != nil { consumed[topic, default: 0] += 1 }
                }
            }
            try walrus.close()
        }
        let walrus = try Walrus(configuration)
        for (topic, entries) in model {
            let left = try walrus.consume(topic).map(\.payload)
            #expect(left == Array(entries.dropFirst(consumed[topic] ?? 0)))
        }
        try walrus.close()
    }

    @Test func theProcessHasADefault() throws {
        #expect(StorageBackend.default == .fileDescriptor)
        StorageBackend.default = .memoryMap
        #expect(Configuration(directory: "x", key: nil).backend == .memoryMap)
        StorageBackend.default = .fileDescriptor
        #expect(Configuration(directory: "x", key: nil).backend == .fileDescriptor)
    }

    /// A directory of many topics takes little: files stay sparse.
    @Test(arguments: StorageBackend.allCases)
    func filesStaySparse(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        try place.session { walrus throws in
            for number in 0..<60 { try walrus.append([1], to: TopicName("topic \(number)")) }
        }
        let allocated = try place.dataFiles.reduce(0) {
            $0 + (try FileStatus.of(place.path.appending($1))?.allocated ?? 0)
        }
        #expect(allocated <= 60 * (64 << 10))
    }

    // MARK: - Limits for real

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
                "five File too large", "six written", "read two three six", "clean true",
            ])
    }

    /// `RLIMIT_NOFILE`: F11 and F15 for real.
    @Test(arguments: StorageBackend.allCases)
    func f11F15NoDescriptorLeft(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        #expect(
            try run("descriptors", place) == [
                "one Too many open files", "two written", "read two", "open Too many open files",
                "unread 0",
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
