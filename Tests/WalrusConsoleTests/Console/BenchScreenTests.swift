import TestSupport
import Testing
import WalrusFormat

@testable import WalrusConsole

extension Sample {
    static var benchRows: [BenchRow] {
        func row(_ label: String, _ rate: Int, _ change: Double?, _ number: Int) -> BenchRow {
            var row = BenchRow()
            row.label = label
            row.started = time - UInt64(5 - number) * 60_000_000_000
            row.entriesPerSecond = rate
            row.bytesPerSecond = rate * 1_024
            (row.p50, row.p99, row.p999, row.max) = (1_200, 3_900, 24_000, 4_100_000)
            (row.floor, row.ratio) = (rate + rate / 9, 0.9)
            row.change = change
            row.history = (0..<60).map { rate + ($0 * 37 % 23 - 11) * rate / 90 }
            return row
        }
        var stopped = row("read 1024 B strict fd", 81_200, nil, 3)
        stopped.wasInterrupted = true
        (stopped.floor, stopped.ratio) = (nil, nil)
        var failed = row("batch 1024 B of 1000 none mmap", 0, nil, 4)
        (failed.p50, failed.p99, failed.p999, failed.max) = (0, 0, 0, 0)
        failed.errors = 2
        return [
            row("append 1024 B 200ms fd", 612_345, nil, 0),
            row("append 1024 B each fd", 9_120, nil, 1),
            row("append 1024 B 200ms fd", 671_002, 671_002.0 / 612_345, 2), stopped, failed,
        ]
    }

    static var benchSteps: [BenchStep] {
        (0..<50).map { number in
            var step = BenchStep()
            step.phase = number % 10 < 4 ? "floor" : "engine"
            step.fraction = Double(number + 1) / 60
            step.elapsed = UInt64(number + 1) * 100_000_000
            step.interval = 100_000_000
            step.entriesPerSecond = Double(600_000 + number * 37 % 23 * 9_000)
            step.bytesPerSecond = step.entriesPerSecond * 1_024
            step.entries = number * 61_000
            if step.phase == "engine" {
                step.latency = .init(p50: 1_210, p99: 3_900, max: 4_100_000)
            }
            return step
        }
    }
}

@Suite struct BenchScreenTests {
    private func orders(_ effects: [Effect]) -> [BenchEstimate] {
        effects.compactMap { if case .bench(let estimate) = $0 { estimate } else { nil } }
    }

    /// Nothing runs before it was said what it takes and somebody has confirmed that.
    @Test func itAsksFirst() throws {
        var model = Sample.model()
        var effects = try Sample.session(&model, "7 l j j l <Enter>")
        #expect(orders(effects).isEmpty)
        guard case .asking(let estimate) = model.bench.stage else {
            Issue.record("it does not ask")
            return
        }
        #expect(estimate.order.mode == "batch" && estimate.order.batch == 2_000)
        let text = FrameText.render(ConsoleView.draw(model))
        #expect(text.contains("1.8G") && text.contains(estimate.directory))
        #expect(text.contains("read-only"))
        // Esc and q take it back, and any other key does nothing.
        effects = try Sample.session(&model, "l s <Esc>")
        #expect(model.bench.stage == .idle && orders(effects).isEmpty)
        effects = try Sample.session(&model, "7 <Enter> q")
        #expect(model.bench.stage == .idle && model.screen == .bench && orders(effects).isEmpty)
        effects = try Sample.session(&model, "<Enter> <Enter>")
        #expect(orders(effects).count == 1)
    }

    @Test func itIsStoppedOnce() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "7 <Enter> <Enter>")
        // Values stay while it runs, other screens are there, and it goes on.
        let before = model.bench.order
        var effects = try Sample.session(&model, "l 1 7 <Enter>")
        #expect(model.bench.order == before && orders(effects).isEmpty)
        guard case .running = model.bench.stage else {
            Issue.record("it does not run")
            return
        }
        effects = try Sample.session(&model, "s s <Esc>")
        #expect(effects.count { $0 == .stopBench } == 1)
        let loads = model.update(.benchEnded(nil))
        #expect(loads == [.loadBenchResults] && model.bench.stage == .idle)
        _ = model.update(.benchEnded("no room"))
        #expect(model.notice?.text == "no room")
    }

    @Test func arguments() {
        var order = BenchOrder()
        order.mode = "batch"
        let words = order.arguments(directory: "/tmp/x")
        #expect(words.first == "batch" && words.contains("--floor"))
        for pair in [["--dir", "/tmp/x"], ["-o", "jsonl"], ["--batch", "1000"]] {
            let at = words.firstIndex(of: pair[0]).map { words[$0 + 1] }
            #expect(at == pair[1])
        }
        order.mode = "read"
        order.floor = false
        #expect(!order.arguments(directory: "d").contains("--floor"))
        #expect(!order.arguments(directory: "d").contains("--batch"))
    }

    /// The marked run stays the same one when the list changes, and goes with its row.
    @Test func theMarkedRunStays() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "7 <Tab> j j <Space>")
        let rows = Sample.benchRows
        #expect(model.bench.baseline == 2)
        _ = model.update(.benchResults(Array(rows.dropFirst()), problem: nil))
        #expect(model.bench.baseline == 1)
        _ = model.update(.benchResults(rows + rows.suffix(1), problem: nil))
        #expect(model.bench.baseline == 2)
        _ = model.update(.benchResults(Array(rows.suffix(2)), problem: nil))
        #expect(model.bench.baseline == nil)
    }

    @Test func memoryIsBounded() throws {
        var model = Sample.model()
        _ = try Sample.session(&model, "7 <Enter> <Enter>")
        for _ in 0..<20 { for step in Sample.benchSteps { _ = model.update(.benchStep(step)) } }
        #expect(model.bench.rates.count <= BenchModel.ratesMax)
        #expect(model.bench.rateSeconds.count == model.bench.rates.count)
    }

    /// The column of changes is beside the marked run, or the one before of the same workload.
    @Test func changes() {
        let rows = Sample.benchRows
        #expect(BenchView.change(of: rows[2], beside: nil) == rows[2].change)
        #expect(BenchView.change(of: rows[2], beside: rows[2]) == 1)
        #expect(BenchView.change(of: rows[2], beside: rows[4]) == nil)
        #expect(Figures.hundredths(0.876) == "0.88" && Figures.hundredths(12.3) == "12.30")
    }
}
