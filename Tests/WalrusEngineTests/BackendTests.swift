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
}
