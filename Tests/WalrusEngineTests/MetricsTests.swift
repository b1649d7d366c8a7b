import SystemPackage
import TestSupport
import Testing
import WalrusFormat
import WalrusIO

@testable import WalrusEngine

@Suite struct MetricsTests {
    private func isOrdered(_ summary: LatencySummary) -> Bool {
        let values = [summary.p50, summary.p90, summary.p99, summary.p999, summary.max]
        return values == values.sorted() && (summary.count == 0) == (summary.max == 0)
    }

    /// Every call is counted once, whatever runs beside it.
    @Test func countsAreExact() throws {
        let place = try Workplace()
        let walrus = try place.open(.strictlyAtOnce, .each)
        let (threads, each) = (4, 60)
        let failures = Counter()
        Thread.forEach(threads, threads: threads) { index in
            do {
                let topic = TopicName("t\(index)")
                for number in 0..<each {
                    try walrus.append([UInt8](repeating: 1, count: number), to: topic)
                    if number % 3 == 0 { _ = try walrus.readNext(topic, checkpoint: true) }
                    if number % 3 == 1 { _ = try walrus.readNext(topic, checkpoint: false) }
                    // Looks must not disturb what is counted.
                    if number % 20 == 0 { _ = walrus.metrics }
                }
            } catch { failures.add() }
        }
        #expect(failures.value == 0)
        #expect(try walrus.readNext("none", checkpoint: true) == nil)
        let metrics = walrus.metrics
        let counters = metrics.counters
        #expect(counters.appended == UInt64(threads * each))
        #expect(counters.appendedBytes == UInt64(threads * (0..<each).reduce(0, +)))
        #expect(counters.failedAppends == 0 && counters.failedSyncs == 0)
        #expect(counters.read == UInt64(threads * 40))
        #expect(counters.recordedCursors == UInt64(threads * 20))
        #expect(counters.syncs > 0 && counters.syncs <= counters.appended)
        #expect(metrics.append.total.count == counters.appended)
        #expect(metrics.read.total.count == counters.read)
        #expect(metrics.sync.total.count == counters.syncs)
        for history in [metrics.append, metrics.read, metrics.sync] {
            #expect(isOrdered(history.total))
            #expect(history.recent == history.total)
        }
        // No append with its sync takes less time than the fastest sync, or more than a minute.
        #expect(metrics.append.total.p50 > 1_000 && metrics.append.total.max < 60_000_000_000)
        try walrus.close()
    }

