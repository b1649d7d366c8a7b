import SystemPackage
import TestSupport
import Testing
import WalrusEngine
import WalrusFormat
import WalrusIO
import WalrusJSON

@testable import WalrusBench

@Suite struct ResultTests {
    static func result(_ mode: String = "append", rate: Int = 123_456, ratio: Double? = 0.987)
        -> BenchResult
    {
        var result = BenchResult()
        result.mode = mode
        result.started = 1_763_640_000_000_000_000
        result.sizes = 100...2_000
        result.threads = 2
        result.topics = 3
        result.fsync = "200ms"
        result.backend = "mmap"
        result.batch = 7
        result.consistency = "at-least-once:50"
        result.prepared = 3
        result.entries = 9
        result.bytes = 9_000
        result.calls = 8
        result.elapsed = 72_900
        result.entriesPerSecond = rate
        result.bytesPerSecond = rate * 1_024
        result.errors = 1
        result.failure = "cannot write \"x\": \u{1b}[2J\u{e9}\u{1f40b}; free some space"
        result.conflicts = 4
        result.peakMemory = 12_000_000
        result.latency.count = 8
        result.latency.p50 = 812
        result.latency.p90 = 1_900
        result.latency.p99 = 12_345
        result.latency.p999 = 99_500
        result.latency.max = 4_100_000
        if let ratio {
            var floor = Comparison()
            floor.entriesPerSecond = 130_000
            floor.ratio = ratio
            floor.ratioMin = 0.5
            floor.ratioMax = 1.25
            floor.rounds = 5
            result.floor = floor
        }
        result.history = [1, 20, 300, 250]
        return result
    }

