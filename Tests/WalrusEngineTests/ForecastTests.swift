import Inspect
import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// What Inspect says will go is what the engine deletes.
@Suite struct ForecastTests {
    @Test func openingDeletesWhatCanGo() throws {
        var random = SeededRandom.fromEnvironment("ForecastTests.openingDeletesWhatCanGo")
        for _ in 0..<4 {
            let log = try LogWriter()
            let topics: [TopicName] = ["a", "b", "a longer name"]
            var blocks: [TopicName: Int] = [:]
            for file in 0..<5 {
                let name = LogWriter.name(file)
                try log.create(name)
                for slot in 0..<Int.random(in: 0...3, using: &random) {
                    let topic = try #require(topics.randomElement(using: &random))
                    try log.entries([[1], [2]], topic, file: name, slot: slot)
                    blocks[topic, default: 0] += 1
                }
                if Int.random(in: 0..<6, using: &random) == 0 {
                    try log.put([UInt8](repeating: 9, count: 300), file: name, at: 7 * Layout.unit)
                }
            }
            var cursors: [TopicName: StoredCursor] = [:]
            for (topic, count) in blocks.sorted(by: { $0.key < $1.key }) {
                let block = Int.random(in: 0..<count, using: &random)
                cursors[topic] = .chain(
                    block, offset: Int.random(in: 0...2, using: &random) * (Layout.headerSize + 1))
            }
            try log.cursors(cursors)

            let before = try #require(try Scanner(log.path).scan())
            let forecast = ReclaimForecast(before)
            var configuration = Configuration(directory: log.path, key: nil)
            configuration.writesMetrics = false
            configuration.servesControl = false
            let engine = try Walrus(configuration)
            try engine.close()
            let after = try #require(try Scanner(log.path).scan())
            let stays = forecast.files.filter { !$0.isFree }.map(\.name)
            #expect(after.files.map(\.name) == stays)
        }
    }
}