    @Test func failuresAreCounted() throws {
        let place = try Workplace()
        let walrus = try place.openFaulty(.strictlyAtOnce, .each)
        try walrus.add(["a"], to: "t")
        place.storage.fail { operation, name in
            operation == .sync && DataFileName(name) != nil ? .ioError : nil
        }
        for _ in 0..<3 { #expect(throws: EngineError.self) { try walrus.add(["b"], to: "t") } }
        place.storage.heal()
        let counters = walrus.metrics.counters
        #expect(counters.appended == 1 && counters.failedAppends == 3)
        #expect(counters.failedSyncs == 1 && counters.poisonedFiles == 1)
        // What the caller did wrong is no failure of the engine.
        #expect(throws: EngineError.self) { try walrus.append([1], to: "") }
        #expect(walrus.metrics.counters.failedAppends == 3)
        try? walrus.close()
    }

    /// A batch is one call of many entries.
    @Test func batchesAreCounted() {
        let recorder = MetricsRecorder()
        let start = Clock.monotonic()
        Thread.forEach(4, threads: 4) { index in
            for size in 1...10 {
                recorder.appendedBatch(entries: size + index, bytes: 100, since: start)
                recorder.readBatch(entries: size, bytes: 10, since: start)
            }
        }
        for (counters, latencies) in [recorder.snapshot(), recorder.collect()] {
            #expect(counters.appendedBatches == 40 && counters.readBatches == 40)
            #expect(counters.batchEntriesAppended == 4 * 55 + 60 && counters.appended == 280)
            #expect(counters.batchEntriesRead == 220 && counters.read == 220)
            #expect(counters.largestBatchAppended == 13 && counters.largestBatchRead == 10)
            #expect(counters.appendedBytes == 4_000 && counters.readBytes == 400)
            #expect(latencies.map(\.total.count) == [40, 40, 0])
        }
        let (_, latencies) = recorder.snapshot()
        #expect(latencies.map(\.total.count) == [40, 40, 0])
        #expect(latencies.map(\.recent.count) == [0, 0, 0])
    }

    @Test func batchCallsAreRecorded() throws {
        let place = try Workplace()
        try place.session { walrus throws in
            try walrus.append(batch: [[1, 2], [], [3]], to: "t")
            try walrus.append(batch: [], to: "t")
            #expect(try walrus.readBatch("t", maxBytes: 10, checkpoint: true).count == 3)
            #expect(try walrus.readBatch("t", maxBytes: 10, checkpoint: true).isEmpty)
            let counters = walrus.metrics.counters
            #expect(counters.appended == 3 && counters.appendedBytes == 3)
            #expect(counters.appendedBatches == 1 && counters.largestBatchAppended == 3)
            #expect(counters.read == 3 && counters.readBytes == 3 && counters.readBatches == 1)
        }
    }

    // MARK: - The file

    private func image(_ place: Workplace) throws -> MetricsImage? {
        guard let bytes = try place.bytes(DirectoryNames.metrics) else { return nil }
        return try MetricsImage.decode(bytes)
    }

    @Test func theFileIsWrittenAtTheEnd() throws {
        let place = try Workplace()
        var configuration = place.configuration()
        configuration.writesMetrics = true
        // Whatever is there is written over, longer or not.
        for leftover in [[], [1, 2, 3], [UInt8](repeating: 9, count: 5_000)] as [[UInt8]] {
            try place.put(DirectoryNames.metrics, leftover)
            let before = Clock.wall()
            let walrus = try Walrus(configuration)
            for _ in 0..<5 { try walrus.append([1, 2], to: "t") }
            _ = try walrus.readNext("t", checkpoint: true)
            let metrics = walrus.metrics
            try walrus.close()
            let image = try #require(try image(place))
            #expect(image.isClosed && image.processID == UInt64(Host.processID))
            #expect(image.opened >= before && image.written >= image.opened)
            #expect(image.counters == metrics.counters)
            #expect(image.append.total == metrics.append.total)
            #expect(image.read.total == metrics.read.total)
            #expect(image.counters.appended == 5 && image.counters.appendedBytes == 10)
        }
    }

    @Test func theFileIsKeptUpToDate() throws {
        let place = try Workplace()
        var configuration = place.configuration()
        configuration.writesMetrics = true
        let walrus = try Walrus(configuration)
        for round in 1...2 as ClosedRange<UInt64> {
            try walrus.append([1], to: "t")
            let end = Clock.monotonic() + 20_000_000_000
            var found: MetricsImage?
            while found?.counters.appended != round, Clock.monotonic() < end {
                Clock.sleep(nanoseconds: 20_000_000)
                found = try? image(place)
            }
            #expect(found?.counters.appended == round && found?.isClosed == false)
            // The interval has the new one only.
            #expect(found?.append.total.count == round && found?.append.recent.count == 1)
        }
        #expect(walrus.metrics.append.total.count == 2)
        try walrus.close()
    }

    @Test func noFileWithoutNews() throws {
        let place = try Workplace()
        var configuration = place.configuration()
        for writes in [true, false] {
            configuration.writesMetrics = writes
            let walrus = try Walrus(configuration)
            #expect(try walrus.readNext("t", checkpoint: true) == nil)
            if !writes { try walrus.append([1], to: "t") }
            try walrus.close()
            #expect(try image(place) == nil)
        }
    }

    /// That its figures cannot be shown is nothing that an engine stumbles over.
    @Test func anUnwritableFileIsNoError() throws {
        let place = try Workplace()
        var configuration = place.configuration()
        configuration.writesMetrics = true
        try Directory.create(place.path.appending(DirectoryNames.metrics))
        let walrus = try Walrus(configuration)
        try walrus.append([1], to: "t")
        try walrus.close()
        #expect(walrus.metrics.counters.appended == 1)
    }
}
