import Glibc
import SystemPackage
import TestSupport
import Testing
import WalrusBench
import WalrusIO

@Suite struct BenchVerbTests {
    private let place: TempDirectory

    init() throws { place = try TempDirectory() }

    private func walrus(_ arguments: String...) throws -> Subprocess.Result {
        try Subprocess.run(Subprocess.walrus, ["bench"] + arguments, directory: place.path)
    }

    private var left: [String] { get throws { try Directory.list(place.path).map(\.name) } }

    @Test(arguments: ["append", "batch", "read", "read-batch", "recover", "open"])
    func oneObject(mode: String) throws {
        let run = try walrus(
            mode, "--duration", "0.05", "--entries", "40", "--size", "5-90", "--batch", "6",
            "--topics", "2", "--fsync", "none", "--max-disk", "50000000", "-o", "json")
        // Nothing but the object: on a pipe nobody watches.
        #expect(run.status == 0 && run.errors.isEmpty && run.lines.count == 1, "\(run.errors)")
        let result = try #require(BenchResult(json: run.text.utf8))
        #expect(result.mode == mode && result.entries > 0 && result.errors == 0)
        #expect(result.peakMemory > 1 << 20 && result.topics == 2 && result.sizes == 5...90)
        #expect(try left.isEmpty)
    }

    @Test func refusals() throws {
        try walrus("dance").expectError(2, "append, batch", "see walrus bench")
        try walrus("append", "--threads", "0").expectError(2, "--threads must be above 0")
        try walrus("append", "--threads", "3-1").expectError(2, "3-1")
        try walrus("append", "--size", "x").expectError(2, "MIN-MAX")
        try walrus("append", "--duration", "0").expectError(2, "--duration")
        try walrus("append", "--fsync", "often").expectError(2, "200ms")
        try walrus("append", "--backend", "tape").expectError(2, "mmap")
        try walrus("read", "--consistency", "maybe").expectError(2, "at-least-once:N")
        try walrus("batch", "--batch", "2001").expectError(2, "1 to 2000")
        try walrus("append", "--keep").expectError(2, "--keep needs --dir")
        try walrus("append", "--dir", "/no/such/place").expectError(3, "No such file")
        try walrus("table", "--only", "juggling").expectError(2, "juggling")
        try walrus("report", "nothing.jsonl").expectError(3, "no such file")
        #expect(try left.isEmpty)
    }

    /// What is refused is not announced first.
    @Test func refusedBeforeAnythingIsSaid() throws {
        let run = try walrus("append", "--dir", "/no/such/place")
        #expect(run.status == 3 && run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        let log = try Log()
        try log.append([[1]], to: "t")
        let occupied = try walrus("append", "--dir", log.path.string)
        #expect(occupied.status == 2 && occupied.errors.split(separator: "\n").count == 1)
    }