    @Test func linesReadBack() throws {
        for result in [
            Self.result(), Self.result("read", ratio: nil), BenchResult(Workload(.open)),
        ] {
            let line = result.json
            #expect(
                line.unicodeScalars.allSatisfy {
                    !$0.properties.isDefaultIgnorableCodePoint && $0.value >= 0x20
                })
            #expect(BenchResult(json: line.utf8) == result)
        }
    }

    /// What scripts rely on.
    @Test func fields() throws {
        let value = try JSON(reading: Self.result().json.utf8)
        #expect(value["mode"] == .string("append"))
        #expect(value["entries"] == .int(9) && value["entries_per_s"] == .int(123_456))
        #expect(value["bytes_per_s"] == .int(123_456 * 1_024))
        #expect(value["errors"] == .int(1) && value["peak_memory_bytes"] == .int(12_000_000))
        let latency = try #require(value["latency_ns"])
        #expect(latency["p50"] == .int(812) && latency["p90"] == .int(1_900))
        #expect(latency["p99"] == .int(12_345) && latency["p99.9"] == .int(99_500))
        #expect(latency["max"] == .int(4_100_000))
        #expect(value["floor"] == .int(130_000) && value["ratio"] == .double(0.987))
        let without = try JSON(reading: Self.result(ratio: nil).json.utf8)
        #expect(without["floor"] == nil && without["ratio"] == nil)
    }

    @Test func othersAreNoResults() {
        for line in [
            "", "{}", "[]", "{\"schema\":2,\"mode\":\"a\",\"entries\":1,\"entries_per_s\":1}",
            "{\"schema\":1,\"mode\":\"a\",\"entries\":1}", "{\"schema\":1,", "nonsense",
            String(repeating: "[", count: 100_000),
        ] {
            #expect(BenchResult(json: line.utf8) == nil, "\(line.prefix(60))")
        }
        // A newer version's, and one that lacks what is not needed.
        let line = "{\"schema\":1,\"new\":[{}],\"mode\":\"a\",\"entries\":1,\"entries_per_s\":2}"
        #expect(BenchResult(json: line.utf8)?.entriesPerSecond == 2)
        // Sizes the wrong way round are no trap.
        let odd =
            "{\"schema\":1,\"mode\":\"a\",\"entries\":1,\"entries_per_s\":2,\"size_min\":9,"
            + "\"size_max\":1}"
        #expect(BenchResult(json: odd.utf8)?.sizes == 9...9)
    }

    @Test func files() throws {
        let place = try TempDirectory()
        let path = place.path.appending("results.jsonl")
        #expect(try ResultFile.read(path) == nil)
        try ResultFile.append([Self.result()], to: path)
        // Half a line of somebody else's.
        let file = try DiskFile(path, .readWrite)
        let size = try file.size()
        try unsafe Array("half".utf8).withUnsafeBytes { bytes in
            let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
            unsafe try file.write(at: size, bytes, nothing)
        }
        try ResultFile.append([Self.result("read"), Self.result("open")], to: path)
        let read = try #require(try ResultFile.read(path))
        #expect(read.results.map(\.mode) == ["append", "read", "open"])
        #expect(read.otherLines == 1)
    }

    @Test func medians() throws {
        #expect(Series.median([]) == nil)
        #expect(Series.median([3, 1, 2]) == 2)
        #expect(Series.median([4, 1, 2, 3]) == 2.5)
        let turns = [(10.0, 5.0), (9.0, 10.0), (30.0, 10.0)].map { (engine: $0.0, floor: $0.1) }
        let comparison = try #require(Comparison(turns))
        #expect(comparison.ratio == 2 && comparison.ratioMin == 0.9 && comparison.ratioMax == 3)
        #expect(comparison.entriesPerSecond == 10 && comparison.rounds == 3)
        #expect(Comparison([]) == nil && Comparison([(engine: 1, floor: 0)]) == nil)
        #expect(Series.thinned([1, 2, 3], to: 5) == [1, 2, 3])
        #expect(Series.thinned([1, 3, 5, 7], to: 2) == [2, 6])
        #expect(Series.thinned((0..<1_000).map(Double.init), to: 7).count == 7)
    }

    @Test func latencies() {
        var latencies = Latencies()
        #expect(latencies.figures == LatencyFigures())
        for value in 1...1_000 { latencies.record(UInt64(value) * 1_000) }
        latencies.record(.max)
        let figures = latencies.figures
        #expect(figures.count == 1_001)
        for (found, wanted) in [
            (figures.p50, 501_000), (figures.p90, 901_000), (figures.p99, 991_000),
        ] {
            #expect(abs(found - wanted) <= wanted / 100 + 1_000, "\(found) \(wanted)")
        }
        // Longer than an hour counts as an hour.
        #expect(abs(figures.max - 3_600_000_000_000) <= 36_000_000_000)
        var other = Latencies()
        other.record(5)
        other.add(latencies)
        #expect(other.figures.count == 1_002)
        latencies.reset()
        #expect(latencies.figures.count == 0)
    }

    @Test func texts() {
        #expect(Decimals.text(0.0004, 3) == "0.000" && Decimals.text(-0.0006, 3) == "-0.001")
        #expect(Decimals.text(1.9996, 3) == "2.000" && Decimals.text(.infinity, 2) == "0")
        #expect(ResultTable.duration(812) == "812 ns" && ResultTable.duration(12_345) == "12.3 us")
        #expect(ResultTable.duration(999_700) == "1.00 ms")
        #expect(ResultTable.duration(7_200_000_000_000) == "7200 s")
        #expect(ResultTable.grouped(1_234_567) == "1,234,567")
        let markdown = ResultTable.markdown([Self.result()], labels: ["a|b"])
        #expect(markdown.contains("| a\\|b | 123,456 | 126.4 | 812 ns |"))
        #expect(markdown.contains("| 130,000 | 0.99 | 0.50-1.25 |"))
    }

    @Test func charts() throws {
        var strange = Self.result("read-batch", rate: 99_000)
        strange.engine = "a<b>&\"\u{1b}"
        let results = [Self.result(), strange, Self.result("recover", rate: 7, ratio: nil)]
        let charts = Charts.of(results)
        #expect(charts.map(\.name) == ["rates", "ratios", "latencies", "history"])
        #expect(Charts.of(results) == charts)
        #expect(Charts.of([]).isEmpty)
        for chart in charts { try Golden.check(chart.svg, chart.name + ".svg") }
    }

    @Test func workloads() {
        let good = Workload(.append)
        #expect(good.refusal == nil)
        func refused(_ change: (inout Workload) -> Void) -> Bool {
            var workload = good
            change(&workload)
            return workload.refusal != nil
        }
        #expect(refused { $0.threads = 0 } && refused { $0.threads = 257 })
        #expect(refused { $0.topics = 0 } && refused { $0.topics = 10_001 })
        #expect(refused { $0.batch = 2_001 } && refused { $0.batch = 0 })
        #expect(refused { $0.sizes = -1...5 } && refused { $0.sizes = 0...(65 << 20) })
        #expect(refused { $0.rounds = 0 } && refused { $0.duration = 5 })
        #expect(refused { $0.entries = 0 } && refused { $0.diskLimit = 5 })
        #expect(refused { $0.consistency = .atLeastOnce(persistEvery: 0) })
        #expect(refused { ($0.mode, $0.sizes) = (.batch, 1_000_000...1_000_000) })
        var range = good
        range.sizes = 5...2_005
        #expect(range.lengths.count == 1_024 && Set(range.lengths).count == 1_024)
        #expect(range.lengths.min() == 5 && range.lengths.max() == 2_005)
        for schedule in [FsyncSchedule.each, .never, .milliseconds(7)] {
            #expect(FsyncSchedule(text: schedule.text) == schedule)
        }
        #expect(FsyncSchedule(text: "7") == nil && ReadConsistency(text: "at-least-once:0") == nil)
        #expect(ReadConsistency(text: "at-least-once:7") == .atLeastOnce(persistEvery: 7))
    }

    /// Threads share what there are fewer topics than threads of, and divide what there are more of.
    @Test func topicsOfThreads() {
        var workload = Workload(.append)
        workload.threads = 3
        workload.topics = 2
        let shared = Workers(workload, timingMask: 0)
        #expect((0..<3).map { shared.topics(of: $0) } == [["bench-0"], ["bench-1"], ["bench-0"]])
        workload.topics = 7
        let divided = Workers(workload, timingMask: 0)
        #expect(Set((0..<3).flatMap { divided.topics(of: $0) }).count == 7)
        #expect(divided.topics(of: 0) == ["bench-0", "bench-3", "bench-6"])
    }
}

/// Files that a picture must equal; `UPDATE_GOLDEN=1` writes them anew.
enum Golden {
    static func check(_ text: String, _ name: String) throws {
        let folder = FilePath(#filePath).removingLastComponent().appending("Golden")
        if Host.environment("UPDATE_GOLDEN") == "1" {
            try DiskStorage(folder).replace(name, with: Array(text.utf8), temporary: name + ".tmp")
        }
        let wanted = try #require(try Directory.contents(of: folder.appending(name)))
        #expect(text == String(decoding: wanted, as: UTF8.self), "\(name)")
    }
}
