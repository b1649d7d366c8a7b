import TestSupport
import Testing
import WalrusFormat

@Suite struct MetricsImageTests {
    private func sample(_ random: inout SeededRandom) -> MetricsImage {
        func any() -> UInt64 { random.next() }
        func summary() -> LatencySummary {
            LatencySummary(
                count: any(), p50: any(), p90: any(), p99: any(), p999: any(), max: any())
        }
        func history() -> LatencyHistory { LatencyHistory(total: summary(), recent: summary()) }
        var image = MetricsImage(
            processID: any(), opened: any(), written: any(),
            isClosed: any().isMultiple(of: 2), interval: any())
        image.ring = [.idle, .used, .unavailable(38), .disabled][Int(any() % 4)]
        var counters = MetricCounters()
        counters.appended = any()
        counters.appendedBytes = any()
        counters.failedAppends = any()
        counters.read = any()
        counters.readBytes = any()
        counters.appendedBatches = any()
        counters.batchEntriesAppended = any()
        counters.largestBatchAppended = any()
        counters.readBatches = any()
        counters.batchEntriesRead = any()
        counters.largestBatchRead = any()
        counters.syncs = any()
        counters.failedSyncs = any()
        counters.recordedCursors = any()
        counters.poisonedFiles = any()
        counters.ringOperations = any()
        image.counters = counters
        (image.append, image.read, image.sync) = (history(), history(), history())
        return image
    }

    @Test func roundTrip() throws {
        var random = SeededRandom.fromEnvironment("MetricsImageTests.roundTrip")
        for _ in 0..<50 {
            let image = sample(&random)
            let bytes = image.encode()
            #expect(bytes.count == MetricsImage.size)
            #expect(try MetricsImage.decode(bytes) == image)
        }
    }

    /// The places that docs/format.md names.
    @Test func layout() {
        var image = MetricsImage(
            processID: 0x0102, opened: 3, written: 4, isClosed: true, interval: 5)
        image.ring = .unavailable(1)
        image.counters.appended = 6
        image.counters.ringOperations = 7
        image.append.total.count = 8
        image.sync.recent.max = 9
        let bytes = image.encode()
        #expect(Array(bytes[0..<8]) == Array("WSM1".utf8) + [0, 2, 0, 0])
        for (at, value) in [
            (8, 2), (9, 1), (16, 3), (24, 4), (32, 5), (40, 1), (48, 2), (52, 1), (56, 6), (176, 7),
            (192, 8), (472, 9),
        ] {
            #expect(bytes[at] == value, "byte \(at)")
        }
    }

    @Test func everyFlippedBitIsSeen() {
        var random = SeededRandom.fromEnvironment("MetricsImageTests.everyFlippedBitIsSeen")
        let bytes = sample(&random).encode()
        for at in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[at] ^= 1 << UInt8(bit)
                #expect(throws: FormatError.self) { try MetricsImage.decode(changed) }
            }
        }
    }

    /// Part of a new image over an old one, cut anywhere.
    @Test func tornImagesAreSeen() {
        var random = SeededRandom.fromEnvironment("MetricsImageTests.tornImagesAreSeen")
        let (old, new) = (sample(&random).encode(), sample(&random).encode())
        for cut in 9..<MetricsImage.size - 1 {
            let torn = Array(new[..<cut]) + old[cut...]
            #expect(throws: FormatError.self) { try MetricsImage.decode(torn) }
            #expect(throws: FormatError.self) { try MetricsImage.decode(Array(new[..<cut])) }
        }
        #expect(throws: FormatError.self) { try MetricsImage.decode(new + [0]) }
        #expect(throws: FormatError.self) { try MetricsImage.decode([]) }
    }
}