    /// A line for each tenth of a second, and the result in the end.
    @Test func lines() throws {
        let run = try walrus(
            "append", "--duration", "0.4", "--fsync", "none", "--max-disk", "50000000", "--floor",
            "--rounds", "2", "-o", "jsonl")
        #expect(run.status == 0 && run.errors.isEmpty)
        let last = try #require(run.lines.last)
        #expect(BenchResult(json: last.utf8) != nil)
        let steps = run.lines.dropLast().compactMap { BenchProgress(json: $0.utf8) }
        #expect(steps.count == run.lines.count - 1 && !steps.isEmpty)
        #expect(steps.contains { $0.phase == .engine && $0.entries > 0 })
        for (step, line) in zip(steps, run.lines) { #expect(step.json == line) }
        // Of the floor no call is timed: there is no latency, and none of 0.
        for (step, line) in zip(steps, run.lines) where step.latency.count == 0 {
            #expect(line.contains("\"p99_ns\":null"))
        }
    }

    /// An interval without a call that was timed has empty fields.
    @Test func intervalsWithoutSamples() throws {
        let run = try walrus(
            "append", "--duration", "0.4", "--fsync", "none", "--max-disk", "50000000", "--floor",
            "--rounds", "2", "--csv", "steps.csv", "-o", "json")
        #expect(run.status == 0)
        let bytes = try Directory.contents(of: place.path.appending("steps.csv")) ?? []
        let rows = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let floor = rows.filter { $0[0] == "floor" }
        #expect(!floor.isEmpty && rows.allSatisfy { $0.count == rows[0].count })
        for row in floor { #expect(row[8...10].allSatisfy { $0.isEmpty }, "\(row)") }
        for row in rows { #expect(row[8] != "0", "\(row)") }
    }

    @Test func comparison() throws {
        try walrus("compare", "nothing.jsonl").expectError(3, "no such file")
        for _ in 0..<2 {
            let run = try walrus(
                "append", "--duration", "0.05", "--fsync", "none", "--max-disk", "50000000",
                "--save", "runs.jsonl", "-o", "json")
            #expect(run.status == 0)
            if try walrus("compare", "runs.jsonl").status == 0 { break }
        }
        let read = try #require(try ResultFile.read(place.path.appending("runs.jsonl")))
        let pair = try #require(ResultComparison.pairs(read.results).first)
        #expect(pair.before == read.results[0] && pair.after == read.results[1])
        let json = try walrus("compare", "runs.jsonl", "-o", "json")
        #expect(
            json.status == 0
                && json.text.contains("\"after_entries_per_s\":\(pair.after.entriesPerSecond)"))
        let text = try walrus("compare", "runs.jsonl")
        #expect(text.status == 0 && text.lines.count == 2 && text.text.contains("change"))
        // Another workload has nothing to be compared with.
        _ = try walrus(
            "append", "--duration", "0.05", "--fsync", "none", "--max-disk", "50000000", "--size",
            "7", "--save", "other.jsonl", "-o", "json")
        #expect(try walrus("compare", "other.jsonl").status == 1)
    }

    @Test func somebodysLogIsNotTouched() throws {
        let log = try Log()
        try log.append([[1]], to: "t")
        let before = try Snapshot(log.path)
        try Subprocess.run(
            Subprocess.walrus, ["bench", "append", "--dir", log.path.string, "-o", "json"]
        ).expectError(2, "is not empty")
        #expect(try Snapshot(log.path).changes(since: before).isEmpty)
    }

    @Test func keepsTheLog() throws {
        let run = try walrus(
            "append", "--dir", "kept", "--keep", "--duration", "0.05", "--max-disk", "50000000",
            "-o", "json")
        let result = try #require(BenchResult(json: run.text.utf8))
        let topics = try Subprocess.run(
            Subprocess.walrus, ["topics", "kept", "-o", "json"], directory: place.path)
        let list = try #require(JSONValue(topics.text)?["topics"]?.array)
        #expect(list.map { $0["entries"]?.int } == [result.entries + result.prepared])
    }

    @Test func seriesAndFiles() throws {
        let run = try walrus(
            "append", "--threads", "1-3", "--duration", "0.3", "--fsync", "none", "--max-disk",
            "50000000", "--save", "all.jsonl", "--csv", "rows.csv", "-o", "csv")
        #expect(run.status == 0 && run.lines.count == 4, "\(run.errors)")
        #expect(run.lines.first?.hasPrefix("engine,mode,size,threads,") == true)
        let read = try #require(try ResultFile.read(place.path.appending("all.jsonl")))
        #expect(read.results.map(\.threads) == [1, 2, 3] && read.otherLines == 0)
        let rows = try #require(try Directory.contents(of: place.path.appending("rows.csv")))
        let lines = String(decoding: rows, as: UTF8.self).split(separator: "\n")
        let columns = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }
        #expect(lines.count > 3 && Set(columns) == [12])
        // What was saved is drawn.
        let report = try walrus("report", "all.jsonl", "--to", "charts")
        #expect(report.status == 0 && report.lines.count == 5)
        let charts = try Directory.list(place.path.appending("charts")).map(\.name).sorted()
        #expect(charts == ["history.svg", "latencies.svg", "rates.svg"])
    }

    @Test func table() throws {
        let run = try walrus(
            "table", "--only", "no fsync, 100 B", "--duration", "0.05", "--rounds", "2", "-o",
            "json")
        let results = try #require(run.lines.first)
        #expect(run.status == 0 && results.hasPrefix("{\"schema\":1,\"results\":[{"))
        #expect(results.contains("\"size_max\":100,") && results.contains("\"ratio\":"))
    }

    /// Ctrl-C ends the run early, with its figures, and cleans up.
    @Test(arguments: [SIGINT, SIGTERM]) func interrupted(signal: Int32) throws {
        let process = try Subprocess(
            Subprocess.walrus,
            ["bench", "append", "--duration", "3600", "--max-disk", "50000000", "-o", "json"],
            directory: place.path)
        while try left.isEmpty { usleep(1_000) }
        let log = place.path.appending(try #require(try left.first))
        // The engine is at work once there is a data file.
        while try Directory.list(log).allSatisfy({ $0.name.hasSuffix(".db") }) { usleep(1_000) }
        usleep(300_000)
        process.send(signal)
        let run = try process.wait()
        #expect(run.status == 0, "\(run.errors)")
        let result = try #require(BenchResult(json: run.text.utf8))
        #expect(result.wasInterrupted && result.entries > 0)
        #expect(try left.isEmpty)
    }
}
