import Inspect
import Synchronization
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO

/// Looking at a log while it is written at full speed.
@Suite struct LookWhileWritingTests {
    /// What is being written is no damage: nothing is wrong with this log.
    @Test(arguments: StorageBackend.allCases) func nothingIsWrong(backend: StorageBackend) throws {
        let place = try Workplace(backend)
        let walrus = try place.open()
        try walrus.append([0], to: "t")
        let isDone = Event()
        let writer = Thread {
            var payload: [UInt8] = []
            while !isDone.wait(nanoseconds: 0) {
                payload.append(1)
                if payload.count > 300 { payload = [] }
                for _ in 0..<50 { #expect((try? walrus.append(payload, to: "t")) != nil) }
            }
        }
        var last = 0
        for _ in 0..<60 {
            let state = try #require(try Scanner(place.path).scan())
            // The last entry may be half written when it is seen, which its finding says; with a map
            // that is often so.
            let wrong = state.findings.filter {
                $0.severity == .error && $0.kind != .tornTail && $0.kind != .lostRest
            }
            #expect(wrong.isEmpty)
            let entries = state.topic("t")?.entries ?? 0
            #expect(entries >= last)
            last = entries
            if last > 400_000 { break }
        }
        isDone.set()
        writer.join()
        let state = try #require(try Scanner(place.path).scan())
        #expect(state.topic("t")?.entries == walrus.status("t")?.entries)
        #expect(state.findings.allSatisfy { $0.severity == .info })
        try walrus.close()
    }
}
